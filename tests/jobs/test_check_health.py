"""check_health sees what isn't as it should be, and its hints mend it."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

import pytest

from walls.ledger import REASON, Connection, call, log, new_role, refused, rows

from databases import Database

CHECKS = {
    "partitions_ahead",
    "partitions_guarded",
    "objects_unchanged",
    "engine_roles_apart",
    "readers_behind_the_wall",
    "grants_have_roles",
    "logging_on",
    "categories_on",
    "search_is_indexed",
    "expired_events_removed",
    "purge_kept_its_word",
    "jobs_scheduled",
    "jobs_on_time",
    "jobs_succeeded",
}


@pytest.fixture
def newest(operator: Connection) -> str:
    """The newest partition."""
    name: str = rows(operator, "list_partitions")[-1]["partition_name"]
    return name


def health(connection: Connection, check: str) -> tuple[str, str, str | None]:
    [found] = [row for row in rows(connection, "check_health") if row["check_name"] == check]
    assert found["detail"]
    assert (found["hint"] is None) == (found["state"] == "ok"), found
    return found["state"], found["detail"], found["hint"]


def assert_healthy(connection: Connection, check: str) -> None:
    assert health(connection, check)[0] == "ok"


def test_a_new_installation_is_healthy(
    loaded_database: Database, operator: Connection, auditor: Connection, admin: Connection
) -> None:
    operator.execute("call audit.run_jobs()")
    for connection in (operator, auditor, admin):
        states = {row["check_name"]: row["state"] for row in rows(connection, "check_health")}
        assert set(states) >= CHECKS
        del states["search_is_indexed"], states["jobs_scheduled"]
        assert {name: state for name, state in states.items() if state != "ok"} == {}
    for persona in ("app", "reader", "privacy", "backup"):
        with refused("42501", case=persona):
            rows(loaded_database.connect(loaded_database.role(persona)), "check_health")


def drop_partitions(operator: Connection, root: Connection, ahead: timedelta) -> None:
    """Drop those that begin further ahead."""
    for partition in rows(operator, "list_partitions"):
        if partition["from_time"] >= datetime.now(UTC) + ahead:
            root.execute(f"drop table audit_private.{partition['partition_name']}")


def test_less_than_four_weeks_ahead_is_an_error(
    operator: Connection, root: Connection, app: Connection
) -> None:
    drop_partitions(operator, root, timedelta(weeks=5))
    assert_healthy(operator, "partitions_ahead")
    drop_partitions(operator, root, timedelta(weeks=3))
    state, _, hint = health(operator, "partitions_ahead")
    assert state == "error"
    assert hint is not None
    operator.execute(hint)
    assert_healthy(operator, "partitions_ahead")
    assert log(app) is not None


def test_a_hole_within_four_weeks_is_an_error(operator: Connection, root: Connection) -> None:
    name = rows(operator, "list_partitions")[2]["partition_name"]
    root.execute(f"drop table audit_private.{name}")
    state, _, hint = health(operator, "partitions_ahead")
    assert state == "error"
    assert hint is not None
    operator.execute(hint)
    assert_healthy(operator, "partitions_ahead")


DAMAGES = [
    "alter table {} disable row level security",
    "alter table {} no force row level security",
    "alter table {} disable trigger event_refuse_change",
    "alter table {} enable trigger event_refuse_change",
    "drop trigger event_refuse_change on {}",
    'drop policy "Events leave only to their tenant, with a reason" on {}',
    'alter policy "Events leave only to their tenant, with a reason" on {} using (true)',
    'alter policy "Events leave only to their tenant, with a reason" on {} to public',
    "create policy anybody on {} using (true)",
    "grant select on {} to test_reader_a",
    "grant insert on {} to audit_writer",
    "grant update (description) on {} to audit_writer",
    "grant truncate on {} to audit_owner",
    "alter table {} owner to test_reader_a",
]


def seen_by_operator(root: Connection, check: str) -> tuple[str, str, str]:
    """Ask in the superuser's own transaction, as the operator."""
    root.execute("set local role test_operator")
    row = root.execute(
        "select state, detail, hint from audit.check_health() where check_name = %s", (check,)
    ).fetchone()
    root.execute("reset role")
    assert row is not None
    state, detail, hint = row
    return state, detail, hint


def test_a_damaged_guard_is_an_error_and_mended(root: Connection, newest: str) -> None:
    for damage in DAMAGES:
        with root.transaction(force_rollback=True):
            root.execute(damage.format(f"audit_private.{newest}"))
            state, detail, hint = seen_by_operator(root, "partitions_guarded")
            assert state == "error", damage
            assert newest in detail
            root.execute(hint)
            assert seen_by_operator(root, "partitions_guarded")[0] == "ok", damage


def test_a_trigger_that_calls_something_else_is_an_error(
    operator: Connection, root: Connection, newest: str
) -> None:
    table = f"audit_private.{newest}"
    root.execute(
        f"""
        create function public.allow() returns trigger language plpgsql as 'begin return null; end';
        drop trigger event_refuse_change on {table};
        create trigger event_refuse_change before update or delete or truncate on {table}
          for each statement execute function public.allow();
        alter table {table} enable always trigger event_refuse_change;
        """
    )
    state, _, hint = health(operator, "partitions_guarded")
    assert state == "error"
    assert hint is not None
    root.execute(hint)
    assert_healthy(operator, "partitions_guarded")
    with refused("WT070"):
        root.execute(f"truncate {table}")


CHANGES = [
    (
        "create or replace function audit_private.refuse_change() returns trigger "
        "language plpgsql as 'begin return null; end'",
        "refuse_change",
    ),
    ("alter function audit.log_events(jsonb, uuid) reset search_path", "log_events"),
    ("alter function audit.log_events(jsonb, uuid) security invoker", "log_events"),
    ("grant execute on function audit.set_option to public", "set_option"),
    ("drop function audit.list_grants()", "list_grants"),
    ("create function audit.extra() returns int language sql as 'select 1'", "extra"),
    (
        'alter policy "Events leave only to their tenant, with a reason" '
        "on audit_private.event using (true)",
        "Events leave only to their tenant, with a reason",
    ),
    ("create policy anybody on audit_private.tenant using (true)", "anybody"),
    (
        "create or replace view audit.event as select e.* from audit_private.readable_event e",
        "audit.event",
    ),
    ("grant select on audit_private.event to test_reader_a", "audit_private.event"),
    ("grant select (name) on audit_private.tenant to test_reader_a", "audit_private.tenant"),
    ("grant usage on schema audit_private to test_reader_a", "audit_private"),
    ("alter table audit_private.event no force row level security", "audit_private.event"),
    ("alter table audit_private.event disable trigger event_refuse_change", "refuse_change"),
    (
        "create rule swallow as on insert to audit_private.event do instead nothing",
        "audit_private.event",
    ),
    (
        "create trigger spy after insert on audit_private.event for each row "
        "execute function audit_private.refuse_change()",
        "spy",
    ),
]


def test_a_changed_object_is_an_error(root: Connection) -> None:
    for change, named in CHANGES:
        with root.transaction(force_rollback=True):
            root.execute(change)
            state, detail, hint = seen_by_operator(root, "objects_unchanged")
            assert state == "error", change
            assert named in detail, change
            assert hint


@pytest.fixture
def heir(loaded_database: Database, root: Connection) -> Iterator[str]:
    """A role to give too much; it loses that again."""
    name = new_role(loaded_database, "test_too_much")
    yield name
    for role in ("audit_owner", "audit_keeper"):
        root.execute(f"revoke {role} from {name}")
    root.execute(f"alter role {name} nosuperuser nobypassrls inherit")


def test_whoever_inherits_from_an_engine_role_is_an_error(
    operator: Connection, root: Connection, heir: str
) -> None:
    root.execute(f"grant audit_owner, audit_keeper to {heir}")
    state, detail, hint = health(operator, "engine_roles_apart")
    assert state == "error"
    assert heir in detail
    assert hint is not None
    root.execute(hint)
    assert_healthy(operator, "engine_roles_apart")


def test_an_engine_role_with_a_special_right_is_an_error(root: Connection) -> None:
    for right in ("login", "bypassrls"):
        with root.transaction(force_rollback=True):
            root.execute(f"alter role audit_finder {right}")
            state, detail, hint = seen_by_operator(root, "engine_roles_apart")
            assert state == "error"
            assert "audit_finder" in detail
            root.execute(hint)
            assert seen_by_operator(root, "engine_roles_apart")[0] == "ok"


def test_a_bound_role_that_passes_row_security_is_a_warning(
    loaded_database: Database, operator: Connection, root: Connection, heir: str
) -> None:
    call(operator, "grant_tenant", role=heir, tenant_id=loaded_database.tenant_a)
    root.execute(f"alter role {heir} bypassrls")
    state, detail, hint = health(operator, "readers_behind_the_wall")
    assert state == "warning"
    assert heir in detail
    assert hint is not None
    root.execute(hint)
    assert_healthy(operator, "readers_behind_the_wall")


def test_a_grant_of_a_role_that_is_gone_is_a_warning(
    loaded_database: Database, operator: Connection, root: Connection
) -> None:
    role = new_role(loaded_database, "test_gone")
    call(operator, "grant_tenant", role=role, tenant_id=loaded_database.tenant_a)
    call(operator, "grant_tenant", role=role, tenant_id=loaded_database.tenant_b)
    root.execute(f"drop role {role}")
    state, detail, hint = health(operator, "grants_have_roles")
    assert state == "warning"
    assert role in detail
    assert hint is not None
    operator.execute(hint)
    assert_healthy(operator, "grants_have_roles")


def test_logging_turned_off_is_a_warning(
    operator: Connection, admin: Connection, admin_b: Connection
) -> None:
    call(admin, "set_logging", enabled=False, reason=REASON)
    state, detail, hint = health(operator, "logging_on")
    assert state == "warning"
    assert "Tenant A" in detail
    assert "Tenant B" not in detail
    assert hint is not None
    admin.execute(hint)
    assert_healthy(operator, "logging_on")


def test_a_category_turned_off_is_a_warning(operator: Connection, admin: Connection) -> None:
    categories = {"admin_actions": False, "security_events": False}
    call(admin, "set_toggles", toggles={"categories": categories}, reason=REASON)
    state, detail, hint = health(operator, "categories_on")
    assert state == "warning"
    assert "admin_actions" in detail
    assert "security_events" in detail
    assert hint is not None
    admin.execute(hint[hint.index("select ") :])
    assert_healthy(operator, "categories_on")


def test_an_administrator_sees_its_own_tenant_only(admin: Connection, admin_b: Connection) -> None:
    call(admin_b, "set_logging", enabled=False, reason=REASON)
    assert_healthy(admin, "logging_on")
    assert health(admin_b, "logging_on")[0] == "warning"
