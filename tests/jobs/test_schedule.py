"""What is known of jobs from our own table, and what is refused without pg_cron."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import psycopg
import pytest

from walls.ledger import REASON, Connection, call, refused, rows, stored

from databases import Database

JOBS = ["maintain_partitions", "purge_events", "purge_data", "reverify_events"]
MINUTELY = ["run_exports", "seal_events"]
ALL_JOBS = [*JOBS, *MINUTELY]


def job(connection: Connection, name: str) -> dict[str, Any]:
    [found] = [row for row in rows(connection, "list_jobs") if row["job_name"] == name]
    return found


def check(connection: Connection, name: str) -> tuple[str, str, str | None]:
    [found] = [row for row in rows(connection, "check_health") if row["check_name"] == name]
    assert (found["hint"] is None) == (found["state"] == "ok"), found
    return found["state"], found["detail"], found["hint"]


def add_run(
    root: Connection, name: str, ago: timedelta, result: str = "succeeded", process: int = 1
) -> None:
    """Note a run from behind the scenes that began so long ago and ended a second later."""
    root.execute(
        """
        insert into audit_private.job_run
          (job_name, started_at, last_step_at, finished_at, result, process_id, run_by)
        select %(name)s, now() - %(ago)s, now() - %(ago)s,
          case when %(result)s <> 'running' then now() - %(ago)s + interval '1 second' end,
          %(result)s, %(process)s, 'somebody'
        """,
        {"name": name, "ago": ago, "result": result, "process": process},
    )


def age_installation(root: Connection, days: int) -> None:
    root.execute(
        "update audit_private.installation set installed_at = installed_at - %s",
        (timedelta(days=days),),
    )


def set_slot(operator: Connection, name: str, ago: timedelta) -> None:
    """Have a job begin daily at the time of day that it was so long ago."""
    moment = datetime.now(UTC) - ago
    call(operator, "set_option", name=f"{name}_at", value=f"{moment:%H:%M}", reason=REASON)


def test_jobs_are_listed_with_their_times_in_their_order(
    operator: Connection, auditor: Connection
) -> None:
    found = rows(auditor, "list_jobs")
    assert {row["job_name"] for row in found} == set(ALL_JOBS)
    found = [row for row in found if row["job_name"] in JOBS]
    assert [row["job_name"] for row in found] == JOBS
    assert [row["schedule"] for row in found] == [
        "30 1 * * *",
        "0 2 * * *",
        "0 3 * * *",
        "0 4 * * *",
    ]
    for name in MINUTELY:
        assert job(auditor, name)["schedule"] == "* * * * *"
    for row in found:
        assert row["description"]
        assert [row[name] for name in ("scheduler", "last_started_at", "result")] == [None] * 3
        distance = row["next_run_at"] - datetime.now(UTC)
        assert timedelta(0) <= distance <= timedelta(days=1)
    call(operator, "set_option", name="purge_data_at", value="23:59", reason=REASON)
    found = [row for row in rows(operator, "list_jobs") if row["job_name"] in JOBS]
    assert [row["job_name"] for row in found] == [*JOBS[:2], "reverify_events", "purge_data"]
    assert found[3]["schedule"] == "59 23 * * *"
    assert found[3]["next_run_at"].astimezone(UTC).strftime("%H:%M") == "23:59"


def test_the_last_run_is_shown_by_our_own_table(operator: Connection, root: Connection) -> None:
    add_run(root, "purge_events", timedelta(days=3), "failed")
    add_run(root, "purge_events", timedelta(hours=1))
    found = job(operator, "purge_events")
    assert (found["result"], found["run_by"]) == ("succeeded", "somebody")
    assert found["duration"] == timedelta(seconds=1)
    with refused("42501"):
        operator.execute("delete from audit_private.job_run")


def test_only_operators_and_auditors_see_them(loaded_database: Database) -> None:
    for persona in ("app", "reader", "admin", "privacy", "service", "backup"):
        connection = loaded_database.connect(loaded_database.role(persona))
        with refused("42501", case=persona):
            rows(connection, "list_jobs")
        for statement in ("schedule_jobs()", "unschedule_jobs('for a reason')"):
            with refused("42501", case=persona):
                connection.execute(f"select audit.{statement}")


def test_without_pg_cron_it_says_what_else_to_do(
    loaded_database: Database, operator: Connection
) -> None:
    with refused("WT114") as refusal:
        rows(operator, "schedule_jobs")
    assert "pgwitness jobs serve" in refusal.hint
    assert "pgwitness jobs run" in refusal.hint
    assert f"cron.database_name = '{loaded_database.name}'" in refusal.hint
    assert call(operator, "unschedule_jobs", reason=REASON) == 0
    with refused("WT021"):
        call(operator, "unschedule_jobs", reason="short")
    assert stored(loaded_database, "entity_type = 'audit_job'") == []


@pytest.fixture
def launcher(loaded_database: Database) -> Iterator[None]:
    """What everybody sees of a pg_cron that works for another database."""
    with psycopg.connect(
        loaded_database.dsn("postgres"), dbname="postgres", application_name="pg_cron scheduler"
    ):
        yield


def test_where_pg_cron_works_elsewhere_the_statements_are_told(
    loaded_database: Database, operator: Connection, launcher: None
) -> None:
    with refused("WT114") as refusal:
        rows(operator, "schedule_jobs")
    assert "database postgres" in refusal.message
    assert refusal.hint.count("select cron.schedule_in_database(") == len(ALL_JOBS)
    assert refusal.hint.count(f"'{loaded_database.name}', 'test_operator')") == len(ALL_JOBS)
    assert "'0 3 * * *', 'call audit.purge_data()'" in refusal.hint


def test_right_after_installation_somebody_has_to_run_them(
    operator: Connection, root: Connection
) -> None:
    state, detail, hint = check(operator, "jobs_scheduled")
    assert state == "warning"
    assert all(name in detail for name in ALL_JOBS)
    assert "audit.schedule_jobs()" in str(hint)
    assert check(operator, "jobs_on_time")[0] == "ok"
    for name in ALL_JOBS:
        add_run(root, name, timedelta(minutes=1))
    for name in ("jobs_scheduled", "jobs_on_time", "jobs_succeeded"):
        assert check(operator, name)[0] == "ok", name


def test_a_job_that_has_not_succeeded_for_two_days_is_an_error(
    operator: Connection, root: Connection
) -> None:
    for name in ("maintain_partitions", "purge_data"):
        add_run(root, name, timedelta(minutes=1))
    for hours in (0, 2):
        add_run(root, "run_exports", timedelta(hours=-hours))
    add_run(root, "purge_events", timedelta(hours=47))
    add_run(root, "purge_events", timedelta(hours=1), "failed")
    assert check(operator, "jobs_on_time")[0] == "ok"
    root.execute("update audit_private.job_run set started_at = started_at - interval '2 hours'")
    state, detail, hint = check(operator, "jobs_on_time")
    assert state == "error"
    assert "purge_events" in detail
    assert "purge_data" not in detail
    assert "run_jobs" in str(hint)


def test_a_job_that_never_ran_is_an_error_two_days_after_installation(
    operator: Connection, root: Connection
) -> None:
    age_installation(root, 3)
    state, detail, _ = check(operator, "jobs_on_time")
    assert state == "error"
    assert all(f"{name} has never succeeded" in detail for name in ALL_JOBS)


def test_a_missed_slot_is_a_warning_an_hour_later(operator: Connection, root: Connection) -> None:
    age_installation(root, 9)
    for name in MINUTELY:
        add_run(root, name, timedelta(minutes=1))
    for name in JOBS:
        add_run(root, name, timedelta(hours=25))
        set_slot(operator, name, timedelta(minutes=30))
    assert check(operator, "jobs_on_time")[0] == "ok"
    set_slot(operator, "purge_data", timedelta(minutes=90))
    state, detail, _ = check(operator, "jobs_on_time")
    assert state == "warning"
    assert "purge_data" in detail
    assert "purge_events" not in detail


def test_a_failed_run_is_an_error_until_the_next_succeeds(
    operator: Connection, root: Connection
) -> None:
    add_run(root, "purge_events", timedelta(minutes=10), "failed")
    state, detail, hint = check(operator, "jobs_succeeded")
    assert state == "error"
    assert "purge_events" in detail
    assert "call audit.purge_events();" in str(hint)
    add_run(root, "purge_events", timedelta(minutes=5))
    assert check(operator, "jobs_succeeded")[0] == "ok"
    add_run(root, "purge_events", timedelta(minutes=4), "interrupted")
    assert check(operator, "jobs_succeeded")[0] == "warning"


def test_a_run_that_hangs_and_one_that_was_killed_are_told(
    operator: Connection, root: Connection
) -> None:
    add_run(root, "purge_data", timedelta(minutes=59), "running", root.info.backend_pid)
    assert check(operator, "jobs_succeeded")[0] == "ok"
    assert job(operator, "purge_data")["result"] == "running"
    root.execute("update audit_private.job_run set last_step_at = now() - interval '2 hours'")
    state, detail, _ = check(operator, "jobs_succeeded")
    assert (state, "has not taken a step" in detail) == ("warning", True)
    root.execute("update audit_private.job_run set process_id = 1")
    state, detail, _ = check(operator, "jobs_succeeded")
    assert (state, "interrupted" in detail) == ("warning", True)
    assert job(operator, "purge_data")["result"] == "interrupted"
