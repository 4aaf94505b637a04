"""Many at once: contexts don't mix, toggles count from their commit, and no event is lost."""

from __future__ import annotations

import asyncio
import threading
import time
from collections import Counter
from typing import Any
from uuid import UUID

import psycopg
import pytest
from psycopg_pool import ConnectionPool

from client.sources import Written, async_pool
from pgwitness import AsyncClient, Client, Context, use_context

from databases import Database

EVENT: dict[str, Any] = {"action": "user_updated", "entity_type": "user"}


def test_a_toggle_turned_among_writers(
    loaded_database: Database, pool: ConnectionPool[Any], written: Written
) -> None:
    """Every answer is true, and no call that began while it was off has written."""
    client = Client(pool)
    calls: list[tuple[float, float, UUID | None]] = []
    is_over = threading.Event()
    problems: list[BaseException] = []

    def work() -> None:
        try:
            while not is_over.is_set():
                begun = time.monotonic()
                event_id = client.log_event(**EVENT, description="in between")
                calls.append((begun, time.monotonic(), event_id))
        except BaseException as problem:
            problems.append(problem)

    threads = [threading.Thread(target=work) for _ in range(3)]
    for thread in threads:
        thread.start()
    admin = Client(loaded_database.connect(loaded_database.role("admin")))
    silences: list[tuple[float, float]] = []
    for _ in range(5):
        time.sleep(0.1)
        admin.set_action_logging("user_updated", False, "to see who notices")
        silent_from = time.monotonic()
        time.sleep(0.1)
        silences.append((silent_from, time.monotonic()))
        admin.set_action_logging("user_updated", True)
    time.sleep(0.1)
    is_over.set()
    for thread in threads:
        thread.join()

    assert problems == []
    assert {row["id"] for row in written()} == {
        event_id for _, _, event_id in calls if event_id is not None
    }
    inside = [
        event_id
        for begun, ended, event_id in calls
        if any(since < begun and ended < until for since, until in silences)
    ]
    assert inside
    assert set(inside) == {None}
    outside = [
        event_id
        for begun, ended, event_id in calls
        if ended < silences[0][0] - 0.05 or begun > silences[-1][1] + 0.05
    ]
    assert outside
    assert None not in outside


def test_tasks_keep_their_contexts_apart(loaded_database: Database, written: Written) -> None:
    async def act(client: AsyncClient, number: int) -> None:
        actor = f"actor {number}"
        with use_context(Context(tenant_id=loaded_database.tenant_a, actor_id=actor)):
            await client.log_event(**EVENT, description=actor)
            async with client.context(
                tenant_id=loaded_database.tenant_b, actor_id=f"inner {number}"
            ):
                await asyncio.sleep(0)
                await client.log_event(**EVENT, description=f"inner {number}")
            try:
                async with client.action("user_created", "user", number, actor):
                    await asyncio.sleep(0)
                    raise LookupError
            except LookupError:
                pass

    async def run() -> int:
        service = loaded_database.dsn(loaded_database.role("service"))
        async with async_pool(service, 3) as pool, async_pool(service, 2) as failures:
            client = AsyncClient(pool, failures=failures, failure_timeout=10)
            await asyncio.gather(*(act(client, number) for number in range(20)))
            return client.unwritten_failures

    assert asyncio.run(run()) == 0
    rows = written()
    assert Counter(row["outcome"] for row in rows) == {"success": 40, "failure": 20}
    for row in rows:
        assert row["actor_id"] == row["description"]
        is_inner = row["description"].startswith("inner")
        wanted = loaded_database.tenant_b if is_inner else loaded_database.tenant_a
        assert row["tenant_id"] == wanted


def test_each_failure_is_written_or_counted(
    loaded_database: Database, app: str, written: Written
) -> None:
    """More acts fail at once than the connections for failures can take."""
    dsn = loaded_database.dsn(app)
    with (
        ConnectionPool(dsn, min_size=1, max_size=8, open=True) as pool,
        ConnectionPool(dsn, min_size=1, max_size=1, open=True) as failures,
    ):
        client = Client(pool, failures=failures, failure_timeout=0.2)
        counted: list[int] = []

        def work() -> None:
            for _ in range(5):
                try:
                    with client.action("user_updated", "user", 1, "x"):
                        raise LookupError
                except LookupError as error:
                    counted.append(len(getattr(error, "__notes__", [])))

        threads = [threading.Thread(target=work) for _ in range(8)]
        with failures.connection():
            for thread in threads:
                thread.start()
            time.sleep(0.5)
        for thread in threads:
            thread.join()
    assert len(counted) == 40
    assert sum(counted) == client.unwritten_failures > 0
    assert len(written()) == 40 - client.unwritten_failures


def test_a_pooler_that_forgets_everything_between_transactions(
    loaded_database: Database, written: Written
) -> None:
    service = loaded_database.dsn(loaded_database.role("service"))
    with psycopg.connect(service, autocommit=True, prepare_threshold=None) as shared:
        for number in range(8):
            tenant = (loaded_database.tenant_a, loaded_database.tenant_b)[number % 2]
            client = Client(shared)  # another client of the pooler
            with client.context(tenant_id=tenant, actor_id=f"actor {number}"):
                client.log_event(**EVENT, description=f"actor {number}")
            shared.execute("discard all")
    assert [row["actor_id"] for row in written()] == [f"actor {number}" for number in range(8)]


def test_a_repeat_at_the_same_moment_is_one_event(
    pool: ConnectionPool[Any], written: Written
) -> None:
    client = Client(pool)
    found: list[UUID | None] = []
    threads = [
        threading.Thread(
            target=lambda: found.append(
                client.log_event(**EVENT, description="once", idempotency_key="k")
            )
        )
        for _ in range(4)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    (row,) = written()
    assert found == [row["id"]] * 4


@pytest.mark.parametrize("prepare_threshold", [0, None])
def test_statements_may_be_prepared_or_not(
    loaded_database: Database, app: str, written: Written, prepare_threshold: int | None
) -> None:
    with psycopg.connect(
        loaded_database.dsn(app), prepare_threshold=prepare_threshold
    ) as connection:
        client = Client(connection)
        for number in range(3):
            client.log_event(**EVENT, entity_id=number, description=f"{number}")
            client.is_logged("user_updated")
    assert [row["description"] for row in written()] == ["0", "1", "2"]
