"""The bench runs; what it measures is for `make bench` on a quiet machine."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from bench.peers import PEERS

BENCH = Path(__file__).with_name("bench.py")


@dataclass(frozen=True, slots=True)
class Run:
    """A run of the bench: what it wrote, and what it printed."""

    report: dict[str, Any]
    printed: str

    def names(self) -> list[str]:
        return [comparison["name"] for comparison in self.report["comparisons"]]


@pytest.fixture(scope="module")
def run(tmp_path_factory: pytest.TempPathFactory) -> Run:
    output = tmp_path_factory.mktemp("bench") / "bench.json"
    environment = {name: text for name, text in os.environ.items() if name != "PGWITNESS_DSN"}
    done = subprocess.run(
        [
            *(sys.executable, str(BENCH)),
            *("--quick", "--rows", "20000", "--changes", "1000", "--output", str(output)),
        ],
        capture_output=True,
        text=True,
        env=environment,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return Run(json.loads(output.read_text()), done.stdout)


def test_the_bench_writes_its_report(run: Run) -> None:
    assert run.names()[:5] == [
        "log_event, 4 clients, synchronous_commit on",
        "log_event, 1 client, synchronous_commit off",
        "log_events, 10,000 a batch",
        "a page 10,000 deep in 20,000",
        "a word in 10 of 20,000 events",
    ]
    for comparison in run.report["comparisons"]:
        assert comparison["ours"] > 0
        assert comparison["theirs"] > 0
        assert comparison["name"] in run.printed
    assert run.report["machine"]["settings"]["fsync"] == "on"
    assert run.report["machine"]["settings"]["full_page_writes"] == "on"


def test_capture_is_compared_with_an_unwatched_twin(run: Run) -> None:
    assert run.names()[5:17] == [
        "capture, single insert, level statement",
        "capture, single insert, level row",
        "capture, single update, level statement",
        "capture, single update, level row",
        "capture, insert of 1,000 rows, added",
        "capture, update of 1,000 rows, added",
        "capture, delete of 1,000 rows, added",
        "capture turned off, single insert",
        "capture turned off, single update",
        "capture turned off, insert of 1,000 rows",
        "capture, heap of an update's event",
        "capture, heap and indexes of an update's event",
    ]


def test_capture_is_compared_with_the_peers_that_are_installed(run: Run) -> None:
    installed = [peer for peer in PEERS if peer.version is not None]
    expected = [
        "capture, single insert, best peer",
        "capture, single update, best peer",
        "capture, insert of 1,000 rows, added, best peer",
        "capture, update of 1,000 rows, added, best peer",
        "capture, delete of 1,000 rows, added, best peer",
    ]
    assert run.names()[17:-17] == (expected if installed else [])
    measured = [captured.name for peer in installed for captured in peer.tables]
    assert [side for side in run.report["capture"]["sides"] if "pgwitness" not in side] == [
        "unwatched twin",
        *measured,
    ]


def test_purges_are_compared_with_deletes(run: Run) -> None:
    assert run.names()[-17:-11] == [
        "purge of an expired partition of 20,000 events",
        "purge of an expired partition of 20,000 events: WAL",
        "purge of 30 % of 20,000 events of one tenant",
        "a purge with nothing to do, a tenant",
        "deletes in a partition that stays, an event of 8,000",
        "writers' slowest hundredth during purge and upkeep",
    ]


def test_sealing_is_compared_with_hashing(run: Run) -> None:
    assert run.names()[-11:-7] == [
        "sealing 20,000 events",
        "verifying 20,000 events",
        "proving one event of 20,000",
        "log_event, 2 clients, sealed once a second",
    ]


def test_exports_are_compared_with_copy(run: Run) -> None:
    assert run.names()[-7:-3] == [
        "20,000 events to CSV, straight",
        "20,000 events to JSONL, straight",
        "20,000 events to CSV, by the job",
        "memory of the client, 20,000 events",
    ]


def test_shipping_is_compared_with_copy(run: Run) -> None:
    assert run.names()[-3:] == [
        "shipping 20,000 events to a file",
        "a batch of a log of 200,000",
        "log_event, 2 clients, sealed once a second and shipped",
    ]


def test_a_peer_that_is_not_installed_is_named(run: Run) -> None:
    missing = [f"{peer.package} isn't installed" for peer in PEERS if peer.version is None]
    assert run.report["capture"]["not_measured"] == missing
    for line in missing:
        assert f"Not measured: {line}." in run.printed
