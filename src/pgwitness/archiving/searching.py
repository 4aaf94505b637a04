"""Hands the rows of archived files to the database, which decides what a search finds.

Which files may hold it, whether each is what was noted, who may read and what matches: all of that
is the database's. Here files are read and rows handed on, day by day, newest first.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import groupby
from typing import Any, TypeAlias, TypeVar

from pgwitness.archiving import rows as archived
from pgwitness.archiving.folder import Folder
from pgwitness.archiving.manifest import place_of
from pgwitness.archiving.rows import RowsInvalid
from pgwitness.client import Client
from pgwitness.errors import PgwitnessError
from pgwitness.models import Event, FoundArchive

EVENTS_A_CALL = 2000

Result = TypeVar("Result")
Read: TypeAlias = Callable[[Callable[[Client], Any]], Any]
"""Runs a call of the database in a transaction of its own and gives what it returned."""


class ArchiveChanged(PgwitnessError):
    """An archived file isn't the one that the database knows."""


@dataclass(slots=True)
class ArchiveSearch:
    """A search through archived files.

    Attributes:
        folder: where they are.
        filter: as for a search in the database.
        missing: files that the database knows and that aren't at this address.
    """

    folder: Folder
    filter: Mapping[str, Any]
    missing: list[str] = field(default_factory=list)

    def events(self, read: Read) -> Iterator[Event]:
        """Gives what the filter finds, newest first, each event once.

        Args:
            read: runs a call of the database; it commits before its result is used.

        Raises:
            ArchiveChanged: a file isn't what was noted.
            ImportError: pyarrow isn't installed.
            OSError: a file can't be read.
            PgwitnessError: the database refuses.
        """
        found: Sequence[FoundArchive] = read(lambda client: client.find_archives(self.filter))
        is_continued = False
        for _, files in groupby(found, key=lambda archive: archive.day):
            rows = {row["id"]: row for file in files for row in self._rows(file)}
            waiting = list(rows.values())
            matching: dict[Any, Event] = {}
            for start in range(0, len(waiting), EVENTS_A_CALL):
                part = waiting[start : start + EVENTS_A_CALL]
                for event in self._ask(read, part, is_continued=is_continued):
                    matching[event.id] = event
                is_continued = True
            yield from sorted(
                matching.values(), key=lambda event: (event.occurred_at, event.id), reverse=True
            )
        if not is_continued:
            # A search that finds no file is a read all the same.
            self._ask(read, [], is_continued=False)

    def _ask(
        self, read: Read, rows: Sequence[Mapping[str, Any]], *, is_continued: bool
    ) -> Sequence[Event]:
        events: Sequence[Event] = read(
            lambda client: client.search_archive(self.filter, list(rows), is_continued)
        )
        return events

    def _rows(self, archive: FoundArchive) -> Iterator[dict[str, Any]]:
        place = place_of(archive.file)
        if place is None or not self.folder.exists(archive.file):
            self.missing.append(archive.file)
            return
        content = self.folder.read(archive.file)
        sha256 = hashlib.sha256(content).hexdigest()
        try:
            if sha256 != archive.sha256:
                raise RowsInvalid(f"its SHA-256 is {sha256}, and was {archive.sha256}")
            rows = archived.read(content)
        except RowsInvalid as error:
            raise ArchiveChanged(
                f"{archive.file} isn't the file that was archived",
                detail=f"{error}",
                hint=f"pgwitness archive verify {self.folder.address} tells what was changed.",
            ) from error
        for row in rows:
            yield archived.for_search(row, place[0])
