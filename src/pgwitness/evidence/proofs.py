"""The proof of one event, as `prove_event` gives it: read, and verified against a checkpoint.

What was sealed is text, and is hashed as it stands; what it means is read from it only afterwards.
Whoever holds a proof may black out a group: its digest takes the place of salt and content.
"""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

from pgwitness.evidence.checkpoints import Checkpoint
from pgwitness.evidence.merkle import ProofInvalid, hash_leaf, root_of, verify_inclusion
from pgwitness.evidence.notes import Origin

FORMAT = "pgwitness/proof/1"
EVENT = "pgwitness/event/1"
SEAL = "pgwitness/seal/1"
GROUPS = ("actor_id", "entity_id", "payload")
"""What of an event can be erased or blacked out, in the order in which leaves hold the digests."""

PATH_AT_MOST = 64

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_HASH = re.compile("[0-9a-f]{64}")
_NUMBER = re.compile("0|[1-9][0-9]{0,18}")
_TIME = re.compile("0|-?[1-9][0-9]{0,18}")
_IDENTIFIER = re.compile("[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}")
_SNAPSHOT = re.compile("[0-9]+:[0-9]+:(?:[0-9]+(?:,[0-9]+)*)?")
_COUNT = re.compile(b"(0|[1-9][0-9]{0,9})?:")


@dataclass(frozen=True, slots=True)
class Envelope:
    """What is never erased of an event.

    Attributes:
        tenant_id: whose event it is.
        occurred_at: when it happened.
        id: the event's.
        recorded_at: when it was written.
        sequence: tie-breaker within one entity's history.
        transaction_id: number of the transaction that wrote it.
        source: logged, captured, imported or system.
        action: what was done.
        entity_type: to what kind of thing.
        actor_type: by what kind of actor.
        outcome: success or failure.
        recorded_by: database login, and the SET ROLE role behind a slash.
    """

    tenant_id: UUID
    occurred_at: datetime
    id: UUID
    recorded_at: datetime
    sequence: int
    transaction_id: int
    source: str
    action: str
    entity_type: str
    actor_type: str
    outcome: str
    recorded_by: str | None

    @classmethod
    def parse(cls, text: str) -> Envelope:
        """Reads a sealed envelope.

        Raises:
            ProofInvalid: it isn't one.
        """
        lines = text.split("\n", 12)
        if lines[0] != EVENT or len(lines) != 13:
            raise _invalid("envelope", f"the envelope isn't one of {EVENT}")
        with_recorder = lines[12].encode(errors="surrogatepass")
        recorded_by, rest = _counted(with_recorder, "envelope")
        if rest:
            raise _invalid("envelope", "the envelope doesn't end where it should")
        source, action, entity_type, actor_type, outcome = lines[7:12]
        return cls(
            _uuid(lines[1], "envelope"),
            _time(lines[2], "envelope"),
            _uuid(lines[3], "envelope"),
            _time(lines[4], "envelope"),
            _number(lines[5], "envelope"),
            _number(lines[6], "envelope"),
            source,
            action,
            entity_type,
            actor_type,
            outcome,
            recorded_by,
        )


@dataclass(frozen=True, slots=True)
class Payload:
    """The payload of an event, when it is shown.

    Attributes:
        actor: snapshot of the actor: JSON as it was sealed, or None; so are the next three.
        target: snapshot of what was acted on.
        changes: column to {"old": …, "new": …}.
        metadata: whatever else the application told.
        ip: address that the request came from.
        description: the event in words.
        user_agent: the client program's own name.
        request_id: ties together what one request did.
        error_message: why it failed.
    """

    actor: str | None
    target: str | None
    changes: str | None
    metadata: str | None
    ip: str | None
    description: str | None
    user_agent: str | None
    request_id: str | None
    error_message: str | None

    @classmethod
    def parse(cls, content: str) -> Payload:
        """Reads a sealed payload.

        Raises:
            ProofInvalid: it isn't one.
        """
        *documents, rest = content.split("\n", 5)
        if len(documents) != 5:
            raise _invalid("payload", "the payload hasn't its lines")
        for document in documents[:4]:
            try:
                # PostgreSQL knows numbers and depths that Python doesn't read.
                json.loads(document or "null", parse_int=str, parse_float=str)
            except RecursionError:
                continue
            except ValueError as error:
                raise _invalid("payload", "a line of the payload isn't JSON") from error
        texts: list[str | None] = []
        left = rest.encode(errors="surrogatepass")
        for _ in range(4):
            text, left = _counted(left, "payload")
            texts.append(text)
        if left:
            raise _invalid("payload", "the payload doesn't end where it should")
        return cls(*(document or None for document in documents), *texts)


@dataclass(frozen=True, slots=True)
class Group:
    """One of the three groups of what can be erased.

    Attributes:
        name: actor_id, entity_id or payload.
        digest: what the leaf knows of it.
        salt: 32 bytes; None when the group is hidden.
        content: None when the group was erased, or blacked out.
    """

    name: str
    digest: bytes
    salt: bytes | None
    content: str | None

    @classmethod
    def parse(cls, name: str, document: Any) -> Group:
        """Reads a group: a digest, or salt and content, or all three, which must agree.

        Raises:
            ProofInvalid: it is none of these, or its content isn't what its digest says.
        """
        if not isinstance(document, Mapping) or document.keys() not in (
            {"digest"},
            {"salt", "content"},
            {"digest", "salt", "content"},
        ):
            raise _invalid(name, f"{name} has neither a digest nor salt and content")
        given = _hash(document["digest"], name) if "digest" in document else None
        if "content" not in document:
            assert given is not None
            return cls(name, given, None, None)
        salt, content = _hash(document["salt"], name), document["content"]
        if not isinstance(content, str):
            raise _invalid(name, f"the content of {name} is no text")
        digest = hashlib.sha256(b"\x02" + name.encode() + salt + _utf8(content, name)).digest()
        if given not in (None, digest):
            raise _invalid(
                name,
                f"{name} was changed: its content or salt isn't what its digest says",
                f"The digest of the content is {digest.hex()}; sealed was {given.hex()}.",
            )
        group = cls(name, digest, salt, content)
        group.read()
        return group

    @property
    def is_shown(self) -> bool:
        """Whether there is a content."""
        return self.content is not None

    def read(self) -> str | Payload | None:
        """Gives what the content says: the id, or the payload; None also when it is hidden.

        Raises:
            ProofInvalid: the content isn't of the form that is sealed.
        """
        if self.content is None:
            return None
        if self.name == "payload":
            return Payload.parse(self.content)
        text, rest = _counted(self.content.encode(), self.name)
        if rest:
            raise _invalid(self.name, f"{self.name} doesn't end where it should")
        return text

    def hidden(self) -> Group:
        """Gives the group blacked out."""
        return Group(self.name, self.digest, None, None)

    def as_document(self, *, with_digest: bool = False) -> dict[str, str]:
        """Gives what `parse` reads."""
        if self.salt is None or self.content is None:
            return {"digest": self.digest.hex()}
        shown = {"salt": self.salt.hex(), "content": self.content}
        return {"digest": self.digest.hex(), **shown} if with_digest else shown


@dataclass(frozen=True, slots=True)
class SealedEvent:
    """An event as its leaf holds it.

    Attributes:
        envelope_text: as sealed.
        envelope: the same, read.
        groups: all three, by name.
    """

    envelope_text: str
    envelope: Envelope
    groups: dict[str, Group]

    @classmethod
    def parse(cls, envelope: Any, groups: Any) -> SealedEvent:
        """Reads an event from the members `envelope` and `groups` of a proof.

        Raises:
            ProofInvalid: they aren't of that form, or a digest isn't of its content.
        """
        if not isinstance(envelope, str):
            raise _invalid("envelope", "the envelope is no text")
        _utf8(envelope, "envelope")
        if not isinstance(groups, Mapping) or groups.keys() != set(GROUPS):
            raise _invalid(None, "the groups aren't " + ", ".join(GROUPS))
        return cls(
            envelope,
            Envelope.parse(envelope),
            {name: Group.parse(name, groups[name]) for name in GROUPS},
        )

    @property
    def leaf(self) -> bytes:
        """Hash of the event's leaf; no blacking out changes it."""
        digests = b"".join(self.groups[name].digest for name in GROUPS)
        return hash_leaf(self.envelope_text.encode() + digests)


@dataclass(frozen=True, slots=True)
class Seal:
    """One seal of the log.

    Attributes:
        entry: as it was sealed.
        origin: the log's history that it was made in.
        tenant_id: whose events it covers.
        number: 1, 2, 3 … for each tenant.
        sealed_at: when.
        event_count: events in it.
        running_count: events in it and all before it.
        first_at: time of its first event, or None.
        last_at: time of its last event, or None.
        events_root: root of the tree of its events.
        previous: hash of the tenant's previous seal; zeroes for the first.
    """

    entry: str
    origin: Origin
    tenant_id: UUID
    number: int
    sealed_at: datetime
    event_count: int
    running_count: int
    first_at: datetime | None
    last_at: datetime | None
    events_root: bytes
    previous: bytes

    @classmethod
    def parse(cls, entry: Any) -> Seal:
        """Reads the entry of a seal.

        Raises:
            ProofInvalid: it isn't one.
        """
        if not isinstance(entry, str):
            raise _invalid("seal", "the entry of the seal is no text")
        _utf8(entry, "seal")
        lines = entry.split("\n")
        if lines[0] != SEAL or len(lines) != 13 or lines[12]:
            raise _invalid("seal", f"the entry of the seal isn't one of {SEAL}")
        origin = Origin.parse(lines[1])
        if origin is None or not _SNAPSHOT.fullmatch(lines[5]):
            raise _invalid("seal", "the seal names no origin or no snapshot")
        counted, running = _number(lines[6], "seal"), _number(lines[7], "seal")
        seal = cls(
            entry,
            origin,
            _uuid(lines[2], "seal"),
            _number(lines[3], "seal"),
            _time(lines[4], "seal"),
            counted,
            running,
            _time(lines[8], "seal") if lines[8] else None,
            _time(lines[9], "seal") if lines[9] else None,
            _hash(lines[10], "seal"),
            _hash(lines[11], "seal"),
        )
        if (seal.first_at is None) != (counted == 0) or (seal.last_at is None) != (counted == 0):
            raise _invalid("seal", "the seal's times don't fit its number of events")
        if counted > running or seal.number < 1:
            raise _invalid("seal", "the seal's numbers don't fit one another")
        return seal

    @property
    def hash(self) -> bytes:
        """Hash of the seal's leaf in the log."""
        return hash_leaf(self.entry.encode())


@dataclass(frozen=True, slots=True)
class Place:
    """A place in a tree, and the way from there to the root.

    Attributes:
        index: from 0.
        path: hashes from the leaf to the root.
    """

    index: int
    path: tuple[bytes, ...]

    @classmethod
    def parse(cls, index: Any, path: Any, part: str) -> Place:
        """Reads the members `index` and `path` of a proof.

        Raises:
            ProofInvalid: they aren't of that form.
        """
        if not isinstance(index, int) or isinstance(index, bool) or index < 0:
            raise _invalid(part, f"the index of the {part} is no number")
        if not isinstance(path, list) or len(path) > PATH_AT_MOST:
            raise _invalid(part, f"the path of the {part} isn't one")
        return cls(index, tuple(_hash(item, part) for item in path))

    def as_document(self) -> dict[str, Any]:
        """Gives what `parse` reads."""
        return {"index": self.index, "path": [item.hex() for item in self.path]}


@dataclass(frozen=True, slots=True)
class Proof:
    """Proof that an event was sealed.

    Attributes:
        event: the event.
        seal: the seal that covers it.
        in_seal: where it stands in the seal.
        in_log: where the seal stands in the log.
        log_size: number of seals of the log for which that holds.
    """

    event: SealedEvent
    seal: Seal
    in_seal: Place
    in_log: Place
    log_size: int

    @classmethod
    def parse(cls, document: Any) -> Proof:
        """Reads the JSON object that `prove_event` gives.

        Raises:
            ProofInvalid: it isn't one.
        """
        wanted = {"format", "envelope", "groups", "seal", "log"}
        if not isinstance(document, Mapping) or document.keys() != wanted:
            raise _invalid(None, "the proof hasn't the members " + ", ".join(sorted(wanted)))
        if document["format"] != FORMAT:
            raise _invalid(None, f"the proof isn't one of {FORMAT}")
        seal = members(document["seal"], "seal", {"entry", "index", "path"})
        log = members(document["log"], "log", {"size", "index", "path"})
        size = Place.parse(log["size"], [], "log").index
        return cls(
            SealedEvent.parse(document["envelope"], document["groups"]),
            Seal.parse(seal["entry"]),
            Place.parse(seal["index"], seal["path"], "seal"),
            Place.parse(log["index"], log["path"], "log"),
            size,
        )

    def verify(self, checkpoint: Checkpoint) -> None:
        """Proves that the event is in the log of a checkpoint.

        Args:
            checkpoint: one whose signature was verified.

        Raises:
            ProofInvalid: it isn't, or not as it was sealed; `part` tells where it broke.
        """
        if self.log_size != checkpoint.size:
            raise _invalid(
                "log",
                "the proof is of another checkpoint",
                f"It is of a log of {self.log_size} seals; the checkpoint's has {checkpoint.size}.",
            )
        verify_seal(self.seal, self.in_log, checkpoint)
        verify_event(self.event, self.in_seal, self.seal)


def verify_seal(seal: Seal, place: Place, checkpoint: Checkpoint) -> None:
    """Proves that a seal is in the log of a checkpoint.

    Raises:
        ProofInvalid: it isn't.
    """
    origin = Origin.parse(checkpoint.origin)
    if origin is None or not origin.continues(seal.origin):
        raise _invalid(
            "seal", f"the seal is of {seal.origin}, and the checkpoint of {checkpoint.origin}"
        )
    try:
        verify_inclusion(seal.hash, place.index, checkpoint.size, place.path, checkpoint.root)
    except ProofInvalid as error:
        raise _invalid(
            "log",
            f"seal {seal.number} isn't in the log of the checkpoint: {error.message}",
            error.detail,
        ) from error


def verify_event(event: SealedEvent, place: Place, seal: Seal) -> None:
    """Proves that an event is in a seal.

    Raises:
        ProofInvalid: it isn't.
    """
    envelope = event.envelope
    if envelope.tenant_id != seal.tenant_id:
        raise _invalid(
            "envelope", f"the event is of {envelope.tenant_id}, and the seal of {seal.tenant_id}"
        )
    try:
        root = root_of(event.leaf, place.index, seal.event_count, place.path)
    except ProofInvalid as error:
        raise _invalid("seal", f"the path to seal {seal.number}: {error.message}") from error
    if root != seal.events_root:
        raise _invalid(
            "seal",
            f"the event isn't in seal {seal.number} as it stands here",
            f"Its leaf {event.leaf.hex()} leads to {root.hex()}; the seal's root is "
            f"{seal.events_root.hex()}.",
        )
    if not (seal.first_at and seal.last_at and seal.first_at <= envelope.occurred_at):
        raise _invalid("seal", f"the event is older than seal {seal.number} says")
    if envelope.occurred_at > seal.last_at:
        raise _invalid("seal", f"the event is younger than seal {seal.number} says")


def parse_json(line: str) -> Any:
    """Reads JSON strictly: no name twice, no NaN, not endlessly deep.

    Raises:
        ProofInvalid: it isn't that.
    """

    def unique(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
        found = dict(pairs)
        if len(found) != len(pairs):
            raise ValueError("a name stands twice in an object")
        return found

    def refuse(constant: str) -> Any:
        raise ValueError(f"{constant} is no JSON")

    try:
        return json.loads(line, object_pairs_hook=unique, parse_constant=refuse)
    except (ValueError, RecursionError) as error:
        raise _invalid(None, f"it isn't JSON: {error}") from error


def members(document: Any, part: str, names: set[str]) -> Mapping[str, Any]:
    """Gives an object that has just these members.

    Raises:
        ProofInvalid: it has others, or is no object.
    """
    if not isinstance(document, Mapping) or document.keys() != names:
        raise _invalid(part, f"the {part} hasn't the members " + ", ".join(sorted(names)))
    return document


def _invalid(part: str | None, message: str, detail: str | None = None) -> ProofInvalid:
    error = ProofInvalid(message, detail=detail)
    error.part = part
    return error


def _utf8(text: str, part: str) -> bytes:
    try:
        return text.encode()
    except UnicodeEncodeError as error:
        raise _invalid(part, f"{part} has lone surrogates") from error


def _counted(content: bytes, part: str) -> tuple[str | None, bytes]:
    """Takes a counted text from the front, and gives what is left."""
    found = _COUNT.match(content)
    if found is None:
        raise _invalid(part, f"a text of {part} isn't counted")
    rest = content[found.end() :]
    if found[1] is None:
        return None, rest
    count = int(found[1])
    try:
        if count <= len(rest):
            return rest[:count].decode(), rest[count:]
    except UnicodeDecodeError:
        pass
    raise _invalid(part, f"a text of {part} hasn't the bytes that it counts")


def _hash(value: Any, part: str) -> bytes:
    if not isinstance(value, str) or not _HASH.fullmatch(value):
        raise _invalid(part, f"{part} has a hash that isn't 64 lower-case hexadecimal digits")
    return bytes.fromhex(value)


def _number(text: str, part: str) -> int:
    if not _NUMBER.fullmatch(text):
        raise _invalid(part, f"{part} has a line that should be a number")
    return int(text)


def _uuid(text: str, part: str) -> UUID:
    if not _IDENTIFIER.fullmatch(text):
        raise _invalid(part, f"{part} has a line that should be an identifier")
    return UUID(text)


def _time(text: str, part: str) -> datetime:
    if not _TIME.fullmatch(text):
        raise _invalid(part, f"{part} has a line that should be a time")
    try:
        return _EPOCH + timedelta(microseconds=int(text))
    except OverflowError as error:
        raise _invalid(part, f"{part} has a time that is out of range") from error
