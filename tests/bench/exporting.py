"""Compares exports with a superuser's plain COPY of the same columns into a file of the server.

The log is in a database of its own, its events in one partition. Ours goes through the wall, is
logged, hashed, and written by the client; the job's chunks are written into the database.
"""

from __future__ import annotations

import json
import subprocess
import sys
import tempfile
import time
from functools import partial
from pathlib import Path

from bench.stage import (
    READER,
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
DATABASE = "pgwitness_bench_exporting"
MEGABYTES_ALLOWED = 100

EXPORT = """
import resource, sys, psycopg
from pgwitness import Client
with psycopg.connect(sys.argv[1], autocommit=True) as connection:
    Client(connection).export(None, sys.argv[2], sys.argv[3])
print(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024)
"""


def compare_exporting(place: Place, *, runs: int, rows: int) -> list[Comparison]:
    """Compare straight exports and the job, and weigh the client.

    Args:
        place: A server to spare, on this machine.
        runs: Runs of each side.
        rows: Events.
    """
    with place.other_database(DATABASE) as own, tempfile.TemporaryDirectory() as folder:
        Path(folder).chmod(0o777)
        set_up(own)
        with own.connect() as connection:
            add_login(connection, OPERATOR, "audit_operator")
            log_events(connection, rows)
        with own.connect(READER) as connection:
            connection.execute(
                "select audit.open_access(access_reason => 'audit_review', justification => %s)",
                ["Measuring how long exports take"],
            )
        side = _Sides(own, Path(folder))
        comparisons = [
            compare(
                f"{rows:,} events to {format.upper()}, straight", "COPY TO a file", "s",
                partial(side.stream, format), side.copy,
                runs=runs, at_least=goal, is_inverse=True,
            )
            for format, goal in (("csv", 0.7), ("jsonl", 0.35))
        ]  # fmt: skip
        comparisons.append(
            compare(
                f"{rows:,} events to CSV, by the job",
                "COPY TO a file",
                "s",
                side.run_job,
                side.copy,
                runs=runs,
                at_least=0.5,
                is_inverse=True,
            )
        )
        weights = {"ours": side.megabytes, "theirs": [float(MEGABYTES_ALLOWED)]}
        name = f"memory of the client, {rows:,} events"
        comparisons.append(relate(name, f"{MEGABYTES_ALLOWED} MB", "MB", weights, below=1))
        return comparisons


class _Sides:
    """Each side once, in seconds; what the client weighed is kept."""

    def __init__(self, place: Place, folder: Path) -> None:
        self.megabytes: list[float] = []
        self._place = place
        self._folder = folder

    def stream(self, format: str) -> float:
        with self._place.connect(READER) as connection:
            dsn = f"{connection.info.dsn} user={READER}"
        file = self._folder / "ours"
        began = time.monotonic()
        done = subprocess.run(
            [sys.executable, "-c", EXPORT, dsn, format, str(file)],
            capture_output=True,
            text=True,
            check=False,
        )
        seconds = time.monotonic() - began
        if done.returncode != 0:
            raise SystemExit(f"the export failed:\n{done.stderr}")
        self.megabytes.append(float(done.stdout))
        file.unlink()
        return seconds

    def copy(self) -> float:
        return copy_out(self._place, self._folder)

    def run_job(self) -> float:
        with self._place.connect(READER) as reader, self._place.connect(OPERATOR) as operator:
            row = reader.execute("select audit.request_export(format => 'csv')").fetchone()
            assert row is not None
            began = time.monotonic()
            operator.execute("call audit.run_exports()")
            seconds = time.monotonic() - began
            found = reader.execute(
                "select state, error from audit.list_exports() where export_id = %s", row
            ).fetchone()
        if found != ("completed", None):
            raise SystemExit(f"the export is {json.dumps(found)}")
        with self._place.connect() as connection:
            connection.execute("truncate audit_private.export_chunk")
        return seconds
