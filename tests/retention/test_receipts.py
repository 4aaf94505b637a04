"""Each run leaves each tenant a receipt, which nobody changes and only the right people see."""

from __future__ import annotations

from contextlib import suppress
from typing import Any

import psycopg
import pytest
from psycopg.types.json import Jsonb

from retention.vault import Vault, ago, old
from walls.ledger import NIL, REASON, Connection, call, refused, rows, stored

from databases import OTHER_PERSONAS, TENANT_PERSONAS, TENANTS, Database


def test_a_receipt_says_what_was_removed_by_which_policy_and_by_whom(vault: Vault) -> None:
    first, last = ago(420), ago(400)
    call(vault.admin, "set_retention", days=380, is_exact=True, reason=REASON)
    vault.bring(old(first), old(410), old(last), old(370))
    vault.purge()
    [receipt] = vault.receipts()
    run = vault.last_run()
    assert (receipt["run_id"], receipt["started_at"]) == (run["run_id"], run["started_at"])
    assert receipt["finished_at"] == run["finished_at"]
    assert (receipt["name"], receipt["days"], receipt["is_exact"]) == ("Tenant A", 380, True)
    assert (run["started_at"] - receipt["cutoff"]).total_seconds() == 380 * 86400
    assert (receipt["predicted"], receipt["removed"]) == (3, 3)
    assert (receipt["oldest_removed_at"], receipt["newest_removed_at"]) == (first, last)
    assert (receipt["result"], receipt["error"]) == ("succeeded", None)
    assert receipt["run_by"] == "test_operator"
    assert receipt["is_last"] is False
    [event] = stored(vault.database, "action = 'events_purged'")
    assert event["tenant_id"] == TENANTS["a"]
    assert event["entity_id"] == str(run["run_id"])
    assert event["metadata"]["removed"] == 3
    assert (event["source"], event["actor_id"]) == ("system", "test_operator")


def test_a_night_with_nothing_to_do_leaves_receipts_and_no_event(vault: Vault) -> None:
    vault.purge()
    found = rows(vault.operator, "list_purges")
    assert {row["tenant_id"] for row in found} == {*TENANTS.values(), NIL}
    assert {(row["predicted"], row["removed"]) for row in found} == {(0, 0)}
    assert stored(vault.database, "action = 'events_purged'") == []


def test_each_sees_the_receipts_that_are_theirs(vault: Vault, auditor: Connection) -> None:
    vault.bring(old())
    vault.purge()
    vault.purge()
    for persona in ("admin", "privacy"):
        for tenant in TENANTS:
            connection = vault.database.connect(vault.database.role(persona, tenant))
            assert {row["tenant_id"] for row in rows(connection, "list_purges")} == {
                TENANTS[tenant]
            }
            other = TENANTS["b" if tenant == "a" else "a"]
            with refused("WT002", case=(persona, tenant)):
                rows(connection, "list_purges", tenant_id=other)
    for connection in (vault.operator, auditor):
        assert len(rows(connection, "list_purges")) == 6
        of_b = rows(connection, "list_purges", tenant_id=TENANTS["b"])
        assert {row["tenant_id"] for row in of_b} == {TENANTS["b"]}
        with refused("WT003"):
            rows(connection, "list_purges", tenant_id="cccccccc-0000-4000-8000-00000000000c")


def test_newest_first_and_no_more_than_asked_for(vault: Vault) -> None:
    for _ in range(3):
        vault.purge()
    found = rows(vault.admin, "list_purges")
    assert [row["started_at"] for row in found] == sorted(
        (row["started_at"] for row in found), reverse=True
    )
    assert len(rows(vault.admin, "list_purges", up_to=2)) == 2
    assert len(rows(vault.admin, "list_purges", up_to=0)) == 1
    assert len(rows(vault.admin, "list_purges", up_to=-5)) == 1


def test_who_may_not_list_them(loaded_database: Database) -> None:
    may = {"admin", "privacy", "operator", "owner", "auditor", "service"}
    for persona in {*TENANT_PERSONAS, *OTHER_PERSONAS} - may:
        connection = loaded_database.connect(loaded_database.role(persona))
        with refused("42501", case=persona):
            rows(connection, "list_purges")


def test_not_even_the_owner_changes_a_receipt(vault: Vault) -> None:
    vault.purge()
    vault.root.execute("set role audit_owner")
    for statement in (
        "update audit_private.purge_receipt set removed = 7",
        "delete from audit_private.purge_receipt",
        "truncate audit_private.purge_receipt",
        "insert into audit_private.purge_receipt default values",
    ):
        with refused("42501", case=statement):
            vault.root.execute(statement.encode())


def step(operator: Connection, name: str, *arguments: Any) -> Any:
    places = ", ".join(["%s"] * len(arguments))
    row = operator.execute(f"select audit_private.{name}({places})", arguments).fetchone()
    assert row is not None
    return row[0]


def test_an_operator_s_own_steps_remove_no_more_than_a_purge(vault: Vault) -> None:
    """Each step may be called alone: out of order, twice, of a run that has ended or of none."""
    vault.bring(old(400, description="expired"), old(400, actor_id="erik", description="held"))
    vault.bring(old(300, description="young"))
    vault.hold("case 1", {"actor_id": "erik"})
    run = vault.begin()
    assert run.step() == "done", "nothing was predicted"
    assert len(vault.left()) == 3
    run.predict()
    with refused("23505"):
        run.predict()
    run.steps()
    assert vault.left() == ["held", "young"]
    assert run.step() == "done"
    run.finish()
    run.finish()
    assert len(stored(vault.database, "action = 'events_purged'")) == 1
    assert run.step() == "done"
    step(vault.operator, "skip_partition", run.run_id, "nothing")
    assert vault.receipts()[0]["error"] is None
    assert vault.last_run()["result"] == "succeeded"


@pytest.mark.parametrize(
    "place",
    [
        {"partitions": [{"name": "event", "until": "2020-01-01", "gate": "", "counts": []}]},
        {"partitions": [{"name": "legal_hold", "until": "2020-01-01", "gate": "", "counts": []}]},
        {"partitions": [{"name": 'x"; drop table y', "until": "2020-01-01", "gate": ""}]},
        {"partitions": [{"name": "event_", "until": "infinity", "gate": ""}]},
    ],
    ids=["parent", "other table", "quotes", "late end"],
)
def test_a_forged_place_removes_no_more_than_a_purge(vault: Vault, place: dict[str, Any]) -> None:
    """No operator may note where a run stands, and even so what is due is asked of the gate."""
    vault.bring(old(400, actor_id="erik", description="held"), old(300, description="young"))
    vault.bring(old(370, description="young of b"), tenant="b")
    vault.hold("case 1", {"actor_id": "erik"})
    call(vault.admin_b, "set_retention", days=None, reason=REASON)
    before = vault.stored()
    run = vault.begin()
    run.predict()
    task = place["partitions"][0]
    if task["name"] == "event_":
        task = task | {"name": vault.partition_of(ago(300))}
    for tenants in ({}, {"tenants": [str(TENANTS["a"])]}):
        forged = {"horizon": 0, "partitions": [task]} | tenants
        with pytest.raises(psycopg.errors.InsufficientPrivilege):
            vault.operator.execute(
                "select audit_private.note_place(%s, %s)", (run.run_id, Jsonb(forged))
            )
        vault.root.execute("select audit_private.note_place(%s, %s)", (run.run_id, Jsonb(forged)))
        with suppress(psycopg.Error):
            for _ in range(5):
                if run.step() != "more":
                    break
    assert vault.stored() == before
