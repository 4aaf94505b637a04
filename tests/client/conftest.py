"""What the tests of the client share: pools, engines, and a look at what was really written."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import asynccontextmanager
from typing import Any

import psycopg
import pytest
from psycopg.rows import dict_row
from psycopg_pool import AsyncConnectionPool, ConnectionPool
from sqlalchemy import Engine, NullPool, create_engine
from sqlalchemy.ext.asyncio import AsyncEngine, create_async_engine

from databases import Database

SYNC_DRIVERS = ("psycopg",)
ASYNC_DRIVERS = ("psycopg", "asyncpg")

Written = Callable[[], list[dict[str, Any]]]


def alchemy_url(database: Database, role: str, driver: str) -> str:
    """Give SQLAlchemy's URL for a role."""
    return f"postgresql+{driver}://{role}@{database.host}:{database.port}/{database.name}"


def drop_connections(database: Database, role: str) -> int:
    """End every session of a role, as an administrator or a crash would; give how many."""
    row = (
        database.superuser()
        .execute(
            "select count(pg_terminate_backend(pid)) from pg_stat_activity "
            "where usename = %s and datname = current_database()",
            (role,),
        )
        .fetchone()
    )
    assert row is not None
    return int(row[0])


@pytest.fixture
def app(loaded_database: Database) -> str:
    """Login of tenant a's application."""
    return loaded_database.role("app")


@pytest.fixture
def connection(loaded_database: Database, app: str) -> psycopg.Connection[Any]:
    """The application's connection, in autocommit."""
    return loaded_database.connect(app)


@pytest.fixture
def pool(loaded_database: Database, app: str) -> Iterator[ConnectionPool[Any]]:
    """The application's pool."""
    with ConnectionPool(
        loaded_database.dsn(app), min_size=0, max_size=4, open=True, timeout=5
    ) as made:
        yield made


@asynccontextmanager
async def async_pool(dsn: str, max_size: int = 4) -> AsyncIterator[AsyncConnectionPool[Any]]:
    """Open an asynchronous pool in the running loop."""
    made = AsyncConnectionPool(dsn, min_size=0, max_size=max_size, open=False, timeout=5)
    async with made:
        yield made


@pytest.fixture(params=SYNC_DRIVERS)
def engine(request: pytest.FixtureRequest, loaded_database: Database, app: str) -> Iterator[Engine]:
    """SQLAlchemy over each synchronous driver."""
    made = create_engine(alchemy_url(loaded_database, app, request.param), poolclass=NullPool)
    yield made
    made.dispose()


@asynccontextmanager
async def async_engine(database: Database, role: str, driver: str) -> AsyncIterator[AsyncEngine]:
    """Make SQLAlchemy's asynchronous engine in the running loop."""
    made = create_async_engine(alchemy_url(database, role, driver), poolclass=NullPool)
    try:
        yield made
    finally:
        await made.dispose()


@pytest.fixture
def business(loaded_database: Database) -> Callable[[], list[int]]:
    """Make a table of the application's own; gives the function that reads what is in it."""
    administrator = loaded_database.superuser()
    administrator.execute("create table public.account (id integer primary key)")
    administrator.execute("grant all on public.account to public")

    def rows() -> list[int]:
        found = administrator.execute("select id from public.account order by id").fetchall()
        return [row[0] for row in found]

    return rows


@pytest.fixture
def written(loaded_database: Database) -> Written:
    """Give the function that reads the committed events of the application, oldest first."""
    administrator = loaded_database.superuser()

    def read() -> list[dict[str, Any]]:
        with administrator.cursor(row_factory=dict_row) as cursor:
            cursor.execute(
                "select * from audit_private.event where source = 'logged' order by sequence"
            )
            return cursor.fetchall()

    return read
