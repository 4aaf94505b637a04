"""Which tenant a call is for: named, else the context's, else the only one of the role."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any
from uuid import UUID, uuid4

import psycopg
import pytest

from walls.ledger import (
    REASON,
    Connection,
    bind,
    call,
    justify,
    log,
    log_batch,
    new_role,
    refused,
    rows,
    set_context,
    stored,
)

from databases import Database

EVENT_ID = "019a0000-0000-7000-8000-000000000000"
FUNCTIONS: dict[str, dict[str, Any]] = {
    "log_event": {"action": "user_created", "entity_type": "user", "description": "x"},
    "log_events": {
        "events": [{"action": "user_created", "entity_type": "user", "description": "x"}]
    },
    "is_logged": {"action": "user_created"},
    "set_logging": {"enabled": False, "reason": REASON},
    "set_category_logging": {"category": "user_actions", "enabled": False, "reason": REASON},
    "set_action_logging": {"action": "user_created", "enabled": False, "reason": REASON},
    "set_toggles": {"toggles": {"logging": False}, "reason": REASON},
    "list_toggles": {},
    "import_events": {"events": [], "reason": REASON},
    "open_access": {"access_reason": "audit_review", "justification": REASON},
    "close_access": {"access_id": EVENT_ID},
    "list_access": {},
    "search_events": {},
    "count_events": {},
    "get_event": {"event_id": EVENT_ID},
    "list_actors": {},
}
"""Every function of a tenant that the service role may call."""


@pytest.fixture
def both(loaded_database: Database) -> Connection:
    """An application bound to both tenants by name."""
    role = new_role(loaded_database, "test_both", "audit_app", "audit_admin")
    bind(loaded_database, role, loaded_database.tenant_a, loaded_database.tenant_b)
    return loaded_database.connect(role)


def test_without_a_tenant_every_function_raises(service: Connection) -> None:
    for name, arguments in FUNCTIONS.items():
        with refused("WT001", case=name):
            rows(service, name, **arguments)


def test_a_tenant_that_was_not_granted_is_refused(loaded_database: Database) -> None:
    role = new_role(loaded_database, "test_all_a", "audit_app", "audit_admin")
    bind(loaded_database, role, loaded_database.tenant_a)
    connection = loaded_database.connect(role)
    before = stored(loaded_database, "true")
    for name, arguments in FUNCTIONS.items():
        with refused("WT002", case=name):
            rows(connection, name, **arguments, tenant_id=loaded_database.tenant_b)
        with refused("WT002", case=name), connection.transaction():
            connection.execute(f"set local pgwitness.tenant_id = '{loaded_database.tenant_b}'")
            rows(connection, name, **arguments)
    assert stored(loaded_database, "true") == before


def test_an_unregistered_tenant_is_refused(service: Connection) -> None:
    for name, arguments in FUNCTIONS.items():
        with refused("WT003", case=name):
            rows(service, name, **arguments, tenant_id=uuid4())


def test_a_login_of_one_tenant_needs_no_context(
    loaded_database: Database, app: Connection, app_b: Connection
) -> None:
    assert call(app, "current_tenant") == loaded_database.tenant_a
    assert call(app_b, "current_tenant") == loaded_database.tenant_b
    log(app)
    log(app_b)
    log_batch(app_b, [{}])
    tenants = [event["tenant_id"] for event in stored(loaded_database)]
    assert tenants == [loaded_database.tenant_a] + [loaded_database.tenant_b] * 2
    actors = [event["actor_id"] for event in stored(loaded_database)]
    assert actors == ["test_app_a", "test_app_b", "test_app_b"]


def test_a_login_of_two_tenants_must_choose(loaded_database: Database, both: Connection) -> None:
    with refused("WT001"):
        log(both)
    log(both, tenant_id=loaded_database.tenant_b)
    with both.transaction():
        set_context(both, tenant_id=loaded_database.tenant_a)
        log(both)
    assert [event["tenant_id"] for event in stored(loaded_database)] == [
        loaded_database.tenant_b,
        loaded_database.tenant_a,
    ]


def test_a_stranger_with_rights_but_no_tenant_is_refused(loaded_database: Database) -> None:
    unbound = loaded_database.connect(new_role(loaded_database, "test_unbound", "audit_app"))
    with refused("WT001"):
        log(unbound)
    with refused("WT002"):
        log(unbound, tenant_id=loaded_database.tenant_a)


CALLS: dict[str, Callable[[Connection, UUID], object]] = {
    "log_event": lambda c, tenant: log(c, tenant_id=tenant),
    "log_event with a key": lambda c, tenant: log(c, tenant_id=tenant, idempotency_key="k"),
    "log_events": lambda c, tenant: log_batch(c, [{}], tenant_id=tenant),
    "is_logged": lambda c, tenant: call(c, "is_logged", action="user_created", tenant_id=tenant),
    "set_logging": lambda c, tenant: call(
        c, "set_logging", enabled=False, reason=REASON, tenant_id=tenant
    ),
    "list_toggles": lambda c, tenant: rows(c, "list_toggles", tenant_id=tenant),
    "import_events": lambda c, tenant: rows(
        c, "import_events", events=[{}], reason=REASON, tenant_id=tenant
    ),
    "open_access": lambda c, tenant: justify(c, tenant_id=tenant),
    "list_access": lambda c, tenant: rows(c, "list_access", tenant_id=tenant),
}


def test_a_named_tenant_is_not_left_behind(loaded_database: Database, service: Connection) -> None:
    for name, act in CALLS.items():
        with service.transaction():
            set_context(service, tenant_id=loaded_database.tenant_a)
            act(service, loaded_database.tenant_b)
            assert call(service, "current_tenant") == loaded_database.tenant_a, name
        with refused("WT001", case=name), service.transaction():
            act(service, loaded_database.tenant_b)
            call(service, "current_tenant")


def test_reading_a_named_tenant_leaves_nothing_behind(
    loaded_database: Database, service: Connection
) -> None:
    access_id = justify(service, tenant_id=loaded_database.tenant_b)
    routes: dict[str, dict[str, Any]] = {
        "search_events": {},
        "count_events": {},
        "list_actors": {},
    }
    for name, given in routes.items():
        with service.transaction():
            set_context(service, tenant_id=loaded_database.tenant_a, access_id=access_id)
            rows(service, name, **given, tenant_id=loaded_database.tenant_b)
            assert call(service, "current_tenant") == loaded_database.tenant_a
    with service.transaction():
        set_context(service, tenant_id=loaded_database.tenant_a)
        assert call(
            service, "close_access", access_id=access_id, tenant_id=loaded_database.tenant_b
        )
        assert call(service, "current_tenant") == loaded_database.tenant_a


BAD_CALLS: dict[str, Callable[[Connection, UUID], object]] = {
    "log_event": lambda c, tenant: log(c, tenant_id=tenant, action="unheard_of"),
    "log_events": lambda c, tenant: log_batch(c, [{"action": "unheard_of"}], tenant_id=tenant),
    "log_events with a wrong type": lambda c, tenant: log_batch(
        c, [{"occurred_at": "never"}], tenant_id=tenant
    ),
    "is_logged": lambda c, tenant: call(c, "is_logged", action="unheard_of", tenant_id=tenant),
    "set_logging": lambda c, tenant: call(c, "set_logging", enabled=False, tenant_id=tenant),
    "import_events": lambda c, tenant: rows(
        c, "import_events", events=[], reason="short", tenant_id=tenant
    ),
    "open_access": lambda c, tenant: call(
        c, "open_access", access_reason="curiosity", justification=REASON, tenant_id=tenant
    ),
    "search_events": lambda c, tenant: rows(c, "search_events", tenant_id=tenant),
}


def test_a_refusal_caught_in_a_savepoint_leaves_no_tenant_behind(
    loaded_database: Database, service: Connection
) -> None:
    with service.transaction():
        set_context(service, tenant_id=loaded_database.tenant_a)
        for name, act in BAD_CALLS.items():
            with pytest.raises(psycopg.Error), service.transaction():
                act(service, loaded_database.tenant_b)
            assert call(service, "current_tenant") == loaded_database.tenant_a, name
            log(service)
    tenants = {event["tenant_id"] for event in stored(loaded_database)}
    assert tenants == {loaded_database.tenant_a}


def test_a_refusal_caught_in_plpgsql_leaves_no_tenant_behind(
    loaded_database: Database, service: Connection
) -> None:
    with service.transaction():
        set_context(service, tenant_id=loaded_database.tenant_a)
        service.execute(
            f"""
            do $$
            begin
              perform audit.is_logged('unheard_of', '{loaded_database.tenant_b}');
            exception when sqlstate 'WT010' then
              perform audit.log_event('user_created', 'user', description => 'after');
            end
            $$
            """
        )
        assert call(service, "current_tenant") == loaded_database.tenant_a
    [event] = stored(loaded_database)
    assert event["tenant_id"] == loaded_database.tenant_a
