"""The table that the recipes' applications work on."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from databases import Database


@pytest.fixture
def users(loaded_database: Database) -> None:
    """One user, whose name must not be empty."""
    administrator = loaded_database.superuser()
    administrator.execute(
        "create table public.users (id integer primary key, name text not null check (name <> ''))"
    )
    administrator.execute("insert into public.users values (1, 'Ida')")
    administrator.execute("grant select, update on public.users to test_service")


@pytest.fixture
def names(loaded_database: Database, users: None) -> Callable[[], dict[int, str]]:
    """Give the function that reads the committed names."""
    administrator = loaded_database.superuser()

    def read() -> dict[int, str]:
        return dict(administrator.execute("select id, name from public.users").fetchall())

    return read
