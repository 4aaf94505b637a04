"""Options of the installation: few, checked, and each change an event."""

from __future__ import annotations

from typing import Any

from walls.ledger import NIL, REASON, Connection, call, refused, rows, stored

from databases import Database


def set_option(operator: Connection, name: Any, value: Any, reason: Any = REASON) -> bool:
    changed: bool = call(operator, "set_option", name=name, value=value, reason=reason)
    return changed


def option(operator: Connection, name: str) -> dict[str, Any]:
    [found] = [row for row in rows(operator, "list_options") if row["name"] == name]
    return found


def test_a_new_installation_has_the_defaults(operator: Connection) -> None:
    found = {row["name"]: row for row in rows(operator, "list_options")}
    assert {name: row["value"] for name, row in found.items()} == {
        "data_purge_limit_percent": "20",
        "maintain_partitions_at": "01:30",
        "partition_width": "week",
        "partitions_ahead_weeks": "26",
        "payload_limit_bytes": "65536",
        "purge_data_at": "03:00",
        "purge_events_at": "02:00",
        "retention_delay_days": "7",
        "reverify_events_at": "04:00",
        "seal_silence_minutes": "60",
        "sink_lag_minutes": "60",
    }
    for row in found.values():
        assert row["value"] == row["default_value"]
        assert row["description"]
        assert (row["changed_at"], row["changed_by"]) == (None, None)


def test_a_change_is_an_event_and_says_who(loaded_database: Database, operator: Connection) -> None:
    assert set_option(operator, "partition_width", "day") is True
    assert set_option(operator, "partition_width", "day") is False
    found = option(operator, "partition_width")
    assert (found["value"], found["changed_by"]) == ("day", "test_operator")
    assert found["changed_at"] is not None
    [event] = stored(loaded_database, "action = 'option_changed'")
    assert (event["tenant_id"], event["entity_id"]) == (NIL, "partition_width")
    assert event["changes"] == {"value": {"old": "week", "new": "day"}}
    assert event["metadata"] == {"reason": REASON}


def test_bad_names_and_values_are_refused(loaded_database: Database, operator: Connection) -> None:
    before = rows(operator, "list_options")
    bad: list[tuple[Any, Any]] = [
        ("unheard_of", "1"),
        (None, "1"),
        ("partition_width", None),
        ("partition_width", ""),
        ("partition_width", "year"),
        ("partition_width", "day\n"),
        ("partition_width", "Week"),
        ("partitions_ahead_weeks", "3"),
        ("partitions_ahead_weeks", "200"),
        ("partitions_ahead_weeks", "-26"),
        ("partitions_ahead_weeks", "26.5"),
        ("purge_events_at", "24:00"),
        ("purge_events_at", "2:00"),
        ("purge_events_at", "02:00:30"),
        ("retention_delay_days", "0"),
        ("data_purge_limit_percent", "101"),
        ("payload_limit_bytes", "999"),
        ("payload_limit_bytes", "99999999"),
        ("payload_limit_bytes", "64 kB"),
    ]
    for name, value in bad:
        with refused("WT060", case=(name, value)):
            set_option(operator, name, value)
    for reason in (None, "too short"):
        with refused("WT021", case=reason):
            set_option(operator, "partition_width", "day", reason)
    assert rows(operator, "list_options") == before
    assert stored(loaded_database, "action = 'option_changed'") == []


def test_only_operators_set_them(loaded_database: Database, auditor: Connection) -> None:
    for persona in ("app", "reader", "admin", "privacy", "auditor", "service", "backup"):
        connection = loaded_database.connect(loaded_database.role(persona))
        with refused("42501", case=persona):
            set_option(connection, "partition_width", "day")
    assert len(rows(auditor, "list_options")) == 11
