"""One server for each process, two templates, and a fresh database for each test that asks."""

from __future__ import annotations

import os
import signal
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import psycopg
import pytest
from pytest_postgresql import factories

from pgwitness.server import Server, find_binaries
from retention.vault import Vault, open_vault

from databases import Database, load_catalogue, load_installed

MAJOR = 15
"""Version that is preferred where Debian has several."""

SETTINGS = {"max_prepared_transactions": "20", "wal_level": "logical"}

STARTED = "TEST_PGPORT_STARTED"
"""Variable with the port of a server that a parent process started, not a person."""

server_key = pytest.StashKey[Server]()
version_key = pytest.StashKey[str]()


def pytest_configure(config: pytest.Config) -> None:
    """Start a server, unless TEST_PGPORT names one on 127.0.0.1 with a superuser postgres.

    Tests in parallel have a server each: roles and what waits for what belong to a whole server.
    """
    # A terminated run would leave its server behind.
    signal.signal(signal.SIGTERM, lambda *_: pytest.exit("terminated", returncode=143))
    if os.environ.get("TEST_PGPORT", STARTED) == os.environ.get(STARTED, STARTED):
        server = Server(find_binaries(MAJOR), settings=SETTINGS)
        config.stash[server_key] = server
        os.environ["TEST_PGPORT"] = os.environ[STARTED] = str(server.port)
    config.option.postgresql_host = "127.0.0.1"
    config.option.postgresql_port = os.environ["TEST_PGPORT"]
    with psycopg.connect(f"{_server_dsn()} dbname=postgres") as connection:
        row = connection.execute("show server_version").fetchone()
    assert row is not None
    config.stash[version_key] = row[0]


def pytest_unconfigure(config: pytest.Config) -> None:
    """Stop the server that we started."""
    server = config.stash.get(server_key, None)
    if server is not None:
        server.close()
        del os.environ["TEST_PGPORT"], os.environ[STARTED]


def pytest_report_header(config: pytest.Config) -> str:
    """Name the server."""
    return f"server: {_describe_server(config)}"


def pytest_terminal_summary(terminalreporter: Any, config: pytest.Config) -> None:
    """Say plainly what ran where, and what couldn't run."""
    terminalreporter.write_sep("=", "server")
    terminalreporter.write_line(f"ran on {_describe_server(config)}")
    skipped = terminalreporter.stats.get("skipped", [])
    if not skipped:
        terminalreporter.write_line("every test that was asked for could run")
    for report in skipped:
        reason = report.longrepr[2] if isinstance(report.longrepr, tuple) else report.longrepr
        terminalreporter.write_line(f"not run: {report.nodeid}: {reason}")


def _server_dsn() -> str:
    return f"host=127.0.0.1 port={os.environ['TEST_PGPORT']} user=postgres"


def _describe_server(config: pytest.Config) -> str:
    server = config.stash.get(server_key, None)
    place = f"programs in {server.binaries}" if server else f"port {os.environ['TEST_PGPORT']}"
    return f"PostgreSQL {config.stash[version_key]}, {place}"


installed_template = factories.postgresql_noproc(dbname="installed", load=[load_installed])
loaded_template = factories.postgresql_noproc(
    dbname="loaded", depends_on="installed_template", load=[load_catalogue]
)
empty_template = factories.postgresql_noproc(dbname="empty")
installed_clone = factories.postgresql("installed_template")
loaded_clone = factories.postgresql("loaded_template")
empty_clone = factories.postgresql("empty_template")


@pytest.fixture
def database(installed_clone: psycopg.Connection[Any]) -> Iterator[Database]:
    """A fresh database with pgwitness, two tenants and all personas."""
    yield from _lend(installed_clone)


@pytest.fixture
def loaded_database(loaded_clone: psycopg.Connection[Any]) -> Iterator[Database]:
    """The same, with the ready catalogue loaded."""
    yield from _lend(loaded_clone)


@pytest.fixture
def vault(loaded_database: Database) -> Iterator[Vault]:
    """A log whose events a test makes old; whatever it purges, what is left verifies."""
    opened = open_vault(loaded_database)
    yield opened
    if not opened.is_tampered_with:
        opened.operator = loaded_database.connect(loaded_database.role("operator"))
        opened.seal()
        assert opened.findings() == []


@pytest.fixture
def empty_database(
    installed_template: object, empty_clone: psycopg.Connection[Any]
) -> Iterator[Database]:
    """A fresh database without pgwitness, on a server that has its roles and the personas."""
    yield from _lend(empty_clone)


@pytest.fixture(scope="session")
def binaries(pytestconfig: pytest.Config) -> Path:
    """Folder of the server's programs, psql and pg_dump among them."""
    server = pytestconfig.stash.get(server_key, None)
    return server.binaries if server else find_binaries(MAJOR)


def _lend(clone: psycopg.Connection[Any]) -> Iterator[Database]:
    lent = Database("127.0.0.1", int(os.environ["TEST_PGPORT"]), clone.info.dbname)
    clone.close()
    try:
        yield lent
    finally:
        lent.close()
