"""A tenant that is retired: nothing is written any more, and its trail ends when its time is up."""

from __future__ import annotations

import pytest

from retention.vault import Vault, ago, old
from walls.ledger import (
    NIL,
    REASON,
    Connection,
    bind,
    call,
    justify,
    log,
    log_batch,
    refused,
    rows,
    stored,
)

from databases import TENANTS, Database


def retire(vault: Vault) -> None:
    assert call(vault.operator, "retire_tenant", reason=REASON, tenant_id=TENANTS["a"]) is True


def pass_years(vault: Vault) -> None:
    """Remove the tenant's own recent events, as two years of purges would."""
    with vault.root.transaction():
        vault.root.execute(
            "update audit_private.legal_hold set placed_at = placed_at - interval '2 years', "
            "released_at = released_at - interval '2 years'"
        )
        vault.root.execute("set local role audit_keeper")
        vault.root.execute(
            "delete from audit_private.event where tenant_id = %s and source <> 'imported'",
            (TENANTS["a"],),
        )


def test_nothing_is_written_any_more(
    vault: Vault, app: Connection, service: Connection, reader: Connection
) -> None:
    justify(reader)
    retire(vault)
    for write in (
        lambda: log(app),
        lambda: log_batch(app, [{}]),
        lambda: rows(vault.admin, "import_events", events=[old()], reason=REASON),
        lambda: rows(reader, "search_events"),
        lambda: justify(reader),
        lambda: call(vault.admin, "set_retention", days=700, reason=REASON),
    ):
        with refused("WT001", "WT002"):
            write()
    for write in (
        lambda: log(service, tenant_id=TENANTS["a"]),
        lambda: log_batch(service, [{}], tenant_id=TENANTS["a"]),
        lambda: rows(
            service, "import_events", events=[old()], reason=REASON, tenant_id=TENANTS["a"]
        ),
    ):
        with refused("WT003"):
            write()
    assert stored(vault.database, "source in ('logged', 'imported')") == []


def test_its_grants_go_at_once_and_are_told(vault: Vault) -> None:
    granted = [
        row["role_name"]
        for row in rows(vault.operator, "list_grants")
        if row["tenant_id"] == TENANTS["a"]
    ]
    assert "test_reader_a" in granted
    retire(vault)
    left = [r for r in rows(vault.operator, "list_grants") if r["tenant_id"] == TENANTS["a"]]
    assert left == []
    told = stored(vault.database, "action = 'tenant_revoked'")
    assert {event["metadata"]["role"] for event in told} == set(granted)
    assert {event["tenant_id"] for event in told} == {TENANTS["a"]}
    assert call(vault.operator, "retire_tenant", reason=REASON, tenant_id=TENANTS["a"]) is False


def test_its_trail_ends_when_its_time_is_up(vault: Vault, loaded_database: Database) -> None:
    vault.bring(old(400, description="expired"), old(300, description="young"))
    vault.bring(old(300, description="of b"), tenant="b")
    retire(vault)
    vault.purge()
    assert (vault.left("a"), vault.left("b")) == (["young"], ["of b"])
    receipt = vault.receipts()[0]
    assert (receipt["removed"], receipt["is_last"]) == (1, False)
    told = stored(loaded_database, "action = 'events_purged'")
    assert {event["tenant_id"] for event in told} == {NIL}, "its own trail is to end"

    bind(loaded_database, loaded_database.role("reader"), TENANTS["a"])
    with loaded_database.connect(loaded_database.role("reader")) as reader:
        justify(reader)
        found = rows(reader, "search_events", filter={"source": "imported"})
        assert [row["description"] for row in found] == ["young"]

    pass_years(vault)
    with vault.root.transaction():
        vault.root.execute("set local role audit_keeper")
        vault.is_tampered_with = True
        vault.root.execute("delete from audit_private.event where description = 'young'")
    vault.purge()
    receipt = vault.receipts()[0]
    assert (receipt["removed"], receipt["is_last"]) == (0, True)
    [last] = [
        event
        for event in stored(loaded_database, "action = 'events_purged'")
        if event["metadata"]["is_last"]
    ]
    assert last["tenant_id"] == NIL
    assert last["metadata"]["tenant_id"] == str(TENANTS["a"])
    assert stored(loaded_database, "tenant_id = %s", TENANTS["a"]) == []

    number = len(vault.receipts())
    vault.purge()
    vault.purge()
    assert len(vault.receipts()) == number, "nothing comes after the last"
    assert len(vault.receipts("b")) == number + 2


def test_the_last_events_and_the_last_receipt_are_one_run(vault: Vault) -> None:
    vault.bring(old(400), old(385))
    retire(vault)
    pass_years(vault)
    vault.purge()
    receipt = vault.receipts()[0]
    assert (receipt["predicted"], receipt["removed"], receipt["is_last"]) == (2, 2, True)


def test_a_held_trail_does_not_end(vault: Vault) -> None:
    vault.bring(old(400, description="held"), old(385))
    vault.hold("case 1", {"from": ago(420).isoformat(), "to": ago(390).isoformat()})
    retire(vault)
    pass_years(vault)
    vault.purge()
    assert vault.left() == ["held"]
    assert vault.receipts()[0]["is_last"] is False
    bind(vault.database, vault.database.role("admin"), TENANTS["a"])
    call(vault.admin, "release_hold", name="case 1", reason=REASON)
    pass_years(vault)
    vault.purge()
    assert vault.receipts()[0]["is_last"] is True


@pytest.mark.parametrize("comes_back", [True, False])
def test_what_is_written_after_the_last_receipt_is_not_removed_without_one(
    vault: Vault, service: Connection, comes_back: bool
) -> None:
    """By a tenant that is brought back, or by who placed a hold for a retired one meanwhile."""
    retire(vault)
    pass_years(vault)
    vault.purge()
    assert vault.receipts()[0]["is_last"] is True
    number = len(vault.receipts())
    if comes_back:
        call(vault.operator, "register_tenant", tenant_id=TENANTS["a"], name="Tenant A")
        bind(vault.database, vault.database.role("admin"), TENANTS["a"])
        vault.purge()
        assert len(vault.receipts()) == number + 1
        assert vault.receipts()[0]["is_last"] is False
        vault.bring(old(400))
    else:
        vault.bring(old(400), tenant="b")
        vault.fill(1, ago(400), tenant="a")
    vault.purge()
    assert vault.receipts()[0]["removed"] == 1
    assert vault.left("a") == []
