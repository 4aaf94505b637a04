"""Copies of a log, dumped, as a database or with the whole server, to go on by themselves."""

from __future__ import annotations

import os
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import psycopg
from psycopg import sql

from backup.test_dump import dump, load
from integrity.laboratory import Laboratory, open_laboratory
from pgwitness.server import Server, _free_port

from databases import Database


class Copy(Server):
    """A server made from a base backup of another; it is started later."""

    def __init__(self, original: Server, signal: str) -> None:
        """Copy a running server.

        Args:
            original: The server.
            signal: `standby` or `recovery`.
        """
        self._account = original._account
        self.binaries = original.binaries
        self.port = _free_port()
        self.directory = Path(tempfile.mkdtemp(prefix="pgwitness-", dir=original.directory.parent))
        if self._account is not None:
            os.chown(self.directory, self._account.pw_uid, self._account.pw_gid)
        self._run(
            *("pg_basebackup", "-h", "127.0.0.1", "-p", str(original.port), "-U", "postgres"),
            *("-D", str(self._data), "-X", "stream", "-c", "fast", "--no-sync"),
        )
        (self._data / f"{signal}.signal").touch()
        self.configure(port=str(self.port), unix_socket_directories=str(self.directory))

    def configure(self, **settings: str) -> None:
        """Add lines to postgresql.conf."""
        with (self._data / "postgresql.conf").open("a", encoding="utf-8") as configuration:
            for name, value in settings.items():
                escaped = value.replace("'", "''")
                configuration.write(f"{name} = '{escaped}'\n")

    def promote(self) -> None:
        self._run("pg_ctl", "-D", str(self._data), "-w", "-t", "30", "promote")

    def wait_until_open(self, name: str) -> None:
        """Return once it has left recovery; fails when it doesn't within 30 s."""
        until = time.monotonic() + 30
        while time.monotonic() < until:
            with psycopg.connect(self.dsn(name), autocommit=True) as root:
                if root.execute("select pg_is_in_recovery()").fetchone() == (False,):
                    return
            time.sleep(0.02)
        raise AssertionError("it stayed in recovery")

    def wait_for_replay(self, position: str, name: str) -> None:
        """Return once a standby has replayed the log up to a position."""
        until = time.monotonic() + 30
        with psycopg.connect(self.dsn(name), autocommit=True) as root:
            while time.monotonic() < until:
                if root.execute(
                    "select pg_last_wal_replay_lsn() >= %s::pg_lsn", (position,)
                ).fetchone() == (True,):
                    return
                time.sleep(0.02)
        raise AssertionError("the standby didn't catch up")

    def laboratory(self, name: str) -> Laboratory:
        return open_laboratory(Database("127.0.0.1", self.port, name))


@contextmanager
def started(copy: Copy, **settings: str) -> Iterator[Copy]:
    """Start a copy, and remove it in the end."""
    try:
        copy.configure(**settings)
        copy.start()
        yield copy
    finally:
        copy.close()


@contextmanager
def template_copy(original: Laboratory, name: str = "copied") -> Iterator[Laboratory]:
    """A copy of a log's database on the same server; nobody may be connected to it meanwhile."""
    original.database.close()
    place = Database(original.database.host, original.database.port, "postgres")
    copied = Database(place.host, place.port, name)
    command = sql.SQL("create database {} template {}").format(
        sql.Identifier(name), sql.Identifier(original.database.name)
    )
    drop = sql.SQL("drop database if exists {} with (force)").format(sql.Identifier(name))
    with place.superuser() as root:
        root.execute(drop)
        _wait_until_left(root, original.database.name)
        root.execute(command)
    try:
        yield open_laboratory(copied)
    finally:
        copied.close()
        with place.superuser() as root:
            root.execute(drop)


def _wait_until_left(root: psycopg.Connection[tuple[object, ...]], name: str) -> None:
    until = time.monotonic() + 10
    while time.monotonic() < until:
        found = root.execute("select from pg_stat_activity where datname = %s", (name,)).fetchone()
        if found is None:
            return
        time.sleep(0.01)
    raise AssertionError(f"somebody stays connected to {name}")


def restore_dump(binaries: Path, original: Laboratory, place: Database) -> None:
    """Dump as the backup persona and restore into an empty database."""
    dumped = dump(
        binaries, original.database, original.database.role("backup"), "--enable-row-security"
    )
    assert dumped.returncode == 0, dumped.stderr.decode()
    load(binaries, place, dumped.stdout)
