"""Migrations never change once they were released, and mean the same to yoyo and PostgreSQL."""

from __future__ import annotations

import hashlib
import re
from itertools import pairwise
from pathlib import Path

import pglast
import pytest
import sqlparse

from pgwitness.migrations import read_our_migrations
from pgwitness.resources import sql_directory

CHECKSUMS = Path(__file__).with_name("checksums.txt")
FILES = sorted((sql_directory() / "migrations").glob("*"))


def words(statement: str) -> str:
    """Drop comments, which one splitter keeps and the other doesn't, and white space."""
    return " ".join(re.sub(r"(?m)^\s*--.*$", "", statement).rstrip(" \n;").split())


def test_migrations_are_what_was_released() -> None:
    """yoyo knows a migration by its name only: an edit would go unnoticed where it was applied."""
    lines = [line.split("  ") for line in CHECKSUMS.read_text().splitlines()]
    expected = {name: checksum for checksum, name in lines}
    found = {path.name: hashlib.sha256(path.read_bytes()).hexdigest() for path in FILES}
    assert found == expected, (
        "a released migration never changes: write a new one; before its release, run "
        "(cd sql/migrations && sha256sum *) > tests/migrations/checksums.txt"
    )


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.name)
def test_both_splitters_see_the_same_statements(path: Path) -> None:
    text = path.read_text()
    by_sqlparse = [words(part) for part in sqlparse.split(text)]
    by_postgresql = [words(part) for part in pglast.split(text)]
    assert [part for part in by_sqlparse if part] == by_postgresql


def test_each_depends_on_the_one_before() -> None:
    migrations = read_our_migrations()
    names = [migration.id for migration in migrations]
    assert names == sorted(names)
    assert [name[:5] for name in names] == [f"{number:04}." for number in range(1, len(names) + 1)]
    for earlier, later in pairwise(migrations):
        assert {dependency.id for dependency in later.depends} == {earlier.id}


def test_all_run_in_the_installation_s_transaction() -> None:
    for migration in read_our_migrations():
        migration.load()
        assert migration.use_transactions, migration.id
        assert "concurrently" not in Path(migration.path).read_text().lower()


def test_migrations_do_not_set_session_state() -> None:
    """They share a connection with all that follows."""
    for path in FILES:
        assert not re.search(r"(?mi)^set (?!local )", path.read_text()), path.name
