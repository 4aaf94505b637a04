"""Who sets how long events are kept, what it may be, and when it takes effect."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from psycopg import sql

from retention.vault import Vault, in_background, old
from walls.ledger import (
    NIL,
    REASON,
    Connection,
    call,
    log,
    refused,
    rows,
    stored,
    wait_until_blocked,
)

from databases import OTHER_PERSONAS, TENANT_PERSONAS, Database

DELAY = timedelta(days=7)


def policy(connection: Connection, **arguments: Any) -> dict[str, Any]:
    [found] = rows(connection, "list_retention", **arguments)
    return found


def set_days(connection: Connection, days: int | None, **options: Any) -> datetime | None:
    effect: datetime | None = call(
        connection, "set_retention", days=days, **({"reason": REASON} | options)
    )
    return effect


def is_soon(moment: datetime | None, after: timedelta = timedelta()) -> bool:
    assert moment is not None
    return abs(moment - datetime.now(UTC) - after) < timedelta(minutes=1)


def test_a_year_where_nobody_has_set_anything(admin: Connection) -> None:
    found = policy(admin)
    assert (found["days"], found["is_exact"], found["set_at"]) == (365, False, None)
    assert is_soon(found["cutoff"], -timedelta(days=365))
    assert found["next_takes_effect_at"] is None
    assert found["floors"] == {"audit_access": 730, "audit_control": 730}
    assert set_days(admin, 365) is None


def test_lengthening_counts_at_once_and_shortening_waits(
    loaded_database: Database, admin: Connection
) -> None:
    assert is_soon(set_days(admin, 700))
    assert policy(admin)["days"] == 700
    assert is_soon(set_days(admin, 30, is_exact=True), DELAY)
    found = policy(admin)
    assert (found["days"], found["is_exact"]) == (700, False)
    assert (found["next_days"], found["next_is_exact"]) == (30, True)
    assert (found["set_by"], found["next_set_by"]) == ("test_admin_a", "test_admin_a")
    assert is_soon(set_days(admin, None))
    found = policy(admin)
    assert (found["days"], found["cutoff"], found["next_takes_effect_at"]) == (None, None, None)
    assert is_soon(set_days(admin, 2555), DELAY), "for ever is longer than anything"
    told = stored(loaded_database, "action = 'retention_set'")
    assert [event["changes"]["days"] for event in told] == [
        {"old": 365, "new": 700},
        {"old": 700, "new": 30},
        {"old": 700, "new": None},
        {"old": None, "new": 2555},
    ]
    assert {event["metadata"]["reason"] for event in told} == {REASON}


def test_one_change_waits_at_most_and_the_delay_begins_anew(vault: Vault) -> None:
    first = set_days(vault.admin, 30)
    assert set_days(vault.admin, 30) == first, "nothing new"
    second = set_days(vault.admin, 20)
    assert first is not None
    assert second is not None
    assert second > first
    waiting = vault.root.execute(
        "select from audit_private.retention_policy where takes_effect_at > now()"
    ).fetchall()
    assert len(waiting) == 1
    vault.pass_delay()
    assert policy(vault.admin)["days"] == 20


def test_no_way_of_shortening_comes_around_the_delay(vault: Vault) -> None:
    """Whatever is asked for in whatever order, one day after the other: a year stays in force."""
    vault.bring(old(200))
    for days, options in (
        (1, {}),
        (1, {"is_exact": True}),
        (364, {}),
        (365, {}),
        (1, {}),
        (365, {"is_exact": True}),
        (2, {"is_exact": False}),
        (None, {}),
        (1, {}),
        (400, {}),
        (399, {}),
    ):
        set_days(vault.admin, days, **options)
        in_force = policy(vault.admin)["days"]
        assert in_force is None or in_force >= 365, (days, options)
    call(vault.admin, "cancel_retention_change", reason=REASON)
    vault.purge()
    assert vault.left() != []


def test_the_option_says_how_long_a_change_waits(vault: Vault) -> None:
    call(vault.operator, "set_option", name="retention_delay_days", value="3", reason=REASON)
    assert is_soon(set_days(vault.admin, 30), timedelta(days=3))


def test_a_change_that_waits_can_be_cancelled(
    loaded_database: Database, admin: Connection, admin_b: Connection
) -> None:
    assert call(admin, "cancel_retention_change", reason=REASON) is False
    set_days(admin, 30)
    assert call(admin_b, "cancel_retention_change", reason=REASON) is False
    assert policy(admin)["next_days"] == 30
    assert call(admin, "cancel_retention_change", reason=REASON) is True
    assert policy(admin)["next_days"] is None
    [event] = stored(loaded_database, "action = 'retention_change_cancelled'")
    assert event["metadata"]["days"] == 30
    assert event["tenant_id"] == loaded_database.tenant_a
    assert call(admin, "cancel_retention_change", reason=REASON) is False


def test_what_has_taken_effect_can_not_be_cancelled(vault: Vault) -> None:
    vault.set_retention(30)
    assert call(vault.admin, "cancel_retention_change", reason=REASON) is False
    assert policy(vault.admin)["days"] == 30


@pytest.mark.parametrize("days", [0, -1, 2556, 2_147_483_647])
def test_days_out_of_range_are_refused(admin: Connection, days: int) -> None:
    with refused("WT110") as refusal:
        set_days(admin, days)
    assert "2,555" in refusal.detail
    assert policy(admin)["days"] == 365


def test_a_reason_is_needed(admin: Connection) -> None:
    for reason in (None, "", "short", " " * 20, "x" * 501):
        with refused("WT021", case=reason):
            set_days(admin, 700, reason=reason)
        with refused("WT021", case=reason):
            call(admin, "cancel_retention_change", reason=reason)


def test_each_tenant_has_a_policy_of_its_own(
    loaded_database: Database, admin: Connection, admin_b: Connection, operator: Connection
) -> None:
    set_days(admin, 700)
    assert policy(admin_b)["days"] == 365
    for function, arguments in (
        ("set_retention", {"days": 700, "reason": REASON}),
        ("cancel_retention_change", {"reason": REASON}),
        ("list_retention", {}),
        ("preview_purge", {}),
        ("list_purges", {}),
        ("list_holds", {}),
        ("place_hold", {"name": "x", "filter": {}, "reason": REASON}),
        ("release_hold", {"name": "x", "reason": REASON}),
    ):
        with refused("WT002", case=function):
            rows(admin_b, function, tenant_id=loaded_database.tenant_a, **arguments)
    assert {row["tenant_id"]: row["days"] for row in rows(operator, "list_retention")} == {
        loaded_database.tenant_a: 700,
        loaded_database.tenant_b: 365,
        NIL: 365,
    }
    assert len(rows(admin, "list_retention")) == len(rows(admin, "preview_purge")) == 1


def test_who_may_set_and_who_may_list(loaded_database: Database) -> None:
    lists = {"admin", "reader", "privacy", "operator", "owner", "auditor", "service"}
    for persona in (*TENANT_PERSONAS, *OTHER_PERSONAS):
        connection = loaded_database.connect(loaded_database.role(persona))
        tenant = {"tenant_id": loaded_database.tenant_a} if persona == "service" else {}
        if persona in lists:
            assert rows(connection, "list_retention", **tenant), persona
        else:
            with refused("42501", case=persona):
                rows(connection, "list_retention")
        if persona in ("admin", "service"):
            set_days(connection, 700, **tenant)
        else:
            with refused("42501", case=persona):
                set_days(connection, 700)
            with refused("42501", case=persona):
                call(connection, "cancel_retention_change", reason=REASON)
        if persona not in ("operator", "owner"):
            with refused("42501", case=persona):
                call(connection, "set_retention_floor", category="x", days=500, reason=REASON)
            with refused("42501", case=persona):
                connection.execute("call audit.purge_events()")


def test_nobody_reaches_the_tables_or_the_steps(loaded_database: Database) -> None:
    tables = ("retention_policy", "retention_floor", "legal_hold", "job_run", "purge_receipt")
    for persona in (*TENANT_PERSONAS, *OTHER_PERSONAS):
        connection = loaded_database.connect(loaded_database.role(persona))
        for table in tables:
            name = sql.Identifier("audit_private", table)
            if persona != "backup":
                with refused("42501", case=(persona, table)):
                    connection.execute(sql.SQL("select from {}").format(name))
            for statement in ("delete from {}", "truncate {}", "insert into {} default values"):
                with refused("42501", case=(persona, table)):
                    connection.execute(sql.SQL(statement).format(name))
        operators = persona in ("operator", "owner")
        for step in (
            "predict_purge(gen_random_uuid())",
            "purge_step(gen_random_uuid())",
            "skip_partition(gen_random_uuid(), 'x')",
            "finish_purge(gen_random_uuid())",
            "begin_run('purge_events', 1)",
        ):
            if not operators:
                with refused("42501", case=(persona, step)):
                    connection.execute(f"select audit_private.{step}".encode())
        for step in (
            "delete_due('event', now(), now(), gen_random_uuid(), now(), now(), gen_random_uuid())",
            "empty_partition('event', now(), now(), now(), 1, gen_random_uuid())",
            "count_due('event', now(), now())",
            "deletion_gate('event', now(), now())",
            "close_gate()",
            "pass_gate()",
            "note_purge_error(gen_random_uuid(), null, 'x')",
        ):
            with refused("42501", case=(persona, step)):
                connection.execute(f"select audit_private.{step}".encode())


def test_two_administrators_at_once_see_each_other(
    loaded_database: Database, admin: Connection
) -> None:
    rival = loaded_database.connect(loaded_database.role("admin"))
    admin.execute("begin")
    set_days(admin, 700)
    with in_background(lambda: set_days(rival, 600)) as failures:
        wait_until_blocked(loaded_database, rival)
        admin.execute("commit")
    assert failures == []
    found = policy(admin)
    assert (found["days"], found["next_days"]) == (700, 600)


def test_a_policy_is_not_set_on_a_stale_snapshot(admin: Connection) -> None:
    for level in ("repeatable read", "serializable"):
        admin.execute(f"begin isolation level {level}".encode())
        with refused("WT037", case=level):
            set_days(admin, 700)
        admin.execute("rollback")
        admin.execute(f"begin isolation level {level}".encode())
        with refused("WT037", case=level):
            call(admin, "cancel_retention_change", reason=REASON)
        admin.execute("rollback")


def test_setting_a_policy_holds_no_writer_up(
    admin: Connection, app: Connection, reader: Connection
) -> None:
    app.execute("set lock_timeout = '1s'")
    with admin.transaction():
        set_days(admin, 700)
        assert log(app) is not None
