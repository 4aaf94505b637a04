"""Client and database can't drift apart: functions, arguments, defaults, types and columns."""

from __future__ import annotations

import inspect
from dataclasses import is_dataclass
from datetime import UTC, datetime
from typing import Any

import pytest

from pgwitness import AsyncClient, Client, calls, models
from pgwitness.calls import Call

from databases import Database

OWN_METHODS = {
    "action",
    "context",
    "export",
    "iter_events",
    "iter_row_history",
    "unwritten_failures",
}


@pytest.fixture
def functions(loaded_database: Database) -> dict[str, list[dict[str, bool]]]:
    """Every function's overloads: arguments in order, and whether each has a default."""
    found: dict[str, list[dict[str, bool]]] = {}
    for name, names, total, defaults in loaded_database.superuser().execute(
        "select proname, coalesce(proargnames, '{}'), pronargs, pronargdefaults from pg_proc "
        "where pronamespace = 'audit'::regnamespace and prokind in ('f', 'p') "
        "and prorettype <> 'trigger'::regtype"
    ):
        overload = {
            argument: place >= total - defaults for place, argument in enumerate(names[:total])
        }
        found.setdefault(name, []).append(overload)
    return found


def public_methods(client: type) -> dict[str, Any]:
    """Give the methods that stand for a function of the database."""
    return {
        name: member
        for name, member in vars(client).items()
        if not name.startswith("_") and name not in OWN_METHODS
    }


def parameters(function: Any) -> dict[str, inspect.Parameter]:
    """Give a function's parameters without self."""
    found = dict(inspect.signature(function).parameters)
    found.pop("self", None)
    return found


@pytest.mark.parametrize("client", [Client, AsyncClient])
def test_there_is_a_method_for_each_function(
    client: type, functions: dict[str, list[dict[str, bool]]]
) -> None:
    assert set(public_methods(client)) == set(functions)


@pytest.mark.parametrize("client", [Client, AsyncClient])
def test_arguments_are_the_same(client: type, functions: dict[str, list[dict[str, bool]]]) -> None:
    for name, method in public_methods(client).items():
        given = parameters(method)
        for overload in functions[name]:
            assert set(given) == set(overload), name
        for argument, parameter in given.items():
            is_optional = parameter.default is not inspect.Parameter.empty
            assert is_optional is all(o[argument] for o in functions[name]) or (
                # The database's own default stands behind Python's None.
                name == "log_event" and argument == "entity_id"
            ), (name, argument)


def test_arguments_with_a_place_have_the_same_place(
    functions: dict[str, list[dict[str, bool]]],
) -> None:
    for name in public_methods(Client):
        positional = [
            argument
            for argument, parameter in parameters(getattr(calls, name)).items()
            if parameter.kind is inspect.Parameter.POSITIONAL_OR_KEYWORD
        ]
        for overload in functions[name]:
            assert positional == list(overload)[: len(positional)], name


def test_both_clients_are_the_same() -> None:
    assert {name for name in vars(Client) if not name.startswith("_")} == {
        name for name in vars(AsyncClient) if not name.startswith("_")
    }
    for name, method in vars(Client).items():
        if name.startswith("_") or isinstance(method, property):
            continue
        twin = getattr(AsyncClient, name)
        assert list(parameters(method)) == list(parameters(twin)), name
        assert inspect.getdoc(method) == inspect.getdoc(twin), name
        assert inspect.getdoc(method), name


def test_every_documented_argument_exists() -> None:
    for name, method in public_methods(Client).items():
        text = inspect.getdoc(method) or ""
        for argument in parameters(method):
            assert f"    {argument}: " in text, (name, argument)


def sample(name: str) -> Call[Any]:
    """Make a call of a function with nothing in particular."""
    function = getattr(calls, name)
    odd: dict[str, Any] = {
        "at": datetime.now(UTC),
        "events": [],
        "identifiers": [],
        "occurred_at": datetime.now(UTC),
        "read_at": datetime.now(UTC),
        "root_hash": b"",
    }
    required: dict[str, Any] = {
        argument: odd.get(argument, "x")
        for argument, parameter in parameters(function).items()
        if parameter.default is inspect.Parameter.empty
    }
    call: Call[Any] = function(**required)
    return call


def test_columns_are_the_same(loaded_database: Database) -> None:
    administrator = loaded_database.superuser()
    for name in public_methods(Client):
        call = sample(name)
        if call.columns is None:
            continue
        wanted = {column.rpartition(" as ")[2].strip('"') for column in call.columns}
        found = {
            row[0]
            for row in administrator.execute(
                "select unnest(proargnames[pronargs + 1:]) from pg_proc "
                "where pronamespace = 'audit'::regnamespace and proname = %(name)s "
                "union all "
                "select attname from pg_attribute join pg_type on typrelid = attrelid "
                "join pg_proc on prorettype = pg_type.oid "
                "where pronamespace = 'audit'::regnamespace and proname = %(name)s "
                "and attnum > 0 and not attisdropped "
                "union all "
                "select proname from pg_proc join pg_type on prorettype = pg_type.oid "
                "where pronamespace = 'audit'::regnamespace and proname = %(name)s "
                "and proretset and typtype = 'b'",
                {"name": name},
            )
        }
        assert wanted == found, name


def test_types_of_arguments_are_the_same(loaded_database: Database) -> None:
    administrator = loaded_database.superuser()
    for name in public_methods(Client):
        call = sample(name)
        overloads = [
            row[0]
            for row in administrator.execute(
                "select array(select format_type(t, null) from unnest(p.proargtypes) "
                "with ordinality as u (t, place) order by place) from pg_proc p "
                "where p.pronamespace = 'audit'::regnamespace and p.proname = %s",
                (name,),
            )
        ]
        names = {
            "timestamp with time zone": "timestamptz",
        }
        described = [[names.get(t, t) for t in overload] for overload in overloads]
        given = {argument: sql_type for argument, sql_type, _ in call.arguments}
        (order,) = {
            tuple(row[0])
            for row in administrator.execute(
                "select coalesce(proargnames[:pronargs], '{}') from pg_proc "
                "where pronamespace = 'audit'::regnamespace and proname = %s",
                (name,),
            )
        }
        assert [given[argument] for argument in order] in described, name


def test_models_are_frozen() -> None:
    kinds = [k for k in vars(models).values() if isinstance(k, type) and is_dataclass(k)]
    assert len(kinds) > 10
    for kind in kinds:
        assert kind.__dataclass_params__.frozen  # type: ignore[attr-defined]
