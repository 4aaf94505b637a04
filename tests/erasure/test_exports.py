"""Exports that hold what is erased are ended and emptied; no other is touched."""

from __future__ import annotations

from typing import Any
from uuid import UUID

import pytest

from erasure.bureau import Bureau, ask
from exporting.office import parse
from retention.vault import in_background, old
from walls.ledger import REASON, call, refused, wait_until_blocked

ERROR = "an event was erased; request it again"


@pytest.fixture
def told(bureau: Bureau) -> Bureau:
    bureau.put(actor_id="q-anna", entity_id="1", description="by her")
    bureau.put(actor_id="bo", entity_id="2", description="about q-anna")
    bureau.put(actor_id="bo", entity_id="3", description="plain")
    return bureau


def state(bureau: Bureau, export_id: UUID) -> tuple[str, str | None]:
    listed = bureau.office.listed(export_id)
    return listed["state"], listed["error"]


def chunks(bureau: Bureau, export_id: UUID) -> int:
    return len(
        bureau.root.execute(
            "select from audit_private.export_chunk where export_id = %s", (export_id,)
        ).fetchall()
    )


def test_those_that_hold_it_and_no_others(told: Bureau) -> None:
    holding = [told.office.request({"entity_id": n}, f) for n in "12" for f in ("csv", "jsonl")]
    others = [told.office.request({"entity_id": "3"}), told.office.request({"entity_id": "none"})]
    told.office.run()
    content = told.office.read(others[0])
    assert told.erase("q-anna") == (2, 0, 4)
    for export_id in holding:
        assert state(told, export_id) == ("failed", ERROR)
        assert chunks(told, export_id) == 0
        with refused("WT123") as refusal:
            told.office.read(export_id)
        assert "erased" in refusal.detail
        assert told.office.steps(export_id) == ["requested", "completed", "failed"]
    assert {state(told, export_id) for export_id in others} == {("completed", None)}
    assert told.office.read(others[0]) == content
    assert told.places("q-anna") == []
    again = told.office.take({"entity_id": "1"})
    assert [row["description"] for row in again] == ["by her"]
    assert again[0]["actor_id"].startswith("erased-")


def test_another_tenants_stay(told: Bureau) -> None:
    told.put("b", actor_id="q-anna", entity_id="1")
    mine = told.office.request({"entity_id": "1"}, connection=told.office.other.reader)
    told.office.run()
    told.erase("q-anna")
    assert state_of_b(told, mine) == "completed"
    assert told.erase("q-anna", connection=told.privacy_b) == (1, 0, 1)
    assert state_of_b(told, mine) == "failed"


def state_of_b(bureau: Bureau, export_id: UUID) -> str:
    return str(bureau.office.listed(export_id, bureau.office.other.reader)["state"])


def test_one_that_runs_is_ended(bureau: Bureau) -> None:
    bureau.office.fill(12_000)
    [event_id] = bureau.vault.bring(old(3, actor_id="anna", description="last of all"))
    running, other = bureau.office.request({"source": "imported"}), bureau.office.request()
    bureau.office.start()
    # The event that goes would only have come later.
    assert bureau.office.step(running) == "more"
    assert bureau.erase("anna") == (1, 0, 2)
    assert bureau.groups(event_id) == {"actor_id"}
    for export_id in (running, other):
        assert state(bureau, export_id) == ("failed", ERROR)
        assert chunks(bureau, export_id) == 0
        assert bureau.office.step(export_id) == "done"
    bureau.office.run()
    assert state(bureau, running) == ("failed", ERROR)
    assert bureau.office.steps(running) == ["requested", "failed"]
    assert len(bureau.office.take({"source": "imported"})) == 12_001


def test_one_that_waits_is_written_without_it(told: Bureau) -> None:
    waiting, named = (
        told.office.request({"entity_id": "1"}),
        told.office.request({"actor_id": "q-anna"}),
    )
    assert told.erase("q-anna") == (3, 0, 1)
    assert state(told, named) == ("failed", ERROR)
    assert told.office.listed(named)["filter"] == {"erased": True}
    told.office.run()
    assert state(told, waiting) == ("completed", None)
    assert b"q-anna" not in told.office.read(waiting)


def test_a_straight_one_learns_that_it_failed(told: Bureau) -> None:
    reader = told.office.reader
    [begun] = ask(reader, "begin_export", filter={"entity_id": "1"})
    [other] = ask(reader, "begin_export", filter={"entity_id": "3"})
    with reader.cursor().copy(begun["statement"]) as copy:
        content = b"".join(bytes(block) for block in copy)
    assert b"q-anna" in content
    assert told.erase("q-anna")[2] == 1
    with refused("WT125") as refusal:
        ask(reader, "finish_export", export_id=begun["export_id"], rows=1, bytes=1, digest="x")
    assert ERROR in refusal.detail
    # Telling that it failed is no news.
    [row] = ask(reader, "finish_export", export_id=begun["export_id"], error="gave up")
    assert list(row.values()) == [False]
    assert state(told, begun["export_id"]) == ("failed", ERROR)
    assert ask(reader, "finish_export", export_id=other["export_id"], rows=1)
    assert state(told, other["export_id"]) == ("completed", None)


def test_a_worker_that_took_one_learns_that_it_is_to_stop(told: Bureau) -> None:
    reader = told.office.reader
    taken, other = told.office.request({"entity_id": "1"}), told.office.request({"entity_id": "3"})
    for export_id in (taken, other):
        assert len(ask(reader, "take_export", export_id=export_id)) == 1
    assert told.erase("q-anna")[2] == 1
    answers = [
        list(row.values())
        for export_id in (taken, other)
        for row in ask(reader, "note_export", export_id=export_id)
    ]
    assert answers == [[False], [True]]
    with refused("WT125") as refusal:
        ask(reader, "finish_export", export_id=taken, rows=1, bytes=1, digest="x")
    assert ERROR in refusal.detail
    assert ask(reader, "take_export", export_id=taken) == []
    assert state(told, taken) == ("failed", ERROR)
    assert ask(reader, "finish_export", export_id=other, rows=1)
    assert state(told, other) == ("completed", None)


def test_one_that_is_written_into_a_file_learns_it_too(told: Bureau) -> None:
    reader = told.office.reader
    running, done = (told.office.request({"entity_id": "1"}) for _ in range(2))
    for export_id in (running, done):
        [taken] = ask(reader, "take_export", export_id=export_id)
        assert taken["taken_id"] == export_id
    assert ask(reader, "finish_export", export_id=done, rows=1, bytes=1, digest="x")
    assert told.erase("q-anna") == (2, 0, 1)
    with refused("WT125"):
        ask(reader, "finish_export", export_id=running, rows=1, bytes=1, digest="x")
    assert state(told, running) == ("failed", ERROR)
    # A file that is complete has left the database.
    assert state(told, done) == ("completed", None)


def test_events_that_were_purged_meanwhile_are_in_an_export_all_the_same(bureau: Bureau) -> None:
    bureau.vault.bring(old(400, actor_id="q-an_na", description="gone"))
    bureau.vault.hold("case 1", {"source": "imported"})
    export_id = bureau.office.request({"source": "imported"})
    bureau.office.run()
    call(bureau.vault.admin, "release_hold", name="case 1", reason=REASON)
    bureau.vault.purge()
    assert bureau.vault.left() == []
    assert bureau.erase("q-an_na") == (0, 0, 1)
    assert state(bureau, export_id) == ("failed", ERROR)
    assert bureau.places("q-an_na") == []


def test_held_events_go_from_exports_when_they_are_erased(told: Bureau) -> None:
    told.vault.hold("case 1", {"entity_id": "1"})
    told.office.request({"entity_id": "1", "actor_id": ["bo", None]})
    export_id = told.office.request({"entity_id": "1"})
    told.office.run()
    # Its content names her, so it goes at once; what is asked for again shows what is held.
    assert told.erase("q-anna") == (1, 1, 1)
    assert state(told, export_id) == ("failed", ERROR)
    again = told.office.request({"entity_id": "1"})
    told.office.run()
    assert b"q-anna" in told.office.read(again)
    call(told.vault.admin, "release_hold", name="case 1", reason=REASON)
    assert state(told, again) == ("failed", ERROR)
    assert told.places("q-anna") == []
    assert [row["exports"] for row in ask(told.privacy, "list_erasures")] == [2]


def test_an_erasure_waits_for_a_chunk_that_is_being_written(bureau: Bureau) -> None:
    bureau.office.fill(11_000)
    bureau.vault.bring(old(3, actor_id="q-anna"))
    export_id = bureau.office.request({"source": "imported"})
    bureau.office.start()
    worker = bureau.database.connect(bureau.database.role("operator"))
    worker.execute("begin")
    assert bureau.office.step(export_id, worker) == "more"
    found: list[Any] = []
    with in_background(lambda: found.append(bureau.erase("q-anna"))) as failures:
        wait_until_blocked(bureau.database, bureau.privacy)
        worker.execute("commit")
    assert (failures, found) == ([], [(1, 0, 1)])
    assert state(bureau, export_id) == ("failed", ERROR)
    assert chunks(bureau, export_id) == 0


def test_the_job_goes_on_with_other_tenants_beside_an_erasure(bureau: Bureau) -> None:
    bureau.put(actor_id="q-anna")
    bureau.put("b", description="of b")
    mine = bureau.office.request()
    theirs = bureau.office.request(connection=bureau.office.other.reader)
    bureau.office.operator.execute("set statement_timeout = '20s'")
    with bureau.privacy.transaction():
        bureau.erase("q-anna")
        bureau.office.run()
        assert state_of_b(bureau, theirs) == "completed"
        assert bureau.office.listed(mine)["state"] == "pending"
    bureau.office.run()
    assert state(bureau, mine) == ("completed", None)
    content = bureau.office.read(mine)
    assert b"q-anna" not in content
    assert b"erased-" in content


def test_an_export_begun_by_hand_beside_an_erasure_writes_nothing_yet(bureau: Bureau) -> None:
    bureau.put(actor_id="q-anna", entity_id="1")
    export_id = bureau.office.request({"entity_id": "1"})
    bureau.office.start()
    with bureau.privacy.transaction():
        bureau.erase("somebody else")
        assert bureau.office.step(export_id) == "more"
        assert chunks(bureau, export_id) == 0
    assert bureau.office.step(export_id) == "done"
    assert [row["actor_id"] for row in parse(bureau.office.read(export_id))] == ["q-anna"]
