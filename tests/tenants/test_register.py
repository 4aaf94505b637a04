"""Tenants: registered, renamed, retired and brought back; each act is an event."""

from __future__ import annotations

from functools import partial
from typing import Any
from uuid import UUID

import pytest

from walls.ledger import (
    NIL,
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
    stored,
)

from databases import Database

TENANT_C = UUID("cccccccc-0000-4000-8000-00000000000c")


def register(operator: Connection, name: str | None, tenant_id: UUID | None = TENANT_C) -> bool:
    changed: bool = call(operator, "register_tenant", tenant_id=tenant_id, name=name)
    return changed


def acts(database: Database, tenant_id: UUID) -> list[tuple[str, Any]]:
    return [
        (event["action"], event["changes"])
        for event in stored(database, "source = 'system' and tenant_id = %s", tenant_id)
    ]


def test_registering_again_changes_nothing(loaded_database: Database, operator: Connection) -> None:
    assert register(operator, "Tenant C") is True
    assert register(operator, "  Tenant C ") is False
    [tenant] = [t for t in rows(operator, "list_tenants") if t["tenant_id"] == TENANT_C]
    assert (tenant["name"], tenant["retired_at"], tenant["is_logging_enabled"]) == (
        "Tenant C",
        None,
        True,
    )
    assert acts(loaded_database, TENANT_C) == [
        ("tenant_registered", {"name": {"old": None, "new": "Tenant C"}})
    ]


def test_another_name_renames(loaded_database: Database, operator: Connection) -> None:
    register(operator, "Tenant C")
    assert register(operator, "Tenant Ç") is True
    assert acts(loaded_database, TENANT_C)[1:] == [
        ("tenant_registered", {"name": {"old": "Tenant C", "new": "Tenant Ç"}})
    ]


def test_what_is_no_tenant_is_refused(loaded_database: Database, operator: Connection) -> None:
    before = rows(operator, "list_tenants")
    for tenant_id, name in (
        (None, "Tenant C"),
        (NIL, "Tenant C"),
        (TENANT_C, None),
        (TENANT_C, "  "),
        (TENANT_C, "x" * 201),
    ):
        with refused("WT003", case=(tenant_id, name)):
            register(operator, name, tenant_id)
    assert rows(operator, "list_tenants") == before
    assert acts(loaded_database, TENANT_C) == []


def test_only_an_operator_registers_and_retires(loaded_database: Database) -> None:
    for persona in ("app", "reader", "admin", "privacy", "auditor", "service", "backup"):
        connection = loaded_database.connect(loaded_database.role(persona))
        with refused("42501", case=persona):
            register(connection, "Tenant C")
        with refused("42501", case=persona):
            retire(connection, loaded_database.tenant_a)


def retire(operator: Connection, tenant_id: UUID | None, reason: str = REASON) -> bool:
    changed: bool = call(operator, "retire_tenant", reason=reason, tenant_id=tenant_id)
    return changed


def test_a_retired_tenant_logs_no_more(
    loaded_database: Database, operator: Connection, app: Connection, app_b: Connection
) -> None:
    """Neither a role that was bound to it nor one that may act for all tenants."""
    assert retire(operator, loaded_database.tenant_a) is True
    service = loaded_database.connect(loaded_database.role("service"))
    for writer, code, named in (
        (app, "WT001", {}),
        (app, "WT002", {"tenant_id": loaded_database.tenant_a}),
        (service, "WT003", {"tenant_id": loaded_database.tenant_a}),
    ):
        for attempt in (
            partial(log, writer, **named),
            partial(log, writer, outcome="failure", error_message="It broke", **named),
            partial(log_batch, writer, [{}], **named),
            partial(call, writer, "is_logged", action="user_created", **named),
        ):
            with refused(code) as refusal:
                attempt()
            assert code != "WT003" or "retired" in refusal.message
    assert stored(loaded_database) == []
    assert log(app_b) is not None


def test_a_retired_tenant_s_grants_go_at_once(
    loaded_database: Database, operator: Connection, reader: Connection
) -> None:
    justify(reader)
    retire(operator, loaded_database.tenant_a)
    with refused("WT001"):
        rows(reader, "search_events")
    left = {g["role_name"] for g in rows(operator, "list_grants")}
    assert loaded_database.role("reader", "a") not in left
    assert loaded_database.role("reader", "b") in left
    revoked = stored(loaded_database, "action = 'tenant_revoked'")
    assert {event["metadata"]["role"] for event in revoked} == {
        loaded_database.role(persona, "a") for persona in ("app", "reader", "admin", "privacy")
    } | {loaded_database.role("auditor")}
    assert {event["tenant_id"] for event in revoked} == {loaded_database.tenant_a}


def test_a_retired_tenant_stays_readable_by_who_is_granted_it_anew(
    loaded_database: Database, operator: Connection, app: Connection, reader: Connection
) -> None:
    event_id = log(app)
    retire(operator, loaded_database.tenant_a)
    bind(loaded_database, loaded_database.role("reader", "a"), loaded_database.tenant_a)
    justify(reader)
    assert [e["id"] for e in rows(reader, "search_events", filter={"source": "logged"})] == [
        event_id
    ]
    assert reader.execute("select id from audit.event where source = 'logged'").fetchall() == [
        (event_id,)
    ]


def test_retiring_is_an_event_with_its_reason_and_happens_once(
    loaded_database: Database, operator: Connection
) -> None:
    retire(operator, loaded_database.tenant_a)
    assert retire(operator, loaded_database.tenant_a) is False
    [event] = stored(loaded_database, "action = 'tenant_retired'")
    assert event["tenant_id"] == loaded_database.tenant_a
    assert event["metadata"] == {"reason": REASON}
    assert event["actor_id"] == "test_operator"
    [tenant] = [
        t for t in rows(operator, "list_tenants") if t["tenant_id"] == loaded_database.tenant_a
    ]
    assert tenant["retired_at"] is not None


def test_registering_brings_a_retired_tenant_back_as_it_was(
    loaded_database: Database, operator: Connection, admin: Connection, app: Connection
) -> None:
    call(admin, "set_action_logging", action="user_deleted", enabled=False, reason=REASON)
    retire(operator, loaded_database.tenant_a)
    assert register(operator, "Tenant A", loaded_database.tenant_a) is True
    bind(loaded_database, loaded_database.role("app", "a"), loaded_database.tenant_a)
    assert log(app) is not None
    assert log(app, action="user_deleted") is None


@pytest.mark.parametrize("reason", ["", "too short", "x" * 501, None])
def test_retiring_needs_a_reason(
    loaded_database: Database, operator: Connection, app: Connection, reason: Any
) -> None:
    with refused("WT021"):
        retire(operator, loaded_database.tenant_a, reason)
    assert log(app) is not None


def test_only_registered_tenants_but_the_instance_s_are_retired(operator: Connection) -> None:
    for tenant_id in (TENANT_C, None, NIL):
        with refused("WT003", case=tenant_id):
            retire(operator, tenant_id)


def test_a_new_tenant_knows_every_action_at_once(
    loaded_database: Database, operator: Connection
) -> None:
    register(operator, "Tenant C")
    role = new_role(loaded_database, "test_app_c", "audit_app")
    bind(loaded_database, role, TENANT_C)
    app_c = loaded_database.connect(role)
    assert log(app_c) is not None
    assert log(app_c, action="app_created") is not None


def test_the_instance_tenant_takes_no_application_s_events(
    loaded_database: Database, operator: Connection
) -> None:
    role = new_role(loaded_database, "test_app_nil", "audit_app")
    bind(loaded_database, role, NIL)
    connection = loaded_database.connect(role)
    with refused("WT010"):
        log(connection)
    with refused("WT010"):
        log_batch(connection, [{}])
    assert stored(loaded_database) == []
    assert NIL not in {t["tenant_id"] for t in rows(operator, "list_tenants")}
