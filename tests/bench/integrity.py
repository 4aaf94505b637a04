"""Compares sealing and verifying with hashing the same rows once, in a database of its own.

The other side is `count(sha256(row))`, a superuser's, without a wall; both run on one core. Sealing
also writes the lists, and verifying reads them. A proof is compared with `get_event` of the same
event; writers with themselves, without a sealer that runs once a second instead of once a minute.
"""

from __future__ import annotations

import contextlib
import random
import tempfile
import threading
import time
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path
from typing import Any

import psycopg

from bench.stage import (
    READER,
    TENANT,
    Comparison,
    Place,
    add_login,
    compare,
    log_events,
    relate,
    run_pgbench,
    set_up,
    tell,
)

OPERATOR = "bench_operator"
DATABASE = "pgwitness_bench_integrity"

HASH = """
select count(sha256(convert_to(e::text, 'UTF8'))) from audit_private.event e
where e.tenant_id = %s and e.source = 'logged'
"""

WRITE = (
    "select audit.log_event(action => 'assistant_updated', entity_type => 'assistant',"
    " entity_id => 'thing', description => 'A writer among others');\n"
)


def compare_integrity(place: Place, *, runs: int, rows: int, seconds: float) -> list[Comparison]:
    """Compare sealing, verifying, proving, and writing beside a sealer.

    Args:
        place: A server to spare.
        runs: Runs of each side.
        rows: Events.
        seconds: Length of a writer's run.
    """
    hashing: dict[str, list[float]] = {"sealed": [], "verified": [], "hashed": []}
    for run in range(runs):
        with _filled(place, rows) as own:
            for name, taken in _hash(own).items():
                hashing[name].append(taken)
            last = ", ".join(f"{name} in {taken[-1]:.2f} s" for name, taken in hashing.items())
            tell(f"  run {run + 1} of {runs}: {last}")
            if run == runs - 1:
                others = [_compare_proofs(own, runs, rows), _compare_writers(own, runs, seconds)]
    return [
        relate(
            f"{act} {rows:,} events", "count(sha256(row)) of the same", "s",
            {"ours": hashing[name], "theirs": hashing["hashed"]}, at_least=0.4, is_inverse=True,
        )
        for act, name in (("sealing", "sealed"), ("verifying", "verified"))
    ] + others  # fmt: skip


@contextlib.contextmanager
def _filled(place: Place, rows: int) -> Iterator[Place]:
    """Give a database with a log that nobody has sealed yet."""
    with place.other_database(DATABASE) as own:
        set_up(own)
        with own.connect() as connection:
            add_login(connection, OPERATOR, "audit_operator")
            log_events(connection, rows)
            connection.execute("checkpoint")
        yield own


def _timed(connection: psycopg.Connection[Any], statement: str, *values: object) -> float:
    start = time.perf_counter()
    connection.execute(statement.encode(), values or None)
    return time.perf_counter() - start


def _hash(place: Place) -> dict[str, float]:
    """Time each act once, on one core, in seconds."""
    alone = "set max_parallel_workers_per_gather = 0"
    with place.connect() as connection, place.connect(OPERATOR) as operator:
        connection.execute(alone)
        operator.execute(alone)
        connection.execute(HASH, [TENANT])
        hashed = _timed(connection, HASH, TENANT)
        sealed = _timed(operator, "call audit.seal_events()")
        connection.execute("vacuum (analyze) audit_private.seal_part, audit_private.seal")
        start = time.perf_counter()
        found = operator.execute("select kind from audit.verify_events()").fetchall()
        verified = time.perf_counter() - start
        if found:
            raise SystemExit(f"verifying found {found[:3]}")
    return {"sealed": sealed, "verified": verified, "hashed": hashed}


def _compare_proofs(place: Place, runs: int, rows: int) -> Comparison:
    with place.connect(READER) as reader, place.connect() as root:
        reader.execute(
            "select audit.open_access(access_reason => 'audit_review', justification => %s)",
            ["Measuring how long proofs take"],
        )
        ids = [
            row[0]
            for row in root.execute(
                "select id from audit_private.event tablesample system (1) "
                "where source = 'logged' limit 1000"
            )
        ]

        def median(function: str) -> float:
            taken = [
                _timed(reader, f"select audit.{function}(%s)", random.choice(ids))
                for _ in range(50)
            ]
            return sorted(taken)[25] * 1000

        median("prove_event")
        return compare(
            f"proving one event of {rows:,}",
            "fetching it with get_event",
            "ms",
            partial(median, "prove_event"),
            partial(median, "get_event"),
            runs=runs,
            at_most=5,
        )


@contextlib.contextmanager
def writing(place: Place, seconds: float) -> Iterator[Callable[..., float]]:
    """Give what runs two writers and tells events a second, sealed once a second unless told."""
    with tempfile.TemporaryDirectory() as folder:
        script = Path(folder) / "write.sql"
        script.write_text(WRITE, encoding="utf-8")

        def write(*, is_sealed: bool = True, seconds: float = seconds) -> float:
            with _sealing(place) if is_sealed else contextlib.nullcontext():
                return run_pgbench(
                    place, script, parameters={}, clients=2, seconds=seconds,
                    synchronous_commit="on",
                )  # fmt: skip

        write(seconds=1)
        yield write


@contextlib.contextmanager
def _sealing(place: Place) -> Iterator[None]:
    """Seal once a second meanwhile."""
    stop = threading.Event()

    def seal() -> None:
        with place.connect(OPERATOR) as operator:
            while not stop.wait(1):
                operator.execute("call audit.seal_events()")

    sealer = threading.Thread(target=seal)
    sealer.start()
    try:
        yield
    finally:
        stop.set()
        sealer.join()


def _compare_writers(place: Place, runs: int, seconds: float) -> Comparison:
    with writing(place, seconds) as write:
        return compare(
            "log_event, 2 clients, sealed once a second",
            "without sealing",
            "events/s",
            write,
            partial(write, is_sealed=False),
            runs=runs,
            at_least=0.95,
        )
