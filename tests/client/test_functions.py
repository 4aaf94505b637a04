"""Every function is called for real, over drivers that hand rows over differently."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from dataclasses import fields, replace
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from ipaddress import ip_address, ip_interface
from typing import Any
from unittest.mock import ANY
from uuid import UUID, uuid4

import psycopg
import pytest
from sqlalchemy.ext.asyncio import AsyncConnection

from capture.workshop import CUSTOMER, Workshop, open_workshop
from client.sources import async_engine
from pgwitness import AsyncClient, Client, models
from pgwitness.errors import (
    AccessRequired,
    DeadLetterRefused,
    EventMissing,
    FilterInvalid,
    PgwitnessError,
    RelationUnwatched,
    RevertRefused,
    SinkApprovalRefused,
    SinkCursorForeign,
    SinkRefused,
    SinkTaken,
    SinkUnknown,
    TenantRefused,
    Unprovable,
    ValueUnstorable,
    WatchRefused,
)
from pgwitness.evidence.checkpoints import Checkpoint
from pgwitness.evidence.merkle import verify_consistency
from pgwitness.evidence.proofs import Proof
from pgwitness.models import Event

from databases import Database

REASON = "because a test has to"
TABLE = "app.customer"

Connect = Callable[[str], AbstractAsyncContextManager[AsyncClient]]


@pytest.fixture(params=["psycopg", "sqlalchemy-psycopg", "sqlalchemy-asyncpg"])
def connect(request: pytest.FixtureRequest, loaded_database: Database) -> Connect:
    """Give the function that connects a role's client; what it did is committed at the end."""
    layer, _, driver = request.param.partition("-")

    @asynccontextmanager
    async def over_psycopg(role: str) -> AsyncIterator[AsyncClient]:
        async with await psycopg.AsyncConnection.connect(loaded_database.dsn(role)) as made:
            yield AsyncClient(made)

    @asynccontextmanager
    async def over_alchemy(role: str) -> AsyncIterator[AsyncClient]:
        async with async_engine(loaded_database, role, driver) as engine, engine.begin() as made:
            assert isinstance(made, AsyncConnection)
            yield AsyncClient(made)

    return over_psycopg if layer == "psycopg" else over_alchemy


def check_types(row: object) -> None:
    """Check that a row's values have their own types, not the driver's."""
    plain = (str, int, bool, dict, list, tuple, type(None))
    for each in fields(row):  # type: ignore[arg-type]
        value = getattr(row, each.name)
        if isinstance(value, datetime):
            assert value.tzinfo is UTC
        elif isinstance(value, UUID):
            assert type(value) is UUID
        elif each.name != "ip":
            assert isinstance(value, plain), (each.name, value)


def test_operators_functions(loaded_database: Database, connect: Connect) -> None:
    tenant_id = uuid4()

    async def run() -> None:
        async with connect(loaded_database.role("operator")) as client:
            titles = {"en": "Title", "sv": "Titel"}
            assert await client.define_category("client_acts", titles, {"en": "Text"})
            assert not await client.define_category("client_acts", titles, {"en": "Text"})
            assert await client.define_action("client_act", "client_acts", titles)
            assert await client.define_entity_type("client_thing", titles)
            assert await client.define_access_reason("client_reason", titles)
            assert await client.retire_action("client_act", REASON)
            entries = {(e.kind, e.code): e for e in await client.list_catalogue()}
            assert entries["category", "client_acts"].titles == titles
            assert entries["category", "client_acts"].descriptions == {"en": "Text"}
            assert entries["action", "client_act"].category == "client_acts"
            assert entries["action", "client_act"].retired_at is not None

            assert await client.register_tenant(tenant_id, "Tenant C")
            tenants = {t.tenant_id: t for t in await client.list_tenants()}
            assert tenants[tenant_id].name == "Tenant C"
            assert tenants[tenant_id].is_logging_enabled
            stranger = loaded_database.role("stranger")
            assert await client.grant_tenant(stranger, tenant_id)
            assert await client.grant_all_tenants(stranger, REASON)
            grants = [g for g in await client.list_grants() if g.role_name == stranger]
            assert {(g.tenant_id, g.reason, g.is_role_present) for g in grants} == {
                (tenant_id, None, True),
                (None, REASON, True),
            }
            assert await client.revoke_tenant(stranger, REASON)
            assert not await client.revoke_tenant(stranger, REASON)
            assert await client.retire_tenant(REASON, tenant_id)

            assert await client.set_option("payload_limit_bytes", "70000", REASON)
            options = {o.name: o for o in await client.list_options()}
            assert options["payload_limit_bytes"].value == "70000"
            assert options["payload_limit_bytes"].default_value == "65536"
            checks = await client.check_health()
            assert {check.state for check in checks} <= {"ok", "warning", "error"}
            partitions = await client.list_partitions()
            assert all(p.from_time < p.until_time for p in partitions)
            with pytest.raises(PgwitnessError) as refused:
                await client.close_partition("no_such_partition")
            assert refused.value.sqlstate == "WT016"
            for row in [*entries.values(), *tenants.values(), *grants, *options.values()]:
                check_types(row)
            for row in [*checks, *partitions]:
                check_types(row)

    asyncio.run(run())


def test_toggles(loaded_database: Database, connect: Connect) -> None:
    async def run() -> None:
        async with connect(loaded_database.role("admin")) as client:
            assert await client.set_logging(False, REASON)
            assert await client.set_logging(enabled=True)
            assert await client.set_category_logging("admin_actions", False, REASON)
            assert await client.set_category_logging("admin_actions", None)
            assert await client.set_action_logging("user_created", False, REASON)
            assert not await client.set_action_logging("user_created", False, REASON)
            assert (
                await client.set_toggles(
                    {"categories": {"admin_actions": False}, "actions": {"user_created": None}},
                    REASON,
                )
                == 2
            )
            toggles = {t.action: t for t in await client.list_toggles()}
            for toggle in toggles.values():
                check_types(toggle)
            created = toggles["user_created"]
            assert (created.override, created.is_logged, created.category_enabled) == (
                None,
                False,
                False,
            )
            assert created.category_logged == 0
            assert created.category_total > 0
            assert created.action_titles["sv"]
        async with connect(loaded_database.role("app")) as client:
            assert await client.is_logged("user_created") is False
            assert await client.log_event("user_created", "user", 1, "muted") is None
            batch = [{"action": "user_created", "entity_type": "user", "description": "muted"}]
            assert await client.log_events(batch) == models.LoggedCount(logged=0, muted=1)

    asyncio.run(run())


def test_events_and_reading(loaded_database: Database, connect: Connect) -> None:
    when = datetime.now(UTC) - timedelta(minutes=5)
    given: dict[str, Any] = {
        "action": "user_updated",
        "entity_type": "user",
        "entity_id": UUID(int=7),
        "description": "renamed \ud800 seven",
        "metadata": {"big": 10**4000, "ratio": 0.25, "nothing": None, "list": [True]},
        "target": [{"id": "7"}, {"id": "8"}],
        "changes": {"name": {"old": None, "new": "\x00"}},
        "outcome": "failure",
        "error_message": "no such luck",
        "occurred_at": when,
        "idempotency_key": "once",
        "actor_id": "ann",
        "actor_type": "api_key",
        "actor": {"name": "Ann"},
    }

    async def run() -> None:
        async with connect(loaded_database.role("app")) as client:
            await client.set_context(ip="2001:db8::1", user_agent="probe", request_id=UUID(int=9))
            first = await client.log_event(**given)
            assert await client.log_event(**given) == first
            batch = [
                {
                    "action": "user_created",
                    "entity_type": "user",
                    "entity_id": number,
                    "description": f"made {number}",
                    "occurred_at": when + timedelta(seconds=1),
                    "actor_id": 12,
                    "actor_type": "user",
                    "idempotency_key": f"batch {number}",
                    "metadata": None,
                }
                for number in range(3)
            ]
            assert await client.log_events(batch) == models.LoggedCount(logged=3, muted=0)
            assert await client.current_tenant() == loaded_database.tenant_a

        async with connect(loaded_database.role("admin")) as client:
            old = {"action": "user_created", "entity_type": "user", "description": "long ago"}
            results = await client.import_events(
                [
                    {
                        **old,
                        "occurred_at": when - timedelta(days=800),
                        "idempotency_key": "old",
                        "ip": ip_interface("10.0.0.0/8"),
                        "user_agent": "back then",
                    },
                    {**old, "occurred_at": when, "idempotency_key": "x", "action": "unknown"},
                ],
                REASON,
            )
            assert [r.result for r in results] == ["imported", "refused"]
            assert [r.line for r in results] == [0, 1]
            assert results[0].is_expired is True
            assert results[1].sqlstate == "WT010"
            for result in results:
                check_types(result)

        async with connect(loaded_database.role("privacy")) as client:
            access_id = await client.open_access("audit_review", "to see what was written")
        async with connect(loaded_database.role("privacy")) as client:
            await client.set_context(access_id=access_id)
            event = await client.get_event(first)  # type: ignore[arg-type]
            check_types(event)
            restored = event.restored()
            assert type(restored) is Event
            for name in set(given) - {"entity_id", "idempotency_key"}:
                assert getattr(restored, name) == given[name], name
            assert event.entity_id == str(given["entity_id"])
            assert event.description == "renamed \\ud800 seven"
            assert event.ip == ip_address("2001:db8::1")
            assert (event.user_agent, event.request_id) == ("probe", str(UUID(int=9)))
            assert event.source == "logged"
            assert event.category
            with pytest.raises(EventMissing):
                await client.get_event(uuid4())

        async with connect(loaded_database.role("privacy")) as client:
            await client.set_context(access_id=access_id)
            found = [
                each
                async for each in client.iter_events(
                    {"action": ["user_created", "user_updated"], "source": "logged"}, page_size=2
                )
            ]
            assert {e.entity_id for e in found[:3]} == {
                "0",
                "1",
                "2",
            }
            assert len(found) == len({e.id for e in found}) == 4
            assert found[0].ip == ip_interface("2001:db8::1").ip
            for each in found:
                check_types(each)
            page = await client.search_events({"from": when, "to": when + timedelta(seconds=1)})
            assert [e.id for e in page] == [first]
            count = await client.count_events({"action": "user_created"}, up_to=2)
            assert count == models.EventCount(count=2, is_exact=False)
            actors = {a.actor_id: a for a in await client.list_actors()}
            assert actors["ann"].actor == {"name": "Ann"}
            assert actors["12"].events == 3
            check_types(actors["ann"])
            reported = await client.report_subject(["ann"], with_actors=True)
            assert [(e.id, e.relations) for e in reported] == [(first, ("actor", "mentioned"))]
            check_types(reported[0])
        async with connect(loaded_database.role("privacy")) as client:
            sessions = {s.access_id: s for s in await client.list_access()}
            assert sessions[access_id].is_open
            assert sessions[access_id].justification == "to see what was written"
            check_types(sessions[access_id])
            assert await client.close_access(access_id)

        async with connect(loaded_database.role("auditor")) as client:
            control = await client.list_control_events(from_time=when)
            assert "audit_session_created" in {e.action for e in control}
            for envelope in control:
                check_types(envelope)
        async with connect(loaded_database.role("privacy")) as client:
            await client.set_context(access_id=await client.open_access("audit_review", REASON))
            with pytest.raises(PgwitnessError):
                await client.search_events({"nonsense": 1})

    asyncio.run(run())


def open_customers(database: Database) -> Workshop:
    """Make a table of the application's own that can be watched."""
    workshop = open_workshop(database)
    workshop.make(CUSTOMER)
    return workshop


def test_watched_tables(loaded_database: Database, connect: Connect) -> None:
    workshop = open_customers(loaded_database)
    newcomer = uuid4()
    digits = Decimal("12345678901234567890.123456789")

    async def run() -> None:
        async with connect(loaded_database.role("owner")) as client:
            given: dict[str, Any] = {
                "relation": TABLE,
                "entity_type": "customer",
                "tenant_column": "tenant_id",
                "label_column": "name",
                "redact_columns": ["ssn"],
                "on_error": "spool",
            }
            assert await client.watch(**given)
            assert not await client.watch(**given)
            (watched,) = await client.list_watched()
            check_types(watched)
            assert watched.relation == TABLE
            assert (watched.entity_type, watched.key_columns) == ("customer", ("id",))
            assert (watched.columns, watched.redact_columns) == (None, ("ssn",))
            assert (watched.level, watched.on_error) == ("statement", "spool")
            assert watched.keep_deleted_values is True
            assert watched.watched_at.tzinfo is UTC

        app = workshop.app()
        app.execute(
            "insert into app.customer (id, tenant_id, name, ssn, balance)"
            " values (1, %s, 'Anna Berg', '19121212', %s)",
            (loaded_database.tenant_a, digits),
        )
        between = datetime.now(UTC)
        app.execute("update app.customer set name = 'Anna Ek', ssn = null where id = 1")

        async with connect(loaded_database.role("reader")) as client:
            access_id = await client.open_access("audit_review", REASON)
        async with connect(loaded_database.role("reader")) as client:
            await client.set_context(access_id=access_id)
            history = [e async for e in client.iter_row_history(TABLE, 1, page_size=1)]
            assert [e.action for e in history] == ["customer_updated", "customer_created"]
            assert await client.list_row_history(TABLE, "1") == [
                replace(event, cursor=ANY) for event in history
            ]
            for event in history:
                check_types(event)
                assert event.source == "captured"
            assert history[0].changes["name"] == {"old": "Anna Berg", "new": "Anna Ek"}
            assert history[0].changes["ssn"]["withheld"] == "redacted"
            assert history[1].target["balance"] == digits
            row = await client.get_row_at(TABLE, 1, between)
            assert row is not None
            assert (row["name"], row["balance"]) == ("Anna Berg", digits)
            assert await client.get_row_at(TABLE, 2, between) is None
            assert "Anna Berg" in await client.revert_sql(history[0].id)

        app.execute("insert into app.customer (id, tenant_id) values (2, %s)", (newcomer,))
        async with connect(loaded_database.role("operator")) as client:
            (waiting,) = await client.list_spool()
            check_types(waiting)
            assert (waiting.entity_type, waiting.events) == ("customer", 1)
            assert await client.log_spool() == models.SpoolCount(logged=0, remaining=1)
            assert await client.register_tenant(newcomer, "Newcomer")
            assert await client.log_spool(at_most=10) == models.SpoolCount(logged=1, remaining=0)
            assert await client.list_spool() == []
        async with connect(loaded_database.role("owner")) as client:
            assert await client.unwatch(TABLE, REASON)
            assert not await client.unwatch(TABLE, REASON)

    asyncio.run(run())


def test_the_history_of_a_dropped_table_ends_by_its_entity_type(loaded_database: Database) -> None:
    workshop = open_customers(loaded_database)
    workshop.watch()
    workshop.make("drop table app.customer")
    client = Client(workshop.owner)
    (watched,) = client.list_watched()
    assert watched.state == "error"
    assert watched.problem
    assert watched.hint
    assert client.unwatch(None, REASON, "customer")
    assert client.list_watched() == []


def test_a_row_of_another_tenant_is_not_there(loaded_database: Database) -> None:
    workshop = open_customers(loaded_database)
    workshop.watch()
    workshop.app("b").execute(
        "insert into app.customer (id, tenant_id) values (1, %s)", (loaded_database.tenant_b,)
    )
    for tenant, actions in (("a", []), ("b", ["customer_created"])):
        client = Client(loaded_database.connect(loaded_database.role("reader", tenant)))
        with pytest.raises(AccessRequired):
            client.list_row_history(TABLE, 1)
        client.open_access("audit_review", REASON)
        assert [e.action for e in client.iter_row_history(TABLE, 1)] == actions
        assert (client.get_row_at(TABLE, 1, datetime.now(UTC)) is None) is not bool(actions)
        with pytest.raises(TenantRefused):
            client.list_row_history(TABLE, 1, tenant_id=uuid4())


def test_refusals_of_watching(loaded_database: Database) -> None:
    workshop = open_customers(loaded_database)
    with pytest.raises(WatchRefused) as refused:
        Client(workshop.owner).watch(TABLE, "customer", "no_such_column")
    assert "no_such_column" in str(refused.value)
    reader = Client(loaded_database.connect(loaded_database.role("reader")))
    reader.open_access("audit_review", REASON)
    with pytest.raises(RelationUnwatched):
        reader.list_row_history(TABLE, 1)
    event_id = Client(workshop.app()).log_event("user_created", "user", 1, "made 1")
    assert event_id is not None
    with pytest.raises(RevertRefused):
        reader.revert_sql(event_id)
    with pytest.raises(ValueUnstorable):
        reader.get_row_at(TABLE, 1, datetime(2026, 1, 1))


def test_the_synchronous_client_does_the_same(loaded_database: Database) -> None:
    with psycopg.connect(loaded_database.dsn(loaded_database.role("app"))) as connection:
        client = Client(connection)
        for number in range(5):
            client.log_event("user_created", "user", number, f"made {number}")
    with psycopg.connect(loaded_database.dsn(loaded_database.role("reader"))) as connection:
        client = Client(connection)
        client.open_access("audit_review", REASON)
        connection.commit()
        found = list(client.iter_events({"action": "user_created"}, page_size=2))
        assert [event.entity_id for event in found] == ["4", "3", "2", "1", "0"]
        assert (
            client.search_events({"action": "user_created"}, after=found[2].cursor)[0] == found[3]
        )
        with pytest.raises(FilterInvalid) as caught:
            client.search_events({"nonsense": 1})
        assert "nonsense" in str(caught.value)


def test_sealing_and_proving(loaded_database: Database, connect: Connect) -> None:
    app = Client(loaded_database.connect(loaded_database.role("app")))
    event_id = app.log_event("user_created", "user", 1, "made 1")
    assert event_id is not None
    operator = Client(loaded_database.connect(loaded_database.role("operator")))
    operator.seal_events()

    async def run() -> None:
        async with connect(loaded_database.role("auditor")) as client:
            await client.open_access("audit_review", REASON)
        async with connect(loaded_database.role("auditor")) as client:
            head = await client.create_checkpoint()
            assert type(head.root_hash) is bytes
            checkpoint = Checkpoint(head.origin, head.tree_size, head.root_hash)
            known = (head.origin, head.tree_size, head.root_hash)
            assert await client.verify_checkpoint(*known) == []
            [finding] = await client.verify_checkpoint(*known[:2], bytes(32))
            assert finding.kind == "rewritten"
            check_types(finding)
            seals = await client.list_seals()
            assert len(seals) == head.tree_size
            assert {
                seal.tenant_id
                for seal in await client.list_seals(1, head.tree_size - 1, loaded_database.tenant_a)
            } <= {loaded_database.tenant_a}
            [epoch] = await client.list_epochs()
            assert epoch.origin == head.origin
            for row in (*seals, epoch):
                check_types(row)
            proof = await client.prove_consistency(1, head.tree_size)
            verify_consistency(
                1,
                head.tree_size,
                bytes.fromhex(seals[-1].seal_hash),
                head.root_hash,
                [bytes.fromhex(item) for item in proof],
            )
            Proof.parse(await client.prove_event(event_id)).verify(checkpoint)
            unknown = UUID("019ca83f-0000-7000-8000-000000000001")
            [row] = await client.prove_events([event_id, unknown], head.tree_size)
            assert row.event_id == event_id
            check_types(row)
            Proof.parse(row.proof).verify(checkpoint)
            assert await client.verify_events() == []
            assert (
                await client.verify_events(
                    datetime(2020, 1, 1, tzinfo=UTC), datetime.now(UTC), loaded_database.tenant_a
                )
                == []
            )
            with pytest.raises(Unprovable):
                await client.prove_events([event_id], head.tree_size + 1)
        async with connect(loaded_database.role("operator")) as client:
            assert await client.accept_restore(REASON) == 2

    asyncio.run(run())


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"occurred_at": datetime(2026, 1, 1)}, "a time has no time zone"),
        ({"entity_id": 1.5}, "a value of type float is no text"),
        ({"entity_id": True}, "a value of type bool is no text"),
        ({"entity_id": b"x"}, "a value of type bytes is no text"),
        ({"entity_id": [10**5000][0]}, "an integer is too large"),
        ({"description": 1.5}, "a value of type float is no text"),
        ({"metadata": {"a": {1, 2}}}, "a value of type set has no JSON form"),
        ({"actor": {"when": object()}}, "a value of type object has no JSON form"),
    ],
    ids=lambda value: None if isinstance(value, str) else "-".join(value),
)
def test_what_python_cannot_send_is_refused_before_the_database(
    connection: psycopg.Connection[Any], arguments: dict[str, Any], message: str
) -> None:
    client = Client(connection)
    with connection.transaction():
        with pytest.raises(ValueUnstorable, match=message):
            client.log_event(**{"action": "user_created", "entity_type": "user", **arguments})
        assert client.is_logged("user_created")


def test_sinks(loaded_database: Database, connect: Connect) -> None:
    tenants = [loaded_database.tenant_a]
    role = loaded_database.role("shipper")

    async def run() -> None:
        async with connect(loaded_database.role("operator")) as client:
            options = {"format": "jsonl"}
            for changed in (True, False):
                assert changed is await client.define_sink(
                    "siem", "custom", role, options, {"source": "logged"}, tenants
                )
            [sink] = await client.list_sinks()
            check_types(sink)
            assert (sink.tenant_ids, sink.options, sink.is_approved) == (
                tuple(tenants), options, None,
            )  # fmt: skip
            for option in await client.list_sink_options():
                check_types(option)
        async with connect(loaded_database.role("admin")) as client:
            assert await client.approve_sink("siem", sink.digest, REASON)
        async with connect(loaded_database.role("app")) as client:
            event_id = await client.log_event("user_created", "user", 1, "made 1")
        Client(loaded_database.connect(loaded_database.role("operator"))).seal_events()
        async with connect(role) as client:
            [row] = await client.read_sink("siem", 10)
            check_types(row)
            assert (row.event_id, row.tenant_id) == (event_id, tenants[0])
            behind = await client.read_sink("siem", after=row.cursor)
            assert [each.event_id for each in behind] in ([], [None])
            await client.report_sink_error("siem", "nobody is there")
            assert row.event_id
            assert row.occurred_at
            await client.add_dead_letter("siem", row.event_id, row.occurred_at, "too large")
            [letter] = await client.list_dead_letters("siem")
            check_types(letter)
            assert await client.acknowledge_sink("siem", row.cursor)
        async with connect(loaded_database.role("operator")) as client:
            assert await client.retry_dead_letters("siem", [letter.event_id]) == 1
            assert await client.discard_dead_letters("siem", REASON, [letter.event_id]) == 1
            assert await client.set_purge_waits("siem", True, REASON)
            assert await client.drop_sink("siem", REASON)
            assert not await client.drop_sink("siem", REASON)

    asyncio.run(run())


def test_refusals_of_sinks(loaded_database: Database) -> None:
    role = loaded_database.role("shipper")
    operator = Client(loaded_database.connect(loaded_database.role("operator")))
    with pytest.raises(SinkRefused):
        operator.define_sink("siem", "fax", role)
    assert operator.define_sink("siem", "custom", role, {"content": "envelope"})
    admin = Client(loaded_database.connect(loaded_database.role("admin")))
    with pytest.raises(SinkApprovalRefused):
        admin.approve_sink("siem", "0", REASON)
    shipper = Client(loaded_database.connect(role))
    with pytest.raises(SinkUnknown):
        shipper.read_sink("nowhere")
    shipper.read_sink("siem")
    with pytest.raises(SinkCursorForeign):
        shipper.acknowledge_sink("siem", "nowhere")
    with pytest.raises(DeadLetterRefused):
        shipper.add_dead_letter("siem", uuid4(), datetime.now(UTC), "too large")
    with pytest.raises(SinkTaken):
        Client(loaded_database.connect(role)).read_sink("siem")
