"""The columns of an archived file, and the leaf that an event has by them.

Whose event it is and on which day stands in the path alone, as readers of such folders expect it:
`tenant_id=…/day=…/`. JSON stands as it is sealed, as text. The salts, or the digests of what was
erased, make the leaf; see `sql/code/integrity/FORMAT.md`.
"""

from __future__ import annotations

import io
import re
from collections.abc import Mapping, Sequence
from datetime import UTC, date, datetime, timedelta
from importlib import import_module
from typing import Any, TypeAlias
from uuid import UUID

from pgwitness.evidence.proofs import EVENT, GROUPS, SealedEvent

Row: TypeAlias = dict[str, Any]
"""A row: times in microseconds since 1970, salts and digests as 32 bytes, everything else as is."""

TIMES = ("occurred_at", "recorded_at")
NUMBERS = ("sequence", "transaction_id")
DOCUMENTS = ("actor", "target", "changes", "metadata")
PAYLOAD = (*DOCUMENTS, "ip", "description", "user_agent", "request_id", "error_message")
HASHES = (
    "actor_id_salt",
    "entity_id_salt",
    "payload_salt",
    "actor_id_digest",
    "entity_id_digest",
    "payload_digest",
)
COLUMNS = (
    "id",
    "occurred_at",
    "recorded_at",
    "sequence",
    "transaction_id",
    "source",
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
    *HASHES,
)

_PSEUDONYM = re.compile("erased-[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}")

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


class RowsInvalid(ValueError):
    """A file isn't one of archived events."""


def row_of(event: Mapping[str, Any]) -> Row:
    """Gives the row of an event as `prove_sink` tells it."""
    row = {name: event[name] for name in COLUMNS}
    for name in HASHES:
        row[name] = None if row[name] is None else bytes.fromhex(row[name])
    return row


def write(rows: Sequence[Row]) -> bytes:
    """Makes the content of a file.

    Raises:
        ImportError: pyarrow isn't installed.
    """
    arrow, parquet = import_module("pyarrow"), import_module("pyarrow.parquet")
    schema = _schema(arrow)
    columns = []
    for field in schema:
        values = [row[field.name] for row in rows]
        if field.name in TIMES:
            columns.append(arrow.array(values, arrow.int64()).cast(field.type))
        else:
            columns.append(arrow.array(values, field.type))
    file = io.BytesIO()
    parquet.write_table(arrow.Table.from_arrays(columns, schema=schema), file, compression="zstd")
    return file.getvalue()


def read(content: bytes) -> list[Row]:
    """Gives the rows of a file.

    Raises:
        ImportError: pyarrow isn't installed.
        RowsInvalid: it isn't Parquet, or hasn't the columns.
    """
    arrow, parquet = import_module("pyarrow"), import_module("pyarrow.parquet")
    schema = _schema(arrow)
    try:
        table = parquet.ParquetFile(arrow.BufferReader(content)).read()
    except (arrow.ArrowException, OSError) as error:
        raise RowsInvalid(f"it isn't Parquet: {error}") from error
    if table.schema.names != schema.names or table.schema.types != schema.types:
        raise RowsInvalid("it hasn't the columns of archived events")
    for name in TIMES:
        place = table.schema.get_field_index(name)
        table = table.set_column(place, name, table.column(place).cast(arrow.int64()))
    rows: list[Row] = table.to_pylist()
    return rows


def sealed_event(row: Row, tenant_id: UUID) -> SealedEvent:
    """Gives the event as its leaf holds it.

    Raises:
        ProofInvalid: the row isn't that of an event.
    """
    lines = (
        EVENT,
        tenant_id,
        row["occurred_at"],
        row["id"],
        row["recorded_at"],
        row["sequence"],
        row["transaction_id"],
        *(row[name] for name in ("source", "action", "entity_type", "actor_type", "outcome")),
        _counted(row["recorded_by"]),
    )
    contents = {
        "actor_id": _counted(row["actor_id"]),
        "entity_id": _counted(row["entity_id"]),
        "payload": _payload(row),
    }
    return SealedEvent.parse(
        "\n".join(map(str, lines)),
        {name: _group(row, name, contents[name]) for name in GROUPS},
    )


def leaf(row: Row, tenant_id: UUID) -> bytes:
    """Gives the hash of the event's leaf.

    Raises:
        ProofInvalid: the row isn't that of an event.
    """
    return sealed_event(row, tenant_id).leaf


def stray(row: Row) -> list[str]:
    """Names columns that tell something though their group is erased: no leaf covers them.

    In place of an erased actor there may stand a pseudonym, which is random.
    """
    columns = {"actor_id": ("actor_id",), "entity_id": ("entity_id",), "payload": PAYLOAD}
    return [
        column
        for group, names in columns.items()
        if row[f"{group}_salt"] is None
        for column in names
        if row[column] is not None
        and not (column == "actor_id" and _PSEUDONYM.fullmatch(row[column]))
    ]


def without(row: Row, tenant_id: UUID, groups: Sequence[str]) -> Row:
    """Gives the row without the content of some groups; its leaf stays.

    Raises:
        ProofInvalid: the row isn't that of an event.
    """
    event = sealed_event(row, tenant_id)
    made = dict(row)
    for name in groups:
        made[f"{name}_digest"] = event.groups[name].digest
        made[f"{name}_salt"] = None
        made |= dict.fromkeys(PAYLOAD if name == "payload" else (name,))
    return made


def moment(microseconds: int) -> datetime:
    """Gives a row's time."""
    return EPOCH + timedelta(microseconds=microseconds)


def day_of(microseconds: int) -> date:
    """Gives the day in UTC of a row's time."""
    return moment(microseconds).date()


def for_search(row: Row, tenant_id: UUID) -> dict[str, Any]:
    """Gives the row as `search_archive` takes it."""
    event = {name: row[name] for name in COLUMNS if name not in HASHES}
    for name in TIMES:
        event[name] = moment(row[name]).isoformat()
    return event | {"tenant_id": str(tenant_id)}


def _schema(arrow: Any) -> Any:
    kinds = {
        **dict.fromkeys(TIMES, arrow.timestamp("us", tz="UTC")),
        **dict.fromkeys(NUMBERS, arrow.int64()),
        **dict.fromkeys(HASHES, arrow.binary(32)),
    }
    return arrow.schema((name, kinds.get(name, arrow.string())) for name in COLUMNS)


def _group(row: Row, name: str, content: str) -> dict[str, str]:
    salt, digest = row[f"{name}_salt"], row[f"{name}_digest"]
    if salt is None:
        return {"digest": "" if digest is None else digest.hex()}
    shown = {"salt": salt.hex(), "content": content}
    return shown if digest is None else shown | {"digest": digest.hex()}


def _payload(row: Row) -> str:
    documents = "".join(f"{row[name] or ''}\n" for name in (*DOCUMENTS, "ip"))
    texts = ("description", "user_agent", "request_id", "error_message")
    return documents + "".join(_counted(row[name]) for name in texts)


def _counted(value: str | None) -> str:
    return ":" if value is None else f"{len(value.encode())}:{value}"
