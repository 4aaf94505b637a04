"""Seals hold across erasures, and what was captured reads on."""

from __future__ import annotations

from typing import Any

from capture.workshop import CUSTOMER, open_workshop
from erasure.bureau import Bureau, ask
from retention.vault import old
from walls.ledger import justify, refused

FINDINGS = "select kind, event_id, detail from audit.verify_events()"


def findings(bureau: Bureau) -> list[Any]:
    auditor = bureau.database.connect(bureau.database.role("auditor"))
    return auditor.execute(FINDINGS).fetchall()


def test_sealed_before_or_after_it_verifies(bureau: Bureau) -> None:
    operator = bureau.vault.operator
    sealed = bureau.put(actor_id="anna", entity_id="anna", description="of anna")
    [imported] = bureau.vault.bring(old(100, actor_id="anna"))
    operator.execute("call audit.seal_events()")
    unsealed = bureau.put(actor_id="anna", entity_id="anna", description="of anna")
    assert bureau.erase("anna") == (3, 0, 0)
    assert findings(bureau) == []
    operator.execute("call audit.seal_events()")
    assert findings(bureau) == []
    assert bureau.erase_events({"source": "imported"}) == (1, 0, 0)
    assert findings(bureau) == []
    assert bureau.groups(imported) == {"actor_id", "payload"}
    # What an erasure left is sealed as well as what it took.
    for event_id in (sealed, unsealed):
        with bureau.root.transaction():
            bureau.root.execute("set local role audit_keeper")
            bureau.root.execute(
                "update audit_private.event set payload_digest = sha256('x') where id = %s",
                (event_id,),
            )
        found = [row for row in findings(bureau) if row[1] == event_id]
        assert found != []


def test_a_purge_of_erased_events_is_lawful(bureau: Bureau) -> None:
    bureau.vault.bring(old(400, actor_id="anna"))
    bureau.vault.operator.execute("call audit.seal_events()")
    assert bureau.erase("anna") == (1, 0, 0)
    bureau.vault.purge()
    assert bureau.vault.left() == []
    assert findings(bureau) == []


def test_histories_go_on_without_what_was_erased(bureau: Bureau) -> None:
    workshop = open_workshop(bureau.database)
    workshop.make(CUSTOMER)
    workshop.owner.execute(
        "select audit.watch('app.customer', 'customer', tenant_column => 'tenant_id')"
    )
    app = bureau.database.connect(bureau.database.role("app"))
    app.execute(
        "insert into app.customer (id, tenant_id, name, balance) "
        "values (1, audit.current_tenant(), 'q-anna', 1)"
    )
    app.execute("update app.customer set name = 'q-Anna B' where id = 1")
    app.execute("update app.customer set balance = 2 where id = 1")
    admin = bureau.database.connect(bureau.database.role("admin"))
    justify(admin)
    assert bureau.erase("q-anna") == (2, 0, 0)
    history = ask(admin, "list_row_history", relation="app.customer", entity_id="1")
    assert [row["changes"] is None for row in history] == [False, True, True]
    row = admin.execute("select audit.get_row_at('app.customer', 1, now())").fetchone()
    assert row is not None
    assert row[0] == {"balance": 2}
    for event in history[1:]:
        with refused("WT092") as refusal:
            admin.execute("select audit.revert_sql(%s)", (event["id"],))
        assert "erased" in refusal.detail
    assert admin.execute("select audit.revert_sql(%s)", (history[0]["id"],)).fetchone()
