"""What each kind of statement tells."""

from __future__ import annotations

from capture.workshop import Workshop


def test_a_row_s_life_is_told(customers: Workshop) -> None:
    app = customers.app()
    app.execute(
        "insert into app.customer (id, tenant_id, name, balance) values (1, %s, 'Anna', 1.0)",
        (customers.tenant_a,),
    )
    app.execute("update app.customer set name = 'Anna Ek', balance = 1.00 where id = 1")
    app.execute("delete from app.customer where id = 1")
    created, updated, deleted = customers.events()
    assert created["action"] == "customer_created"
    assert created["target"]["name"] == "Anna"
    assert created["changes"] is None
    assert updated["changes"].keys() == {"name", "balance"}, "1.0 and 1.00 print differently"
    assert updated["changes"]["name"] == {"old": "Anna", "new": "Anna Ek"}
    assert deleted["target"]["name"] == "Anna Ek"
    assert [event["description"] for event in (created, updated, deleted)] == [
        "Customer Anna created",
        "Customer Anna Ek updated",
        "Customer Anna Ek deleted",
    ]


def test_an_update_that_changes_nothing_is_no_event(customers: Workshop) -> None:
    app = customers.app()
    app.execute(
        "insert into app.customer (id, tenant_id, name) values (1, %s, 'Anna')",
        (customers.tenant_a,),
    )
    app.execute("update app.customer set name = name, balance = null")
    app.execute("update app.customer set touched_at = now()")
    assert customers.told() == [("created", "1")]
