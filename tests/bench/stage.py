"""Where the bench runs, who connects there, and how two sides are set in relation."""

from __future__ import annotations

import contextlib
import os
import re
import shutil
import statistics
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from uuid import UUID

import psycopg
from psycopg import sql

from pgwitness import server as servers
from pgwitness.migrations import create_roles, install

TENANT = UUID("6f1c6c1e-55a8-4a5c-9a3f-0d6a1f0b7e10")
APP, READER, ADMIN = "bench_app", "bench_reader", "bench_admin"


LOG = """
insert into audit_private.event (
  tenant_id, occurred_at, id, recorded_at, sequence, transaction_id, salt, source, action,
  entity_type, actor_type, outcome, recorded_by, actor_id, entity_id, description, actor, target,
  metadata
)
select
  %(tenant)s, e.moment, audit_private.new_event_id(e.moment, e.n), e.moment, e.n,
  txid_current(), gen_random_uuid(), 'logged', 'assistant_updated', 'assistant', 'user', 'success',
  'bench', 'user ' || e.n %% 499, 'thing ' || e.n %% 99991,
  concat_ws(
    ' ', 'User', e.n %% 997, 'changed', md5(e.n::text), 'in space', md5((e.n %% 1009)::text)),
  jsonb_build_object('id', 'user ' || e.n %% 997, 'name', 'User ' || e.n %% 997),
  jsonb_build_object('id', 'thing ' || e.n %% 99991, 'name', md5((e.n %% 99991)::text)),
  jsonb_build_object('via', 'web', 'request', md5(e.n::text))
from (
  select n, now() - interval '1 hour' + n * interval '1 microsecond' as moment
  from generate_series(1, %(rows)s::bigint) as n
) e
"""


@dataclass(frozen=True, slots=True)
class Comparison:
    """One row of the table.

    Attributes:
        name: What was measured.
        against: What it was compared with.
        unit: Unit of both medians.
        ours: Median of pgwitness' runs.
        theirs: Median of the other side's runs.
        ratio: What the goal is about.
        goal: The goal, for people.
        is_reached: Whether the ratio reaches it; None where there is no goal.
        samples: Every run of both sides.
    """

    name: str
    against: str
    unit: str
    ours: float
    theirs: float
    ratio: float
    goal: str
    is_reached: bool | None
    samples: dict[str, list[float]]


def relate(
    name: str,
    against: str,
    unit: str,
    samples: dict[str, list[float]],
    *,
    at_least: float | None = None,
    at_most: float | None = None,
    below: float | None = None,
    is_inverse: bool = False,
) -> Comparison:
    """Set the medians of two sides in relation.

    Args:
        name: What was measured.
        against: What it is compared with.
        unit: Unit of the samples.
        samples: Every run, under "ours" and "theirs".
        at_least: The goal, when more is better.
        at_most: The goal, when less is better.
        below: The goal, when less is better and as much isn't enough.
        is_inverse: The ratio is theirs to ours, as for times that say how much faster we are.
    """
    ours, theirs = (statistics.median(samples[side]) for side in ("ours", "theirs"))
    ratio = theirs / ours if is_inverse else ours / theirs
    goal, is_reached = "none", None
    if at_least is not None:
        goal, is_reached = f"≥ {at_least:g}", ratio >= at_least
    elif at_most is not None:
        goal, is_reached = f"≤ {at_most:g}", ratio <= at_most
    elif below is not None:
        goal, is_reached = f"< {below:g}", ratio < below
    return Comparison(name, against, unit, ours, theirs, ratio, goal, is_reached, samples)


def compare(
    name: str,
    against: str,
    unit: str,
    ours: Callable[[], float],
    theirs: Callable[[], float],
    *,
    runs: int,
    at_least: float | None = None,
    at_most: float | None = None,
    is_inverse: bool = False,
) -> Comparison:
    """Let both sides take turns, `runs` times, and set their medians in relation.

    The other arguments are those of `relate`, with one run of either side for the samples.
    """
    samples: dict[str, list[float]] = {"ours": [], "theirs": []}
    for run in range(runs):
        samples["ours"].append(ours())
        samples["theirs"].append(theirs())
        tell(f"  {name}, run {run + 1} of {runs}: "
             f"{samples['ours'][-1]:,.4g} against {samples['theirs'][-1]:,.4g} {unit}")  # fmt: skip
    return relate(
        name, against, unit, samples, at_least=at_least, at_most=at_most, is_inverse=is_inverse
    )


def tell(text: str) -> None:
    """Say how far we are."""
    print(text, file=sys.stderr, flush=True)


# The server ---------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Place:
    """A database that the bench runs in.

    Attributes:
        dsn: A superuser's connection string.
        pgbench: The program.
    """

    dsn: str
    pgbench: Path

    def connect(self, role: str | None = None) -> psycopg.Connection[Any]:
        """Connect in autocommit, as the superuser or as a role of the bench."""
        dsn = psycopg.conninfo.make_conninfo(self.dsn, **({"user": role} if role else {}))
        return psycopg.connect(dsn, autocommit=True)

    @contextlib.contextmanager
    def other_database(self, name: str) -> Iterator[Place]:
        """Make a database on the same server that is gone afterwards."""
        drop = sql.SQL("drop database if exists {} with (force)").format(sql.Identifier(name))
        with self.connect() as connection:
            connection.execute(drop)
            connection.execute(sql.SQL("create database {}").format(sql.Identifier(name)))
            try:
                dsn = psycopg.conninfo.make_conninfo(self.dsn, dbname=name)
                yield Place(dsn, self.pgbench)
            finally:
                connection.execute(drop)


@contextlib.contextmanager
def open_place() -> Iterator[Place]:
    """Give the database that PGWITNESS_DSN names, or one of a new server on disk."""
    binaries = servers.find_binaries()
    found = binaries / "pgbench"
    pgbench = found if found.is_file() else Path(shutil.which("pgbench") or "")
    if not pgbench.is_file():
        raise SystemExit(f"pgbench is neither in {binaries} nor on PATH")
    named = os.environ.get("PGWITNESS_DSN")
    if named:
        yield Place(named, pgbench)
        return
    # A server in memory has no disk to wait for, so none of its figures would mean anything.
    servers.MEMORY_NEEDED = sys.maxsize
    with servers.Server(settings={"fsync": "on"}) as server:
        with psycopg.connect(server.dsn(), autocommit=True) as connection:
            connection.execute("create database bench")
        dsn = psycopg.conninfo.make_conninfo(server.dsn("bench"), host=str(server.directory))
        yield Place(dsn, server.binaries / "pgbench")


def set_up(place: Place) -> None:
    """Install the log, its catalogue, and a tenant with three logins."""
    tell("Installing")
    with place.connect() as connection:
        connection.execute("create extension if not exists pg_trgm")
        connection.execute("drop schema if exists bench cascade")
        connection.execute("create schema bench")
    create_roles(place.dsn)
    install(place.dsn)
    with place.connect() as connection:
        for role, group in ((APP, "audit_app"), (READER, "audit_reader"), (ADMIN, "audit_admin")):
            add_login(connection, role, group)
            connection.execute(
                sql.SQL("grant usage on schema bench to {}").format(sql.Identifier(role))
            )
        eneo = Path(__file__).resolve().parents[2] / "sql" / "catalogue" / "eneo.sql"
        with connection.transaction():
            connection.execute("set local role audit_operator")
            connection.execute(eneo.read_text(encoding="utf-8").encode())
        with connection.transaction():
            connection.execute("set local role audit_operator")
            connection.execute(
                "select audit.register_tenant(tenant_id => %s, name => 'Bench')", [TENANT]
            )
            for role in (APP, READER, ADMIN):
                connection.execute(
                    "select audit.grant_tenant(role => %s, tenant_id => %s)", [role, TENANT]
                )


def add_login(connection: psycopg.Connection[Any], role: str, group: str) -> None:
    """Make a login unless there is one, and a member of a role of pgwitness."""
    known = connection.execute("select from pg_roles where rolname = %s", [role]).fetchone()
    if known is None:
        connection.execute(sql.SQL("create role {} login").format(sql.Identifier(role)))
    connection.execute(
        sql.SQL("grant {} to {}").format(sql.Identifier(group), sql.Identifier(role))
    )


@contextlib.contextmanager
def keep_on_cores(place: Place, cores: str) -> Iterator[None]:
    """Run a client and its server's process on one core, on two, or where the kernel likes.

    On a virtual machine, waking a process on another core can take as long as a short transaction:
    the same ratio is then another one, for minutes, when the kernel changes its mind.
    """
    if cores == "any":
        yield
        return
    with place.connect() as connection:
        if not connection.info.host.startswith("/"):
            raise SystemExit("a server's core can be chosen only over its socket, on this machine")
        lines = connection.execute("select pg_read_file('postmaster.pid')").fetchone()
    assert lines is not None
    server, everywhere = int(lines[0].split()[0]), os.sched_getaffinity(0)
    first, last = min(everywhere), max(everywhere)
    os.sched_setaffinity(server, {first})
    os.sched_setaffinity(0, {first if cores == "one" else last})
    try:
        yield
    finally:
        os.sched_setaffinity(server, everywhere)
        os.sched_setaffinity(0, everywhere)


def run_pgbench(
    place: Place,
    script: Path,
    parameters: Mapping[str, str],
    *,
    clients: int,
    seconds: float,
    synchronous_commit: str,
) -> float:
    """Run a script, prepared, as the application, and give transactions a second."""
    done = subprocess.run(
        [
            str(place.pgbench),
            *("-n", "-M", "prepared"),
            *("-c", str(clients)),
            *("-j", str(min(clients, os.cpu_count() or 1))),
            *("-T", str(max(1, round(seconds)))),
            *(f"-D{name}={value}" for name, value in parameters.items()),
            *("-f", str(script)),
            psycopg.conninfo.make_conninfo(place.dsn, user=APP),
        ],
        env={**os.environ, "PGOPTIONS": f"-c synchronous_commit={synchronous_commit}"},
        capture_output=True,
        text=True,
        check=False,
    )
    found = re.search(r"^tps = ([0-9.]+)", done.stdout, re.MULTILINE)
    if done.returncode != 0 or found is None or "aborted" in done.stderr:
        raise SystemExit(f"pgbench failed:\n{done.stdout}\n{done.stderr}")
    return float(found[1])


def pgbench_latencies(
    place: Place, script: Path, folder: Path, *, clients: int, seconds: float
) -> list[int]:
    """Run a script, prepared, as the application, and give each transaction's microseconds."""
    prefix = folder / "latency"
    for earlier in folder.glob("latency.*"):
        earlier.unlink()
    done = subprocess.run(
        [
            str(place.pgbench),
            *("-n", "-M", "prepared", "-l", "--log-prefix", str(prefix)),
            *("-c", str(clients), "-j", "1"),
            *("-T", str(max(1, round(seconds)))),
            *("-f", str(script)),
            psycopg.conninfo.make_conninfo(place.dsn, user=APP),
        ],
        capture_output=True,
        text=True,
        check=False,
    )
    latencies = [
        int(line.split()[2])
        for log in folder.glob("latency.*")
        for line in log.read_text(encoding="utf-8").splitlines()
    ]
    if done.returncode != 0 or not latencies:
        raise SystemExit(f"pgbench failed:\n{done.stdout}\n{done.stderr}")
    return latencies


def log_events(connection: psycopg.Connection[Any], rows: int) -> None:
    """Put a tenant's events of the last hour into the log, as a superuser, quicker than logging."""
    tell(f"Logging {rows:,} events")
    connection.execute(LOG, {"tenant": TENANT, "rows": rows})
    connection.execute("vacuum (freeze, analyze) audit_private.event")


def copy_out(place: Place, folder: Path) -> float:
    """Have the server write all events of the tenant into a file, newest first, in seconds."""
    file = folder / "theirs"
    columns = """tenant_id, occurred_at, id, recorded_at, sequence, transaction_id, source,
      action, entity_type, entity_id, actor_type, actor_id, actor, description, target, changes,
      metadata, outcome, error_message, ip, user_agent, request_id, recorded_by"""
    with place.connect() as connection:
        began = time.monotonic()
        connection.execute(
            f"copy (select {columns} from audit_private.event where tenant_id = '{TENANT}' "
            f"order by occurred_at desc, id desc) to '{file}' (format csv, header)"
        )
        seconds = time.monotonic() - began
        connection.execute(f"copy (select 1) to program 'rm {file}'")
    return seconds
