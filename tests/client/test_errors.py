"""Refusals as exceptions: one table, the same codes as in the SQL, from any driver."""

from __future__ import annotations

import pickle
import re
from pathlib import Path
from typing import Any

import psycopg
import pytest
from sqlalchemy.exc import DBAPIError

from pgwitness import Client, errors
from pgwitness.errors import ERRORS, ActionUnknown, PgwitnessError, TenantRefused, translate

from databases import Database

ROOT = Path(__file__).parents[2]

# Refused by the installer, which asks the files before it asks the database.
RAISED_IN_PYTHON = {"WT081", "WT084"}


def test_the_table_is_what_the_sql_raises() -> None:
    raised = {
        code
        for path in (ROOT / "sql").rglob("*.sql")
        for code in re.findall(r"'(WT\d{3})'", path.read_text())
    }
    assert raised | RAISED_IN_PYTHON == set(ERRORS)
    source = (ROOT / "src/pgwitness/migrations.py").read_text()
    for code in RAISED_IN_PYTHON - raised:
        assert f"errors.{ERRORS[code].__name__}(" in source


def test_each_class_has_one_code_and_says_it() -> None:
    assert len(set(ERRORS.values())) == len(ERRORS)
    for code, kind in ERRORS.items():
        assert kind.__doc__
        assert kind.__doc__.startswith(f"{code}: ")
        assert issubclass(kind, PgwitnessError)
    coded = {
        kind
        for kind in vars(errors).values()
        if isinstance(kind, type) and re.match(r"WT\d{3}", kind.__doc__ or "")
    }
    assert coded == set(ERRORS.values())


def test_a_refusal_keeps_its_texts(connection: psycopg.Connection[Any]) -> None:
    with pytest.raises(ActionUnknown) as caught:
        Client(connection).log_event("no_such_action", "user", description="x")
    error = caught.value
    assert error.sqlstate == "WT010"
    assert "no_such_action" in error.message
    assert error.detail
    assert error.hint
    assert str(error) == f"{error.message}\nDETAIL: {error.detail}\nHINT: {error.hint}"
    assert isinstance(error.__cause__, psycopg.Error)


def test_a_refusal_can_be_pickled(connection: psycopg.Connection[Any]) -> None:
    with pytest.raises(ActionUnknown) as caught:
        Client(connection).log_event("no_such_action", "user", description="x")
    copy = pickle.loads(pickle.dumps(caught.value))
    assert type(copy) is ActionUnknown
    assert str(copy) == str(caught.value)
    assert (copy.sqlstate, copy.hint) == (caught.value.sqlstate, caught.value.hint)


def test_other_errors_pass_untouched(connection: psycopg.Connection[Any]) -> None:
    with pytest.raises(psycopg.errors.InvalidTextRepresentation):
        Client(connection).set_context(ip="not an address")
    with pytest.raises(psycopg.errors.InsufficientPrivilege):
        Client(connection).list_options()


def test_a_wall_is_a_refusal(
    loaded_database: Database, connection: psycopg.Connection[Any]
) -> None:
    with pytest.raises(TenantRefused):
        Client(connection).is_logged("user_created", loaded_database.tenant_b)


class Fields(Exception):
    """An exception with attributes, as drivers have."""

    def __init__(self, *args: object, **fields: object) -> None:
        super().__init__(*args)
        vars(self).update(fields)


class Diagnostics:
    message_primary = "m"
    message_detail = "d"
    message_hint = "h"


def chained(outer: Exception, inner: BaseException) -> Exception:
    outer.__cause__ = inner
    return outer


ASYNCPG = Fields("m", sqlstate="WT010", message="m", detail="d", hint="h")


@pytest.mark.parametrize(
    "error",
    [
        pytest.param(Fields("m", sqlstate="WT010", diag=Diagnostics()), id="psycopg"),
        pytest.param(Fields("m", pgcode="WT010", diag=Diagnostics()), id="psycopg2"),
        pytest.param(ASYNCPG, id="asyncpg"),
        pytest.param(Fields({"C": "WT010", "M": "m", "D": "d", "H": "h"}), id="pg8000"),
        pytest.param(
            DBAPIError("select", {}, chained(Fields("m", pgcode="WT010"), ASYNCPG)),
            id="SQLAlchemy over asyncpg",
        ),
        pytest.param(
            chained(Exception("m"), Fields("m", sqlstate="WT010", diag=Diagnostics())), id="Django"
        ),
    ],
)
def test_every_driver(error: Exception) -> None:
    translated = translate(error)
    assert type(translated) is ActionUnknown
    assert (translated.message, translated.detail, translated.hint) == ("m", "d", "h")


def test_a_code_of_a_newer_release_is_still_a_refusal() -> None:
    translated = translate(Fields(sqlstate="WT099", diag=Diagnostics()))
    assert type(translated) is PgwitnessError
    assert translated.sqlstate == "WT099"


@pytest.mark.parametrize(
    "error",
    [
        Exception("no state"),
        Fields(sqlstate="23505", diag=Diagnostics()),
        Fields(sqlstate=None, pgcode=None),
        Fields({"C": "42P01"}),
    ],
)
def test_the_rest_is_not_ours(error: Exception) -> None:
    assert translate(error) is None


def test_a_ring_of_causes_ends() -> None:
    error = Exception()
    error.__cause__ = Fields(orig=error)
    assert translate(error) is None
