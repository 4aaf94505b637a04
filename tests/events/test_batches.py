"""log_events stores all or nothing, in the order given."""

from __future__ import annotations

from walls.ledger import (
    REASON,
    Connection,
    call,
    descriptions,
    log_batch,
    rows,
    stored,
)

from databases import Database


def test_the_order_is_kept(loaded_database: Database, app: Connection) -> None:
    words = [f"event {n}" for n in range(500)]
    assert log_batch(app, [{"description": word} for word in words]) == (500, 0)
    keyed = [{"description": word, "idempotency_key": word} for word in words[:50]]
    log_batch(app, keyed)
    assert descriptions(loaded_database) == words + words[:50]


def test_an_empty_batch_is_fine(loaded_database: Database, app: Connection) -> None:
    assert rows(app, "log_events", events=[]) == [{"logged": 0, "muted": 0}]
    assert stored(loaded_database) == []


def test_ten_thousand_go_at_once(loaded_database: Database, app: Connection) -> None:
    events = [{"description": str(n), "metadata": {"n": n}} for n in range(10_000)]
    assert log_batch(app, events) == (10_000, 0)
    with loaded_database.superuser() as root:
        row = root.execute(
            "select count(distinct id), bool_and(description = metadata ->> 'n'), "
            "count(distinct transaction_id) from audit_private.event where source = 'logged'"
        ).fetchone()
    assert row == (10_000, True, 1)


def test_silenced_events_are_counted(
    loaded_database: Database, app: Connection, admin: Connection
) -> None:
    call(admin, "set_action_logging", action="user_deleted", enabled=False, reason=REASON)
    events = [{"description": "kept"}, {"action": "user_deleted"}, {"description": "kept too"}]
    assert log_batch(app, events) == (2, 1)
    assert log_batch(app, [e | {"idempotency_key": str(n)} for n, e in enumerate(events)]) == (2, 1)
    assert descriptions(loaded_database) == ["kept", "kept too"] * 2


def test_a_named_tenant_takes_the_whole_batch(
    loaded_database: Database, service: Connection
) -> None:
    log_batch(service, [{}, {}], tenant_id=loaded_database.tenant_b)
    tenants = {event["tenant_id"] for event in stored(loaded_database)}
    assert tenants == {loaded_database.tenant_b}


def test_null_means_left_out(loaded_database: Database, app: Connection) -> None:
    optional = {"entity_id", "metadata", "target", "changes", "actor", "error_message"}
    others = {"outcome", "occurred_at", "idempotency_key", "actor_id", "actor_type"}
    log_batch(app, [dict.fromkeys(optional | others)])
    [event] = stored(loaded_database)
    assert (event["outcome"], event["actor_type"]) == ("success", "database_role")
    assert [event[name] for name in optional] == [None] * len(optional)
