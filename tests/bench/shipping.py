"""Compares shipping with COPY, a batch of a short log with one of a long log, and writers with
writers beside a shipper, in a database of its own.

The other side of shipping is a superuser's COPY of the same columns into a file of the server. Ours
finds the events by the lists of their seals, gives them to a client in another process, and moves
on by batches that are on the disk.
"""

from __future__ import annotations

import contextlib
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from functools import partial
from pathlib import Path
from typing import Any

import psycopg
from psycopg.types.json import Jsonb

from bench.integrity import writing
from bench.stage import (
    ADMIN,
    Comparison,
    Place,
    add_login,
    compare,
    copy_out,
    log_events,
    relate,
    set_up,
)

OPERATOR = "bench_operator"
SHIPPER = "bench_shipper"
DATABASE = "pgwitness_bench_shipping"
BATCH = 400
BATCHES = 25


def compare_shipping(place: Place, *, runs: int, rows: int, seconds: float) -> list[Comparison]:
    """Compare shipping to a file, batches of a short and a long log, and writers.

    Args:
        place: A server to spare, on this machine.
        runs: Runs of each side.
        rows: Events of the short log; the long one has ten times as many.
        seconds: Length of a writer's run.
    """
    with place.other_database(DATABASE) as own, tempfile.TemporaryDirectory() as folder:
        Path(folder).chmod(0o777)
        set_up(own)
        side = _Side(own, Path(folder))
        side.log(rows)
        shipped = compare(
            f"shipping {rows:,} events to a file", "COPY TO a file", "s", side.ship, side.copy,
            runs=runs, at_least=0.5, is_inverse=True,
        )  # fmt: skip
        short = [side.time_batch() for _ in range(runs)]
        written = _compare_writers(side, runs, seconds)
        side.log(9 * rows)
        long = [side.time_batch(is_at_end=is_at_end) for _ in range(runs) for is_at_end in (0, 1)]
        batch = relate(
            f"a batch of a log of {10 * rows:,}", f"one of a log of {rows:,}", "ms",
            {"ours": long, "theirs": short}, at_most=1.2,
        )  # fmt: skip
        return [shipped, batch, written]


class _Side:
    """A log with one sink, which is shipped from its first event on each time."""

    def __init__(self, place: Place, folder: Path) -> None:
        self.place = place
        self._folder = folder
        with place.connect() as connection:
            add_login(connection, OPERATOR, "audit_operator")
            add_login(connection, SHIPPER, "audit_shipper")

    def log(self, rows: int) -> None:
        """Log events, and seal them about as many at a time as a busy minute brings."""
        with self.place.connect() as connection, self.place.connect(OPERATOR) as operator:
            for left in range(rows, 0, -100_000):
                log_events(connection, min(left, 100_000))
                operator.execute("call audit.seal_events()")
            connection.execute("vacuum (analyze) audit_private.seal, audit_private.seal_part")

    def define(self) -> None:
        """Define the sink anew, so that it begins with the first event."""
        with self.place.connect(OPERATOR) as operator, self.place.connect(ADMIN) as admin:
            operator.execute("select audit.drop_sink('bench', 'Measured once more')")
            operator.execute(
                "select audit.define_sink('bench', 'file', %s, %s)",
                [SHIPPER, Jsonb({"path": str(self._folder / "ours"), "start": "beginning"})],
            )
            admin.execute(
                "select audit.approve_sink(name, digest, 'Measuring how long it takes') "
                "from audit.list_sinks()"
            )

    def ship(self) -> float:
        """Ship all of it by the command line, in seconds."""
        self.define()
        began = time.monotonic()
        with self.shipper("--once", "--batch-size", "10000") as shipping:
            shipping.wait()
        seconds = time.monotonic() - began
        (self._folder / "ours").unlink()
        return seconds

    @contextlib.contextmanager
    def shipper(self, *options: str) -> Iterator[subprocess.Popen[str]]:
        """Run the shipper; it has to end well."""
        with self.place.connect(SHIPPER) as connection:
            dsn = f"{connection.info.dsn} user={SHIPPER}"
        shipping = subprocess.Popen(
            [sys.executable, "-m", "pgwitness", "--dsn", dsn, "ship", "bench", *options],
            stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True,
        )  # fmt: skip
        try:
            yield shipping
        finally:
            shipping.terminate()
            _, said = shipping.communicate(timeout=60)
        if shipping.returncode != 0:
            raise SystemExit(f"shipping failed:\n{said}")

    def copy(self) -> float:
        """Have the server write the same events into a file, in seconds."""
        return copy_out(self.place, self._folder)

    def time_batch(self, *, is_at_end: int = 0) -> float:
        """Read and acknowledge some batches of the log; the median of one, in milliseconds."""
        self.define()
        with self.place.connect(SHIPPER) as shipper, self.place.connect() as root:
            self._read(shipper)
            if is_at_end:
                root.execute(
                    "update audit_private.sink_approval a set log_index = ("
                    "select max(log_index) - 2 from audit_private.seal where event_count > %s)",
                    [BATCH * BATCHES],
                )
            return statistics.median(self._read(shipper) for _ in range(BATCHES)) * 1000

    def _read(self, shipper: psycopg.Connection[Any]) -> float:
        began = time.perf_counter()
        rows = shipper.execute(
            "select cursor, event_id, content from audit.read_sink('bench', %s)", [BATCH]
        ).fetchall()
        shipper.execute("select audit.acknowledge_sink('bench', %s)", rows[-1][:1])
        return time.perf_counter() - began


def _compare_writers(side: _Side, runs: int, seconds: float) -> Comparison:
    """Compare writers beside a sealer and a shipper with writers beside a sealer alone."""
    with writing(side.place, seconds) as write_sealed:

        def beside_a_shipper() -> float:
            with side.shipper("--follow"):
                return write_sealed()

        side.define()
        with side.shipper("--once", "--batch-size", "10000") as shipping:
            shipping.wait()
        return compare(
            "log_event, 2 clients, sealed once a second and shipped",
            "sealed and not shipped",
            "events/s",
            beside_a_shipper,
            partial(write_sealed),
            runs=runs,
            at_least=0.95,
        )
