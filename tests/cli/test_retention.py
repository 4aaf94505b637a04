from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from psycopg.types.json import Jsonb

from cli.command_line import REASON, CommandLine, talk

DAY = timedelta(days=1)


@pytest.fixture
def run(run: CommandLine) -> CommandLine:
    """The command line against a log with 3 events of tenant a that have expired, and 1 of b."""
    add_old(run, "a", 3)
    add_old(run, "b", 1)
    return run


def add_old(run: CommandLine, tenant: str, count: int) -> None:
    moment = datetime.now(UTC) - 400 * DAY
    admin = run.database.connect(run.database.role("admin", tenant))
    admin.execute(
        "select count(*) from audit.import_events(events => %s, reason => %s)",
        (
            Jsonb(
                [
                    {
                        "action": "user_created",
                        "entity_type": "user",
                        "entity_id": str(number),
                        "description": "An old event",
                        "occurred_at": moment.isoformat(),
                        "idempotency_key": f"old-{number}",
                    }
                    for number in range(count)
                ]
            ),
            REASON,
        ),
    )


def count_old(run: CommandLine) -> int:
    row = (
        run.database.superuser()
        .execute("select count(*) from audit_private.event where description = 'An old event'")
        .fetchone()
    )
    assert row is not None
    return int(row[0])


def test_keeping_longer_counts_at_once_and_shorter_waits(run: CommandLine) -> None:
    assert run.row("admin", "retention", "show")["days"] == 365
    row = run.row("admin", "retention", "set", 730, "--reason", REASON)
    assert datetime.fromisoformat(row["takes_effect_at"]) <= datetime.now(UTC)
    again = ("retention", "set", "730", "--reason", REASON)
    assert run.row("admin", *again) == {"takes_effect_at": None}
    assert "it was so already" in run("admin", *again).stdout

    shorter = ("retention", "set", "30", "--exact", "--reason", REASON)
    refused = run("admin", *shorter, code=1)
    cutoff = f"{datetime.now(UTC) - 30 * DAY:%Y-%m-%d}"
    assert cutoff in refused.stderr
    assert f"{datetime.now(UTC) - 730 * DAY:%Y-%m-%d}" in refused.stderr
    assert run.row("admin", "retention", "show")["next_days"] is None
    told = run("admin", *shorter, typed="y\n").stdout
    assert f"{datetime.now(UTC) + 7 * DAY:%Y-%m-%d}" in told
    row = run.row("admin", "retention", "show")
    assert (row["days"], row["next_days"], row["next_is_exact"]) == (730, 30, True)
    assert row["floors"] == {"audit_access": 730, "audit_control": 730}
    page = run("admin", "retention", "show").stdout
    assert "730 days" in page
    assert "30 days" in page
    assert "test_admin_a" in page
    assert "730 dagar" in run("admin", "retention", "show", "--lang", "sv").stdout

    assert run.row("admin", "retention", "cancel", "--reason", REASON) == {"changed": True}
    assert run.row("admin", "retention", "cancel", "--reason", REASON) == {"changed": False}
    run("admin", "retention", "set", "forever", "--reason", REASON)
    assert run.row("admin", "retention", "show")["days"] is None
    assert "for ever" in run("admin", "retention", "show").stdout


def test_what_cannot_be_set_is_refused(run: CommandLine) -> None:
    for days, code in (("0", 1), ("2556", 1), ("soon", 2)):
        result = run(
            "admin", "retention", "set", days, "--yes", "--reason", REASON, code=code, LANG="C"
        )
        assert code == 2 or "(WT110)" in result.stderr
    run("admin", "retention", "set", "30", "--yes", code=2)
    assert (
        "(WT021)"
        in run("admin", "retention", "set", "30", "--yes", "--reason", "short", code=1).stderr
    )
    assert (
        "(42501)"
        in run("operator", "retention", "set", "30", "--yes", "--reason", REASON, code=1).stderr
    )


def test_operators_see_every_tenant_or_the_one_they_name(run: CommandLine) -> None:
    database = run.database
    for command in ("show", "preview"):
        rows = run.rows("operator", "retention", command)
        assert {row["name"] for row in rows} >= {"Tenant A", "Tenant B"}
        row = run.row("operator", "retention", command, "--tenant", database.tenant_b)
        assert row["name"] == "Tenant B"
        assert run.row("admin", "retention", command)["name"] == "Tenant A"
        other = ("retention", command, "--tenant", database.tenant_b)
        assert "(WT002)" in run("admin", *other, code=1).stderr


def test_a_floor_keeps_a_category(run: CommandLine) -> None:
    floor = ("retention", "floor", "user_actions")
    row = run.row("operator", *floor, "500", "--reason", REASON)
    assert datetime.fromisoformat(row["takes_effect_at"]) <= datetime.now(UTC)
    assert run.row("admin", "retention", "show")["floors"]["user_actions"] == 500
    lowered = run.row("operator", *floor, "none", "--reason", REASON)
    assert datetime.fromisoformat(lowered["takes_effect_at"]) > datetime.now(UTC) + 6 * DAY
    assert "it was so already" in run("operator", *floor, "none", "--reason", REASON).stdout
    mandatory = ("retention", "floor", "audit_control", "10", "--reason", REASON)
    assert "(WT110)" in run("operator", *mandatory, code=1).stderr
    assert "(42501)" in run("admin", *floor, "600", "--reason", REASON, code=1).stderr


def test_a_purge_asks_with_cutoff_and_count_and_gives_receipts(run: CommandLine) -> None:
    preview = {row["name"]: row for row in run.rows("operator", "retention", "preview")}
    assert (preview["Tenant A"]["due"], preview["Tenant B"]["due"]) == (3, 1)
    assert "Tenant A" in run("operator", "retention", "preview").stdout

    refused = run("operator", "retention", "run", code=1)
    assert "Remove 4 events" in refused.stderr
    assert f"Tenant A: 3 older than {datetime.now(UTC) - 365 * DAY:%Y-%m-%d}" in refused.stderr
    assert count_old(run) == 4
    assert (
        "Ta bort 4 händelser"
        in run("operator", "retention", "run", "--lang", "sv", code=1, typed="n\n").stderr
    )

    page = run("operator", "retention", "run", typed="y\n").stdout
    assert count_old(run) == 0
    assert "of 3 due" in page
    assert "purge_events: succeeded" in page
    receipts = {row["name"]: row for row in run.rows("operator", "retention", "receipts")}
    assert (receipts["Tenant A"]["predicted"], receipts["Tenant A"]["removed"]) == (3, 3)
    assert receipts["Tenant A"]["run_by"] == "test_operator"
    assert run.row("admin", "retention", "receipts")["name"] == "Tenant A"

    # Nothing is due, so nothing is asked.
    again = run.rows("operator", "retention", "run")
    assert {row["removed"] for row in again} == {0}
    assert len(run.rows("operator", "retention", "receipts", "--limit", "1")) == 1


def test_a_purge_that_is_under_way_already_is_told(run: CommandLine) -> None:
    running = run.database.connect(run.database.role("operator"))
    run.database.superuser().execute(
        "insert into audit_private.job_run (job_name, process_id, run_by) "
        "values ('purge_events', %s, 'somebody')",
        (running.info.backend_pid,),
    )
    result = run("operator", "retention", "run", "--yes", code=1)
    assert "purge_events is running already" in result.stderr
    assert result.stdout == ""
    assert count_old(run) == 4


def test_only_operators_purge(run: CommandLine) -> None:
    for persona in ("admin", "auditor"):
        assert "(42501)" in run(persona, "retention", "run", "--yes", code=1).stderr
    assert count_old(run) == 4


def test_at_a_terminal_it_asks(run: CommandLine) -> None:
    shown, code = talk(
        run, ["retention", "run"], [("Remove 4 events for good?", "y")], persona="operator"
    )
    assert code == 0, shown
    assert "purge_events: succeeded" in shown
    assert count_old(run) == 0
