"""How the SQL is written and where it lies."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pglast
import pytest
from pglast import ast

from pgwitness.resources import CodeFile, code_files, sql_directory

PROJECT = Path(__file__).resolve().parents[2]
ATTRIBUTES = ["language", "volatility", "parallel", "strict", "rows", "security", "set", "as"]
# They hold what comes with the log, not a function.
DATA_FILES = {"built_in_catalogue", "built_in_options"}
EMPTY_WORDS = {"common", "foo", "helper", "helpers", "manager", "misc", "stuff", "temp", "tmp"} | {
    "util",
    "utils",
}

CODE = code_files()


def statements(text: str) -> list[Any]:
    """Parse with PostgreSQL's own grammar."""
    return [raw.stmt for raw in pglast.parse_sql(text)]


@pytest.mark.parametrize("file", CODE, ids=lambda file: file.name)
def test_a_file_holds_one_name_and_is_called_like_it(file: CodeFile) -> None:
    name, text = file.name, file.text
    functions, views = set(), set()
    for statement in statements(text):
        kind = type(statement)
        if kind is ast.CreateFunctionStmt:
            functions.add(statement.funcname[-1].sval)
        elif kind is ast.ViewStmt:
            views.add(statement.view.relname)
        elif kind in (ast.CreateTableAsStmt, ast.CreateStmt, ast.IndexStmt):
            pytest.fail(f"{name} makes something with state; that belongs into a migration")
    stem = Path(name).stem
    if stem in DATA_FILES:
        assert not functions | views
    else:
        assert functions == {stem} or (not functions and stem in views)


@pytest.mark.parametrize("file", CODE, ids=lambda file: file.name)
def test_attributes_come_in_one_order(file: CodeFile) -> None:
    for statement in statements(file.text):
        if type(statement) is ast.CreateFunctionStmt:
            assert statement.replace, "it is applied again and again"
            given = [option.defname for option in statement.options or ()]
            assert given == sorted(given, key=ATTRIBUTES.index)
            if not statement.is_procedure:
                assert {"language", "volatility", "parallel", "as"} <= set(given)


def test_order_names_every_folder() -> None:
    root = sql_directory() / "code"
    folders = (root / "order.txt").read_text().split()
    assert len(folders) == len(set(folders))
    assert set(folders) == {path.name for path in root.iterdir() if path.is_dir()}
    assert {path.parent.name for path in root.rglob("*.sql")} == set(folders)


def test_names_say_something() -> None:
    paths = [
        *sql_directory().rglob("*.sql"),
        *(path for path in (PROJECT / "src").rglob("*.py") if "__" not in path.name),
    ]
    empty = [path for path in paths if EMPTY_WORDS & set(re.split(r"[_.]", path.stem))]
    assert empty == []


@pytest.mark.parametrize("path", sorted(sql_directory().rglob("*.sql")), ids=lambda path: path.name)
def test_it_is_postgresql_and_needs_no_extension(path: Path) -> None:
    for statement in statements(path.read_text()):
        assert not isinstance(statement, ast.CreateExtensionStmt)
