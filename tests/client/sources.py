"""Connections, pools and engines that the tests of the client work over."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from typing import Any

from psycopg_pool import AsyncConnectionPool
from sqlalchemy import NullPool
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


@asynccontextmanager
async def async_pool(dsn: str, max_size: int = 4) -> AsyncIterator[AsyncConnectionPool[Any]]:
    """Open an asynchronous pool in the running loop."""
    made = AsyncConnectionPool(dsn, min_size=0, max_size=max_size, open=False, timeout=5)
    async with made:
        yield made


@asynccontextmanager
async def async_engine(database: Database, role: str, driver: str) -> AsyncIterator[AsyncEngine]:
    """Make SQLAlchemy's asynchronous engine in the running loop."""
    made = create_async_engine(alchemy_url(database, role, driver), poolclass=NullPool)
    try:
        yield made
    finally:
        await made.dispose()
