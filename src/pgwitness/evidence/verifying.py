"""Verifying a case: offline, with nothing but public keys."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from importlib.metadata import version
from os import PathLike
from typing import Any
from uuid import UUID

from pgwitness.errors import PgwitnessError
from pgwitness.evidence import packing
from pgwitness.evidence.case_file import (
    BLACKOUT_FORMAT,
    DIGESTED,
    FORMAT,
    REPLACED,
    Blackout,
    CaseInvalid,
    Manifest,
    facts_of,
    parse_line,
    parse_proof_line,
    proof_line,
    seal_line,
    write_moment,
)
from pgwitness.evidence.checkpoints import Checkpoint, split
from pgwitness.evidence.merkle import ProofInvalid, Tree
from pgwitness.evidence.notes import KeyInvalid, KeyRing, Note, NoteInvalid, PublicKey
from pgwitness.evidence.packing import Packing, PackingInvalid
from pgwitness.evidence.proofs import (
    GROUPS,
    Place,
    Seal,
    SealedEvent,
    members,
    verify_event,
    verify_seal,
)
from pgwitness.evidence.report import Report

FINDINGS_AT_MOST = 100


@dataclass(frozen=True, slots=True)
class Finding:
    """Something that isn't as it should be.

    Attributes:
        file: the file in the zip; None is the zip itself.
        line: of that file, from 1.
        event_id: the event, where one is concerned.
        part: what of it: envelope, actor_id, entity_id, payload, seal, log, or None.
        message: what is wrong.
        detail: more of it, or None.
    """

    file: str | None
    line: int | None
    event_id: UUID | None
    part: str | None
    message: str
    detail: str | None = None

    def __str__(self) -> str:
        """Gives it as one line."""
        place = self.file or "the zip"
        if self.line is not None:
            place += f", line {self.line}"
        if self.event_id is not None:
            place += f", event {self.event_id}"
        return f"{place}: {self.message}" + (f". {self.detail}" if self.detail else "")


@dataclass(frozen=True, slots=True)
class Verdict:
    """What verifying a case came to.

    Attributes:
        findings: what isn't as it should be; at most 100, and none is what one hopes for.
        warnings: what to know though nothing is wrong.
        tenant_id: whose events.
        filter: the filter that found them.
        created_at: when the case was made.
        origin: of the log.
        log_size: seals of the log at the checkpoint.
        log_root: root of the tree of them, in hexadecimal.
        signers: the keys that signed the checkpoint.
        is_key_given: whether they came from outside the file; else they prove nothing.
        events: how many.
        first_at: time of the first, or None.
        last_at: time of the last, or None.
        hidden: how many of each group are erased or blacked out.
        is_complete: whether a signature shows that no event of the case is missing.
    """

    findings: tuple[Finding, ...]
    warnings: tuple[str, ...]
    tenant_id: UUID | None
    filter: Any
    created_at: datetime | None
    origin: str | None
    log_size: int | None
    log_root: str | None
    signers: tuple[str, ...]
    is_key_given: bool
    events: int
    first_at: datetime | None
    last_at: datetime | None
    hidden: dict[str, int]
    is_complete: bool


def verify(path: str | PathLike[str], keys: KeyRing | None = None) -> Verdict:
    """Verifies a case, offline.

    Args:
        path: the zip.
        keys: public keys that are trusted; None takes those in the file, and warns.

    Raises:
        OSError: the file can't be read.
    """
    verifier = _Verifier(keys)
    try:
        with Packing(path) as case:
            verifier.run(case)
    except PackingInvalid as error:
        verifier.find(error.member, error)
    except _EnoughFound:
        pass
    return verifier.verdict()


class _EnoughFound(Exception):
    """There are more findings than anybody reads."""


@dataclass
class _Verifier:
    """Verifies one case, and keeps what it finds."""

    keys: KeyRing | None
    findings: list[Finding] = field(default_factory=list)
    warnings: list[str] = field(default_factory=list)
    manifest: Manifest | None = None
    blackout: Blackout | None = None
    checkpoint: Checkpoint | None = None
    signatures: Note | None = None
    signers: tuple[PublicKey, ...] = ()
    is_complete: bool = False
    tree: Tree = field(default_factory=Tree)
    first_at: datetime | None = None
    last_at: datetime | None = None
    hidden: dict[str, int] = field(default_factory=lambda: dict.fromkeys(GROUPS, 0))

    def find(
        self,
        file: str | None,
        problem: PgwitnessError | str,
        line: int | None = None,
        event_id: UUID | None = None,
    ) -> None:
        """Keeps a finding."""
        if isinstance(problem, str):
            found = Finding(file, line, event_id, None, problem)
        else:
            part = getattr(problem, "part", None)
            found = Finding(file, line, event_id, part, problem.message, problem.detail)
        self.findings.append(found)
        if len(self.findings) >= FINDINGS_AT_MOST:
            raise _EnoughFound

    def verdict(self) -> Verdict:
        """Sums up."""
        manifest = self.manifest
        return Verdict(
            tuple(self.findings),
            tuple(self.warnings),
            manifest.tenant_id if manifest else None,
            manifest.filter if manifest else None,
            manifest.created_at if manifest else None,
            self.checkpoint.origin if self.checkpoint else None,
            self.checkpoint.size if self.checkpoint else None,
            self.checkpoint.root.hex() if self.checkpoint else None,
            tuple(f"{key.name} {key.id.hex()}" for key in self.signers),
            self.keys is not None,
            self.tree.size,
            self.first_at,
            self.last_at,
            self.hidden,
            self.is_complete and not self.findings and self.keys is not None,
        )

    def run(self, case: Packing) -> None:
        """Looks at everything, whatever was found before."""
        keys = self._trusted(case)
        self._read_checkpoint(case, keys)
        self._read_manifest(case, keys)
        self._read_blackout(case, keys)
        case.read(packing.README)
        seals = self._read_seals(case)
        report = Report(self.blackout.groups if self.blackout else None)
        self._read_proofs(case, seals, report)
        self._compare_report(case, report)
        self._compare_digests(case)

    def _trusted(self, case: Packing) -> KeyRing:
        inside = KeyRing(())
        try:
            inside = KeyRing.parse(case.read(packing.KEYS).decode())
        except UnicodeDecodeError:
            self.find(packing.KEYS, "it isn't UTF-8")
        except KeyInvalid as error:
            self.find(packing.KEYS, error)
        if self.keys is not None:
            return self.keys
        self.warnings.append(
            "no key was given, so the keys in the file were used: a key inside the file proves "
            "nothing by itself. Give the log's public key: --key FILE"
        )
        return inside

    def _read_manifest(self, case: Packing, keys: KeyRing) -> None:
        content, note = case.read(packing.MANIFEST), case.read(packing.MANIFEST_NOTE)
        is_signed = self._read_statement(case, packing.MANIFEST, note, FORMAT, keys)
        try:
            self.manifest = manifest = Manifest.parse(content)
        except CaseInvalid as error:
            self.find(packing.MANIFEST, error)
            return
        stated = (manifest.origin, manifest.log_size)
        if self.checkpoint and stated != (self.checkpoint.origin, self.checkpoint.size):
            self.find(packing.MANIFEST, f"it isn't of the checkpoint in {packing.CHECKPOINT}")
        if is_signed != (manifest.signed_by is not None):
            self.find(
                packing.MANIFEST_NOTE,
                "it shouldn't be signed" if is_signed else "its signature was taken away",
            )
        self.is_complete = is_signed
        if manifest.signed_by is None:
            self.warnings.append(
                "the manifest isn't signed, so it isn't proven that no event is missing"
            )
        if manifest.unproven:
            self.warnings.append(
                f"{len(manifest.unproven):,} events that the filter found weren't sealed at "
                "the checkpoint, and aren't in the file; manifest.json names them"
            )

    def _read_statement(
        self, case: Packing, name: str, note: bytes, format: str, keys: KeyRing
    ) -> bool:
        """Compares a document with what states its digest, and tells whether that is signed."""
        file = name.replace(".json", ".txt")
        is_signed = b"\n\n" in note
        try:
            signed = Note.parse(note) if is_signed else None
            text = signed.text if signed else note.decode()
            if signed:
                keys.verify(signed, self.checkpoint.origin if self.checkpoint else None)
        except UnicodeDecodeError:
            self.find(file, "it isn't UTF-8")
            return is_signed
        except NoteInvalid as error:
            self.find(file, error)
            if not (signed := _unverified(note)):
                return is_signed
            text = signed.text
        head, _, digest = text.rpartition("\n")[0].rpartition("\n")
        if digest != case.sha256(name):
            which = name if is_signed else f"{name} or {file}"
            self.find(name, f"{which} was changed: its SHA-256 isn't what {file} says")
        if self.checkpoint and text != f"{format}\n{self.checkpoint.origin}\n{digest}\n":
            self.find(file, f"it doesn't say {format} of the checkpoint's log")
        elif not head.startswith(f"{format}\n"):
            self.find(file, f"it doesn't say {format}")
        return is_signed

    def _read_blackout(self, case: Packing, keys: KeyRing) -> None:
        names = {packing.BLACKOUT, packing.BLACKOUT_NOTE} & set(case.names)
        if len(names) == 1:
            [name] = names
            case.read(name)
            self.find(name, "the other file of the blackout is missing")
        if len(names) < 2:
            return
        content, note = case.read(packing.BLACKOUT), case.read(packing.BLACKOUT_NOTE)
        self._read_statement(case, packing.BLACKOUT, note, BLACKOUT_FORMAT, keys)
        try:
            self.blackout = Blackout.parse(content)
        except CaseInvalid as error:
            self.find(packing.BLACKOUT, error)
            return
        self.warnings.append(
            f"something of {len(self.blackout.groups):,} events was blacked out on "
            f"{write_moment(self.blackout.made_at)}; what is left was verified"
        )

    def _read_checkpoint(self, case: Packing, keys: KeyRing) -> None:
        content = case.read(packing.CHECKPOINT)
        try:
            if split(content)[1] is not None:
                raise NoteInvalid("something stands behind the checkpoint")
            self.signatures = Note.parse(content)
            self.checkpoint = Checkpoint.parse(self.signatures.text)
            self.signers = keys.verify(self.signatures, self.checkpoint.origin)
        except NoteInvalid as error:
            self.find(packing.CHECKPOINT, error)

    def _read_seals(self, case: Packing) -> dict[int, Seal]:
        seals: dict[int, Seal] = {}
        last: tuple[Seal, Place] | None = None
        for number, line in enumerate(case.lines(packing.SEALS), 1):
            try:
                document = members(parse_line(line), "seal", {"entry", "index", "path"})
                seal = Seal.parse(document["entry"])
                place = Place.parse(document["index"], document["path"], "log")
                if line != seal_line(seal, place):
                    raise ProofInvalid("the line isn't written as a case's are")
                if self.manifest and seal.tenant_id != self.manifest.tenant_id:
                    raise ProofInvalid(f"seal {seal.number} is another tenant's")
                # Its events are compared with it all the same: one fault is named once.
                seals[seal.number] = seal
                before, last = last, (seal, place)
                if self.checkpoint:
                    verify_seal(seal, place, self.checkpoint)
                if before is not None:
                    _compare_seals(before, last)
            except ProofInvalid as error:
                self.find(packing.SEALS, error, number)
        return seals

    def _read_proofs(self, case: Packing, seals: Mapping[int, Seal], report: Report) -> None:
        last: tuple[datetime, UUID] | None = None
        unseen = dict(self.blackout.groups) if self.blackout else {}
        used: set[int] = set()
        is_whole = True
        for number, line in enumerate(case.lines(packing.PROOFS), 1):
            event_id = None
            try:
                document = parse_line(line)
                event_id = _event_id(document)
                event, seal_number, place = parse_proof_line(document)
                if document["leaf"] != event.leaf.hex():
                    raise _changed_leaf(document, event)
                if line != proof_line(event, seal_number, place):
                    raise ProofInvalid("the line isn't written as a case's are")
                if self.manifest and event.envelope.tenant_id != self.manifest.tenant_id:
                    raise ProofInvalid("the event is another tenant's")
                moment = (event.envelope.occurred_at, event.envelope.id)
                if last is not None and moment <= last:
                    raise ProofInvalid("the event comes out of order, or twice")
                last = moment
                self.tree.add(event.leaf)
                self.first_at = self.first_at or moment[0]
                self.last_at = moment[0]
                for name in GROUPS:
                    self.hidden[name] += not event.groups[name].is_shown
                if any(event.groups[name].is_shown for name in unseen.pop(event.envelope.id, ())):
                    raise ProofInvalid("a group stands here that was blacked out")
                seal = seals.get(seal_number)
                if seal is None:
                    raise ProofInvalid(f"seals.jsonl has no seal {seal_number} that holds")
                used.add(seal_number)
                report.add(event, seal, place.index)
                verify_event(event, place, seal)
            except ProofInvalid as error:
                is_whole = False
                self.find(packing.PROOFS, error, number, event_id)
        for event_id in unseen:
            self.find(packing.BLACKOUT, "it names an event that isn't there", event_id=event_id)
        for seal_number in sorted(seals.keys() - used) if is_whole else ():
            self.find(packing.SEALS, f"no event of the case is in seal {seal_number}")
        if self.manifest and is_whole:
            if self.tree.size != self.manifest.events:
                self.find(
                    packing.PROOFS,
                    f"it has {self.tree.size:,} events, and the case has {self.manifest.events:,}",
                )
            elif self.tree.root() != self.manifest.events_root:
                self.find(packing.PROOFS, "these aren't the events of the case, or not in order")

    def _compare_report(self, case: Packing, report: Report) -> None:
        content = case.read(packing.REPORT)
        if self.findings or not self.manifest or not self.signatures:
            return
        blackout = self.blackout
        author = blackout.pgwitness if blackout else self.manifest.pgwitness
        if author != version("pgwitness"):
            self.warnings.append(
                f"the report is of pgwitness {author}, and this is {version('pgwitness')}: only "
                "its digest was compared"
            )
            return
        facts = facts_of(
            self.manifest,
            self.signatures,
            blackout.groups if blackout else {},
            blackout.made_at if blackout else None,
            author,
        )
        if content != report.render(facts):
            self.find(packing.REPORT, "the report isn't that of these events")

    def _compare_digests(self, case: Packing) -> None:
        if self.manifest:
            files = dict(self.manifest.files)
            if self.blackout:
                files |= self.blackout.files
            for name in DIGESTED:
                if case.sha256(name) != files[name]:
                    source = packing.MANIFEST
                    if self.blackout and name in REPLACED:
                        source = packing.BLACKOUT
                    self.find(name, f"{name} was changed: its SHA-256 isn't what {source} says")
        for name in case.wrong_crcs():
            self.find(name, f"{name} was changed: its CRC-32 isn't what the zip says")
        place = case.deviation()
        if place is not None:
            self.warnings.append(
                f"the zip isn't laid out as pgwitness does it, from byte {place:,} on: packed "
                "anew, or changed where it doesn't matter"
            )


def _compare_seals(before: tuple[Seal, Place], after: tuple[Seal, Place]) -> None:
    """Proves that two seals of one tenant can stand behind one another.

    Raises:
        ProofInvalid: they can't.
    """
    (old, old_place), (new, new_place) = before, after
    if new.number <= old.number or new_place.index <= old_place.index:
        raise ProofInvalid("the seals aren't in their order")
    if new.number == old.number + 1:
        if new.previous != old.hash:
            raise ProofInvalid(f"seal {new.number} isn't chained to seal {old.number}")
        if new.running_count != old.running_count + new.event_count:
            raise ProofInvalid(f"seal {new.number} counts on from another number of events")


def _changed_leaf(document: Any, event: SealedEvent) -> ProofInvalid:
    error = ProofInvalid(
        "the envelope or a hidden group's digest was changed: the leaf is another",
        detail=f"It is {event.leaf.hex()}, and was {str(document['leaf'])[:64]}.",
    )
    error.part = "envelope"
    return error


def _unverified(content: bytes) -> Note | None:
    """Gives a note that nobody vouches for, to name what else is wrong; None when it is none."""
    try:
        return Note.parse(content)
    except NoteInvalid:
        return None


def _event_id(document: Any) -> UUID | None:
    """Gives the id of an event that may be faulty, for naming it."""
    try:
        return UUID(document["envelope"].split("\n")[3])
    except (TypeError, KeyError, IndexError, ValueError, AttributeError):
        return None
