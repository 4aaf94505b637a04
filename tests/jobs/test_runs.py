"""Runs of jobs: once however often they are asked for, and again after whatever happened."""

from __future__ import annotations

import threading
import time
from contextlib import suppress
from datetime import timedelta
from typing import Any

import psycopg
import pytest
from psycopg.rows import dict_row

from jobs.test_schedule import JOBS, MINUTELY, add_run, job
from walls.ledger import Connection, refused, rows, wait_until_blocked

from databases import Database


def runs(root: Connection) -> list[dict[str, Any]]:
    """Every run of a daily job, oldest first, seen from behind."""
    with root.cursor(row_factory=dict_row) as cursor:
        cursor.execute(
            "select * from audit_private.job_run where job_name <> all (%s) order by started_at",
            (MINUTELY,),
        )
        return cursor.fetchall()


def results(root: Connection) -> dict[str, list[str]]:
    found: dict[str, list[str]] = {}
    for run in runs(root):
        found.setdefault(run["job_name"], []).append(run["result"])
    return found


def test_each_due_job_runs_once(operator: Connection, root: Connection) -> None:
    operator.execute("call audit.run_jobs()")
    assert results(root) == {name: ["succeeded"] for name in JOBS}
    for row in rows(operator, "list_jobs"):
        assert (row["result"], row["run_by"]) == ("succeeded", "test_operator")
        assert row["detail"]
        assert row["last_finished_at"] >= row["last_started_at"]
    operator.execute("call audit.run_jobs()")
    assert results(root) == {name: ["succeeded"] for name in JOBS}


def test_a_missed_week_is_made_up_for_by_one_run(operator: Connection, root: Connection) -> None:
    for name in JOBS:
        add_run(root, name, timedelta(days=8))
    operator.execute("call audit.run_jobs()")
    operator.execute("call audit.run_jobs()")
    assert results(root) == {name: ["succeeded"] * 2 for name in JOBS}


def test_a_run_that_a_wrong_clock_put_into_the_future_counts_as_none(
    operator: Connection, root: Connection
) -> None:
    for name in JOBS:
        add_run(root, name, timedelta(days=-400))
    assert job(operator, "purge_events")["result"] is None
    operator.execute("call audit.run_jobs()")
    assert results(root) == {name: ["succeeded"] * 2 for name in JOBS}
    operator.execute("call audit.run_jobs()")
    assert results(root) == {name: ["succeeded"] * 2 for name in JOBS}


def test_a_job_that_runs_is_not_begun_again(
    loaded_database: Database, operator: Connection, root: Connection
) -> None:
    other = loaded_database.connect(loaded_database.role("operator"))
    for name in JOBS:
        add_run(root, name, timedelta(days=2), "running", other.info.backend_pid)
        root.execute("update audit_private.job_run set last_step_at = now()")
    said: list[str | None] = []
    operator.add_notice_handler(lambda notice: said.append(notice.message_primary))
    operator.execute("call audit.run_jobs()")
    assert said == []
    for name in JOBS:
        operator.execute(f"call audit.{name}()")
    assert said == [f"{name} is running already" for name in JOBS]
    assert results(root) == {name: ["running"] for name in JOBS}
    other.close()
    time.sleep(0.2)
    operator.execute("call audit.run_jobs()")
    assert results(root) == {name: ["interrupted", "succeeded"] for name in JOBS}


def test_many_at_once_run_each_job_once(loaded_database: Database, root: Connection) -> None:
    def run() -> None:
        with psycopg.connect(
            loaded_database.dsn(loaded_database.role("operator")), autocommit=True
        ) as connection:
            connection.execute("call audit.run_jobs()")

    threads = [threading.Thread(target=run) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    found = results(root)
    assert set(found) == set(JOBS)
    assert all(set(ended) == {"succeeded"} for ended in found.values())
    assert sum(map(len, found.values())) < 8 * len(JOBS)


@pytest.mark.parametrize("name", ["purge_events", "purge_data"])
def test_a_run_that_was_killed_is_told_and_taken_up(
    loaded_database: Database, operator: Connection, root: Connection, name: str
) -> None:
    blocker = loaded_database.superuser()
    victim = loaded_database.connect(loaded_database.role("operator"))
    ended: list[str | None] = []

    def run() -> None:
        try:
            victim.execute(f"call audit.{name}()")
        except psycopg.Error as error:
            ended.append(error.sqlstate)

    with blocker.transaction():
        blocker.execute("lock table audit_private.job_run in share row exclusive mode")
        thread = threading.Thread(target=run)
        thread.start()
        wait_until_blocked(loaded_database, victim)
        blocker.execute(
            "insert into audit_private.job_run (job_name, process_id, run_by) values (%s, %s, 'x')",
            (name, victim.info.backend_pid),
        )
        blocker.execute("select pg_terminate_backend(%s)", (victim.info.backend_pid,))
        thread.join()
    assert ended == ["57P01"]
    assert job(operator, name)["result"] == "interrupted"
    operator.execute(f"call audit.{name}()")
    assert results(root)[name] == ["interrupted", "succeeded"]


def test_what_raises_in_a_job_does_not_keep_the_others_from_running(
    loaded_database: Database, root: Connection
) -> None:
    for name in ("predict_purge(uuid)", "add_next_partition()"):
        root.execute(f"revoke execute on function audit_private.{name} from audit_operator")
    for _ in JOBS:
        # As a scheduler does: a connection for each call.
        connection = loaded_database.connect(loaded_database.role("operator"))
        with suppress(psycopg.errors.InsufficientPrivilege):
            connection.execute("call audit.run_jobs()")
        connection.close()
        time.sleep(0.1)
    found = {row["job_name"]: row["result"] for row in rows(root, "list_jobs")}
    assert found["purge_data"] == "succeeded"
    assert found["purge_events"] in ("failed", "interrupted")
    assert found["maintain_partitions"] in ("failed", "interrupted")
    assert {name: len(ended) for name, ended in results(root).items()} == dict.fromkeys(JOBS, 1)


def test_jobs_run_in_no_transaction_and_for_operators_only(loaded_database: Database) -> None:
    operator = loaded_database.connect(loaded_database.role("operator"))
    with refused("2D000"), operator.transaction():
        operator.execute("call audit.run_jobs()")
    for persona in ("app", "reader", "admin", "privacy", "auditor", "service", "backup"):
        connection = loaded_database.connect(loaded_database.role(persona))
        with refused("42501", case=persona):
            connection.execute("call audit.run_jobs()")


def test_runs_that_nobody_asks_for_any_more_are_forgotten(
    operator: Connection, root: Connection
) -> None:
    for days in (8, 9, 100):
        add_run(root, "seal_events", timedelta(days=days))
        add_run(root, "maintain_partitions", timedelta(days=days))
    operator.execute("call audit.run_jobs()")
    operator.execute("call audit.maintain_partitions()")
    left = root.execute(
        "select job_name, count(*) from audit_private.job_run "
        "where started_at < now() - interval '1 day' group by job_name"
    ).fetchall()
    assert left == [("maintain_partitions", 2)]


def test_a_job_that_has_not_succeeded_since_keeps_its_last_success(
    operator: Connection, root: Connection
) -> None:
    for days in (300, 200):
        add_run(root, "run_exports", timedelta(days=days))
    operator.execute("call audit.maintain_partitions()")
    assert root.execute(
        "select count(*) from audit_private.job_run where job_name = 'run_exports'"
    ).fetchall() == [(1,)]
