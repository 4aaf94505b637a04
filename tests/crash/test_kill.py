"""A server killed with signal 9: for every change there is its event, and the other way round."""

from __future__ import annotations

import random
import threading
import time
from collections.abc import Iterator
from contextlib import closing, suppress
from pathlib import Path
from typing import Any

import psycopg
import pytest

from pgwitness.server import Server
from walls.ledger import Connection, log, log_batch

from databases import Database, load_catalogue, load_installed

ROUNDS = 4
WRITERS = 4
SECONDS = 1.2


@pytest.fixture
def server(binaries: Path) -> Iterator[Server]:
    """A throw-away server that waits for the disk, as servers do that people rely on."""
    with Server(binaries, settings={"fsync": "on", "synchronous_commit": "on"}) as started:
        yield started


@pytest.fixture
def crashing(server: Server) -> Iterator[Database]:
    """A database on it, with a table of the application's own."""
    load_installed("127.0.0.1", server.port, "postgres", "postgres")
    load_catalogue("127.0.0.1", server.port, "postgres")
    lent = Database("127.0.0.1", server.port, "postgres")
    with lent.superuser() as root:
        root.execute("create table public.account (id text primary key)")
        root.execute("grant all on public.account to public")
    yield lent
    lent.close()


def write(database: Database, writer: str, confirmed: list[str], is_over: threading.Event) -> None:
    """Change the table and log it in one transaction, until the server is gone."""
    chance = random.Random(writer)
    number = 0
    change = "insert into public.account values (%s) on conflict do nothing"
    with suppress(psycopg.OperationalError), closing(_connect(database)) as connection:
        while not is_over.is_set():
            number += 1
            word = f"{writer} {number}"
            event: dict[str, Any] = {"entity_id": word}
            if number % 3 == 0:
                event["idempotency_key"] = word
            if chance.random() < 0.5:
                connection.execute(change, (word,))
            if number % 4 == 0:
                log_batch(connection, [event])
            else:
                log(connection, **event)
            connection.execute(change, (word,))
            if number % 5 == 0:
                connection.rollback()
            else:
                connection.commit()
                confirmed.append(word)


def _connect(database: Database) -> Connection:
    return psycopg.connect(database.dsn(database.role("app")))


def test_after_each_crash_both_are_there_or_neither(server: Server, crashing: Database) -> None:
    confirmed: list[str] = []
    for crash in range(ROUNDS):
        is_over = threading.Event()
        writers = [
            threading.Thread(target=write, args=(crashing, f"{crash}.{n}", confirmed, is_over))
            for n in range(WRITERS)
        ]
        for writer in writers:
            writer.start()
        before = len(confirmed)
        time.sleep(SECONDS)
        server.kill()
        is_over.set()
        for writer in writers:
            writer.join(timeout=30)
            assert not writer.is_alive()
        assert len(confirmed) > before
        server.start()

        with crashing.superuser() as root:
            changes = {i for (i,) in root.execute("select id from public.account").fetchall()}
            events = [
                i
                for (i,) in root.execute(
                    "select entity_id from audit_private.event where source = 'logged'"
                ).fetchall()
            ]
        assert len(events) == len(set(events))
        assert set(events) == changes
        assert set(confirmed) <= changes
        assert not {word for word in changes if int(word.split()[1]) % 5 == 0}

    with crashing.connect(crashing.role("operator")) as operator:
        states = dict(operator.execute("select check_name, state from audit.check_health()"))
    del states["search_is_indexed"]
    del states["jobs_scheduled"]
    assert set(states.values()) == {"ok"}
