"""Captured changes are actions of the catalogue, turned on and off like any other."""

from __future__ import annotations

from typing import Any
from uuid import UUID

import pytest

from capture.workshop import CUSTOMER, Workshop
from walls.ledger import NIL, REASON, call, refused, rows

ACTIONS = ["customer_created", "customer_deleted", "customer_truncated", "customer_updated"]
ACCOUNT = "create table app.account (id bigint primary key, tenant_id uuid, name text)"
STRAY = UUID("dddddddd-0000-4000-8000-00000000000d")

# Both ways of capture, and both ways to learn the tenant.
WAYS = [
    pytest.param({"level": "statement"}, id="statement"),
    pytest.param({"level": "row"}, id="row"),
    pytest.param({"tenant_column": None}, id="tenant of the context"),
]
LEVELS = [pytest.param({"level": level}, id=level) for level in ("statement", "row")]

# What silences everything that is captured of customers, and what turns it on again.
OFF_AND_ON: list[Any] = [
    pytest.param(off, on, id=next(iter(off)))
    for off, on in (
        ({"logging": False}, {"logging": True}),
        ({"categories": {"data_changes": False}}, {"categories": {"data_changes": None}}),
        (
            {"actions": dict.fromkeys(ACTIONS, False)},
            {"actions": dict.fromkeys(ACTIONS, None)},
        ),
    )
]


def actions(workshop: Workshop, entity_type: str = "customer") -> dict[str, dict[str, Any]]:
    """What the catalogue says of an entity type's captured actions, as the owner reads it."""
    known = {
        row["code"]: row
        for row in rows(workshop.owner, "list_catalogue")
        if row["kind"] == "action"
    }
    suffixes = ("created", "updated", "deleted", "truncated")
    return {suffix: known[f"{entity_type}_{suffix}"] for suffix in suffixes}


def turn(workshop: Workshop, toggles: dict[str, Any], tenant: str = "a") -> None:
    admin = workshop.database.connect(workshop.database.role("admin", tenant))
    call(admin, "set_toggles", toggles=toggles, reason=REASON)


def live(workshop: Workshop, tenant: str = "a", row: int = 1) -> None:
    """Insert, change and delete one row of a tenant, and empty the table."""
    app = workshop.app(tenant)
    tenant_id = workshop.tenant_a if tenant == "a" else workshop.tenant_b
    app.execute(
        "insert into app.customer (id, tenant_id, name) values (%s, %s, 'Anna')", (row, tenant_id)
    )
    app.execute("update app.customer set name = 'Bo' where id = %s", (row,))
    app.execute("delete from app.customer where id = %s", (row,))
    app.execute("truncate app.customer")


def fill(workshop: Workshop) -> None:
    """One statement that inserts a row of each tenant."""
    workshop.owner.execute(
        "insert into app.customer (id, tenant_id, name) values (1, %s, 'Anna'), (2, %s, 'Bo')",
        (workshop.tenant_a, workshop.tenant_b),
    )


def told_to(workshop: Workshop, tenant_id: UUID) -> list[tuple[str, str | None]]:
    return [
        (event["action"].removeprefix("customer_"), event["entity_id"])
        for event in workshop.events(tenant_id=tenant_id)
    ]


LIFE = [("created", "1"), ("updated", "1"), ("deleted", "1"), ("truncated", None)]


def test_watching_defines_the_actions_at_once(customers: Workshop) -> None:
    found = actions(customers)
    assert {row["category"] for row in found.values()} == {"data_changes"}
    assert not any(row["is_mandatory"] for row in found.values())
    assert {suffix: row["titles"]["en"] for suffix, row in found.items()} == {
        "created": "Customer created",
        "updated": "Customer updated",
        "deleted": "Customer deleted",
        "truncated": "Customer table emptied",
    }
    admin = customers.database.connect(customers.database.role("admin"))
    assert set(ACTIONS) <= {row["action"] for row in rows(admin, "list_toggles")}


def test_the_actions_take_the_category_that_is_given(workshop: Workshop) -> None:
    workshop.make(CUSTOMER)
    workshop.watch(category="user_actions")
    assert {row["category"] for row in actions(workshop).values()} == {"user_actions"}


@pytest.mark.parametrize("category", ["unheard_of", "audit_control"])
def test_no_category_that_is_unknown_or_the_log_s_own_takes_actions(
    workshop: Workshop, category: str
) -> None:
    workshop.make(CUSTOMER)
    with refused("WT022"):
        workshop.watch(category=category)
    assert rows(workshop.owner, "list_watched") == []


@pytest.mark.parametrize("category", [None, "user_actions"])
def test_actions_of_the_catalogue_stay_as_they_are(
    workshop: Workshop, category: str | None
) -> None:
    before = [
        row for row in rows(workshop.owner, "list_catalogue") if row["code"] == "user_created"
    ]
    workshop.make(ACCOUNT)
    workshop.watch("app.account", "user", category=category)
    found = actions(workshop, "user")
    assert [found["created"]] == before
    assert {suffix: row["category"] for suffix, row in found.items()} == {
        "created": "admin_actions",
        "updated": "admin_actions",
        "deleted": "admin_actions",
        "truncated": category or "data_changes",
    }


def test_a_retired_action_comes_back_in_its_category(workshop: Workshop) -> None:
    call(workshop.owner, "retire_action", action="user_created", reason=REASON)
    workshop.make(ACCOUNT)
    workshop.watch("app.account", "user")
    created = actions(workshop, "user")["created"]
    assert (created["category"], created["retired_at"]) == ("admin_actions", None)


@pytest.mark.parametrize(("off", "on"), OFF_AND_ON)
@pytest.mark.parametrize("way", WAYS)
def test_off_at_any_level_stores_nothing_and_on_again_stores(
    workshop: Workshop, way: dict[str, Any], off: dict[str, Any], on: dict[str, Any]
) -> None:
    workshop.make(CUSTOMER)
    workshop.watch(**way)
    turn(workshop, off)
    live(workshop)
    assert told_to(workshop, workshop.tenant_a) == []
    turn(workshop, on)
    live(workshop)
    assert told_to(workshop, workshop.tenant_a) == LIFE


@pytest.mark.parametrize(("off", "on"), OFF_AND_ON)
@pytest.mark.parametrize("way", WAYS)
def test_one_tenant_s_toggles_leave_the_other_s_events_alone(
    workshop: Workshop, way: dict[str, Any], off: dict[str, Any], on: dict[str, Any]
) -> None:
    workshop.make(CUSTOMER)
    workshop.watch(**way)
    turn(workshop, off, "b")
    live(workshop, "a")
    assert told_to(workshop, workshop.tenant_a) == LIFE
    assert told_to(workshop, workshop.tenant_b) == []


@pytest.mark.parametrize("suffix", ["created", "updated", "deleted", "truncated"])
@pytest.mark.parametrize("way", WAYS)
def test_one_action_off_silences_only_its_operation(
    workshop: Workshop, way: dict[str, Any], suffix: str
) -> None:
    workshop.make(CUSTOMER)
    workshop.watch(**way)
    turn(workshop, {"actions": {f"customer_{suffix}": False}})
    live(workshop)
    assert [told for told, _ in told_to(workshop, workshop.tenant_a)] == [
        told for told, _ in LIFE if told != suffix
    ]


def test_an_override_wins_over_the_category(customers: Workshop) -> None:
    turn(customers, {"categories": {"data_changes": False}, "actions": {"customer_deleted": True}})
    live(customers)
    assert told_to(customers, customers.tenant_a) == [("deleted", "1")]


def test_an_existing_action_is_turned_by_its_own_category(workshop: Workshop) -> None:
    workshop.make(ACCOUNT)
    workshop.watch("app.account", "user")
    turn(workshop, {"categories": {"admin_actions": False}})
    app = workshop.app()
    app.execute("insert into app.account values (1, %s, 'Anna')", (workshop.tenant_a,))
    app.execute("truncate app.account")
    truncated = ("truncated", None)
    assert truncated in workshop.told("user")
    assert ("created", "1") not in workshop.told("user")


@pytest.mark.parametrize("way", LEVELS)
def test_a_statement_over_two_tenants_tells_only_the_one_that_logs(
    workshop: Workshop, way: dict[str, Any]
) -> None:
    workshop.make(CUSTOMER)
    workshop.watch(**way)
    turn(workshop, {"logging": False})
    fill(workshop)
    workshop.owner.execute("update app.customer set name = name || '!'")
    workshop.owner.execute("delete from app.customer")
    workshop.owner.execute("truncate app.customer")
    assert told_to(workshop, workshop.tenant_a) == []
    assert told_to(workshop, workshop.tenant_b) == [
        ("created", "2"),
        ("updated", "2"),
        ("deleted", "2"),
        ("truncated", None),
    ]


@pytest.mark.parametrize("way", LEVELS)
@pytest.mark.parametrize("silent", ["a", "b"])
def test_a_row_that_moves_is_told_to_the_tenant_that_logs(
    workshop: Workshop, way: dict[str, Any], silent: str
) -> None:
    workshop.make(CUSTOMER)
    fill(workshop)
    workshop.watch(**way)
    turn(workshop, {"actions": {"customer_updated": False}}, silent)
    workshop.owner.execute(
        "update app.customer set tenant_id = %s where id = 1", (workshop.tenant_b,)
    )
    [event] = workshop.events()
    moved, tenant_id = (
        ("moved_from", workshop.tenant_b) if silent == "a" else ("moved_to", workshop.tenant_a)
    )
    assert event["tenant_id"] == tenant_id
    assert event["entity_id"] == "1"
    assert event["metadata"] == {moved: {}}
    assert event["target"]["name"] == "Anna"


def test_a_turn_counts_from_its_commit_for_a_connection_that_has_written_before(
    customers: Workshop,
) -> None:
    app = customers.app()
    statement = "insert into app.customer (id, tenant_id) values (%s, %s)"
    for row in range(10):
        app.execute(statement, (row, customers.tenant_a))
    turn(customers, {"actions": {"customer_created": False}})
    app.execute(statement, (10, customers.tenant_a))
    turn(customers, {"actions": {"customer_created": True}})
    app.execute(statement, (11, customers.tenant_a))
    assert [entity_id for _, entity_id in customers.told()] == [*map(str, range(10)), "11"]


def refuse_tenants(workshop: Workshop) -> dict[str, tuple[UUID | None, str]]:
    """Tenants whose rows can't be logged, each with the SQLSTATE that says so."""
    retired = UUID("eeeeeeee-0000-4000-8000-00000000000e")
    call(workshop.owner, "register_tenant", tenant_id=retired, name="Gone")
    call(workshop.owner, "retire_tenant", tenant_id=retired, reason=REASON)
    return {
        "unknown": (STRAY, "WT003"),
        "retired": (retired, "WT003"),
        "null": (None, "WT001"),
        "the instance's": (NIL, "WT010"),
    }


@pytest.mark.parametrize("which", ["unknown", "retired", "null", "the instance's"])
@pytest.mark.parametrize("company", ["alone", "among rows that can be logged"])
@pytest.mark.parametrize("way", LEVELS)
def test_a_row_whose_tenant_can_not_log_is_refused_and_not_written(
    workshop: Workshop, way: dict[str, Any], company: str, which: str
) -> None:
    workshop.make(ACCOUNT)
    tenant_id, sqlstate = refuse_tenants(workshop)[which]
    workshop.watch("app.account", "account", **way)
    written = [(7, tenant_id)]
    if company != "alone":
        written = [(6, workshop.tenant_a), *written, (8, workshop.tenant_b)]
    app = workshop.app()
    places = ", ".join(["(%s, %s)"] * len(written))
    with refused(sqlstate) as refusal:
        app.execute(
            f"insert into app.account (id, tenant_id) values {places}",
            [value for row in written for value in row],
        )
    assert "account 7" in refusal.message
    assert workshop.behind.execute("select from app.account").fetchall() == []
    assert workshop.told("account") == []


@pytest.mark.parametrize("which", ["retired", "null"])
@pytest.mark.parametrize("way", LEVELS)
@pytest.mark.parametrize("act", ["update", "move away", "move there", "delete"])
def test_rows_of_such_a_tenant_can_not_be_changed_either(
    workshop: Workshop, act: str, way: dict[str, Any], which: str
) -> None:
    workshop.make(ACCOUNT)
    tenant_id, sqlstate = refuse_tenants(workshop)[which]
    workshop.owner.execute(
        "insert into app.account values (1, %s, 'Anna'), (2, %s, 'Bo')",
        (tenant_id, workshop.tenant_a),
    )
    workshop.watch("app.account", "account", **way)
    before = workshop.behind.execute("select * from app.account order by id").fetchall()
    statement, values = {
        "update": ("update app.account set name = 'Cilla' where id = 1", ()),
        "move away": (
            "update app.account set tenant_id = %s where id = 1",
            (workshop.tenant_a,),
        ),
        "move there": ("update app.account set tenant_id = %s where id = 2", (tenant_id,)),
        "delete": ("delete from app.account where id = 1", ()),
    }[act]
    app = workshop.app()
    with refused(sqlstate):
        app.execute(statement, values)
    assert workshop.behind.execute("select * from app.account order by id").fetchall() == before
    assert workshop.told("account") == []


def test_a_tenant_registered_since_can_log(workshop: Workshop) -> None:
    workshop.make(ACCOUNT)
    workshop.watch("app.account", "account")
    app = workshop.app()
    with refused("WT003"):
        app.execute("insert into app.account values (1, %s)", (STRAY,))
    call(workshop.owner, "register_tenant", tenant_id=STRAY, name="Tenant D")
    app.execute("insert into app.account values (1, %s)", (STRAY,))
    [event] = workshop.events("account")
    assert event["tenant_id"] == STRAY


@pytest.mark.parametrize("way", WAYS)
def test_a_retired_action_can_not_be_captured(workshop: Workshop, way: dict[str, Any]) -> None:
    workshop.make(CUSTOMER)
    workshop.watch(**way)
    call(workshop.owner, "retire_action", action="customer_created", reason=REASON)
    app = workshop.app()
    statement = "insert into app.customer (id, tenant_id) values (1, %s)"
    with refused("WT010"):
        app.execute(statement, (workshop.tenant_a,))
    assert workshop.behind.execute("select from app.customer").fetchall() == []
    workshop.watch(**way)
    app.execute(statement, (workshop.tenant_a,))
    assert workshop.told() == [("created", "1")]


@pytest.mark.parametrize("way", WAYS)
@pytest.mark.parametrize("act", ["insert", "update", "delete", "truncate"])
def test_without_a_partition_ahead_the_write_is_refused(
    workshop: Workshop, act: str, way: dict[str, Any]
) -> None:
    workshop.make(CUSTOMER)
    fill(workshop)
    workshop.watch(**way)
    workshop.behind.execute("update audit_private.instance set events_until = clock_timestamp()")
    before = workshop.behind.execute("select * from app.customer order by id").fetchall()
    statement = {
        "insert": "insert into app.customer (id, tenant_id) values (3, %(tenant)s)",
        "update": "update app.customer set name = 'Cilla' where tenant_id = %(tenant)s",
        "delete": "delete from app.customer where tenant_id = %(tenant)s",
        "truncate": "truncate app.customer",
    }[act]
    app = workshop.app()
    with refused("WT016") as refusal:
        app.execute(statement, {"tenant": workshop.tenant_a})
    assert "audit.maintain_partitions" in refusal.hint
    assert workshop.behind.execute("select * from app.customer order by id").fetchall() == before
    assert workshop.told() == []


@pytest.mark.parametrize("way", WAYS)
def test_who_logs_nothing_needs_no_partition(workshop: Workshop, way: dict[str, Any]) -> None:
    workshop.make(CUSTOMER)
    workshop.watch(**way)
    turn(workshop, {"logging": False})
    workshop.behind.execute("update audit_private.instance set events_until = clock_timestamp()")
    app = workshop.app()
    app.execute("insert into app.customer (id, tenant_id) values (1, %s)", (workshop.tenant_a,))
    assert workshop.told() == []
    assert len(workshop.behind.execute("select from app.customer").fetchall()) == 1
