"""One list of SQLSTATEs: what the SQL raises, what Python knows and what README explains."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from pgwitness.errors import ERRORS
from pgwitness.resources import sql_directory

PROJECT = Path(__file__).resolve().parents[2]
RAISED_BY_THE_INSTALLER = {"WT081"}
STATE = re.compile(r"\bWT\d{3}\b")

RAISE = re.compile(r"raise exception using(.*?);\s*(?:$|end|--)", re.DOTALL | re.MULTILINE)


def sql_files() -> list[Path]:
    return sorted(sql_directory().rglob("*.sql"))


def test_python_knows_what_the_sql_raises() -> None:
    raised = {
        state
        for path in sql_files()
        for state in re.findall(r"errcode\s*=\s*'(WT\d{3})'", path.read_text())
    }
    named = {state for path in sql_files() for state in STATE.findall(path.read_text())}
    assert named - raised <= set(ERRORS), "mentioned in a comment only"
    assert raised <= set(ERRORS)
    assert set(ERRORS) - named == RAISED_BY_THE_INSTALLER


def test_the_installer_raises_the_rest() -> None:
    text = (PROJECT / "src/pgwitness/migrations.py").read_text()
    for state in RAISED_BY_THE_INSTALLER:
        assert f'sqlstate="{state}"' in text


def test_readme_explains_each() -> None:
    rows = re.findall(
        r"^\|\s*`?(WT\d{3})`?\s*\|", (PROJECT / "README.md").read_text(), re.MULTILINE
    )
    assert sorted(rows) == sorted(ERRORS)


@pytest.mark.parametrize("path", sql_files(), ids=lambda path: path.name)
def test_each_refusal_says_what_why_and_what_helps(path: Path) -> None:
    for body in RAISE.findall(path.read_text()):
        for part in ("errcode", "message", "detail", "hint"):
            assert re.search(rf"\b{part}\s*=", body), body
