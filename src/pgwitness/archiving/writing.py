"""Writes what a sink of kind parquet gives: a file for each tenant and day of a batch.

A file is named after the first and the last cursor of its events. It is read back and proven, row
by row, before it has its name; then its manifest is written, and the database notes it, which is an
event of the tenant's log. Only then may the batch be acknowledged.

What a file is to be called is written down before it has its name: of a run that is killed, the
next one removes what nobody has noted, and what was noted the database doesn't give again.
"""

from __future__ import annotations

import base64
import hashlib
import json
from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from functools import partial
from importlib.metadata import version
from typing import Any, TypeAlias
from uuid import UUID, uuid4

from pgwitness.archiving import rows as archived
from pgwitness.archiving.folder import PARTS, Folder
from pgwitness.archiving.manifest import (
    LINKS,
    SUFFIX,
    Link,
    LogSize,
    Manifest,
    ManifestInvalid,
    SealLists,
    folder_of,
    manifest_of,
)
from pgwitness.archiving.verifying import verify_file
from pgwitness.client import Client
from pgwitness.errors import PgwitnessError
from pgwitness.evidence.merkle import HASH_BYTES, Tree
from pgwitness.models import SinkEvent
from pgwitness.shipping.transport import ShippedEvent

NAMES_AT_MOST = 1000
INTENT = ".intent"


class ArchiveUnproven(PgwitnessError):
    """What was written doesn't hold what was sealed."""


ReadEvent: TypeAlias = SinkEvent | ShippedEvent
"""What `read_sink` gives, as it is or on its way to a receiver."""


@dataclass(frozen=True, slots=True)
class Written:
    """A file that holds events of a batch.

    Attributes:
        file: path below the archive's address.
        rows: events in it.
    """

    file: str
    rows: int


class ArchiveWriter:
    """Archives the batches of one sink, in their order."""

    def __init__(self, client: Client, name: str, folder: Folder) -> None:
        """Removes what an earlier run has left half.

        Args:
            client: over the connection that reads the sink, in autocommit.
            name: of the sink.
            folder: where its files go.

        Raises:
            OSError: the folder can't be read.
            PgwitnessError: the database refuses.
        """
        self._client = client
        self._name = name
        self._folder = folder
        self._clear()
        self._log = self._last_log()

    def _clear(self) -> None:
        """Removes the files of a killed run that the database doesn't know."""
        left = self._folder.names(f"{PARTS}/{self._name}")
        intended = [self._folder.read(name).decode() for name in left if name.endswith(INTENT)]
        if intended:
            noted = {archive.file for archive in self._client.list_archives(self._name)}
            for file in set(intended) - noted:
                self._folder.remove(manifest_of(file))
                self._folder.remove(file)
        self._folder.sweep(self._name)

    def write(self, batch: Sequence[ReadEvent]) -> list[Written]:
        """Archives a batch; when this returns, it may be acknowledged.

        Args:
            batch: of `read_sink`; rows without an event are passed over.

        Raises:
            ArchiveUnproven: what was read back doesn't hold what was sealed.
            OSError: a file can't be written.
            PgwitnessError: the database refuses.
        """
        tenants: dict[UUID, dict[str, ReadEvent]] = defaultdict(dict)
        for event in batch:
            if event.event_id is not None and event.tenant_id is not None:
                tenants[event.tenant_id][str(event.event_id)] = event
        return [
            written
            for tenant_id, events in tenants.items()
            for written in self._write_tenant(tenant_id, events)
        ]

    def _write_tenant(self, tenant_id: UUID, events: Mapping[str, ReadEvent]) -> list[Written]:
        document = self._client.prove_sink(
            self._name, tenant_id, list(events), None if self._log is None else self._log.size
        )
        days: dict[Any, list[dict[str, Any]]] = defaultdict(list)
        for event in document["events"]:
            days[archived.day_of(event["occurred_at"])].append(event)
        if not days:
            return []
        log = self._store_link(Link.parse(document["log"]))
        written = []
        for day, found in days.items():
            ids = {event["id"] for event in found}
            cursors = [event.cursor for event_id, event in events.items() if event_id in ids]
            draft = _draft(self._name, self._folder.address, tenant_id, day, document, found, log)
            span = f"{_named(cursors[0])}_{_named(cursors[-1])}"
            written.append(self._write_day(draft, found, span))
        return written

    def _write_day(
        self, draft: Manifest, events: Sequence[Mapping[str, Any]], span: str
    ) -> Written:
        rows = [archived.row_of(event) for event in events]
        folder = folder_of(draft.tenant_id, draft.day)
        for number in range(1, NAMES_AT_MOST):
            again = "" if number == 1 else f"_{number}"
            file = f"{folder}/{self._name}_{span}{again}{SUFFIX}"
            if self._folder.exists(file):
                continue
            content = archived.write(rows)
            manifest = _finished(draft, file, content)
            intent = f"{PARTS}/{self._name}/{uuid4().hex}{INTENT}"
            self._folder.write(intent, file.encode(), owner=self._name)
            self._folder.write(
                file, content, owner=self._name, check=partial(prove, file, manifest)
            )
            self._folder.remove(manifest_of(file))
            self._folder.write(manifest_of(file), manifest.as_text().encode(), owner=self._name)
            self._client.note_archive(
                self._name,
                draft.tenant_id,
                file,
                list(manifest.leaves()),
                manifest.sha256,
                manifest.size,
                manifest.read_at,
            )
            self._folder.remove(intent)
            return Written(file, len(rows))
        raise FileExistsError(f"{folder} holds too many files of {span}")

    def _last_log(self) -> LogSize | None:
        """Gives the largest size of the log that the archive has a link of."""
        for name in reversed(self._folder.names(LINKS)):
            try:
                return Link.parse(_json(self._folder.read(name))).new
            except ManifestInvalid:
                continue
        return None

    def _store_link(self, link: Link) -> LogSize:
        """Stores how the log grew since the last file, unless it didn't.

        A log that was set back by a restore is another one from there on, with links of its own.
        """
        link.verify()
        if link.new != self._log:
            if not self._folder.exists(link.name):
                self._folder.write(link.name, link.as_text().encode(), owner=self._name)
            self._log = link.new
        return link.new


def _json(content: bytes) -> Any:
    try:
        return json.loads(content)
    except (ValueError, RecursionError) as error:
        raise ManifestInvalid(f"{error}") from error


def _named(cursor: str) -> str:
    """Gives a cursor as part of a file's name; whose it is stands in the path."""
    parts = [part for part in cursor.split(":") if len(part) != 36]
    return "-".join(f"{int(part):012d}" if part.isdigit() else part for part in parts)


def _draft(
    name: str,
    address: str,
    tenant_id: UUID,
    day: Any,
    document: Mapping[str, Any],
    events: Sequence[Mapping[str, Any]],
    log: LogSize,
) -> Manifest:
    """Makes a manifest that lacks what only the file tells."""
    numbers = {event["seal_number"] for event in events}
    seals = []
    for told in document["seals"]:
        number = int(told["entry"].split("\n")[3])
        if number not in numbers:
            continue
        listed = [event for event in events if event["seal_number"] == number]
        touched = {event["seal_index"] // 1024 for event in listed}
        seals.append(
            SealLists.parse(
                {
                    **told,
                    "parts": [
                        part if place in touched else _only_root(part)
                        for place, part in enumerate(told["parts"])
                    ],
                    "events": {
                        "places": [event["seal_index"] for event in listed],
                        "ids": [event["id"] for event in listed],
                    },
                },
                log,
            )
        )
    times = [archived.moment(event["occurred_at"]) for event in events]
    return Manifest(
        tenant_id=tenant_id,
        day=day,
        sink=name,
        address=address,
        file="",
        rows=len(events),
        size=0,
        sha256="",
        first_at=min(times),
        last_at=max(times),
        read_at=datetime.fromisoformat(document["read_at"]),
        written_at=datetime.now(UTC),
        pgwitness=version("pgwitness"),
        log=log,
        seals=tuple(seals),
    )


def _only_root(part: Mapping[str, str]) -> Mapping[str, str]:
    if "root" in part:
        return part
    packed = base64.b64decode(part["leaves"])
    leaves = (packed[at : at + HASH_BYTES] for at in range(0, len(packed), HASH_BYTES))
    return {"root": Tree(leaves).root().hex()}


def _finished(draft: Manifest, file: str, content: bytes) -> Manifest:
    return replace(
        draft,
        file=file.rpartition("/")[2],
        size=len(content),
        sha256=hashlib.sha256(content).hexdigest(),
    )


def prove(file: str, manifest: Manifest, content: bytes) -> None:
    """Proves that a file holds what its manifest says, all of it as it was sealed.

    Raises:
        ArchiveUnproven: it doesn't.
    """
    _, problems = verify_file(file, content, Manifest.parse(manifest.as_text()))
    if problems:
        first = problems[0]
        raise ArchiveUnproven(
            f"{file} doesn't hold what was sealed",
            detail=f"{len(problems)} findings; {first.kind} {first.event_id}: {first.detail}",
            hint="Verify the log with pgwitness verify, and look at the disk.",
        )
