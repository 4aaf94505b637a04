"""What tests of behaviour share: calls, refusals with their texts, a look behind the scenes."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any
from uuid import UUID

import psycopg
import pytest
from psycopg import sql
from psycopg.rows import dict_row
from psycopg.types.json import Jsonb

from databases import Database, create_role

Connection = psycopg.Connection[Any]

EVENT = {"action": "user_created", "entity_type": "user", "description": "An account was added"}
REASON = "A test of how the log behaves"
NIL = UUID(int=0)


def adapt(value: Any) -> Any:
    """Send objects and arrays as jsonb."""
    return Jsonb(value) if isinstance(value, (dict, list)) else value


def call(connection: Connection, function: str, **arguments: Any) -> Any:
    """Call a function of schema audit by argument names; gives the one value that it returns."""
    places = ", ".join(f"{name} => %({name})s" for name in arguments)
    row = connection.execute(
        f"select audit.{function}({places})", {n: adapt(v) for n, v in arguments.items()}
    ).fetchone()
    assert row is not None
    return row[0]


def rows(connection: Connection, function: str, **arguments: Any) -> list[dict[str, Any]]:
    """Call a function of schema audit that returns rows."""
    places = ", ".join(f"{name} => %({name})s" for name in arguments)
    with connection.cursor(row_factory=dict_row) as cursor:
        cursor.execute(
            f"select * from audit.{function}({places})",
            {n: adapt(v) for n, v in arguments.items()},
        )
        return cursor.fetchall()


def log(connection: Connection, **arguments: Any) -> UUID | None:
    """Log a plain event, with arguments of one's own."""
    found: UUID | None = call(connection, "log_event", **(EVENT | arguments))
    return found


def log_batch(
    connection: Connection, events: list[dict[str, Any]], **arguments: Any
) -> tuple[int, int]:
    """Log plain events with keys of one's own; gives how many were logged and muted."""
    [found] = rows(connection, "log_events", events=[EVENT | e for e in events], **arguments)
    return found["logged"], found["muted"]


def set_context(connection: Connection, **arguments: Any) -> None:
    """Set the context of the open transaction."""
    call(connection, "set_context", **arguments)


def stored(
    database: Database, where: str = "source = 'logged'", *values: Any
) -> list[dict[str, Any]]:
    """Read events from behind the scenes, as they were written, oldest first."""
    with database.superuser() as root, root.cursor(row_factory=dict_row) as cursor:
        cursor.execute(f"select * from audit_private.event where {where} order by sequence", values)
        return cursor.fetchall()


def descriptions(database: Database, where: str = "source = 'logged'", *values: Any) -> list[str]:
    """Read what events say, oldest first."""
    return [event["description"] for event in stored(database, where, *values)]


@dataclass
class Refusal:
    """What the database said; known after the block."""

    error: psycopg.Error | None = None

    @property
    def message(self) -> str:
        return str(self.error and self.error.diag.message_primary)

    @property
    def detail(self) -> str:
        return str(self.error and self.error.diag.message_detail)

    @property
    def hint(self) -> str:
        return str(self.error and self.error.diag.message_hint)


@contextmanager
def refused(*sqlstates: str, case: object = "it") -> Iterator[Refusal]:
    """Claim that the block is refused; our own refusals say what, why and what would help."""
    refusal = Refusal()
    try:
        yield refusal
    except psycopg.Error as error:
        refusal.error = error
    if refusal.error is None:
        pytest.fail(f"{case} was not refused")
    sqlstate = str(refusal.error.sqlstate)
    assert sqlstate in sqlstates, f"{case}: {sqlstate} {refusal.error}"
    said = refusal.error.diag
    assert said.message_primary
    if sqlstate.startswith("WT"):
        assert said.message_detail, f"{case} has no detail"
        assert said.message_hint, f"{case} has no hint"


def new_role(database: Database, name: str, *members: str, attributes: str = "") -> str:
    """Create a login, known to the whole server, that is a member of roles; gives its name."""
    with database.superuser() as root:
        create_role(root, name, attributes)
        for member in members:
            root.execute(
                sql.SQL("grant {} to {}").format(sql.Identifier(member), sql.Identifier(name))
            )
    return name


def bind(database: Database, role: str, *tenant_ids: UUID) -> None:
    """Grant tenants to a role, as the operator."""
    with database.connect(database.role("operator")) as operator:
        for tenant_id in tenant_ids:
            call(operator, "grant_tenant", role=role, tenant_id=tenant_id)


def justify(connection: Connection, **arguments: Any) -> UUID:
    """Open an access session."""
    found: UUID = call(
        connection,
        "open_access",
        access_reason="audit_review",
        justification=REASON,
        **arguments,
    )
    return found


def wait_until_blocked(database: Database, waiting: Connection) -> None:
    """Return once a connection waits for a lock; fails when it doesn't within 10 s."""
    process = waiting.info.backend_pid
    with database.superuser() as root:
        for _ in range(1000):
            row = root.execute(
                "select wait_event_type from pg_stat_activity where pid = %s", (process,)
            ).fetchone()
            if row == ("Lock",):
                return
            time.sleep(0.01)
    raise AssertionError("nothing waited")
