"""Every route that returns payloads needs a committed, open session of the reader's own."""

from __future__ import annotations

from typing import Any
from uuid import UUID, uuid4

import psycopg
import pytest

from databases import Database

OPEN = (
    "select audit.open_access(access_reason => 'user_support', "
    "justification => 'The customer called about a login')"
)
ROUTES = {
    "search": "select from audit.search_events()",
    "count": "select from audit.count_events()",
    "get": "select from audit.get_event(event_id => '0190a6c4-a6a7-7000-8000-000000000000')",
    "actors": "select from audit.list_actors()",
    "view": "select from audit.event",
    "view, no such row": "select from audit.event where id = gen_random_uuid()",
    "view, counted": "select count(*) from audit.event where occurred_at > now()",
    "view, two": "select from audit.event a join audit.event b using (tenant_id, id) limit 0 + 1",
}
REPORT = "select from audit.report_subject(identifiers => array['anna@example.org'])"


def open_session(connection: psycopg.Connection[Any]) -> UUID:
    row = connection.execute(OPEN).fetchone()
    assert row is not None
    assert isinstance(row[0], UUID)
    return row[0]


def sqlstate_of(connection: psycopg.Connection[Any], statement: str) -> str | None:
    with pytest.raises(psycopg.Error) as refusal:
        connection.execute(statement)
    assert refusal.value.diag.message_hint
    assert refusal.value.diag.message_detail
    return refusal.value.sqlstate


def sqlstate_within(
    connection: psycopg.Connection[Any], *statements: tuple[str, tuple[object, ...]]
) -> str | None:
    """Run statements in one transaction and give the error of the last, if any."""
    *before, (last, parameters) = statements
    with connection.transaction(force_rollback=True):
        for statement, values in before:
            connection.execute(statement, values)
        try:
            with connection.transaction():
                connection.execute(last, parameters)
        except psycopg.Error as error:
            return error.sqlstate
    return None


def as_actor(connection: psycopg.Connection[Any], tenant_id: UUID, **context: object) -> None:
    connection.execute(
        "select audit.set_context(tenant_id => %(tenant_id)s, actor_id => %(actor_id)s, "
        "actor_type => %(actor_type)s, access_id => %(access_id)s)",
        {"actor_id": "anna", "actor_type": "user", "access_id": None}
        | {"tenant_id": tenant_id, **context},
    )


@pytest.mark.parametrize("route", ROUTES)
def test_reading_needs_a_session(loaded_database: Database, route: str) -> None:
    reader = loaded_database.connect(loaded_database.role("reader"))
    with pytest.raises(psycopg.Error) as refusal:
        reader.execute(ROUTES[route])
    assert refusal.value.sqlstate == "WT030"
    hint = refusal.value.diag.message_hint or ""
    reader.execute(hint.partition(";")[0])
    if route == "get":
        assert sqlstate_of(reader, ROUTES[route]) == "WT044"
    else:
        reader.execute(ROUTES[route])


def test_a_report_needs_a_session(loaded_database: Database) -> None:
    privacy = loaded_database.connect(loaded_database.role("privacy"))
    assert sqlstate_of(privacy, REPORT) == "WT030"
    open_session(privacy)
    privacy.execute(REPORT)


@pytest.mark.parametrize("route", ROUTES)
def test_without_a_tenant_everything_raises(loaded_database: Database, route: str) -> None:
    service = loaded_database.connect(loaded_database.role("service"))
    assert sqlstate_of(service, ROUTES[route]) == "WT001"


@pytest.mark.parametrize("persona", ["app", "operator", "stranger"])
@pytest.mark.parametrize("route", ROUTES)
def test_others_may_not_read_at_all(loaded_database: Database, persona: str, route: str) -> None:
    connection = loaded_database.connect(loaded_database.role(persona))
    with pytest.raises(psycopg.errors.InsufficientPrivilege):
        connection.execute(ROUTES[route])


@pytest.mark.parametrize("persona", ["reader", "auditor"])
def test_reports_are_for_privacy_and_admins(loaded_database: Database, persona: str) -> None:
    connection = loaded_database.connect(loaded_database.role(persona))
    with pytest.raises(psycopg.errors.InsufficientPrivilege):
        connection.execute(REPORT)


@pytest.mark.parametrize("route", ROUTES)
def test_read_and_roll_back_is_closed(loaded_database: Database, route: str) -> None:
    reader = loaded_database.connect(loaded_database.role("reader"))
    read = (ROUTES[route], ())
    assert sqlstate_within(reader, (OPEN, ()), read) == "WT032"
    released = [("savepoint s", ()), (OPEN, ()), ("release savepoint s", ())]
    assert sqlstate_within(reader, *released, read) == "WT032"
    assert sqlstate_of(reader, ROUTES[route]) == "WT030"


def test_a_new_session_does_not_hide_a_committed_one(loaded_database: Database) -> None:
    reader = loaded_database.connect(loaded_database.role("reader"))
    open_session(reader)
    with reader.transaction():
        open_session(reader)
        reader.execute(ROUTES["search"])


def test_a_service_names_its_session(loaded_database: Database) -> None:
    service = loaded_database.connect(loaded_database.role("service"))
    tenant_a, tenant_b = loaded_database.tenant_a, loaded_database.tenant_b
    with service.transaction():
        as_actor(service, tenant_a)
        access_id = open_session(service)

    def read(**context: Any) -> str | None:
        try:
            with service.transaction():
                as_actor(service, **{"tenant_id": tenant_a, **context})
                service.execute(ROUTES["search"])
        except psycopg.Error as error:
            return error.sqlstate
        return None

    assert read(access_id=access_id) is None
    assert read() == "WT030"
    assert read(access_id=uuid4()) == "WT030"
    assert read(access_id=access_id, tenant_id=tenant_b) == "WT030"
    assert read(access_id=access_id, actor_id="bertil") == "WT035"
    assert read(access_id=access_id, actor_type="api_key") == "WT035"


def test_a_session_belongs_to_the_role_that_opened_it(loaded_database: Database) -> None:
    reader = loaded_database.connect(loaded_database.role("reader"))
    access_id = open_session(reader)
    privacy = loaded_database.connect(loaded_database.role("privacy"))
    for forged, sqlstate in ((str(access_id), "WT035"), ("no uuid", "WT030"), ("", "WT030")):
        forge = ("select set_config('pgwitness.access_id', %s, true)", (forged,))
        assert sqlstate_within(privacy, forge, (ROUTES["search"], ())) == sqlstate


@pytest.mark.parametrize(
    ("opened", "used", "sqlstate"),
    [
        ("59 minutes", "59 minutes", None),
        ("7 hours 59 minutes", "0", None),
        ("61 minutes", "61 minutes", "WT031"),
        ("8 hours 1 minute", "0", "WT031"),
    ],
)
def test_sessions_slide_and_end(
    loaded_database: Database, opened: str, used: str, sqlstate: str | None
) -> None:
    reader = loaded_database.connect(loaded_database.role("reader"))
    access_id = open_session(reader)
    with loaded_database.superuser() as administrator:
        administrator.execute(
            "update audit_private.access_session set opened_at = opened_at - %s::interval, "
            "last_used_at = last_used_at - %s::interval",
            (opened, used),
        )
    listed = reader.execute("select is_open, last_used_at from audit.list_access()").fetchone()
    assert listed is not None
    assert listed[0] is (sqlstate is None)
    name_session = ("select set_config('pgwitness.access_id', %s, true)", (str(access_id),))
    if sqlstate is None:
        with reader.transaction():
            reader.execute(*name_session)
            reader.execute(ROUTES["search"])
        reader.execute(ROUTES["search"])
        slid = reader.execute("select last_used_at from audit.list_access()").fetchone()
        assert slid is not None
        assert slid[0] > listed[1]
    else:
        assert sqlstate_within(reader, name_session, (ROUTES["search"], ())) == sqlstate
        assert sqlstate_of(reader, ROUTES["search"]) == "WT030"


def test_a_closed_session_is_told_from_none(loaded_database: Database) -> None:
    reader = loaded_database.connect(loaded_database.role("reader"))
    access_id = open_session(reader)
    reader.execute("select audit.close_access(access_id => %s)", (access_id,))
    reader.execute("select set_config('pgwitness.access_id', %s, false)", (str(access_id),))
    with pytest.raises(psycopg.Error) as refusal:
        reader.execute(ROUTES["search"])
    assert refusal.value.sqlstate == "WT031"
    assert "closed" in (refusal.value.diag.message_detail or "")


@pytest.mark.parametrize("route", ROUTES)
def test_reading_writes_so_a_read_only_transaction_cannot(
    loaded_database: Database, route: str
) -> None:
    reader = loaded_database.connect(loaded_database.role("reader"))
    open_session(reader)
    reader.execute("set default_transaction_read_only = on")
    assert sqlstate_of(reader, ROUTES[route]) == "WT036"


def test_reads_of_one_session_do_not_queue(loaded_database: Database) -> None:
    first = loaded_database.connect(loaded_database.role("reader"))
    second = loaded_database.connect(loaded_database.role("reader"))
    open_session(first)
    second.execute("set lock_timeout = '50ms'")
    with first.transaction():
        first.execute(ROUTES["search"])
        second.execute(ROUTES["search"])
        second.execute(ROUTES["view"])
