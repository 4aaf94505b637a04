"""Measures pgwitness against bare PostgreSQL, as ratios in one run on one machine.

`make bench` runs it on a throw-away server with PostgreSQL's own defaults and its files on disk, or
on a database to spare (PGWITNESS_DSN, a superuser's: a tenant, four logins and millions of events
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
- Capture: changes to a watched table against the same changes to an unwatched twin, and against
  the peers that are installed (`pip install 'pgwitness[bench]'`), each in a database of its own
  that is gone afterwards. More in capture.py.
- Retention: purges against DELETE and VACUUM, and against the batched purge of another system; in a
  database of its own. More in retention.py.
- Integrity: sealing and verifying against hashing the same rows once, writers beside a sealer, and
  a proof against fetching its event. More in integrity.py.
- Exporting: exports against COPY of the same columns to a file, and what the client weighs. More in
  exporting.py.
- Shipping: a sink to a file against COPY, its batches in a short and a long log, and writers beside
  it. More in shipping.py.
"""

from __future__ import annotations

import argparse
import contextlib
import json
import os
import platform
import re
import statistics
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import asdict
from datetime import UTC, datetime, timedelta
from functools import partial
from pathlib import Path
from typing import Any

import psycopg
from psycopg import sql
from psycopg.rows import dict_row

if __name__ == "__main__":
    # As a script it finds its neighbours under the names that the tests know them by.
    sys.path[0] = str(Path(__file__).resolve().parents[1])

from bench.capture import CaptureReport, compare_capture
from bench.exporting import compare_exporting
from bench.integrity import compare_integrity
from bench.retention import compare_retention
from bench.shipping import compare_shipping
from bench.stage import (
    ADMIN,
    APP,
    READER,
    TENANT,
    Comparison,
    Place,
    compare,
    open_place,
    run_pgbench,
    set_up,
    tell,
)

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

PARTS = ("writing", "reading", "capture", "retention", "integrity", "exporting", "shipping")

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


# Writers ------------------------------------------------------------------------------------


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


def compare_writers(place: Place, runs: int, seconds: float) -> Iterator[Comparison]:
    """Compare `log_event` with a bare INSERT: durably with 4 clients, and not with one."""
    parameters = {
        name: value if isinstance(value, str) else json.dumps(value)
        for name, value in EVENT.items()
    }
    with tempfile.TemporaryDirectory(prefix="pgwitness-bench-") as directory:
        ours, theirs = write_scripts(Path(directory))
        for clients, commit, goal in ((4, "on", 0.85), (1, "off", 0.70)):
            run = partial(
                run_pgbench,
                place,
                parameters=parameters,
                clients=clients,
                seconds=seconds,
                synchronous_commit=commit,
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
              audit_private.new_event_id(e.moment, e.n), e.moment, e.n, txid_current(),
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


def print_comparisons(comparisons: list[Comparison]) -> None:
    """Print the ratios."""
    rows = [("what", "against", "ours", "theirs", "ratio", "goal", "reached")]
    rows += [
        (
            c.name,
            c.against,
            f"{c.ours:,.4g} {c.unit}" if c.ours < 1000 else f"{c.ours:,.0f} {c.unit}",
            f"{c.theirs:,.4g} {c.unit}" if c.theirs < 1000 else f"{c.theirs:,.0f} {c.unit}",
            f"{c.ratio:.2f}",
            c.goal,
            {True: "yes", False: "no", None: "-"}[c.is_reached],
        )
        for c in comparisons
    ]
    print_table(rows)


def print_table(rows: Sequence[Sequence[str]]) -> None:
    """Print a Markdown table, its head first."""
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
    parser.add_argument("--only", choices=PARTS, help="one part (all)")
    parser.add_argument("--rows", type=int, help="events to page and search in (1,000,000)")
    parser.add_argument("--changes", type=int, help="rows of a captured statement (100,000)")
    parser.add_argument("--expired", type=int, help="events of the purged partition (1,000,000)")
    parser.add_argument("--events", type=int, help="events that are exported (1,000,000)")
    parser.add_argument("--runs", type=int, help="runs of each side (5)")
    parser.add_argument("--seconds", type=float, help="length of a writer's run (10)")
    parser.add_argument(
        "--cores", choices=("any", "one", "two"), default="any",
        help="where client and server run while single rows are captured (any)",
    )  # fmt: skip
    parser.add_argument("--quick", action="store_true", help="show that it works, in a minute")
    parser.add_argument("--output", type=Path, default=Path("bench.json"), help="bench.json")
    chosen = parser.parse_args(arguments)
    parts = (chosen.only,) if chosen.only else PARTS
    rows = chosen.rows or (50_000 if chosen.quick else 1_000_000)
    changes = chosen.changes or (2_000 if chosen.quick else 100_000)
    expired = chosen.expired or (20_000 if chosen.quick else 1_000_000)
    events = chosen.events or rows
    runs = chosen.runs or (1 if chosen.quick else 5)
    seconds = chosen.seconds or (1 if chosen.quick else 10)
    comparisons: list[Comparison] = []
    capture: CaptureReport | None = None
    with open_place() as place:
        machine = describe_machine(place)
        if "writing" in parts or "reading" in parts:
            set_up(place)
        if "writing" in parts:
            with place.connect() as connection:
                make_twin(connection)
            comparisons += compare_writers(place, runs, seconds)
            comparisons.append(compare_batches(place, runs, 2 if chosen.quick else 10))
        if "reading" in parts:
            load_events(place, rows)
            comparisons.append(compare_pages(place, runs, rows))
            comparisons.append(compare_search(place, runs, rows))
        with place.connect() as connection:
            connection.execute("drop schema if exists bench cascade")
        if "capture" in parts:
            capture = compare_capture(
                place, runs=runs, rows=changes, seconds=seconds / 2, cores=chosen.cores
            )
            comparisons += capture.comparisons
        if "retention" in parts:
            comparisons += compare_retention(
                place, runs=min(runs, 3), rows=expired, seconds=seconds
            )
        if "integrity" in parts:
            comparisons += compare_integrity(place, runs=min(runs, 3), rows=rows, seconds=seconds)
        if "exporting" in parts:
            comparisons += compare_exporting(place, runs=min(runs, 3), rows=events)
        if "shipping" in parts:
            comparisons += compare_shipping(place, runs=min(runs, 3), rows=events, seconds=seconds)
    print_comparisons(comparisons)
    if capture:
        print("\nCapture, side by side:\n")
        print_table(capture.as_table())
        for line in capture.not_measured:
            print(f"\nNot measured: {line}.")
    chosen.output.write_text(
        json.dumps(
            {
                "machine": machine,
                "is_quick": chosen.quick,
                "parts": parts,
                "rows": rows,
                "changes": changes,
                "expired": expired,
                "events": events,
                "runs": runs,
                "seconds": seconds,
                "comparisons": [asdict(comparison) for comparison in comparisons],
                "capture": capture
                and {
                    "sides": capture.samples,
                    "cores": chosen.cores,
                    "peers": capture.peers,
                    "not_measured": capture.not_measured,
                },
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
