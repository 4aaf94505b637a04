"""Eneo's table audit_logs: its columns as JSON, one row a line."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

from pgwitness.importers.records import (
    RecordRefused,
    check_tenant,
    check_time,
    is_address,
    keep_given,
    require_text,
)

COLUMNS = frozenset(
    {
        "id",
        "tenant_id",
        "actor_id",
        "actor_type",
        "action",
        "entity_type",
        "entity_id",
        "timestamp",
        "ip_address",
        "user_agent",
        "request_id",
        "description",
        "metadata",
        "outcome",
        "error_message",
    }
)
"""Columns that have a place in an event; any other goes to metadata under `eneo`."""


class Eneo:
    """A row of audit_logs; its id is the idempotency key.

    Of the metadata, `actor`, `target` and `changes` become the event's columns when they have
    their shape (an object; an object or an array; an object). A time without a zone is UTC.
    """

    name = "eneo"
    line_limit_bytes = 16 * 1024 * 1024

    def split_line(self, line: Any) -> Iterable[Any]:
        """Gives the line itself: it holds one row."""
        return (line,)

    def build_event(self, record: Mapping[str, Any], tenant_id: UUID | None) -> dict[str, Any]:
        """Turns the row into an event.

        Raises:
            RecordRefused: no id, action, entity type, description or time, another tenant, or
                metadata that is no object.
        """
        check_tenant(record, tenant_id)
        metadata = record.get("metadata")
        if metadata is None:
            metadata = {}
        if not isinstance(metadata, dict):
            raise RecordRefused(
                "metadata is not an object", "Write the column as JSON, not as text."
            )
        rest = dict(metadata)
        actor = rest.pop("actor") if isinstance(rest.get("actor"), dict) else None
        target = rest.pop("target") if isinstance(rest.get("target"), dict | list) else None
        changes = rest.pop("changes") if isinstance(rest.get("changes"), dict) else None
        address = record.get("ip_address")
        other = {
            key: value
            for key, value in record.items()
            if value is not None
            and key not in COLUMNS
            and not (key == "updated_at" and value == record.get("created_at"))
        }
        if address is not None and not is_address(address):
            other["ip_address"] = address
        if other:
            if "eneo" in rest:
                other = {"columns": other, "metadata": rest["eneo"]}
            rest["eneo"] = other
        return keep_given(
            {
                "idempotency_key": f"eneo:{require_text(record, 'id')}",
                "occurred_at": _read_time(record),
                "action": require_text(record, "action"),
                "entity_type": require_text(record, "entity_type"),
                "entity_id": record.get("entity_id"),
                "actor_id": record.get("actor_id"),
                "actor_type": record.get("actor_type"),
                "actor": actor,
                "description": require_text(record, "description"),
                "target": target,
                "changes": changes,
                "metadata": rest or None,
                "outcome": record.get("outcome"),
                "error_message": record.get("error_message"),
                "ip": address if is_address(address) else None,
                "user_agent": record.get("user_agent"),
                "request_id": record.get("request_id"),
            }
        )


def _read_time(record: Mapping[str, Any]) -> str:
    text = require_text(record, "timestamp")
    try:
        time = datetime.fromisoformat(text)
    except ValueError:
        return check_time(text, "timestamp")
    return text if time.tzinfo else time.replace(tzinfo=UTC).isoformat()
