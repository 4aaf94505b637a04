"""The bench runs; what it measures is for `make bench` on a quiet machine."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

BENCH = Path(__file__).with_name("bench.py")


def test_the_bench_runs_and_writes_its_report(tmp_path: Path) -> None:
    output = tmp_path / "bench.json"
    environment = {name: text for name, text in os.environ.items() if name != "PGWITNESS_DSN"}
    done = subprocess.run(
        [
            *(sys.executable, str(BENCH)),
            *("--quick", "--rows", "20000", "--output", str(output)),
        ],
        capture_output=True,
        text=True,
        env=environment,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    report = json.loads(output.read_text())
    names = [comparison["name"] for comparison in report["comparisons"]]
    assert names == [
        "log_event, 4 clients, synchronous_commit on",
        "log_event, 1 client, synchronous_commit off",
        "log_events, 10,000 a batch",
        "a page 10,000 deep in 20,000",
        "a word in 10 of 20,000 events",
    ]
    for comparison in report["comparisons"]:
        assert comparison["ours"] > 0
        assert comparison["theirs"] > 0
        assert comparison["name"] in done.stdout
    assert report["machine"]["settings"]["fsync"] == "on"
    assert report["machine"]["settings"]["full_page_writes"] == "on"
