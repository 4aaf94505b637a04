"""Installs, describes and removes pgwitness's schemas. The only module that knows yoyo.

An installation is one transaction: the schemas, the migrations not applied yet, all of `sql/code`
and the record of it commit together or not at all. The advisory lock that keeps two installations
apart belongs to that transaction too, so nothing is left to break after a killed run.
"""

from __future__ import annotations

import contextlib
import glob
import io
import re
import socket
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from uuid import uuid4

import psycopg
from psycopg.rows import namedtuple_row
from yoyo import read_migrations
from yoyo.backends.core.postgresql import PostgresqlPsycopgBackend
from yoyo.connections import parse_uri
from yoyo.internalmigrations import upgrade
from yoyo.migrations import Migration, topological_sort

import pgwitness
from pgwitness import archive, errors, resources

LOCK_KEY = 0x7067776974
"""Advisory lock of an installation in its database: the first letters of our name."""

LOCK_TIMEOUT = 5.0
"""Seconds that an installation waits for each lock that others hold."""

RIVAL_TIMEOUT = 60.0
"""Seconds that an installation waits for another one to end."""

STILL_WRITTEN = "WT085"
"""SQLSTATE of closing a partition too early."""


@dataclass(frozen=True, slots=True)
class Outcome:
    """What an installation did.

    Attributes:
        version: Version that is in force now.
        code_digest: SHA-256 over `sql/code`, in hexadecimal.
        applied: Migrations that this run applied.
        marked: Migrations that were there already and are in the books now.
        is_code_applied: Whether `sql/code` was applied; it isn't when nothing differs.
    """

    version: str
    code_digest: str
    applied: tuple[str, ...]
    marked: tuple[str, ...]
    is_code_applied: bool


@dataclass(frozen=True, slots=True)
class Drift:
    """An object of the database that isn't what was installed.

    Attributes:
        kind: Such as function, trigger, policy, view or table.
        name: Qualified name.
        problem: `changed`, `missing` or `extra`.
    """

    kind: str
    name: str
    problem: str


@dataclass(frozen=True, slots=True)
class Status:
    """What a database has, beside what these files hold.

    Attributes:
        version: Installed version; None when nothing is installed.
        code_digest: Digest of the installed `sql/code`; None when nothing is installed.
        installed_at: When `sql/code` was applied last; None when nothing is installed.
        applied: Migrations that have been applied.
        pending: Migrations of these files that haven't.
        unknown: Applied migrations that these files don't have; the database is newer.
        drift: Objects that were changed by somebody else.
        package_version: Version of these files.
        package_digest: Digest of these files' `sql/code`.
    """

    version: str | None
    code_digest: str | None
    installed_at: datetime | None
    applied: tuple[str, ...]
    pending: tuple[str, ...]
    unknown: tuple[str, ...]
    drift: tuple[Drift, ...]
    package_version: str
    package_digest: str

    @property
    def is_installed(self) -> bool:
        """Whether there is an installation, current or not."""
        return self.version is not None

    @property
    def is_current(self) -> bool:
        """Whether the database is exactly what these files make, and untouched."""
        return (
            self.code_digest == self.package_digest
            and self.version == self.package_version
            and not (self.pending or self.unknown or self.drift)
        )


@dataclass(frozen=True, slots=True)
class Installed:
    """The newest row of the installation's own record."""

    version: str
    code_digest: str
    installed_at: datetime
    migrations: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Rights:
    """What the installing login may, as far as roles go.

    Attributes:
        database: Where it connects to.
        login: Its name.
        lacking: Roles of pgwitness that don't exist, or engine roles that it isn't a member of.
        may_create_roles: Whether it could run `roles.sql` itself.
    """

    database: str
    login: str
    lacking: tuple[str, ...]
    may_create_roles: bool


@dataclass(frozen=True, slots=True)
class Maintained:
    """What a round of maintenance did.

    Attributes:
        closed: Each partition that got its indexes for reading, and how many.
        busy: Partitions that somebody was writing to; they are for the next round.
    """

    closed: dict[str, int]
    busy: tuple[str, ...]


class _Books(PostgresqlPsycopgBackend):
    """yoyo on a connection, inside a transaction and below a lock that are all the caller's.

    yoyo's own backend applies a migration on one connection and marks it on another, so a crash
    in between leaves it applied but unmarked, and its lock is a row that outlives a killed run.
    Here both are the caller's business. It wants its own objects found by search path.
    """

    def __init__(self, connection: psycopg.Connection[Any]) -> None:
        self._given = connection
        super().__init__(parse_uri("postgresql+psycopg:///"), "_yoyo_migration")
        self._internal_schema_updated = True
        upgrade(self)

    def connect(self, dburi: object) -> psycopg.Connection[Any]:
        return self._given

    def transaction(
        self, rollback_on_exit: bool = False
    ) -> contextlib.AbstractContextManager[None]:
        return contextlib.nullcontext()

    def get_log_data(
        self, migration: Migration | None = None, operation: str = "apply"
    ) -> dict[str, object]:
        """Describe an act without asking the operating system who we are: it may not know."""
        return {
            "id": str(uuid4()),
            "migration_id": migration.id if migration else None,
            "migration_hash": migration.hash if migration else None,
            "username": self._given.info.user,
            "hostname": socket.gethostname(),
            "created_at_utc": datetime.now(UTC).replace(tzinfo=None),
            "operation": operation,
        }

    def applied_ids(self) -> set[str]:
        """Give the ids of the migrations in the books."""
        rows = self.execute("select migration_id from audit_migrations._yoyo_migration")
        return {row[0] for row in rows.fetchall()}

    def apply_one(self, migration: Migration, force: bool = False, mark: bool = True) -> None:
        """Apply a migration and put it into the books, in the caller's transaction."""
        # A statement that returns rows would be printed.
        with contextlib.redirect_stdout(io.StringIO()):
            migration.process_steps(self, "apply", force=force)
        self.mark_one(migration, log=False)
        self.log_migration(migration, "apply")


def read_our_migrations() -> list[Migration]:
    """Read `sql/migrations` in the order in which they depend on each other."""
    folder = resources.sql_directory() / "migrations"
    return list(topological_sort(read_migrations(glob.escape(str(folder)))))


def check_rights(dsn: str) -> Rights:
    """Tell whether the login may install, and whether it may give itself what it lacks."""
    with _connect(dsn) as connection:
        row = connection.execute(resources.read_sql("installer_rights.sql").encode()).fetchone()
    assert row is not None
    return Rights(row.database, row.login, tuple(row.lacking), row.may_create_roles)


def create_roles(dsn: str) -> None:
    """Run `roles.sql` as this login, for this login to install with.

    Raises:
        errors.InstallerLacksRights: The login may not create roles, or on PostgreSQL 15 inherits
            from its roles.
    """
    with _connect(dsn) as connection, _refusals(), connection.transaction():
        _lock(connection, RIVAL_TIMEOUT)
        connection.execute(resources.read_sql("roles.sql").encode())


def install(
    dsn: str,
    *,
    lock_timeout: float = LOCK_TIMEOUT,
    rival_timeout: float = RIVAL_TIMEOUT,
    force: bool = False,
) -> Outcome:
    """Install, upgrade or do nothing, whichever the database needs.

    Args:
        dsn: libpq connection string or URI; empty means libpq's own variables.
        force: Apply `sql/code` also when it is unchanged, which undoes changes that others made.
        lock_timeout: Seconds to wait for each lock that somebody else holds.
        rival_timeout: Seconds to wait for another installation in this database.

    Raises:
        errors.SchemaForeign: A schema of our name belongs to somebody else (WT080).
        errors.DatabaseNewer: The database was installed by a newer version (WT081).
        errors.InstallerLacksRights: Roles or rights are missing; the hint says which (WT082).
        errors.Busy: A lock wasn't to be had in time (WT084).
    """
    files = resources.code_files()
    digest = resources.code_digest(files)
    ours = read_our_migrations()
    version = pgwitness.__version__
    with _connect(dsn) as connection, _refusals(), connection.transaction():
        _lock(connection, rival_timeout)
        _limit_waiting(connection, lock_timeout)
        connection.execute(resources.read_sql("schemas.sql").encode())
        connection.execute("set local search_path = audit_migrations")
        # Functions call others that come after them; a test validates all of them afterwards.
        connection.execute("set local check_function_bodies = off")
        installed = _current_installation(connection)
        books = _Books(connection)
        booked = books.applied_ids()
        recorded = set(installed.migrations) if installed else set()
        _refuse_newer(installed, booked | recorded, {migration.id for migration in ours})

        applied, marked = [], []
        for migration in ours:
            if migration.id in booked:
                continue
            _become_owner(connection)
            if migration.id in recorded:
                books.mark_one(migration)
                marked.append(migration.id)
            else:
                books.apply_one(migration)
                applied.append(migration.id)

        names = [migration.id for migration in ours]
        wanted = (version, digest, tuple(names))
        is_code_applied = (
            force
            or installed is None
            or wanted
            != (
                installed.version,
                installed.code_digest,
                installed.migrations,
            )
        )
        if is_code_applied:
            for file in files:
                _become_owner(connection)
                with _naming(file.name):
                    connection.execute(file.text.encode())
            _become_owner(connection)
            connection.execute(
                "select audit_private.record_installation("
                "version => %s, code_digest => %s, migrations => %s)",
                (version, digest, names),
            )
    return Outcome(version, digest, tuple(applied), tuple(marked), is_code_applied)


def status(dsn: str) -> Status:
    """Compare a database with these files and with what was installed in it.

    Raises:
        errors.InstallerLacksRights: The login may not become `audit_owner`.
    """
    files = [migration.id for migration in read_our_migrations()]
    with _connect(dsn) as connection, _refusals(), connection.transaction():
        installed = _current_installation(connection)
        drift = []
        if installed is not None:
            rows = connection.execute("select kind, name, problem from audit_private.list_drift()")
            drift = [Drift(row.kind, row.name, row.problem) for row in rows]
    applied = installed.migrations if installed else ()
    return Status(
        version=installed.version if installed else None,
        code_digest=installed.code_digest if installed else None,
        installed_at=installed.installed_at if installed else None,
        applied=applied,
        pending=tuple(name for name in files if name not in applied),
        unknown=tuple(name for name in applied if name not in files),
        drift=tuple(drift),
        package_version=pgwitness.__version__,
        package_digest=resources.code_digest(resources.code_files()),
    )


def bundle() -> str:
    """Give everything that `install` does to an empty database, as SQL for psql or another tool."""
    files = resources.code_files()
    ours = read_our_migrations()
    names = ", ".join(f"'{migration.id}'" for migration in ours)
    parts = [
        f"-- pgwitness {pgwitness.__version__}, for a database without it.",
        "-- Run it as the login that roles.sql made the installer; it is one transaction.",
        "begin;",
        f"set local lock_timeout = '{LOCK_TIMEOUT:g}s';",
        f"select pg_advisory_xact_lock({LOCK_KEY});",
        "",
        resources.read_sql("schemas.sql"),
        "set local search_path = audit_migrations;",
        "set local check_function_bodies = off;",
    ]
    for migration in ours:
        text = Path(migration.path).read_text(encoding="utf-8")
        parts += ["", f"-- migrations/{migration.id}.sql", "set local role audit_owner;", text]
    for file in files:
        parts += ["", f"-- code/{file.name}", "set local role audit_owner;", file.text]
    parts += [
        "",
        "set local role audit_owner;",
        "select audit_private.record_installation(",
        f"  version => '{pgwitness.__version__}',",
        f"  code_digest => '{resources.code_digest(files)}',",
        f"  migrations => array[{names}]);",
        "commit;",
        "",
    ]
    return "\n".join(parts)


def uninstall(
    dsn: str, *, archive_path: Path | None = None, lock_timeout: float = LOCK_TIMEOUT
) -> archive.Receipt | None:
    """Drop the four schemas and all that is in them; roles stay.

    Args:
        dsn: libpq connection string or URI; empty means libpq's own variables.
        archive_path: A new file for every event, as JSON Lines, compressed when it ends in `.gz`.
            Nothing is dropped before it was read back and found to be complete.
        lock_timeout: Seconds to wait for each lock that somebody else holds.

    Returns:
        What the archive holds; None without one.

    Raises:
        errors.UninstallRefused: Events are too young to go without an archive, objects outside
            depend on pgwitness, or nothing is installed (WT083).
        errors.Busy: A lock wasn't to be had in time (WT084).
        FileExistsError: There is such a file already.
    """
    receipt = None
    with _connect(dsn) as connection, _refusals(), connection.transaction():
        _lock(connection, RIVAL_TIMEOUT)
        _limit_waiting(connection, lock_timeout)
        if archive_path is not None and _current_installation(connection) is not None:
            receipt = archive.write(connection, archive_path)
            connection.execute(
                "select set_config('pgwitness.archived_events', %s, true)", (str(receipt.events),)
            )
        connection.execute("set local role none")
        connection.execute(resources.read_sql("uninstall.sql").encode())
    return receipt


def maintain(dsn: str, *, lock_timeout: float = LOCK_TIMEOUT) -> Maintained:
    """Make the partitions ahead, and the indexes for reading of those that are written no more.

    While a partition's indexes are built, late events and imports into it wait.

    Args:
        dsn: Connection string of a login that is a member of audit_operator.
        lock_timeout: Seconds to wait for transactions that have written to such a partition.

    Raises:
        errors.PgwitnessError: What the database refused.
        psycopg.Error: What else went wrong, the lack of a right among it.
    """
    closed: dict[str, int] = {}
    busy: list[str] = []
    with _connect(dsn) as connection, _translated():
        connection.execute(
            "select set_config('lock_timeout', %s, false)", (_milliseconds(lock_timeout),)
        )
        listed = connection.execute(
            "select partition_name from audit.list_partitions() where not is_closed"
        ).fetchall()
        for (partition,) in listed:
            try:
                row = connection.execute(
                    "select audit.close_partition(partition => %s) as indexes", (partition,)
                ).fetchone()
            except psycopg.errors.LockNotAvailable:
                busy.append(partition)
                continue
            except psycopg.Error as error:
                if error.sqlstate == STILL_WRITTEN:
                    break  # and so are the younger ones, which follow
                raise
            assert row is not None
            closed[partition] = row.indexes
        connection.execute("reset lock_timeout")
        connection.execute("call audit.maintain_partitions()")
    return Maintained(closed, tuple(busy))


@contextlib.contextmanager
def _connect(dsn: str) -> Iterator[psycopg.Connection[Any]]:
    with psycopg.connect(
        dsn,
        autocommit=True,
        row_factory=namedtuple_row,
        fallback_application_name="pgwitness",
    ) as connection:
        connection.add_notice_handler(lambda notice: None)
        yield connection


def _lock(connection: psycopg.Connection[Any], timeout: float) -> None:
    """Keep other installations in this database out until the transaction ends."""
    _limit_waiting(connection, timeout)
    with _naming("another installation of pgwitness"):
        connection.execute("select pg_advisory_xact_lock(%s)", (LOCK_KEY,))


def _limit_waiting(connection: psycopg.Connection[Any], timeout: float) -> None:
    connection.execute("select set_config('lock_timeout', %s, true)", (_milliseconds(timeout),))


def _milliseconds(seconds: float) -> str:
    return f"{max(1, round(seconds * 1000))}ms"


def _become_owner(connection: psycopg.Connection[Any]) -> None:
    connection.execute("set local role audit_owner")


def _current_installation(connection: psycopg.Connection[Any]) -> Installed | None:
    """Read the record of the installation as its owner; None when there is none."""
    row = connection.execute("select to_regrole('audit_owner') as owner").fetchone()
    if row is None or row.owner is None:
        return None
    _become_owner(connection)
    row = connection.execute(
        "select to_regprocedure('audit_private.current_installation()') as known"
    ).fetchone()
    if row is None or row.known is None:
        return None
    row = connection.execute(
        "select version, code_digest, installed_at, migrations"
        " from audit_private.current_installation()"
    ).fetchone()
    if row is None:
        return None
    return Installed(row.version, row.code_digest, row.installed_at, tuple(row.migrations))


def _refuse_newer(installed: Installed | None, applied: set[str], known: set[str]) -> None:
    """Refuse a database that a newer version of us has installed or upgraded.

    Raises:
        errors.DatabaseNewer: It has migrations or a version that these files don't know.
    """
    unknown = ", ".join(sorted(applied - known))
    newer = installed is not None and _numbers(installed.version) > _numbers(pgwitness.__version__)
    if unknown or newer:
        raise errors.DatabaseNewer(
            "the database is newer than this pgwitness",
            detail=f"It has version {installed.version if installed else 'unknown'}"
            + (f" and the unknown migrations {unknown}" if unknown else "")
            + f"; these files are version {pgwitness.__version__}.",
            hint="Install with the newer version of the package. Nothing was changed.",
            sqlstate="WT081",
        )


def _numbers(version: str) -> tuple[int, ...]:
    return tuple(map(int, re.findall(r"\d+", version)))


@contextlib.contextmanager
def _naming(what: str) -> Iterator[None]:
    """Say on a database error what was being done; Python adds it to the error's notes."""
    try:
        yield
    except psycopg.Error as error:
        error.add_note(what)
        raise


@contextlib.contextmanager
def _refusals() -> Iterator[None]:
    """Turn the database's refusals into our exceptions.

    Raises:
        errors.Busy: A lock wasn't to be had in time, or two of us met (WT084).
        errors.InstallerLacksRights: The login lacks a right (WT082).
        errors.PgwitnessError: What our own SQL refused.
    """
    try:
        with _translated():
            yield
    except (psycopg.errors.LockNotAvailable, psycopg.errors.DeadlockDetected) as error:
        raise errors.Busy(
            "the database is busy: a lock was not to be had in time",
            detail=_explain(error),
            hint="Try again when the transactions that are in the way have ended "
            "(pg_stat_activity and pg_locks show them), or wait longer with --lock-timeout. "
            "Nothing was changed.",
            sqlstate="WT084",
        ) from error
    except psycopg.errors.InsufficientPrivilege as error:
        raise errors.InstallerLacksRights(
            "this login lacks a right",
            detail=_explain(error),
            hint="It must be a member of pgwitness's engine roles: have an administrator run "
            "sql/roles.sql (pgwitness sql --roles prints it) with pgwitness.installer set to it. "
            "Nothing was changed.",
            sqlstate="WT082",
        ) from error


@contextlib.contextmanager
def _translated() -> Iterator[None]:
    """Give refusals of our own SQL their Python types."""
    try:
        yield
    except psycopg.Error as error:
        refusal = errors.translate(error)
        if refusal is None:
            raise
        raise refusal from error


def _explain(error: psycopg.Error) -> str:
    notes = getattr(error, "__notes__", [])
    return f"{error.diag.message_primary or error}" + "".join(f" ({note})" for note in notes)
