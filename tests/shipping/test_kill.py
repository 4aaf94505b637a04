"""Killed with signal 9 at any moment: nothing is left out, and repeats are whole events."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import threading
from collections.abc import Iterator
from functools import partial
from itertools import count
from pathlib import Path
from typing import Any

import pytest

from pgwitness.server import Server
from shipping.harbour import (
    Harbour,
    Log,
    Recorder,
    await_that,
    following,
)
from shipping.receivers import OK, Reply, Request, http_receiver

from databases import Database, load_catalogue, load_installed


def start(harbour: Harbour, *arguments: str) -> subprocess.Popen[str]:
    """Start the command."""
    command = [sys.executable, "-m", "pgwitness", "--dsn"]
    command += [harbour.database.dsn(harbour.shipper_role), "ship", "siem", *arguments]
    return subprocess.Popen(
        command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, env={**os.environ}
    )


def end(process: subprocess.Popen[str], number: signal.Signals) -> tuple[int, str]:
    process.send_signal(number)
    _, said = process.communicate(timeout=30)
    return process.returncode, said


def words(request: Request) -> list[str]:
    return [json.loads(line)["description"] for line in request.body.splitlines()]


def test_killed_between_read_and_acknowledge(harbour: Harbour) -> None:
    """The receiver has the batch, the database doesn't know: it comes again, the same."""
    with http_receiver() as receiver:
        harbour.define("webhook", url=receiver.url)
        names = [f"a{number}" for number in range(9)]
        harbour.log(*names)
        behind = harbour.state()["events_behind"]
        killed = threading.Event()
        processes: list[subprocess.Popen[str]] = []

        def answer(request: Request, _: Any) -> Reply:
            if not killed.is_set():
                end(processes[0], signal.SIGKILL)
                killed.set()
            return OK

        receiver.answer = answer
        processes.append(start(harbour, "--once", "--batch-size", "4"))
        await_that(killed.is_set)
        assert processes[0].returncode == -signal.SIGKILL
        assert harbour.state()["events_behind"] == behind
        await_that(lambda: not consumers(harbour))
        again = start(harbour, "--once", "--batch-size", "4")
        _, said = again.communicate(timeout=30)
        assert again.returncode == 0, said
    posted = [words(request) for request in receiver.requests]
    assert posted[0] == posted[1]
    assert posted[0][0] == "a0"
    assert [word for batch in posted[1:] for word in batch] == names
    assert receiver.requests[0].body == receiver.requests[1].body


def consumers(harbour: Harbour) -> int:
    with harbour.database.superuser() as root:
        row = root.execute(
            "select count(*) from pg_stat_activity where usename = %s", (harbour.shipper_role,)
        ).fetchone()
    assert row is not None
    return int(row[0])


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_a_signal_ends_it_after_the_batch_in_hand(harbour: Harbour, number: signal.Signals) -> None:
    with http_receiver() as receiver:
        harbour.define("webhook", url=receiver.url)
        harbour.log("a1", "a2", "a3")
        is_asked = threading.Event()
        processes: list[subprocess.Popen[str]] = []

        def answer(request: Request, _: Any) -> Reply:
            if not is_asked.is_set():
                processes[0].send_signal(number)
                is_asked.set()
            return OK

        receiver.answer = answer
        processes.append(start(harbour, "--once", "--batch-size", "2"))
        _, said = processes[0].communicate(timeout=30)
        assert processes[0].returncode == 1
        assert "ended before everything was shipped" in said
        assert "2 events shipped" in said
        # What was delivered is acknowledged.
        again = start(harbour, "--once")
        again.communicate(timeout=30)
        assert again.returncode == 0
    assert [words(request) for request in receiver.requests] == [["a1", "a2"], ["a3"]]


def test_a_follower_that_waits_ends_at_once(harbour: Harbour) -> None:
    with http_receiver() as receiver:
        harbour.define("webhook", url=receiver.url)
        harbour.log("a1")
        process = start(harbour, "--follow")
        await_that(lambda: receiver.requests)
        await_that(lambda: harbour.state()["events_behind"] == 0)
        code, said = end(process, signal.SIGTERM)
    assert (code, "1 events shipped" in said) == (0, True)


def test_killed_again_and_again_while_writing_a_file(harbour: Harbour, tmp_path: Path) -> None:
    """Each line is a whole event, and after every kill the rest comes."""
    path = tmp_path / "events"
    harbour.define("file", path=str(path), rotate_bytes=20_000)
    names = [f"a{number}" for number in range(300)]
    harbour.log(*names)
    for kill in range(4):
        size = total(tmp_path)
        process = start(harbour, "--once", "--batch-size", "3")
        await_that(partial(has_written, tmp_path, size, process))
        end(process, signal.SIGKILL)
        await_that(lambda: not consumers(harbour))
        if kill % 2:
            with path.open("ab") as torn:
                torn.write(b'{"half": ')
    last = start(harbour, "--once")
    _, said = last.communicate(timeout=30)
    assert last.returncode == 0, said
    lines = [
        json.loads(line)
        for each in [*sorted(tmp_path.glob("events.2*")), path]
        for line in each.read_bytes().splitlines()
    ]
    assert list(dict.fromkeys(line["description"] for line in lines)) == names
    assert len({line["id"] for line in lines}) == len(names)


def has_written(folder: Path, before: int, process: subprocess.Popen[str]) -> bool:
    return total(folder) > before or process.poll() is not None


def total(folder: Path) -> int:
    return sum(path.stat().st_size for path in folder.iterdir())


@pytest.fixture
def server(binaries: Path) -> Iterator[Server]:
    """A throw-away server of its own, which a test may stop."""
    with Server(binaries) as started:
        yield started


@pytest.mark.parametrize("how", ["stop", "kill"])
def test_the_server_goes_away_and_comes_back(server: Server, how: str) -> None:
    load_installed("127.0.0.1", server.port, "postgres", "postgres")
    load_catalogue("127.0.0.1", server.port, "postgres")
    database = Database("127.0.0.1", server.port, "postgres")
    harbour = Harbour(database)
    harbour.define()
    names = [f"a{number}" for number in range(8)]
    harbour.log(*names)
    numbers = count()

    def before(_: Any) -> None:
        if next(numbers) == 1:
            getattr(server, how)()

    recorder, log = Recorder(before=before), Log()
    with following(harbour.shipper(recorder, batch_size=3, watcher=log, wake_seconds=0.2)):
        await_that(lambda: len(log.failures) > 2)
        server.start()
        await_that(lambda: "a7" in recorder.words)
        reconnected = Harbour(database)
        await_that(lambda: reconnected.state()["events_behind"] == 0)
        reconnected.log("a8")
        await_that(lambda: "a8" in recorder.words)
    assert recorder.offers[1] == recorder.offers[2]
    assert list(dict.fromkeys(recorder.words)) == [*names, "a8"]
    database.close()
