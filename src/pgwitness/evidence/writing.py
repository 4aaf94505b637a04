"""Writing a case, and blacking out what is in one."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime
from importlib.metadata import version
from os import PathLike, fspath
from types import TracebackType
from typing import Any
from uuid import UUID

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
    statement_of,
)
from pgwitness.evidence.checkpoints import Checkpoint
from pgwitness.evidence.merkle import Tree
from pgwitness.evidence.notes import KeyRing, Note, PublicKey, SigningKey
from pgwitness.evidence.packing import Output, Packing, Spool
from pgwitness.evidence.proofs import GROUPS, Place, Proof, Seal, SealedEvent
from pgwitness.evidence.report import Facts, Report
from pgwitness.evidence.verifying import verify

_README = """\
Evidence from an audit log
==========================

This file holds events of an audit log and the proofs that they stand in it unchanged. It is
verified without the database that it came from.

To read it:    open report.html in a browser.
To verify it:  pip install pgwitness
               pgwitness verify case.zip --key KEYS

KEYS is a file with the public key of the log, one a line. Get it from somebody you trust, another
way than this file came. The keys in keys.txt are there to compare: whoever made a forged file would
have put his own key there.

Don't change anything in here, or the file no longer verifies. To hand it on without some of its
content, black that out, and the rest stays proven:

               pgwitness evidence blackout case.zip -o handed-on.zip --group payload

What the files are: manifest.json says what the case is and holds the SHA-256 of the others, and
manifest.txt that of the manifest, signed. proofs.jsonl has the events, seals.jsonl the seals that
cover them, checkpoint.txt the signed state of the log. If there is a blackout.json, it says what a
holder blacked out, and when.
"""


class CaseWriter:
    """Takes proofs, oldest event first, verifies each, and packs the case."""

    def __init__(
        self,
        note: bytes,
        tenant_id: UUID,
        filter: Any,
        created_at: datetime,
        key: SigningKey | None = None,
        keys: Sequence[PublicKey] = (),
    ) -> None:
        """Begins a case.

        Args:
            note: the signed checkpoint, without a ledger; its signature is the caller's to judge.
            tenant_id: whose events.
            filter: that found them, anything that JSON can hold.
            created_at: when.
            key: signs the manifest; None leaves unproven whether events are missing.
            keys: public keys to put in for convenience, besides that key's own.

        Raises:
            KeyInvalid: the key is another installation's.
            NoteInvalid: the note is no checkpoint.
        """
        parsed = Note.parse(note)
        self.checkpoint = Checkpoint.parse(parsed.text)
        self._note, self._signatures = note, parsed.signatures
        self._tenant_id, self._filter = tenant_id, filter
        self._created_at = created_at.astimezone(UTC)
        self._key = None if key is None else key.named(self.checkpoint.origin)
        known = [self._key.public] if self._key else []
        self._keys = list(dict.fromkeys([*known, *keys]))
        self._seals: dict[int, tuple[Seal, Place]] = {}
        self._proofs = Spool()
        self._report = Report()
        self._tree = Tree()
        self._last: tuple[datetime, UUID] | None = None

    def __enter__(self) -> CaseWriter:
        """Gives itself."""
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        """Lets go of temporary files."""
        self._proofs.close()

    @property
    def events(self) -> int:
        """How many there are so far."""
        return self._tree.size

    def add(self, proof: Proof) -> None:
        """Takes the next event.

        Raises:
            CaseInvalid: it isn't the tenant's, or not younger than the one before.
            ProofInvalid: the proof doesn't hold.
        """
        envelope = proof.event.envelope
        if envelope.tenant_id != self._tenant_id:
            raise CaseInvalid(f"event {envelope.id} is another tenant's")
        place = (envelope.occurred_at, envelope.id)
        if self._last is not None and place <= self._last:
            raise CaseInvalid(f"event {envelope.id} comes out of order, or twice")
        proof.verify(self.checkpoint)
        known = self._seals.setdefault(proof.seal.number, (proof.seal, proof.in_log))
        if known != (proof.seal, proof.in_log):
            raise CaseInvalid(f"seal {proof.seal.number} came in two ways")
        self._last = place
        self._tree.add(proof.event.leaf)
        self._proofs.write(proof_line(proof.event, proof.seal.number, proof.in_seal))
        self._report.add(proof.event, proof.seal, proof.in_seal.index)

    def finish(self, output: Output, unproven: Sequence[UUID] = ()) -> Manifest:
        """Packs the case.

        Args:
            output: takes the zip.
            unproven: events that the filter found too, but that weren't sealed at the checkpoint.

        Raises:
            OSError: it can't be written.
            PackingInvalid: there are more events than a case may hold.
        """
        signed_by = self._key.public.id.hex() if self._key else None
        facts = Facts(
            self._tenant_id,
            self._filter,
            self._created_at,
            self.checkpoint,
            self._signatures,
            signed_by is not None,
            tuple(unproven),
            version=version("pgwitness"),
        )
        seals = Spool()
        for number in sorted(self._seals):
            seal, place = self._seals[number]
            seals.write(seal_line(seal, place))
        spools = {
            packing.README: Spool(_README.encode()),
            packing.CHECKPOINT: Spool(self._note),
            packing.KEYS: Spool(_keys_text(self._keys).encode()),
            packing.SEALS: seals,
            packing.PROOFS: self._proofs,
            packing.REPORT: Spool(self._report.render(facts)),
        }
        manifest = Manifest(
            self._created_at,
            self._tenant_id,
            self._filter,
            self._tree.size,
            self._tree.root(),
            tuple(unproven),
            self.checkpoint.origin,
            self.checkpoint.size,
            signed_by,
            version("pgwitness"),
            {name: spools[name].sha256 for name in DIGESTED},
        )
        content = Spool(manifest.dump())
        spools[packing.MANIFEST] = content
        spools[packing.MANIFEST_NOTE] = Spool(
            statement_of(FORMAT, manifest.origin, content.sha256, self._key)
        )
        try:
            packing.pack(spools, output)
        finally:
            for spool in spools.values():
                spool.close()
        return manifest


def black_out(
    path: str | PathLike[str],
    output: Output,
    groups: Collection[str],
    event_ids: Collection[UUID] | None = None,
    made_at: datetime | None = None,
    key: SigningKey | None = None,
    keys: KeyRing | None = None,
) -> Blackout:
    """Writes a case anew without the content of some groups; what is left stays proven.

    Args:
        path: a case, which is verified first.
        output: takes the zip.
        groups: any of actor_id, entity_id and payload.
        event_ids: of which events; None of all.
        made_at: when; None is now.
        key: signs the blackout, where the holder has a key of the log; it needn't be.
        keys: public keys that are trusted; None takes those in the file.

    Raises:
        CaseInvalid: the case doesn't verify, has no such event, or nothing is left to black out.
        OSError: it can't be read or written.
        ValueError: there is no group of that name.
    """
    for name in groups:
        if name not in GROUPS:
            raise ValueError(f"there is no group {name}")
    verdict = verify(path, keys)
    if verdict.findings:
        raise CaseInvalid(
            f"{fspath(path)} doesn't verify, so nothing of it is blacked out",
            detail=str(verdict.findings[0]),
            hint=f"pgwitness verify {fspath(path)}",
        )
    moment = (made_at or datetime.now(UTC)).astimezone(UTC)
    with Packing(path) as case, _spools() as spools:
        manifest = Manifest.parse(case.read(packing.MANIFEST))
        checkpoint_note = Note.parse(case.read(packing.CHECKPOINT))
        before = None
        if packing.BLACKOUT in case.names:
            before = Blackout.parse(case.read(packing.BLACKOUT))
        seals = {
            seal.number: seal
            for seal in (
                Seal.parse(parse_line(line)["entry"]) for line in case.lines(packing.SEALS)
            )
        }
        hidden = {} if before is None else dict(before.groups)
        wanted = None if event_ids is None else set(event_ids)
        changed = 0
        report = Report(hidden)
        proofs = spools[packing.PROOFS] = Spool()
        for line in case.lines(packing.PROOFS):
            event, number, place = parse_proof_line(parse_line(line))
            event_id = event.envelope.id
            if wanted is None or event_id in wanted:
                now = [name for name in groups if event.groups[name].is_shown]
                changed += len(now)
                if now:
                    names = {*now, *hidden.get(event_id, ())}
                    hidden[event_id] = tuple(name for name in GROUPS if name in names)
                event = SealedEvent(
                    event.envelope_text,
                    event.envelope,
                    {n: g.hidden() if n in now else g for n, g in event.groups.items()},
                )
                if wanted is not None:
                    wanted.discard(event_id)
            proofs.write(proof_line(event, number, place))
            report.add(event, seals[number], place.index)
        if wanted:
            raise CaseInvalid(
                f"the case has no event {min(wanted)}",
                detail=f"{len(wanted):,} of the events to black out aren't in it.",
            )
        if not changed:
            raise CaseInvalid("there is nothing left to black out")
        facts = facts_of(manifest, checkpoint_note, hidden, moment, version("pgwitness"))
        spools[packing.REPORT] = Spool(report.render(facts))
        blackout = Blackout(
            moment,
            hidden,
            version("pgwitness"),
            {name: spools[name].sha256 for name in REPLACED},
        )
        content = spools[packing.BLACKOUT] = Spool(blackout.dump())
        spools[packing.BLACKOUT_NOTE] = Spool(
            statement_of(
                BLACKOUT_FORMAT,
                manifest.origin,
                content.sha256,
                None if key is None else key.named(manifest.origin),
            )
        )
        for name in packing.LIMITS.keys() - spools.keys():
            kept = spools[name] = Spool()
            for block in case.blocks(name):
                kept.write(block)
        packing.pack(spools, output)
    return blackout


def _keys_text(keys: Sequence[PublicKey]) -> str:
    head = (
        "# Public keys of the log, to compare. A key inside the file proves nothing by itself:\n"
        "# get it from somebody you trust, and verify with --key.\n"
    )
    return head + "".join(f"{key}\n" for key in keys)


@contextmanager
def _spools() -> Iterator[dict[str, Spool]]:
    spools: dict[str, Spool] = {}
    try:
        yield spools
    finally:
        for spool in spools.values():
            spool.close()
