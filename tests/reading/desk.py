"""A reader at work: rows in the log, an open session, and the public functions as methods."""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

import psycopg
import pytest
from psycopg.rows import DictRow, dict_row
from psycopg.types.json import Jsonb

from databases import Database

COLUMNS = [
    "tenant_id",
    "occurred_at",
    "id",
    "recorded_at",
    "sequence",
    "transaction_id",
    "source",
    "category",
    "action",
    "entity_type",
    "entity_id",
    "actor_type",
    "actor_id",
    "actor",
    "description",
    "target",
    "changes",
    "metadata",
    "outcome",
    "error_message",
    "ip",
    "user_agent",
    "request_id",
    "recorded_by",
]


@dataclass
class Desk:
    """One tenant's reader with an open session, and a hand that puts rows into the log."""

    database: Database
    reader: psycopg.Connection[DictRow]
    hand: psycopg.Connection[DictRow]
    tenant_id: UUID

    def put(self, occurred_at: datetime | None = None, **values: Any) -> dict[str, Any]:
        """Put a row of any shape behind the scenes, in a transaction of its own; give it back."""
        moment = occurred_at or datetime.now(UTC)
        row = {
            "source": "logged",
            "action": "user_created",
            "entity_type": "user",
            "actor_type": "user",
            "outcome": "success",
            "recorded_by": "app",
            "description": "An event",
            "tenant_id": self.tenant_id,
            "occurred_at": moment,
            "recorded_at": moment,
            **values,
        }
        names = ", ".join(row)
        places = ", ".join(f"%({name})s" for name in row)
        found = self.hand.execute(
            f"insert into audit_private.event (id, sequence, transaction_id, salt, {names}) "
            "select audit_private.new_event_id(%(occurred_at)s, s.n), s.n, "
            f"pg_current_xact_id()::text::bigint, gen_random_uuid(), {places} "
            "from nextval('audit_private.event_sequence') as s (n) returning *",
            {
                name: Jsonb(value) if isinstance(value, (dict, list)) else value
                for name, value in row.items()
            },
        ).fetchone()
        assert found is not None
        return found

    def search(
        self, filter: dict[str, Any] | None = None, page_size: int = 1000, after: str | None = None
    ) -> list[dict[str, Any]]:
        return self.reader.execute(
            "select * from audit.search_events(filter => %s, page_size => %s, after => %s)",
            (Jsonb(filter or {}), page_size, after),
        ).fetchall()

    def count(self, filter: dict[str, Any] | None = None, up_to: int = 10_000) -> tuple[int, bool]:
        row = self.reader.execute(
            "select * from audit.count_events(filter => %s, up_to => %s)",
            (Jsonb(filter or {}), up_to),
        ).fetchone()
        assert row is not None
        return row["count"], row["is_exact"]

    def refusal(self, filter: Any, **arguments: Any) -> psycopg.Error:
        """Search in vain and give the error."""
        names = {"filter": "jsonb", "page_size": "integer", "after": "text"}
        given = {"filter": json.dumps(filter), **arguments}
        call = ", ".join(f"{name} => %({name})s::{names[name]}" for name in given)
        with pytest.raises(psycopg.Error) as refused:
            self.reader.execute(f"select audit.search_events({call})", given)
        assert refused.value.diag.message_detail
        assert refused.value.diag.message_hint
        return refused.value


def connect(database: Database, role: str) -> psycopg.Connection[DictRow]:
    connection = psycopg.connect(database.dsn(role), autocommit=True, row_factory=dict_row)
    database._connections.append(connection)
    return connection


def open_desk(database: Database, role: str, tenant_id: UUID) -> Desk:
    reader = connect(database, role)
    reader.execute(
        "select audit.open_access(access_reason => 'troubleshooting', "
        "justification => 'To see that reading works')"
    )
    return Desk(database, reader, connect(database, "postgres"), tenant_id)
