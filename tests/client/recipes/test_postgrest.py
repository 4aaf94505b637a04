"""The PostgREST recipe, with the settings that PostgREST makes for each request."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any
from uuid import UUID

import psycopg
import pytest
from psycopg import sql

from client.sources import Written

from databases import Database, create_role

RECIPE = Path(__file__).with_name("postgrest.sql")


@pytest.fixture
def authenticator(loaded_database: Database, users: None) -> psycopg.Connection[Any]:
    """PostgREST's login, which becomes the role of the token."""
    administrator = loaded_database.superuser()
    with administrator.transaction():
        create_role(administrator, "web_login", "noinherit")
        create_role(administrator, "web_user", "")
        administrator.execute("grant web_user to web_login")
        administrator.execute("grant audit_app, audit_reader to web_user")
        administrator.execute("grant select, update on users to web_user")
        administrator.execute("create schema api")
        administrator.execute("grant usage on schema api to web_user")
        administrator.execute(RECIPE.read_bytes())
    operator = loaded_database.connect(loaded_database.role("operator"))
    operator.execute(
        "select audit.grant_all_tenants(role => 'web_user', reason => 'the API serves all of them')"
    )
    return loaded_database.connect("web_login")


def request(
    connection: psycopg.Connection[Any],
    claims: dict[str, object] | None,
    headers: dict[str, str],
    call: str,
) -> object:
    """Do what PostgREST does for one request: settings, role, pre-request, the call."""
    with connection.transaction():
        connection.execute(
            "select set_config('role', 'web_user', true), "
            "set_config('request.jwt.claims', %s, true), "
            "set_config('request.headers', %s, true)",
            (json.dumps(claims) if claims is not None else "", json.dumps(headers)),
        )
        connection.execute("select api.say_who_acts()")
        row = connection.execute(sql.SQL("select {}").format(sql.SQL(call))).fetchone()
    assert row is not None
    return row[0]


RENAME = "api.rename_user(id => 1, name => 'Eva')"


def test_a_request_leaves_an_event(
    loaded_database: Database,
    authenticator: psycopg.Connection[Any],
    written: Written,
    names: Any,
) -> None:
    event_id = request(
        authenticator,
        {"tenant_id": str(loaded_database.tenant_a), "sub": "ann", "name": "Ann"},
        {
            "x-forwarded-for": "203.0.113.9, 192.0.2.1",
            "user-agent": "probe/1",
            "x-request-id": "r1",
        },
        RENAME,
    )
    assert isinstance(event_id, UUID)
    (row,) = written()
    assert row["id"] == event_id
    assert names() == {1: "Eva"}
    assert (row["actor_id"], row["actor"]) == ("ann", {"name": "Ann"})
    assert (str(row["ip"]), row["user_agent"], row["request_id"]) == ("192.0.2.1", "probe/1", "r1")
    assert row["recorded_by"] == "web_login/web_user"
    assert row["description"] == "Renamed user 1 to Eva"


def test_odd_headers_do_no_harm(
    loaded_database: Database, authenticator: psycopg.Connection[Any], written: Written
) -> None:
    claims: dict[str, object] = {"tenant_id": str(loaded_database.tenant_b), "sub": "ann"}
    for forwarded in ("unknown", "", "_hidden, evil'; drop table users"):
        request(authenticator, claims, {"x-forwarded-for": forwarded}, RENAME)
    request(authenticator, claims, {}, RENAME)
    assert [(row["ip"], row["tenant_id"]) for row in written()] == [
        (None, loaded_database.tenant_b)
    ] * 4


def test_without_a_token_nothing_is_written(
    authenticator: psycopg.Connection[Any], written: Written, names: Any
) -> None:
    tokens: list[dict[str, object] | None] = [None, {"role": "web_user"}]
    for claims in tokens:
        with pytest.raises(psycopg.Error) as caught:
            request(authenticator, claims, {}, RENAME)
        assert caught.value.sqlstate == "WT001"
    assert written() == []
    assert names() == {1: "Ida"}


def test_reading_with_the_session_of_the_header(
    loaded_database: Database, authenticator: psycopg.Connection[Any]
) -> None:
    claims: dict[str, object] = {"tenant_id": str(loaded_database.tenant_a), "sub": "ann"}
    request(authenticator, claims, {}, RENAME)
    access_id = request(
        authenticator,
        claims,
        {},
        "audit.open_access(access_reason => 'user_support', "
        "justification => 'she asked who renamed her')",
    )
    found = request(
        authenticator,
        claims,
        {"x-audit-access": str(access_id)},
        'array(select description from audit.search_events(filter => \'{"entity_id": "1"}\'))',
    )
    assert found == ["Renamed user 1 to Eva"]
