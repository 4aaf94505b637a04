"""The first steps work, and the README shows nothing but code that runs here."""

from __future__ import annotations

import asyncio
import re
from collections.abc import Iterator
from pathlib import Path
from textwrap import indent
from typing import Any

import pytest
from psycopg_pool import ConnectionPool
from sqlalchemy.ext.asyncio import AsyncSession

from client.recipes import quickstart
from client.sources import ASYNC_DRIVERS, Written, async_engine

from databases import Database

README = Path(__file__).parents[3] / "README.md"
RECIPES = Path(__file__).parent


@pytest.fixture
def service(loaded_database: Database, users: None, app: str) -> Iterator[ConnectionPool[Any]]:
    """The application's pool, which may also change its own table."""
    loaded_database.superuser().execute(f"grant select, update on users to {app}")
    with ConnectionPool(loaded_database.dsn(app), min_size=0, max_size=2, open=True) as pool:
        yield pool


def test_logging(
    loaded_database: Database,
    app: str,
    service: ConnectionPool[Any],
    written: Written,
    names: Any,
) -> None:
    quickstart.log_in_your_transaction(loaded_database.connect(app))
    assert names() == {1: "Eva"}
    quickstart.log_over_a_pool(service, loaded_database.dsn(app))
    assert names() == {1: "Isa"}
    quickstart.log_records(service)
    told = [(row["description"], row["actor_id"]) for row in written()]
    assert told == [
        ("Renamed user 1 to Eva", "ann"),
        ("Renamed user 1 to Isa", "ann"),
        ("locked user 1", "test_app_a"),
    ]
    assert quickstart.log_many(service) == 1000
    refusal = quickstart.handle_refusals(service)
    assert refusal.startswith("WT010: ")
    assert "user_renamed" in refusal

    reader = loaded_database.dsn(loaded_database.role("reader"))
    with ConnectionPool(reader, min_size=0, max_size=1, open=True) as pool:
        found = quickstart.read_with_a_justification(pool)
    assert [re.sub(r"^[-\d]+ [:\d]+ ", "", line) for line in found][-3:] == [
        "test_app_a: locked user 1",
        "ann: Renamed user 1 to Isa",
        "ann: Renamed user 1 to Eva",
    ]


@pytest.mark.parametrize("driver", ASYNC_DRIVERS)
def test_sessions(loaded_database: Database, app: str, written: Written, driver: str) -> None:
    async def run() -> None:
        async with (
            async_engine(loaded_database, app, driver) as engine,
            AsyncSession(engine) as session,
        ):
            await quickstart.log_with_alchemy(session)

    asyncio.run(run())
    assert [row["description"] for row in written()] == ["Renamed user 1 to Ada"]


def test_the_readme_shows_what_runs() -> None:
    section = README.read_text().partition("\n## Python\n")[2].partition("\n## ")[0]
    shown = re.findall(r"^```(python|plpgsql)\n(.*?)^```$", section, re.DOTALL | re.MULTILINE)
    assert {language for language, _ in shown} == {"python", "plpgsql"}
    sources = [path.read_text() for path in (*RECIPES.glob("*.py"), *RECIPES.glob("*.sql"))]
    for _, block in shown:
        for part in block.split("\n...\n"):
            forms = [indent(part.strip("\n"), " " * width) for width in (0, 4, 8)]
            assert any(form in source for form in forms for source in sources), part
