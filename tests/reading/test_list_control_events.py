"""Acts on the log itself, across tenants, without a word of payload."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import psycopg
import pytest

from reading.desk import Desk, connect

ENVELOPE = [
    "tenant_id",
    "occurred_at",
    "id",
    "recorded_at",
    "sequence",
    "transaction_id",
    "source",
    "action",
    "entity_type",
    "actor_type",
    "outcome",
    "recorded_by",
]


def test_an_auditor_sees_every_tenant_s_envelopes(desk: Desk, other_desk: Desk) -> None:
    desk.put(description="ordinary")
    auditor = connect(desk.database, desk.database.role("auditor"))
    events = auditor.execute("select * from audit.list_control_events()").fetchall()
    assert list(events[0]) == ENVELOPE
    assert {desk.tenant_id, other_desk.tenant_id} <= {event["tenant_id"] for event in events}
    actions = {event["action"] for event in events}
    assert {"audit_session_created", "tenant_registered", "installed"} <= actions
    assert "user_created" not in actions
    keys = [(event["occurred_at"], event["id"].int) for event in events]
    assert keys == sorted(keys, reverse=True)

    now = datetime.now(UTC)
    call = "select occurred_at from audit.list_control_events(from_time => %s, to_time => %s)"
    assert auditor.execute(call, (now, None)).fetchall() == []
    assert auditor.execute(call, (None, now - timedelta(days=1))).fetchall() == []
    newest = events[0]["occurred_at"]
    assert auditor.execute(call, (newest, None)).fetchall() == [{"occurred_at": newest}]
    assert len(auditor.execute(call, (None, newest)).fetchall()) == len(events) - 1


@pytest.mark.parametrize("persona", ["reader", "admin", "privacy", "operator", "app", "stranger"])
def test_nobody_else_does(desk: Desk, persona: str) -> None:
    connection = connect(desk.database, desk.database.role(persona))
    with pytest.raises(psycopg.errors.InsufficientPrivilege):
        connection.execute("select from audit.list_control_events()")
