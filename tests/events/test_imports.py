"""History from elsewhere: found again when it is repeated, refused event by event."""

from __future__ import annotations

import threading
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

import pytest
from psycopg.types.json import Jsonb

from walls.ledger import (
    EVENT,
    REASON,
    Connection,
    call,
    justify,
    refused,
    rows,
    stored,
    wait_until_blocked,
)

from databases import Database

PAST = datetime(2020, 2, 29, 12, 30, 0, 123456, UTC)
IMPORTED = "source = 'imported'"


def past(key: str | None, **more: Any) -> dict[str, Any]:
    event: dict[str, Any] = {"occurred_at": PAST.isoformat(), "idempotency_key": key}
    return EVENT | event | more


def bring(admin: Connection, *events: Any, **more: Any) -> list[dict[str, Any]]:
    return rows(admin, "import_events", events=list(events), **({"reason": REASON} | more))


def results(admin: Connection, *events: Any) -> list[str]:
    return [row["result"] for row in bring(admin, *events)]


def test_an_import_keeps_what_it_is_given(loaded_database: Database, admin: Connection) -> None:
    full = {
        "entity_id": "u-1",
        "metadata": {"m": 1},
        "target": [{"t": 1}],
        "changes": {"c": {"old": 1, "new": None}},
        "outcome": "failure",
        "error_message": "It broke",
        "actor_id": "anna",
        "actor_type": "api_key",
        "actor": {"name": "Anna"},
        "user_agent": "curl",
        "request_id": "r-1",
    }
    [row] = bring(admin, past("k", **full, ip="10.0.0.7"))
    [event] = stored(loaded_database, IMPORTED)
    for name, value in (EVENT | full).items():
        assert event[name] == value
    assert str(event["ip"]) == "10.0.0.7"
    assert event["occurred_at"] == PAST
    assert event["recorded_at"] > PAST + timedelta(days=365)
    assert event["recorded_by"] == "test_admin_a"
    assert row == {
        "line": 0,
        "result": "imported",
        "event_id": event["id"],
        "sqlstate": None,
        "message": None,
        "hint": None,
        "is_expired": True,
    }


def test_repeating_an_import_doubles_nothing(loaded_database: Database, admin: Connection) -> None:
    events = [past(str(n), description=f"event {n}") for n in range(20)]
    first = bring(admin, *events[:15])
    assert {row["result"] for row in first} == {"imported"}
    again = bring(admin, *events)
    assert [row["result"] for row in again] == ["repeated"] * 15 + ["imported"] * 5
    assert [row["event_id"] for row in again[:15]] == [row["event_id"] for row in first]
    assert len(stored(loaded_database, IMPORTED)) == 20


def test_each_tenant_has_imports_of_its_own(
    loaded_database: Database, admin: Connection, admin_b: Connection
) -> None:
    [one], [other] = bring(admin, past("k")), bring(admin_b, past("k"))
    assert one["event_id"] != other["event_id"]
    assert other["result"] == "imported"
    tenants = {event["tenant_id"] for event in stored(loaded_database, IMPORTED)}
    assert tenants == {loaded_database.tenant_a, loaded_database.tenant_b}


def test_other_content_under_a_known_key_is_refused(
    loaded_database: Database, admin: Connection
) -> None:
    bring(admin, past("k"))
    [row] = bring(admin, past("k", description="Something else"))
    assert (row["result"], row["sqlstate"]) == ("refused", "WT017")
    assert row["message"]
    assert row["hint"]
    assert len(stored(loaded_database, IMPORTED)) == 1


def test_the_same_key_twice_in_one_array_is_one_event(
    loaded_database: Database, admin: Connection
) -> None:
    assert results(admin, past("k"), past("j"), past("k")) == ["imported", "imported", "repeated"]
    found = bring(admin, past("i"), past("i", description="Something else"))
    assert [(row["result"], row["sqlstate"]) for row in found] == [
        ("imported", None),
        ("refused", "WT017"),
    ]
    assert len(stored(loaded_database, IMPORTED)) == 3


def test_what_is_wrong_is_refused_line_by_line(
    loaded_database: Database, admin: Connection
) -> None:
    future = (datetime.now(UTC) + timedelta(hours=1)).isoformat()
    wrong: list[tuple[Any, str]] = [
        (past("x", action="unheard_of"), "WT010"),
        (past("x", entity_type="unheard_of"), "WT012"),
        (past("x", description=" "), "WT013"),
        (past("x", outcome="failure"), "WT013"),
        (past("x", actor_type="king"), "WT013"),
        (past(None), "WT013"),
        (past("x", occurred_at=None), "WT013"),
        (past("x", occurred_at="never"), "WT013"),
        (past("x", occurred_at=future), "WT015"),
        (past("x", occurred_at="1969-12-31"), "WT015"),
        (past("x", occurred_at="infinity"), "WT015"),
        (past("x", ip="nowhere"), "WT013"),
        (past(None, id="no uuid"), "WT013"),
        (past(None, id="019a0000-0000-7000-8000-000000000000"), "WT013"),
        (past("x", metadata={"x": "y" * 65_536}), "WT014"),
        (past("x", tenant_id=str(loaded_database.tenant_b)), "WT013"),
        (7, "WT013"),
        (None, "WT013"),
        ([], "WT013"),
    ]
    events: list[Any] = []
    for n, (event, _) in enumerate(wrong):
        events += [past(f"right {n}"), event]
    found = bring(admin, *events)
    assert [row["line"] for row in found] == list(range(len(events)))
    assert [row["result"] for row in found] == ["imported", "refused"] * len(wrong)
    for row, (event, sqlstate) in zip(found[1::2], wrong, strict=True):
        assert row["sqlstate"] == sqlstate, (event, row)
        assert row["message"]
        assert row["hint"]
        assert row["event_id"] is None
    assert len(stored(loaded_database, IMPORTED)) == len(wrong)


def test_what_is_no_array_is_refused_whole(loaded_database: Database, admin: Connection) -> None:
    no_arrays: list[Any] = [{}, "x", 7, None]
    for events in no_arrays:
        with refused("WT013", case=events):
            rows(admin, "import_events", events=Jsonb(events), reason=REASON)
    with refused("WT013") as refusal:
        bring(admin, *[past("k")] * 10_001)
    assert "10,000" in refusal.message
    for reason in (None, "too short"):
        with refused("WT021", case=reason):
            bring(admin, past("k"), reason=reason)
    assert stored(loaded_database, IMPORTED + " or action = 'events_imported'") == []


def test_an_event_of_a_pgwitness_keeps_its_id(
    loaded_database: Database, admin: Connection, root: Connection
) -> None:
    row = root.execute("select audit_private.new_event_id(%s, 77)", (PAST,)).fetchone()
    assert row is not None
    event_id: UUID = row[0]
    given = past(None, id=str(event_id))
    assert [r["event_id"] for r in bring(admin, given)] == [event_id]
    assert results(admin, given) == ["repeated"]
    [event] = stored(loaded_database, IMPORTED)
    assert event["id"] == event_id


def test_partitions_for_the_past_are_made(
    loaded_database: Database, admin: Connection, operator: Connection
) -> None:
    years = ["1970-01-01T00:00:00Z", "1999-12-31T23:59:59.999999Z", "2016-02-29T12:00:00Z"]
    bring(admin, *(past(year, occurred_at=year) for year in years))
    found = rows(operator, "list_partitions")
    for event in stored(loaded_database, IMPORTED):
        [partition] = [p for p in found if p["from_time"] <= event["occurred_at"] < p["until_time"]]
        assert partition["until_time"] - partition["from_time"] == timedelta(days=7)
    assert len(stored(loaded_database, IMPORTED)) == 3


def test_old_events_are_said_to_be_expired_and_recent_ones_not(admin: Connection) -> None:
    recent = (datetime.now(UTC) - timedelta(days=300)).isoformat()
    found = bring(admin, past("old"), past("recent", occurred_at=recent))
    assert [row["is_expired"] for row in found] == [True, False]


def test_each_run_is_an_event_with_its_counts(loaded_database: Database, admin: Connection) -> None:
    bring(admin, past("k"), past("j"), past("x", action="unheard_of"))
    bring(admin, past("k"))
    bring(admin)
    events = stored(loaded_database, "action = 'events_imported'")
    counts = [(e["imported"], e["repeated"], e["refused"]) for e in (v["metadata"] for v in events)]
    assert counts == [(2, 0, 1), (0, 1, 0), (0, 0, 0)]
    assert {event["metadata"]["reason"] for event in events} == {REASON}
    assert {(event["source"], event["tenant_id"]) for event in events} == {
        ("system", loaded_database.tenant_a)
    }


def test_toggles_do_not_silence_history(loaded_database: Database, admin: Connection) -> None:
    call(admin, "set_logging", enabled=False, reason=REASON)
    assert results(admin, past("k")) == ["imported"]


def test_a_retired_action_still_has_a_history(admin: Connection, operator: Connection) -> None:
    call(operator, "retire_action", action="user_created", reason=REASON)
    assert results(admin, past("k")) == ["imported"]


def test_imported_events_are_read_like_others(admin: Connection) -> None:
    recent = (datetime.now(UTC) - timedelta(days=200)).isoformat()
    [row] = bring(admin, past("k", occurred_at=recent))
    justify(admin)
    [event] = rows(admin, "search_events", filter={"source": "imported"})
    assert event["id"] == row["event_id"]


@pytest.mark.parametrize("description", [EVENT["description"], "Something else"])
def test_of_two_imports_at_once_the_second_finds_the_first_s(
    loaded_database: Database, admin: Connection, description: str
) -> None:
    recent = datetime.now(UTC).isoformat()
    second = loaded_database.connect(loaded_database.role("admin"))
    found: list[dict[str, Any]] = []
    admin.execute("begin")
    bring(admin, past("k", occurred_at=recent))

    def race() -> None:
        found.extend(bring(second, past("k", occurred_at=recent, description=description)))

    racer = threading.Thread(target=race)
    racer.start()
    wait_until_blocked(loaded_database, second)
    admin.execute("commit")
    racer.join(timeout=10)
    expected = "repeated" if description == EVENT["description"] else "refused"
    assert [row["result"] for row in found] == [expected]
    assert len(stored(loaded_database, IMPORTED)) == 1
