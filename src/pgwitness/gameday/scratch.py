"""Databases that a game day makes on a server, and takes away again."""

from __future__ import annotations

import secrets
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from typing import Any

import psycopg
from psycopg import sql
from psycopg.conninfo import make_conninfo

from pgwitness import migrations
from pgwitness.errors import InstallerLacksRights

PREFIX = "pgwitness_gameday_"


class Scratch:
    """Scratch databases on one server, all of them dropped when the block ends.

    Attributes:
        dsn: Where the server is, and who connects.
    """

    def __init__(self, dsn: str) -> None:
        """Take the connection string of a superuser."""
        self.dsn = dsn
        self._mark = secrets.token_hex(6)
        self._made: list[str] = []

    def dsn_of(self, name: str) -> str:
        """Give the connection string for one of the databases."""
        return make_conninfo(self.dsn, dbname=self._full(name))

    def create(self, name: str, template: str | None = None) -> str:
        """Make a database, empty or as a copy of another one, and give its connection string.

        Raises:
            psycopg.errors.DuplicateDatabase: There is one of that name; it is left alone.
        """
        statement = sql.SQL("create database {} template {}").format(
            sql.Identifier(self._full(name)),
            sql.Identifier(self._full(template) if template else "template0"),
        )
        if template is None:
            statement += sql.SQL(" encoding 'UTF8'")
        with connect(self.dsn) as connection:
            self._made.append(name)
            try:
                connection.execute(statement)
            except psycopg.errors.DuplicateDatabase:
                self._made.remove(name)
                raise
        return self.dsn_of(name)

    def drop(self, name: str) -> None:
        """Drop one of the databases that were made here, whoever is connected to it."""
        with connect(self.dsn) as connection:
            connection.execute(
                sql.SQL("drop database if exists {} with (force)").format(
                    sql.Identifier(self._full(name))
                )
            )
        self._made.remove(name)

    def close(self) -> None:
        """Drop what is left of them."""
        for name in list(self._made):
            self.drop(name)

    def _full(self, name: str) -> str:
        return f"{PREFIX}{self._mark}_{name}"

    def pass_transaction(self) -> None:
        """Let a transaction of somebody else's go by."""
        with connect(self.dsn) as connection:
            connection.execute("select pg_current_xact_id()")


@contextmanager
def open_scratch(dsn: str) -> Iterator[Scratch]:
    """Lend scratch databases on a server, and leave nothing there: no database, no role.

    Raises:
        InstallerLacksRights: The login is no superuser.
        psycopg.Error: The server can't be reached or refuses.
    """
    _refuse_others(dsn)
    scratch = Scratch(dsn)
    lacking = migrations.check_rights(dsn).lacking
    try:
        if lacking:
            migrations.create_roles(dsn)
        yield scratch
    finally:
        try:
            scratch.close()
        finally:
            _drop_roles(dsn, lacking)


def connect(dsn: str) -> psycopg.Connection[Any]:
    """Open an autocommit connection as the login itself, without notices."""
    connection = psycopg.connect(
        dsn, autocommit=True, fallback_application_name="pgwitness gameday", prepare_threshold=None
    )
    connection.add_notice_handler(lambda notice: None)
    return connection


def _refuse_others(dsn: str) -> None:
    with connect(dsn) as connection:
        row = connection.execute(
            "select current_user, (select rolsuper from pg_roles where rolname = current_user)"
        ).fetchone()
    assert row is not None
    if not row[1]:
        raise InstallerLacksRights(
            f"role {row[0]} may not play a game day on this server",
            detail="It makes scratch databases and tampers in them as a superuser would.",
            hint="Name a server for tests and a superuser of it with --dsn, or let a server be "
            "started for it: pgwitness gameday --embedded",
            sqlstate="WT082",
        )


def _drop_roles(dsn: str, names: tuple[str, ...]) -> None:
    """Drop the roles that weren't there before, unless somebody uses them by now."""
    with connect(dsn) as connection:
        for name in names:
            with suppress(psycopg.errors.DependentObjectsStillExist):
                connection.execute(sql.SQL("drop role if exists {}").format(sql.Identifier(name)))
