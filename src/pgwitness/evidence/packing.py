"""The zip around a case: how it is laid out, and what is refused of one from elsewhere.

Members are stored as they are, in one order, without times or owners, so that the same case is the
same file, and no bit of it is without a meaning. A case that somebody packed anew is read all the
same, compressed too, but nothing that isn't a case's: unknown, doubled or missing names, links,
encryption, more than its sizes allow, or anything beside the members.
"""

from __future__ import annotations

import hashlib
import os
import struct
import tempfile
import zipfile
import zlib
from collections.abc import Iterator, Mapping
from types import TracebackType
from typing import IO, Any, Protocol

from pgwitness.errors import PgwitnessError

README = "README.txt"
MANIFEST = "manifest.json"
MANIFEST_NOTE = "manifest.txt"
BLACKOUT = "blackout.json"
BLACKOUT_NOTE = "blackout.txt"
CHECKPOINT = "checkpoint.txt"
KEYS = "keys.txt"
SEALS = "seals.jsonl"
PROOFS = "proofs.jsonl"
REPORT = "report.html"

MEBIBYTE = 1024 * 1024
LIMITS = {
    README: MEBIBYTE,
    MANIFEST: 64 * MEBIBYTE,
    MANIFEST_NOTE: MEBIBYTE,
    BLACKOUT: 64 * MEBIBYTE,
    BLACKOUT_NOTE: MEBIBYTE,
    CHECKPOINT: MEBIBYTE,
    KEYS: MEBIBYTE,
    SEALS: 1024 * MEBIBYTE,
    PROOFS: 3072 * MEBIBYTE,
    REPORT: 256 * MEBIBYTE,
}
"""The names that a case has, in their order, and what each may have at most, in bytes."""

OPTIONAL = {BLACKOUT, BLACKOUT_NOTE}
LINE_BYTES = 64 * MEBIBYTE
"""What a line of the two lists may have at most."""

_BLOCK = 256 * 1024
_RATIO = 200
_STORED, _DEFLATED = 0, 8
_DESCRIPTOR_BYTES = 24
_FILE_BYTES = 2**32 - 1

_LOCAL = struct.Struct("<4s5H3L2H")
_CENTRAL = struct.Struct("<4s6H3L5H2L")
_END = struct.Struct("<4s4H2LH")
_DAY = 0x21  # 1980-01-01, the first day that a zip knows
_MADE_BY = 3 << 8 | 20  # Unix, version 2.0
_MODE = 0o100600 << 16


class PackingInvalid(PgwitnessError):
    """The zip isn't one of a case.

    Attributes:
        member: the file in it, or None.
    """

    member: str | None = None


class Output(Protocol):
    """Where a case is written."""

    def write(self, content: bytes, /) -> Any:
        """Takes bytes."""


class Spool:
    """A member's content until it is packed; on the disk when it is large.

    Attributes:
        size: bytes so far.
        crc: CRC-32 of them.
    """

    def __init__(self, content: bytes = b"") -> None:
        """Begins with some content."""
        self._file = tempfile.SpooledTemporaryFile(max_size=8 * MEBIBYTE)  # noqa: SIM115
        self._hash = hashlib.sha256()
        self.size = 0
        self.crc = 0
        if content:
            self.write(content)

    def write(self, content: bytes, /) -> None:
        """Takes more."""
        self._file.write(content)
        self._hash.update(content)
        self.crc = zlib.crc32(content, self.crc)
        self.size += len(content)

    @property
    def sha256(self) -> str:
        """Of the content, in hexadecimal."""
        return self._hash.hexdigest()

    def blocks(self) -> Iterator[bytes]:
        """Gives the content from its beginning."""
        self._file.seek(0)
        while block := self._file.read(_BLOCK):
            yield block

    def close(self) -> None:
        """Lets go of it."""
        self._file.close()


def pack(members: Mapping[str, Spool], output: Output) -> None:
    """Writes a case.

    Args:
        members: by name.
        output: takes it.

    Raises:
        OSError: it can't be written.
        PackingInvalid: a member is larger than a case may have it.
    """
    for name, member in members.items():
        if member.size > LIMITS[name]:
            raise _invalid(
                name,
                f"{name} would have {member.size:,} bytes, and at most {LIMITS[name]:,} are read",
                hint="Take fewer events into one file: narrow the filter.",
            )
    ordered = [(name, members[name]) for name in LIMITS if name in members]
    if sum(member.size for _, member in ordered) > _FILE_BYTES - MEBIBYTE:
        raise PackingInvalid("the file would be too large", hint="Narrow the filter.")
    for name, member in ordered:
        output.write(_local(name, member.crc, member.size))
        for block in member.blocks():
            output.write(block)
    output.write(_directory([(name, member.crc, member.size) for name, member in ordered]))


def _local(name: str, crc: int, size: int) -> bytes:
    head = _LOCAL.pack(b"PK\3\4", 20, 0, _STORED, 0, _DAY, crc, size, size, len(name), 0)
    return head + name.encode()


def _directory(members: list[tuple[str, int, int]]) -> bytes:
    entries, place = b"", 0
    for name, crc, size in members:
        entries += _CENTRAL.pack(
            b"PK\1\2", _MADE_BY, 20, 0, _STORED, 0, _DAY, crc, size, size, len(name), 0, 0, 0, 0,
            _MODE, place,
        )  # fmt: skip
        entries += name.encode()
        place += _LOCAL.size + len(name) + size
    count = len(members)
    return entries + _END.pack(b"PK\5\6", 0, 0, count, count, len(entries), place, 0)


class Packing:
    """A zip from elsewhere, read with care.

    Attributes:
        names: of its members.
    """

    def __init__(self, path: str | os.PathLike[str]) -> None:
        """Opens a file and judges what it says that it holds.

        Raises:
            OSError: it can't be read.
            PackingInvalid: it isn't the zip of a case.
        """
        self._file: IO[bytes] = open(path, "rb")  # noqa: SIM115
        try:
            self._members = self._judge()
        except BaseException:
            self._file.close()
            raise
        self.names = tuple(self._members)
        self._crcs: dict[str, int] = {}
        self._hashes: dict[str, str] = {}

    def __enter__(self) -> Packing:
        """Gives itself."""
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        """Closes the file."""
        self._file.close()

    def _judge(self) -> dict[str, zipfile.ZipInfo]:
        size = self._file.seek(0, os.SEEK_END)
        self._file.seek(max(size - _END.size, 0))
        end = self._file.read()
        try:
            with zipfile.ZipFile(self._file) as archive:
                members, comment, start = archive.infolist(), archive.comment, archive.start_dir
        except (
            zipfile.BadZipFile,
            NotImplementedError,
            ValueError,
            EOFError,
            struct.error,
        ) as error:
            raise PackingInvalid(
                "it is no zip, or not whole", detail=f"{error}".strip() or None
            ) from error
        if not end.startswith(b"PK\5\6") or comment:
            raise PackingInvalid("the zip has something behind its end")
        found: dict[str, zipfile.ZipInfo] = {}
        place = 0
        for member in sorted(members, key=lambda member: member.header_offset):
            name = member.orig_filename
            if name not in LIMITS:
                raise _invalid(name, f"the zip holds {name!r}, which is none of a case's files")
            if name in found:
                raise _invalid(name, f"the zip holds {name} twice")
            self._judge_member(member)
            found[name] = member
            if not 0 <= member.header_offset - place <= _DESCRIPTOR_BYTES * bool(place):
                raise _invalid(name, f"the zip hides something before {name}")
            place = self._start_of(member) + member.compress_size
        if not 0 <= start - place <= _DESCRIPTOR_BYTES:
            raise PackingInvalid("the zip hides something before its directory")
        for name in LIMITS.keys() - OPTIONAL - found.keys():
            raise _invalid(name, f"the zip lacks {name}")
        return {name: found[name] for name in LIMITS if name in found}

    def _judge_member(self, member: zipfile.ZipInfo) -> None:
        name = member.orig_filename
        kind = member.external_attr >> 28
        if member.flag_bits & 0x41 or member.compress_type not in (_STORED, _DEFLATED):
            raise _invalid(name, f"{name} is encrypted, or compressed in a way that isn't read")
        if kind not in (0, 8):
            raise _invalid(name, f"{name} is no plain file")
        if member.file_size > LIMITS[name] or member.file_size > _RATIO * member.compress_size + 64:
            raise _invalid(
                name,
                f"{name} is absurdly large",
                f"It would unpack from {member.compress_size:,} to {member.file_size:,} bytes.",
            )
        if member.compress_type == _STORED and member.file_size != member.compress_size:
            raise _invalid(name, f"the sizes of {name} don't fit one another")

    def _start_of(self, member: zipfile.ZipInfo) -> int:
        name = member.orig_filename.encode()
        self._file.seek(member.header_offset)
        head = self._file.read(_LOCAL.size + len(name))
        if len(head) < _LOCAL.size + len(name):
            raise _invalid(member.orig_filename, f"{member.orig_filename} isn't whole")
        fields = _LOCAL.unpack(head[: _LOCAL.size])
        signature, length, extra = fields[0], int(fields[-2]), int(fields[-1])
        if signature != b"PK\3\4" or length != len(name) or head[_LOCAL.size :] != name:
            raise _invalid(
                member.orig_filename,
                f"{member.orig_filename} doesn't stand where the zip's directory says",
            )
        return member.header_offset + _LOCAL.size + length + extra

    def blocks(self, name: str) -> Iterator[bytes]:
        """Gives a member's content, and at its end knows its digest.

        Raises:
            PackingInvalid: it can't be unpacked, or not to the size that the zip says.
        """
        member = self._members[name]
        place, left = self._start_of(member), member.compress_size
        inflate = zlib.decompressobj(-15) if member.compress_type == _DEFLATED else None
        whole, size, crc = hashlib.sha256(), 0, 0
        while left:
            self._file.seek(place)
            block = self._file.read(min(left, _BLOCK))
            if not block:
                raise _invalid(name, f"{name} isn't whole")
            place += len(block)
            left -= len(block)
            for content in _inflated(name, inflate, block):
                size += len(content)
                if size > member.file_size:
                    raise _invalid(name, f"{name} is larger than the zip says")
                whole.update(content)
                crc = zlib.crc32(content, crc)
                yield content
        if size != member.file_size or (inflate and not inflate.eof):
            raise _invalid(name, f"{name} isn't whole")
        self._hashes[name] = whole.hexdigest()
        self._crcs[name] = crc

    def read(self, name: str) -> bytes:
        """Gives a member's content.

        Raises:
            PackingInvalid: as `blocks`.
        """
        return b"".join(self.blocks(name))

    def lines(self, name: str) -> Iterator[bytes]:
        r"""Gives a member's lines, each with its `\n`, which the last one may lack.

        Raises:
            PackingInvalid: as `blocks`, or a line is longer than a case has it.
        """
        held = b""
        for block in self.blocks(name):
            *lines, held = (held + block).split(b"\n")
            for line in lines:
                yield line + b"\n"
            if len(held) > LINE_BYTES:
                raise _invalid(name, f"{name} has a line that is absurdly long")
        if held:
            yield held

    def sha256(self, name: str) -> str:
        """Gives the SHA-256 of a member that was read to its end, in hexadecimal."""
        return self._hashes[name]

    def wrong_crcs(self) -> list[str]:
        """Names the members that aren't what the zip's own checksum says."""
        return [name for name, crc in self._crcs.items() if crc != self._members[name].CRC]

    def deviation(self) -> int | None:
        """Gives the place of the first byte that `pack` would have laid out otherwise, or None.

        All members must have been read to their ends. What they hold isn't looked at here.
        """
        place = 0
        laid = [(name, self._crcs[name], self._members[name].file_size) for name in self._members]
        for name, crc, size in laid:
            head = _local(name, crc, size)
            if (difference := self._difference(place, head)) is not None:
                return difference
            place += len(head) + size
        return self._difference(place, _directory(laid), is_end=True)

    def _difference(self, place: int, expected: bytes, *, is_end: bool = False) -> int | None:
        self._file.seek(place)
        found = self._file.read(len(expected) + is_end)
        if found == expected:
            return None
        shorter = min(len(found), len(expected))
        return place + next((n for n in range(shorter) if found[n] != expected[n]), shorter)


def _inflated(name: str, inflate: Any, block: bytes) -> Iterator[bytes]:
    if inflate is None:
        yield block
        return
    try:
        content = b""
        # Content may be left inside when nothing of the block is.
        while block or len(content) == _BLOCK:
            content = inflate.decompress(block, _BLOCK)
            yield content
            block = inflate.unconsumed_tail
        if inflate.unused_data:
            raise _invalid(name, f"{name} hides something behind its end")
    except zlib.error as error:
        raise _invalid(name, f"{name} can't be unpacked", f"{error}") from error


def _invalid(
    member: str, message: str, detail: str | None = None, hint: str | None = None
) -> PackingInvalid:
    error = PackingInvalid(message, detail=detail, hint=hint)
    error.member = member
    return error
