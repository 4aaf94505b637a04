"""What is held stays, is counted, and goes when the hold is released."""

from __future__ import annotations

from typing import Any

import pytest

from erasure.bureau import Bureau, ask
from retention.vault import in_background, old
from walls.ledger import REASON, call, refused, wait_until_blocked


def release(bureau: Bureau, name: str) -> Any:
    return call(bureau.vault.admin, "release_hold", name=name, reason=REASON)


def test_held_events_stay_and_go_with_the_hold(bureau: Bureau) -> None:
    held = [bureau.put(actor_id="q-anna", entity_id="7", description="of q-anna") for _ in range(2)]
    free = bureau.put(actor_id="q-anna", entity_id="8", ip="192.0.2.7")
    leaves = bureau.leaves()
    bureau.vault.hold("case 1", {"entity_id": "7"})
    before = [bureau.get(event_id) for event_id in held]
    assert bureau.erase("q-anna") == (1, 2, 0)
    assert bureau.groups(free) == {"actor_id", "payload"}
    assert [bureau.get(event_id) for event_id in held] == before
    [erasure] = ask(bureau.privacy, "list_erasures")
    assert (erasure["erased"], erasure["held"]) == (1, 2)
    # What waits is told by keys, and never by whom.
    waiting = [p for p in bureau.places("q-anna") if "event_" not in p]
    assert waiting == []

    assert release(bureau, "case 1") is True
    for event_id in held:
        assert bureau.groups(event_id) == {"actor_id", "payload"}
        assert bureau.get(event_id)["actor_id"] == bureau.get(free)["actor_id"]
    assert bureau.places("q-anna") == []
    assert {k: v for k, v in bureau.leaves().items() if k in leaves} == leaves
    [erasure] = ask(bureau.privacy, "list_erasures")
    assert (erasure["erased"], erasure["held"]) == (3, 0)
    told = bureau.root.execute(
        "select metadata from audit_private.event where action = 'subject_erased' order by sequence"
    ).fetchall()
    assert [(t["metadata"]["erased"], t["metadata"]["held"]) for t in told] == [(1, 2), (2, 0)]


def test_all_of_it_held_raises_nothing(bureau: Bureau) -> None:
    event_id = bureau.put(actor_id="anna")
    bureau.vault.hold("case 1", {})
    assert bureau.erase("anna") == (0, 1, 0)
    assert bureau.groups(event_id) == set()
    assert bureau.erase_events({"actor_id": "anna"}) == (0, 1, 0)
    [_, told] = bureau.root.execute(
        "select metadata from audit_private.event where entity_type = 'audit_erasure'"
    ).fetchall()
    assert (told["metadata"]["erased"], told["metadata"]["held"]) == (0, 1)
    release(bureau, "case 1")
    assert bureau.groups(event_id) == {"actor_id", "payload"}


def test_what_another_hold_keeps_waits_for_that(bureau: Bureau) -> None:
    one = bureau.put(actor_id="anna", entity_id="7")
    both = bureau.put(actor_id="anna", entity_id="8", outcome="failure", error_message="x")
    bureau.vault.hold("case 1", {"actor_id": "anna"})
    bureau.vault.hold("case 2", {"outcome": "failure"})
    # What tells of placing it isn't held.
    assert bureau.erase("anna") == (1, 2, 0)
    bureau.vault.hold("case 3", {"entity_id": "nothing of hers"})
    release(bureau, "case 3")
    assert bureau.groups(one) == set()
    release(bureau, "case 1")
    assert (bureau.groups(one), bureau.groups(both)) == ({"actor_id"}, set())
    assert [row["held"] for row in ask(bureau.privacy, "list_erasures")] == [1]
    release(bureau, "case 2")
    assert bureau.groups(both) == {"actor_id"}
    told = bureau.root.execute(
        "select metadata from audit_private.event where action = 'subject_erased' order by sequence"
    ).fetchall()
    assert [(t["metadata"]["erased"], t["metadata"]["held"]) for t in told] == [
        (1, 2),
        (1, 1),
        (1, 0),
    ]


def test_a_hold_placed_meanwhile_keeps_what_waits(bureau: Bureau) -> None:
    event_id = bureau.put(actor_id="anna")
    bureau.vault.hold("case 1", {"actor_id": "anna"})
    bureau.erase("anna")
    bureau.vault.hold("case 2", {"source": "logged"})
    release(bureau, "case 1")
    assert bureau.groups(event_id) == set()
    release(bureau, "case 2")
    assert bureau.groups(event_id) == {"actor_id"}


def test_a_hold_of_the_other_tenant_keeps_nothing(bureau: Bureau) -> None:
    event_id = bureau.put(actor_id="anna")
    bureau.vault.hold("case 1", {}, tenant="b")
    assert bureau.erase("anna") == (1, 0, 0)
    assert bureau.groups(event_id) == {"actor_id"}


def test_a_hold_keeps_its_own_words_until_it_is_released(bureau: Bureau) -> None:
    """It keeps events by them; what was logged of placing it is no part of the case."""
    event_id = bureau.put(actor_id="q-anna")
    call(
        bureau.vault.admin,
        "place_hold",
        name="q-Anna and others",
        filter={"actor_id": ["q-anna", "bo"], "from": "2020-01-01"},
        reason="q-Anna took us to court",
    )
    assert bureau.erase("q-anna")[1:] == (1, 0)
    kept = {
        "audit_private.legal_hold.actor_ids",
        "audit_private.legal_hold.filter",
        "audit_private.legal_hold.name",
        "audit_private.legal_hold.reason",
    }
    assert {p for p in bureau.places("q-anna") if "event_" not in p} == kept
    later = bureau.put(actor_id="bo")
    assert bureau.erase("somebody else") == (0, 0, 0)
    assert bureau.groups(later) == set()
    release(bureau, "q-Anna and others")
    assert bureau.places("q-anna") == []
    assert bureau.groups(event_id) == {"actor_id"}
    [hold] = ask(bureau.vault.admin, "list_holds")
    assert (hold["name"], hold["filter"]) == ("[erased]", {"erased": True})
    told = bureau.root.execute(
        "select entity_id, description from audit_private.event where action = 'hold_released'"
    ).fetchone()
    assert told == {"entity_id": "[erased]", "description": "Legal hold [erased] released"}


def test_a_purge_and_a_release_leave_no_loose_end(bureau: Bureau) -> None:
    [event_id] = bureau.vault.bring(old(400, actor_id="anna", entity_id="7", description="held"))
    bureau.vault.hold("case 1", {"entity_id": "7"})
    assert bureau.erase("anna") == (0, 1, 0)
    bureau.vault.purge()
    assert bureau.vault.left() == ["held"]
    release(bureau, "case 1")
    assert bureau.groups(event_id) == {"actor_id"}
    bureau.vault.purge()
    assert bureau.vault.left() == []
    assert bureau.root.execute("select from audit_private.pending_erasure").fetchall() == []


@pytest.mark.parametrize("ends", ["commit", "rollback"])
def test_a_hold_under_way_is_waited_for(bureau: Bureau, ends: str) -> None:
    """Whoever places it knows afterwards what it keeps; undone, it keeps nothing."""
    event_id = bureau.put(actor_id="anna")
    found: list[Any] = []
    bureau.vault.admin.execute("begin")
    call(
        bureau.vault.admin, "place_hold", name="case 1", filter={"actor_id": "anna"}, reason=REASON
    )
    with in_background(lambda: found.append(bureau.erase("anna"))) as failures:
        wait_until_blocked(bureau.database, bureau.privacy)
        bureau.vault.admin.execute(ends.encode())
    assert failures == []
    assert found == [(1, 1, 0) if ends == "commit" else (1, 0, 0)]
    assert bureau.groups(event_id) == (set() if ends == "commit" else {"actor_id"})


@pytest.mark.parametrize("ends", ["commit", "rollback"])
def test_who_places_a_hold_waits_for_an_erasure_under_way(bureau: Bureau, ends: str) -> None:
    event_id = bureau.put(actor_id="anna")
    bureau.privacy.execute("begin")
    assert bureau.erase("anna") == (1, 0, 0)
    with in_background(lambda: bureau.vault.hold("case 1", {"source": "logged"})) as failures:
        wait_until_blocked(bureau.database, bureau.vault.admin)
        bureau.privacy.execute(ends.encode())
    assert failures == []
    assert bureau.groups(event_id) == ({"actor_id"} if ends == "commit" else set())
    if ends == "rollback":
        assert bureau.erase("anna") == (0, 1, 0)


def test_a_release_waits_for_an_erasure_under_way(bureau: Bureau) -> None:
    """Else what that one finds held would wait for ever."""
    event_id = bureau.put(actor_id="anna")
    bureau.vault.hold("case 1", {"source": "logged"})
    bureau.privacy.execute("begin")
    assert bureau.erase("anna") == (0, 1, 0)
    with in_background(lambda: release(bureau, "case 1")) as failures:
        wait_until_blocked(bureau.database, bureau.vault.admin)
        bureau.privacy.execute("commit")
    assert failures == []
    assert bureau.groups(event_id) == {"actor_id"}


def test_other_tenants_do_not_wait(bureau: Bureau) -> None:
    bureau.put(actor_id="anna")
    bureau.put("b", actor_id="anna")
    bureau.vault.hold("case b", {"entity_id": "7"}, tenant="b")
    bureau.vault.admin_b.execute("set lock_timeout = '2s'")
    bureau.privacy_b.execute("set lock_timeout = '2s'")
    with bureau.privacy.transaction():
        assert bureau.erase("anna") == (1, 0, 0)
        bureau.vault.hold("case 1", {"source": "logged"}, tenant="b")
        assert bureau.erase("anna", connection=bureau.privacy_b) == (0, 1, 0)
        call(bureau.vault.admin_b, "release_hold", name="case 1", reason=REASON)


def test_a_release_is_refused_on_a_stale_snapshot(bureau: Bureau) -> None:
    bureau.vault.hold("case 1", {})
    bureau.vault.admin.execute("begin isolation level repeatable read")
    with refused("WT037"):
        release(bureau, "case 1")
    bureau.vault.admin.execute("rollback")
