"""Partitions are made ahead, as wide as the option says, without gap or overlap."""

from __future__ import annotations

import threading
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from typing import Any

import pytest

from walls.ledger import REASON, Connection, call, log, refused, rows, stored

from databases import Database

MONDAY, MIDNIGHT = 0, (0, 0, 0)


def partitions(operator: Connection) -> list[dict[str, Any]]:
    return rows(operator, "list_partitions")


def maintain(operator: Connection) -> None:
    operator.execute("call audit.maintain_partitions()")


def set_option(operator: Connection, name: str, value: str) -> bool:
    changed: bool = call(operator, "set_option", name=name, value=value, reason=REASON)
    return changed


def assert_seamless(found: list[dict[str, Any]]) -> None:
    assert found
    for earlier, later in pairwise(found):
        assert earlier["until_time"] == later["from_time"]
    for partition in found:
        for bound in (partition["from_time"], partition["until_time"]):
            assert bound.astimezone(UTC).timetuple()[3:6] == MIDNIGHT


def test_installing_makes_them_half_a_year_ahead(operator: Connection) -> None:
    found = partitions(operator)
    assert_seamless(found)
    now = datetime.now(UTC)
    assert found[0]["from_time"] <= now - timedelta(hours=24)
    assert found[-1]["until_time"] > now + timedelta(weeks=26)
    assert found[-1]["until_time"] <= now + timedelta(weeks=27)
    for partition in found:
        assert partition["from_time"].astimezone(UTC).weekday() == MONDAY
        assert partition["until_time"] - partition["from_time"] == timedelta(weeks=1)
        assert partition["is_closed"] is False
        assert partition["bytes"] > 0


def test_maintaining_again_makes_none(operator: Connection) -> None:
    before = [partition["partition_name"] for partition in partitions(operator)]
    maintain(operator)
    assert [partition["partition_name"] for partition in partitions(operator)] == before


def test_further_ahead_makes_more(operator: Connection) -> None:
    before = partitions(operator)
    set_option(operator, "partitions_ahead_weeks", "30")
    maintain(operator)
    found = partitions(operator)
    assert_seamless(found)
    assert len(found) == len(before) + 4


@pytest.mark.parametrize("timezone", ["UTC", "Pacific/Kiritimati", "America/St_Johns"])
def test_a_change_of_width_leaves_no_gap_and_no_overlap(
    loaded_database: Database, operator: Connection, app: Connection, timezone: str
) -> None:
    operator.execute(f"set timezone = '{timezone}'")
    operator.execute("set datestyle = 'SQL, DMY'")
    operator.execute("call audit.maintain_partitions()")
    operator.execute("set datestyle = 'ISO'")
    for weeks, width in ((28, "month"), (33, "day"), (35, "week"), (37, "month"), (42, "week")):
        set_option(operator, "partition_width", width)
        set_option(operator, "partitions_ahead_weeks", str(weeks))
        maintain(operator)
    found = partitions(operator)
    assert_seamless(found)
    widths = {partition["until_time"] - partition["from_time"] for partition in found}
    assert timedelta(days=1) in widths
    assert max(widths) >= timedelta(days=28)
    names = [partition["partition_name"] for partition in found]
    assert len(set(names)) == len(names)
    assert log(app) is not None


def test_days_hold_a_day_each(loaded_database: Database, operator: Connection) -> None:
    set_option(operator, "partition_width", "day")
    set_option(operator, "partitions_ahead_weeks", "28")
    before = len(partitions(operator))
    maintain(operator)
    made = partitions(operator)[before:]
    assert len(made) >= 7
    assert {p["until_time"] - p["from_time"] for p in made} == {timedelta(days=1)}


def test_a_hole_is_filled(operator: Connection, root: Connection, app: Connection) -> None:
    whole = [(p["from_time"], p["until_time"]) for p in partitions(operator)]
    names = [partition["partition_name"] for partition in partitions(operator)]
    for name in (names[1], names[5], names[-1]):
        root.execute(f"drop table audit_private.{name}")
    maintain(operator)
    assert [(p["from_time"], p["until_time"]) for p in partitions(operator)] == whole
    assert log(app) is not None


def test_a_time_zone_and_a_date_style_change_no_bound(
    operator: Connection, root: Connection
) -> None:
    whole = [(p["from_time"], p["until_time"]) for p in partitions(operator)]
    name = partitions(operator)[-3]["partition_name"]
    root.execute(f"drop table audit_private.{name}")
    operator.execute("set timezone = 'America/St_Johns'; set datestyle = 'German, DMY'")
    operator.execute("set intervalstyle = 'sql_standard'")
    maintain(operator)
    operator.execute("reset all")
    assert [(p["from_time"], p["until_time"]) for p in partitions(operator)] == whole


def test_only_an_operator_maintains_them(loaded_database: Database) -> None:
    for persona in ("app", "reader", "admin", "privacy", "auditor", "service", "backup"):
        connection = loaded_database.connect(loaded_database.role(persona))
        with refused("42501", case=persona):
            maintain(connection)
        with refused("42501", case=persona):
            connection.execute("select audit_private.add_next_partition()")
        if persona != "auditor":
            with refused("42501", case=persona):
                partitions(connection)


def test_an_event_goes_to_the_partition_of_its_time(
    loaded_database: Database, operator: Connection, app: Connection, root: Connection
) -> None:
    log(app)
    [event] = stored(loaded_database)
    [partition] = [
        p for p in partitions(operator) if p["from_time"] <= event["occurred_at"] < p["until_time"]
    ]
    found = root.execute(
        f"select id from audit_private.{partition['partition_name']} where source = 'logged'"
    ).fetchall()
    assert found == [(event["id"],)]


def test_an_open_writer_does_not_hold_up_a_new_partition(
    operator: Connection, app: Connection
) -> None:
    set_option(operator, "partitions_ahead_weeks", "29")
    operator.execute("set lock_timeout = '5s'")
    before = len(partitions(operator))
    with app.transaction():
        log(app)
        maintain(operator)
        log(app)
    assert len(partitions(operator)) == before + 3


def test_a_partition_in_the_making_does_not_hold_up_writers_or_readers(
    loaded_database: Database, operator: Connection, app: Connection, reader: Connection
) -> None:
    set_option(operator, "partitions_ahead_weeks", "27")
    call(reader, "open_access", access_reason="audit_review", justification=REASON)
    for connection in (app, reader):
        connection.execute("set lock_timeout = '2s'")
    with operator.transaction():
        made = operator.execute("select audit_private.add_next_partition()").fetchone()
        assert made != (None,)
        log(app)
        log(app, idempotency_key="k")
        log(app, occurred_at=datetime.now(UTC) - timedelta(hours=1))
        rows(reader, "search_events")
        reader.execute("select count(*) from audit.event")
    assert len(stored(loaded_database)) == 3


def test_two_maintainers_at_once_make_each_partition_once(
    loaded_database: Database, operator: Connection
) -> None:
    set_option(operator, "partition_width", "day")
    set_option(operator, "partitions_ahead_weeks", "29")
    others = [loaded_database.connect(loaded_database.role("operator")) for _ in range(3)]
    failures: list[BaseException] = []

    def run(connection: Connection) -> None:
        try:
            maintain(connection)
        except BaseException as error:
            failures.append(error)

    threads = [threading.Thread(target=run, args=(other,)) for other in others]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(timeout=60)
    assert failures == []
    assert_seamless(partitions(operator))


def test_closing_is_refused_while_it_is_written_to(
    loaded_database: Database, operator: Connection
) -> None:
    current = partitions(operator)[1]["partition_name"]
    with refused("WT085"):
        call(operator, "close_partition", partition=current)
    for name in ("event", "event_19990101", "tenant", "x; drop table y", None):
        with refused("WT016", case=name):
            call(operator, "close_partition", partition=name)
