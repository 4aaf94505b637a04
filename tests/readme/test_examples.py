"""Every example of the README runs, in the order in which a reader meets it."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import pglast
import psycopg
import pytest

from databases import Database

README = (Path(__file__).resolve().parents[2] / "README.md").read_text()
REFUSED = re.compile(r"^\s*--\s*refused:\s*(\w{5})")


def blocks(language: str) -> list[str]:
    return re.findall(rf"^```{language}\n(.*?)^```$", README, re.DOTALL | re.MULTILINE)


def statements(block: str) -> Iterator[tuple[str, str | None]]:
    """Each statement, with the SQLSTATE that the comment behind it announces."""
    places = pglast.split(block, only_slices=True)
    for place, following in zip(places, [*places[1:], None], strict=True):
        behind = block[place.stop : following.start if following else len(block)]
        refused = REFUSED.match(behind.lstrip(";"))
        yield block[place], refused[1] if refused else None


@pytest.fixture
def administrator(loaded_database: Database) -> Iterator[psycopg.Connection]:
    connection = loaded_database.superuser()
    yield connection
    connection.execute("reset role")
    for (role,) in connection.execute(
        "select rolname from pg_roles where starts_with(rolname, 'shop_')"
    ).fetchall():
        connection.execute(f'drop owned by "{role}"')
        connection.execute(f'drop role "{role}"')


def test_sql_does_as_it_says(administrator: psycopg.Connection) -> None:
    for block in blocks("sql"):
        for statement, refused in statements(block):
            if refused is None:
                administrator.execute(statement)
                continue
            with pytest.raises(psycopg.Error) as refusal:
                administrator.execute(statement)
            assert refusal.value.sqlstate == refused, statement
            assert refused == "42501" or refusal.value.diag.message_hint
    logged = administrator.execute(
        "select action, count(*) from audit_private.event where source = 'logged' group by action"
    ).fetchall()
    assert dict(logged) == {"user_created": 1, "user_updated": 1, "order_placed": 4}
