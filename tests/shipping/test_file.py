"""Files: whole lines that are on the disk, rotated by size and age, whatever happens between."""

from __future__ import annotations

import gzip
import json
import os
import resource
import signal
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from pgwitness.shipping.file import FileTransport
from pgwitness.shipping.shipper import Shipped
from pgwitness.shipping.transport import DeliveryFailed
from shipping.harbour import Harbour, destination, make_event, make_events


def transport(path: Path, **options: Any) -> FileTransport:
    return FileTransport(destination("file", path=str(path), **options))


def deliver(path: Path, *contents: str, **options: Any) -> None:
    made = transport(path, **options)
    made.deliver([make_event(content) for content in contents])
    made.close()


def rotated(path: Path) -> list[Path]:
    """Give the files that were rotated, oldest first."""
    return sorted(
        found
        for found in path.parent.iterdir()
        if found.name.startswith(f"{path.name}.2") and not found.name.endswith(".part")
    )


def lines(path: Path) -> list[str]:
    """Give what is in the file and those before it."""
    content = b"".join(
        gzip.decompress(each.read_bytes()) if each.suffix == ".gz" else each.read_bytes()
        for each in [*rotated(path), path]
    )
    assert content.endswith(b"\n")
    return content.decode().splitlines()


def test_a_log_is_shipped_to_a_file(harbour: Harbour, tmp_path: Path) -> None:
    path = tmp_path / "events.jsonl"
    harbour.define("file", path=str(path))
    harbour.log("a1", "å2")
    assert harbour.ship() == Shipped(2, 0, True)
    harbour.log("a3")
    assert harbour.ship() == Shipped(1, 0, True)
    assert [json.loads(line)["description"] for line in lines(path)] == ["a1", "å2", "a3"]
    assert path.stat().st_mode & 0o777 == 0o600


def test_line_ends_within_an_event_make_no_lines(tmp_path: Path) -> None:
    path = tmp_path / "events"
    deliver(path, "one\ntwo\r\nthree", "four")
    assert lines(path) == ["one\\ntwo\\r\\nthree", "four"]


@pytest.mark.parametrize("torn", [b"half", b"x" * 200_000, b""])
@pytest.mark.parametrize("whole", [b"", b"first\n", b"first\n" + b"y" * 100_000 + b"\n"])
def test_a_torn_last_line_is_cut_back(tmp_path: Path, whole: bytes, torn: bytes) -> None:
    path = tmp_path / "events"
    path.write_bytes(whole + torn)
    deliver(path, "next")
    assert path.read_bytes() == whole + b"next\n"


def test_a_full_disk_leaves_no_half_line(tmp_path: Path) -> None:
    """A limit of the process stands for the disk."""
    path = tmp_path / "events"
    made = transport(path)
    made.deliver([make_event("first")])
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    ignored = signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
    try:
        resource.setrlimit(resource.RLIMIT_FSIZE, (1000, before[1]))
        with pytest.raises(DeliveryFailed, match="can't be written"):
            made.deliver(make_events(100))
        assert path.read_text() == "first\n"
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)
        signal.signal(signal.SIGXFSZ, ignored)
    made.deliver([make_event("second")])
    made.close()
    assert lines(path) == ["first", "second"]


@pytest.mark.parametrize("compresses", ["true", "false"])
def test_a_full_file_is_rotated(tmp_path: Path, compresses: str) -> None:
    path = tmp_path / "events"
    made = transport(path, rotate_bytes="1000", gzip=compresses)
    for number in range(20):
        made.deliver([make_event(f"{number:02} {'x' * 300}")])
    made.close()
    assert [line[:2] for line in lines(path)] == [f"{number:02}" for number in range(20)]
    assert len(rotated(path)) == 4
    for each in rotated(path):
        assert (each.suffix == ".gz") is (compresses == "true")
        assert each.stat().st_mode & 0o777 == 0o600
    assert sorted(tmp_path.iterdir()) == sorted(
        [path, *rotated(path), path.with_name("events.lock")]
    )


def test_a_file_is_rotated_by_its_age_also_after_a_restart(tmp_path: Path) -> None:
    path = tmp_path / "events"
    deliver(path, "first", rotate_hours="24")
    deliver(path, "second", rotate_hours="24")
    assert rotated(path) == []
    lock = path.with_name("events.lock")
    began = lock.stat().st_mtime
    os.utime(lock, (began - 25 * 3600, began - 25 * 3600))
    deliver(path, "third", rotate_hours="24")
    deliver(path, "fourth", rotate_hours="24")
    [old] = rotated(path)
    assert old.read_text() == "first\nsecond\n"
    assert path.read_text() == "third\nfourth\n"


def test_what_a_crash_left_uncompressed_is_compressed(tmp_path: Path) -> None:
    path = tmp_path / "events"
    old = tmp_path / "events.20260304T050607.000000Z"
    old.write_text("old\n")
    old.with_name(f"{old.name}.gz.part").write_text("half")
    other = tmp_path / "events.20260304"
    other.write_text("somebody else's")
    deliver(path, "new", gzip="true")
    assert gzip.decompress(old.with_name(f"{old.name}.gz").read_bytes()) == b"old\n"
    assert not old.exists()
    assert not old.with_name(f"{old.name}.gz.part").exists()
    assert other.read_text() == "somebody else's"


def test_two_cannot_write_to_one_file(tmp_path: Path) -> None:
    path = tmp_path / "events"
    first, second = transport(path), transport(path)
    first.deliver([make_event("first")])
    with pytest.raises(DeliveryFailed, match="another process"):
        second.deliver([make_event("second")])
    first.close()
    second.deliver([make_event("second")])
    second.close()
    assert lines(path) == ["first", "second"]


def test_a_file_that_somebody_moved_is_begun_anew(tmp_path: Path) -> None:
    path = tmp_path / "events"
    made = transport(path)
    made.deliver([make_event("first")])
    path.rename(tmp_path / "moved")
    made.deliver([make_event("second")])
    path.unlink()
    made.deliver([make_event("third")])
    made.close()
    assert (tmp_path / "moved").read_text() == "first\n"
    assert path.read_text() == "third\n"


def test_what_is_no_file_is_refused(tmp_path: Path) -> None:
    with pytest.raises(DeliveryFailed, match="No such file"):
        deliver(tmp_path / "nowhere" / "events", "x")
    os.mkfifo(tmp_path / "pipe")
    with pytest.raises(DeliveryFailed, match="no plain file"):
        deliver(tmp_path / "pipe", "x")


def test_standard_output_gets_lines(harbour: Harbour) -> None:
    harbour.define("stdout")
    harbour.log("a1", "å2")
    command = [sys.executable, "-m", "pgwitness", "--dsn"]
    command += [harbour.database.dsn(harbour.shipper_role), "ship", "siem"]
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    found = [json.loads(line)["description"] for line in done.stdout.splitlines()]
    assert found == ["a1", "å2"]
    assert "2 events shipped" in done.stderr


def test_a_closed_pipe_ends_it_and_loses_nothing(harbour: Harbour) -> None:
    harbour.define("stdout")
    harbour.log("a1")
    command = [sys.executable, "-m", "pgwitness", "--dsn"]
    command += [harbour.database.dsn(harbour.shipper_role), "ship", "siem", "--follow"]
    reading, writing = os.pipe()
    os.close(reading)
    done = subprocess.run(
        command, stdout=writing, stderr=subprocess.PIPE, text=True, check=False, timeout=30
    )
    os.close(writing)
    assert done.returncode == 1
    assert "standard output can't be written" in done.stderr
    assert harbour.state()["events_behind"] > 0
