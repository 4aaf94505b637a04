"""Writes every event into a file and proves that the file holds them, before they are dropped."""

from __future__ import annotations

import gzip
import hashlib
import os
from collections import defaultdict
from collections.abc import Iterator
from contextlib import contextmanager, nullcontext
from dataclasses import dataclass
from json import loads
from pathlib import Path
from typing import IO, Any, cast

import psycopg

from pgwitness import resources
from pgwitness.errors import UninstallRefused

EVENTS_A_FETCH = 2000


@dataclass(frozen=True, slots=True)
class Receipt:
    """What an archive was found to hold when it was read back.

    Attributes:
        path: The file.
        events: Number of events.
        sha256: SHA-256 of the file, in hexadecimal.
    """

    path: Path
    events: int
    sha256: str


@dataclass(frozen=True, slots=True)
class DayDigest:
    """The events of one day.

    Attributes:
        day: UTC date as YYYY-MM-DD.
        events: Number of events.
        digest: SHA-256 over the sorted SHA-256s of their lines, in hexadecimal.
    """

    day: str
    events: int
    digest: str


def write(connection: psycopg.Connection[Any], path: Path) -> Receipt:
    """Write all events as JSON Lines, read the file back and compare it with the database.

    Writers are kept out from here to the end of the caller's transaction.

    Args:
        connection: In a transaction, as the login that installs.
        path: A file that doesn't exist; compressed when its name ends in `.gz`.

    Raises:
        FileExistsError: The file exists.
        UninstallRefused: What was read back isn't what the database holds (WT083).
    """
    connection.execute(resources.read_sql("archive/lock_events.sql").encode())
    with (
        _create(path) as file,
        connection.cursor(name="pgwitness_archive") as cursor,
    ):
        cursor.itersize = EVENTS_A_FETCH
        cursor.execute(resources.read_sql("archive/list_events.sql").encode())
        for row in cursor:
            file.write(row.line.encode() + b"\n")
    held = digest_file(path)
    rows = connection.execute(resources.read_sql("archive/digest_events.sql").encode())
    expected = [DayDigest(row.day, row.events, row.digest) for row in rows]
    if held != expected:
        raise UninstallRefused(
            f"{path} doesn't hold what the database holds",
            detail=f"{sum(day.events for day in held)} events in the file, "
            f"{sum(day.events for day in expected)} in the database, or their digests differ.",
            hint="Look at the disk, and archive into another file. Nothing was dropped.",
            sqlstate="WT083",
        )
    with path.open("rb") as file:
        sha256 = hashlib.file_digest(file, "sha256").hexdigest()
    return Receipt(path, sum(day.events for day in held), sha256)


def digest_file(path: Path) -> list[DayDigest]:
    """Compute from an archive what `archive/digest_events.sql` computes from the table."""
    days: dict[str, list[bytes]] = defaultdict(list)
    with (
        path.open("rb") as raw,
        gzip.GzipFile(fileobj=raw) if _is_compressed(path) else nullcontext(raw) as file,
    ):
        for line in file:
            content = line.rstrip(b"\n")
            day = str(loads(content)["occurred_at"])[:10]
            days[day].append(hashlib.sha256(content).digest())
    return [
        DayDigest(day, len(lines), hashlib.sha256(b"".join(sorted(lines))).hexdigest())
        for day, lines in sorted(days.items())
    ]


def _is_compressed(path: Path) -> bool:
    return path.suffix == ".gz"


@contextmanager
def _create(path: Path) -> Iterator[IO[bytes]]:
    """Open a new file that only we may read; it is on the disk when this ends, or gone."""
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    try:
        with os.fdopen(descriptor, "wb") as raw:
            with (
                gzip.GzipFile(fileobj=raw, mode="wb")
                if _is_compressed(path)
                else nullcontext(raw) as file
            ):
                yield cast(IO[bytes], file)
            raw.flush()
            os.fsync(raw.fileno())
    except BaseException:
        path.unlink()
        raise
