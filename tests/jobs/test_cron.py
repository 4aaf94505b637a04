"""Jobs with a real pg_cron, on a server of their own, since it has to be loaded at the start."""

from __future__ import annotations

import re
import time
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import psycopg
import pytest

from jobs.test_schedule import ALL_JOBS, JOBS, check
from pgwitness.server import Server
from walls.ledger import REASON, Connection, call, new_role, refused, rows, stored

from databases import Database, load_installed

COMMANDS = {name: f"call audit.{name}()" for name in ALL_JOBS}
MINUTE = 60
"""pg_cron 1.4 knows nothing shorter."""


def has_pg_cron(binaries: Path) -> bool:
    """Whether the library is among the server's: Debian has one folder for each major version."""
    return any((binaries.parent / "lib").rglob("pg_cron.*"))


@pytest.fixture(scope="module")
def server(binaries: Path) -> Iterator[Server]:
    if not has_pg_cron(binaries):
        pytest.skip(f"no pg_cron beside {binaries}: apt-get install postgresql-15-cron, for one")
    settings = {
        "shared_preload_libraries": "pg_cron",
        "cron.database_name": "home",
        "cron.use_background_workers": "on",
        "max_worker_processes": "20",
    }
    with Server(binaries, settings=settings) as made:
        yield made


@pytest.fixture(scope="module")
def installed(server: Server) -> str:
    """A database with pgwitness that nobody connects to."""
    with psycopg.connect(server.dsn(), autocommit=True) as connection:
        connection.execute("create database installed")
    load_installed("127.0.0.1", server.port, "postgres", "installed")
    return "installed"


def clone(server: Server, template: str, name: str) -> Iterator[Database]:
    def execute(statement: str) -> None:
        with psycopg.connect(server.dsn(), autocommit=True) as connection:
            connection.execute(statement.encode())

    execute(f"create database {name} template {template}")
    lent = Database("127.0.0.1", server.port, name)
    try:
        yield lent
    finally:
        lent.close()
        execute(f"drop database {name} with (force)")


def wait_for(condition: Callable[[], bool], seconds: float = 10) -> None:
    ends = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < ends
        time.sleep(0.05)


def has_launcher(root: Connection) -> bool:
    launchers = "select from pg_stat_activity where application_name = 'pg_cron scheduler'"
    return root.execute(launchers.encode()).fetchone() is not None


@pytest.fixture
def home(server: Server, installed: str) -> Iterator[Database]:
    """The database that pg_cron works for, without its extension.

    Its launcher ends for good when that database is dropped, so the server begins anew.
    """
    for database in clone(server, installed, "home"):
        server.stop()
        server.start()
        root = database.superuser()
        while not has_launcher(root):
            time.sleep(0.05)
        yield database


@pytest.fixture
def other(server: Server, installed: str, home: Database) -> Iterator[Database]:
    """Another one on the same server."""
    yield from clone(server, installed, "other")


@pytest.fixture
def operator(home: Database) -> Connection:
    """An operator who may use pg_cron."""
    root = home.superuser()
    root.execute("create extension pg_cron")
    root.execute("grant usage on schema cron to test_operator")
    return home.connect(home.role("operator"))


def cron_jobs(database: Database) -> list[tuple[str, str, str, str, str]]:
    return (
        database.superuser()
        .execute("select jobname, schedule, command, database, username from cron.job order by 1")
        .fetchall()
    )


def test_the_hints_lead_to_jobs_of_the_plain_login(home: Database) -> None:
    operator, root = home.connect(home.role("operator")), home.superuser()
    for _ in range(2):
        with refused("WT114") as refusal:
            rows(operator, "schedule_jobs")
        assert "create extension" in refusal.hint or "grant usage" in refusal.hint
        # The first hint has both: taken apart, the second is given too.
        root.execute(refusal.hint.partition(": ")[2].partition("; ")[0].rstrip(";").encode())
    scheduled = rows(operator, "schedule_jobs")
    assert {row["job_name"]: row["command"] for row in scheduled} == COMMANDS
    assert cron_jobs(home) == [
        (f"pgwitness: {row['job_name']}", row["schedule"], row["command"], "home", "test_operator")
        for row in sorted(scheduled, key=lambda row: row["job_name"])
    ]


def test_scheduling_again_changes_times_and_adds_nothing(
    home: Database, operator: Connection
) -> None:
    rows(operator, "schedule_jobs")
    rows(operator, "schedule_jobs")
    [event] = stored(home, "action = 'jobs_scheduled'")
    assert event["changes"]["purge_data as test_operator"] == {"old": None, "new": "0 3 * * *"}
    assert event["recorded_by"] == "test_operator"
    assert check(operator, "jobs_scheduled")[0] == "ok"
    assert {row["scheduler"] for row in rows(operator, "list_jobs")} == {"pg_cron"}

    call(operator, "set_option", name="purge_data_at", value="04:05", reason=REASON)
    state, detail, hint = check(operator, "jobs_scheduled")
    assert (state, "purge_data" in detail) == ("warning", True)
    home.superuser().execute(str(hint).encode())
    assert check(operator, "jobs_scheduled")[0] == "ok"
    assert len(cron_jobs(home)) == len(ALL_JOBS)
    assert dict((name, when) for name, when, *_ in cron_jobs(home))["pgwitness: purge_data"] == (
        "5 4 * * *"
    )
    assert len(stored(home, "action = 'jobs_scheduled'")) == 2


def test_the_scheduled_commands_work_as_that_role(home: Database, operator: Connection) -> None:
    rows(operator, "schedule_jobs")
    for _, _, command, _, role in cron_jobs(home):
        home.connect(role).execute(command.encode())
    assert {row["result"] for row in rows(operator, "list_jobs")} == {"succeeded"}
    assert {row["run_by"] for row in rows(operator, "list_jobs")} == {"test_operator"}


def test_a_role_that_cannot_log_in_schedules_nothing(home: Database, operator: Connection) -> None:
    root = home.superuser()
    root.execute("grant usage on schema cron to audit_operator")
    operator.execute("set role audit_operator")
    with refused("WT114") as refusal:
        rows(operator, "schedule_jobs")
    assert "reset role" in refusal.hint
    operator.execute("reset role")
    rows(operator, "schedule_jobs")
    assert {role for *_, role in cron_jobs(home)} == {"test_operator"}


def test_each_takes_back_its_own_and_a_superuser_everybodys(
    home: Database, operator: Connection
) -> None:
    second = new_role(home, "test_second_operator", "audit_operator")
    root = home.superuser()
    root.execute(f"grant usage on schema cron to {second}")
    root.execute("select cron.schedule('of somebody else', '0 0 * * *', 'select 1')")
    rows(operator, "schedule_jobs")
    rows(home.connect(second), "schedule_jobs")
    state, detail, hint = check(operator, "jobs_scheduled")
    assert (state, "more than once" in detail) == ("warning", True)
    assert "unschedule_jobs" in str(hint)
    with refused("WT021"):
        call(operator, "unschedule_jobs", reason="short")
    assert call(operator, "unschedule_jobs", reason=REASON) == len(ALL_JOBS)
    assert call(operator, "unschedule_jobs", reason=REASON) == 0
    assert check(operator, "jobs_scheduled")[0] == "ok"
    [event] = stored(home, "action = 'jobs_unscheduled'")
    assert event["metadata"] == {"reason": REASON}
    assert set(event["changes"]) == {f"{name} as test_operator" for name in ALL_JOBS}
    assert call(root, "unschedule_jobs", reason=REASON) == len(ALL_JOBS)
    assert [name for name, *_ in cron_jobs(home)] == ["of somebody else"]
    assert check(operator, "jobs_scheduled")[0] == "warning"


def test_a_scheduler_that_is_gone_or_a_role_that_may_not_is_an_error(
    home: Database, operator: Connection
) -> None:
    second = new_role(home, "test_second_operator", "audit_operator")
    root = home.superuser()
    root.execute(f"grant usage on schema cron to {second}")
    rows(home.connect(second), "schedule_jobs")
    root.execute(f"revoke audit_operator from {second}")
    state, detail, hint = check(operator, "jobs_scheduled")
    assert (state, second in detail) == ("error", True)
    root.execute(str(hint).encode())
    assert check(operator, "jobs_scheduled")[0] == "ok"
    root.execute(
        "select pg_terminate_backend(pid) from pg_stat_activity "
        "where application_name = 'pg_cron scheduler'"
    )
    wait_for(lambda: not has_launcher(root))
    state, detail, _ = check(operator, "jobs_scheduled")
    assert (state, "does not run here" in detail) == ("error", True)
    root.execute("drop extension pg_cron")
    assert check(operator, "jobs_scheduled")[0] == "error"
    assert call(home.connect(second), "unschedule_jobs", reason=REASON) == 0
    assert check(operator, "jobs_scheduled")[0] == "warning"


def test_jobs_that_were_deleted_behind_our_back_are_missed(
    home: Database, operator: Connection
) -> None:
    """pg_cron shows nobody the jobs of others, so what hasn't run tells."""
    rows(operator, "schedule_jobs")
    operator.execute("call audit.run_jobs()")
    home.superuser().execute("delete from cron.job")
    assert check(operator, "jobs_on_time")[0] == "ok"
    home.superuser().execute(
        "update audit_private.job_run set started_at = started_at - interval '2 days 1 second'"
    )
    state, detail, _ = check(operator, "jobs_on_time")
    assert state == "error"
    assert all(name in detail for name in JOBS)


def test_every_job_runs_at_its_minute_here_and_in_another_database(
    home: Database, operator: Connection, other: Database
) -> None:
    elsewhere = other.connect(other.role("operator"))
    moment = datetime.now(UTC) + timedelta(seconds=MINUTE + 10)
    for connection in (operator, elsewhere):
        for name in JOBS:
            call(
                connection,
                "set_option",
                name=f"{name}_at",
                value=f"{moment:%H:%M}",
                reason=REASON,
            )
    rows(operator, "schedule_jobs")
    with refused("WT114") as refusal:
        rows(elsewhere, "schedule_jobs")
    assert "database home" in refusal.message
    statements = re.findall(r"select cron\.schedule_in_database\([^;]*\);", refusal.hint)
    assert len(statements) == len(ALL_JOBS)
    for statement in statements:
        home.superuser().execute(statement.encode())

    def ended() -> list[dict[str, Any]]:
        found = [row for each in (operator, elsewhere) for row in rows(each, "list_jobs")]
        return [
            row
            for row in found
            if row["job_name"] in JOBS and row["result"] not in (None, "running")
        ]

    wait_for(lambda: len(ended()) == 2 * len(JOBS), 2 * MINUTE + 30)
    found = ended()
    assert [(row["result"], row["run_by"]) for row in found] == [("succeeded", "test_operator")] * (
        2 * len(JOBS)
    ), found
    for row in found:
        assert row["last_started_at"] >= moment.replace(second=0, microsecond=0)
    assert {check(each, "jobs_on_time")[0] for each in (operator, elsewhere)} == {"ok"}
    told = home.superuser().execute("select distinct status from cron.job_run_details").fetchall()
    assert told == [("succeeded",)]
