"""The process that archives is killed for real, at each step; the next one finishes."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from time import monotonic

import pytest

from archiving.stacks import SINK, Stacks

PROGRAM = """
import os, signal, sys
import psycopg
from pgwitness.archiving.folder import Folder
from pgwitness.archiving.writing import ArchiveWriter
from pgwitness.client import Client

dsn, address, name, step = sys.argv[1:]
client, folder = Client(psycopg.connect(dsn, autocommit=True)), Folder(address)

def die():
    os.kill(os.getpid(), signal.SIGKILL)

move, note = folder._files.mv, client.note_archive

def moving(source, target):
    if step == "written" and target.endswith(".parquet"):
        die()
    move(source, target)
    if step == "named" and target.endswith(".parquet"):
        die()

def noting(*arguments):
    if step == "proven":
        die()
    note(*arguments)
    if step == "noted":
        die()

folder._files.mv = moving
Client.note_archive = lambda _, *arguments: noting(*arguments)
writer = ArchiveWriter(client, name, folder)
writer.write(client.read_sink(name, 4))
"""


@pytest.mark.parametrize("step", ["written", "named", "proven", "noted"])
def test_killed_at_any_step(stacks: Stacks, step: str) -> None:
    stacks.define_archive("a")
    stacks.write(5)
    stacks.seal()
    stacks.shipper.close()
    dsn = stacks.database.dsn(stacks.database.role("shipper"))
    done = subprocess.run(
        [sys.executable, "-c", PROGRAM, dsn, stacks.address, SINK, step],
        env=os.environ,
        check=False,
        capture_output=True,
    )
    assert done.returncode == -signal.SIGKILL, done.stderr.decode()
    assert len(stacks.noted()) == (step == "noted")
    until = monotonic() + 10
    living = "select from pg_stat_activity where usename = 'test_shipper' and datname = %s"
    while stacks.all(living, stacks.database.name):
        assert monotonic() < until, "the server hasn't noticed"

    stacks.shipper = stacks.database.connect(stacks.database.role("shipper"))
    stacks.archive()
    assert stacks.folder.names("_part") == []
    assert stacks.rows("a").keys() == set(stacks.carried("a"))
    assert sorted(row["file"] for row in stacks.noted()) == stacks.files()
    assert stacks.archive_kinds() == {}
