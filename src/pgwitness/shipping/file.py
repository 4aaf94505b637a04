"""Events in a file, one a line, which is rotated by its size or age.

A batch is in the file and on the disk before it is acknowledged, and a crash leaves no half line:
what isn't ended is cut back before anything is added. A file that is full gets the time as its
ending, by one renaming, and then, where that was asked for, is compressed beside itself.
"""

from __future__ import annotations

import fcntl
import gzip
import os
import re
import shutil
import stat
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from datetime import UTC, datetime, timedelta
from pathlib import Path

from pgwitness.shipping.lines import as_lines
from pgwitness.shipping.transport import (
    DeliveryFailed,
    Destination,
    Refusal,
    ShippedEvent,
    Transport,
)

MODE = 0o600
"""Only we may read it: it is somebody's log."""

BLOCK_BYTES = 64 * 1024
GZIP_LEVEL = 6


class FileTransport(Transport):
    """Writes to a file that nobody else writes to; a lock beside it (`….lock`) sees to that.

    The lock's own time is that of the file's beginning, which no file system keeps for all.
    """

    def __init__(self, destination: Destination) -> None:
        """Takes where it is; the file is opened with the first batch."""
        self._path = Path(destination.text("path"))
        self._rotate_bytes = destination.number("rotate_bytes", 0)
        self._rotate_after = timedelta(hours=destination.number("rotate_hours", 0))
        self._compresses = destination.flag("gzip")
        self._lock: int | None = None
        self._file: int | None = None

    def deliver(self, events: Sequence[ShippedEvent]) -> Sequence[Refusal]:
        """Adds events, and waits for the disk.

        Raises:
            DeliveryFailed: they can't be written, or somebody else writes there; nothing of them
                is left in the file.
        """
        with self._telling():
            if self._was_moved():
                self._close_file()
            if self._is_full():
                self._rotate()
            file = self._open() if self._file is None else self._file
            size = os.fstat(file).st_size
            try:
                _write(file, as_lines(events))
                os.fsync(file)
            except OSError:
                with suppress(OSError):
                    os.ftruncate(file, size)
                raise
        return ()

    def close(self) -> None:
        """Closes the file and gives up the lock."""
        self._close_file()
        if self._lock is not None:
            os.close(self._lock)
            self._lock = None

    @contextmanager
    def _telling(self) -> Iterator[None]:
        try:
            yield
        except BlockingIOError:
            self.close()
            raise DeliveryFailed(f"another process writes to {self._path}") from None
        except OSError as error:
            self.close()
            raise DeliveryFailed(f"{self._path} can't be written: {error.strerror}") from None

    def _close_file(self) -> None:
        if self._file is not None:
            os.close(self._file)
            self._file = None

    def _take_lock(self) -> int:
        if self._lock is None:
            lock = self._path.with_name(f"{self._path.name}.lock")
            descriptor = os.open(lock, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, MODE)
            try:
                fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except OSError:
                os.close(descriptor)
                raise
            self._lock = descriptor
            self._compress_rotated()
        return self._lock

    def _open(self) -> int:
        lock = self._take_lock()
        flags = os.O_RDWR | os.O_APPEND | os.O_CREAT | os.O_CLOEXEC
        file = os.open(self._path, flags, MODE)
        try:
            if not stat.S_ISREG(os.fstat(file).st_mode):
                raise OSError(0, "it is no plain file")
            if os.fstat(file).st_size == 0:
                os.utime(lock)
                _sync_folder(self._path)
            else:
                _cut_torn_line(file)
        except BaseException:
            os.close(file)
            raise
        self._file = file
        return file

    def _was_moved(self) -> bool:
        """Tells whether the file isn't in its place any more, by somebody else's rotation, say."""
        if self._file is None:
            return False
        try:
            return not os.path.samestat(self._path.stat(), os.fstat(self._file))
        except FileNotFoundError:
            return True

    def _is_full(self) -> bool:
        if not (self._rotate_bytes or self._rotate_after):
            return False
        file = self._open() if self._file is None else self._file
        size = os.fstat(file).st_size
        if size == 0:
            return False
        if self._rotate_bytes and size >= self._rotate_bytes:
            return True
        began_at = datetime.fromtimestamp(os.fstat(self._take_lock()).st_mtime, UTC)
        return bool(self._rotate_after) and datetime.now(UTC) - began_at >= self._rotate_after

    def _rotate(self) -> None:
        self._close_file()
        moment = f"{datetime.now(UTC):%Y%m%dT%H%M%S.%fZ}"
        rotated = self._path.with_name(f"{self._path.name}.{moment}")
        self._path.rename(rotated)
        _sync_folder(self._path)
        self._compress_rotated()

    def _compress_rotated(self) -> None:
        """Compresses files that were rotated, those of before a crash too."""
        if not self._compresses:
            return
        rotated = re.compile(re.escape(self._path.name) + r"\.\d{8}T\d{6}\.\d{6}Z")
        for path in sorted(self._path.parent.iterdir()):
            if rotated.fullmatch(path.name):
                _compress(path)


def _write(file: int, content: bytes) -> None:
    left = memoryview(content)
    while left:
        left = left[os.write(file, left) :]


def _cut_torn_line(file: int) -> None:
    """Cuts off what a crash left of a line; it comes again, whole."""
    size = os.fstat(file).st_size
    end = size
    while end > 0:
        begin = max(0, end - BLOCK_BYTES)
        found = os.pread(file, end - begin, begin).rfind(b"\n")
        if found >= 0:
            end = begin + found + 1
            break
        end = begin
    if end < size:
        os.ftruncate(file, end)
        os.fsync(file)


def _compress(path: Path) -> None:
    """Compresses a file; the original goes when the compressed one is whole and on the disk."""
    part = path.with_name(f"{path.name}.gz.part")
    descriptor = os.open(part, os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_CLOEXEC, MODE)
    with (
        os.fdopen(descriptor, "wb") as raw,
        path.open("rb") as original,
    ):
        with gzip.GzipFile("", "wb", GZIP_LEVEL, raw, mtime=0) as packed:
            shutil.copyfileobj(original, packed, BLOCK_BYTES)
        raw.flush()
        os.fsync(raw.fileno())
    part.rename(path.with_name(f"{path.name}.gz"))
    _sync_folder(path)
    path.unlink()


def _sync_folder(path: Path) -> None:
    folder = os.open(path.parent, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(folder)
    finally:
        os.close(folder)
