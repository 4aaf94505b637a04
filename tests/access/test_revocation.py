"""A session is revoked at once, whatever its reader does, and no older snapshot brings it back."""

from __future__ import annotations

from typing import Any
from uuid import UUID

import psycopg
import pytest

from databases import Database

Connection = psycopg.Connection[Any]
OPEN = "select audit.open_access('user_support', 'The customer called about a login')"


def opened(connection: Connection) -> UUID:
    row = connection.execute(OPEN).fetchone()
    assert row is not None
    assert isinstance(row[0], UUID)
    return row[0]


@pytest.fixture
def reader(loaded_database: Database) -> Connection:
    return loaded_database.connect(loaded_database.role("reader"))


@pytest.fixture
def admin(loaded_database: Database) -> Connection:
    return loaded_database.connect(loaded_database.role("admin"))


def test_closing_waits_for_no_reader_and_ends_its_reading(
    reader: Connection, admin: Connection
) -> None:
    access_id = opened(reader)
    admin.execute("set statement_timeout = '5s'")
    with reader.transaction():
        reader.execute("select from audit.search_events()")
        closed = admin.execute("select audit.close_access(%s)", (access_id,)).fetchone()
        assert closed == (True,)
        with pytest.raises(psycopg.Error) as refusal, reader.transaction():
            reader.execute("select from audit.search_events()")
        assert refusal.value.sqlstate == "WT030"
    again = admin.execute("select audit.close_access(%s)", (access_id,)).fetchone()
    assert again == (False,)


def test_a_closed_session_that_is_named_is_told_apart(
    loaded_database: Database, reader: Connection, admin: Connection
) -> None:
    access_id = opened(reader)
    admin.execute("select audit.close_access(%s)", (access_id,))
    with reader.transaction(force_rollback=True):
        reader.execute("select audit.set_context(access_id => %s)", (access_id,))
        with pytest.raises(psycopg.Error) as refusal:
            reader.execute("select from audit.event")
    assert refusal.value.sqlstate == "WT031"
    listed = admin.execute(
        "select is_open, closed_by from audit.list_access() where access_id = %s", (access_id,)
    ).fetchone()
    assert listed == (False, loaded_database.role("admin"))


@pytest.mark.parametrize("level", ["repeatable read", "serializable"])
@pytest.mark.parametrize(
    "statement", [OPEN, "select from audit.search_events()", "select from audit.event"]
)
def test_an_older_snapshot_reads_nothing(reader: Connection, level: str, statement: str) -> None:
    reader.execute(OPEN)
    with reader.transaction(force_rollback=True):
        reader.execute(f"set transaction isolation level {level}")
        with pytest.raises(psycopg.Error) as refusal:
            reader.execute(statement)
    assert refusal.value.sqlstate == "WT037"
    assert refusal.value.diag.message_hint


def test_a_condition_that_changes_the_context_sees_no_other_tenant(
    loaded_database: Database,
) -> None:
    """Even a function that costs nothing and looks at every row that it is given."""
    administrator = loaded_database.superuser()
    role = "test_reader_of_both"
    administrator.execute(f"drop role if exists {role}")
    administrator.execute(f"create role {role} login in role audit_reader")
    for tenant in (loaded_database.tenant_a, loaded_database.tenant_b):
        administrator.execute("select audit.grant_tenant(%s, %s)", (role, tenant))
        administrator.execute(f"set role {loaded_database.role('service')}")
        administrator.execute(
            "select audit.log_event('user_created', 'user', description => %s, tenant_id => %s)",
            (f"secret of {tenant}", tenant),
        )
        administrator.execute("reset role")
    administrator.execute(
        """
        create table public.seen (description text);
        create function public.leak(text) returns boolean language sql volatile cost 0.0001
          as 'insert into public.seen values ($1) returning true';
        grant insert on public.seen to public;
        """
    )
    reader = loaded_database.connect(role)
    tenant_a = str(loaded_database.tenant_a)
    tenant_b = str(loaded_database.tenant_b)
    with reader.transaction():
        reader.execute("select audit.set_context(tenant_id => %s)", (tenant_a,))
        reader.execute(OPEN)
    for setting in ("named_tenant", "tenant_id"):
        with reader.transaction():
            reader.execute("select audit.set_context(tenant_id => %s)", (tenant_a,))
            for method in ("hashjoin", "mergejoin", "seqscan", "bitmapscan", "material"):
                reader.execute(f"set local enable_{method} = off")
            rows = reader.execute(
                f"""
                select e.tenant_id
                from (
                  select now() - interval '1 day'
                    + length(set_config('pgwitness.{setting}', '{tenant_b}', true))
                    * interval '0' as since
                  offset 0
                ) s
                join audit.event e on e.occurred_at >= s.since
                where public.leak(e.description)
                """
            ).fetchall()
            assert loaded_database.tenant_b not in {row[0] for row in rows}
    seen = administrator.execute(
        "select count(*) from public.seen where description = %s", (f"secret of {tenant_b}",)
    ).fetchone()
    assert seen == (0,)
    administrator.execute("select audit.revoke_tenant(%s, 'The test is over now')", (role,))
