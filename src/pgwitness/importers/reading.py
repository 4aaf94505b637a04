"""Reads a file line by line in flat memory; what can't be read becomes a refusal with its line."""

from __future__ import annotations

import gzip
import io
import json
import zlib
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, BinaryIO, NoReturn, cast
from uuid import UUID

from pgwitness.errors import ValueUnstorable
from pgwitness.importers.records import Importer, RecordRefused, check_texts
from pgwitness.text import MARK, exact_number, make_safe

GZIP_MAGIC = b"\x1f\x8b"
"""How a gzip member begins (RFC 1952)."""
BYTE_ORDER_MARK = b"\xef\xbb\xbf"
"""UTF-8's, which some programs put at the beginning of a file."""


@dataclass(frozen=True, slots=True)
class ReadEvent:
    """An event made of a line.

    Attributes:
        line: number of the line, from 1.
        event: object for `audit.import_events`.
        size: bytes that its line has.
        is_escaped: some of it can't be stored as it is; the client escapes and marks it.
    """

    line: int
    event: dict[str, Any]
    size: int
    is_escaped: bool


@dataclass(frozen=True, slots=True)
class Refusal:
    """A line, or one of the records in it, that isn't imported.

    Attributes:
        line: number of the line, from 1.
        message: what is wrong.
        hint: what to do about it; empty when there is nothing to say.
        sqlstate: the database's code when it was the database that refused.
    """

    line: int
    message: str
    hint: str = ""
    sqlstate: str | None = None


def open_plain(stream: BinaryIO) -> BinaryIO:
    """Gives the stream's content, unpacked when its first bytes say that it is gzip."""
    buffered = (
        stream
        if isinstance(stream, io.BufferedReader)
        else io.BufferedReader(cast(io.RawIOBase, stream))
    )
    if buffered.peek(2)[:2] == GZIP_MAGIC:
        return cast(BinaryIO, gzip.GzipFile(fileobj=buffered))
    return buffered


def read_events(
    stream: BinaryIO, importer: Importer, tenant_id: UUID | None = None
) -> Iterator[ReadEvent | Refusal]:
    """Reads events from JSON Lines.

    Empty lines are passed over. A stream that breaks off (gzip cut short) gives what it had and
    then a refusal.

    Args:
        stream: bytes, plain or gzip.
        importer: the format.
        tenant_id: the tenant to import into, when known.

    Yields:
        An event or a refusal for each record, in the file's order.
    """
    for number, line in _read_lines(open_plain(stream), importer.line_limit_bytes):
        if isinstance(line, Refusal):
            yield line
            continue
        if not line.strip():
            continue
        try:
            records = importer.split_line(_parse(line))
        except RecordRefused as refusal:
            yield Refusal(number, refusal.message, refusal.hint)
            continue
        for record in records:
            try:
                if not isinstance(record, dict):
                    _refuse_record(record)
                event = importer.build_event(record, tenant_id)
                check_texts(event)
                is_escaped = _is_escaped(event)
            except RecordRefused as refusal:
                yield Refusal(number, refusal.message, refusal.hint)
            except ValueUnstorable as refusal:
                yield Refusal(number, refusal.message, refusal.hint or "")
            else:
                yield ReadEvent(number, event, len(line), is_escaped)


def _read_lines(stream: BinaryIO, limit: int) -> Iterator[tuple[int, bytes | Refusal]]:
    number = 0
    try:
        while line := stream.readline(limit + 1):
            number += 1
            if number == 1:
                line = line.removeprefix(BYTE_ORDER_MARK)
            if len(line) > limit and not line.endswith(b"\n"):
                while (rest := stream.readline(limit)) and not rest.endswith(b"\n"):
                    pass
                yield (
                    number,
                    Refusal(
                        number,
                        f"the line is longer than {limit:,} bytes",
                        "Is it JSON Lines, one record a line? Split it or shorten it.",
                    ),
                )
            else:
                yield number, line
    except (EOFError, gzip.BadGzipFile, zlib.error) as error:
        yield (
            number + 1,
            Refusal(
                number + 1,
                f"the file breaks off here: {error}",
                "Fetch the file again and import it again; nothing is doubled.",
            ),
        )


def _parse(line: bytes) -> Any:
    try:
        text = line.decode("utf-8")
    except UnicodeDecodeError as error:
        raise RecordRefused(
            f"it is not UTF-8: {error.reason} at byte {error.start + 1}",
            "Convert the file to UTF-8, for example with iconv.",
        ) from error
    try:
        return json.loads(text, parse_constant=_refuse_constant, parse_float=exact_number)
    except json.JSONDecodeError as error:
        raise RecordRefused(
            f"it is not JSON: {error.msg} at character {error.pos + 1}",
            "Each line must be one JSON object (RFC 8259).",
        ) from error
    except ValueError as error:
        raise RecordRefused(
            f"it is not JSON that can be stored: {error}",
            "Each line must be one JSON object (RFC 8259).",
        ) from error
    except RecursionError as error:
        raise RecordRefused(
            "it is nested too deeply", "Each line must be one JSON object (RFC 8259)."
        ) from error


def _refuse_constant(name: str) -> NoReturn:
    raise ValueError(f"{name} is no JSON number")


def _is_escaped(event: dict[str, Any]) -> bool:
    """Whether the client has to escape something of the event.

    Raises:
        ValueUnstorable: it can't, so the event can't be sent.
    """
    given, safe = (each.get("metadata") or {} for each in (event, make_safe(event)))
    return isinstance(safe, dict) and safe.get(MARK) != given.get(MARK)


def _refuse_record(record: object) -> NoReturn:
    raise RecordRefused(
        f"it is not an object but {_name_type(record)}",
        "Each line must be one JSON object (RFC 8259).",
    )


def _name_type(value: object) -> str:
    match value:
        case None:
            return "null"
        case bool():
            return "a boolean"
        case int() | float():
            return "a number"
        case str():
            return "a string"
        case _:
            return "an array"
