"""What a receiver refuses is put aside, counted, and tried again or given up on demand."""

from __future__ import annotations

from typing import Any
from uuid import uuid4

from retention.vault import old
from sinks.harbour import Harbour, Row, ids
from walls.ledger import REASON, call, refused, rows


def put_aside(harbour: Harbour, row: Row, error: str = "too large", **given: Any) -> None:
    arguments = {"event_id": row["event_id"], "occurred_at": row["occurred_at"]} | given
    call(harbour.shipper, "add_dead_letter", name="siem", error=error, **arguments)


def letters(harbour: Harbour) -> list[Row]:
    return rows(harbour.operator, "list_dead_letters", name="siem")


def test_one_put_aside_does_not_come_again_until_asked_for(harbour: Harbour) -> None:
    harbour.open("a", "b")
    harbour.write(2)
    harbour.seal()
    batch = harbour.read()
    put_aside(harbour, batch[0])
    put_aside(harbour, batch[1], error="bad\u0394 " * 200)
    harbour.drain()
    assert harbour.sink()["dead_letters"] == 2
    assert harbour.sink(tenant="b")["dead_letters"] == 0
    assert [row["event_id"] for row in letters(harbour)] == ids(batch[:2])
    assert [len(row["error"]) for row in letters(harbour)] == [9, 500]
    assert harbour.read() == []
    assert call(harbour.operator, "retry_dead_letters", name="siem") == 2
    assert call(harbour.operator, "retry_dead_letters", name="siem") == 0
    later = harbour.write(1)
    harbour.seal()
    again = harbour.read()
    assert ids(again) == ids(batch[:2])
    assert [row["content"] for row in again] == [row["content"] for row in batch[:2]]
    put_aside(harbour, again[1], error="still too large")
    assert harbour.acknowledge(again[-1]["cursor"])
    [left] = letters(harbour)
    assert (left["event_id"], left["refusals"], left["is_retrying"]) == (
        batch[1]["event_id"],
        2,
        False,
    )
    assert set(later) <= set(ids(harbour.drain()))


def test_retries_come_before_the_log_and_can_be_read_ahead_of(harbour: Harbour) -> None:
    harbour.open("a")
    harbour.write(3)
    harbour.seal()
    batch = harbour.read()
    put_aside(harbour, batch[0])
    harbour.drain()
    call(harbour.operator, "retry_dead_letters", name="siem")
    written = harbour.write(1)
    harbour.seal()
    first = harbour.read()
    ahead = harbour.read(after=first[-1]["cursor"])
    assert ids(first) == ids(batch[:1])
    assert set(written) <= set(ids(ahead))
    assert harbour.acknowledge(ahead[-1]["cursor"])
    assert ids(harbour.read()) == ids(first)


def test_given_up_is_given_up_and_told_to_the_tenant(harbour: Harbour) -> None:
    harbour.open("a")
    harbour.write(3)
    harbour.seal()
    batch = harbour.read()
    for row in batch[:3]:
        put_aside(harbour, row)
    with refused("WT021"):
        call(harbour.operator, "discard_dead_letters", name="siem", reason="no")
    discarded = harbour.operator.execute(
        "select audit.discard_dead_letters(name => 'siem', reason => %s, event_ids => %s)",
        (REASON, ids(batch[:1])),
    ).fetchone()
    assert discarded == (1,)
    assert call(harbour.operator, "discard_dead_letters", name="siem", reason=REASON) == 2
    assert letters(harbour) == []
    told = harbour.all(
        "select metadata from audit_private.event where action = 'dead_letters_discarded' "
        "order by sequence"
    )
    assert [row["metadata"]["event_ids"] for row in told] == [
        [str(event) for event in ids(batch[:1])],
        sorted(str(event) for event in ids(batch[1:3])),
    ]


def test_only_what_the_sink_carries_can_be_put_aside(harbour: Harbour) -> None:
    harbour.open("a")
    [foreign] = harbour.write(1, harbour.app_b)
    harbour.write(1)
    harbour.seal()
    [row, *_] = harbour.read()
    occurred_at = harbour.event(foreign)["occurred_at"]
    for given in (
        {"event_id": foreign, "occurred_at": occurred_at},
        {"event_id": uuid4()},
        {"event_id": None},
        {"occurred_at": None},
        {"occurred_at": occurred_at},
    ):
        with refused("WT155", case=given):
            put_aside(harbour, row, **given)
    assert letters(harbour) == []


def test_only_operators_retry_and_discard(harbour: Harbour) -> None:
    harbour.open("a")
    for connection in (harbour.shipper, harbour.admin, harbour.auditor):
        with refused("42501"):
            call(connection, "retry_dead_letters", name="siem")
        with refused("42501"):
            call(connection, "discard_dead_letters", name="siem", reason=REASON)
    with refused("WT150"):
        call(harbour.operator, "retry_dead_letters", name="none")
    assert rows(harbour.shipper, "list_dead_letters", name="siem") == []
    assert rows(harbour.auditor, "list_dead_letters", name="siem") == []


def test_one_that_was_purged_meanwhile_ends_when_it_is_tried(harbour: Harbour) -> None:
    harbour.open("a")
    [gone] = harbour.bring(old(400))
    harbour.seal()
    [row] = [row for row in harbour.read() if row["event_id"] == gone]
    put_aside(harbour, row)
    harbour.drain()
    harbour.purge()
    call(harbour.operator, "retry_dead_letters", name="siem")
    [empty] = harbour.read()
    assert (empty["event_id"], empty["content"]) == (None, None)
    assert harbour.acknowledge(empty["cursor"])
    assert letters(harbour) == []
