"""What a case is: many events with their proofs in one zip, and the documents in it.

    README.txt      for a person
    manifest.json   what the case is, and the SHA-256 of the other files
    manifest.txt    the SHA-256 of the manifest, signed where a key was at hand
    checkpoint.txt  the signed checkpoint
    keys.txt        public keys, for convenience: a key in the file proves nothing by itself
    seals.jsonl     each seal that covers an event of the case, once, with its path in the log
    proofs.jsonl    the events, oldest first, each with its path in its seal
    report.html     for reading

A holder who blacks something out adds blackout.json and blackout.txt, which take the place of the
manifest for the two files that change: proofs.jsonl and report.html. The manifest stays as it was
signed, and by the root of the events' leaves still shows that no event is missing.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

from pgwitness.errors import PgwitnessError
from pgwitness.evidence import packing
from pgwitness.evidence.checkpoints import Checkpoint
from pgwitness.evidence.merkle import ProofInvalid
from pgwitness.evidence.notes import Note, SigningKey
from pgwitness.evidence.proofs import (
    GROUPS,
    Place,
    Seal,
    SealedEvent,
    members,
    parse_json,
)
from pgwitness.evidence.report import Facts

FORMAT = "pgwitness/evidence/1"
BLACKOUT_FORMAT = "pgwitness/blackout/1"

DIGESTED = (
    packing.README,
    packing.CHECKPOINT,
    packing.KEYS,
    packing.SEALS,
    packing.PROOFS,
    packing.REPORT,
)
REPLACED = (packing.PROOFS, packing.REPORT)
_MOMENT = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}\.[0-9]{6}Z")


class CaseInvalid(PgwitnessError):
    """The case can't be written like that, or isn't whole."""


@dataclass(frozen=True, slots=True)
class Manifest:
    """What a case is.

    Attributes:
        created_at: when it was made.
        tenant_id: whose events.
        filter: the filter as it was given.
        events: how many.
        events_root: root of the tree of their leaves, in the file's order.
        unproven: events that the filter found too, but that weren't sealed at the checkpoint.
        origin: of the log.
        log_size: seals of the log at the checkpoint.
        signed_by: ID of the key that signed the manifest, in hexadecimal, or None.
        pgwitness: version of the program that wrote it.
        files: SHA-256 of each other file, in hexadecimal.
    """

    created_at: datetime
    tenant_id: UUID
    filter: Any
    events: int
    events_root: bytes
    unproven: tuple[UUID, ...]
    origin: str
    log_size: int
    signed_by: str | None
    pgwitness: str
    files: dict[str, str]

    def dump(self) -> bytes:
        """Gives the content of manifest.json."""
        return _document(
            {
                "format": FORMAT,
                "created_at": write_moment(self.created_at),
                "tenant_id": str(self.tenant_id),
                "filter": self.filter,
                "events": self.events,
                "events_root": self.events_root.hex(),
                "unproven": [str(event_id) for event_id in self.unproven],
                "origin": self.origin,
                "log_size": self.log_size,
                "signed_by": self.signed_by,
                "pgwitness": self.pgwitness,
                "files": self.files,
            }
        )

    @classmethod
    def parse(cls, content: bytes) -> Manifest:
        """Reads manifest.json.

        Raises:
            CaseInvalid: it isn't one.
        """
        found = _parsed(
            content,
            "manifest",
            FORMAT,
            {
                *("created_at", "tenant_id", "filter", "events", "events_root", "unproven"),
                *("origin", "log_size", "signed_by", "pgwitness", "files"),
            },
        )
        try:
            files = found["files"]
            if files.keys() != set(DIGESTED):
                raise ValueError("it hasn't the digests of the case's files")
            return cls(
                _moment(found["created_at"]),
                _uuid(found["tenant_id"]),
                found["filter"],
                _number(found["events"]),
                bytes.fromhex(_digest(found["events_root"])),
                tuple(_uuid(event_id) for event_id in found["unproven"]),
                _text(found["origin"]),
                _number(found["log_size"]),
                None if found["signed_by"] is None else _text(found["signed_by"]),
                _text(found["pgwitness"]),
                {name: _digest(digest) for name, digest in files.items()},
            )
        except (ValueError, TypeError, AttributeError) as error:
            raise CaseInvalid("the manifest isn't one", detail=str(error)) from error


@dataclass(frozen=True, slots=True)
class Blackout:
    """What a holder blacked out.

    Attributes:
        made_at: when, last.
        groups: of each event, which groups.
        pgwitness: version of the program that did it.
        files: SHA-256 of the files that changed, in hexadecimal.
    """

    made_at: datetime
    groups: dict[UUID, tuple[str, ...]]
    pgwitness: str
    files: dict[str, str]

    def dump(self) -> bytes:
        """Gives the content of blackout.json."""
        return _document(
            {
                "format": BLACKOUT_FORMAT,
                "made_at": write_moment(self.made_at),
                "groups": {str(event_id): list(names) for event_id, names in self.groups.items()},
                "pgwitness": self.pgwitness,
                "files": self.files,
            }
        )

    @classmethod
    def parse(cls, content: bytes) -> Blackout:
        """Reads blackout.json.

        Raises:
            CaseInvalid: it isn't one.
        """
        found = _parsed(
            content, "blackout", BLACKOUT_FORMAT, {"made_at", "groups", "pgwitness", "files"}
        )
        try:
            files, groups = found["files"], {}
            if files.keys() != set(REPLACED):
                raise ValueError("it hasn't the digests of the files that a blackout changes")
            for event_id, names in found["groups"].items():
                if not names or [name for name in GROUPS if name in names] != names:
                    raise ValueError(f"of {event_id[:40]} it doesn't name groups in their order")
                groups[_uuid(event_id)] = tuple(names)
            if not groups:
                raise ValueError("it blacks nothing out")
            return cls(
                _moment(found["made_at"]),
                groups,
                _text(found["pgwitness"]),
                {name: _digest(digest) for name, digest in files.items()},
            )
        except (ValueError, TypeError, AttributeError) as error:
            raise CaseInvalid("the blackout isn't one", detail=str(error)) from error


def facts_of(
    manifest: Manifest,
    note: Note,
    blacked_out: Mapping[UUID, Sequence[str]],
    moment: datetime | None,
    author: str,
) -> Facts:
    """Gives what the report says of the case as a whole.

    Args:
        manifest: of the case.
        note: the checkpoint's.
        blacked_out: the groups of each event that were.
        moment: when that was, or None.
        author: version of the program that writes the report.
    """
    return Facts(
        manifest.tenant_id,
        manifest.filter,
        manifest.created_at,
        Checkpoint.parse(note.text),
        note.signatures,
        manifest.signed_by is not None,
        manifest.unproven,
        moment,
        blacked_out,
        author,
    )


def proof_line(event: SealedEvent, seal_number: int, place: Place) -> bytes:
    """Gives the line of an event in proofs.jsonl: its leaf and digests too, to name what broke."""
    return _line(
        {
            "envelope": event.envelope_text,
            "groups": {n: event.groups[n].as_document(with_digest=True) for n in GROUPS},
            "leaf": event.leaf.hex(),
            "seal": {"number": seal_number, **place.as_document()},
        }
    )


def parse_proof_line(document: Any) -> tuple[SealedEvent, int, Place]:
    """Gives the event, the number of its seal and its place there.

    Raises:
        ProofInvalid: it isn't of that form, or a digest isn't of its content.
    """
    document = members(document, "proof", {"envelope", "groups", "leaf", "seal"})
    seal = members(document["seal"], "seal", {"number", "index", "path"})
    return (
        SealedEvent.parse(document["envelope"], document["groups"]),
        Place.parse(seal["number"], [], "seal").index,
        Place.parse(seal["index"], seal["path"], "seal"),
    )


def statement_of(format: str, origin: str, digest: str, key: SigningKey | None) -> bytes:
    """Gives what states the digest of a document: a note, or without a key just its text."""
    text = f"{format}\n{origin}\n{digest}\n"
    return (text if key is None else key.sign(text)).encode()


def seal_line(seal: Seal, place: Place) -> bytes:
    """Gives the line of a seal in seals.jsonl."""
    return _line({"entry": seal.entry, **place.as_document()})


def _line(document: Any) -> bytes:
    return json.dumps(document, ensure_ascii=False, separators=(",", ":")).encode() + b"\n"


def parse_line(line: bytes) -> Any:
    """Reads a line of one of the two lists.

    Raises:
        ProofInvalid: it isn't one.
    """
    if not line.endswith(b"\n"):
        raise ProofInvalid("the line isn't whole")
    try:
        return parse_json(line.decode())
    except UnicodeDecodeError as error:
        raise ProofInvalid("it isn't UTF-8") from error


def _document(document: Mapping[str, Any]) -> bytes:
    return json.dumps(document, ensure_ascii=False, indent=2).encode() + b"\n"


def _parsed(content: bytes, what: str, format: str, names: set[str]) -> Mapping[str, Any]:
    try:
        found = members(parse_json(content.decode()), what, {"format"} | names)
    except UnicodeDecodeError as error:
        raise CaseInvalid(f"the {what} isn't UTF-8") from error
    except ProofInvalid as error:
        raise CaseInvalid(f"the {what}: {error.message}", detail=error.detail) from error
    if found["format"] != format:
        raise CaseInvalid(f"the {what} isn't one of {format}")
    return found


def write_moment(moment: datetime) -> str:
    """Gives a time as the documents have it."""
    return moment.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S.%fZ")


def _moment(value: Any) -> datetime:
    if not isinstance(value, str) or not _MOMENT.fullmatch(value):
        raise ValueError("a time isn't one")
    return datetime.fromisoformat(value)


def _uuid(value: Any) -> UUID:
    found = UUID(_text(value))
    if str(found) != value:
        raise ValueError("an identifier isn't one")
    return found


def _number(value: Any) -> int:
    if not isinstance(value, int) or isinstance(value, bool) or value < 0:
        raise ValueError("a number isn't one")
    return value


def _text(value: Any) -> str:
    if not isinstance(value, str):
        raise ValueError("a text isn't one")
    return value


def _digest(value: Any) -> str:
    if not re.fullmatch("[0-9a-f]{64}", _text(value)):
        raise ValueError("a digest isn't 64 hexadecimal digits")
    found: str = value
    return found
