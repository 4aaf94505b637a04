"""Every connection, session and pool that a client works over, within the caller's transaction."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import AbstractAsyncContextManager, asynccontextmanager, contextmanager
from typing import Any

import psycopg
import pytest
from psycopg.rows import class_row, tuple_row
from psycopg_pool import ConnectionPool
from sqlalchemy import Engine, create_engine, text
from sqlalchemy.exc import IntegrityError
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import (
    DeclarativeBase,
    Mapped,
    Session,
    mapped_column,
    scoped_session,
    sessionmaker,
)

from client.sources import (
    ASYNC_DRIVERS,
    Written,
    alchemy_url,
    async_engine,
    async_pool,
    drop_connections,
)
from pgwitness import AsyncClient, Client, use_context
from pgwitness.context import Context
from pgwitness.errors import AccessUncommitted, ActionUnknown, TenantMissing
from pgwitness.text import MARK

from databases import Database

EVENT: dict[str, Any] = {
    "action": "user_created",
    "entity_type": "user",
    "entity_id": 7,
    "description": "made seven",
    "metadata": {"a": [1, None, "\x00"]},
}


class Base(DeclarativeBase):
    pass


class Account(Base):
    __tablename__ = "account"
    id: Mapped[int] = mapped_column(primary_key=True)


def insert(handle: Any, number: int) -> None:
    """Insert a business row over whatever carries the transaction."""
    statement = f"insert into public.account values ({number})"
    handle.execute(statement if isinstance(handle, psycopg.Connection) else text(statement))


async def insert_async(handle: Any, number: int) -> None:
    """Insert a business row over whatever carries the transaction."""
    statement = f"insert into public.account values ({number})"
    is_driver = isinstance(handle, psycopg.AsyncConnection)
    await handle.execute(statement if is_driver else text(statement))


@contextmanager
def psycopg_connection(database: Database) -> Iterator[Any]:
    with psycopg.connect(database.dsn(database.role("app"))) as connection:
        yield connection


@contextmanager
def psycopg_client_cursors(database: Database) -> Iterator[Any]:
    with psycopg.connect(
        database.dsn(database.role("app")), cursor_factory=psycopg.ClientCursor
    ) as connection:
        yield connection


@contextmanager
def psycopg_raw_cursors(database: Database) -> Iterator[Any]:
    with psycopg.connect(
        database.dsn(database.role("app")),
        cursor_factory=psycopg.RawCursor,
        row_factory=class_row(dict),  # rows of no use to the client
        prepare_threshold=None,
    ) as connection:
        yield connection


@contextmanager
def alchemy_connection(database: Database) -> Iterator[Any]:
    engine = create_engine(alchemy_url(database, database.role("app"), "psycopg"))
    with engine.connect() as connection:
        yield connection
    engine.dispose()


@contextmanager
def alchemy_session(database: Database) -> Iterator[Any]:
    engine = create_engine(alchemy_url(database, database.role("app"), "psycopg"))
    with Session(engine) as session:
        yield session
    engine.dispose()


SOURCES = [
    psycopg_connection,
    psycopg_client_cursors,
    psycopg_raw_cursors,
    alchemy_connection,
    alchemy_session,
]


@asynccontextmanager
async def async_psycopg_connection(database: Database, _: str) -> AsyncIterator[Any]:
    async with await psycopg.AsyncConnection.connect(
        database.dsn(database.role("app"))
    ) as connection:
        yield connection


@asynccontextmanager
async def async_alchemy_connection(database: Database, driver: str) -> AsyncIterator[Any]:
    role = database.role("app")
    async with async_engine(database, role, driver) as engine, engine.connect() as connection:
        yield connection


@asynccontextmanager
async def async_alchemy_session(database: Database, driver: str) -> AsyncIterator[Any]:
    role = database.role("app")
    async with async_engine(database, role, driver) as engine, AsyncSession(engine) as session:
        yield session


ASYNC_SOURCES = [
    pytest.param(async_psycopg_connection, "psycopg", id="psycopg"),
    *(
        pytest.param(source, driver, id=f"{source.__name__}-{driver}")
        for source in (async_alchemy_connection, async_alchemy_session)
        for driver in ASYNC_DRIVERS
    ),
]
AsyncSourceMaker = Callable[[Database, str], AbstractAsyncContextManager[Any]]


@pytest.mark.parametrize("source", SOURCES)
def test_an_event_shares_the_callers_transaction(
    loaded_database: Database,
    business: Callable[[], list[int]],
    written: Written,
    source: Callable[[Database], Any],
) -> None:
    with source(loaded_database) as handle:
        client = Client(handle)
        insert(handle, 1)
        client.log_event(**EVENT)
        assert written() == []
        handle.rollback()
        assert (business(), written()) == ([], [])

        with client.context(actor_id="ann", actor_type="user", ip="192.0.2.1") as carried:
            assert carried is handle
            event_id = client.log_event(**EVENT)
        handle.commit()
        (event,) = written()
    assert event["id"] == event_id
    assert event["actor_id"] == "ann"
    assert str(event["ip"]) == "192.0.2.1"
    assert event["entity_id"] == "7"
    assert event["metadata"] == {
        "a": [1, None, "\\u0000"],
        MARK: {"texts": ["/metadata/a/2"]},
    }


@pytest.mark.parametrize(("source", "driver"), ASYNC_SOURCES)
def test_an_event_shares_the_callers_transaction_asynchronously(
    loaded_database: Database,
    business: Callable[[], list[int]],
    written: Written,
    source: AsyncSourceMaker,
    driver: str,
) -> None:
    async def run() -> object:
        async with source(loaded_database, driver) as handle:
            client = AsyncClient(handle)
            await insert_async(handle, 1)
            await client.log_event(**EVENT)
            await handle.rollback()
            assert (business(), written()) == ([], [])

            async with client.context(actor_id="ann", ip="192.0.2.1") as carried:
                assert carried is handle
                await insert_async(handle, 2)
                event_id = await client.log_event(**EVENT)
            await handle.commit()
            return event_id

    event_id = asyncio.run(run())
    (event,) = written()
    assert business() == [2]
    assert event["id"] == event_id
    assert (event["actor_id"], event["actor_type"]) == ("ann", "user")


@pytest.mark.parametrize("source", SOURCES)
def test_refusals_are_ours_over_every_source(
    loaded_database: Database, source: Callable[[Database], Any]
) -> None:
    with source(loaded_database) as handle:
        with pytest.raises(ActionUnknown) as caught:
            Client(handle).log_event("no_such_action", "user", description="x")
        assert caught.value.hint
        assert caught.value.detail


@pytest.mark.parametrize(("source", "driver"), ASYNC_SOURCES)
def test_refusals_are_ours_over_every_asynchronous_source(
    loaded_database: Database, source: AsyncSourceMaker, driver: str
) -> None:
    async def run() -> None:
        async with source(loaded_database, driver) as handle:
            with pytest.raises(ActionUnknown) as caught:
                await AsyncClient(handle).log_event("no_such_action", "user", description="x")
            assert caught.value.sqlstate == "WT010"
            assert caught.value.hint
            assert caught.value.detail

    asyncio.run(run())


def test_autocommit_commits_each_event(
    connection: psycopg.Connection[Any], written: Written
) -> None:
    connection.row_factory = tuple_row
    Client(connection).log_event(**EVENT)
    assert len(written()) == 1


def test_a_context_in_autocommit_opens_a_transaction(
    connection: psycopg.Connection[Any], business: Callable[[], list[int]], written: Written
) -> None:
    client = Client(connection)
    with client.context(actor_id="ann"):
        insert(connection, 1)
        client.log_event(**EVENT)
        assert written() == []
    assert business() == [1]
    assert [event["actor_id"] for event in written()] == ["ann"]

    def fail() -> None:
        with client.context(actor_id="ann"):
            insert(connection, 2)
            client.log_event(**EVENT)
            raise LookupError

    with pytest.raises(LookupError):
        fail()
    assert business() == [1]
    assert len(written()) == 1


def test_a_pool_is_a_transaction_a_call(pool: ConnectionPool[Any], written: Written) -> None:
    client = Client(pool)
    client.log_event(**EVENT)
    assert len(written()) == 1
    with pytest.raises(ActionUnknown):
        client.log_event("no_such_action", "user", description="x")
    client.log_event(**EVENT)
    assert len(written()) == 2
    assert pool.get_stats().get("connections_lost", 0) == 0


def test_a_pool_is_one_transaction_a_context(
    pool: ConnectionPool[Any], business: Callable[[], list[int]], written: Written
) -> None:
    client = Client(pool)
    with client.context(actor_id="ann") as carried:
        insert(carried, 1)
        client.log_event(**EVENT)
        assert written() == []
        with client.context(actor_id="bob"):
            client.log_event(**EVENT)
        client.log_event(**EVENT)
    assert business() == [1]
    assert [event["actor_id"] for event in written()] == ["ann", "bob", "ann"]

    def fail() -> None:
        with client.context(actor_id="ann") as carried:
            insert(carried, 2)
            client.log_event(**EVENT)
            raise LookupError

    with pytest.raises(LookupError):
        fail()
    assert business() == [1]
    assert len(written()) == 3


def test_a_pool_takes_the_current_context(pool: ConnectionPool[Any], written: Written) -> None:
    client = Client(pool)
    with use_context(Context(actor_id="ann", user_agent="probe/1")):
        client.log_event(**EVENT)
    client.log_event(**EVENT)
    assert [(event["actor_id"], event["user_agent"]) for event in written()] == [
        ("ann", "probe/1"),
        ("test_app_a", None),
    ]


def test_a_bare_context_over_a_pool_is_refused(pool: ConnectionPool[Any]) -> None:
    with pytest.raises(RuntimeError, match=r"with client\.context"):
        Client(pool).set_context(actor_id="ann")


def test_an_asynchronous_pool(
    loaded_database: Database, business: Callable[[], list[int]], written: Written
) -> None:
    async def run() -> None:
        async with async_pool(loaded_database.dsn(loaded_database.role("app"))) as pool:
            client = AsyncClient(pool)
            async with client.context(actor_id="ann") as carried:
                await insert_async(carried, 1)
                await client.log_event(**EVENT)
                late = asyncio.create_task(after(client))
            await late
            with use_context(Context(actor_id="cid")):
                await client.log_event(**EVENT)
            with pytest.raises(RuntimeError, match=r"async with client\.context"):
                await client.set_context()
            assert pool.get_stats().get("connections_lost", 0) == 0

    async def after(client: AsyncClient) -> None:
        # Started inside the block, running on after it: the block's connection isn't its own.
        await asyncio.sleep(0.1)
        await client.log_event(**{**EVENT, "description": "late"})

    asyncio.run(run())
    assert business() == [1]
    assert [(event["actor_id"], event["description"]) for event in written()] == [
        ("ann", "made seven"),
        ("ann", "late"),
        ("cid", "made seven"),
    ]


def test_a_procedure_takes_a_pool_or_autocommit(loaded_database: Database) -> None:
    operator = loaded_database.dsn(loaded_database.role("operator"))
    with ConnectionPool(operator, min_size=0, max_size=1, open=True) as pool:
        Client(pool).maintain_partitions()
        assert Client(pool).list_partitions()
        with pool.connection() as connection:
            assert not connection.autocommit
    Client(loaded_database.connect(loaded_database.role("operator"))).maintain_partitions()

    async def run() -> None:
        async with async_pool(operator, max_size=1) as pool:
            await AsyncClient(pool).maintain_partitions()
            assert await AsyncClient(pool).list_partitions()

    asyncio.run(run())


def test_a_sessions_unflushed_rows_are_flushed_by_an_action(
    engine: Engine, business: Callable[[], list[int]], written: Written
) -> None:
    with Session(engine) as session, session.begin():
        with Client(session).action("user_created", "user", 1, "made") as event:
            session.add(Account(id=1))
        assert event.id is not None
    assert business() == [1]

    def fail() -> None:
        with Session(engine) as session, session.begin():
            client = Client(session, failures=engine.connect)
            with client.action("user_created", "user", 1, "made again"):
                session.add(Account(id=1))

    with pytest.raises(IntegrityError, match="duplicate key"):
        fail()
    assert [event["outcome"] for event in written()] == ["success", "failure"]


def test_alchemys_autocommit_can_carry_no_context(
    loaded_database: Database, app: str, engine: Engine
) -> None:
    with (
        engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection,
        pytest.raises(RuntimeError, match="autocommit"),
        Client(connection).context(),
    ):
        pytest.fail("the block must not be entered")

    async def run(driver: str) -> None:
        async with async_engine(loaded_database, app, driver) as made, made.connect() as connection:
            await connection.execution_options(isolation_level="AUTOCOMMIT")
            with pytest.raises(RuntimeError, match="autocommit"):
                async with AsyncClient(connection).context():
                    pytest.fail("the block must not be entered")

    for driver in ASYNC_DRIVERS:
        asyncio.run(run(driver))


def test_other_sources_are_refused(engine: Engine, pool: ConnectionPool[Any]) -> None:
    for wrong in (engine, sessionmaker(engine), scoped_session(sessionmaker(engine)), "dbname=x"):
        with pytest.raises(TypeError, match="no synchronous client over"):
            Client(wrong)  # type: ignore[arg-type]
    with pytest.raises(TypeError, match="no asynchronous client over"):
        AsyncClient(pool)  # type: ignore[arg-type]


def test_a_killed_connection_is_the_drivers_error(
    loaded_database: Database, app: str, connection: psycopg.Connection[Any], written: Written
) -> None:
    client = Client(connection)

    def fail() -> None:
        with client.context(actor_id="ann"):
            client.log_event(**EVENT)
            assert drop_connections(loaded_database, app) == 1
            client.log_event(**EVENT)

    with pytest.raises(psycopg.OperationalError):
        fail()
    assert written() == []


def test_a_pool_recovers_from_killed_connections(
    loaded_database: Database, app: str, pool: ConnectionPool[Any], written: Written
) -> None:
    client = Client(pool)
    client.log_event(**EVENT)
    assert drop_connections(loaded_database, app) == 1
    with pytest.raises(psycopg.OperationalError):
        client.log_event(**EVENT)
    client.log_event(**EVENT)
    assert len(written()) == 2


def test_nothing_outlives_the_transaction(loaded_database: Database, written: Written) -> None:
    """What a transaction-mode pooler hands to the next client has no context left."""
    service = loaded_database.connect(loaded_database.role("service"))
    client = Client(service)
    with client.context(tenant_id=loaded_database.tenant_a, actor_id="ann"):
        assert client.current_tenant() == loaded_database.tenant_a
        client.log_event(**EVENT)
    with pytest.raises(TenantMissing):
        client.log_event(**EVENT)
    with pytest.raises(TenantMissing):
        client.current_tenant()
    assert len(written()) == 1


def test_a_context_in_a_transaction_ends_with_its_block(
    loaded_database: Database, written: Written
) -> None:
    service = psycopg.connect(loaded_database.dsn(loaded_database.role("service")))
    with service:
        client = Client(service)
        with client.context(tenant_id=loaded_database.tenant_a, actor_id="ann"):
            client.log_event(**EVENT)
            with client.context(tenant_id=loaded_database.tenant_b, actor_id="bob"):
                client.log_event(**EVENT)
            client.log_event(**EVENT)
        with pytest.raises(TenantMissing), service.transaction():
            client.log_event(**EVENT)

        # Given up inside, gone outside too, though the transaction goes on.
        with pytest.raises(LookupError), client.context(tenant_id=loaded_database.tenant_a):
            raise LookupError
        with pytest.raises(TenantMissing), service.transaction():
            client.log_event(**EVENT)
    assert [(str(event["tenant_id"])[0], event["actor_id"]) for event in written()] == [
        ("a", "ann"),
        ("b", "bob"),
        ("a", "ann"),
    ]


def test_reading_needs_a_committed_session(loaded_database: Database) -> None:
    reader = psycopg.connect(loaded_database.dsn(loaded_database.role("reader")))
    with reader:
        client = Client(reader)
        client.open_access("audit_review", "looking at how it is read")
        with pytest.raises(AccessUncommitted):
            client.search_events()
