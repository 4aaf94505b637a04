"""People who take events out of the log, and what they get."""

from __future__ import annotations

import csv
import hashlib
import io
import json
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

import psycopg
from psycopg.types.json import Jsonb

from reading.desk import Desk, open_desk
from retention.vault import Vault, open_vault
from walls.ledger import Connection, call, rows

from databases import Database


@dataclass
class Office:
    """Desks of both tenants' readers, the administrators, and the job."""

    database: Database
    desk: Desk
    other: Desk
    vault: Vault

    @property
    def reader(self) -> Connection:
        return self.desk.reader

    @property
    def operator(self) -> Connection:
        return self.vault.operator

    def request(
        self,
        filter: dict[str, Any] | None = None,
        format: str = "jsonl",
        connection: Connection | None = None,
    ) -> UUID:
        row = (
            (connection or self.reader)
            .execute(
                "select audit.request_export(filter => %s, format => %s) as id",
                (Jsonb(filter or {}), format),
            )
            .fetchone()
        )
        assert row is not None
        found: UUID = row["id"] if isinstance(row, dict) else row[0]
        return found

    def run(self) -> None:
        self.operator.execute("call audit.run_exports()")

    def step(self, export_id: UUID, connection: Connection | None = None) -> str:
        return str(
            (connection or self.operator)
            .execute("select audit_private.export_step(%s)", (export_id,))
            .fetchone()[0]  # type: ignore[index]
        )

    def start(self) -> list[UUID]:
        row = self.operator.execute("select audit_private.start_exports()").fetchone()
        assert row is not None
        return list(row[0])

    def read(self, export_id: UUID, connection: Connection | None = None) -> bytes:
        """Read all chunks, and check digests."""
        content, digests, place = b"", "", 0
        while found := rows(
            connection or self.reader, "read_export", export_id=export_id, after_chunk=place
        ):
            for row in found:
                assert row["chunk"] == place + 1
                assert hashlib.sha256(row["content"]).hexdigest() == row["digest"]
                place = row["chunk"]
                content += row["content"]
                digests += row["digest"]
        assert self.listed(export_id)["digest"] == hashlib.sha256(digests.encode()).hexdigest()
        assert self.listed(export_id)["bytes"] == len(content)
        return content

    def take(self, filter: dict[str, Any] | None = None) -> list[dict[str, Any]]:
        """Have an export made as JSON Lines, and parse it."""
        export_id = self.request(filter)
        self.run()
        return parse(self.read(export_id))

    def copy(self, filter: dict[str, Any] | None = None, format: str = "jsonl") -> bytes:
        """Take a straight export."""
        row = self.reader.execute(
            "select * from audit.begin_export(filter => %s, format => %s)",
            (Jsonb(filter or {}), format),
        ).fetchone()
        assert row is not None
        with self.reader.cursor().copy(row["statement"]) as copy:
            content = b"".join(bytes(block) for block in copy)
        assert call_one(self.reader, "finish_export", export_id=row["export_id"])
        return content

    def listed(self, export_id: UUID, connection: Connection | None = None) -> dict[str, Any]:
        [row] = [
            row
            for row in rows(connection or self.reader, "list_exports")
            if row["export_id"] == export_id
        ]
        return row

    def events(self, export_id: UUID) -> list[dict[str, Any]]:
        """What the log says of an export, oldest first."""
        return self.vault.root.execute(
            "select * from audit_private.event where action = 'audit_log_exported' "
            "and entity_id = %s order by sequence",
            (str(export_id),),
        ).fetchall()

    def steps(self, export_id: UUID) -> list[str]:
        return [event["metadata"]["step"] for event in self.events(export_id)]

    def fill(self, number: int, tenant: str = "a", description: str = "many") -> None:
        self.vault.fill(number, datetime.now(UTC) - timedelta(hours=1), tenant, description)


def call_one(connection: Connection, function: str, **arguments: Any) -> Any:
    """Call a function, whatever kind of rows the connection gives."""
    [row] = rows(connection, function, **arguments)
    [value] = row.values()
    return value


def parse(content: bytes) -> list[dict[str, Any]]:
    """Read JSON Lines as anything would that reads lines."""
    return [json.loads(line) for line in content.decode().split("\n")[:-1]]


def table(content: bytes) -> list[dict[str, str]]:
    """Read CSV with Python's own reader."""
    csv.field_size_limit(2**31 - 1)
    return list(csv.DictReader(io.StringIO(content.decode(), newline=""), strict=True))


def open_office(database: Database) -> Office:
    """Connect everybody."""
    return Office(
        database,
        open_desk(database, database.role("reader"), database.tenant_a),
        open_desk(database, database.role("reader", "b"), database.tenant_b),
        open_vault(database),
    )


__all__ = ["Office", "call", "call_one", "open_office", "parse", "psycopg", "table"]
