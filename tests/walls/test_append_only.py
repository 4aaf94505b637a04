"""Nobody changes or removes an event: privileges refuse first, triggers refuse the superuser."""

from __future__ import annotations

import pytest

from walls.ledger import Connection, log, refused, stored

from databases import INSTALLER, OTHER_PERSONAS, TENANT_PERSONAS, Database

CHANGES = {
    "update": "update {} set description = 'forged'",
    "update of no row": "update {} set description = 'forged' where false",
    "delete": "delete from {}",
    "delete of no row": "delete from {} where false",
    "truncate": "truncate {}",
    "merge that updates": "merge into {} e using (select) o on true "
    "when matched then update set description = 'forged'",
    "merge that deletes": "merge into {} e using (select) o on true when matched then delete",
}
APPENDS = {
    "insert": "insert into {} select",
    "copy": "copy {} (tenant_id) from stdin",
}


@pytest.fixture
def tables(root: Connection) -> list[str]:
    """The event table and each of its partitions."""
    found = root.execute(
        "select inhrelid::regclass::text from pg_inherits "
        "where inhparent = 'audit_private.event'::regclass"
    ).fetchall()
    assert len(found) > 20
    return ["audit_private.event", *(name for (name,) in found)]


def test_people_are_refused_by_privileges(
    loaded_database: Database, app: Connection, tables: list[str]
) -> None:
    log(app)
    for persona in (*TENANT_PERSONAS, *OTHER_PERSONAS):
        connection = loaded_database.connect(loaded_database.role(persona))
        for table in (tables[0], tables[1], tables[-1]):
            for name, statement in (CHANGES | APPENDS).items():
                with refused("42501", case=(persona, table, name)):
                    connection.execute(statement.format(table))
    assert len(stored(loaded_database)) == 1


def test_the_view_takes_no_change(loaded_database: Database) -> None:
    for persona in (*TENANT_PERSONAS, *OTHER_PERSONAS):
        connection = loaded_database.connect(loaded_database.role(persona))
        for name, statement in CHANGES.items():
            with refused("42501", "42809", "55000", "0A000", case=(persona, name)):
                connection.execute(statement.format("audit.event"))


@pytest.mark.parametrize("role", ["audit_owner", "audit_writer", "audit_finder"])
def test_engine_roles_are_refused_by_privileges(
    loaded_database: Database, app: Connection, tables: list[str], role: str
) -> None:
    log(app)
    connection = loaded_database.connect(INSTALLER)
    connection.execute(f"set role {role}")
    for table in tables:
        for name, statement in CHANGES.items():
            with refused("42501", case=(table, name)):
                connection.execute(statement.format(table))
    if role != "audit_writer":
        for name, statement in APPENDS.items():
            with refused("42501", case=name):
                connection.execute(statement.format(tables[0]))
    assert len(stored(loaded_database)) == 1


@pytest.mark.parametrize("mode", ["origin", "replica", "local"])
def test_the_superuser_is_refused_by_triggers(
    loaded_database: Database, app: Connection, root: Connection, tables: list[str], mode: str
) -> None:
    log(app)
    before = stored(loaded_database, "true")
    root.execute(f"set session_replication_role = {mode}")
    for table in tables:
        for name, statement in CHANGES.items():
            with refused("WT070", case=(table, name)):
                root.execute(statement.format(table))
    with refused("WT070"):
        root.execute(
            "insert into audit_private.event select * from audit_private.event "
            "on conflict (tenant_id, occurred_at, id) do update set description = 'forged'"
        )
    assert stored(loaded_database, "true") == before


def test_only_the_log_s_own_steps_may_lock_events_away(
    loaded_database: Database, app: Connection, tables: list[str]
) -> None:
    for persona in (*TENANT_PERSONAS, *OTHER_PERSONAS):
        connection = loaded_database.connect(loaded_database.role(persona))
        for table in (tables[0], tables[-1]):
            with refused("42501", case=(persona, table)), connection.transaction():
                connection.execute(f"lock table {table} in access exclusive mode")


def test_nobody_turns_the_triggers_or_the_wall_off(loaded_database: Database) -> None:
    turns = (
        "alter table audit_private.event disable trigger all",
        "alter table audit_private.event disable row level security",
        "alter table audit_private.event no force row level security",
        'drop policy "Events leave only to their tenant, with a reason" on audit_private.event',
        "drop trigger event_refuse_change on audit_private.event",
        "alter function audit_private.refuse_change() rename to gone",
        "set session_replication_role = replica",
    )
    for persona in (*TENANT_PERSONAS, *OTHER_PERSONAS):
        connection = loaded_database.connect(loaded_database.role(persona))
        for turn in turns:
            with refused("42501", case=(persona, turn)):
                connection.execute(turn)
