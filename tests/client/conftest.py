"""What the tests of the client share: pools, engines, and a look at what was really written."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import psycopg
import pytest
from psycopg.rows import dict_row
from psycopg_pool import ConnectionPool
from sqlalchemy import Engine, NullPool, create_engine

from client.sources import SYNC_DRIVERS, Written, alchemy_url

from databases import Database


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


@pytest.fixture(params=SYNC_DRIVERS)
def engine(request: pytest.FixtureRequest, loaded_database: Database, app: str) -> Iterator[Engine]:
    """SQLAlchemy over each synchronous driver."""
    made = create_engine(alchemy_url(loaded_database, app, request.param), poolclass=NullPool)
    yield made
    made.dispose()


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
