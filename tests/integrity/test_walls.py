"""Nobody but the engine writes what proves the log, or reads it as it is stored."""

from __future__ import annotations

import pytest

from integrity.laboratory import Laboratory
from walls.ledger import Connection, refused

from databases import INSTALLER, OTHER_PERSONAS, TENANT_A, TENANT_PERSONAS

TABLES = ["seal", "seal_part", "tree_node", "sealing", "epoch", "seal_removal", "part_removal"]
PERSONAS = [*TENANT_PERSONAS, *OTHER_PERSONAS]


def attempts(table: str, column: str) -> list[str]:
    return [
        f"insert into audit_private.{table} select * from audit_private.{table}",
        f"insert into audit_private.{table} default values",
        f"update audit_private.{table} set {column} = {column}",
        f"delete from audit_private.{table}",
        f"truncate audit_private.{table}",
    ]


def column_of(laboratory: Laboratory, table: str) -> str:
    found: str = laboratory.value(
        "select attname from pg_attribute where attrelid = %s::regclass and attnum = 1",
        f"audit_private.{table}",
    )
    return found


@pytest.fixture
def sealed(laboratory: Laboratory) -> Laboratory:
    laboratory.write()
    laboratory.seal()
    return laboratory


@pytest.mark.parametrize("persona", PERSONAS)
def test_no_persona_writes_any_of_it(sealed: Laboratory, persona: str) -> None:
    connection = sealed.database.connect(sealed.database.role(persona))
    for table in TABLES:
        for attempt in attempts(table, column_of(sealed, table)):
            with refused("42501", case=attempt):
                connection.execute(attempt.encode())
    sealed.check_chains()


def test_the_owner_writes_no_seal(sealed: Laboratory) -> None:
    """The installer may become the owner, who may say only which epoch it is."""
    installer = sealed.database.connect(INSTALLER)
    installer.execute("set role audit_owner")
    for table in ("seal", "seal_part", "tree_node", "seal_removal", "part_removal"):
        for attempt in attempts(table, column_of(sealed, table)):
            with refused("42501", case=attempt):
                installer.execute(attempt.encode())
    for table in ("seal_part", "seal_removal", "part_removal"):
        with refused("42501", case=table):
            installer.execute(f"table audit_private.{table}".encode())
    assert installer.execute("select count(*) from audit_private.seal").fetchone() != (0,)


@pytest.mark.parametrize("role", ["audit_writer", "audit_keeper", "audit_finder"])
def test_an_engine_role_writes_only_what_it_has_to(sealed: Laboratory, role: str) -> None:
    """The finder adds seals and changes none; the keeper notes what it removes."""
    allowed = {
        "audit_writer": set(),
        "audit_finder": {"seal i", "seal_part i", "tree_node i", "sealing u"},
        "audit_keeper": {"seal_part d", "seal_removal i", "part_removal i", "part_removal u"},
    }[role]
    found = set()
    for table in TABLES:
        for privilege in ("insert", "update", "delete", "truncate"):
            if sealed.value(
                "select has_table_privilege(%s, %s, %s)", role, f"audit_private.{table}", privilege
            ):
                found.add(f"{table} {privilege[0]}")
    assert found == allowed


def test_an_administrator_reads_no_table_of_it(sealed: Laboratory) -> None:
    for connection in (sealed.admin, sealed.auditor, sealed.operator):
        for table in TABLES:
            with refused("42501", case=table):
                connection.execute(f"table audit_private.{table}".encode())


FORGED_CALLS = {
    "enter_epoch": "",
    "grow_log": "0, 5",
    "note_removals": f"gen_random_uuid(), '{TENANT_A}', '-infinity', 'infinity', '{{}}', '{{}}'",
    "pause_sealing": "",
    "summarize_events": "",
    "seal_step": "",
    "lock_partitions": "'-infinity', 'infinity'",
    "last_transaction_id": "",
    "log_hash": "0, 1",
    "log_path": "0, 1",
    "find_proof": f"'{TENANT_A}', now(), gen_random_uuid(), 1",
    "verify_log": "",
    "verify_chains": "null, '-infinity', 'infinity'",
    "verify_lists": "null, '-infinity', 'infinity'",
    "verify_leaves": "null, '-infinity', 'infinity'",
    "verify_removals": "null, '-infinity', 'infinity'",
    "verify_holds": "null",
    "removals_digest": f"'{TENANT_A}', gen_random_uuid()",
    "removed_places": f"'{TENANT_A}', 1, 0",
    "removed_count": f"'{TENANT_A}', 1, 1",
}
STEPS_OF_THE_OPERATOR = {"enter_epoch", "summarize_events", "seal_step"}


@pytest.mark.parametrize("persona", PERSONAS)
def test_the_steps_can_be_called_by_nobody_but_operators(sealed: Laboratory, persona: str) -> None:
    connection: Connection = sealed.database.connect(sealed.database.role(persona))
    may = "audit_operator" in OTHER_PERSONAS.get(persona, ())
    for function, arguments in FORGED_CALLS.items():
        call = f"select * from audit_private.{function}({arguments})"
        if may and function in STEPS_OF_THE_OPERATOR:
            connection.execute(call.encode())
            continue
        with refused("42501", case=call):
            connection.execute(call.encode())
    if not may:
        with refused("42501"):
            connection.execute("call audit.seal_events()")
    sealed.check_chains()
