"""Signed notes (C2SP signed-note), and the Ed25519 keys that sign and verify them.

A note is a text, an empty line, and lines of signatures:

    pgwitness/4f6c0e6e-8b3f-4f0e-9a2b-0b8f0a3f2d11/1
    4711
    CsUYapGGPo4dkMgIAUqom/Xajj7h2fB2MPA3j2jxq2I=

    — pgwitness/4f6c0e6e-8b3f-4f0e-9a2b-0b8f0a3f2d11/1 Az3grlgtzPICa5OS…

A public key is a line `<name>+<key id>+<Base64 of 0x01 and 32 bytes>`, a private one
`PRIVATE+KEY+<name>+<key id>+<Base64 of 0x01 and the 32 bytes of the seed>`: the forms that Go's
`golang.org/x/mod/sumdb/note` reads and writes.

The name of a log's key is the log's origin, `pgwitness/<installation>/<epoch>`, and the epoch grows
with each accepted restore. So a key that was given for one epoch is trusted for that epoch and all
later ones *of the same installation*, for no other: the same 32 bytes under the later name. An
earlier epoch stays with the keys that were given for it, so that a key made today can't sign a
history of yesterday.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import os
import re
import stat
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey

from pgwitness.errors import PgwitnessError

VARIABLE = "PGWITNESS_SIGNING_KEY"
"""Environment variable that may hold the text of a private key, in place of a file."""

SIGNATURES_AT_MOST = 64
KEYS_BYTES = 1024 * 1024

_ED25519 = b"\x01"
_PRIVATE = "PRIVATE+KEY+"
_DASH = "\N{EM DASH} "
_ORIGIN = re.compile(
    r"pgwitness/([0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12})/([1-9][0-9]{0,17})"
)
_CONTROL = re.compile("[\x00-\x09\x0b-\x1f]")


class KeyInvalid(PgwitnessError):
    """A key isn't one, or its file can be read by others."""


class NoteInvalid(PgwitnessError):
    """A signed note isn't one, or nobody trusted signed it."""


@dataclass(frozen=True, slots=True)
class Origin:
    """Who signs: one history of one installation's log.

    Attributes:
        installation: its identifier.
        epoch: from 1, growing with each accepted restore.
    """

    installation: str
    epoch: int

    @classmethod
    def parse(cls, text: str) -> Origin | None:
        """Gives the origin that a text is, or None."""
        found = _ORIGIN.fullmatch(text)
        return cls(found[1], int(found[2])) if found else None

    def continues(self, other: Origin) -> bool:
        """Tells whether this is the other's history, or one that went on from it."""
        return self.installation == other.installation and self.epoch >= other.epoch

    def __str__(self) -> str:
        """Gives the text."""
        return f"pgwitness/{self.installation}/{self.epoch}"


@dataclass(frozen=True, slots=True)
class PublicKey:
    """What verifies.

    Attributes:
        name: whose key it is: an origin, or any name that C2SP allows.
        raw: the 32 bytes of RFC 8032.
    """

    name: str
    raw: bytes

    @classmethod
    def parse(cls, line: str) -> PublicKey:
        """Reads a line such as `pgwitness key show` prints.

        Raises:
            KeyInvalid: it is no such line.
        """
        line = line.strip()
        if line.startswith(_PRIVATE):
            raise KeyInvalid(
                "that is a private key, and a public one is wanted",
                hint="Print the public key: pgwitness key show FILE",
            )
        name, raw = _read_key(line)
        return cls(name, raw)

    @property
    def id(self) -> bytes:
        """The key ID."""
        return _key_id(self.name, self.raw)

    def named(self, name: str) -> PublicKey | None:
        """Gives this key as it signs under a name, or None when it isn't trusted for that name."""
        own, other = Origin.parse(self.name), Origin.parse(name)
        if name == self.name or (own and other and other.continues(own)):
            return PublicKey(name, self.raw)
        return None

    def verify(self, text: str, signature: bytes) -> bool:
        """Tells whether the key signed the text."""
        try:
            Ed25519PublicKey.from_public_bytes(self.raw).verify(signature, text.encode())
        except (InvalidSignature, ValueError):
            return False
        return True

    def __str__(self) -> str:
        """Gives the line."""
        return f"{self.name}+{self.id.hex()}+{_base64(_ED25519 + self.raw)}"


@dataclass(frozen=True, slots=True, repr=False)
class SigningKey:
    """What signs.

    Attributes:
        name: whose key it is.
        seed: the 32 secret bytes of RFC 8032.
    """

    name: str
    seed: bytes

    @classmethod
    def create(cls, name: str) -> SigningKey:
        """Makes a new key.

        Raises:
            KeyInvalid: the name is empty, or has spaces or a plus sign.
        """
        _check_name(name)
        return cls(name, Ed25519PrivateKey.generate().private_bytes_raw())

    @classmethod
    def parse(cls, text: str) -> SigningKey:
        """Reads the text of a private key.

        Raises:
            KeyInvalid: it is none. The text is never repeated.
        """
        text = text.strip()
        if not text.startswith(_PRIVATE):
            raise KeyInvalid(
                "that isn't a private key",
                detail=f"It doesn't begin with {_PRIVATE}",
                hint="Make one: pgwitness key new FILE",
            )
        name, seed = _read_key(text.removeprefix(_PRIVATE), is_private=True)
        return cls(name, seed)

    @property
    def public(self) -> PublicKey:
        """The key that verifies."""
        own = Ed25519PrivateKey.from_private_bytes(self.seed)
        return PublicKey(self.name, own.public_key().public_bytes_raw())

    def named(self, name: str) -> SigningKey:
        """Gives this key as it signs under a name.

        Raises:
            KeyInvalid: it was made for another installation, or a later epoch.
        """
        if self.public.named(name) is None:
            raise KeyInvalid(
                f"the key is of {self.name}, and the log is {name}",
                hint=f"Make a key for it: pgwitness key new FILE --origin {name}",
            )
        return SigningKey(name, self.seed)

    def sign(self, text: str) -> str:
        """Makes a signed note of a text that ends in a newline.

        Raises:
            NoteInvalid: the text can't be one of a note.
        """
        _check_text(text)
        signature = Ed25519PrivateKey.from_private_bytes(self.seed).sign(text.encode())
        return f"{text}\n{_DASH}{self.name} {_base64(self.public.id + signature)}\n"

    def as_text(self) -> str:
        """Gives the text that `parse` reads. It is the secret itself."""
        return f"{_PRIVATE}{self.name}+{self.public.id.hex()}+{_base64(_ED25519 + self.seed)}"

    def __repr__(self) -> str:
        """Gives the name, never the secret."""
        return f"SigningKey({self.name!r})"


@dataclass(frozen=True, slots=True)
class Signature:
    """One line of signatures.

    Attributes:
        name: the key's.
        key_id: its 4 bytes.
        signature: the rest.
    """

    name: str
    key_id: bytes
    signature: bytes


@dataclass(frozen=True, slots=True)
class Note:
    """A note as it was read; nothing of it is to be believed before `KeyRing.verify`.

    Attributes:
        text: with its final newline.
        signatures: in their order.
    """

    text: str
    signatures: tuple[Signature, ...]

    @classmethod
    def parse(cls, content: bytes) -> Note:
        """Reads a note.

        Raises:
            NoteInvalid: it is none.
        """
        try:
            whole = content.decode()
        except UnicodeDecodeError as error:
            raise NoteInvalid("the note isn't UTF-8") from error
        _check_text(whole)
        text, found, lines = whole.rpartition("\n\n")
        text += "\n"
        if not found or not lines:
            raise NoteInvalid("the note has no signatures, or isn't whole")
        signatures = lines[:-1].split("\n")
        if len(signatures) > SIGNATURES_AT_MOST:
            raise NoteInvalid(f"the note has more than {SIGNATURES_AT_MOST} signatures")
        return cls(text, tuple(_read_signature(line) for line in signatures))


class KeyRing:
    """The public keys that somebody trusts."""

    def __init__(self, keys: Iterable[PublicKey]) -> None:
        """Takes the keys."""
        self.keys = tuple(keys)

    @classmethod
    def parse(cls, text: str) -> KeyRing:
        """Reads public keys, one a line; empty lines and those that begin with # say nothing.

        Raises:
            KeyInvalid: a line is no key.
        """
        keys = []
        for number, line in enumerate(text.split("\n"), 1):
            if not line.strip() or line.lstrip().startswith("#"):
                continue
            try:
                keys.append(PublicKey.parse(line))
            except KeyInvalid as error:
                raise KeyInvalid(
                    f"line {number}: {error.message}", detail=error.detail, hint=error.hint
                ) from error
        return cls(keys)

    @classmethod
    def read(cls, path: Path) -> KeyRing:
        """Reads a file of public keys.

        Raises:
            KeyInvalid: a line is no key, or there is none.
            OSError: it can't be read.
        """
        with open(path, "rb") as file:
            content = file.read(KEYS_BYTES + 1)
        if len(content) > KEYS_BYTES:
            raise KeyInvalid(f"{path} is too large for a file of keys")
        try:
            ring = cls.parse(content.decode())
        except UnicodeDecodeError as error:
            raise KeyInvalid(f"{path} isn't UTF-8") from error
        except KeyInvalid as error:
            raise KeyInvalid(
                f"{path}: {error.message}", detail=error.detail, hint=error.hint
            ) from error
        if not ring.keys:
            raise KeyInvalid(f"{path} holds no public key")
        return ring

    def verify(self, note: Note, name: str | None = None) -> tuple[PublicKey, ...]:
        """Gives the trusted keys that signed a note.

        Signatures of other keys are passed over, as C2SP wants it.

        Args:
            note: the note.
            name: whose signature it takes; None takes anybody's who is trusted.

        Raises:
            NoteInvalid: no trusted key signed it, or a trusted key's signature is wrong.
        """
        signers = []
        for line in note.signatures:
            for key in self.keys:
                known = key.named(line.name)
                if known is None or known.id != line.key_id:
                    continue
                if not known.verify(note.text, line.signature):
                    raise NoteInvalid(
                        f"the signature of {line.name} ({line.key_id.hex()}) is wrong",
                        detail="The text was changed, or the signature, after it was signed.",
                    )
                if name in (None, line.name):
                    signers.append(key)
        if not signers:
            names = ", ".join(f"{s.name} ({s.key_id.hex()})" for s in note.signatures)
            raise NoteInvalid(
                "no trusted key signed the note" + (f" as {name}" if name else ""),
                detail=f"Signed by {names}; trusted: "
                + (", ".join(f"{k.name} ({k.id.hex()})" for k in self.keys) or "none")
                + ".",
            )
        return tuple(signers)


def load_signing_key(
    path: str | os.PathLike[str] | None = None, environment: Mapping[str, str] = os.environ
) -> SigningKey | None:
    """Gives the private key of a file, else of the environment, else None.

    Args:
        path: a file that only its owner can read; None looks into the environment.
        environment: where PGWITNESS_SIGNING_KEY may stand.

    Raises:
        KeyInvalid: the text is no private key, or others than its owner can read the file.
        OSError: the file can't be read.
    """
    if path is None:
        text = environment.get(VARIABLE)
        return None if not text else SigningKey.parse(text)
    with open(path, "rb") as file:
        status = os.fstat(file.fileno())
        if not stat.S_ISREG(status.st_mode):
            raise KeyInvalid(f"{path} is no regular file")
        if os.name == "posix" and status.st_mode & 0o077:
            raise KeyInvalid(
                f"others than its owner can read {path}",
                detail=f"Its mode is {stat.S_IMODE(status.st_mode):04o}.",
                hint=f"chmod 600 {path}; and if others could read it for long, make a new key.",
            )
        content = file.read(KEYS_BYTES)
    try:
        return SigningKey.parse(content.decode())
    except UnicodeDecodeError as error:
        raise KeyInvalid(f"{path} isn't a private key") from error


def store_signing_key(path: str | os.PathLike[str], key: SigningKey) -> None:
    """Writes a private key into a new file that only its owner can read.

    Raises:
        FileExistsError: there is such a file; a key is never overwritten.
        OSError: it can't be written.
    """
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    try:
        with os.fdopen(descriptor, "w", encoding="utf-8") as file:
            file.write(key.as_text() + "\n")
            file.flush()
            os.fsync(file.fileno())
    except BaseException:
        Path(path).unlink(missing_ok=True)
        raise


def decode_base64(text: str) -> bytes | None:
    """Reads Base64 in its one canonical form, since another text would be another note.

    Returns:
        The bytes; None when it isn't that.
    """
    try:
        content = base64.b64decode(text.encode("ascii"), validate=True)
    except (binascii.Error, ValueError):
        return None
    return content if _base64(content) == text else None


def _read_key(line: str, *, is_private: bool = False) -> tuple[str, bytes]:
    kind = "private" if is_private else "public"
    # Base64 may hold a plus sign; a name may not.
    parts = line.split("+", 2)
    if len(parts) != 3:
        raise KeyInvalid(f"that isn't a {kind} key", detail="It hasn't the form name+id+Base64.")
    name, key_id, encoded = parts
    _check_name(name)
    decoded = decode_base64(encoded)
    if decoded is None or len(decoded) != 33 or decoded[:1] != _ED25519:
        raise KeyInvalid(
            f"that isn't a {kind} key",
            detail="Its last part isn't the Base64 of an Ed25519 key.",
        )
    raw = decoded[1:]
    expected = SigningKey(name, raw).public.id if is_private else _key_id(name, raw)
    if key_id != expected.hex():
        raise KeyInvalid(
            f"the {kind} key of {name} isn't whole",
            detail=f"Its id is {expected.hex()}, and the line says {key_id[:16]}.",
        )
    return name, raw


def _read_signature(line: str) -> Signature:
    name, _, encoded = line.removeprefix(_DASH).partition(" ")
    decoded = decode_base64(encoded)
    if not line.startswith(_DASH) or not name or decoded is None or len(decoded) < 5:
        raise NoteInvalid("a line of signatures isn't one", detail=f"It is {line[:200]!r}.")
    return Signature(name, decoded[:4], decoded[4:])


def _key_id(name: str, raw: bytes) -> bytes:
    return hashlib.sha256(name.encode() + b"\n" + _ED25519 + raw).digest()[:4]


def _base64(content: bytes) -> str:
    return base64.b64encode(content).decode()


def _check_name(name: str) -> None:
    if not name or "+" in name or any(letter.isspace() for letter in name):
        raise KeyInvalid(
            f"{name[:200]!r} can't be the name of a key",
            detail="It is empty, or has spaces or a plus sign.",
        )
    if not name.isprintable():
        raise KeyInvalid(f"{name[:200]!r} can't be the name of a key")


def _check_text(text: str) -> None:
    if not text.endswith("\n") or _CONTROL.search(text):
        raise NoteInvalid(
            "the text can't be one of a note",
            detail="It doesn't end in a newline, or has control characters.",
        )
    try:
        text.encode()
    except UnicodeEncodeError as error:
        raise NoteInvalid("the text isn't Unicode", detail="It has lone surrogates.") from error
