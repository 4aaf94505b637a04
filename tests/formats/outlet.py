"""Applications that log, and what a receiver of each format would get."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any
from uuid import UUID

import psycopg
from psycopg.rows import DictRow
from psycopg.types.json import Jsonb

from reading.desk import connect
from walls.ledger import Connection, log, set_context

from databases import Database

FORMATS = ["jsonl", "cef", "rfc5424", "ocsf", "otlp", "cloudevents"]

TEXTS = [
    "plain", " x ", 'say "hi"', "a|b", "a=b c=d", "[x] ]", " =", "= x=", "{}", "%n%s", "null",
    "back\\slash", "\\", "\\n", "\\\\=", "end\\", '"] [x@1 y="z', '", ', '": ',
    "line\nbreak", "line\r\nbreak", "\n<13>1 - - forged - - -", "\nCEF:0|forged|x|1|y|z|10|",
    "\x01\x02\x1b[2J\x1f\x7f", "x\u2028y\u2029z\u0085", "å ß 漢字 🙂 \u202e \u0301 \ufeff",
]  # fmt: skip

PAYLOAD = (
    "actor_id", "entity_id", "actor", "description", "target", "changes", "metadata",
    "error_message", "ip", "user_agent", "request_id",
)  # fmt: skip
ENVELOPE = (
    "tenant_id", "occurred_at", "id", "recorded_at", "sequence", "transaction_id", "source",
    "category", "action", "entity_type", "actor_type", "outcome", "recorded_by",
)  # fmt: skip

DELIVERED = """
    select (
      e.tenant_id, t.name, e.occurred_at, e.id, e.recorded_at, e.sequence, e.transaction_id,
      e.source, a.category, e.action, coalesce(a.titles ->> 'en', e.action), e.entity_type,
      case when p.is_whole then e.entity_id end, e.actor_type,
      case when p.is_whole then e.actor_id end, case when p.is_whole then e.actor end,
      case when p.is_whole then e.description end, case when p.is_whole then e.target end,
      case when p.is_whole then e.changes end, case when p.is_whole then e.metadata end,
      e.outcome, case when p.is_whole then e.error_message end, case when p.is_whole then e.ip end,
      case when p.is_whole then e.user_agent end, case when p.is_whole then e.request_id end,
      e.recorded_by
    )::audit_private.delivered_event as e
    from audit_private.event e
    join audit_private.tenant t on t.tenant_id = e.tenant_id
    left join audit_private.action a on a.action = e.action
    cross join (
      select %(options)s::jsonb ->> 'content' is distinct from 'envelope' as is_whole
    ) p
    where e.source = 'logged'
"""


@dataclass
class Outlet:
    """Applications of two tenants, and a look at what leaves."""

    database: Database
    app: Connection
    other: Connection
    root: psycopg.Connection[DictRow]

    def log(self, context: dict[str, Any] | None = None, **event: Any) -> UUID:
        """Log an event of tenant a as its application does."""
        with self.app.transaction():
            set_context(self.app, **(context or {}))
            event_id = log(self.app, **event)
        assert event_id is not None
        return event_id

    def log_whole(self, text: str = "text", **event: Any) -> UUID:
        """Log an event that has everything, with a text wherever one may stand."""
        return self.log(
            {
                "actor_id": text,
                "actor_type": "user",
                "actor": {"name": text, "email": text},
                "ip": "192.0.2.17",
                "user_agent": text,
                "request_id": text,
            },
            **{
                "description": text,
                "entity_id": text,
                "target": {"name": text},
                "changes": {text: {"old": None, "new": text}},
                "metadata": {"text": text, "list": [text, 1, 2.5, True, None, {"a": {}}]},
                "outcome": "failure",
                "error_message": text,
                **event,
            },
        )

    def deliver(self, format: str, **options: Any) -> list[str]:
        """What a sink with these options gives its receiver, oldest first."""
        return [
            row["content"]
            for row in self.root.execute(
                f"select audit_private.{format}_record(d.e, %(options)s) as content "
                f"from ({DELIVERED}) d order by (d.e).sequence".encode(),
                {"options": Jsonb(options)},
            ).fetchall()
        ]

    def events(self) -> list[dict[str, Any]]:
        """The same events as they are stored, with what the catalogue says of them."""
        return self.root.execute(
            f"select (d.e).* from ({DELIVERED}) d order by (d.e).sequence".encode(),
            {"options": Jsonb({})},
        ).fetchall()

    def last(self, format: str, **options: Any) -> str:
        return self.deliver(format, **options)[-1]


def open_outlet(database: Database) -> Outlet:
    """Connect everybody."""
    root = connect(database, "postgres")
    # A plan that is kept was made under the settings before.
    root.prepare_threshold = None
    return Outlet(
        database,
        database.connect(database.role("app")),
        database.connect(database.role("app", "b")),
        root,
    )
