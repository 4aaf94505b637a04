"""pgwitness' own format: what is taken over, and what is refused before it reaches the database."""

from __future__ import annotations

from typing import Any
from uuid import UUID

import pytest

from pgwitness.importers import IMPORTERS, RecordRefused

TENANT = UUID("11111111-1111-4111-8111-111111111111")
EVENT: dict[str, Any] = {
    "tenant_id": str(TENANT),
    "occurred_at": "2026-01-31T12:00:00.123456+00:00",
    "id": "019c14f5-2d7b-71c8-8000-000000000001",
    "recorded_at": "2026-01-31T12:00:00.2+00:00",
    "sequence": 17,
    "transaction_id": 900,
    "source": "logged",
    "category": "admin_actions",
    "action": "user_created",
    "entity_type": "user",
    "entity_id": "42",
    "actor_type": "user",
    "actor_id": "ada",
    "actor": {"name": "Ada"},
    "description": "Ada created Bo",
    "target": [{"type": "user", "id": "42"}],
    "changes": {"name": {"old": None, "new": "Bo"}},
    "metadata": {"via": "web"},
    "outcome": "success",
    "error_message": None,
    "ip": "10.0.0.1",
    "user_agent": "curl",
    "request_id": "r1",
    "recorded_by": "app",
}


def build(record: dict[str, Any], tenant_id: UUID | None = TENANT) -> dict[str, Any]:
    return IMPORTERS["pgwitness"].build_event(record, tenant_id)


def test_an_event_is_taken_over_but_for_what_the_database_fills_itself() -> None:
    anew = {
        *("tenant_id", "recorded_at", "sequence", "transaction_id", "source", "category"),
        "recorded_by",
    }
    expected = {key: value for key, value in EVENT.items() if key not in anew and value is not None}
    assert build(EVENT) == expected


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"occurred_at": None}, "occurred_at is missing"),
        ({"occurred_at": "yesterday"}, "not a time"),
        ({"occurred_at": "2026-01-31T12:00:00"}, "no time zone"),
        ({"id": None}, "neither id nor idempotency_key"),
        ({"colour": "red"}, "keys that no event has: colour"),
        ({"tenant_id": "22222222-2222-4222-8222-222222222222"}, "belongs to tenant 22222222"),
    ],
)
def test_what_is_no_event_is_refused(change: dict[str, Any], message: str) -> None:
    with pytest.raises(RecordRefused, match=message):
        build({**EVENT, **change})


def test_a_key_stands_in_for_an_id() -> None:
    event = build({**EVENT, "id": None, "idempotency_key": "k"})
    assert event["idempotency_key"] == "k"
    assert "id" not in event


def test_a_target_that_only_repeats_the_entity_was_never_given() -> None:
    assert "target" not in build({**EVENT, "target": {"type": "user", "id": "42"}})
    assert "target" not in build(
        {**EVENT, "entity_id": None, "target": {"type": "user", "id": None}}
    )
    assert build({**EVENT, "target": {"type": "user", "id": "7"}})["target"]


def test_a_line_of_an_archive_is_taken_too() -> None:
    archived = {
        **{key: value for key, value in EVENT.items() if key != "category"},
        "salt": "0f8fad5b-d9cb-469f-a165-70867728950e",
        "actor_id_digest": None,
        "entity_id_digest": None,
        "payload_digest": None,
        "derived_salts": None,
    }
    assert build(archived) == build(EVENT)


def test_without_a_tenant_named_the_database_decides() -> None:
    assert build(EVENT, None)["id"] == EVENT["id"]
