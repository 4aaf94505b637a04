"""The context: whole, of one transaction, and no right by itself."""

from __future__ import annotations

from typing import Any
from uuid import UUID, uuid4

import psycopg
import pytest
from psycopg_pool import ConnectionPool

from walls.ledger import Connection, call, log, log_batch, refused, set_context, stored

from databases import Database

FULL = {
    "actor_id": "anna",
    "actor_type": "api_key",
    "actor": {"name": "Anna", "email": "anna@example.org"},
    "ip": "2001:db8::7",
    "user_agent": "curl/8.1",
    "request_id": "r-1",
}


def test_an_event_takes_what_the_context_says(loaded_database: Database, app: Connection) -> None:
    with app.transaction():
        set_context(app, tenant_id=loaded_database.tenant_a, **FULL)
        log(app)
        log_batch(app, [{}])
    for event in stored(loaded_database):
        assert event["tenant_id"] == loaded_database.tenant_a
        assert (event["actor_id"], event["actor_type"]) == ("anna", "api_key")
        assert event["actor"] == FULL["actor"]
        assert str(event["ip"]) == "2001:db8::7"
        assert (event["user_agent"], event["request_id"]) == ("curl/8.1", "r-1")


def test_each_call_replaces_the_whole_context(loaded_database: Database, app: Connection) -> None:
    with app.transaction():
        set_context(app, tenant_id=loaded_database.tenant_a, **FULL)
        set_context(app, request_id="r-2")
        log(app)
    [event] = stored(loaded_database)
    assert event["request_id"] == "r-2"
    assert (event["actor_id"], event["actor_type"]) == ("test_app_a", "database_role")
    assert [event[name] for name in ("actor", "ip", "user_agent")] == [None, None, None]


def test_without_arguments_it_clears_the_context(
    loaded_database: Database, service: Connection
) -> None:
    with service.transaction(), refused("WT001"):
        set_context(service, tenant_id=loaded_database.tenant_a)
        assert call(service, "current_tenant") == loaded_database.tenant_a
        set_context(service)
        call(service, "current_tenant")


def test_it_ends_with_the_transaction(loaded_database: Database, service: Connection) -> None:
    for ending in ("commit", "rollback"):
        service.execute("begin")
        set_context(service, tenant_id=loaded_database.tenant_a, **FULL)
        service.execute(ending.encode())
        left = service.execute(
            "select nullif(current_setting('pgwitness.' || name, true), '') "
            "from unnest(%s::text[]) as name",
            (["tenant_id", "named_tenant", "access_id", *FULL],),
        ).fetchall()
        assert {value for (value,) in left} == {None}
        with refused("WT001"):
            log(service)


def test_in_autocommit_it_lasts_one_statement(loaded_database: Database, app: Connection) -> None:
    set_context(app, actor_id="anna")
    log(app)
    [event] = stored(loaded_database)
    assert event["actor_id"] == "test_app_a"


def test_a_savepoint_brings_the_earlier_context_back(
    loaded_database: Database, app: Connection
) -> None:
    with app.transaction():
        set_context(app, actor_id="anna")
        with app.transaction(force_rollback=True):
            set_context(app, actor_id="bob")
        log(app)
    [event] = stored(loaded_database)
    assert event["actor_id"] == "anna"


def test_the_next_user_of_a_pooled_connection_finds_none(loaded_database: Database) -> None:
    dsn = loaded_database.dsn(loaded_database.role("service"))
    with ConnectionPool(dsn, min_size=1, max_size=1, open=True, timeout=5) as pool:
        with pool.connection() as first:
            process = first.info.backend_pid
            set_context(first, tenant_id=loaded_database.tenant_a, **FULL)
            log(first)
        with pool.connection() as second, refused("WT001"):
            assert second.info.backend_pid == process
            log(second)
        with pool.connection() as third:
            set_context(third, tenant_id=loaded_database.tenant_b)
            log(third)
    first_event, second_event = stored(loaded_database)
    assert (first_event["tenant_id"], first_event["actor_id"]) == (
        loaded_database.tenant_a,
        "anna",
    )
    assert (second_event["tenant_id"], second_event["actor_id"]) == (
        loaded_database.tenant_b,
        "test_service",
    )


def test_a_bad_actor_is_refused(app: Connection) -> None:
    bad: list[dict[str, Any]] = [
        {"actor_type": "king"},
        {"actor_type": ""},
        {"actor_id": ""},
        {"actor": ["Anna"]},
        {"actor_id": "anna", "actor": ["Anna"]},
    ]
    for arguments in bad:
        with refused("WT013", case=arguments):
            set_context(app, **arguments)


def test_a_refused_context_leaves_the_earlier_one(
    loaded_database: Database, app: Connection
) -> None:
    with app.transaction():
        set_context(app, actor_id="anna")
        with pytest.raises(psycopg.Error), app.transaction():
            set_context(app, tenant_id=loaded_database.tenant_b, actor_id="bob")
        log(app)
    [event] = stored(loaded_database)
    assert event["actor_id"] == "anna"


def test_another_tenant_is_refused_at_once(loaded_database: Database, app: Connection) -> None:
    with refused("WT002") as refusal:
        set_context(app, tenant_id=loaded_database.tenant_b)
    assert str(loaded_database.tenant_b) in refusal.message
    assert "grant_tenant" in refusal.hint


def test_an_unknown_tenant_looks_like_another_one(app: Connection) -> None:
    with refused("WT002"):
        set_context(app, tenant_id=uuid4())


def test_a_service_role_is_told_that_a_tenant_is_unknown(service: Connection) -> None:
    with refused("WT003"):
        set_context(service, tenant_id=uuid4())


def test_the_instance_tenant_is_closed_to_service_roles(service: Connection) -> None:
    with refused("WT002"):
        set_context(service, tenant_id=UUID(int=0))
