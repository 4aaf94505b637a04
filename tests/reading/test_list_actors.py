"""Who has acted, last seen first, with the newest snapshot."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from reading.desk import Desk

WEEKS_AGO = datetime.now(UTC) - timedelta(days=30)


def actors(desk: Desk, search: str | None = None) -> list[dict[str, Any]]:
    return desk.reader.execute(
        "select * from audit.list_actors(search => %s)", (search,)
    ).fetchall()


def add_old_partitions(desk: Desk) -> None:
    desk.hand.execute("set role audit_owner")
    for weeks in range(3):
        desk.hand.execute(
            "select audit_private.add_partition(%s)", (WEEKS_AGO - timedelta(weeks=weeks),)
        )
    desk.hand.execute("reset role")


def close_old_partitions(desk: Desk) -> None:
    desk.hand.execute(
        "select audit.close_partition(partition_name) from audit.list_partitions() "
        "where until_time < now() - interval '24 hours'"
    )


@pytest.mark.parametrize("is_closed", [False, True])
def test_the_newest_snapshot_stands_for_an_actor(desk: Desk, is_closed: bool) -> None:
    add_old_partitions(desk)
    now = datetime.now(UTC)
    for weeks in range(3):
        for actor_id in ("anna", "bertil", "cecilia"):
            for minutes in range(3):
                desk.put(
                    WEEKS_AGO - timedelta(weeks=weeks, minutes=minutes),
                    actor_id=actor_id,
                    actor={"name": f"{actor_id} {weeks} {minutes}"},
                )
    newest = desk.put(now, actor_id="anna", actor={"name": "Anna Newname"}, actor_type="api_key")
    desk.put(now, actor_id=None, actor_type="system")
    if is_closed:
        close_old_partitions(desk)

    listed = {row["actor_id"]: row for row in actors(desk)}
    assert list(listed[key] for key in ("anna", "bertil", "cecilia")) == [
        {
            "actor_type": "api_key",
            "actor_id": "anna",
            "actor": {"name": "Anna Newname"},
            "last_seen_at": newest["occurred_at"],
            "events": 10,
        },
        *(
            {
                "actor_type": "user",
                "actor_id": actor_id,
                "actor": {"name": f"{actor_id} 0 0"},
                "last_seen_at": WEEKS_AGO,
                "events": 9,
            }
            for actor_id in ("bertil", "cecilia")
        ),
    ]
    assert None not in listed
    seen = [row["last_seen_at"] for row in actors(desk)]
    assert seen == sorted(seen, reverse=True)
    assert [row["actor_id"] for row in actors(desk, "NEWNAME")] == ["anna"]
    assert actors(desk, "anna 0 0") == []
    assert [row["actor_id"] for row in actors(desk, "bertil 0 0")] == ["bertil"]
    assert actors(desk, "bertil 1") == []
    assert [row["actor_id"] for row in actors(desk, "ECIL")] == ["cecilia"]
    assert actors(desk, "%") == []


@pytest.mark.parametrize("is_closed", [False, True])
def test_a_hundred_at_most(desk: Desk, is_closed: bool) -> None:
    add_old_partitions(desk)
    for number in range(130):
        desk.put(WEEKS_AGO - timedelta(minutes=number), actor_id=f"actor {number:03}")
    if is_closed:
        close_old_partitions(desk)
    listed = actors(desk, "actor ")
    assert [row["actor_id"] for row in listed] == [f"actor {number:03}" for number in range(100)]


def test_actors_of_another_tenant_are_not_listed(desk: Desk, other_desk: Desk) -> None:
    desk.put(actor_id="anna", actor={"name": "Anna of a"})
    other_desk.put(actor_id="anna", actor={"name": "Anna of b"})
    [row] = actors(desk, "anna")
    assert (row["actor"], row["events"]) == ({"name": "Anna of a"}, 1)
    assert actors(desk, "of b") == []


def test_an_empty_search_is_refused(desk: Desk) -> None:
    with pytest.raises(Exception, match="filter key search"):
        actors(desk, " ")
