"""A table too vital to stop: what can't be logged is kept, told and logged later, never lost."""

from __future__ import annotations

import threading
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

import psycopg
import pytest
from psycopg.types.json import Jsonb

from capture.workshop import CUSTOMER, Workshop
from walls.ledger import REASON, Connection, call, refused, rows, wait_until_blocked

STRANGE_TENANT = UUID("dddddddd-0000-4000-8000-00000000000d")
SECRET = "19121212-1212"


def set_actor(**settings: str) -> Callable[[Connection], None]:
    """A context that the application forges, past set_context."""

    def forge(app: Connection) -> None:
        for name, value in settings.items():
            app.execute("select set_config(%s, %s, false)", (f"pgwitness.{name}", value))

    return forge


def stay(_: Any) -> None:
    """Do nothing."""


def drop_partitions(workshop: Workshop) -> None:
    workshop.behind.execute(
        "do $$ declare name text; begin for name in select partition_name"
        " from audit_private.event_partitions()"
        " loop execute format('drop table audit_private.%I', name); end loop;"
        " update audit_private.instance set events_until = now() - interval '1 day';"
        " end $$"
    )


def maintain(workshop: Workshop) -> None:
    workshop.owner.execute("call audit.maintain_partitions()")


def register(workshop: Workshop) -> None:
    call(workshop.owner, "register_tenant", tenant_id=STRANGE_TENANT, name="Tenant D")


def retire(workshop: Workshop) -> None:
    assert call(workshop.owner, "retire_action", action="customer_created", reason=REASON)


def define(workshop: Workshop) -> None:
    call(
        workshop.owner,
        "define_action",
        action="customer_created",
        category="data_changes",
        titles={"en": "Customer created"},
    )


@dataclass(frozen=True)
class Cause:
    """Something that keeps an insert from being logged.

    Attributes:
        sqlstate: What it is refused with.
        make: Brings it about.
        mend: Ends it.
        context: What the application does before it writes.
        tenant: Whose row it is; tenant a's unless told.
    """

    sqlstate: str
    make: Callable[[Workshop], None] = stay
    mend: Callable[[Workshop], None] = stay
    context: Callable[[Connection], None] = stay
    tenant: UUID | None = None


CAUSES = {
    "unregistered_tenant": Cause("WT003", mend=register, tenant=STRANGE_TENANT),
    "missing_partition": Cause("WT016", make=drop_partitions, mend=maintain),
    "retired_action": Cause("WT010", make=retire, mend=define),
}
ACTORS = {
    "no_such_actor_type": Cause("WT013", context=set_actor(actor_type="nonsense")),
    "actor_is_no_object": Cause("WT013", context=set_actor(actor="[1]", actor_id="u1")),
    "actor_is_no_json": Cause("22P02", context=set_actor(actor='{"broken', actor_id="u1")),
    "actor_id_too_long": Cause("WT013", context=set_actor(actor_id="u" * 501)),
}


def as_parameters(causes: dict[str, Cause]) -> list[Any]:
    return [pytest.param(cause, id=name) for name, cause in causes.items()]


every_cause = pytest.mark.parametrize("cause", as_parameters(CAUSES | ACTORS))
both_levels = pytest.mark.parametrize("level", ["statement", "row"])


def prepare(workshop: Workshop, **options: Any) -> None:
    workshop.make(CUSTOMER)
    workshop.watch(label_column="name", redact_columns=["ssn"], **options)


def listen(connection: Connection) -> list[tuple[str | None, str | None]]:
    """Collect what the server warns of: severity and SQLSTATE."""
    heard: list[tuple[str | None, str | None]] = []
    connection.add_notice_handler(
        lambda notice: heard.append((notice.severity_nonlocalized, notice.sqlstate))
    )
    return heard


def add(workshop: Workshop, app: Connection, tenant: UUID | None, *keys: int) -> None:
    """Add customers with one statement."""
    app.execute(
        "insert into app.customer (id, tenant_id, name, ssn)"
        " select k, %s, 'Anna ' || k, %s from unnest(%s::bigint[]) k",
        (tenant or workshop.tenant_a, SECRET, list(keys)),
    )


def fail_to_log(workshop: Workshop, cause: Cause, *keys: int) -> Connection:
    """Bring the cause about and write all the same; gives the connection that wrote."""
    cause.make(workshop)
    app = workshop.app()
    cause.context(app)
    add(workshop, app, cause.tenant, *keys)
    return app


def keys_of(workshop: Workshop) -> list[int]:
    found = workshop.behind.execute("select id from app.customer order by id").fetchall()
    return [row["id"] for row in found]


def spooled(workshop: Workshop) -> list[dict[str, Any]]:
    return workshop.behind.execute(
        "select * from audit_private.capture_spool order by spool_id"
    ).fetchall()


def spool_health(workshop: Workshop) -> dict[str, Any]:
    checks = {check["check_name"]: check for check in rows(workshop.owner, "check_health")}
    return checks["spool_empty"]


def log_spool(connection: Connection, **arguments: Any) -> tuple[int, int]:
    [found] = rows(connection, "log_spool", **arguments)
    return found["logged"], found["remaining"]


def now(connection: psycopg.Connection[Any]) -> datetime:
    with psycopg.ClientCursor(connection) as cursor:
        row = cursor.execute("select clock_timestamp() as now").fetchone()
    assert row is not None
    found: datetime = row[0] if isinstance(row, tuple) else row["now"]
    return found


@every_cause
@both_levels
def test_without_on_error_a_change_that_cannot_be_logged_is_refused(
    workshop: Workshop, cause: Cause, level: str
) -> None:
    prepare(workshop, level=level)
    with refused(cause.sqlstate):
        fail_to_log(workshop, cause, 1, 2)
    assert keys_of(workshop) == []
    assert spooled(workshop) == []


@every_cause
@both_levels
def test_with_a_spool_the_write_goes_on_and_the_change_is_kept(
    workshop: Workshop, cause: Cause, level: str
) -> None:
    prepare(workshop, on_error="spool", level=level)
    cause.make(workshop)
    app = workshop.app()
    heard = listen(app)
    cause.context(app)
    add(workshop, app, cause.tenant, 1, 2)
    assert keys_of(workshop) == [1, 2]
    assert set(heard) == {("WARNING", "WT093")}
    assert workshop.told() == []
    kept = spooled(workshop)
    assert [row["entity_id"] for row in kept] == ["1", "2"]
    assert [row["target"]["name"] for row in kept] == ["Anna 1", "Anna 2"]
    assert {row["tenant_id"] for row in kept} == {cause.tenant or workshop.tenant_a}
    assert {row["error"].split()[0] for row in kept} == {cause.sqlstate}
    assert SECRET not in str(kept)


@pytest.mark.parametrize(
    ("statement", "told"),
    [
        ("update app.customer set name = 'Bo' where id = 1", [("updated", "1")]),
        ("delete from app.customer", [("deleted", "1"), ("deleted", "2")]),
        ("update app.customer set id = 3 where id = 1", [("updated", "1"), ("updated", "3")]),
        ("truncate app.customer", [("truncated", None), ("truncated", None)]),
    ],
)
def test_every_kind_of_statement_is_spooled_and_logged_later(
    workshop: Workshop, statement: str, told: list[tuple[str, str | None]]
) -> None:
    prepare(workshop, on_error="spool")
    app = workshop.app()
    add(workshop, app, None, 1, 2)
    before = len(workshop.events())
    drop_partitions(workshop)
    app.execute(statement.encode())
    maintain(workshop)
    kept = 1 if statement.startswith("truncate") else len(told)
    assert log_spool(workshop.owner) == (kept, 0), "a truncate is one, and told to each tenant"
    assert before == 2
    assert sorted(workshop.told(), key=str) == sorted(told, key=str), "the old ones were dropped"


def test_a_statement_of_many_rows_warns_once_and_is_listed_once(workshop: Workshop) -> None:
    prepare(workshop, on_error="spool")
    app = workshop.app()
    heard = listen(app)
    with app.transaction():
        add(workshop, app, STRANGE_TENANT, *range(1, 8))
        add(workshop, app, STRANGE_TENANT, 8)
    assert len(heard) == 2
    listed = rows(workshop.owner, "list_spool")
    assert [(row["operation"], row["events"]) for row in listed] == [("created", 7), ("created", 1)]
    assert {row["entity_type"] for row in listed} == {"customer"}
    assert {row["spooled_by"] for row in listed} == {workshop.database.role("app")}
    assert all(row["error"].startswith("WT003 ") for row in listed)


def test_the_list_holds_no_payload(workshop: Workshop) -> None:
    prepare(workshop, on_error="spool")
    fail_to_log(workshop, CAUSES["unregistered_tenant"], 1)
    [listed] = rows(workshop.owner, "list_spool")
    assert listed.keys() == {
        "entity_type",
        "operation",
        "spooled_at",
        "spooled_by",
        "events",
        "error",
    }
    assert "Anna" not in str(listed)
    assert SECRET not in str(listed)


def test_a_spool_that_holds_something_is_an_error(workshop: Workshop) -> None:
    prepare(workshop, on_error="spool")
    assert spool_health(workshop)["state"] == "ok"
    fail_to_log(workshop, CAUSES["unregistered_tenant"], 1, 2, 3)
    health = spool_health(workshop)
    assert health["state"] == "error"
    assert "3 changes" in health["detail"]
    assert "audit.log_spool()" in health["hint"]
    assert "Anna" not in str(health)
    register(workshop)
    assert log_spool(workshop.owner) == (3, 0)
    assert spool_health(workshop)["state"] == "ok"


@both_levels
@pytest.mark.parametrize("cause", as_parameters(CAUSES))
def test_once_the_cause_is_gone_it_is_logged_as_of_the_time_it_was_made(
    workshop: Workshop, cause: Cause, level: str
) -> None:
    prepare(workshop, on_error="spool", level=level)
    cause.make(workshop)
    app = workshop.app()
    app.execute("select set_config('pgwitness.actor_id', 'u7', false)")
    earliest = now(app)
    add(workshop, app, cause.tenant, 1, 2)
    latest = now(app)
    assert log_spool(workshop.owner) == (0, 2), "the cause is still there"
    assert workshop.told() == []
    cause.mend(workshop)
    assert log_spool(workshop.owner) == (2, 0)
    assert spooled(workshop) == []
    found = workshop.events()
    assert [event["entity_id"] for event in found] == ["1", "2"]
    for event in found:
        assert earliest <= event["occurred_at"] <= latest < event["recorded_at"]
        assert event["tenant_id"] == (cause.tenant or workshop.tenant_a)
        assert event["action"] == "customer_created"
        assert event["actor_id"] == "u7"
        assert event["recorded_by"] == workshop.database.role("app")
        assert event["description"] == f"Customer Anna {event['entity_id']} created"
        assert event["target"]["name"] == f"Anna {event['entity_id']}"
        assert event["metadata"]["spooled"].startswith(cause.sqlstate)
    assert SECRET not in str(found)


@pytest.mark.parametrize("cause", as_parameters(ACTORS))
def test_a_change_with_an_invalid_actor_is_logged_as_the_database_role_s(
    workshop: Workshop, cause: Cause
) -> None:
    prepare(workshop, on_error="spool")
    fail_to_log(workshop, cause, 1, 2)
    assert log_spool(workshop.owner) == (2, 0)
    for event in workshop.events():
        assert event["actor_type"] == "database_role"
        assert event["actor_id"] == workshop.database.role("app")
        assert event["actor"] is None
        assert event["metadata"]["spooled"].startswith(cause.sqlstate)


def test_the_actor_of_a_spooled_change_is_kept_where_the_context_names_the_tenant(
    workshop: Workshop,
) -> None:
    workshop.make("create table app.setting (name text primary key)")
    workshop.watch("app.setting", "setting", tenant_column=None, on_error="spool")
    assert call(workshop.owner, "retire_action", action="setting_created", reason=REASON)
    app = workshop.app()
    set_actor(actor_id="u7")(app)
    app.execute("insert into app.setting values ('a')")
    category, titles = "data_changes", {"en": "Setting created"}
    call(
        workshop.owner,
        "define_action",
        action="setting_created",
        category=category,
        titles=titles,
    )
    assert log_spool(workshop.owner) == (1, 0)
    [event] = workshop.events("setting")
    assert (event["tenant_id"], event["entity_id"]) == (workshop.tenant_a, "a")
    assert (event["actor_type"], event["actor_id"]) == ("user", "u7")


def test_what_was_logged_from_the_spool_is_read_like_anything_else(workshop: Workshop) -> None:
    prepare(workshop, on_error="spool")
    app = fail_to_log(workshop, Cause("WT010", make=retire), 1)
    app.execute("update app.customer set name = 'Bo' where id = 1")
    define(workshop)
    assert log_spool(workshop.owner) == (1, 0)
    found = (
        workshop.reader()
        .execute("select * from audit.list_row_history('app.customer', 1)")
        .fetchall()
    )
    assert [event["action"] for event in found] == ["customer_updated", "customer_created"]


def test_what_has_been_turned_off_is_dropped_and_the_rest_is_kept(workshop: Workshop) -> None:
    prepare(workshop, on_error="spool")
    app = workshop.app()
    retire(workshop)
    add(workshop, app, workshop.tenant_a, 1)
    add(workshop, app, workshop.tenant_b, 2)
    add(workshop, app, STRANGE_TENANT, 3)
    define(workshop)
    admin = workshop.database.connect(workshop.database.role("admin"))
    call(admin, "set_action_logging", action="customer_created", enabled=False, reason=REASON)
    assert log_spool(workshop.owner) == (1, 1)
    assert workshop.told() == [("created", "2")]
    assert [row["entity_id"] for row in spooled(workshop)] == ["3"]
    assert log_spool(workshop.owner) == (0, 1)
    register(workshop)
    assert log_spool(workshop.owner) == (1, 0)
    assert workshop.told() == [("created", "2"), ("created", "3")]


def test_at_most_so_many_are_logged_at_once_the_oldest_first(workshop: Workshop) -> None:
    prepare(workshop, on_error="spool")
    fail_to_log(workshop, CAUSES["unregistered_tenant"], *range(1, 6))
    register(workshop)
    assert log_spool(workshop.owner, at_most=2) == (2, 3)
    assert workshop.told() == [("created", "1"), ("created", "2")]
    assert log_spool(workshop.owner, at_most=2) == (2, 1)
    assert log_spool(workshop.owner, at_most=2) == (1, 0)
    assert log_spool(workshop.owner, at_most=2) == (0, 0)


def test_logging_the_spool_is_logged(workshop: Workshop) -> None:
    prepare(workshop, on_error="spool")
    fail_to_log(workshop, CAUSES["unregistered_tenant"], 1, 2)
    assert log_spool(workshop.owner) == (0, 2)
    register(workshop)
    log_spool(workshop.owner)
    [event] = workshop.behind.execute(
        "select * from audit_private.event where action = 'spool_logged'"
    ).fetchall()
    assert event["metadata"] == {"logged": 2, "remaining": 0}
    assert event["actor_id"] == workshop.database.role("owner")


def test_two_at_once_log_nothing_twice(workshop: Workshop) -> None:
    prepare(workshop, on_error="spool")
    keys = range(1, 21)
    fail_to_log(workshop, CAUSES["unregistered_tenant"], *keys)
    register(workshop)
    rival = workshop.database.connect(workshop.database.role("operator"))
    found: list[tuple[int, int]] = []
    workshop.owner.execute("begin")
    assert log_spool(workshop.owner) == (20, 0)
    second = threading.Thread(target=lambda: found.append(log_spool(rival)))
    second.start()
    wait_until_blocked(workshop.database, rival)
    workshop.owner.execute("commit")
    second.join(timeout=10)
    assert found == [(0, 0)]
    assert workshop.told() == [("created", str(key)) for key in keys]


def test_a_log_that_is_undone_keeps_the_spool(workshop: Workshop) -> None:
    prepare(workshop, on_error="spool")
    fail_to_log(workshop, CAUSES["unregistered_tenant"], 1)
    register(workshop)
    workshop.owner.execute("begin")
    assert log_spool(workshop.owner) == (1, 0)
    workshop.owner.execute("rollback")
    assert log_spool(workshop.owner) == (1, 0)
    assert workshop.told() == [("created", "1")]


def test_a_write_that_is_undone_spools_nothing(workshop: Workshop) -> None:
    prepare(workshop, on_error="spool")
    app = workshop.app()
    app.execute("begin")
    add(workshop, app, STRANGE_TENANT, 1)
    app.execute("rollback")
    assert spooled(workshop) == []


@both_levels
@pytest.mark.parametrize("means", ["cancel", "statement_timeout"])
def test_a_cancelled_statement_is_not_swallowed(workshop: Workshop, level: str, means: str) -> None:
    prepare(workshop, on_error="spool", level=level)
    app = workshop.app()
    add(workshop, app, None, 1)
    workshop.behind.execute("begin")
    workshop.behind.execute("lock table audit_private.event")
    if means == "statement_timeout":
        app.execute("set statement_timeout = '300ms'")
    states: list[str | None] = []

    def write() -> None:
        try:
            add(workshop, app, None, 2)
        except psycopg.Error as error:
            states.append(error.sqlstate)

    writing = threading.Thread(target=write)
    writing.start()
    if means == "cancel":
        wait_until_blocked(workshop.database, app)
        workshop.behind.execute("select pg_cancel_backend(%s)", (app.info.backend_pid,))
    writing.join(timeout=20)
    workshop.behind.execute("rollback")
    assert states == ["57014"]
    assert keys_of(workshop) == [1]
    assert spooled(workshop) == []


@pytest.mark.parametrize(
    "persona", ["app", "reader", "admin", "privacy", "service", "backup", "stranger"]
)
def test_the_spool_is_nobody_s_business_but_operators_and_auditors(
    workshop: Workshop, persona: str
) -> None:
    prepare(workshop, on_error="spool")
    fail_to_log(workshop, CAUSES["unregistered_tenant"], 1)
    nosy = workshop.database.connect(workshop.database.role(persona))
    for function in ("list_spool", "log_spool"):
        with refused("42501", case=function):
            rows(nosy, function)


def test_the_auditor_lists_the_spool_but_does_not_log_it(workshop: Workshop) -> None:
    prepare(workshop, on_error="spool")
    fail_to_log(workshop, CAUSES["unregistered_tenant"], 1)
    auditor = workshop.database.connect(workshop.database.role("auditor"))
    assert [row["events"] for row in rows(auditor, "list_spool")] == [1]
    with refused("42501"):
        rows(auditor, "log_spool")


@pytest.mark.parametrize(
    "persona",
    ["app", "reader", "admin", "privacy", "service", "operator", "owner", "auditor", "stranger"],
)
@pytest.mark.parametrize(
    "statement",
    [
        "select from audit_private.capture_spool",
        "delete from audit_private.capture_spool",
        "insert into audit_private.capture_spool"
        " (entity_type, action, recorded_by, is_whole, error) values ('x', 'x', 'x', true, 'x')",
    ],
)
def test_nobody_reaches_the_spool_s_table(workshop: Workshop, persona: str, statement: str) -> None:
    someone = workshop.database.connect(workshop.database.role(persona))
    with refused("42501"):
        someone.execute(statement.encode())


def test_a_tenant_from_the_context_is_spooled_too(workshop: Workshop) -> None:
    workshop.make("create table app.setting (name text primary key, value jsonb)")
    workshop.watch("app.setting", "setting", tenant_column=None, on_error="spool")
    stranger = workshop.database.connect(workshop.database.role("stranger"))
    heard = listen(stranger)
    stranger.execute("insert into app.setting values ('a', %s)", (Jsonb({"b": 1}),))
    assert heard == [("WARNING", "WT093")]
    [kept] = spooled(workshop)
    assert (kept["entity_id"], kept["tenant_id"]) == ("a", None)
    assert log_spool(workshop.owner) == (0, 1), "nobody knows whose it is"
