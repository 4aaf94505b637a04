"""The installing commands, as a person or a deployment types them."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import psycopg
import pytest
from click.testing import CliRunner, Result

from pgwitness import __version__, migrations, resources
from pgwitness.cli import installation, main

from databases import Database, allow_installer, create_role

NO_VARIABLES = {"PGWITNESS_DSN": None, "PGWITNESS_LANG": None}


def run(dsn: str, *arguments: object, code: int = 0, typed: str | None = None) -> Result:
    """Run a command and check its exit code."""
    result = CliRunner().invoke(
        main, ["--dsn", dsn, *map(str, arguments)], input=typed, env=NO_VARIABLES
    )
    assert result.exit_code == code, f"{result.output} {result.exception!r}"
    return result


@pytest.fixture
def writable(empty_database: Database) -> Database:
    allow_installer(empty_database.superuser())
    return empty_database


def test_from_nothing_to_nothing(writable: Database) -> None:
    dsn = writable.installer_dsn
    assert "not installed" in run(dsn, "status", code=1).stdout
    first = run(dsn, "install").stdout
    assert f"pgwitness {__version__} is in database {writable.name}" in first
    assert "0001.instance" in first
    assert first.rstrip().endswith("pgwitness jobs serve"), "what isn't scheduled comes last"
    assert "Nothing differed" in run(dsn, "install").stdout
    assert "Nothing differs." in run(dsn, "status").stdout
    gone = run(dsn, "uninstall", "--yes").stdout
    assert "What remains: the roles audit_*" in gone
    run(dsn, "status", code=1)


def test_status_for_programs(database: Database) -> None:
    found = json.loads(run(database.installer_dsn, "status", "--json").stdout)
    assert found["is_current"] is True
    assert found["drift"] == []
    superuser = database.superuser()
    superuser.execute("alter function audit.log_events(jsonb, uuid) reset all")
    superuser.execute("create function audit.backdoor() returns int language sql as 'select 1'")
    superuser.execute("alter table audit_private.tenant no force row level security")
    found = json.loads(run(database.installer_dsn, "status", "--json", code=1).stdout)
    assert found["is_current"] is False
    assert {(drift["kind"], drift["name"], drift["problem"]) for drift in found["drift"]} == {
        ("function", "audit.log_events(jsonb,uuid)", "changed"),
        ("function", "audit.backdoor()", "extra"),
        ("table", "audit_private.tenant", "changed"),
    }
    text = run(database.installer_dsn, "status", code=1).stdout
    assert "function audit.backdoor() is extra" in text


def test_status_tells_of_other_code(database: Database, monkeypatch: pytest.MonkeyPatch) -> None:
    files = resources.code_files()[:-1]
    monkeypatch.setattr(resources, "code_files", lambda: files)
    text = run(database.installer_dsn, "status", code=1).stdout
    assert "Bring it up to date with: pgwitness install" in text


def test_status_takes_the_installer(database: Database) -> None:
    dsn = database.dsn(database.role("stranger"))
    assert "WT082" in run(dsn, "status", code=1).stderr


def test_refusals_have_code_and_hint(empty_database: Database) -> None:
    result = run(empty_database.installer_dsn, "install", code=1)
    assert "WT082" in result.stderr
    assert "grant create on database" in result.stderr
    assert "Traceback" not in result.output


def test_roles_are_offered_to_who_may_create_them(
    empty_database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    superuser = empty_database.superuser()
    create_role(superuser, "test_creator", "createrole noinherit")
    dsn = empty_database.dsn("test_creator")
    allowed: list[str] = []
    monkeypatch.setattr(migrations, "create_roles", allowed.append)

    alone = run(dsn, "install", code=1)
    assert "pgwitness install --roles yes" in alone.stderr
    assert allowed == []
    run(dsn, "install", "--roles", "no", code=1)
    assert allowed == []
    run(dsn, "install", "--roles", "yes", code=1)
    assert allowed == [dsn]

    monkeypatch.setattr(installation, "is_interactive", lambda: True)
    assert "lacks audit_owner" in run(dsn, "install", typed="n\n", code=1).stderr
    assert allowed == [dsn]
    run(dsn, "install", typed="y\n", code=1)
    assert allowed == [dsn, dsn]


def test_the_bundle_and_the_roles_are_printed_as_they_are() -> None:
    assert run("", "sql").stdout == migrations.bundle()
    assert run("", "sql", "--roles").stdout == resources.read_sql("roles.sql")


def test_uninstall_asks(database: Database) -> None:
    result = run(database.installer_dsn, "uninstall", typed="n\n", code=1)
    assert f"all its events from database {database.name}" in result.stderr
    assert migrations.status(database.installer_dsn).is_current


def test_uninstall_with_an_archive(database: Database, tmp_path: Path) -> None:
    refused = run(database.installer_dsn, "uninstall", "--yes", code=1)
    assert "WT083" in refused.stderr
    path = tmp_path / "events.jsonl.gz"
    done = run(database.installer_dsn, "uninstall", "--archive", path, typed="y\n").stdout
    assert f"{path} holds its" in done
    assert path.exists()


def test_uninstall_keeps_an_existing_file(database: Database, tmp_path: Path) -> None:
    path = tmp_path / "events.jsonl"
    path.write_text("precious")
    result = run(database.installer_dsn, "uninstall", "--yes", "--archive", path, code=2)
    assert "name a new file" in result.stderr
    assert path.read_text() == "precious"


def test_a_busy_database(database: Database) -> None:
    holder = psycopg.connect(database.dsn("postgres"))
    holder.execute("lock table audit_private.event in access exclusive mode")
    result = run(database.installer_dsn, "install", "--force", "--lock-timeout", 0.2, code=1)
    holder.close()
    assert "WT084" in result.stderr
    assert "--lock-timeout" in result.stderr


def test_no_server_is_one_line() -> None:
    result = run("host=127.0.0.1 port=1 user=nobody", "status", code=1)
    assert "refused" in result.stderr
    assert "Traceback" not in result.output


def past_partition(database: Database) -> str:
    """Make a partition of the past by importing an event into it."""
    admin = database.connect(database.role("admin"))
    row: Any = admin.execute(
        "select result from audit.import_events(events => jsonb_build_array(jsonb_build_object("
        " 'action', 'user_created', 'entity_type', 'user', 'description', 'old',"
        " 'occurred_at', '2020-03-04', 'idempotency_key', 'old')),"
        " reason => 'events of the former system')"
    ).fetchone()
    assert row == ("imported",)
    operator = database.connect(database.role("operator"))
    row = operator.execute(
        "select partition_name, is_closed from audit.list_partitions()"
        " where from_time <= '2020-03-04' and until_time > '2020-03-04'"
    ).fetchone()
    assert row[1] is False
    return str(row[0])


def test_maintain_closes_what_is_full(loaded_database: Database) -> None:
    dsn = loaded_database.dsn(loaded_database.role("operator"))
    partition = past_partition(loaded_database)
    text = run(dsn, "maintain").stdout
    assert f"{partition}: 3 indexes made" in text
    operator = loaded_database.connect(loaded_database.role("operator"))
    closed = operator.execute(
        "select partition_name from audit.list_partitions() where is_closed"
    ).fetchall()
    assert closed == [(partition,)]
    assert json.loads(run(dsn, "maintain", "--json").stdout) == {"closed": {}, "busy": []}


def test_maintain_makes_partitions_ahead(loaded_database: Database) -> None:
    operator = loaded_database.connect(loaded_database.role("operator"))
    query = "select max(until_time) - now() from audit.list_partitions()"
    operator.execute(
        "select audit.set_option(name => 'partitions_ahead_weeks', value => '40',"
        " reason => 'a longer holiday than usual')"
    )
    run(loaded_database.dsn(loaded_database.role("operator")), "maintain")
    row: Any = operator.execute(query).fetchone()
    assert row[0].days >= 40 * 7


def test_maintain_waits_for_writers_a_bounded_time(loaded_database: Database) -> None:
    partition = past_partition(loaded_database)
    writer = psycopg.connect(loaded_database.dsn("postgres"))
    writer.execute(f"lock table audit_private.{partition} in row exclusive mode".encode())
    dsn = loaded_database.dsn(loaded_database.role("operator"))
    text = run(dsn, "maintain", "--lock-timeout", 0.2).stdout
    writer.close()
    assert f"{partition}: somebody writes to it" in text


def test_maintain_takes_an_operator(database: Database) -> None:
    result = run(database.installer_dsn, "maintain", code=1)
    assert "42501" in result.stderr
