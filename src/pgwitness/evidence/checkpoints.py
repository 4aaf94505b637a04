"""Checkpoint files: the signed root of the log (C2SP tlog-checkpoint), and its signed ledger.

Kept outside the database, such a file is what later shows that nothing sealed was cut off, changed
or put back; the ledger tells a restored database what was erased and held since its backup.
"""

from __future__ import annotations

import base64
import json
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from pgwitness.evidence.merkle import EMPTY_ROOT, HASH_BYTES
from pgwitness.evidence.notes import (
    KeyRing,
    Note,
    NoteInvalid,
    PublicKey,
    SigningKey,
    decode_base64,
)

LEDGER = "pgwitness/ledger/1"
FILE_BYTES = 1024 * 1024 * 1024
"""What a checkpoint file may have at most."""

_NUMBER = re.compile("0|[1-9][0-9]{0,18}")


@dataclass(frozen=True, slots=True)
class Checkpoint:
    """The log at one moment.

    Attributes:
        origin: `pgwitness/<installation>/<epoch>`.
        size: how many seals it has.
        root: root of the tree of them, 32 bytes.
    """

    origin: str
    size: int
    root: bytes

    @classmethod
    def parse(cls, text: str) -> Checkpoint:
        """Reads the text of a checkpoint's note.

        Raises:
            NoteInvalid: it is no checkpoint, or has extension lines, which ours never have.
        """
        lines = text.split("\n")
        if len(lines) != 4 or lines[3] or not lines[0]:
            raise NoteInvalid("the note is no checkpoint", detail="It hasn't just three lines.")
        origin, size, encoded, _ = lines
        root = decode_base64(encoded)
        if not _NUMBER.fullmatch(size) or root is None or len(root) != HASH_BYTES:
            raise NoteInvalid(
                "the note is no checkpoint",
                detail="Its second line is no number, or its third no hash in Base64.",
            )
        if size == "0" and root != EMPTY_ROOT:
            raise NoteInvalid("the checkpoint of an empty log hasn't the root of an empty tree")
        return cls(origin, int(size), root)

    @property
    def text(self) -> str:
        """The text that is signed."""
        return f"{self.origin}\n{self.size}\n{base64.b64encode(self.root).decode()}\n"

    def sign(self, key: SigningKey) -> str:
        """Makes the signed note.

        Raises:
            KeyInvalid: the key is another installation's.
        """
        return key.named(self.origin).sign(self.text)

    def sign_ledger(self, entries: Iterable[Mapping[str, Any]], key: SigningKey) -> str:
        """Makes the signed ledger that goes with it.

        Args:
            entries: as `list_ledger` gives them.
            key: signs.

        Raises:
            KeyInvalid: the key is another installation's.
        """
        lines = [LEDGER, self.text[:-1].replace("\n", " ")]
        lines += (json.dumps(entry, ensure_ascii=False) for entry in entries)
        return key.named(self.origin).sign("\n".join(lines) + "\n")


@dataclass(frozen=True, slots=True)
class CheckpointFile:
    """A checkpoint file whose signatures hold.

    Attributes:
        checkpoint: what was signed.
        note: the bytes of its note alone.
        signers: the trusted keys that signed it.
        ledger: the entries behind it, in their order; None when there is no ledger.
    """

    checkpoint: Checkpoint
    note: bytes
    signers: tuple[PublicKey, ...]
    ledger: tuple[dict[str, Any], ...] | None


def join(note: str, ledger: str | None) -> bytes:
    """Gives the content of a checkpoint file.

    Args:
        note: of `Checkpoint.sign`.
        ledger: of `Checkpoint.sign_ledger`, or None.
    """
    return (note if ledger is None else f"{note}\n{ledger}").encode()


def split(content: bytes) -> tuple[bytes, bytes | None]:
    """Gives the note of the checkpoint and that of the ledger, if there is one."""
    # A checkpoint has no empty line but the one before its signatures.
    signatures = content.find(b"\n\n")
    end = content.find(b"\n\n", signatures + 2) if signatures >= 0 else -1
    return (content, None) if end < 0 else (content[: end + 1], content[end + 2 :])


def verify(content: bytes, keys: KeyRing) -> CheckpointFile:
    """Verifies a checkpoint file.

    Args:
        content: of the file.
        keys: who is trusted.

    Raises:
        NoteInvalid: it is no checkpoint, nobody trusted signed it in the name of its origin, or the
            ledger behind isn't that of the same checkpoint and key.
    """
    first, second = split(content)
    note = Note.parse(first)
    checkpoint = Checkpoint.parse(note.text)
    signers = keys.verify(note, checkpoint.origin)
    ledger = None
    if second is not None:
        try:
            ledger = _verify_ledger(second, keys, checkpoint, signers)
        except NoteInvalid as error:
            raise NoteInvalid(
                f"the ledger: {error.message}", detail=error.detail, hint=error.hint
            ) from error
    return CheckpointFile(checkpoint, first, signers, ledger)


def _verify_ledger(
    content: bytes, keys: KeyRing, checkpoint: Checkpoint, signers: tuple[PublicKey, ...]
) -> tuple[dict[str, Any], ...]:
    note = Note.parse(content)
    if not set(keys.verify(note, checkpoint.origin)) & set(signers):
        raise NoteInvalid("it isn't signed by the key of the checkpoint")
    head, place, *lines = note.text[:-1].split("\n")
    if head != LEDGER:
        raise NoteInvalid(f"it doesn't begin with {LEDGER}")
    if place != checkpoint.text[:-1].replace("\n", " "):
        raise NoteInvalid("it belongs to another checkpoint", detail=f"It says {place[:300]!r}.")
    return tuple(_entry(number, line) for number, line in enumerate(lines, 3))


def _entry(number: int, line: str) -> dict[str, Any]:
    try:
        entry = json.loads(line)
    except (ValueError, RecursionError) as error:
        raise NoteInvalid(f"line {number} isn't JSON") from error
    if not isinstance(entry, dict) or not isinstance(entry.get("kind"), str):
        raise NoteInvalid(f"line {number} is no entry of a ledger")
    return entry
