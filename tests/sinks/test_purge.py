"""Where purges wait for a sink, nothing is purged that it has not delivered."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from retention.vault import ago, in_background, old
from sinks.harbour import Harbour, ids
from walls.ledger import REASON, call, refused

WAITING = {"start": "beginning", "purge_waits": True}


def present(harbour: Harbour, wanted: list[UUID]) -> set[UUID]:
    """Those of some events that are still stored."""
    return set(wanted) & harbour.events()


def test_a_purge_leaves_what_is_not_delivered_and_says_so(harbour: Harbour) -> None:
    harbour.open("a", options=WAITING)
    mine = harbour.bring(*(old(400) for _ in range(3)))
    theirs = harbour.bring(*(old(400) for _ in range(2)), tenant="b")
    harbour.seal()
    assert harbour.preview()["kept_by_sink"] == 3
    assert harbour.preview()["due"] == 0
    harbour.purge()
    assert present(harbour, mine) == set(mine)
    assert present(harbour, theirs) == set()
    receipt = harbour.receipts()[0]
    assert (receipt["kept_by_sink"], receipt["removed"], receipt["error"]) == (3, 0, None)
    assert harbour.last_run()["result"] == "succeeded"
    assert set(mine) <= set(ids(harbour.drain()))
    harbour.purge()
    assert present(harbour, mine) == set()
    assert harbour.receipts()[0]["kept_by_sink"] == 0


def test_it_waits_for_just_what_is_behind_the_place(harbour: Harbour) -> None:
    harbour.open("a", options=WAITING)
    mine = harbour.bring(*(old(ago(400 - n)) for n in range(5)))
    harbour.seal()
    batch = harbour.read()
    passed = [row for row in batch if row["event_id"] in set(mine[:2])][-1]
    harbour.acknowledge(passed["cursor"])
    harbour.purge()
    assert present(harbour, mine) == set(mine[2:])


def test_what_a_filter_does_not_find_waits_for_nothing(harbour: Harbour) -> None:
    harbour.open("a", options=WAITING, filter={"outcome": "failure"})
    failed = harbour.bring(old(400, outcome="failure", error_message="no room"))
    others = harbour.bring(*(old(400) for _ in range(3)))
    harbour.purge()
    assert present(harbour, failed + others) == set(failed)


def test_a_sink_that_is_not_approved_or_does_not_want_it_holds_up_nothing(
    harbour: Harbour,
) -> None:
    harbour.open(options=WAITING)
    harbour.open("a", name="careless")
    mine = harbour.bring(old(400))
    harbour.purge()
    assert present(harbour, mine) == set()


def test_an_approval_withdrawn_ends_the_wait(harbour: Harbour) -> None:
    harbour.open("a", options=WAITING)
    mine = harbour.bring(old(400))
    harbour.purge()
    assert present(harbour, mine) == set(mine)
    harbour.withdraw("a")
    harbour.purge()
    assert present(harbour, mine) == set()


def test_the_operator_may_end_the_wait_and_that_is_an_event(harbour: Harbour) -> None:
    harbour.open("a", options=WAITING)
    mine = harbour.bring(old(400))
    with refused("WT153") as refusal:
        harbour.define(options={"start": "beginning"})
    assert "set_purge_waits" in refusal.hint
    with refused("WT021"):
        call(harbour.operator, "set_purge_waits", name="siem", waits=False, reason="gone")
    assert call(harbour.operator, "set_purge_waits", name="siem", waits=False, reason=REASON)
    assert not call(harbour.operator, "set_purge_waits", name="siem", waits=False, reason=REASON)
    with refused("WT150"):
        call(harbour.operator, "set_purge_waits", name="none", waits=False, reason=REASON)
    harbour.purge()
    assert present(harbour, mine) == set()
    told = harbour.all(
        "select tenant_id, changes from audit_private.event where action = 'sink_purge_wait_set'"
    )
    assert len(told) == 2
    assert {str(row["changes"]) for row in told} == {
        str({"purge_waits": {"new": False, "old": True}})
    }


def test_a_refused_event_waits_until_it_is_delivered_or_given_up(harbour: Harbour) -> None:
    harbour.open("a", options=WAITING)
    mine = harbour.bring(old(400), old(401))
    harbour.seal()
    for row in harbour.read():
        if row["event_id"] in mine:
            put_aside(harbour, row)
    harbour.drain()
    harbour.purge()
    assert present(harbour, mine) == set(mine)
    assert harbour.receipts()[0]["kept_by_sink"] == 2
    harbour.operator.execute(
        "select audit.retry_dead_letters(name => 'siem', event_ids => %s)", (mine[:1],)
    )
    assert ids(harbour.drain()) == mine[:1]
    harbour.purge()
    assert present(harbour, mine) == set(mine[1:])
    assert call(harbour.operator, "discard_dead_letters", name="siem", reason=REASON) == 1
    harbour.purge()
    assert present(harbour, mine) == set()


def put_aside(harbour: Harbour, row: dict[str, Any]) -> None:
    call(
        harbour.shipper, "add_dead_letter", name="siem", event_id=row["event_id"],
        occurred_at=row["occurred_at"], error="too large",
    )  # fmt: skip


def test_an_emptied_partition_keeps_what_waits(harbour: Harbour) -> None:
    moment = ago(420).replace(hour=12)
    harbour.open("a", options=WAITING)
    harbour.drain()
    waiting = harbour.bring(old(moment))
    harbour.fill(12000, moment, "b")
    harbour.purge()
    assert harbour.left("b") == []
    assert present(harbour, waiting) == set(waiting)


def test_an_approval_waits_for_a_purge_under_way_and_is_heeded_by_the_next(
    harbour: Harbour,
) -> None:
    harbour.open(options=WAITING)
    mine = harbour.bring(*(old(400) for _ in range(2)))
    run = harbour.begin()
    run.predict()
    run.operator.autocommit = False
    assert run.step() == "more"
    with in_background(lambda: harbour.approve("a")) as failures:
        harbour.wait_for_lock("legal_hold", "RowExclusiveLock")
        run.operator.commit()
    assert failures == []
    run.operator.autocommit = True
    run.steps()
    run.finish()
    assert present(harbour, mine) == set(mine)
    later = harbour.bring(old(400))
    harbour.purge()
    assert present(harbour, later) == set(later)
