from __future__ import annotations

from cli.command_line import REASON, CommandLine


def test_a_fresh_installation_has_no_errors(run: CommandLine) -> None:
    checks = run.rows("operator", "doctor")
    assert checks
    assert {row["state"] for row in checks} <= {"ok", "warning"}
    page = run("operator", "doctor").stdout
    assert all(row["check_name"] in page for row in checks)


def test_logging_off_is_a_warning_with_the_sql_that_mends_it(run: CommandLine) -> None:
    run("admin", "toggle", "logging", "off", "--reason", REASON)
    warnings = [row for row in run.rows("admin", "doctor") if row["state"] == "warning"]
    hint = next(row["hint"] for row in warnings if "set_logging" in (row["hint"] or ""))
    assert hint.splitlines()[0] in run("admin", "doctor").stdout
    run("admin", "doctor", "--strict", code=1)


def test_in_swedish(run: CommandLine) -> None:
    run("admin", "toggle", "logging", "off", "--reason", REASON)
    assert "varning" in run("admin", "doctor", "--lang", "sv").stdout


def test_an_error_comes_with_the_sql_that_mends_it(run: CommandLine) -> None:
    administrator = run.database.superuser()
    row = administrator.execute(
        "select inhrelid::regclass::text from pg_inherits"
        " where inhparent = 'audit_private.event'::regclass limit 1"
    ).fetchone()
    assert row is not None
    administrator.execute(f"alter table {row[0]} disable trigger event_refuse_change")
    page = run("operator", "doctor", code=1).stdout
    line = next(line for line in page.splitlines() if "partitions_guarded" in line)
    assert line.startswith("✗ error")

    checks = run.rows("operator", "doctor", code=1)
    hint = next(row["hint"] for row in checks if row["check_name"] == "partitions_guarded")
    assert all(line in page for line in hint.splitlines())
    administrator.execute(hint)
    mended = {row["check_name"]: row["state"] for row in run.rows("operator", "doctor")}
    assert mended["partitions_guarded"] == "ok"
