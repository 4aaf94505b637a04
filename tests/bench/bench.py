"""Measures pgwitness against bare PostgreSQL, as ratios in one run on one machine.

`make bench` runs it on a throw-away server with PostgreSQL's own defaults and its files on disk, or
on a database to spare (PGWITNESS_DSN, a superuser's: a tenant, three logins and millions of events
stay there).
The two sides of a comparison take turns, and the median of the runs counts.

What is compared with what:

- Writers: pgbench, prepared statements, one event a transaction. The other side inserts the same
  row, all values given, into a twin: same columns, partitions and indexes, no row-level security,
  no triggers.
- Batches: both sides read the same 10,000 events from a table on the server, the one as the JSON
  that `log_events` takes, the other as columns for one INSERT … SELECT into the twin.
- Pages: 100 events through `search_events`, the newest ones and those behind half a million.
- Search: a word that stands in a handful of one tenant's events, through `search_events`, against
  a sequential ILIKE over a table that holds nothing but the text that is searched.
"""

from __future__ import annotations

import argparse
import contextlib
import json
import os
import platform
import re
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from dataclasses import asdict, dataclass
from datetime import UTC, datetime, timedelta
from functools import partial
from pathlib import Path
from typing import Any
from uuid import UUID

import psycopg
from psycopg import sql
from psycopg.rows import dict_row

from pgwitness import server as servers
from pgwitness.migrations import create_roles, install

TENANT = UUID("6f1c6c1e-55a8-4a5c-9a3f-0d6a1f0b7e10")
APP, READER, ADMIN = "bench_app", "bench_reader", "bench_admin"
RARE_WORD = "quokkaberg"
DEPTH = 500_000
BATCH = 10_000
PAGE = 100
WEEKS = 8

EVENT = {
    "action": "assistant_updated",
    "entity_type": "assistant",
    "entity_id": "0f8fad5b-d9cb-469f-a165-70867728950e",
    "description": "Ada Lovelace changed the prompt of the assistant Timetable",
    "metadata": {"space": "Planning", "via": "web", "version": 17},
    "target": {
        "type": "assistant",
        "id": "0f8fad5b-d9cb-469f-a165-70867728950e",
        "name": "Timetable",
    },
    "changes": {"prompt": {"old": "Answer in one line.", "new": "Answer in two lines."}},
    "actor_id": "7c9e6679-7425-40de-944b-e07fc1f90ae7",
    "actor_type": "user",
    "actor": {
        "id": "7c9e6679-7425-40de-944b-e07fc1f90ae7",
        "name": "Ada Lovelace",
        "email": "ada@example.org",
    },
}
"""What every writer writes."""

SETTINGS = (
    "server_version",
    "fsync",
    "full_page_writes",
    "synchronous_commit",
    "wal_level",
    "shared_buffers",
    "max_wal_size",
    "work_mem",
    "max_parallel_workers_per_gather",
    "autovacuum",
)
"""Settings that the figures depend on most."""


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
        is_reached: Whether the ratio reaches it.
        samples: Every run of both sides.
    """

    name: str
    against: str
    unit: str
    ours: float
    theirs: float
    ratio: float
    goal: str
    is_reached: bool
    samples: dict[str, list[float]]


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
    """Let both sides take turns and set their medians in relation.

    Args:
        name: What is measured.
        against: What it is compared with.
        unit: Unit of what both return.
        ours: One run of pgwitness.
        theirs: One run of the other side.
        runs: How often each runs.
        at_least: The goal, when more is better.
        at_most: The goal, when less is better.
        is_inverse: The ratio is theirs to ours, as for times that say how much faster we are.
    """
    samples: dict[str, list[float]] = {"ours": [], "theirs": []}
    for run in range(runs):
        samples["ours"].append(ours())
        samples["theirs"].append(theirs())
        tell(f"  {name}, run {run + 1} of {runs}: "
             f"{samples['ours'][-1]:,.4g} against {samples['theirs'][-1]:,.4g} {unit}")  # fmt: skip
    our_median, their_median = (statistics.median(samples[side]) for side in ("ours", "theirs"))
    ratio = their_median / our_median if is_inverse else our_median / their_median
    if at_least is not None:
        goal, is_reached = f"≥ {at_least:g}", ratio >= at_least
    else:
        assert at_most is not None
        goal, is_reached = f"≤ {at_most:g}", ratio <= at_most
    return Comparison(
        name, against, unit, our_median, their_median, ratio, goal, is_reached, samples
    )


def tell(text: str) -> None:
    """Say how far we are."""
    print(text, file=sys.stderr, flush=True)


@dataclass(frozen=True, slots=True)
class Place:
    """Where the bench runs.

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


# Setting up ---------------------------------------------------------------------------------


def set_up(place: Place) -> None:
    """Install the log, its catalogue, a tenant with three logins, and the twin."""
    tell("Installing")
    with place.connect() as connection:
        connection.execute("create extension if not exists pg_trgm")
        connection.execute("drop schema if exists bench cascade")
        connection.execute("create schema bench")
    create_roles(place.dsn)
    install(place.dsn)
    with place.connect() as connection:
        for role, group in ((APP, "audit_app"), (READER, "audit_reader"), (ADMIN, "audit_admin")):
            if not connection.execute("select from pg_roles where rolname = %s", [role]).fetchone():
                connection.execute(sql.SQL("create role {} login").format(sql.Identifier(role)))
            connection.execute(
                sql.SQL("grant {} to {}").format(sql.Identifier(group), sql.Identifier(role))
            )
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
        make_twin(connection)


def make_twin(connection: psycopg.Connection[Any]) -> None:
    """Make a table with the event's columns, partitions and indexes, and nothing else."""
    connection.execute(
        "create table bench.event (like audit_private.event including indexes)"
        " partition by range (occurred_at)"
    )
    partitions = connection.execute(
        """
        select c.relname, pg_get_expr(c.relpartbound, c.oid)
        from pg_inherits i join pg_class c on c.oid = i.inhrelid
        where i.inhparent = 'audit_private.event'::regclass
        """
    ).fetchall()
    for name, bounds in partitions:
        connection.execute(
            sql.SQL("create table bench.{} partition of bench.event {}").format(
                sql.Identifier(name), sql.SQL(bounds)
            )
        )
    connection.execute(sql.SQL("grant insert on bench.event to {}").format(sql.Identifier(APP)))


# Writers ------------------------------------------------------------------------------------


def write_scripts(directory: Path) -> tuple[Path, Path]:
    """Write pgbench's scripts: our call, and the bare INSERT of the row that it makes.

    What the application knows is a parameter in both, so that both parse the same text each time.
    """
    call = ", ".join(f"{name} => :{name}" for name in EVENT)
    ours = directory / "log_event.sql"
    ours.write_text(f"select audit.log_event({call});\n", encoding="utf-8")
    values = {
        "tenant_id": f"'{TENANT}'",
        "occurred_at": "clock_timestamp()",
        "id": "gen_random_uuid()",
        "recorded_at": "clock_timestamp()",
        "sequence": ":place",
        "transaction_id": ":place",
        "salt": "gen_random_uuid()",
        "source": "'logged'",
        "outcome": "'success'",
        "recorded_by": f"'{APP}'",
        **{name: f":{name}" for name in EVENT},
    }
    theirs = directory / "insert.sql"
    theirs.write_text(
        "\\set place random(1, 1000000000)\n"
        f"insert into bench.event ({', '.join(values)}) values ({', '.join(values.values())});\n",
        encoding="utf-8",
    )
    return ours, theirs


def run_pgbench(
    place: Place, script: Path, *, clients: int, seconds: float, synchronous_commit: str
) -> float:
    """Run a script and give transactions a second."""
    parameters = {
        name: value if isinstance(value, str) else json.dumps(value)
        for name, value in EVENT.items()
    }
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


def compare_writers(place: Place, runs: int, seconds: float) -> Iterator[Comparison]:
    """Compare `log_event` with a bare INSERT: durably with 4 clients, and not with one."""
    with tempfile.TemporaryDirectory(prefix="pgwitness-bench-") as directory:
        ours, theirs = write_scripts(Path(directory))
        for clients, commit, goal in ((4, "on", 0.85), (1, "off", 0.70)):
            run = partial(
                run_pgbench, place, clients=clients, seconds=seconds, synchronous_commit=commit
            )
            for script in (ours, theirs):
                run(script, seconds=1)
            yield compare(
                f"log_event, {clients} client{'s' if clients > 1 else ''}, "
                f"synchronous_commit {commit}",
                "prepared bare INSERT",
                "events/s",
                partial(run, ours),
                partial(run, theirs),
                runs=runs,
                at_least=goal,
            )


def compare_batches(place: Place, runs: int, batches: int) -> Comparison:
    """Compare `log_events` with one bare INSERT … SELECT of the same events."""
    with place.connect() as connection:
        connection.execute("drop table if exists bench.given, bench.batch")
        connection.execute(
            "create table bench.given as select e.* from generate_series(1, %s),"
            " jsonb_to_record(%s::jsonb) as e(action text, entity_type text, entity_id text,"
            " description text, metadata jsonb, target jsonb, changes jsonb, actor_id text,"
            " actor_type text, actor jsonb)",
            [BATCH, json.dumps(EVENT)],
        )
        connection.execute(
            "create table bench.batch as select jsonb_agg(to_jsonb(g)) as events from bench.given g"
        )
        connection.execute(
            sql.SQL("grant select on bench.given, bench.batch to {}").format(sql.Identifier(APP))
        )
        connection.execute("vacuum analyze bench.given, bench.batch")
    columns = ", ".join(EVENT)
    insert = (
        "insert into bench.event (tenant_id, occurred_at, id, recorded_at, sequence,"
        f" transaction_id, salt, source, outcome, recorded_by, {columns})"
        f" select '{TENANT}', clock_timestamp(), gen_random_uuid(), clock_timestamp(), 1, 1,"
        f" gen_random_uuid(), 'logged', 'success', '{APP}', {columns} from bench.given"
    )
    with place.connect(APP) as connection:

        def run(statement: str) -> float:
            start = time.perf_counter()
            for _ in range(batches):
                connection.execute(statement.encode())
            return batches * BATCH / (time.perf_counter() - start)

        return compare(
            f"log_events, {BATCH:,} a batch",
            "one bare INSERT … SELECT",
            "events/s",
            lambda: run("select * from audit.log_events((select events from bench.batch))"),
            lambda: run(insert),
            runs=runs,
            at_least=0.60,
        )


# Reading ------------------------------------------------------------------------------------


def load_events(place: Place, rows: int) -> None:
    """Put events into the weeks that have passed, and close these weeks' partitions.

    An import makes the partitions; the rows go in as the writer's own INSERT, all of them before
    the partitions are closed, since they are what is read and not what is measured.
    """
    tell(f"Loading {rows:,} events")
    now = datetime.now(UTC)
    seeds = [
        {
            **EVENT,
            "idempotency_key": f"seed {week}",
            "occurred_at": (now - timedelta(weeks=week)).isoformat(),
        }
        for week in range(1, WEEKS + 1)
    ]
    with place.connect(ADMIN) as connection:
        refused = connection.execute(
            "select message from audit.import_events(events => %s::jsonb, reason => %s)"
            " where result = 'refused'",
            [json.dumps(seeds), "makes partitions for the bench"],
        ).fetchall()
        if refused:
            raise SystemExit(f"the import refused: {refused}")
    with place.connect() as connection, connection.transaction():
        connection.execute("set local role audit_writer")
        connection.execute(
            """
            insert into audit_private.event (
              tenant_id, occurred_at, id, recorded_at, sequence, transaction_id, salt, source,
              action, entity_type, actor_type, outcome, recorded_by, actor_id, entity_id,
              description, actor, target, metadata
            )
            select
              %(tenant)s, e.moment,
              audit_private.new_event_id(e.moment, e.n), e.moment, e.n, 0,
              gen_random_uuid(), 'imported',
              (array['assistant_updated', 'space_created', 'file_uploaded', 'app_executed'])
                [1 + e.n %% 4],
              (array['assistant', 'space', 'file', 'app'])[1 + e.n %% 4],
              'user', 'success', 'bench', 'user ' || e.n %% 997, 'thing ' || e.n %% 99991,
              concat_ws(' ', 'User', e.n %% 997, 'changed', md5(e.n::text), 'in space',
                md5((e.n %% 1009)::text), case when e.n %% %(rarity)s = 7 then %(word)s end),
              jsonb_build_object('id', 'user ' || e.n %% 997, 'name', 'User ' || e.n %% 997),
              jsonb_build_object(
                'id', 'thing ' || e.n %% 99991, 'name', md5((e.n %% 99991)::text)),
              jsonb_build_object('via', 'web', 'request', md5(e.n::text))
            from (
              select n, now() - interval '8 days'
                - (interval '1 day' * (7 * %(weeks)s - 14)) * (n / %(rows)s::float8) as moment
              from generate_series(1, %(rows)s::bigint) as n
            ) e
            """,
            {
                "tenant": TENANT,
                "rows": rows,
                "weeks": WEEKS,
                "word": RARE_WORD,
                "rarity": max(rows // 10, 8),
            },
        )
    with place.connect() as connection:
        tell("Closing partitions")
        names = connection.execute(
            "select partition_name from audit.list_partitions()"
            " where until_time <= now() - interval '24 hours' and not is_closed"
        ).fetchall()
        for (name,) in names:
            connection.execute("select audit.close_partition(partition => %s)", [name])
        connection.execute("vacuum (analyze) audit_private.event")
        tell("Copying the text that is searched")
        connection.execute("drop table if exists bench.text")
        connection.execute(
            "create table bench.text as select occurred_at, id,"
            " audit_private.search_text_v1(description, actor, target, metadata) as text"
            " from audit_private.event where tenant_id = %s and source = 'imported'",
            [TENANT],
        )
        connection.execute("vacuum analyze bench.text")


def take_page(
    connection: psycopg.Connection[Any], filter: str, after: str | None, size: int
) -> str | None:
    """Read a page and give its last row's cursor."""
    with connection.cursor(row_factory=dict_row) as cursor:
        rows = cursor.execute(
            "select * from audit.search_events(filter => %s::jsonb, page_size => %s, after => %s)",
            [filter, size, after],
        ).fetchall()
    return rows[-1]["cursor"] if rows else None


def measure(act: Callable[[], object], times: int) -> float:
    """Give the median of an act's time in milliseconds."""
    taken = []
    for _ in range(times):
        start = time.perf_counter()
        act()
        taken.append((time.perf_counter() - start) * 1000)
    return statistics.median(taken)


def compare_pages(place: Place, runs: int, rows: int) -> Comparison:
    """Compare the first page with one 500,000 events deep, or half as deep as there are events."""
    depth = min(DEPTH, rows // 2)
    with place.connect(READER) as connection:
        connection.execute(
            "select audit.open_access(access_reason => 'troubleshooting',"
            " justification => 'measures how fast pages come')"
        )
        tell(f"Walking {depth:,} events deep")
        cursor = None
        for step in [1000] * (depth // 1000) + ([depth % 1000] if depth % 1000 else []):
            cursor = take_page(connection, "{}", cursor, step)
        return compare(
            f"a page {depth:,} deep in {rows:,}",
            "the first page",
            "ms",
            lambda: measure(lambda: take_page(connection, "{}", cursor, PAGE), 5),
            lambda: measure(lambda: take_page(connection, "{}", None, PAGE), 5),
            runs=runs,
            at_most=2,
        )


def compare_search(place: Place, runs: int, rows: int) -> Comparison:
    """Compare a search for a rare word with a sequential ILIKE over the same text.

    Of the weeks that have passed, since each search is itself an event that holds the word.
    """
    until = (datetime.now(UTC) - timedelta(days=7)).isoformat()
    wanted = json.dumps({"search": RARE_WORD, "to": until})
    with place.connect(READER) as reader, place.connect() as superuser:
        (expected,) = superuser.execute(
            "select count(*) from bench.text where text ilike %s", [f"%{RARE_WORD}%"]
        ).fetchone() or (0,)

        def search() -> None:
            found = reader.execute(
                "select id from audit.search_events(filter => %s::jsonb)", [wanted]
            ).fetchall()
            if len(found) != expected:
                raise SystemExit(f"the search found {len(found)} events instead of {expected}")

        def scan() -> None:
            superuser.execute(
                "select id from bench.text where text ilike %s order by occurred_at desc, id desc"
                " limit 100",
                [f"%{RARE_WORD}%"],
            ).fetchall()

        return compare(
            f"a word in {expected} of {rows:,} events",
            "sequential ILIKE",
            "ms",
            lambda: measure(search, 3),
            lambda: measure(scan, 1),
            runs=runs,
            at_least=50,
            is_inverse=True,
        )


# The report ---------------------------------------------------------------------------------


def describe_machine(place: Place) -> dict[str, Any]:
    """Give what the figures depend on: the machine, its load, the server and its settings."""
    with place.connect() as connection:
        settings = dict(
            connection.execute(
                "select name, current_setting(name) from unnest(%s::text[]) as name",
                [list(SETTINGS)],
            ).fetchall()
        )
    processor = platform.processor()
    with contextlib.suppress(OSError):
        found = re.search(r"model name\s*:\s*(.+)", Path("/proc/cpuinfo").read_text())
        processor = found[1] if found else processor
    return {
        "cores": os.cpu_count(),
        "processor": processor,
        "load": os.getloadavg()[0],
        "memory_bytes": os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES"),
        "system": platform.platform(),
        "settings": settings,
    }


def print_table(comparisons: list[Comparison]) -> None:
    """Print the ratios as a Markdown table."""
    rows = [("what", "against", "ours", "theirs", "ratio", "goal", "reached")]
    rows += [
        (
            c.name,
            c.against,
            f"{c.ours:,.4g} {c.unit}" if c.ours < 1000 else f"{c.ours:,.0f} {c.unit}",
            f"{c.theirs:,.4g} {c.unit}" if c.theirs < 1000 else f"{c.theirs:,.0f} {c.unit}",
            f"{c.ratio:.2f}",
            c.goal,
            "yes" if c.is_reached else "no",
        )
        for c in comparisons
    ]
    widths = [max(len(row[column]) for row in rows) for column in range(len(rows[0]))]
    for number, row in enumerate(rows):
        print(
            "| "
            + " | ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True))
            + " |"
        )
        if number == 0:
            print("|" + "|".join("-" * (width + 2) for width in widths) + "|")


def main(arguments: list[str] | None = None) -> int:
    """Run the bench; the exit code says nothing about the goals."""
    parser = argparse.ArgumentParser(prog="make bench", description=(__doc__ or "").split("\n")[0])
    parser.add_argument("--rows", type=int, help="events to page and search in (1,000,000)")
    parser.add_argument("--runs", type=int, help="runs of each side (5)")
    parser.add_argument("--seconds", type=float, help="length of a writer's run (10)")
    parser.add_argument("--quick", action="store_true", help="show that it works, in a minute")
    parser.add_argument("--output", type=Path, default=Path("bench.json"), help="bench.json")
    chosen = parser.parse_args(arguments)
    rows = chosen.rows or (50_000 if chosen.quick else 1_000_000)
    runs = chosen.runs or (1 if chosen.quick else 5)
    seconds = chosen.seconds or (1 if chosen.quick else 10)
    with open_place() as place:
        set_up(place)
        machine = describe_machine(place)
        comparisons = list(compare_writers(place, runs, seconds))
        comparisons.append(compare_batches(place, runs, 2 if chosen.quick else 10))
        load_events(place, rows)
        comparisons.append(compare_pages(place, runs, rows))
        comparisons.append(compare_search(place, runs, rows))
        with place.connect() as connection:
            connection.execute("drop schema bench cascade")
    print_table(comparisons)
    chosen.output.write_text(
        json.dumps(
            {
                "machine": machine,
                "is_quick": chosen.quick,
                "rows": rows,
                "runs": runs,
                "seconds": seconds,
                "comparisons": [asdict(comparison) for comparison in comparisons],
            },
            indent=2,
            ensure_ascii=False,
        )
        + "\n",
        encoding="utf-8",
    )
    print(f"\nWritten to {chosen.output}.")
    return 0


if __name__ == "__main__":
    sys.exit(main())
