"""Where archived files are: a folder, or any address that fsspec knows, such as s3://….

A file is written under a name of its own in `_part`, and moved to its own name when it was read
back; nothing is ever written over. What a killed run leaves in `_part` the next one removes.
"""

from __future__ import annotations

import os
from collections.abc import Callable
from contextlib import suppress
from importlib import import_module
from posixpath import basename
from typing import Any
from uuid import uuid4

PARTS = "_part"
"""Folder of what is being written; readers of Parquet leave out what begins with an underscore."""


class Folder:
    """An archive's files, by their paths below its address."""

    def __init__(self, address: str) -> None:
        """Opens it; it needn't exist.

        Args:
            address: a path, or an address such as file:///archive or s3://bucket/archive. Keys and
                the like come from the environment, as each file system of fsspec has it.

        Raises:
            ImportError: fsspec, or the package for that kind of address, isn't installed.
            ValueError: fsspec doesn't know that kind of address.
        """
        self.address = address
        self._files, root = import_module("fsspec.core").url_to_fs(address)
        self._root = root.rstrip("/")
        protocols = self._files.protocol
        self._is_local = "file" in ([protocols] if isinstance(protocols, str) else protocols)

    def names(self, under: str = "") -> list[str]:
        """Lists the files, or those below a folder, in order of their paths.

        Raises:
            OSError: it can't be read.
        """
        self._files.invalidate_cache()
        start = self._path(under) if under else self._root
        try:
            found = self._files.find(start)
        except FileNotFoundError:
            return []
        return sorted(path[len(self._root) + 1 :] for path in found)

    def exists(self, name: str) -> bool:
        """Tells whether there is such a file."""
        self._files.invalidate_cache()
        return bool(self._files.exists(self._path(name)))

    def read(self, name: str) -> bytes:
        """Gives a file's content.

        Raises:
            OSError: it can't be read, or isn't there.
        """
        with self._files.open(self._path(name), "rb") as file:
            content: bytes = file.read()
        return content

    def write(
        self,
        name: str,
        content: bytes,
        *,
        owner: str,
        check: Callable[[bytes], None] = lambda _: None,
    ) -> None:
        """Writes a new file: under its name it is whole, and what was read back.

        Args:
            name: path below the address.
            content: of the file.
            owner: whose it is; `sweep` of the same owner removes what was left half.
            check: is given what was read back, and raises where it isn't right.

        Raises:
            FileExistsError: there is such a file; it stays as it is.
            OSError: it can't be written, or what was read back is something else.
        """
        part = f"{PARTS}/{owner}/{uuid4().hex}-{basename(name)}.part"
        self._make_folder(part)
        try:
            with self._files.open(self._path(part), "wb") as file:
                file.write(content)
                self._settle(file)
            if self._is_local:
                # It is somebody's log.
                os.chmod(self._path(part), 0o600)
            read = self.read(part)
            if read != content:
                raise OSError(f"{name}: what was read back isn't what was written")
            check(read)
            if self.exists(name):
                raise FileExistsError(f"{name} exists")
            self._make_folder(name)
            self._files.mv(self._path(part), self._path(name))
            self._settle_folder(name)
        except BaseException:
            with suppress(FileNotFoundError):
                self._files.rm_file(self._path(part))
            raise

    def remove(self, name: str) -> bool:
        """Removes a file; tells whether it was there.

        Raises:
            OSError: it can't be removed.
        """
        if not self.exists(name):
            return False
        self._files.rm_file(self._path(name))
        return True

    def sweep(self, owner: str) -> int:
        """Removes what a killed run of the same owner has left half; tells how many files.

        Raises:
            OSError: it can't be removed.
        """
        return sum(self.remove(name) for name in self.names(f"{PARTS}/{owner}"))

    def _path(self, name: str) -> str:
        if name.startswith("/") or ".." in name.split("/"):
            raise ValueError(f"{name} isn't a path below an archive")
        return f"{self._root}/{name}"

    def _make_folder(self, name: str) -> None:
        self._files.makedirs(self._path(name).rpartition("/")[0], exist_ok=True)

    def _settle(self, file: Any) -> None:
        """Has a local file on the disk; others are when they are closed."""
        file.flush()
        if self._is_local:
            os.fsync(file.fileno())

    def _settle_folder(self, name: str) -> None:
        if self._is_local:
            descriptor = os.open(self._path(name).rpartition("/")[0], os.O_RDONLY)
            try:
                os.fsync(descriptor)
            finally:
                os.close(descriptor)
