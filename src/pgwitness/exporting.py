"""Takes events out of the log into a file: streamed by COPY, or what the job has written.

The file comes under its name when it is whole and on the disk, and the log knows of it; until then
it is called like it with `.part` behind. A manifest beside it says what it holds.
"""

from __future__ import annotations

import gzip
import hashlib
import json
import os
import sys
from collections.abc import AsyncIterator, Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from importlib import import_module
from importlib.metadata import version
from pathlib import Path
from typing import IO, Any, Literal, Protocol, TypeAlias, cast
from uuid import UUID

import psycopg

from pgwitness.connections import raise_translated
from pgwitness.errors import PgwitnessError

BLOCK_BYTES = 256 * 1024
"""COPY hands over a line at a time; they are written in blocks of about this size."""

GZIP_LEVEL = 6
"""Python's own choice, 9, takes twice as long for a hundredth less."""

BYTE_ORDER_MARK = b"\xef\xbb\xbf"
"""What tells Excel that a CSV file is UTF-8."""

PARQUET = "parquet"
"""A format that the database doesn't know: it is made of CSV, by `pgwitness.parquet`."""

Compression: TypeAlias = Literal["gzip", "zstd"]


@dataclass(frozen=True, slots=True)
class Manifest:
    """What a file of exported events holds.

    Attributes:
        export_id: the export, which the log's events of it name.
        tenant_id: whose events.
        format: csv, jsonl or parquet.
        compression: gzip, zstd or None.
        filter: the filter as it was given.
        snapshot_at: the moment that it shows.
        events: how many.
        bytes: size of the file.
        sha256: of the file, in hexadecimal.
        pgwitness: version of the program that wrote it.
    """

    export_id: UUID
    tenant_id: UUID
    format: str
    compression: str | None
    filter: dict[str, Any]
    snapshot_at: datetime
    events: int
    bytes: int
    sha256: str
    pgwitness: str


@dataclass(frozen=True, slots=True)
class Copied:
    """What a COPY gave.

    Attributes:
        rows: events.
        snapshot_at: the moment that they show.
    """

    rows: int
    snapshot_at: datetime


class Sink:
    """Takes an export's content, compresses, counts and hashes what it writes.

    Attributes:
        bytes: written so far.
    """

    def __init__(self, raw: IO[bytes], compression: Compression | None, mark: bytes) -> None:
        """Begins.

        Args:
            raw: where it is written.
            compression: gzip, zstd or None.
            mark: bytes to begin with.

        Raises:
            ImportError: zstd, and the package zstandard isn't installed.
        """
        self.bytes = 0
        self.compression = compression
        self._raw = raw
        self._hash = hashlib.sha256()
        self._outer: Any = None
        if compression == "gzip":
            self._outer = gzip.GzipFile(
                filename="",
                fileobj=cast(IO[bytes], Writer(self._store)),
                mode="wb",
                compresslevel=GZIP_LEVEL,
                mtime=0,
            )
        elif compression == "zstd":
            self._outer = (
                import_module("zstandard").ZstdCompressor().stream_writer(Writer(self._store))
            )
        if mark:
            self.write(mark)

    @property
    def sha256(self) -> str:
        """Of what was written so far, in hexadecimal."""
        return self._hash.hexdigest()

    def write(self, content: bytes) -> None:
        """Takes content.

        Raises:
            OSError: it can't be written.
        """
        if self._outer is None:
            self._store(content)
        else:
            self._outer.write(content)

    def finish(self) -> None:
        """Writes what is held back.

        Raises:
            OSError: it can't be written.
        """
        if self._outer is not None:
            self._outer.close()
            self._outer = None
        self._raw.flush()

    def _store(self, content: bytes) -> None:
        self._raw.write(content)
        self._hash.update(content)
        self.bytes += len(content)


class Writer:
    """As much of a file as a compressor or pyarrow needs."""

    closed = False

    def __init__(self, write: Callable[[bytes], None]) -> None:
        """Begins.

        Args:
            write: takes what is written.
        """
        self._write = write
        self._place = 0

    def write(self, content: bytes) -> int:
        """Hands on."""
        self._write(bytes(content))
        self._place += len(content)
        return len(content)

    def tell(self) -> int:
        """How many bytes were written."""
        return self._place

    def flush(self) -> None:
        """Does nothing."""

    def close(self) -> None:
        """Does nothing."""


@contextmanager
def open_sink(
    file: str | os.PathLike[str] | IO[bytes],
    compression: Compression | None = None,
    *,
    with_mark: bool = False,
    replace: bool = True,
    format: str = "",
) -> Iterator[Sink]:
    """Opens a file for an export; it has its name when the block ends well, else it is gone.

    Args:
        file: a path, or a binary file that stays the caller's.
        compression: gzip, zstd or None.
        with_mark: begin with a byte order mark, for Excel.
        replace: an existing file may be replaced.
        format: parquet, or anything else for what is written as it comes.

    Raises:
        FileExistsError: it exists and may not be replaced.
        ImportError: the format or the compression takes a package that isn't installed.
        OSError: it can't be written.
    """
    mark = BYTE_ORDER_MARK if with_mark else b""
    if not isinstance(file, (str, os.PathLike)):
        sink = _make_sink(format, file, compression, mark)
        yield sink
        sink.finish()
        return
    path = Path(file)
    if not replace and path.exists():
        raise FileExistsError(f"{path} exists")
    part = path.with_name(f"{path.name}.part")
    # Only we may read it: it is somebody's log.
    descriptor = os.open(part, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    try:
        with os.fdopen(descriptor, "wb", buffering=BLOCK_BYTES) as raw:
            sink = _make_sink(format, raw, compression, mark)
            yield sink
            sink.finish()
            os.fsync(raw.fileno())
        part.replace(path)
    except BaseException:
        part.unlink(missing_ok=True)
        raise


def _make_sink(format: str, raw: IO[bytes], compression: Compression | None, mark: bytes) -> Sink:
    if format != PARQUET:
        return Sink(raw, compression, mark)
    # It needs this module, too, and few need it.
    made: Sink = import_module("pgwitness.parquet").ParquetSink(raw, compression)
    return made


def database_format(format: str) -> str:
    """Gives the format in which events leave the database for a file of a format."""
    return "csv" if format == PARQUET else format


def describe(
    export_id: UUID,
    tenant_id: UUID,
    format: str,
    filter: Mapping[str, Any] | None,
    copied: Copied,
    sink: Sink,
) -> Manifest:
    """Makes the manifest of what was written into a sink."""
    return Manifest(
        export_id,
        tenant_id,
        format,
        sink.compression,
        dict(filter or {}),
        copied.snapshot_at,
        copied.rows,
        sink.bytes,
        sink.sha256,
        version("pgwitness"),
    )


def write_manifest(path: Path, manifest: Manifest) -> Path:
    """Writes a manifest beside the file that it tells of, and gives its path.

    Raises:
        OSError: it can't be written.
    """
    beside = path.with_name(f"{path.name}.manifest.json")
    document = {
        name: value.astimezone(UTC).isoformat().replace("+00:00", "Z")
        if isinstance(value, datetime)
        else str(value)
        if isinstance(value, UUID)
        else value
        for name, value in asdict(manifest).items()
    }
    with open_sink(beside) as sink:
        sink.write(json.dumps(document, ensure_ascii=False, indent=2).encode() + b"\n")
    return beside


def copy(
    connection: psycopg.Connection[Any],
    statement: str,
    sink: Sink,
    progress: Callable[[int], None] | None = None,
    *,
    line_end: bytes = b"\n",
) -> Copied:
    """Streams the content of an export in the connection's transaction; memory stays flat.

    Args:
        connection: in a transaction.
        statement: of `begin_export`.
        sink: where the content goes.
        progress: told how many lines have come so far.
        line_end: ends each line, in place of the LF that COPY ends it with.

    Raises:
        OSError: the sink can't be written.
        PgwitnessError: the database refused.
        psycopg.Error: the server failed, or somebody cancelled the statement.
    """
    try:
        with psycopg.Cursor(connection) as cursor:
            cursor.execute("select clock_timestamp(), set_config('jit', 'off', true)")
            moment, _ = cast(tuple[datetime, str], cursor.fetchone())
            with cursor.copy(statement.encode()) as lines:
                for block, number in _blocks(lines, line_end):
                    sink.write(block)
                    if progress:
                        progress(number)
            return Copied(cursor.rowcount, moment.astimezone(UTC))
    except psycopg.Error as error:
        raise_translated(error)
        raise


async def async_copy(
    connection: psycopg.AsyncConnection[Any],
    statement: str,
    sink: Sink,
    progress: Callable[[int], None] | None = None,
    *,
    line_end: bytes = b"\n",
) -> Copied:
    """As `copy`, over an asynchronous connection."""
    try:
        async with psycopg.AsyncCursor(connection) as cursor:
            await cursor.execute("select clock_timestamp(), set_config('jit', 'off', true)")
            moment, _ = cast(tuple[datetime, str], await cursor.fetchone())
            async with cursor.copy(statement.encode()) as lines:
                async for block, number in _async_blocks(lines, line_end):
                    sink.write(block)
                    if progress:
                        progress(number)
            return Copied(cursor.rowcount, moment.astimezone(UTC))
    except psycopg.Error as error:
        raise_translated(error)
        raise


def line_end(format: str) -> bytes:
    """Gives what ends a line: CR and LF in CSV, as RFC 4180 has it."""
    return b"\r\n" if format == "csv" else b"\n"


def _blocks(
    lines: Iterable[bytes | bytearray | memoryview], line_end: bytes
) -> Iterator[tuple[bytes, int]]:
    held: list[bytes | bytearray | memoryview] = []
    size = number = 0
    for line in lines:
        if line_end == b"\n":
            held.append(line)
        else:
            held += (line[:-1], line_end)
        size += len(line)
        number += 1
        if size >= BLOCK_BYTES:
            yield b"".join(held), number
            held, size = [], 0
    if held:
        yield b"".join(held), number


async def _async_blocks(lines: Any, line_end: bytes) -> AsyncIterator[tuple[bytes, int]]:
    held: list[bytes] = []
    size = number = 0
    async for line in lines:
        if line_end == b"\n":
            held.append(line)
        else:
            held += (line[:-1], line_end)
        size += len(line)
        number += 1
        if size >= BLOCK_BYTES:
            yield b"".join(held), number
            held, size = [], 0
    if held:
        yield b"".join(held), number


class ExportCancelled(PgwitnessError):
    """An export was cancelled while it was written."""


class DigestsDiffer(PgwitnessError):
    """What was read of an export isn't what was written."""


class _Chunk(Protocol):
    @property
    def chunk(self) -> int: ...
    @property
    def content(self) -> bytes: ...
    @property
    def digest(self) -> str: ...


def check_chunks(pages: Iterable[Iterable[_Chunk]], digest: str) -> Iterator[bytes]:
    """Gives the content of an export's chunks, and proves that they are all there and whole.

    Args:
        pages: as `read_export` gives them, in order.
        digest: of the export, from `list_exports`.

    Raises:
        DigestsDiffer: a chunk is missing or was changed.
    """
    whole = hashlib.sha256()
    for page in pages:
        for chunk in page:
            found = hashlib.sha256(chunk.content).hexdigest()
            if found != chunk.digest:
                raise DigestsDiffer(
                    f"chunk {chunk.chunk} isn't what was written",
                    detail=f"Its SHA-256 is {found}, and was {chunk.digest}.",
                    hint="Ask for the export anew.",
                )
            whole.update(chunk.digest.encode())
            yield chunk.content
    if whole.hexdigest() != digest:
        raise DigestsDiffer(
            "the chunks aren't those of the export",
            detail=f"The SHA-256 of their digests is {whole.hexdigest()}, and was {digest}.",
            hint="Ask for the export anew.",
        )


def describe_failure(error: BaseException) -> str:
    """Says in one line why an export failed."""
    if isinstance(error, KeyboardInterrupt):
        return "interrupted"
    if isinstance(error, BrokenPipeError):
        return "the other end of the pipe was closed"
    if isinstance(error, OSError):
        return error.strerror or str(error)
    return (str(error).splitlines() or [type(error).__name__])[0]


def discard_output() -> None:
    """Keeps Python from complaining at its end about a pipe that was closed."""
    with suppress(OSError, ValueError):
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
