"""pgwitness' own events: rows of `audit.event` as JSON, one a line; also an archive's lines."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any
from uuid import UUID

from pgwitness.importers.records import (
    RecordRefused,
    check_tenant,
    check_time,
    keep_given,
    require_text,
)
from pgwitness.text import restore

KEPT = (
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
    "idempotency_key",
)
"""Columns that an imported event takes over as they are."""

GIVEN_ANEW = (
    "tenant_id",
    "recorded_at",
    "sequence",
    "transaction_id",
    "source",
    "category",
    "recorded_by",
    "cursor",
    "relations",
    "salt",
    "actor_id_digest",
    "entity_id_digest",
    "payload_digest",
    "derived_salts",
)
"""Columns that the database fills itself: they tell of the writing, which is another one now."""


class Pgwitness:
    """JSON of `audit.event`'s columns; the event keeps its id.

    A target of nothing but the entity's type and id is what the view shows where none was given,
    so it is left out.
    """

    name = "pgwitness"
    line_limit_bytes = 16 * 1024 * 1024

    def split_line(self, line: Any) -> Iterable[Any]:
        """Gives the line itself: it holds one event."""
        return (line,)

    def build_event(self, record: Mapping[str, Any], tenant_id: UUID | None) -> dict[str, Any]:
        """Takes the columns over, as they were before anything in them was escaped.

        Raises:
            RecordRefused: no action or time, neither id nor idempotency_key, another tenant, or a
                column that `audit.event` hasn't.
        """
        check_tenant(record, tenant_id)
        unknown = sorted(set(record) - {"id", "occurred_at", *KEPT, *GIVEN_ANEW})
        if unknown:
            raise RecordRefused(
                f"it has keys that no event has: {', '.join(unknown)[:200]}",
                "Put them into metadata, or choose another --format.",
            )
        if record.get("id") is None and record.get("idempotency_key") is None:
            raise RecordRefused(
                "it has neither id nor idempotency_key",
                "One of them is needed to tell a repeated import from another event.",
            )
        event = keep_given(
            {
                "id": record.get("id"),
                "occurred_at": check_time(require_text(record, "occurred_at"), "occurred_at"),
                **{key: record.get(key) for key in KEPT},
            }
        )
        if event.get("target") == {"type": event.get("entity_type"), "id": event.get("entity_id")}:
            del event["target"]
        return restore(event)
