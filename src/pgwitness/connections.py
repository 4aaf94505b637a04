"""Runs calls over the connections, sessions and pools that an application already has.

That is psycopg 3's connections and pools, and SQLAlchemy's connections and sessions on any driver.

A connection or session is used within its own transaction, whose beginning and end stay the
caller's. Nothing is kept on a connection beyond a transaction, so a transaction-mode pooler may
stand between.
"""

from __future__ import annotations

import inspect
import sys
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator, Mapping, Sequence
from contextlib import (
    AbstractAsyncContextManager,
    AbstractContextManager,
    asynccontextmanager,
    contextmanager,
    nullcontext,
)
from math import ceil
from typing import TYPE_CHECKING, Any, Protocol, TypeAlias, TypeVar

import psycopg
from psycopg.pq import TransactionStatus
from psycopg.rows import dict_row
from psycopg_pool import AsyncConnectionPool, ConnectionPool

from pgwitness.calls import Call
from pgwitness.errors import translate

if TYPE_CHECKING:
    from sqlalchemy import Connection as AlchemyConnection
    from sqlalchemy.ext.asyncio import AsyncConnection as AlchemyAsyncConnection
    from sqlalchemy.ext.asyncio import AsyncSession
    from sqlalchemy.orm import Session

    Source: TypeAlias = psycopg.Connection[Any] | ConnectionPool[Any] | AlchemyConnection | Session
    AsyncSource: TypeAlias = (
        psycopg.AsyncConnection[Any]
        | AsyncConnectionPool[Any]
        | AlchemyAsyncConnection
        | AsyncSession
    )
    FailureSource: TypeAlias = str | ConnectionPool[Any] | Callable[[], Any]
    AsyncFailureSource: TypeAlias = str | AsyncConnectionPool[Any] | Callable[[], Any]

Result = TypeVar("Result")

# The shorter one first, so that waiting for a lock is told apart from being slow.
_LIMITS = "select set_config('lock_timeout', {}, true), set_config('statement_timeout', {}, true)"


class Executor(Protocol):
    """What a client needs of a connection."""

    @property
    def handle(self) -> Any:
        """What the caller knows the connection as."""

    def run(self, call: Call[Result]) -> Result:
        """Runs a call in the connection's transaction."""

    def limit(self, seconds: float) -> None:
        """Bounds each statement, and each wait for a lock to half of it, in this transaction."""

    def flush(self) -> None:
        """Sends what the layer above still holds back."""

    def has_transaction(self) -> bool:
        """Tells whether a transaction is open."""

    def transaction(self) -> AbstractContextManager[Any]:
        """Opens a transaction for a block, or a savepoint in the one that is open."""

    def context_block(self) -> AbstractContextManager[Any]:
        """Makes sure that a transaction holds what is set in a block."""


class AsyncExecutor(Protocol):
    """What an asynchronous client needs of a connection; as `Executor`."""

    @property
    def handle(self) -> Any:
        """What the caller knows the connection as."""

    async def run(self, call: Call[Result]) -> Result:
        """Runs a call in the connection's transaction."""

    async def limit(self, seconds: float) -> None:
        """Bounds each statement, and each wait for a lock to half of it, in this transaction."""

    async def flush(self) -> None:
        """Sends what the layer above still holds back."""

    def has_transaction(self) -> bool:
        """Tells whether a transaction is open."""

    def transaction(self) -> AbstractAsyncContextManager[Any]:
        """Opens a transaction for a block, or a savepoint in the one that is open."""

    def context_block(self) -> AbstractAsyncContextManager[Any]:
        """Makes sure that a transaction holds what is set in a block."""


class _PsycopgExecutor:
    """A psycopg 3 connection."""

    def __init__(self, connection: psycopg.Connection[Any]) -> None:
        self.handle = connection

    def run(self, call: Call[Result]) -> Result:
        return call.read(self._fetch(call.statement("pyformat"), call.parameters))

    def limit(self, seconds: float) -> None:
        self._fetch(_LIMITS.format("%(lock)s", "%(statement)s"), _limits(seconds))

    def flush(self) -> None:
        pass

    def has_transaction(self) -> bool:
        return self.handle.info.transaction_status != TransactionStatus.IDLE

    def transaction(self) -> AbstractContextManager[Any]:
        return self.handle.transaction()

    def context_block(self) -> AbstractContextManager[Any]:
        if self.handle.autocommit and not self.has_transaction():
            return self.handle.transaction()
        return nullcontext()

    def _fetch(self, statement: str, parameters: Mapping[str, Any]) -> list[dict[str, Any]]:
        # The connection may have any row factory, and a cursor factory that takes other parameters.
        factory: type[psycopg.Cursor[Any]] = psycopg.Cursor
        if issubclass(self.handle.cursor_factory, psycopg.ClientCursor):
            factory = psycopg.ClientCursor
        try:
            with factory(self.handle, row_factory=dict_row) as cursor:
                cursor.execute(statement, parameters or None)
                return cursor.fetchall() if cursor.description else []
        except psycopg.Error as error:
            raise_translated(error)
            raise


class _AsyncPsycopgExecutor:
    """A psycopg 3 asynchronous connection."""

    def __init__(self, connection: psycopg.AsyncConnection[Any]) -> None:
        self.handle = connection

    async def run(self, call: Call[Result]) -> Result:
        return call.read(await self._fetch(call.statement("pyformat"), call.parameters))

    async def limit(self, seconds: float) -> None:
        await self._fetch(_LIMITS.format("%(lock)s", "%(statement)s"), _limits(seconds))

    async def flush(self) -> None:
        pass

    def has_transaction(self) -> bool:
        return self.handle.info.transaction_status != TransactionStatus.IDLE

    def transaction(self) -> AbstractAsyncContextManager[Any]:
        return self.handle.transaction()

    def context_block(self) -> AbstractAsyncContextManager[Any]:
        if self.handle.autocommit and not self.has_transaction():
            return self.handle.transaction()
        return nullcontext()

    async def _fetch(self, statement: str, parameters: Mapping[str, Any]) -> list[dict[str, Any]]:
        factory: type[psycopg.AsyncCursor[Any]] = psycopg.AsyncCursor
        if issubclass(self.handle.cursor_factory, psycopg.AsyncClientCursor):
            factory = psycopg.AsyncClientCursor
        try:
            async with factory(self.handle, row_factory=dict_row) as cursor:
                await cursor.execute(statement, parameters or None)
                return await cursor.fetchall() if cursor.description else []
        except psycopg.Error as error:
            raise_translated(error)
            raise


class _AlchemyExecutor:
    """A SQLAlchemy connection or session."""

    def __init__(self, handle: AlchemyConnection | Session) -> None:
        self.handle = handle

    def run(self, call: Call[Result]) -> Result:
        return call.read(self._fetch(call.statement("named"), call.parameters))

    def limit(self, seconds: float) -> None:
        self._fetch(
            _LIMITS.format("cast(:lock as text)", "cast(:statement as text)"), _limits(seconds)
        )

    def flush(self) -> None:
        if hasattr(self.handle, "flush"):
            self.handle.flush()

    def has_transaction(self) -> bool:
        return self.handle.in_transaction()

    def transaction(self) -> AbstractContextManager[Any]:
        return self.handle.begin_nested() if self.has_transaction() else self.handle.begin()

    def context_block(self) -> AbstractContextManager[Any]:
        refuse_autocommit(self._connection())
        return nullcontext()

    def _connection(self) -> AlchemyConnection:
        from sqlalchemy import Connection

        return self.handle if isinstance(self.handle, Connection) else self.handle.connection()

    def _fetch(self, statement: str, parameters: Mapping[str, Any]) -> Sequence[Mapping[str, Any]]:
        from sqlalchemy import text
        from sqlalchemy.exc import DBAPIError

        try:
            result = self._connection().execute(text(statement), parameters)
            return _mappings(result)
        except DBAPIError as error:
            raise_translated(error)
            raise


class _AsyncAlchemyExecutor:
    """A SQLAlchemy asynchronous connection or session."""

    def __init__(self, handle: AlchemyAsyncConnection | AsyncSession) -> None:
        self.handle = handle

    async def run(self, call: Call[Result]) -> Result:
        return call.read(await self._fetch(call.statement("named"), call.parameters))

    async def limit(self, seconds: float) -> None:
        await self._fetch(
            _LIMITS.format("cast(:lock as text)", "cast(:statement as text)"), _limits(seconds)
        )

    async def flush(self) -> None:
        if hasattr(self.handle, "flush"):
            await self.handle.flush()

    def has_transaction(self) -> bool:
        return self.handle.in_transaction()

    def transaction(self) -> AbstractAsyncContextManager[Any]:
        return self.handle.begin_nested() if self.has_transaction() else self.handle.begin()

    @asynccontextmanager
    async def context_block(self) -> AsyncIterator[None]:
        connection = await self._connection()
        await connection.run_sync(refuse_autocommit)
        yield

    async def _connection(self) -> AlchemyAsyncConnection:
        from sqlalchemy.ext.asyncio import AsyncConnection

        if isinstance(self.handle, AsyncConnection):
            return self.handle
        return await self.handle.connection()

    async def _fetch(
        self, statement: str, parameters: Mapping[str, Any]
    ) -> Sequence[Mapping[str, Any]]:
        from sqlalchemy import text
        from sqlalchemy.exc import DBAPIError

        try:
            connection = await self._connection()
            return _mappings(await connection.execute(text(statement), parameters))
        except DBAPIError as error:
            raise_translated(error)
            raise


def executor(source: object) -> Executor | None:
    """Gives the executor for a connection or session, None for a pool.

    Raises:
        TypeError: it is none of those.
    """
    if isinstance(source, psycopg.Connection):
        return _PsycopgExecutor(source)
    if isinstance(source, ConnectionPool):
        return None
    # Whoever has an object of SQLAlchemy's has imported it.
    if "sqlalchemy" in sys.modules:
        from sqlalchemy import Connection
        from sqlalchemy.orm import Session

        if isinstance(source, Connection | Session):
            return _AlchemyExecutor(source)
    raise TypeError(
        f"no synchronous client over {type(source).__name__}: give a psycopg Connection or "
        "ConnectionPool, or a SQLAlchemy Connection or Session (a scoped_session when called)"
    )


def async_executor(source: object) -> AsyncExecutor | None:
    """Gives the executor for an asynchronous connection or session, None for a pool.

    Raises:
        TypeError: it is none of those.
    """
    if isinstance(source, psycopg.AsyncConnection):
        return _AsyncPsycopgExecutor(source)
    if isinstance(source, AsyncConnectionPool):
        return None
    if "sqlalchemy" in sys.modules:
        from sqlalchemy.ext.asyncio import AsyncConnection, AsyncSession

        if isinstance(source, AsyncConnection | AsyncSession):
            return _AsyncAlchemyExecutor(source)
    raise TypeError(
        f"no asynchronous client over {type(source).__name__}: give a psycopg AsyncConnection or "
        "AsyncConnectionPool, or a SQLAlchemy AsyncConnection or AsyncSession"
    )


@contextmanager
def pooled(
    pool: ConnectionPool[Any], *, is_procedure: bool = False, timeout: float | None = None
) -> Iterator[Executor]:
    """Takes a connection from a pool for a block: in a transaction, or in none for a procedure."""
    with pool.connection(timeout=timeout) as connection:
        if not is_procedure:
            with connection.transaction():
                yield _PsycopgExecutor(connection)
            return
        previous = connection.autocommit
        connection.autocommit = True
        try:
            yield _PsycopgExecutor(connection)
        finally:
            if not connection.closed:
                connection.autocommit = previous


@asynccontextmanager
async def async_pooled(
    pool: AsyncConnectionPool[Any], *, is_procedure: bool = False, timeout: float | None = None
) -> AsyncIterator[AsyncExecutor]:
    """Takes a connection from a pool for a block: in a transaction, or in none for a procedure."""
    async with pool.connection(timeout=timeout) as connection:
        if not is_procedure:
            async with connection.transaction():
                yield _AsyncPsycopgExecutor(connection)
            return
        previous = connection.autocommit
        await connection.set_autocommit(True)
        try:
            yield _AsyncPsycopgExecutor(connection)
        finally:
            if not connection.closed:
                await connection.set_autocommit(previous)


@contextmanager
def own_connection(source: FailureSource, timeout: float) -> Iterator[Executor]:
    """Opens a transaction on a connection apart from the caller's, with short timeouts.

    Args:
        source: a DSN, a pool, or a callable that gives a new connection or session.
        timeout: seconds for connecting and for each statement; half of it for each lock.
    """
    if isinstance(source, ConnectionPool):
        with pooled(source, timeout=timeout) as own:
            own.limit(timeout)
            yield own
        return
    connection = _connect(source, timeout) if isinstance(source, str) else source()
    try:
        own_executor = executor(connection)
        if own_executor is None:
            raise TypeError("give the pool itself instead of a callable that gives it")
        with own_executor.transaction():
            own_executor.limit(timeout)
            yield own_executor
    finally:
        connection.close()


@asynccontextmanager
async def async_own_connection(
    source: AsyncFailureSource, timeout: float
) -> AsyncIterator[AsyncExecutor]:
    """Opens a transaction on a connection apart from the caller's, with short timeouts.

    Args:
        source: a DSN, a pool, or a callable that gives a new connection or session, or an awaitable
            for one.
        timeout: seconds for connecting and for each statement; half of it for each lock.
    """
    if isinstance(source, AsyncConnectionPool):
        async with async_pooled(source, timeout=timeout) as own:
            await own.limit(timeout)
            yield own
        return
    made: Any = (
        psycopg.AsyncConnection.connect(source, **_connect_arguments(timeout))
        if isinstance(source, str)
        else source()
    )
    connection = await _awaited(made) if inspect.isawaitable(made) else made
    try:
        own_executor = async_executor(connection)
        if own_executor is None:
            raise TypeError("give the pool itself instead of a callable that gives it")
        async with own_executor.transaction():
            await own_executor.limit(timeout)
            yield own_executor
    finally:
        await connection.close()


def raise_translated(error: Exception) -> None:
    """Raises the exception that stands for a driver's exception, if there is one."""
    translated = translate(error)
    if translated is not None:
        raise translated from error


def refuse_autocommit(connection: AlchemyConnection) -> None:
    """Refuses a SQLAlchemy connection on which a context would be gone after its own statement.

    Raises:
        RuntimeError: the connection is in autocommit mode.
    """
    if getattr(connection.connection.dbapi_connection, "autocommit", False):
        raise RuntimeError(
            "the connection is in autocommit mode, and a context needs a transaction: "
            "leave isolation_level AUTOCOMMIT out"
        )


async def _awaited(value: Awaitable[Any]) -> Any:
    return await value


def _connect(dsn: str, timeout: float) -> psycopg.Connection[Any]:
    return psycopg.connect(dsn, **_connect_arguments(timeout))


def _connect_arguments(timeout: float) -> dict[str, Any]:
    return {
        "connect_timeout": max(1, ceil(timeout)),
        "tcp_user_timeout": int(_milliseconds(timeout)),
        "prepare_threshold": None,
    }


def _milliseconds(seconds: float) -> str:
    return str(max(1, round(seconds * 1000)))


def _limits(seconds: float) -> dict[str, str]:
    return {"lock": _milliseconds(seconds / 2), "statement": _milliseconds(seconds)}


def _mappings(result: Any) -> Sequence[Mapping[str, Any]]:
    return result.mappings().all() if result.returns_rows else []
