"""`with client.action(…)`: an event whichever way the block ends; the exception goes on."""

from __future__ import annotations

import asyncio
import logging
import re
import socket
import time
from collections.abc import Callable
from typing import Any

import psycopg
import pytest
from psycopg_pool import ConnectionPool, PoolTimeout
from sqlalchemy import Engine, text
from sqlalchemy.orm import Session

from client.sources import ASYNC_DRIVERS, Written, async_engine, async_pool, drop_connections
from pgwitness import AsyncClient, Client, Context, PendingEvent, use_context
from pgwitness.errors import ActionUnknown, EventInvalid, TenantMissing

from databases import Database

Business = Callable[[], list[int]]
INSERT = "insert into public.account values (1)"


class Refused(Exception):
    """What goes wrong in the application."""


def notes(error: BaseException) -> list[str]:
    return getattr(error, "__notes__", [])


@pytest.fixture
def transaction(loaded_database: Database, app: str) -> Any:
    """A connection whose transaction the test begins and ends."""
    connection = psycopg.connect(loaded_database.dsn(app))
    yield connection
    connection.close()


def test_a_success_belongs_to_the_transaction(
    transaction: psycopg.Connection[Any], business: Business, written: Written
) -> None:
    client = Client(transaction)
    with transaction.transaction():
        with client.action("user_updated", entity_type="user", entity_id=1) as event:
            transaction.execute(INSERT)
            event.description = "renamed one"
            event.metadata["how"] = "by hand"
            event.changes = {"name": {"old": "a", "new": "b"}}
        assert event.id is not None
        assert written() == []
    (row,) = written()
    assert row["id"] == event.id
    assert business() == [1]
    assert (row["outcome"], row["description"]) == ("success", "renamed one")
    assert row["metadata"] == {"how": "by hand"}
    assert row["changes"] == {"name": {"old": "a", "new": "b"}}

    with (
        transaction.transaction(force_rollback=True),
        client.action("user_updated", "user", 1, "renamed again"),
    ):
        transaction.execute("delete from public.account")
    assert business() == [1]
    assert len(written()) == 1


@pytest.mark.parametrize("kind", ["dsn", "pool", "callable", "engine"])
def test_a_failure_outlives_the_rollback(
    loaded_database: Database,
    app: str,
    pool: ConnectionPool[Any],
    engine: Engine,
    transaction: psycopg.Connection[Any],
    business: Business,
    written: Written,
    kind: str,
) -> None:
    dsn = loaded_database.dsn(app)
    failures: dict[str, Any] = {
        "dsn": dsn,
        "pool": pool,
        "callable": lambda: psycopg.connect(dsn),
        "engine": engine.connect,
    }
    client = Client(transaction, failures=failures[kind])

    def act() -> None:
        with (
            transaction.transaction(),
            client.context(actor_id="ann", actor={"name": "Ann"}, ip="192.0.2.1", request_id="r1"),
            client.action(
                "user_updated", entity_type="user", entity_id=1, idempotency_key="k"
            ) as event,
        ):
            transaction.execute(INSERT)
            event.metadata["step"] = 1
            raise Refused("not allowed")

    with pytest.raises(Refused, match=r"^not allowed$") as caught:
        act()
    assert notes(caught.value) == []
    assert business() == []
    (row,) = written()
    assert (row["outcome"], row["error_message"]) == ("failure", "Refused: not allowed")
    assert row["description"] == "user_updated failed"
    assert row["metadata"] == {"step": 1}
    assert (row["actor_id"], row["actor"], row["request_id"]) == ("ann", {"name": "Ann"}, "r1")
    assert str(row["ip"]) == "192.0.2.1"
    assert client.unwritten_failures == 0

    # The key stays free for the attempt that succeeds.
    with (
        transaction.transaction(),
        client.action("user_updated", "user", 1, "now", idempotency_key="k"),
    ):
        transaction.execute(INSERT)
    assert [r["outcome"] for r in written()] == ["failure", "success"]
    assert business() == [1]


def test_a_failed_statement_leaves_one_event(
    loaded_database: Database,
    app: str,
    transaction: psycopg.Connection[Any],
    business: Business,
    written: Written,
) -> None:
    client = Client(transaction, failures=loaded_database.dsn(app))

    def act() -> None:
        with transaction.transaction(), client.action("user_updated", "user", 1, "twice"):
            transaction.execute(INSERT)
            transaction.execute(INSERT)

    with pytest.raises(psycopg.errors.UniqueViolation):
        act()
    assert business() == []
    (row,) = written()
    assert row["outcome"] == "failure"
    assert row["description"] == "twice"
    assert row["error_message"].startswith("UniqueViolation: duplicate key")


def test_a_success_that_cannot_be_logged_undoes_the_act(
    loaded_database: Database,
    app: str,
    transaction: psycopg.Connection[Any],
    business: Business,
    written: Written,
) -> None:
    client = Client(transaction, failures=loaded_database.dsn(app))

    def act(**arguments: Any) -> None:
        with transaction.transaction(), client.action(**arguments):
            transaction.execute(INSERT)

    with pytest.raises(EventInvalid):
        act(action="user_updated", entity_type="user")
    assert business() == []
    (row,) = written()
    assert row["error_message"].startswith("EventInvalid: ")
    with pytest.raises(ActionUnknown) as caught:
        act(action="no_such_action", entity_type="user", description="x")
    assert "ActionUnknown" in notes(caught.value)[0]
    assert client.unwritten_failures == 1
    assert business() == []


def test_a_failure_may_be_stated(transaction: psycopg.Connection[Any], written: Written) -> None:
    with transaction.transaction(), Client(transaction).action("user_updated", "user", 1) as event:
        event.description = "tried to rename one"
        event.outcome, event.error_message = "failure", "the name is taken"
    (row,) = written()
    assert (row["outcome"], row["error_message"]) == ("failure", "the name is taken")


def test_without_a_connection_for_failures(
    transaction: psycopg.Connection[Any], written: Written, caplog: pytest.LogCaptureFixture
) -> None:
    client = Client(transaction)

    def act() -> None:
        with transaction.transaction(), client.action("user_updated", "user", 1, "x"):
            raise Refused

    with pytest.raises(Refused) as caught:
        act()
    assert notes(caught.value) == [
        "pgwitness: the failure of user_updated was not logged: "
        "no connection for failures is configured"
    ]
    assert client.unwritten_failures == 1
    assert [record.name for record in caplog.records] == ["pgwitness"]
    assert written() == []


def broken_sources(database: Database) -> dict[str, Any]:
    def raising() -> None:
        raise OSError("out of sockets")

    return {
        "refused": "host=127.0.0.1 port=1 dbname=x user=x",
        "raising": raising,
        "wrong": lambda: object(),
        "stranger": database.dsn(database.role("stranger")),
        "no tenant": database.dsn(database.role("service")),
        "nonsense": "no such dsn",
    }


@pytest.mark.parametrize(
    "kind", ["refused", "raising", "wrong", "stranger", "no tenant", "nonsense"]
)
def test_the_original_exception_leads(
    loaded_database: Database,
    transaction: psycopg.Connection[Any],
    written: Written,
    caplog: pytest.LogCaptureFixture,
    kind: str,
) -> None:
    client = Client(transaction, failures=broken_sources(loaded_database)[kind], failure_timeout=1)

    def act() -> None:
        with transaction.transaction(), client.action("user_updated", "user", 1, "x"):
            raise Refused("first")

    with pytest.raises(Refused, match="first") as caught:
        act()
    (note,) = notes(caught.value)
    assert note.startswith("pgwitness: the failure of user_updated was not logged: ")
    if kind == "no tenant":
        assert TenantMissing.__name__ in note
    (record,) = [each for each in caplog.records if each.name == "pgwitness"]
    assert record.exc_info
    assert client.unwritten_failures == 1
    assert written() == []


def test_a_connection_for_failures_that_hangs_is_given_up(
    transaction: psycopg.Connection[Any], loaded_database: Database, app: str
) -> None:
    with socket.create_server(("127.0.0.1", 0)) as mute:
        port = mute.getsockname()[1]
        client = Client(
            transaction,
            failures=f"host=127.0.0.1 port={port} dbname=x user=x sslmode=disable",
            failure_timeout=1,
        )
        begun = time.monotonic()
        with pytest.raises(Refused) as caught, client.action("user_updated", "user", 1, "x"):
            raise Refused
    assert time.monotonic() - begun < 4
    assert re.search("timeout", notes(caught.value)[0])


def test_a_lock_in_the_way_is_given_up(
    loaded_database: Database, app: str, transaction: psycopg.Connection[Any], written: Written
) -> None:
    client = Client(transaction, failures=loaded_database.dsn(app), failure_timeout=0.5)
    blocker = loaded_database.superuser()
    begun = time.monotonic()
    with blocker.transaction():
        blocker.execute("lock table audit_private.event in access exclusive mode")
        with pytest.raises(Refused) as caught, client.action("user_updated", "user", 1, "x"):
            raise Refused
    assert time.monotonic() - begun < 4
    assert "LockNotAvailable" in notes(caught.value)[0]
    assert written() == []


def test_an_exhausted_pool_is_given_up(
    loaded_database: Database, app: str, transaction: psycopg.Connection[Any]
) -> None:
    dsn = loaded_database.dsn(app)
    with ConnectionPool(dsn, min_size=1, max_size=1, open=True) as narrow, narrow.connection():
        client = Client(transaction, failures=narrow, failure_timeout=0.3)
        with pytest.raises(Refused) as caught, client.action("user_updated", "user", 1, "x"):
            raise Refused
    assert PoolTimeout.__name__ in notes(caught.value)[0]


def test_the_limits_end_with_the_failures_transaction(
    pool: ConnectionPool[Any], transaction: psycopg.Connection[Any]
) -> None:
    client = Client(transaction, failures=pool)
    with pytest.raises(Refused), client.action("user_updated", "user", 1, "x"):
        raise Refused
    with pool.connection() as connection:
        assert connection.execute("show statement_timeout").fetchone() == ("0",)
        assert connection.execute("show lock_timeout").fetchone() == ("0",)


def test_a_killed_connection_leaves_a_failure(
    loaded_database: Database, app: str, business: Business, written: Written
) -> None:
    victim = psycopg.connect(loaded_database.dsn(app))
    client = Client(victim, failures=loaded_database.dsn(app))

    def act() -> None:
        with victim.transaction(), client.action("user_updated", "user", 1, "cut short"):
            victim.execute(INSERT)
            assert drop_connections(loaded_database, app) == 1

    with pytest.raises(psycopg.OperationalError):
        act()
    assert business() == []
    assert [row["outcome"] for row in written()] == ["failure"]


def test_nested_actions_each_leave_their_own(
    loaded_database: Database, app: str, transaction: psycopg.Connection[Any], written: Written
) -> None:
    client = Client(transaction, failures=loaded_database.dsn(app))

    def act() -> None:
        with (
            client.action("user_updated", "user", 1, "outer"),
            client.action("user_created", "user", 2, "inner"),
        ):
            raise Refused

    with pytest.raises(Refused):
        act()
    transaction.rollback()
    assert [row["description"] for row in written()] == ["inner", "outer"]


def test_a_long_or_broken_message(
    loaded_database: Database, app: str, transaction: psycopg.Connection[Any], written: Written
) -> None:
    class Silent(Exception):
        def __str__(self) -> str:
            raise ValueError

    client = Client(transaction, failures=loaded_database.dsn(app))
    with pytest.raises(Refused), client.action("user_updated", "user", 1, "x"):
        raise Refused("long \x00" * 1000)
    with pytest.raises(Silent), client.action("user_updated", "user", 1, "x"):
        raise Silent
    long, silent = written()
    assert long["error_message"].startswith("Refused: long \\u0000long")
    assert long["error_message"].endswith("…")
    assert silent["error_message"] == "Silent"


def test_interrupts_are_failures_too(
    loaded_database: Database, app: str, transaction: psycopg.Connection[Any], written: Written
) -> None:
    client = Client(transaction, failures=loaded_database.dsn(app))
    for kind in (KeyboardInterrupt, SystemExit):
        with pytest.raises(kind), client.action("user_updated", "user", 1, "x"):
            raise kind
    assert [row["error_message"] for row in written()] == ["KeyboardInterrupt: ", "SystemExit: "]


def test_a_muted_action_leaves_nothing_either_way(
    loaded_database: Database, app: str, transaction: psycopg.Connection[Any], written: Written
) -> None:
    admin = Client(loaded_database.connect(loaded_database.role("admin")))
    admin.set_action_logging("user_updated", False, "not needed in this test")
    client = Client(transaction, failures=loaded_database.dsn(app))
    with client.action("user_updated", "user", 1, "x") as event:
        pass
    assert event.id is None
    with pytest.raises(Refused) as caught, client.action("user_updated", "user", 1, "x"):
        raise Refused
    assert notes(caught.value) == []
    assert client.unwritten_failures == 0
    transaction.commit()
    assert written() == []


def test_a_pools_action_takes_the_current_context(
    pool: ConnectionPool[Any], business: Business, written: Written
) -> None:
    client = Client(pool, failures=pool)

    def act() -> None:
        with (
            client.context(actor_id="ann") as connection,
            client.action("user_updated", "user", 1, "x"),
        ):
            connection.execute(INSERT)
            raise Refused

    with pytest.raises(Refused):
        act()
    with use_context(Context(actor_id="bob")), client.action("user_updated", "user", 1, "y"):
        pass
    assert business() == []
    assert [(row["actor_id"], row["outcome"]) for row in written()] == [
        ("ann", "failure"),
        ("bob", "success"),
    ]


def test_metadata_is_copied(transaction: psycopg.Connection[Any]) -> None:
    given = {"a": 1}
    with Client(transaction).action("user_updated", "user", 1, "x", given) as event:
        event.metadata["b"] = 2
    assert isinstance(event, PendingEvent)
    assert given == {"a": 1}


@pytest.mark.parametrize("driver", ["pool", *ASYNC_DRIVERS])
def test_the_asynchronous_twin(
    loaded_database: Database, app: str, business: Business, written: Written, driver: str
) -> None:
    async def act(client: AsyncClient, fail: bool) -> None:
        async with (
            client.context(actor_id="ann") as carried,
            client.action("user_updated", entity_type="user", entity_id=1) as event,
        ):
            await carried.execute(INSERT if driver == "pool" else text(INSERT))
            event.description = "renamed"
            if fail:
                raise Refused("not allowed")
        if driver != "pool":
            await carried.commit()

    async def run() -> None:
        if driver == "pool":
            dsn = loaded_database.dsn(app)
            async with async_pool(dsn) as pool:
                for failures in (pool, dsn, lambda: psycopg.AsyncConnection.connect(dsn)):
                    client = AsyncClient(pool, failures=failures)
                    with pytest.raises(Refused):
                        await act(client, True)
                    assert client.unwritten_failures == 0
                await act(client, False)
            return
        async with async_engine(loaded_database, app, driver) as engine:
            for _ in range(3):
                async with engine.connect() as connection:
                    client = AsyncClient(connection, failures=engine.connect)
                    with pytest.raises(Refused):
                        await act(client, True)
            async with engine.connect() as connection:
                await act(AsyncClient(connection), False)

    asyncio.run(run())
    assert business() == [1]
    assert [(row["outcome"], row["actor_id"]) for row in written()] == [
        ("failure", "ann"),
        ("failure", "ann"),
        ("failure", "ann"),
        ("success", "ann"),
    ]


def test_the_original_exception_leads_asynchronously(
    loaded_database: Database, app: str, caplog: pytest.LogCaptureFixture
) -> None:
    async def run() -> None:
        async with await psycopg.AsyncConnection.connect(loaded_database.dsn(app)) as connection:
            for failures in (
                None,
                "host=127.0.0.1 port=1 dbname=x user=x",
                lambda: object(),
                loaded_database.dsn(loaded_database.role("stranger")),
            ):
                client = AsyncClient(connection, failures=failures, failure_timeout=1)
                with pytest.raises(Refused) as caught:
                    async with client.action("user_updated", "user", 1, "x"):
                        raise Refused
                assert len(notes(caught.value)) == 1
                assert client.unwritten_failures == 1

    asyncio.run(run())
    assert len([record for record in caplog.records if record.name == "pgwitness"]) == 4


def test_a_hanging_failure_is_given_up_asynchronously(loaded_database: Database, app: str) -> None:
    async def hang() -> None:
        await asyncio.sleep(60)

    async def run() -> None:
        async with await psycopg.AsyncConnection.connect(loaded_database.dsn(app)) as connection:
            client = AsyncClient(connection, failures=hang, failure_timeout=0.2)
            with pytest.raises(Refused) as caught:
                async with client.action("user_updated", "user", 1, "x"):
                    raise Refused
            assert "TimeoutError" in notes(caught.value)[0]

    asyncio.run(run())


def test_a_cancelled_task_leaves_a_failure(
    loaded_database: Database, app: str, business: Business, written: Written
) -> None:
    async def act(client: AsyncClient, connection: psycopg.AsyncConnection[Any]) -> None:
        async with connection.transaction(), client.action("user_updated", "user", 1, "slow"):
            await connection.execute(INSERT)
            await asyncio.sleep(60)

    async def run() -> None:
        dsn = loaded_database.dsn(app)
        async with await psycopg.AsyncConnection.connect(dsn) as connection:
            client = AsyncClient(connection, failures=dsn)
            task = asyncio.create_task(act(client, connection))
            await asyncio.sleep(0.3)
            task.cancel()
            with pytest.raises(asyncio.CancelledError):
                await task
            with pytest.raises(TimeoutError):
                async with asyncio.timeout(0.3):
                    await act(client, connection)

    asyncio.run(run())
    assert business() == []
    assert [row["error_message"] for row in written()] == ["CancelledError: ", "CancelledError: "]


def test_a_task_cancelled_twice_still_leaves_a_failure(
    loaded_database: Database, app: str, written: Written
) -> None:
    async def run() -> None:
        dsn = loaded_database.dsn(app)

        async def slow() -> psycopg.AsyncConnection[Any]:
            await asyncio.sleep(0.3)
            return await psycopg.AsyncConnection.connect(dsn)

        async with await psycopg.AsyncConnection.connect(dsn) as connection:
            client = AsyncClient(connection, failures=slow)

            async def act() -> None:
                async with client.action("user_updated", "user", 1, "slow"):
                    await asyncio.sleep(60)

            task = asyncio.create_task(act())
            await asyncio.sleep(0.1)
            task.cancel()
            await asyncio.sleep(0.1)
            task.cancel()
            with pytest.raises(asyncio.CancelledError):
                await task
            await asyncio.sleep(1)

    asyncio.run(run())
    assert [row["outcome"] for row in written()] == ["failure"]


def test_a_session_in_need_of_rollback(
    engine: Engine, business: Business, written: Written
) -> None:
    def act() -> None:
        with Session(engine) as session, session.begin():
            client = Client(session, failures=engine.connect)
            with client.context(actor_id="ann"), client.action("user_updated", "user", 1, "x"):
                session.execute(text(INSERT))
                session.execute(text(INSERT))

    with pytest.raises(Exception, match="duplicate key"):
        act()
    assert business() == []
    assert [(row["outcome"], row["actor_id"]) for row in written()] == [("failure", "ann")]


def test_the_logger_is_quiet_when_all_is_well(
    loaded_database: Database,
    app: str,
    transaction: psycopg.Connection[Any],
    caplog: pytest.LogCaptureFixture,
) -> None:
    with caplog.at_level(logging.DEBUG, "pgwitness"):
        client = Client(transaction, failures=loaded_database.dsn(app))
        with pytest.raises(Refused), client.action("user_updated", "user", 1, "x"):
            raise Refused
    assert [record for record in caplog.records if record.name == "pgwitness"] == []
