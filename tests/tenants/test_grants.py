"""Grants bind a database role, by its exact name, to tenants."""

from __future__ import annotations

from typing import Any
from uuid import uuid4

import pytest
from psycopg import sql

from walls.ledger import (
    NIL,
    REASON,
    Connection,
    bind,
    call,
    log,
    new_role,
    refused,
    rows,
    stored,
)

from databases import Database


@pytest.fixture
def novice(loaded_database: Database) -> str:
    """An application's role without a tenant."""
    return new_role(loaded_database, "test_novice", "audit_app")


def grants(operator: Connection, role: str) -> list[dict[str, Any]]:
    return [grant for grant in rows(operator, "list_grants") if grant["role_name"] == role]


def test_a_grant_opens_the_tenant_and_is_an_event(
    loaded_database: Database, operator: Connection, novice: str
) -> None:
    connection = loaded_database.connect(novice)
    with refused("WT001"):
        log(connection)
    assert call(operator, "grant_tenant", role=novice, tenant_id=loaded_database.tenant_a) is True
    assert log(connection) is not None
    [grant] = grants(operator, novice)
    assert grant["tenant_id"] == loaded_database.tenant_a
    assert (grant["granted_by"], grant["is_role_present"]) == ("test_operator", True)
    [event] = stored(
        loaded_database, "action = 'tenant_granted' and metadata ->> 'role' = %s", novice
    )
    assert event["tenant_id"] == loaded_database.tenant_a
    assert event["actor_id"] == "test_operator"


def test_granting_again_changes_nothing(
    loaded_database: Database, operator: Connection, novice: str
) -> None:
    bind(loaded_database, novice, loaded_database.tenant_a)
    assert call(operator, "grant_tenant", role=novice, tenant_id=loaded_database.tenant_a) is False
    call(operator, "grant_all_tenants", role=novice, reason=REASON)
    assert call(operator, "grant_all_tenants", role=novice, reason="Another good reason") is False
    assert [grant["reason"] for grant in grants(operator, novice)] == [REASON, None]
    events = stored(
        loaded_database, "action = 'tenant_granted' and metadata ->> 'role' = %s", novice
    )
    assert [event["tenant_id"] for event in events] == [loaded_database.tenant_a, NIL]


def test_what_does_not_exist_is_not_granted(
    loaded_database: Database, operator: Connection, novice: str
) -> None:
    for role, tenant_id, sqlstate in (
        (novice, None, "WT003"),
        (novice, uuid4(), "WT003"),
        (None, loaded_database.tenant_a, "WT005"),
        ("test_nobody", loaded_database.tenant_a, "WT005"),
        ("TEST_NOVICE", loaded_database.tenant_a, "WT005"),
        ('"test_novice"', loaded_database.tenant_a, "WT005"),
        ("public", loaded_database.tenant_a, "WT005"),
    ):
        with refused(sqlstate, case=(role, tenant_id)):
            call(operator, "grant_tenant", role=role, tenant_id=tenant_id)
    for role, reason, sqlstate in (
        ("test_nobody", REASON, "WT005"),
        (None, REASON, "WT005"),
        (novice, None, "WT021"),
        (novice, "too short", "WT021"),
    ):
        with refused(sqlstate, case=(role, reason)):
            call(operator, "grant_all_tenants", role=role, reason=reason)
    assert grants(operator, novice) == []


def test_only_an_operator_grants(loaded_database: Database, novice: str) -> None:
    for persona in ("app", "reader", "admin", "privacy", "auditor", "service", "backup"):
        connection = loaded_database.connect(loaded_database.role(persona))
        with refused("42501", case=persona):
            call(connection, "grant_tenant", role=novice, tenant_id=loaded_database.tenant_a)
        with refused("42501", case=persona):
            call(connection, "grant_all_tenants", role=novice, reason=REASON)
        with refused("42501", case=persona):
            call(connection, "revoke_tenant", role="test_app_a", reason=REASON)


def test_a_name_with_capitals_and_spaces_is_taken_exactly(loaded_database: Database) -> None:
    role = new_role(loaded_database, "test_Näme with 'quotes'", "audit_app")
    bind(loaded_database, role, loaded_database.tenant_a)
    escaped = role.replace("'", "\\'")
    assert log(loaded_database.connect(f"'{escaped}'")) is not None


def test_one_tenant_is_revoked_and_the_others_stay(
    loaded_database: Database, operator: Connection, novice: str
) -> None:
    bind(loaded_database, novice, loaded_database.tenant_a, loaded_database.tenant_b)
    connection = loaded_database.connect(novice)
    with refused("WT001"):
        log(connection)
    revoke = {"role": novice, "reason": REASON, "tenant_id": loaded_database.tenant_a}
    assert call(operator, "revoke_tenant", **revoke) is True
    assert call(operator, "revoke_tenant", **revoke) is False
    assert call(connection, "current_tenant") == loaded_database.tenant_b
    with refused("WT002"):
        log(connection, tenant_id=loaded_database.tenant_a)
    [event] = stored(loaded_database, "action = 'tenant_revoked'")
    assert event["tenant_id"] == loaded_database.tenant_a
    assert event["metadata"] == {"role": novice, "reason": REASON}


def test_without_a_tenant_all_grants_are_revoked(
    loaded_database: Database, operator: Connection, novice: str
) -> None:
    bind(loaded_database, novice, loaded_database.tenant_a, loaded_database.tenant_b)
    call(operator, "grant_all_tenants", role=novice, reason=REASON)
    assert call(operator, "revoke_tenant", role=novice, reason=REASON) is True
    assert grants(operator, novice) == []
    connection = loaded_database.connect(novice)
    for tenant_id in (loaded_database.tenant_a, loaded_database.tenant_b):
        with refused("WT002"):
            log(connection, tenant_id=tenant_id)
    events = stored(loaded_database, "action = 'tenant_revoked'")
    assert {event["tenant_id"] for event in events} == {
        loaded_database.tenant_a,
        loaded_database.tenant_b,
        NIL,
    }


def test_revoking_one_tenant_leaves_the_grant_of_all(
    loaded_database: Database, operator: Connection, novice: str
) -> None:
    bind(loaded_database, novice, loaded_database.tenant_a)
    call(operator, "grant_all_tenants", role=novice, reason=REASON)
    call(operator, "revoke_tenant", role=novice, reason=REASON, tenant_id=loaded_database.tenant_a)
    assert [grant["tenant_id"] for grant in grants(operator, novice)] == [None]


def test_revoking_needs_a_reason(operator: Connection) -> None:
    for reason in (None, "too short", " " * 20):
        with refused("WT021", case=reason):
            call(operator, "revoke_tenant", role="test_app_a", reason=reason)
    assert grants(operator, "test_app_a") != []


def test_a_revoked_grant_counts_within_the_open_transaction(
    loaded_database: Database, operator: Connection, app: Connection
) -> None:
    with app.transaction():
        log(app)
        call(operator, "revoke_tenant", role="test_app_a", reason=REASON)
        with refused("WT001"), app.transaction():
            log(app)
    assert len(stored(loaded_database)) == 1


def test_a_dropped_role_is_listed_and_revocable(
    loaded_database: Database, operator: Connection, root: Connection
) -> None:
    role = sql.Identifier("test_leaver")
    root.execute(sql.SQL("drop role if exists {}").format(role))
    new_role(loaded_database, "test_leaver", "audit_app")
    bind(loaded_database, "test_leaver", loaded_database.tenant_a)
    root.execute(sql.SQL("drop role {}").format(role))
    [grant] = grants(operator, "test_leaver")
    assert grant["is_role_present"] is False
    assert call(operator, "revoke_tenant", role="test_leaver", reason=REASON) is True
    assert grants(operator, "test_leaver") == []


def test_a_renamed_role_loses_its_grants(
    loaded_database: Database, operator: Connection, root: Connection
) -> None:
    root.execute("drop role if exists test_renamed")
    new_role(loaded_database, "test_former", "audit_app")
    bind(loaded_database, "test_former", loaded_database.tenant_a)
    root.execute("alter role test_former rename to test_renamed")
    with refused("WT001"):
        log(loaded_database.connect("test_renamed"))
    assert [grant["is_role_present"] for grant in grants(operator, "test_former")] == [False]


def test_a_service_role_serves_tenants_that_come_later(
    loaded_database: Database, operator: Connection, service: Connection
) -> None:
    newcomer = uuid4()
    with refused("WT003"):
        log(service, tenant_id=newcomer)
    call(operator, "register_tenant", tenant_id=newcomer, name="A newcomer")
    assert log(service, tenant_id=newcomer) is not None
