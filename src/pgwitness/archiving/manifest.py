"""What a manifest says of its file, and how the log grew between the files.

A manifest holds the seals that list the file's events: entry, place and path in the log, and of
each part of the seal's list either all leaves or the root. From the leaves of a part, which come
1,024 at a time, the root of every event in it follows, without a path for each.

Files are written at different sizes of the log. `_log/` holds a link for each: root at that size,
and the proof that it grew from the one before (RFC 6962, section 2.1.2), so that one checkpoint
proves everything that was written before it.
"""

from __future__ import annotations

import base64
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from posixpath import basename, dirname
from typing import Any
from uuid import UUID

from pgwitness.evidence.merkle import (
    HASH_BYTES,
    ProofInvalid,
    Tree,
    verify_consistency,
    verify_inclusion,
)
from pgwitness.evidence.proofs import Place, Seal, members, parse_json

FORMAT = "pgwitness/archive/1"
LINK = "pgwitness/archive-log/1"
LINKS = "_log"
PART_EVENTS = 1024
"""Events in each part of a seal's list but the last."""

SUFFIX = ".parquet"
MANIFEST_SUFFIX = ".manifest.json"

_MEMBERS = {
    "format",
    "tenant_id",
    "day",
    "sink",
    "address",
    "file",
    "rows",
    "bytes",
    "sha256",
    "first_at",
    "last_at",
    "read_at",
    "written_at",
    "pgwitness",
    "log",
    "seals",
}


class ManifestInvalid(ValueError):
    """A manifest isn't one, or what it says of the log doesn't hold."""


def folder_of(tenant_id: UUID, day: date) -> str:
    """Gives the path of a tenant's day."""
    return f"tenant_id={tenant_id}/day={day.isoformat()}"


def place_of(path: str) -> tuple[UUID, date] | None:
    """Reads whose file of which day a path is; None for a path of another form."""
    folder = dirname(path).split("/")
    if len(folder) != 2:
        return None
    tenant, day = (part.partition("=") for part in folder)
    try:
        found = UUID(tenant[2]), date.fromisoformat(day[2])
    except ValueError:
        return None
    return found if dirname(path) == folder_of(*found) else None


def manifest_of(file: str) -> str:
    """Gives the path of a file's manifest; the underscore hides it from readers of Parquet."""
    return f"{dirname(file)}/_{basename(file).removesuffix(SUFFIX)}{MANIFEST_SUFFIX}"


def file_of(manifest: str) -> str:
    """Gives the path of a manifest's file."""
    name = basename(manifest).removeprefix("_").removesuffix(MANIFEST_SUFFIX)
    return f"{dirname(manifest)}/{name}{SUFFIX}"


@dataclass(frozen=True, slots=True)
class LogSize:
    """The log at a size.

    Attributes:
        size: seals in it.
        root: root of the tree of them, in hexadecimal.
    """

    size: int
    root: str

    @classmethod
    def parse(cls, size: Any, root: Any) -> LogSize:
        """Reads both.

        Raises:
            ManifestInvalid: they aren't that.
        """
        if not isinstance(size, int) or isinstance(size, bool) or size < 0:
            raise ManifestInvalid("the size of the log is no number")
        if not isinstance(root, str) or len(root) != 2 * HASH_BYTES:
            raise ManifestInvalid("the root of the log is no hash")
        try:
            bytes.fromhex(root)
        except ValueError as error:
            raise ManifestInvalid("the root of the log is no hash") from error
        return cls(size, root)


@dataclass(frozen=True, slots=True)
class Link:
    """That the log grew from one size to another.

    Attributes:
        origin: of the log.
        new: the larger.
        old: the smaller.
        proof: of RFC 6962, in hexadecimal.
    """

    origin: str
    new: LogSize
    old: LogSize
    proof: tuple[str, ...]

    @classmethod
    def parse(cls, document: Any) -> Link:
        """Reads what `prove_sink` tells of the log, or what `as_text` wrote.

        Raises:
            ManifestInvalid: it isn't that.
        """
        wanted = {"origin", "size", "root", "old_size", "old_root", "proof"}
        if not isinstance(document, Mapping) or not wanted <= document.keys():
            raise ManifestInvalid("it is no link of the log")
        old_size, old_root = document["old_size"], document["old_root"]
        new = LogSize.parse(document["size"], document["root"])
        proof = document["proof"]
        if not isinstance(proof, list) or not all(isinstance(item, str) for item in proof):
            raise ManifestInvalid("the proof of the log's growth is none")
        old = new if old_size is None else LogSize.parse(old_size, old_root)
        return cls(str(document["origin"]), new, old, tuple(proof))

    def verify(self) -> None:
        """Proves it.

        Raises:
            ManifestInvalid: the larger log didn't grow from the smaller one.
        """
        try:
            verify_consistency(
                self.old.size,
                self.new.size,
                bytes.fromhex(self.old.root),
                bytes.fromhex(self.new.root),
                [bytes.fromhex(item) for item in self.proof],
            )
        except (ProofInvalid, ValueError) as error:
            raise ManifestInvalid(f"the log didn't grow as it says: {error}") from error

    @property
    def name(self) -> str:
        """Path of its file."""
        return f"{LINKS}/{self.new.size:015d}-{self.new.root[:12]}-{self.old.root[:12]}.json"

    def as_text(self) -> str:
        """Gives the content of its file."""
        return json.dumps(
            {
                "format": LINK,
                "origin": self.origin,
                "size": self.new.size,
                "root": self.new.root,
                "old_size": self.old.size,
                "old_root": self.old.root,
                "proof": list(self.proof),
            }
        )


@dataclass(frozen=True, slots=True)
class SealLists:
    """A seal, and which of its events a file holds.

    Attributes:
        document: as it stands in the manifest.
        seal: its entry, read.
        leaves: place in the seal to the leaf there, of the parts whose leaves are told.
        events: place in the seal to the id of an event of the file.
    """

    document: Mapping[str, Any]
    seal: Seal
    leaves: Mapping[int, bytes]
    events: Mapping[int, str]

    @classmethod
    def parse(cls, document: Any, log: LogSize) -> SealLists:
        """Reads a seal and proves its lists, and its place in the log.

        Raises:
            ManifestInvalid: it isn't one, or something of it doesn't hold.
        """
        try:
            found = members(document, "seal", {"entry", "index", "path", "parts", "events"})
            seal = Seal.parse(found["entry"])
            place = Place.parse(found["index"], found["path"], "log")
            verify_inclusion(seal.hash, place.index, log.size, place.path, bytes.fromhex(log.root))
            leaves = _leaves(seal, found["parts"])
            listed = members(found["events"], "seal", {"places", "ids"})
            places, ids = listed["places"], listed["ids"]
        except ProofInvalid as error:
            raise ManifestInvalid(f"{error}") from error
        if (
            not isinstance(places, list)
            or not isinstance(ids, list)
            or len(places) != len(ids)
            or len(set(places)) != len(places)
            or not all(isinstance(item, str) for item in ids)
            or not all(isinstance(item, int) and item in leaves for item in places)
        ):
            raise ManifestInvalid(f"the events of seal {seal.number} aren't places in its lists")
        return cls(found, seal, leaves, dict(zip(places, ids, strict=True)))


@dataclass(frozen=True, slots=True)
class Manifest:
    """What a file is, proven as far as it can be without the file.

    Attributes:
        tenant_id: whose events.
        day: the day in UTC on which they occurred.
        sink: the sink that wrote the file.
        address: where it wrote its files.
        file: its name, without the folder.
        rows: events in it.
        size: its bytes.
        sha256: of the file, in hexadecimal.
        first_at: time of its first event.
        last_at: time of its last event.
        read_at: when the events were read.
        written_at: when the file was written.
        pgwitness: version of the program that wrote it.
        log: the log that its seals are proven in.
        seals: those that list its events.
    """

    tenant_id: UUID
    day: date
    sink: str
    address: str
    file: str
    rows: int
    size: int
    sha256: str
    first_at: datetime
    last_at: datetime
    read_at: datetime
    written_at: datetime
    pgwitness: str
    log: LogSize
    seals: tuple[SealLists, ...]

    @classmethod
    def parse(cls, text: str) -> Manifest:
        """Reads a manifest, and proves what it says of seals and the log.

        Raises:
            ManifestInvalid: it isn't one, or something of it doesn't hold.
        """
        try:
            document = parse_json(text)
        except ProofInvalid as error:
            raise ManifestInvalid(f"{error}") from error
        if not isinstance(document, Mapping) or document.keys() != _MEMBERS:
            raise ManifestInvalid("it hasn't the members of a manifest")
        if document["format"] != FORMAT or not isinstance(document["log"], Mapping):
            raise ManifestInvalid(f"it isn't one of {FORMAT}")
        log = LogSize.parse(document["log"].get("size"), document["log"].get("root"))
        if not isinstance(document["seals"], list):
            raise ManifestInvalid("it has no seals")
        seals = tuple(SealLists.parse(item, log) for item in document["seals"])
        try:
            manifest = cls(
                UUID(document["tenant_id"]),
                date.fromisoformat(document["day"]),
                str(document["sink"]),
                str(document["address"]),
                str(document["file"]),
                int(document["rows"]),
                int(document["bytes"]),
                str(document["sha256"]),
                datetime.fromisoformat(document["first_at"]),
                datetime.fromisoformat(document["last_at"]),
                datetime.fromisoformat(document["read_at"]),
                datetime.fromisoformat(document["written_at"]),
                str(document["pgwitness"]),
                log,
                seals,
            )
        except (TypeError, ValueError, AttributeError) as error:
            raise ManifestInvalid(f"it is no manifest: {error}") from error
        for listed in seals:
            if listed.seal.tenant_id != manifest.tenant_id:
                raise ManifestInvalid(f"seal {listed.seal.number} is another tenant's")
        if sum(len(listed.events) for listed in seals) != manifest.rows:
            raise ManifestInvalid("its seals don't list as many events as it has rows")
        return manifest

    def leaves(self) -> dict[str, tuple[Seal, bytes]]:
        """Gives the seal and the leaf of each event that the file holds, by id."""
        return {
            event_id: (listed.seal, listed.leaves[place])
            for listed in self.seals
            for place, event_id in listed.events.items()
        }

    def as_text(self) -> str:
        """Gives what `parse` reads."""
        return json.dumps(
            {
                "format": FORMAT,
                "tenant_id": str(self.tenant_id),
                "day": self.day.isoformat(),
                "sink": self.sink,
                "address": self.address,
                "file": self.file,
                "rows": self.rows,
                "bytes": self.size,
                "sha256": self.sha256,
                "first_at": self.first_at.isoformat(),
                "last_at": self.last_at.isoformat(),
                "read_at": self.read_at.isoformat(),
                "written_at": self.written_at.isoformat(),
                "pgwitness": self.pgwitness,
                "log": {"size": self.log.size, "root": self.log.root},
                "seals": [listed.document for listed in self.seals],
            }
        )


def _leaves(seal: Seal, parts: Any) -> dict[int, bytes]:
    """Reads the parts of a seal's list, and proves that they are those of the seal."""
    if not isinstance(parts, Sequence) or not parts:
        raise ManifestInvalid(f"seal {seal.number} has no parts")
    leaves: dict[int, bytes] = {}
    tree = Tree()
    left = seal.event_count
    for number, part in enumerate(parts):
        size = min(PART_EVENTS, left)
        left -= size
        if isinstance(part, Mapping) and part.keys() == {"leaves"}:
            try:
                packed = base64.b64decode(part["leaves"], validate=True)
            except (TypeError, ValueError) as error:
                raise ManifestInvalid(f"the leaves of seal {seal.number} aren't any") from error
            if size == 0 or len(packed) != size * HASH_BYTES:
                raise ManifestInvalid(f"part {number} of seal {seal.number} hasn't {size} leaves")
            listed = [packed[at : at + HASH_BYTES] for at in range(0, len(packed), HASH_BYTES)]
            leaves |= {number * PART_EVENTS + place: leaf for place, leaf in enumerate(listed)}
            tree.add(Tree(listed).root())
        elif isinstance(part, Mapping) and part.keys() == {"root"}:
            tree.add(bytes.fromhex(LogSize.parse(0, part["root"]).root))
        else:
            raise ManifestInvalid(f"part {number} of seal {seal.number} is none")
    if left or tree.root() != seal.events_root:
        raise ManifestInvalid(f"the parts of seal {seal.number} don't lead to its root")
    return leaves
