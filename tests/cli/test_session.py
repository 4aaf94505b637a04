from __future__ import annotations

import json
import os
import subprocess
import sys

import pytest
from click.testing import CliRunner

from cli.command_line import NO_VARIABLES, CommandLine
from pgwitness.cli import main

from databases import Database


def invoke(*arguments: str, **variables: str) -> tuple[int, str, str]:
    result = CliRunner().invoke(
        main, arguments, env={**NO_VARIABLES, **variables}, prog_name="pgwitness"
    )
    return result.exit_code, result.stdout, result.stderr


def test_the_connection_comes_from_option_variable_or_libpq(database: Database) -> None:
    dsn = database.dsn(database.role("operator"))
    nowhere = "host=127.0.0.1 port=1 user=nobody"
    assert invoke("tenant", "list", "--dsn", dsn)[0] == 0
    assert invoke("--dsn", nowhere, "tenant", "list", "--dsn", dsn)[0] == 0
    assert invoke("--dsn", dsn, "tenant", "list", PGWITNESS_DSN=nowhere)[0] == 0
    assert invoke("tenant", "list", PGWITNESS_DSN=dsn)[0] == 0
    libpq = {
        "PGHOST": database.host,
        "PGPORT": str(database.port),
        "PGDATABASE": database.name,
        "PGUSER": database.role("operator"),
    }
    assert invoke("tenant", "list", **libpq)[0] == 0


def test_a_server_that_is_not_there_is_one_line(database: Database) -> None:
    code, out, error = invoke("tenant", "list", "--dsn", "host=127.0.0.1 port=1 user=nobody")
    assert (code, out) == (1, "")
    assert error.startswith("error: ")
    assert len(error.splitlines()) == 1


def test_a_malformed_connection_string_is_one_line() -> None:
    code, _, error = invoke("tenant", "list", "--dsn", "no=such=thing")
    assert code == 1
    assert error.startswith("error: ")


def test_a_database_without_pgwitness_says_how_to_install(empty_database: Database) -> None:
    dsn = empty_database.dsn(empty_database.role("operator"))
    code, _, error = invoke("tenant", "list", "--dsn", dsn)
    assert code == 1
    assert "hint: Install pgwitness into this database: pgwitness install" in error


def test_language_from_a_variable_and_an_option(run: CommandLine) -> None:
    assert "Organisation" in run("operator", "tenant", "list", PGWITNESS_LANG="sv").stdout
    assert "Tenant" in run("operator", "tenant", "list", "--lang", "en", PGWITNESS_LANG="sv").stdout
    run("operator", "--lang", "tlh", "tenant", "list", code=2)


def test_json_before_or_after_the_command(run: CommandLine) -> None:
    before = run("operator", "--json", "tenant", "list").stdout
    after = run("operator", "tenant", "list", "--json").stdout
    assert before == after
    assert all(isinstance(json.loads(line), dict) for line in before.splitlines())


def test_nothing_to_list(run: CommandLine) -> None:
    nothing = run("reader", "access", "list")
    assert (nothing.stdout, nothing.stderr) == ("", "Nothing found.\n")
    assert run("reader", "access", "list", "--json").stdout == ""


def test_actors_are_for_applications(run: CommandLine) -> None:
    refused = run("reader", "--actor", "somebody-else", "access", "list", code=1)
    assert "(WT004)" in refused.stderr


@pytest.mark.parametrize("encoding", ["utf-8", "ascii", "latin-1"])
def test_output_in_any_encoding(run: CommandLine, encoding: str) -> None:
    dsn = run.database.dsn(run.database.role("admin"))
    done = subprocess.run(
        [sys.executable, "-m", "pgwitness", "--dsn", dsn, "--lang", "sv", "toggle", "list"],
        env={**os.environ, "PYTHONIOENCODING": encoding},
        stdin=subprocess.DEVNULL,
        capture_output=True,
        check=False,
    )
    assert done.returncode == 0
    assert done.stderr == b""
    assert b"user_created" in done.stdout
