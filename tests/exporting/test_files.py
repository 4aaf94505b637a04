"""Exports that a worker takes, to write them into files of its own."""

from __future__ import annotations

import threading
from functools import partial
from typing import Any
from uuid import UUID

import psycopg
import pytest

from exporting.office import Office, call_one, parse
from retention.vault import in_background, old
from walls.ledger import Connection, call, refused, rows, wait_until_blocked


def take(connection: Connection, export_id: UUID) -> str | None:
    found = rows(connection, "take_export", export_id=export_id)
    assert [row["taken_id"] for row in found] in ([export_id], [])
    return found[0]["statement"] if found else None


def stream(connection: Connection, statement: str) -> list[dict[str, Any]]:
    with connection.cursor().copy(statement.encode()) as copy:
        return parse(b"".join(bytes(block) for block in copy))


def finish(office: Office, export_id: UUID, **ending: Any) -> bool:
    done: bool = call_one(office.reader, "finish_export", export_id=export_id, **ending)
    return done


def test_from_the_request_to_the_file(office: Office) -> None:
    office.desk.put(description="mine")
    office.other.put(description="of b")
    export_id = office.request({"action": "user_created"})
    statement = take(office.reader, export_id)
    assert statement is not None
    assert office.listed(export_id)["state"] == "running"
    office.run()
    assert office.listed(export_id)["state"] == "running"
    assert take(office.reader, export_id) is None
    assert [row["description"] for row in stream(office.reader, statement)] == ["mine"]
    assert call_one(office.reader, "note_export", export_id=export_id, rows=1, bytes=7) is True
    listed = office.listed(export_id)
    assert (listed["rows"], listed["bytes"]) == (1, 7)
    assert finish(office, export_id, rows=1, bytes=700, digest="d")
    assert not finish(office, export_id, rows=2, bytes=2, digest="e")
    listed = office.listed(export_id)
    assert (listed["state"], listed["rows"], listed["digest"]) == ("completed", 1, "d")
    assert office.steps(export_id) == ["requested", "taken", "completed"]
    taken = office.events(export_id)[1]["metadata"]
    assert taken["read_number"]
    assert taken["justification"] == "To see that reading works"
    with refused("WT123") as refusal:
        rows(office.reader, "read_export", export_id=export_id)
    assert "into a file" in refusal.detail
    assert not office.vault.root.execute("select from audit_private.export_chunk").fetchall()


def test_it_takes_a_session_and_is_for_who_asked(office: Office) -> None:
    export_id = office.request()
    with refused("WT122"):
        take(office.vault.reader("privacy"), export_id)
    with refused("WT121"):
        take(office.other.reader, export_id)
    with refused("42501"):
        take(office.operator, export_id)
    with refused("42501"):
        call_one(office.operator, "note_export", export_id=export_id)
    with refused("WT122"):
        call_one(office.vault.reader("privacy"), "note_export", export_id=export_id)
    assert take(office.vault.reader("admin"), export_id) is not None
    own = office.request()
    office.reader.execute(
        "select audit.close_access(access_id) from audit.list_access() "
        "where is_open and recorded_by = session_user"
    )
    with refused("WT030", "WT031"):
        take(office.reader, own)


def test_what_does_not_wait_is_not_taken(office: Office) -> None:
    written, cancelled, failed = (office.request() for _ in range(3))
    call_one(office.reader, "cancel_export", export_id=cancelled)
    office.operator.execute("select audit_private.fail_export(%s, 'why not')", (failed,))
    office.run()
    [straight] = rows(office.reader, "begin_export")
    for export_id in (written, cancelled, failed, straight["export_id"]):
        assert take(office.reader, export_id) is None
        assert office.steps(export_id)[-1] != "taken"
    assert call_one(office.reader, "note_export", export_id=written) is False


def test_what_is_cancelled_stays_cancelled(office: Office) -> None:
    export_id = office.request()
    statement = take(office.reader, export_id)
    assert statement is not None
    assert call_one(office.reader, "cancel_export", export_id=export_id) is True
    assert call_one(office.reader, "note_export", export_id=export_id, rows=1) is False
    assert not finish(office, export_id, rows=1, bytes=1, digest="d")
    office.run()
    assert office.listed(export_id)["state"] == "cancelled"
    assert office.steps(export_id) == ["requested", "taken", "cancelled"]


def test_two_of_a_tenant_run_whoever_writes_them(office: Office) -> None:
    waiting = [office.request() for _ in range(8)]
    barrier = threading.Barrier(8)
    failures: list[BaseException] = []

    def run(begin: Any) -> None:
        barrier.wait()
        try:
            begin()
        except BaseException as error:
            failures.append(error)

    workers = [office.database.connect(office.database.role("reader")) for _ in range(5)]
    jobs = [office.database.connect(office.database.role("operator")) for _ in range(3)]
    begins = [
        *(partial(take, *each) for each in zip(workers, waiting[:2:-1], strict=True)),
        *(partial(job.execute, "select audit_private.start_exports()") for job in jobs),
    ]
    threads = [threading.Thread(target=run, args=(begin,)) for begin in begins]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert failures == []
    states = [row["state"] for row in rows(office.reader, "list_exports")]
    assert states.count("running") == 2
    assert states.count("pending") == 6


def test_one_of_two_workers_has_it(office: Office) -> None:
    export_id = office.request()
    first, second = (office.database.connect(office.database.role("reader")) for _ in range(2))
    taken: list[str | None] = []
    first.execute("begin")
    taken.append(take(first, export_id))
    with in_background(lambda: taken.append(take(second, export_id))) as failures:
        wait_until_blocked(office.database, second)
        first.execute("commit")
    assert failures == []
    assert [statement is None for statement in taken] == [False, True]


@pytest.mark.parametrize("way", ["job", "worker"])
def test_after_a_worker_was_killed_it_begins_anew(office: Office, way: str) -> None:
    office.desk.put(description="mine")
    export_id = office.request({"action": "user_created"})
    worker = office.database.connect(office.database.role("reader"))
    assert take(worker, export_id) is not None
    call_one(office.reader, "note_export", export_id=export_id, rows=1, bytes=7)
    office.vault.root.execute("select pg_terminate_backend(%s, 10000)", (worker.info.backend_pid,))
    worker.close()
    if way == "job":
        office.run()
        assert [row["description"] for row in parse(office.read(export_id))] == ["mine"]
        return
    statement = take(office.reader, export_id)
    assert statement is not None
    assert office.listed(export_id)["rows"] == 0
    assert len(stream(office.reader, statement)) == 1
    assert finish(office, export_id, rows=1, bytes=1, digest="d")
    assert office.listed(export_id)["state"] == "completed"


def test_a_worker_that_says_nothing_for_an_hour_counts_as_gone(office: Office) -> None:
    export_id = office.request()
    assert take(office.reader, export_id) is not None
    office.vault.root.execute(
        "update audit_private.export set noted_at = clock_timestamp() - interval '61 minutes'"
    )
    office.run()
    assert office.listed(export_id)["state"] == "completed"
    assert not finish(office, export_id, rows=1, bytes=1, digest="d")


def test_a_purge_waits_for_it(office: Office) -> None:
    vault = office.vault
    vault.bring(old(400, description="a", actor_id="erik"))
    vault.hold("case 1", {"actor_id": "erik"})
    export_id = office.request({"source": "imported"})
    statement = take(office.reader, export_id)
    assert statement is not None
    call(vault.admin, "release_hold", name="case 1", reason="it is over and done with")
    vault.purge()
    assert vault.left() == ["a"]
    assert finish(office, export_id, error="the disk is full")
    assert office.listed(export_id)["error"] == "the disk is full"
    vault.purge()
    assert vault.left() == []


def test_settings_of_dates_change_nothing(office: Office) -> None:
    office.desk.put(description="mine")
    [row] = rows(office.reader, "begin_export", filter={"action": "user_created"})
    found = stream(office.reader, row["statement"])
    for style in ("German", "SQL, DMY", "Postgres", "ISO, YMD"):
        office.reader.execute(f"set datestyle = '{style}'")
        office.reader.execute("set timezone = 'Asia/Tokyo'")
        assert stream(office.reader, row["statement"]) == found
    assert isinstance(office.reader, psycopg.Connection)
