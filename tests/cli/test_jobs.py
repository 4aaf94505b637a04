from __future__ import annotations

import os
import signal
import subprocess
import sys
import time

from cli.command_line import NO_VARIABLES, REASON, CommandLine

JOBS = ["maintain_partitions", "purge_events", "purge_data", "reverify_events"]


def test_due_jobs_run_once_and_are_listed(run: CommandLine) -> None:
    assert [row["result"] for row in run.rows("operator", "jobs", "list")] == [None] * 6
    page = run("operator", "jobs", "run").stdout
    for name in JOBS:
        assert f"{name}: succeeded" in page
    result = run("operator", "jobs", "run")
    assert (result.stdout, result.stderr) == ("", "Nothing ran.\n")
    assert run.rows("operator", "jobs", "run") == []
    rows = run.rows("auditor", "jobs", "list")
    exports = [row for row in rows if row["job_name"] == "run_exports"]
    assert [row["detail"] for row in exports] == ["nothing to do"]
    rows = [row for row in rows if row["job_name"] in JOBS]
    assert [row["job_name"] for row in rows] == JOBS
    assert {row["result"] for row in rows} == {"succeeded"}
    assert all(isinstance(row["duration"], float) for row in rows)
    page = run("operator", "jobs", "list", "--lang", "sv").stdout
    assert page.count("lyckades") == 6
    assert "0 2 * * *" in page


def test_one_that_raises_does_not_stop_the_others(run: CommandLine) -> None:
    run.database.superuser().execute(
        "revoke execute on function audit_private.predict_purge(uuid) from audit_operator"
    )
    result = run("operator", "jobs", "run", code=1)
    assert "predict_purge" in result.stderr + result.stdout
    results = {row["job_name"]: row["result"] for row in run.rows("operator", "jobs", "list")}
    assert results["maintain_partitions"] == results["purge_data"] == "succeeded"
    assert results["purge_events"] != "succeeded"


def test_a_login_that_may_become_the_owner_closes_partitions(run: CommandLine) -> None:
    """A plain operator leaves that to the job."""
    installer = run.database.connect("postgres")
    assert run.rows("operator", "jobs", "run")
    assert installer.execute("select count(*) from audit.list_upkeep()").fetchone()


def test_without_pg_cron_the_other_ways_are_told(run: CommandLine) -> None:
    refused = run("operator", "jobs", "schedule", code=1).stderr
    assert "(WT114)" in refused
    assert "pgwitness jobs serve" in refused
    run("operator", "jobs", "unschedule", code=2)
    assert run.row("operator", "jobs", "unschedule", "--reason", REASON) == {"jobs": 0}


def test_only_operators_run_them(run: CommandLine) -> None:
    for persona in ("admin", "app"):
        for command in (("run",), ("schedule",), ("list",), ("unschedule", "--reason", REASON)):
            assert "(42501)" in run(persona, "jobs", *command, code=1).stderr
    assert "(42501)" in run("auditor", "jobs", "run", code=1).stderr


def test_served_they_run_until_it_is_told_to_end(run: CommandLine) -> None:
    environment = {name: value for name, value in os.environ.items() if name not in NO_VARIABLES}
    dsn = run.database.dsn(run.database.role("operator"))
    with subprocess.Popen(
        [sys.executable, "-m", "pgwitness", "--dsn", dsn, "jobs", "serve", "--every", "1"],
        env=environment,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    ) as process:
        assert process.stdout is not None
        shown = [process.stdout.readline() for _ in range(5)]
        assert {line.partition(":")[0] for line in shown} == {*JOBS, "seal_events"}
        # The server restarts under it, say: what goes wrong is told, and it goes on.
        run.database.superuser().execute(
            "revoke execute on function audit.list_jobs() from audit_operator"
        )
        time.sleep(2)
        run.database.superuser().execute(
            "grant execute on function audit.list_jobs() to audit_operator"
        )
        run.database.superuser().execute(
            "update audit_private.job_run set started_at = started_at - interval '2 days'"
        )
        assert process.stdout.readline().partition(": ")[2].startswith("succeeded")
        process.send_signal(signal.SIGTERM)
        _, said = process.communicate(timeout=20)
    assert process.returncode == 0, said
    assert "(42501)" in said
    assert said.splitlines()[-1] == "Ended."
