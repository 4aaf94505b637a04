"""Several at once, and death in between: waits are seen in pg_stat_activity, nothing sleeps."""

from __future__ import annotations

import os
import signal
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

import psycopg
import pytest

from data_retention.office import QUESTIONS, Office, open_office
from pgwitness.server import Server

from databases import Database, load_catalogue, load_installed

GATE = 4711


@contextmanager
def paused_batch(office: Office) -> Iterator[tuple[threading.Thread, list[BaseException]]]:
    """Hold a run in the middle of its first batch, on an advisory lock that a trigger takes."""
    office.make(
        "create function app.pause() returns trigger language plpgsql as $$ begin "
        f"perform pg_advisory_xact_lock_shared({GATE}); return old; end $$; "
        "create trigger pause before delete on app.questions "
        "for each row execute function app.pause()"
    )
    office.define()
    keeper = office.database.superuser()
    keeper.execute("select pg_advisory_lock(%s)", (GATE,))
    errors: list[BaseException] = []

    def run() -> None:
        try:
            office.purge()
        except BaseException as error:
            errors.append(error)

    thread = threading.Thread(target=run)
    thread.start()
    try:
        wait_for(office, office.operator.info.backend_pid, "advisory")
        yield thread, errors
    finally:
        # Where the server was killed, the lock went with it.
        with suppress(psycopg.OperationalError):
            keeper.execute("select pg_advisory_unlock_all()")
        thread.join(60)
        assert not thread.is_alive()


def wait_for(office: Office, process: int, event: str) -> None:
    """Wait until a session waits for a lock of that kind."""
    while not office.rows(
        "select from pg_stat_activity where pid = %s and wait_event_type = 'Lock' "
        "and wait_event = %s",
        process, event,
    ):  # fmt: skip
        pass


@pytest.fixture
def due(defined: Office) -> Office:
    defined.ask(defined.assistant(30), 31, 40, files=1)
    defined.arm()
    return defined


def test_a_run_that_is_terminated_leaves_all_or_nothing_of_a_batch(due: Office) -> None:
    process = due.operator.info.backend_pid
    with paused_batch(due) as (_, errors):
        due.behind.execute("select pg_terminate_backend(%s)", (process,))
        while due.rows("select from pg_stat_activity where pid = %s", process):
            pass
    assert errors
    assert (due.count(), due.count("app.question_files")) == (40, 40)
    (receipt,) = due.receipts()
    assert (receipt["result"], receipt["removed"]) == ("running", 0)
    due.operator = due.database.connect(due.database.role("operator"))
    due.operator.row_factory = due.behind.row_factory
    due.purge()
    assert (due.count(), due.count("app.question_files")) == (0, 0)
    listed = due.operator.execute("select result, removed from audit.list_data_purges()").fetchall()
    assert [(row["result"], row["removed"]) for row in listed] == [
        ("succeeded", 40), ("interrupted", 0),
    ]  # fmt: skip


def test_what_a_killed_run_had_removed_is_told_by_the_next(defined: Office) -> None:
    defined.ask(defined.assistant(30), 31, 6000)
    defined.arm()
    run = defined.value(
        "insert into audit_private.job_run (job_name, process_id, run_by, place) values "
        "('purge_data', pg_backend_pid(), 'a test', "
        """'{"relation": "app.questions", "stage": "purge"}') returning run_id"""
    )
    defined.behind.execute("select audit_data.purge_of_app_questions(%s)", (run,))
    assert defined.count() == 1000
    assert defined.rows("select from audit_private.event where action = 'data_purged'") == []
    defined.behind.execute("update audit_private.job_run set process_id = 1")
    defined.purge()
    assert defined.count() == 0
    events = defined.rows(
        "select metadata from audit_private.event where action = 'data_purged' order by sequence"
    )
    assert [row["metadata"]["removed"] for row in events] == [5000, 1000]


def test_two_runs_at_once(due: Office) -> None:
    other = due.database.connect(due.database.role("operator"))
    notices: list[str] = []
    other.add_notice_handler(lambda notice: notices.append(str(notice.message_primary)))
    with paused_batch(due):
        other.execute("call audit.purge_data()")
        assert notices == ["purge_data is running already"]
        assert due.count() == 40
    assert due.count() == 0
    assert len(due.rows("select from audit_private.job_run")) == 1


def test_a_hold_placed_during_a_batch_waits_and_then_holds(due: Office) -> None:
    admin = due.database.connect(due.database.role("admin"))
    placed: list[Any] = []

    def place() -> None:
        placed.append(
            admin.execute("select audit.place_hold('case', '{}', 'asked for by the court')")
        )

    with paused_batch(due):
        thread = threading.Thread(target=place)
        thread.start()
        wait_for(due, admin.info.backend_pid, "relation")
        assert placed == []
    thread.join(60)
    assert len(placed) == 1
    assert due.count() == 0
    due.ask(due.assistant(30), 31, 3)
    due.purge()
    assert due.count() == 3


def test_a_hold_that_commits_between_review_and_batch_counts(due: Office) -> None:
    """The review said 40; the batch asks anew."""
    run = due.value(
        "insert into audit_private.job_run (job_name, process_id, run_by, place) values "
        "('purge_data', pg_backend_pid(), 'a test', "
        """'{"relation": "app.questions", "stage": "review"}') returning run_id"""
    )
    due.behind.execute("select audit_data.review_of_app_questions(%s)", (run,))
    assert due.receipt()["predicted"] == 40
    due.hold()
    due.behind.execute("select audit_data.purge_of_app_questions(%s)", (run,))
    assert due.count() == 40


def test_disarming_waits_for_the_batch_and_stops_the_run(due: Office) -> None:
    other = due.database.connect(due.database.role("operator"))
    with paused_batch(due):
        thread = threading.Thread(
            target=other.execute,
            args=("select audit.disarm_data_retention('app.questions', 'it has to stop now')",),
        )
        thread.start()
        wait_for(due, other.info.backend_pid, "transactionid")
    thread.join(60)
    assert due.value("select armed_at is null from audit_private.data_retention")
    assert due.receipt()["result"] in ("failed", "succeeded")
    assert due.value("select result <> 'running' from audit_private.job_run")


def test_locked_rows_are_counted_and_go_the_next_night(due: Office) -> None:
    application = due.database.superuser()
    with application.transaction():
        application.execute("select from app.questions limit 3 for update")
        due.purge()
        receipt = due.receipt()
        assert (receipt["removed"], receipt["kept_locked"], receipt["result"]) == (
            37, 3, "succeeded",
        )  # fmt: skip
    due.days_pass(1)
    due.purge()
    assert (due.count(), due.receipt()["removed"]) == (0, 3)


def test_a_locked_child_keeps_its_parent_for_the_next_night(due: Office) -> None:
    application = due.database.superuser()
    with application.transaction():
        application.execute("select from app.question_files limit 1 for update")
        due.purge()
        assert (due.count(), due.receipt()["kept_locked"]) == (1, 1)
    due.days_pass(1)
    due.purge()
    assert due.count() == 0


def test_it_needs_read_committed(due: Office) -> None:
    due.operator.execute("set default_transaction_isolation = 'repeatable read'")
    with pytest.raises(psycopg.Error) as caught:
        due.purge()
    assert caught.value.sqlstate == "WT037"
    assert due.count() == 40


def test_it_runs_in_no_transaction_block(due: Office) -> None:
    with pytest.raises(psycopg.errors.InvalidTransactionTermination), due.operator.transaction():
        due.purge()
    assert due.count(QUESTIONS) == 40


def test_a_server_killed_with_signal_9_leaves_all_or_nothing_of_a_batch(binaries: Path) -> None:
    with Server(binaries, settings={"fsync": "on", "synchronous_commit": "on"}) as server:
        load_installed("127.0.0.1", server.port, "postgres", "postgres")
        load_catalogue("127.0.0.1", server.port, "postgres")
        database = Database("127.0.0.1", server.port, "postgres")
        office = open_office(database)
        office.define()
        office.ask(office.assistant(30), 31, 40, files=1)
        office.arm()
        with paused_batch(office):
            os.kill(office.operator.info.backend_pid, signal.SIGKILL)
        database.close()
        wait_until_up(database)
        again = Database("127.0.0.1", server.port, "postgres")
        operator = again.connect(again.role("operator"))
        behind = again.superuser()
        counts = (
            "select (select count(*) from app.questions), (select count(*) from app.question_files)"
        )
        assert behind.execute(counts).fetchone() == (40, 40)
        operator.execute("call audit.purge_data()")
        assert behind.execute(counts).fetchone() == (0, 0)
        listed = operator.execute("select result, removed from audit.list_data_purges()").fetchall()
        assert listed == [("succeeded", 40), ("interrupted", 0)]
        again.close()


def wait_until_up(database: Database) -> None:
    """The postmaster recovers by itself; until then it refuses connections."""
    while True:
        with suppress(psycopg.OperationalError):
            psycopg.connect(database.dsn("postgres")).close()
            return
