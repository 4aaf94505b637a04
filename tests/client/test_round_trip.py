"""Whatever Python holds comes back from the database, or is refused clearly; nothing is lost."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import asdict
from datetime import UTC, datetime, timezone
from decimal import Decimal
from typing import Any
from uuid import UUID

import psycopg
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from client.test_text import any_json, any_text, same
from pgwitness import Client, Context, use_context
from pgwitness.errors import EventInvalid, PayloadTooLarge, ValueUnstorable
from pgwitness.models import Event
from pgwitness.text import MARK, is_storable, make_safe, restore

from databases import Database

SETTINGS = settings(
    max_examples=80,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)

filled_text = any_text.filter(lambda text: text.strip() != "")
any_object = st.dictionaries(any_text, any_json, max_size=4)
any_python = st.recursive(
    st.one_of(
        any_text,
        st.floats(),
        st.integers(),
        st.integers(min_value=2**14_270, max_value=2**14_300),
        st.binary(max_size=3),
        st.datetimes(timezones=st.none() | st.just(UTC)),
        st.uuids(),
        st.decimals(),
        st.none(),
        st.sets(st.integers(), max_size=2),
        st.complex_numbers(),
    ),
    lambda inner: st.one_of(
        st.lists(inner, max_size=3),
        st.tuples(inner, inner),
        st.dictionaries(
            st.one_of(any_text, st.integers(), st.none(), st.booleans(), st.binary(max_size=2)),
            inner,
            max_size=3,
        ),
    ),
    max_leaves=8,
)

Reread = Callable[[UUID | None], Event]


@pytest.fixture
def reread(loaded_database: Database) -> Reread:
    """Give the function that reads one event as a reader does."""
    admin = Client(loaded_database.connect(loaded_database.role("admin")))
    admin.open_access("audit_review", "to read what was written")

    def read(event_id: UUID | None) -> Event:
        assert event_id is not None
        return admin.get_event(event_id)

    return read


@SETTINGS
@given(
    description=filled_text,
    metadata=st.none() | any_object,
    target=any_object | st.lists(any_object, max_size=2),
    changes=st.none() | any_object,
    entity_id=st.none() | any_text,
    error_message=st.none() | filled_text,
    actor_id=filled_text,
    actor=st.none() | any_object,
)
def test_json_and_text(
    connection: psycopg.Connection[Any], reread: Reread, **given_values: Any
) -> None:
    failed = given_values["error_message"] is not None
    event_id = Client(connection).log_event(
        "user_updated", "user", outcome="failure" if failed else "success", **given_values
    )
    event = reread(event_id)
    restored = asdict(event.restored())
    for name, value in given_values.items():
        # No metadata and empty metadata mean the same.
        wanted, found = (
            (value or None, restored[name] or None)
            if name == "metadata"
            else (
                value,
                restored[name],
            )
        )
        assert same(wanted, found), name


@SETTINGS
@given(value=any_python)
def test_any_value_comes_back_or_is_refused(
    connection: psycopg.Connection[Any], reread: Reread, value: object
) -> None:
    metadata = {"value": value}
    client = Client(connection)
    try:
        converted = restore(make_safe({"metadata": metadata}))
    except ValueUnstorable:
        with pytest.raises(ValueUnstorable):
            client.log_event("user_updated", "user", description="x", metadata=metadata)
        return
    event_id = client.log_event("user_updated", "user", description="x", metadata=metadata)
    assert same(converted["metadata"], reread(event_id).restored().metadata)


@SETTINGS
@given(actor=st.none() | any_object, user_agent=filled_text, request_id=filled_text)
def test_a_contexts_values_come_back(
    connection: psycopg.Connection[Any],
    reread: Reread,
    actor: dict[str, Any] | None,
    user_agent: str,
    request_id: str,
) -> None:
    client = Client(connection)
    with client.context(actor_id="ann", actor=actor, user_agent=user_agent, request_id=request_id):
        event_id = client.log_event("user_updated", "user", description="x")
    event = reread(event_id).restored()
    assert same(actor, event.actor)
    assert (event.user_agent, event.request_id) == (user_agent, request_id)


@settings(SETTINGS, max_examples=20)
@given(description=filled_text, metadata=any_object)
def test_a_batch_and_an_import(
    loaded_database: Database,
    connection: psycopg.Connection[Any],
    description: str,
    metadata: dict[str, Any],
) -> None:
    event = {
        "action": "user_updated",
        "entity_type": "user",
        "description": description,
        "metadata": metadata,
    }
    with connection.transaction(force_rollback=True):
        assert Client(connection).log_events([event, event]).logged == 2
    admin = loaded_database.connect(loaded_database.role("admin"))
    old = {**event, "occurred_at": datetime.now(UTC), "idempotency_key": description}
    with admin.transaction(force_rollback=True):
        (result,) = Client(admin).import_events([old], "to see that it comes through")
        assert result.result == "imported"


def test_searching_finds_escaped_text(
    connection: psycopg.Connection[Any], loaded_database: Database
) -> None:
    client = Client(connection)
    client.log_event("user_updated", "user", description="odd \x00 one")
    client.log_event("user_updated", "user", description="plain one")
    admin = Client(loaded_database.connect(loaded_database.role("admin")))
    admin.open_access("audit_review", "to find it again \x00 here")
    (found,) = admin.search_events({"search": "odd \x00"})
    assert found.restored().description == "odd \x00 one"
    (session,) = admin.list_access()
    assert session.justification == "to find it again \\u0000 here"


def test_what_the_database_refuses_is_refused_clearly(connection: psycopg.Connection[Any]) -> None:
    client = Client(connection)
    with pytest.raises(PayloadTooLarge):
        client.log_event("user_updated", "user", description="x", metadata={"a": "\x00" * 20_000})
    with pytest.raises(EventInvalid):
        client.log_event("user_updated", "user", description=None)
    with pytest.raises(EventInvalid):
        client.log_events([{"action": "user_updated", "entity_type": "user", "\x00": 1}])


def test_numbers_that_sql_may_store_can_be_read(
    connection: psycopg.Connection[Any], reread: Reread
) -> None:
    """Somebody's huge number or deep nesting must not keep others from reading the page."""
    deep = "[" * 1500 + "]" * 1500
    row = connection.execute(
        "select audit.log_event(action => 'user_updated', entity_type => 'user', "
        "description => 'x', metadata => jsonb_build_object('n', repeat('9', 5000)::numeric)), "
        "audit.log_event(action => 'user_updated', entity_type => 'user', description => 'x', "
        "metadata => jsonb_build_object('deep', %s::jsonb)), "
        "audit.log_event(action => 'user_updated', entity_type => 'user', description => 'x', "
        "metadata => jsonb_build_object('a', 0.12345678901234567890, 'b', 0.25, 'c', 1.0))",
        (deep,),
    ).fetchone()
    assert row is not None
    huge = reread(row[0]).metadata["n"]
    assert isinstance(huge, Decimal)
    assert huge == Decimal("9" * 5000)
    text = reread(row[1]).metadata
    assert isinstance(text, str)
    assert deep in text.replace(" ", "")
    fractions = reread(row[2]).metadata
    assert fractions == {"a": Decimal("0.12345678901234567890"), "b": 0.25, "c": 1.0}
    assert [type(n) for n in fractions.values()] == [Decimal, float, float]


def test_places_of_a_context_are_not_those_of_an_event_with_its_own() -> None:
    context = Context(actor={"name": "\x00"}, user_agent="a\x00")
    assert context.escaped().texts == ["/actor/name", "/user_agent"]
    with use_context(context):
        from pgwitness import calls

        call = calls.log_event("a", "b", actor={"name": "x\\y"})
    metadata = call.parameters["metadata"]
    assert isinstance(metadata, str)
    assert '"/user_agent"' in metadata
    assert '"/actor/name"' not in metadata
    assert MARK in metadata
    assert is_storable(metadata)


def test_times_keep_their_moment(connection: psycopg.Connection[Any], reread: Reread) -> None:
    from datetime import timedelta

    zone = timezone(timedelta(hours=5, minutes=45))
    when = datetime.now(zone) - timedelta(hours=2)
    connection.execute("set timezone = 'America/New_York'")
    connection.execute("set datestyle = 'ISO, DMY'")
    event_id = Client(connection).log_event(
        "user_updated", "user", description="x", occurred_at=when
    )
    event = reread(event_id)
    assert event.occurred_at == when
    assert event.occurred_at.tzinfo is UTC
