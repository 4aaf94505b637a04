"""Rows of audit_logs: where each column and each part of the metadata goes."""

from __future__ import annotations

from typing import Any
from uuid import UUID

import pytest

from pgwitness.importers import IMPORTERS, RecordRefused

TENANT = UUID("11111111-1111-4111-8111-111111111111")
ROW: dict[str, Any] = {
    "id": "6f9619ff-8b86-4d01-b42d-00cf4fc964ff",
    "created_at": "2026-01-31T12:00:01.5+00:00",
    "updated_at": "2026-01-31T12:00:01.5+00:00",
    "tenant_id": str(TENANT),
    "actor_id": "7c9e6679-7425-40de-944b-e07fc1f90ae7",
    "actor_type": "user",
    "action": "user_created",
    "entity_type": "user",
    "entity_id": "0f8fad5b-d9cb-469f-a165-70867728950e",
    "timestamp": "2026-01-31T12:00:00+00:00",
    "ip_address": None,
    "user_agent": None,
    "request_id": None,
    "description": "Ada created Bo",
    "metadata": {
        "actor": {"id": "7c9e6679", "name": "Ada", "email": "ada@example.org"},
        "target": {"id": "0f8fad5b", "name": "Bo"},
        "changes": {"state": {"old": None, "new": "active"}},
        "space": "Planning",
    },
    "outcome": "success",
    "error_message": None,
    "deleted_at": None,
}


def build(**changes: Any) -> dict[str, Any]:
    return IMPORTERS["eneo"].build_event({**ROW, **changes}, TENANT)


def test_columns_and_metadata_find_their_places() -> None:
    assert build() == {
        "idempotency_key": "eneo:6f9619ff-8b86-4d01-b42d-00cf4fc964ff",
        "occurred_at": "2026-01-31T12:00:00+00:00",
        "action": "user_created",
        "entity_type": "user",
        "entity_id": "0f8fad5b-d9cb-469f-a165-70867728950e",
        "actor_id": "7c9e6679-7425-40de-944b-e07fc1f90ae7",
        "actor_type": "user",
        "actor": {"id": "7c9e6679", "name": "Ada", "email": "ada@example.org"},
        "description": "Ada created Bo",
        "target": {"id": "0f8fad5b", "name": "Bo"},
        "changes": {"state": {"old": None, "new": "active"}},
        "metadata": {"space": "Planning", "eneo": {"created_at": "2026-01-31T12:00:01.5+00:00"}},
        "outcome": "success",
    }


@pytest.mark.parametrize("actor_type", ["user", "system", "api_key"])
def test_actor_types_are_the_same(actor_type: str) -> None:
    assert build(actor_type=actor_type)["actor_type"] == actor_type


def test_the_system_has_no_actor_id() -> None:
    event = build(actor_type="system", actor_id=None, metadata={"actor": {"via": "cron"}})
    assert "actor_id" not in event
    assert event["actor"] == {"via": "cron"}
    assert event["metadata"] == {"eneo": {"created_at": ROW["created_at"]}}


def test_a_failure_keeps_its_error() -> None:
    event = build(outcome="failure", error_message="quota exceeded")
    assert (event["outcome"], event["error_message"]) == ("failure", "quota exceeded")


def test_address_client_and_request_become_columns() -> None:
    event = build(ip_address="10.0.0.1", user_agent="curl", request_id="r1")
    assert (event["ip"], event["user_agent"], event["request_id"]) == ("10.0.0.1", "curl", "r1")


def test_several_targets_stay_an_array() -> None:
    assert build(metadata={"target": [{"id": "a"}, {"id": "b"}]})["target"] == [
        {"id": "a"},
        {"id": "b"},
    ]


def test_what_hasnt_the_shape_of_a_column_stays_in_metadata() -> None:
    metadata = {"actor": "Ada", "target": "Bo", "changes": ["name"]}
    event = build(metadata=metadata)
    assert event["metadata"] == {**metadata, "eneo": {"created_at": ROW["created_at"]}}
    assert not {"actor", "target", "changes"} & set(event)


def test_what_has_no_column_goes_to_metadata() -> None:
    event = build(
        updated_at="2026-02-01T00:00:00+00:00", deleted_at=None, ip_address="proxy", shard=3
    )
    assert event["metadata"]["eneo"] == {
        "created_at": ROW["created_at"],
        "updated_at": "2026-02-01T00:00:00+00:00",
        "ip_address": "proxy",
        "shard": 3,
    }
    assert "ip" not in event


def test_metadata_that_is_called_eneo_is_kept() -> None:
    event = build(metadata={"eneo": 1}, shard=3, created_at=None, updated_at=None)
    assert event["metadata"] == {"eneo": {"columns": {"shard": 3}, "metadata": 1}}


def test_a_time_without_a_zone_is_utc() -> None:
    assert build(timestamp="2026-01-31T12:00:00")["occurred_at"] == "2026-01-31T12:00:00+00:00"


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"id": None}, "id is missing"),
        ({"action": ""}, "action is missing"),
        ({"entity_type": None}, "entity_type is missing"),
        ({"description": None}, "description is missing"),
        ({"timestamp": None}, "timestamp is missing"),
        ({"timestamp": "31/1"}, "timestamp is not a time"),
        ({"metadata": "{}"}, "metadata is not an object"),
        ({"tenant_id": "22222222-2222-4222-8222-222222222222"}, "belongs to tenant 22222222"),
    ],
)
def test_what_is_no_row_is_refused(changes: dict[str, Any], message: str) -> None:
    with pytest.raises(RecordRefused, match=message):
        build(**changes)
