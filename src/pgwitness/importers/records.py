"""What the formats share: how a record is refused, and how times, codes and addresses are read."""

from __future__ import annotations

import ipaddress
import re
from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Any, Protocol
from uuid import UUID

CODE_LENGTH = 63
"""Characters that the code of an action or an entity type may have."""


IDENTIFIERS = ("entity_id", "actor_id")
"""Columns whose source may have numbers."""

TEXTS = (
    *IDENTIFIERS,
    "id",
    "idempotency_key",
    "action",
    "entity_type",
    "actor_type",
    "description",
    "outcome",
    "error_message",
    "ip",
    "user_agent",
    "request_id",
)
"""Columns that come as text; occurred_at is looked at by every format."""


class RecordRefused(ValueError):
    """A record that no event can be made of.

    Attributes:
        message: what is wrong with it.
        hint: what to do about it.
    """

    def __init__(self, message: str, hint: str) -> None:
        """Keeps both texts for the report."""
        super().__init__(message)
        self.message = message
        self.hint = hint


class Importer(Protocol):
    """One foreign format.

    Attributes:
        name: what `--format` calls it.
        line_limit_bytes: a longer line is refused unread, so that memory stays flat.
    """

    name: str
    line_limit_bytes: int

    def split_line(self, line: Any) -> Iterable[Any]:
        """Gives the records that a parsed line holds; most formats hold one."""
        ...

    def build_event(self, record: Mapping[str, Any], tenant_id: UUID | None) -> dict[str, Any]:
        """Turns a record into an object that `audit.import_events` takes.

        Args:
            record: the parsed record.
            tenant_id: the tenant to import into; null when the database is to find it.

        Raises:
            RecordRefused: the record lacks what an event must have.
        """
        ...


def require_text(record: Mapping[str, Any], key: str) -> str:
    """Gives the text under a key.

    Raises:
        RecordRefused: there is none, or something else than text.
    """
    value = record.get(key)
    if not isinstance(value, str) or not value:
        raise RecordRefused(f"{key} is missing", f"Every record needs {key} as text.")
    return value


def check_texts(event: Mapping[str, Any]) -> None:
    """Makes sure that what the database takes as text is text; numbers may stand for identifiers.

    Raises:
        RecordRefused: it isn't.
    """
    for key in TEXTS:
        value = event.get(key)
        is_identifier = key in IDENTIFIERS and type(value) is int
        if value is not None and not isinstance(value, str) and not is_identifier:
            raise RecordRefused(f"{key} is not text", f"Write {key} as a JSON string.")


def check_time(text: str, key: str) -> str:
    """Gives back a time after making sure that it is one with a zone (RFC 3339).

    Raises:
        RecordRefused: it isn't.
    """
    try:
        time = datetime.fromisoformat(text)
    except ValueError as error:
        raise RecordRefused(
            f"{key} is not a time: {text[:60]!r}",
            "Write it as RFC 3339 has it: 2026-01-31T12:00:00Z.",
        ) from error
    if time.tzinfo is None:
        raise RecordRefused(
            f"{key} has no time zone: {text[:60]!r}",
            "Add Z or an offset; without one nobody can tell when it was.",
        )
    return text


def check_tenant(record: Mapping[str, Any], tenant_id: UUID | None) -> None:
    """Makes sure that a record isn't another tenant's; one without a tenant passes.

    Raises:
        RecordRefused: the record names a tenant other than the one imported into.
    """
    named = record.get("tenant_id")
    if named is None or tenant_id is None or str(named).lower() == str(tenant_id):
        return
    raise RecordRefused(
        f"it belongs to tenant {str(named)[:60]}",
        f"Import it with --tenant {str(named)[:60]}; to move it to another tenant, take "
        "tenant_id out of the line.",
    )


def derive_code(name: str) -> str:
    """Turns any name into a code of the catalogue: snake case, 63 characters at most.

    `ListObjectsV2` becomes `list_objects_v2`, `DescribeDBInstances` `describe_db_instances`.
    """
    words = re.sub(r"([A-Z]+)([A-Z][a-z])", r"\1_\2", name)
    words = re.sub(r"([a-z0-9])([A-Z])", r"\1_\2", words)
    code = re.sub(r"[^a-z0-9]+", "_", words.lower()).strip("_")
    if not code[:1].isalpha():
        code = f"event_{code}"
    return code[:CODE_LENGTH].rstrip("_")


def derive_title(code: str) -> str:
    """Turns a code into a title for people: `s3_object` becomes `S3 object`."""
    text = code.replace("_", " ")
    return text[:1].upper() + text[1:]


def is_address(text: object) -> bool:
    """Tells whether PostgreSQL's inet takes the text as one address (no network, no scope)."""
    if not isinstance(text, str) or "%" in text:
        return False
    try:
        ipaddress.ip_address(text)
    except ValueError:
        return False
    return True


def keep_given(event: Mapping[str, Any]) -> dict[str, Any]:
    """Leaves out what wasn't given; null and not given are the same to the database."""
    return {key: value for key, value in event.items() if value is not None}
