"""`pgwitness sql`: the same schema without Python."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest

from migrations.schema_dump import dump_schema
from pgwitness import migrations, resources
from pgwitness.server import Server

from databases import INSTALLER, Database, allow_installer


def run_psql(
    binaries: Path, dsn: str, text: str, *options: str
) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [binaries / "psql", "-X", "-q", "-v", "ON_ERROR_STOP=1", *options, "-d", dsn],
        input=text,
        capture_output=True,
        text=True,
        check=False,
    )


def test_psql_makes_the_same_schema(
    database: Database, empty_database: Database, binaries: Path
) -> None:
    allow_installer(empty_database.superuser())
    done = run_psql(binaries, empty_database.installer_dsn, migrations.bundle())
    assert done.returncode == 0, done.stderr
    options = ["--exclude-schema=audit_migrations"]
    by_psql = dump_schema(binaries, empty_database.dsn("postgres"), *options)
    assert by_psql == dump_schema(binaries, database.dsn("postgres"), *options)
    status = migrations.status(empty_database.installer_dsn)
    assert status.is_current
    assert status.drift == ()


def test_install_finds_what_psql_did(
    database: Database, empty_database: Database, binaries: Path
) -> None:
    allow_installer(empty_database.superuser())
    run_psql(binaries, empty_database.installer_dsn, migrations.bundle())
    outcome = migrations.install(empty_database.installer_dsn)
    names = tuple(migration.id for migration in migrations.read_our_migrations())
    assert (outcome.applied, outcome.marked, outcome.is_code_applied) == ((), names, False)
    assert migrations.install(empty_database.installer_dsn).marked == ()
    by_both = dump_schema(binaries, empty_database.dsn("postgres"))
    assert by_both == dump_schema(binaries, database.dsn("postgres"))


def test_it_refuses_as_install_does(empty_database: Database, binaries: Path) -> None:
    done = run_psql(
        binaries, empty_database.installer_dsn, migrations.bundle(), "-v", "VERBOSITY=verbose"
    )
    assert done.returncode != 0
    assert "WT082" in done.stderr
    left = empty_database.superuser().execute("select from pg_namespace where nspname ~ '^audit'")
    assert left.fetchall() == []


def test_roles_are_made_by_an_administrator_for_the_installer(binaries: Path) -> None:
    with Server(binaries) as server:
        text = f"create role {INSTALLER} login noinherit;\nset pgwitness.installer = '{INSTALLER}';"
        for _ in range(2):
            done = run_psql(binaries, server.dsn(), text + resources.read_sql("roles.sql"))
            assert done.returncode == 0, done.stderr
            text = text.partition("\n")[2]
        assert migrations.check_rights(server.dsn(user=INSTALLER)).lacking == ()


@pytest.mark.parametrize("needle", ["begin;", "commit;", "audit_private.record_installation("])
def test_it_is_one_transaction(needle: str) -> None:
    assert sum(line.startswith(needle) or line == f"select {needle}"
               for line in migrations.bundle().splitlines()) == 1  # fmt: skip
