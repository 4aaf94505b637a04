"""A cursor never repeats or skips, whatever others write, and works for its search alone."""

from __future__ import annotations

import base64
import json
import threading
from datetime import UTC, datetime, timedelta
from typing import Any

import psycopg
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from psycopg.rows import DictRow

from reading.desk import Desk, connect

LOGGED = {"source": "logged"}


def walk(desk: Desk, page_size: int, filter: dict[str, Any] = LOGGED) -> list[dict[str, Any]]:
    """Read page by page to the end."""
    events: list[dict[str, Any]] = []
    cursor: str | None = None
    while page := desk.search(filter, page_size, cursor):
        assert len(page) <= page_size
        events += page
        cursor = page[-1]["cursor"]
    return events


def log_at(connection: psycopg.Connection[DictRow], moment: datetime, word: str) -> None:
    connection.execute(
        "select audit.log_event(action => 'user_created', entity_type => 'user', "
        "description => %s, occurred_at => %s)",
        (word, moment),
    )


@pytest.mark.parametrize("page_size", [1, 2, 3, 7, 100])
def test_pages_together_are_everything_once(desk: Desk, page_size: int) -> None:
    now = datetime.now(UTC)
    put = [desk.put(now - timedelta(seconds=n // 3)) for n in range(20)]
    walked = walk(desk, page_size)
    assert [e["id"] for e in walked] == [e["id"] for e in desk.search(LOGGED)]
    assert {e["id"] for e in walked} == {e["id"] for e in put}


@settings(
    max_examples=15,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
@given(
    steps=st.lists(
        st.tuples(
            st.sampled_from(["begin", "log", "savepoint", "commit", "rollback", "page"]),
            st.integers(0, 2),
            st.integers(0, 50),
        ),
        max_size=25,
    ),
    page_size=st.integers(1, 4),
)
def test_late_commits_neither_repeat_nor_skip(
    desk: Desk, steps: list[tuple[str, int, int]], page_size: int
) -> None:
    """Three writers commit late, early or never, behind and before the reader's place."""
    start = datetime.now(UTC)
    marker = f"round {start.isoformat()}"
    filter = {"source": "logged", "search": marker}
    for number in range(6):
        desk.put(start - timedelta(minutes=5 * number), description=marker)
    writers = [
        psycopg.connect(
            desk.database.dsn(desk.database.role("app")), row_factory=psycopg.rows.dict_row
        )
        for _ in range(3)
    ]
    try:
        log_at(writers[0], start - timedelta(minutes=7), marker)
        first = desk.search(filter, page_size)
        visible = {row["id"] for row in behind(desk, marker)}
        seen = list(first)
        ended = len(first) < page_size
        for step, number, minutes in steps:
            writer = writers[number]
            match step:
                case "log":
                    log_at(writer, start - timedelta(minutes=minutes), marker)
                case "savepoint":
                    with writer.transaction():
                        log_at(writer, start - timedelta(minutes=minutes), marker)
                case "commit":
                    writer.commit()
                case "rollback":
                    writer.rollback()
                case "page" if seen and not ended:
                    page = desk.search(filter, page_size, seen[-1]["cursor"])
                    ended = len(page) < page_size
                    seen += page
        while seen and not ended:
            page = desk.search(filter, page_size, seen[-1]["cursor"])
            ended = len(page) < page_size
            seen += page
    finally:
        for writer in writers:
            writer.close()
    ids = [event["id"] for event in seen]
    assert len(ids) == len(set(ids))
    assert set(ids) == visible


def behind(desk: Desk, marker: str) -> list[dict[str, Any]]:
    return desk.hand.execute(
        "select id from audit_private.event where tenant_id = %s and description = %s",
        (desk.tenant_id, marker),
    ).fetchall()


def test_paging_while_others_write(desk: Desk) -> None:
    """Each walk has what was there before it, once, in order, and nothing from behind."""
    start = datetime.now(UTC)
    there = {desk.put(start - timedelta(minutes=number))["id"] for number in range(30)}
    writing = threading.Event()

    def write(number: int) -> None:
        writer = connect(desk.database, desk.database.role("app"))
        for turn in range(30):
            with writer.transaction():
                for step in range(3):
                    log_at(writer, start - timedelta(minutes=turn * 7 % 30 + step), "meanwhile")
            writing.set()

    threads = [threading.Thread(target=write, args=(number,)) for number in range(3)]
    for thread in threads:
        thread.start()
    writing.wait(timeout=60)
    while any(thread.is_alive() for thread in threads):
        before = {row["id"] for row in behind(desk, "meanwhile")}
        walked = walk(desk, 20)
        keys = [(event["occurred_at"], event["id"].int) for event in walked]
        assert keys == sorted(set(keys), reverse=True)
        assert there | before <= {event["id"] for event in walked}
    for thread in threads:
        thread.join()
    assert len(walk(desk, 100)) == 30 + 3 * 30 * 3


def test_a_reader_s_own_events_stay_out_of_later_pages(desk: Desk) -> None:
    start = datetime.now(UTC)
    service = connect(desk.database, desk.database.role("service"))
    opened = service.execute(
        "select audit.open_access(access_reason => 'other', justification => 'Paging and writing', "
        "tenant_id => %s) as id",
        (desk.tenant_id,),
    ).fetchone()
    assert opened is not None
    with service.transaction():
        service.execute(
            "select audit.set_context(tenant_id => %s, access_id => %s)",
            (desk.tenant_id, opened["id"]),
        )
        for minutes in (1, 2, 3):
            log_at(service, start - timedelta(minutes=minutes), f"early {minutes}")
        page = service.execute(
            'select * from audit.search_events(filter => \'{"source": "logged"}\', page_size => 1)'
        ).fetchall()
        log_at(service, start - timedelta(minutes=2), "late")
        rest = service.execute(
            'select * from audit.search_events(filter => \'{"source": "logged"}\', after => %s)',
            (page[0]["cursor"],),
        ).fetchall()
    assert [e["description"] for e in page + rest] == ["early 1", "early 2", "early 3"]


def test_restored_events_of_another_life_are_paged_too(desk: Desk) -> None:
    """Numbers above this server's own, as after restoring a dump into a younger server."""
    start = datetime.now(UTC)
    for number in range(5):
        put = desk.put(start - timedelta(minutes=number))
        desk.hand.execute("set session_replication_role = replica")
        desk.hand.execute("alter table audit_private.event disable trigger all")
        desk.hand.execute(
            "do $$ declare p record; begin "
            "for p in select * from audit_private.event_partitions() loop "
            "execute format('alter table audit_private.%I disable trigger all', p.partition_name); "
            "end loop; end $$"
        )
        desk.hand.execute(
            "update audit_private.event set transaction_id = 900000000000 + %s where id = %s",
            (number, put["id"]),
        )
    assert len(walk(desk, 2)) == 5


def test_a_cursor_works_for_its_own_search_alone(desk: Desk, other_desk: Desk) -> None:
    for _ in range(3):
        desk.put()
    cursor = desk.search(LOGGED, 1)[0]["cursor"]
    assert len(desk.search(LOGGED, 2, cursor)) == 2
    assert desk.refusal({}, after=cursor).sqlstate == "WT041"
    assert desk.refusal({"source": ["logged"]}, after=cursor).sqlstate == "WT041"
    assert other_desk.refusal(LOGGED, after=cursor).sqlstate == "WT041"

    dated = {"from": datetime.now(UTC).date().isoformat()}
    cursor = desk.search(dated, 1)[0]["cursor"]
    desk.search(dated, 1, cursor)
    desk.reader.execute("set timezone = 'Asia/Tokyo'")
    assert desk.refusal(dated, after=cursor).sqlstate == "WT041"


@settings(
    max_examples=30,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
@given(place=st.integers(0, 10_000), character=st.sampled_from("Aa0-_=é \n"))
def test_a_damaged_cursor_is_refused(desk: Desk, place: int, character: str) -> None:
    cursor = desk.search({}, 1)[0]["cursor"]
    place %= len(cursor)
    damaged = cursor[:place] + character + cursor[place + 1 :]
    if damaged != cursor:
        assert desk.refusal({}, after=damaged).sqlstate == "WT041"
    assert desk.refusal({}, after=cursor[:place]).sqlstate == "WT041"


@pytest.mark.parametrize(
    "junk", ["", "x", "null", "e30", "WzFd", "////", "é", "\u2028", "%s", "a" * 9999]
)
def test_junk_is_no_cursor(desk: Desk, junk: str) -> None:
    assert desk.refusal({}, after=junk).sqlstate == "WT041"


def test_a_forged_place_is_refused(desk: Desk) -> None:
    desk.put()
    cursor = desk.search({}, 1)[0]["cursor"]
    content = json.loads(base64.urlsafe_b64decode(cursor + "=" * (-len(cursor) % 4)))
    content["place"][0] -= 1
    forged = base64.urlsafe_b64encode(json.dumps(content).encode()).decode().rstrip("=")
    assert desk.refusal({}, after=forged).sqlstate == "WT041"
