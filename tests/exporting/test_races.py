"""Exports beside each other, beside a cancellation, and after a kill."""

from __future__ import annotations

import threading
from uuid import UUID

from exporting.office import Office, call_one, parse
from retention.vault import in_background
from walls.ledger import Connection, refused, rows


def operator(office: Office) -> Connection:
    return office.database.connect(office.database.role("operator"))


def test_two_of_a_tenant_run_however_many_begin_them(office: Office) -> None:
    for _ in range(5):
        office.request()
    for _ in range(3):
        office.request(connection=office.other.reader)
    barrier = threading.Barrier(6)
    started: list[list[UUID]] = []

    def start(connection: Connection) -> None:
        barrier.wait()
        row = connection.execute("select audit_private.start_exports()").fetchone()
        assert row is not None
        started.append(row[0])

    threads = [threading.Thread(target=start, args=(operator(office),)) for _ in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(set().union(*started)) == 4
    running = office.vault.root.execute(
        "select tenant_id, count(*) as number from audit_private.export "
        "where state = 'running' group by tenant_id"
    ).fetchall()
    assert [row["number"] for row in running] == [2, 2]
    office.run()
    assert {row["state"] for row in rows(office.reader, "list_exports")} == {"completed"}


def test_an_open_transaction_of_one_tenant_holds_up_no_other(office: Office) -> None:
    office.desk.put(description="of a")
    office.other.put(description="of b")
    own, other = office.request(), office.request(connection=office.other.reader)
    administrator = office.database.connect(office.database.role("admin"))
    administrator.execute("begin")
    call_one(
        administrator,
        "set_action_logging",
        action="user_deleted",
        enabled=False,
        reason="not just now",
    )
    working = operator(office)
    working.execute("set statement_timeout = '10s'")
    working.execute("call audit.run_exports()")
    assert office.listed(own)["state"] == "pending"
    assert office.listed(other, office.other.reader)["state"] == "completed"
    administrator.execute("commit")
    working.execute("call audit.run_exports()")
    assert office.listed(own)["state"] == "completed"


def test_nobody_outside_can_keep_exports_from_running(office: Office) -> None:
    export_id = office.request()
    stranger = office.database.connect(office.database.role("stranger"))
    for text in ("pgwitness start_exports", f"pgwitness export {export_id}"):
        stranger.execute("select pg_advisory_lock(hashtextextended(%s, 0))", (text,))
    working = operator(office)
    working.execute("set statement_timeout = '10s'")
    working.execute("call audit.run_exports()")
    assert office.listed(export_id)["state"] == "completed"


def test_after_a_restore_what_was_running_fails(office: Office) -> None:
    office.fill(10_001)
    running, straight = office.request(), rows(office.reader, "begin_export")[0]["export_id"]
    office.start()
    assert office.step(running) == "more"
    done = office.request({"request_id": "x"})
    office.run()
    running_again = office.request()
    office.start()
    office.vault.root.execute(
        "update audit_private.export set incarnation = '1/2/3', state = case export_id "
        "when %s then 'running' else state end",
        (running,),
    )
    assert office.step(running_again) == "done"
    office.run()
    for export_id in (running, running_again, straight):
        listed = office.listed(export_id)
        assert (listed["state"], listed["error"]) == (
            "failed", "the database was restored meanwhile; ask for it anew",
        )  # fmt: skip
        assert office.steps(export_id)[-1] == "failed"
    assert office.read(done) == b""
    whole = office.request({"source": "imported"})
    office.run()
    assert len(parse(office.read(whole))) == 10_001


def test_steps_beside_each_other_write_each_event_once(office: Office) -> None:
    office.fill(40_001)
    export_id = office.request({"source": "imported"})
    office.start()

    def steps(connection: Connection) -> None:
        while office.step(export_id, connection) == "more":
            pass

    with in_background(lambda: steps(operator(office))) as failures:
        steps(operator(office))
    assert failures == []
    found = [row["id"] for row in parse(office.read(export_id))]
    assert len(found) == len(set(found)) == 40_001
    assert office.steps(export_id).count("completed") == 1


def test_two_jobs_at_once_are_one(office: Office) -> None:
    office.fill(20_001)
    export_id = office.request({"source": "imported"})
    first, second = operator(office), operator(office)
    with in_background(lambda: first.execute("call audit.run_exports()")) as failures:
        second.execute("call audit.run_exports()")
    assert failures == []
    assert len(parse(office.read(export_id))) == 20_001


def test_cancelling_waits_for_nothing_and_counts_at_once(office: Office) -> None:
    office.fill(10_001)
    pending, running = office.request(), office.request()
    assert call_one(office.reader, "cancel_export", export_id=pending) is True
    assert call_one(office.reader, "cancel_export", export_id=pending) is False
    assert office.listed(pending)["state"] == "cancelled"
    office.start()
    stepping = operator(office)
    stepping.execute("begin")
    assert office.step(running, stepping) == "more"
    office.reader.execute("set statement_timeout = '5s'")
    assert call_one(office.reader, "cancel_export", export_id=running) is True
    stepping.execute("commit")
    assert office.listed(running)["state"] == "cancelled"
    assert office.step(running) == "done"
    office.run()
    assert {row["state"] for row in rows(office.reader, "list_exports")} == {"cancelled"}
    assert not office.vault.root.execute("select from audit_private.export_chunk").fetchall()
    assert office.steps(running) == ["requested", "cancelled"]
    with refused("WT123"):
        rows(office.reader, "read_export", export_id=running)


def test_a_cancellation_in_an_open_transaction_holds_up_nobody(office: Office) -> None:
    office.desk.put()
    export_id = office.request()
    office.reader.execute("begin")
    assert call_one(office.reader, "cancel_export", export_id=export_id) is True
    stepping = operator(office)
    stepping.execute("set statement_timeout = '5s'")
    stepping.execute("call audit.run_exports()")
    office.reader.execute("commit")
    # Its last chunk came in between, and it is cancelled all the same.
    assert office.listed(export_id)["state"] == "cancelled"
    with refused("WT123"):
        rows(office.reader, "read_export", export_id=export_id)
    office.run()
    assert not office.vault.root.execute("select from audit_private.export_chunk").fetchall()


def test_killed_between_and_within_steps_it_goes_on(office: Office) -> None:
    office.fill(40_001)
    export_id = office.request({"source": "imported"})
    for number in (0, 1, 2):
        worker = operator(office)
        worker.execute("select audit_private.begin_run('run_exports', pg_backend_pid())")
        worker.execute("select audit_private.start_exports()")
        for _ in range(number):
            assert office.step(export_id, worker) == "more"
        worker.execute("begin")
        office.step(export_id, worker)
        office.vault.root.execute(
            "select pg_terminate_backend(%s, 10000)", (worker.info.backend_pid,)
        )
        worker.close()
    assert office.listed(export_id)["rows"] == 30_000
    office.run()
    found = [row["id"] for row in parse(office.read(export_id))]
    assert len(found) == len(set(found)) == 40_001
    results = office.vault.root.execute(
        "select result, count(*) from audit_private.job_run group by result"
    ).fetchall()
    assert {row["result"]: row["count"] for row in results} == {"interrupted": 3, "succeeded": 1}


def test_one_that_takes_too_long_says_so(office: Office) -> None:
    office.fill(10_001)
    export_id = office.request()
    office.start()
    office.step(export_id)
    office.vault.root.execute(
        "update audit_private.export set started_at = clock_timestamp() - interval '23 hours'"
    )
    office.run()
    listed = office.listed(export_id)
    assert listed["state"] == "failed"
    assert "23 hours" in listed["error"]


def test_a_straight_export_whose_client_vanished_ends(office: Office) -> None:
    [row] = rows(office.reader, "begin_export")
    assert office.listed(row["export_id"])["state"] == "running"
    office.run()
    assert office.listed(row["export_id"])["state"] == "running"
    office.vault.root.execute(
        "update audit_private.export set started_at = clock_timestamp() - interval '25 hours'"
    )
    office.run()
    assert office.listed(row["export_id"])["state"] == "failed"
    assert office.steps(row["export_id"]) == ["requested", "failed"]
