"""Purges that die, and whose server dies: nothing held is lost, and the next one goes on."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import suppress
from functools import partial
from pathlib import Path
from typing import Any

import psycopg
import pytest

from pgwitness.server import Server
from retention.vault import MICROSECOND, Vault, ago, in_background, old, open_vault
from walls.ledger import Connection, rows

from databases import Database, load_catalogue, load_installed

MANY = 5000


def terminate(vault: Vault, connection: Connection) -> None:
    """End a connection, and wait until its process is gone."""
    assert vault.root.execute(
        "select pg_terminate_backend(%s, 10000) as is_gone", (connection.info.backend_pid,)
    ).fetchone() == {"is_gone": True}
    connection.close()


@pytest.fixture
def full(vault: Vault) -> Vault:
    """Three partitions: one is emptied as a whole, two go row by row; something is held in each."""
    for days in (400, 385, 370):
        vault.bring(old(days, description="held", actor_id="erik"), old(days, description="a"))
        vault.bring(old(days, description="b"), tenant="b")
    vault.fill(MANY, ago(400) + MICROSECOND, description="rest")
    vault.hold("case 1", {"actor_id": "erik"})
    return vault


def test_killed_between_any_two_steps_it_goes_on(full: Vault) -> None:
    """After 0, 1, 2 … steps: the next run takes what is left, until one comes through."""
    for number in range(20):
        connection = full.database.connect(full.database.role("operator"))
        run = full.begin(connection)
        run.predict()
        states = [run.step() for _ in range(number)]
        before = full.left()
        terminate(full, connection)
        assert full.left() == before
        assert full.left("a").count("held") == 3
        if "done" in states:
            break
    assert number > 1
    full.purge()
    assert full.left() == ["held"] * 3
    results = full.root.execute(
        "select result, count(*) as runs from audit_private.job_run "
        "where job_name = 'purge_events' group by result"
    ).fetchall()
    assert {row["result"]: row["runs"] for row in results} == {
        "interrupted": number + 1,
        "succeeded": 1,
    }
    for tenant, removed in (("a", MANY + 3), ("b", 3)):
        assert sum(receipt["removed"] for receipt in full.receipts(tenant)) == removed


@pytest.mark.parametrize("description", ["rest", "b"], ids=["emptied", "row by row"])
def test_killed_within_a_step_that_step_was_none(full: Vault, description: str) -> None:
    connection = full.database.connect(full.database.role("operator"))
    run = full.begin(connection)
    run.predict()
    before = full.stored()
    connection.execute("begin")
    run.step()
    if description == "b":
        run.step()
    terminate(full, connection)
    assert full.stored() == before
    assert {r["removed"] for r in full.receipts()} == {0}
    full.purge()
    assert full.left() == ["held"] * 3
    assert [r["removed"] for r in full.receipts()] == [MANY + 3, 0]
    assert [r["result"] for r in full.receipts()] == ["succeeded", "interrupted"]


def test_killed_while_it_waits_it_goes_on(full: Vault) -> None:
    """The whole procedure, ended while somebody reads the partition that it wants."""
    partition = full.partition_of(ago(400))
    reading = full.database.superuser()
    reading.execute("begin")
    reading.execute(f"select from audit_private.{partition} limit 1".encode())
    connection = full.database.connect(full.database.role("operator"))
    with in_background(lambda: connection.execute("call audit.purge_events()")) as failures:
        full.wait_for_lock(partition, "AccessExclusiveLock")
        terminate(full, connection)
    assert isinstance(failures[0], psycopg.OperationalError)
    reading.execute("commit")
    full.purge()
    assert full.left() == ["held"] * 3
    assert full.receipts()[0]["removed"] == MANY + 3


def test_a_cancelled_one_does_not_keep_the_next_out(full: Vault) -> None:
    partition = full.partition_of(ago(400))
    reading = full.database.superuser()
    reading.execute("begin")
    reading.execute(f"select from audit_private.{partition} limit 1".encode())
    with in_background(full.purge) as failures:
        full.wait_for_lock(partition, "AccessExclusiveLock")
        full.operator.cancel()
    assert isinstance(failures[0], psycopg.errors.QueryCanceled)
    reading.execute("commit")
    full.purge()
    assert full.left() == ["held"] * 3


def test_a_run_that_has_not_moved_for_a_day_counts_as_dead(full: Vault) -> None:
    """Its number may belong to somebody else by now; should it live, it does no harm."""
    rival = full.database.connect(full.database.role("operator"))
    run = full.begin(rival)
    run.predict()
    full.root.execute("update audit_private.job_run set last_step_at = now() - interval '25 hours'")
    full.purge()
    assert full.left() == ["held"] * 3
    assert run.step() == "done"
    run.finish()
    assert [r["result"] for r in full.receipts()] == ["succeeded", "interrupted"]
    assert {r["removed"] for r in full.receipts() if r["result"] == "interrupted"} == {0}


@pytest.fixture
def server(binaries: Path) -> Iterator[Server]:
    """A throw-away server that waits for the disk, as servers do that people rely on."""
    with Server(binaries, settings={"fsync": "on", "synchronous_commit": "on"}) as started:
        yield started


def test_a_server_killed_while_it_purges_loses_nothing_that_stays(server: Server) -> None:
    load_installed("127.0.0.1", server.port, "postgres", "postgres")
    load_catalogue("127.0.0.1", server.port, "postgres")
    database = Database("127.0.0.1", server.port, "postgres")
    vault = open_vault(database)
    for days in range(370, 440, 7):
        vault.bring(old(days, description="held", actor_id="erik"), old(days, description="a"))
        vault.bring(old(days, description="stays"), tenant="b")
        vault.fill(MANY, ago(days) + MICROSECOND, description="rest")
    vault.hold("case 1", {"actor_id": "erik"})
    vault.set_retention(None, tenant="b")
    kept = [row for row in vault.stored() if row["description"] in ("held", "stays")]
    assert len(kept) == 20

    everything = len(vault.left())
    for crash in range(3):
        with psycopg.connect(database.dsn("postgres"), autocommit=True) as watcher:
            is_dead = threading.Event()

            with in_background(partial(_purge, vault, is_dead)) as failures:
                _wait_for_partitions(watcher, crash, is_dead)
                server.kill()
        assert failures == []
        database.close()
        server.start()
        vault = open_vault(database)
        left = {row["id"]: row for row in vault.stored()}
        assert all(left.get(row["id"]) == row for row in kept)
    vault.purge()
    assert vault.stored() == kept
    assert vault.last_run()["result"] == "succeeded"
    removed = sum(receipt["removed"] for receipt in vault.receipts())
    assert removed == everything - len(kept)
    states = {row["check_name"]: row["state"] for row in rows(vault.operator, "check_health")}
    assert states["expired_events_removed"] == states["purge_kept_its_word"] == "ok"
    database.close()


def _purge(vault: Vault, is_over: threading.Event) -> None:
    with suppress(psycopg.OperationalError):
        vault.purge()
    is_over.set()


def _wait_for_partitions(
    watcher: psycopg.Connection[Any], wanted: int, is_over: threading.Event
) -> None:
    """Return once the purge has come so far, or has ended."""
    while not is_over.is_set():
        row = watcher.execute(
            "select sum(removed) from audit_private.purge_receipt where run_id = "
            "(select run_id from audit_private.job_run "
            "where result = 'running' and job_name = 'purge_events')"
        ).fetchone()
        if row is not None and (row[0] or 0) >= wanted * MANY:
            return
