"""The clients: every function of schema audit as a method, and blocks for contexts and acts.

`Client` and `AsyncClient` have the same methods with the same arguments, made from
`pgwitness.calls`; those of `AsyncClient` are awaited.
"""

from __future__ import annotations

import asyncio
import functools
import inspect
import logging
import os
import threading
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator, Mapping
from contextlib import (
    AbstractAsyncContextManager,
    AbstractContextManager,
    asynccontextmanager,
    contextmanager,
    suppress,
)
from contextvars import ContextVar
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import IO, TYPE_CHECKING, Any, Concatenate, Generic, ParamSpec, TypeVar
from uuid import UUID

import psycopg

from pgwitness import calls, exporting, models
from pgwitness.calls import Call
from pgwitness.connections import (
    AsyncExecutor,
    Executor,
    async_executor,
    async_own_connection,
    async_pooled,
    executor,
    own_connection,
    pooled,
)
from pgwitness.context import Context, current_context, use_context

if TYPE_CHECKING:
    from pgwitness.connections import AsyncFailureSource, AsyncSource, FailureSource, Source

Parameters = ParamSpec("Parameters")
Result = TypeVar("Result")
AnyExecutor = TypeVar("AnyExecutor")

ERROR_MESSAGE_LENGTH = 2000

_logger = logging.getLogger("pgwitness")


@dataclass
class PendingEvent:
    """The event of an `action` block, which may be filled until the block ends.

    Attributes:
        action: code from the catalogue.
        entity_type: code from the catalogue.
        entity_id: which thing of that type.
        description: the event in words; a failure without one says "… failed".
        metadata: whatever else there is to tell.
        target: snapshot of what was acted on.
        changes: column to {"old": …, "new": …}.
        outcome: of a block that ends without an exception.
        error_message: why it failed, when outcome is failure.
        occurred_at: aware; left out, the end of the block.
        idempotency_key: for the success only, since a failed act may be tried again.
        actor_id: who acts, in place of the context's actor as a whole; left out, the context's.
        actor_type: user, system, api_key or database_role.
        actor: snapshot of the actor.
        tenant_id: left out, the context's.
        id: of the event that was written; None before, and when a toggle silenced it.
    """

    action: str
    entity_type: str
    entity_id: calls.EntityId | None = None
    description: str | None = None
    metadata: dict[str, Any] = field(default_factory=dict)
    target: Any = None
    changes: dict[str, Any] | None = None
    outcome: str = "success"
    error_message: str | None = None
    occurred_at: datetime | None = None
    idempotency_key: str | None = None
    actor_id: calls.EntityId | None = None
    actor_type: str | None = None
    actor: Mapping[str, Any] | None = None
    tenant_id: UUID | str | None = None
    id: UUID | None = field(default=None, init=False)

    def _as_call(self) -> Call[UUID | None]:
        arguments = {name: value for name, value in vars(self).items() if name != "id"}
        return calls.log_event(**{**arguments, "metadata": self.metadata or None})

    def _as_failure(self, error: BaseException) -> Call[UUID | None]:
        arguments = {name: value for name, value in vars(self).items() if name != "id"}
        return calls.log_event(
            **{
                **arguments,
                "metadata": self.metadata or None,
                "description": self.description or f"{self.action} failed",
                "outcome": "failure",
                "error_message": _error_message(error),
                "idempotency_key": None,
            }
        )


class _Failures:
    """Counts and tells what became of failure events that couldn't be written."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self.unwritten = 0

    def report(self, event: PendingEvent, error: BaseException, problem: Exception | None) -> None:
        with self._lock:
            self.unwritten += 1
        why = "no connection for failures is configured"
        if problem is not None:
            why = f"{type(problem).__name__}: {problem}"
        # Whatever happens here, the original exception leads.
        with suppress(Exception):
            error.add_note(f"pgwitness: the failure of {event.action} was not logged: {why}")
        with suppress(Exception):
            _logger.error(
                "the failure of %s (%s %s) was not logged: %s",
                event.action,
                event.entity_type,
                event.entity_id,
                why,
                exc_info=problem,
            )


@dataclass
class _Binding(Generic[AnyExecutor]):
    """A pooled connection that a context block works on; open until the block ends."""

    pool: object
    executor: AnyExecutor
    is_open: bool = True


_bindings: ContextVar[tuple[_Binding[Any], ...]] = ContextVar("pgwitness_bindings", default=())


@contextmanager
def _bound(pool: object, pooled_executor: AnyExecutor) -> Iterator[None]:
    binding = _Binding(pool, pooled_executor)
    token = _bindings.set((*_bindings.get(), binding))
    try:
        yield
    finally:
        # Tasks that were started meanwhile keep a copy, and must not use the connection any more.
        binding.is_open = False
        with suppress(ValueError):
            _bindings.reset(token)


def _bound_executor(pool: object) -> Any:
    for binding in reversed(_bindings.get()):
        if binding.pool is pool and binding.is_open:
            return binding.executor
    return None


def _error_message(error: BaseException) -> str:
    try:
        text = f"{type(error).__name__}: {error}"
    except Exception:
        text = type(error).__name__
    if len(text) <= ERROR_MESSAGE_LENGTH:
        return text
    return text[: ERROR_MESSAGE_LENGTH - 1] + "…"


def _methodical(function: Callable[..., object], wrapper: Callable[..., Any]) -> None:
    """Gives a method the signature of what it is made from, with self in front."""
    signature = inspect.signature(function)
    own = inspect.Parameter("self", inspect.Parameter.POSITIONAL_OR_KEYWORD)
    wrapper.__signature__ = signature.replace(  # type: ignore[attr-defined]
        parameters=[own, *signature.parameters.values()]
    )


_CONTEXT_TEXT = """Says for a block who acts, for which tenant, from where.

Sets the context in the caller's transaction, and puts the one around the block back at its end. A
client over a pool opens one transaction for the whole block, which all its calls in the block use,
and commits it at the end, or rolls it back on an exception. So does a psycopg connection in
autocommit mode outside a transaction.

Args:
    tenant_id: whose log; may be left out by a database role that is bound to just one tenant.
    actor_id: who acts; left out, the database role itself.
    actor_type: user, system, api_key or database_role.
    actor: snapshot of the actor.
    ip: address that the request came from.
    user_agent: the client program's own name (RFC 9110, section 10.1.5).
    request_id: ties together what one request did.
    access_id: the access session to read with.

Yields:
    The connection or session that carries the context, for the application's own statements.

Raises:
    ActorRefused: the role isn't a member of audit_app and names another actor.
    EventInvalid: the actor's type is unknown, its id empty or its snapshot no object.
    RuntimeError: a SQLAlchemy connection is in autocommit mode, where a context can't last.
    TenantRefused: the role has no grant for that tenant.
    TenantUnknown: the tenant isn't registered.
"""

_ACTION_TEXT = """Logs what a block does, whichever way it ends.

A block that ends well leaves an event in the caller's transaction, which commits or vanishes with
the act itself. On an exception an event of outcome failure is written and committed on a
connection of its own, with the current context, so that it outlives the rollback; then the
exception goes on. If that event can't be written, or the client was given no `failures`, the
exception goes on just the same, with a note that says so; the logger `pgwitness` gets an error,
and `unwritten_failures` counts it.

Put it inside the transaction: a block around the transaction would log its success after the
commit. A commit that fails later (a deferred constraint, say) takes the event with it.

Args:
    action: code from the catalogue.
    entity_type: code from the catalogue.
    entity_id: which thing of that type.
    description: the event in words; a failure without one says "… failed".
    metadata: whatever else there is to tell; a copy is made.
    target: snapshot of what was acted on.
    changes: column to {"old": …, "new": …}.
    outcome: of a block that ends without an exception.
    error_message: why it failed, when outcome is failure.
    occurred_at: aware; left out, the end of the block.
    idempotency_key: for the success only, since a failed act may be tried again.
    actor_id: who acts, in place of the context's actor as a whole; left out, the context's.
    actor_type: user, system, api_key or database_role.
    actor: snapshot of the actor.
    tenant_id: left out, the context's.

Yields:
    The event (`PendingEvent`), which may be filled until the block ends; then it has its id.

Raises:
    PgwitnessError: as `log_event`, for a success that can't be logged; the act should not stand
    then.
"""


def _method(
    function: Callable[Parameters, Call[Result]],
) -> Callable[Concatenate[Client, Parameters], Result]:
    @functools.wraps(function)
    def method(self: Client, /, *args: Parameters.args, **kwargs: Parameters.kwargs) -> Result:
        return self._run(function(*args, **kwargs))

    _methodical(function, method)
    return method


def _context(
    build: Callable[Parameters, Context],
) -> Callable[Concatenate[Client, Parameters], AbstractContextManager[Any]]:
    def context(
        self: Client, /, *args: Parameters.args, **kwargs: Parameters.kwargs
    ) -> AbstractContextManager[Any]:
        return self._context_block(build(*args, **kwargs))

    _methodical(build, context)
    context.__doc__ = _CONTEXT_TEXT
    return context


def _action(
    build: Callable[Parameters, PendingEvent],
) -> Callable[Concatenate[Client, Parameters], AbstractContextManager[PendingEvent]]:
    def action(
        self: Client, /, *args: Parameters.args, **kwargs: Parameters.kwargs
    ) -> AbstractContextManager[PendingEvent]:
        return self._action_block(build(*args, **kwargs))

    _methodical(build, action)
    action.__doc__ = _ACTION_TEXT
    return action


def _async_method(
    function: Callable[Parameters, Call[Result]],
) -> Callable[Concatenate[AsyncClient, Parameters], Awaitable[Result]]:
    @functools.wraps(function)
    async def method(
        self: AsyncClient, /, *args: Parameters.args, **kwargs: Parameters.kwargs
    ) -> Result:
        return await self._run(function(*args, **kwargs))

    _methodical(function, method)
    return method


def _async_context(
    build: Callable[Parameters, Context],
) -> Callable[Concatenate[AsyncClient, Parameters], AbstractAsyncContextManager[Any]]:
    def context(
        self: AsyncClient, /, *args: Parameters.args, **kwargs: Parameters.kwargs
    ) -> AbstractAsyncContextManager[Any]:
        return self._context_block(build(*args, **kwargs))

    _methodical(build, context)
    context.__doc__ = _CONTEXT_TEXT
    return context


def _async_action(
    build: Callable[Parameters, PendingEvent],
) -> Callable[Concatenate[AsyncClient, Parameters], AbstractAsyncContextManager[PendingEvent]]:
    def action(
        self: AsyncClient, /, *args: Parameters.args, **kwargs: Parameters.kwargs
    ) -> AbstractAsyncContextManager[PendingEvent]:
        return self._action_block(build(*args, **kwargs))

    _methodical(build, action)
    action.__doc__ = _ACTION_TEXT
    return action


def _iterate(
    page_after: Callable[[str | None], list[models.FoundEvent]], page_size: int
) -> Iterator[models.FoundEvent]:
    after = None
    while True:
        page = page_after(after)
        yield from page
        after = _next_page(page, page_size)
        if after is None:
            return


async def _async_iterate(
    page_after: Callable[[str | None], Awaitable[list[models.FoundEvent]]], page_size: int
) -> AsyncIterator[models.FoundEvent]:
    after = None
    while True:
        page = await page_after(after)
        for event in page:
            yield event
        after = _next_page(page, page_size)
        if after is None:
            return


def _next_page(page: list[models.FoundEvent], page_size: int) -> str | None:
    return None if len(page) < page_size else page[-1].cursor


# Tasks that write failure events, kept until they are done.
_writing: set[asyncio.Task[None]] = set()


class Client:
    """Calls the audit log over a connection, session or pool.

    A connection or session is used within its own transaction, which stays the caller's to begin
    and end: an event that is logged there commits with it. A client over a pool owns its
    connections: each call is a transaction of its own, or all calls of a `context` block together.
    """

    def __init__(
        self,
        source: Source,
        *,
        failures: FailureSource | None = None,
        failure_timeout: float = 2.0,
    ) -> None:
        """Takes what to call over.

        Args:
            source: a psycopg Connection or ConnectionPool, or a SQLAlchemy Connection or Session
                on any driver.
            failures: where failure events get a connection of their own: a pool (better not the
                one that `source` is), a DSN, or a callable that gives a new connection, such as
                `engine.connect`.
            failure_timeout: seconds for connecting there and for each statement; half for a lock.

        Raises:
            TypeError: `source` is none of those.
        """
        self._source: Any = source
        self._executor = executor(source)
        self._failure_source: Any = failures
        self._failure_timeout = failure_timeout
        self._failures = _Failures()

    @property
    def unwritten_failures(self) -> int:
        """How many failure events this client couldn't write."""
        return self._failures.unwritten

    set_context = _method(calls.set_context)
    current_tenant = _method(calls.current_tenant)

    define_category = _method(calls.define_category)
    define_action = _method(calls.define_action)
    define_entity_type = _method(calls.define_entity_type)
    define_access_reason = _method(calls.define_access_reason)
    retire_action = _method(calls.retire_action)
    list_catalogue = _method(calls.list_catalogue)

    register_tenant = _method(calls.register_tenant)
    retire_tenant = _method(calls.retire_tenant)
    list_tenants = _method(calls.list_tenants)
    grant_tenant = _method(calls.grant_tenant)
    grant_all_tenants = _method(calls.grant_all_tenants)
    revoke_tenant = _method(calls.revoke_tenant)
    list_grants = _method(calls.list_grants)

    set_logging = _method(calls.set_logging)
    set_category_logging = _method(calls.set_category_logging)
    set_action_logging = _method(calls.set_action_logging)
    set_toggles = _method(calls.set_toggles)
    list_toggles = _method(calls.list_toggles)
    is_logged = _method(calls.is_logged)

    log_event = _method(calls.log_event)
    log_events = _method(calls.log_events)
    import_events = _method(calls.import_events)

    watch = _method(calls.watch)
    unwatch = _method(calls.unwatch)
    list_watched = _method(calls.list_watched)
    list_row_history = _method(calls.list_row_history)
    get_row_at = _method(calls.get_row_at)
    revert_sql = _method(calls.revert_sql)
    list_spool = _method(calls.list_spool)
    log_spool = _method(calls.log_spool)

    open_access = _method(calls.open_access)
    close_access = _method(calls.close_access)
    list_access = _method(calls.list_access)

    search_events = _method(calls.search_events)
    count_events = _method(calls.count_events)
    get_event = _method(calls.get_event)
    list_actors = _method(calls.list_actors)
    report_subject = _method(calls.report_subject)
    list_control_events = _method(calls.list_control_events)

    set_retention = _method(calls.set_retention)
    cancel_retention_change = _method(calls.cancel_retention_change)
    list_retention = _method(calls.list_retention)
    set_retention_floor = _method(calls.set_retention_floor)
    preview_purge = _method(calls.preview_purge)
    purge_events = _method(calls.purge_events)
    list_purges = _method(calls.list_purges)
    place_hold = _method(calls.place_hold)
    release_hold = _method(calls.release_hold)
    list_holds = _method(calls.list_holds)
    erase_subject = _method(calls.erase_subject)
    erase_events = _method(calls.erase_events)
    replay_erasures = _method(calls.replay_erasures)
    list_erasures = _method(calls.list_erasures)
    check_ledger = _method(calls.check_ledger)

    define_data_retention = _method(calls.define_data_retention)
    arm_data_retention = _method(calls.arm_data_retention)
    disarm_data_retention = _method(calls.disarm_data_retention)
    drop_data_retention = _method(calls.drop_data_retention)
    resolve_data_retention = _method(calls.resolve_data_retention)
    preview_data_purge = _method(calls.preview_data_purge)
    list_data_retention = _method(calls.list_data_retention)
    list_data_purges = _method(calls.list_data_purges)
    purge_data = _method(calls.purge_data)

    request_export = _method(calls.request_export)
    cancel_export = _method(calls.cancel_export)
    read_export = _method(calls.read_export)
    list_exports = _method(calls.list_exports)
    run_exports = _method(calls.run_exports)
    begin_export = _method(calls.begin_export)
    finish_export = _method(calls.finish_export)
    take_export = _method(calls.take_export)
    note_export = _method(calls.note_export)

    seal_events = _method(calls.seal_events)
    reverify_events = _method(calls.reverify_events)
    list_seals = _method(calls.list_seals)
    list_epochs = _method(calls.list_epochs)
    accept_restore = _method(calls.accept_restore)
    verify_events = _method(calls.verify_events)
    create_checkpoint = _method(calls.create_checkpoint)
    list_ledger = _method(calls.list_ledger)
    verify_checkpoint = _method(calls.verify_checkpoint)
    prove_consistency = _method(calls.prove_consistency)
    prove_event = _method(calls.prove_event)
    prove_events = _method(calls.prove_events)

    define_sink = _method(calls.define_sink)
    drop_sink = _method(calls.drop_sink)
    set_purge_waits = _method(calls.set_purge_waits)
    list_sinks = _method(calls.list_sinks)
    list_sink_options = _method(calls.list_sink_options)
    approve_sink = _method(calls.approve_sink)
    withdraw_sink_approval = _method(calls.withdraw_sink_approval)
    read_sink = _method(calls.read_sink)
    acknowledge_sink = _method(calls.acknowledge_sink)
    report_sink_error = _method(calls.report_sink_error)
    add_dead_letter = _method(calls.add_dead_letter)
    list_dead_letters = _method(calls.list_dead_letters)
    retry_dead_letters = _method(calls.retry_dead_letters)
    discard_dead_letters = _method(calls.discard_dead_letters)

    set_hot_days = _method(calls.set_hot_days)
    list_archives = _method(calls.list_archives)
    find_archives = _method(calls.find_archives)
    search_archive = _method(calls.search_archive)
    prove_sink = _method(calls.prove_sink)
    note_archive = _method(calls.note_archive)
    replace_archive = _method(calls.replace_archive)
    remove_archive = _method(calls.remove_archive)

    list_upkeep = _method(calls.list_upkeep)
    schedule_jobs = _method(calls.schedule_jobs)
    unschedule_jobs = _method(calls.unschedule_jobs)
    list_jobs = _method(calls.list_jobs)
    run_jobs = _method(calls.run_jobs)
    set_option = _method(calls.set_option)
    list_options = _method(calls.list_options)
    check_health = _method(calls.check_health)
    maintain_partitions = _method(calls.maintain_partitions)
    close_partition = _method(calls.close_partition)
    list_partitions = _method(calls.list_partitions)

    context = _context(Context)
    action = _action(PendingEvent)

    def iter_events(
        self,
        filter: calls.Object | None = None,
        page_size: int = 100,
        tenant_id: calls.Uuid | None = None,
    ) -> Iterator[models.FoundEvent]:
        """Gives all events that match, newest first, page by page; each page is a read of its own.

        Args:
            filter: as for `search_events`.
            page_size: 1 to 1,000 events.
            tenant_id: the tenant.

        Raises:
            PgwitnessError: as `search_events`.
        """
        return _iterate(
            lambda after: self.search_events(filter, page_size, after, tenant_id), page_size
        )

    def iter_row_history(
        self,
        relation: str,
        entity_id: calls.EntityId,
        page_size: int = 100,
        tenant_id: calls.Uuid | None = None,
    ) -> Iterator[models.FoundEvent]:
        """Gives all events of a row, newest first, page by page; each page is a read of its own.

        Args:
            relation: the table, as for `list_row_history`.
            entity_id: the row's key, as for `list_row_history`.
            page_size: 1 to 1,000 events.
            tenant_id: the tenant.

        Raises:
            PgwitnessError: as `list_row_history`.
        """
        return _iterate(
            lambda after: self.list_row_history(relation, entity_id, page_size, after, tenant_id),
            page_size,
        )

    def export(
        self,
        filter: calls.Object | None,
        format: str,
        file: str | os.PathLike[str] | IO[bytes],
        *,
        compression: exporting.Compression | None = None,
        with_mark: bool = False,
        progress: Callable[[int], None] | None = None,
        tenant_id: calls.Uuid | None = None,
    ) -> exporting.Manifest:
        """Streams the events that a filter finds into a file, by COPY; memory stays flat.

        The request is committed before the first event leaves, hence transactions of its own: over
        a pool, or a psycopg connection in autocommit outside a transaction. Say who acts with
        `use_context`. A path has its name when the file is whole and on the disk.

        Args:
            filter: as for `search_events`; None or {} for all events.
            format: csv, jsonl or parquet; parquet takes the package pyarrow.
            file: a path, or a binary file, which stays yours.
            compression: gzip, zstd or None; zstd takes the package zstandard. Parquet compresses
                by itself, unless told with zstd.
            with_mark: begin with a byte order mark, so that Excel reads CSV as UTF-8.
            progress: told how many lines have come so far.
            tenant_id: the tenant.

        Returns:
            What the file holds, for `pgwitness.exporting.write_manifest`.

        Raises:
            ExportFailed: something of it was erased meanwhile; no file is left.
            ExportFormatUnknown: the format is none of these.
            ImportError: a package is missing.
            OSError: the file can't be written.
            PgwitnessError: as `begin_export`.
            RuntimeError: the client can't make transactions of its own.
        """
        self._refuse_transaction()
        context = current_context() or Context()
        context = replace(context, tenant_id=tenant_id or context.tenant_id)
        with exporting.open_sink(file, compression, with_mark=with_mark, format=format) as sink:
            with self._context_block(context):
                tenant = self.current_tenant()
                begun = self.begin_export(filter, exporting.database_format(format))
            try:
                with self._context_block(context) as connection:
                    copied = exporting.copy(
                        connection,
                        begun.statement,
                        sink,
                        progress,
                        line_end=exporting.line_end(format),
                    )
                sink.finish()
            except BaseException as error:
                with suppress(Exception):
                    why = exporting.describe_failure(error)
                    with self._context_block(context):
                        self.finish_export(begun.export_id, error=why)
                raise
            with self._context_block(context):
                self.finish_export(begun.export_id, copied.rows, sink.bytes, sink.sha256)
        return exporting.describe(begun.export_id, tenant, format, filter, copied, sink)

    def _refuse_transaction(self) -> None:
        own = self._current_executor()
        handle = own.handle if own is not None else None
        if own is None or (
            isinstance(handle, psycopg.Connection)
            and handle.autocommit
            and not own.has_transaction()
        ):
            return
        raise RuntimeError(
            "an export takes transactions of its own: give the client a psycopg pool, or a "
            "connection in autocommit outside a transaction"
        )

    def _current_executor(self) -> Executor | None:
        bound: Executor | None = self._executor or _bound_executor(self._source)
        return bound

    def _run(self, call: Call[Result]) -> Result:
        own = self._current_executor()
        if own is not None:
            return own.run(call)
        if call.function == "set_context":
            raise RuntimeError(
                "a context ends with its transaction, and this one would end at once: "
                "use `with client.context(…)`"
            )
        with pooled(self._source, is_procedure=call.is_procedure) as own:
            context = current_context()
            if context is not None and not call.is_procedure:
                own.run(calls.set_context(**context.as_arguments()))
            return own.run(call)

    def _run_apart(self, call: Call[Result]) -> Result:
        """Runs a call so that its failure leaves the caller's transaction usable."""
        own = self._current_executor()
        if own is None:
            return self._run(call)
        with own.transaction():
            return own.run(call)

    @contextmanager
    def _context_block(self, context: Context) -> Iterator[Any]:
        around = current_context() or Context()
        setting = calls.set_context(**context.as_arguments())
        own = self._current_executor()
        if own is None:
            with (
                use_context(context),
                pooled(self._source) as own,
                _bound(self._source, own),
            ):
                own.run(setting)
                yield own.handle
            return
        with own.context_block(), use_context(context):
            own.run(setting)
            try:
                yield own.handle
            except BaseException:
                # The transaction failed or the block did; a rollback undoes the context too.
                with suppress(Exception):
                    self._put_back(own, around)
                raise
            self._put_back(own, around)

    def _put_back(self, own: Executor, around: Context) -> None:
        if own.has_transaction():
            own.run(calls.set_context(**around.as_arguments()))

    @contextmanager
    def _action_block(self, event: PendingEvent) -> Iterator[PendingEvent]:
        event.metadata = dict(event.metadata or {})
        try:
            yield event
            own = self._current_executor()
            if own is not None:
                # What an ORM still holds back could fail after the success was logged.
                own.flush()
            event.id = self._run(event._as_call())
        except BaseException as error:
            self._log_failure(event, error)
            raise

    def _log_failure(self, event: PendingEvent, error: BaseException) -> None:
        if self._failure_source is None:
            self._failures.report(event, error, None)
            return
        try:
            with own_connection(self._failure_source, self._failure_timeout) as own:
                context = current_context()
                if context is not None:
                    own.run(calls.set_context(**context.as_arguments()))
                event.id = own.run(event._as_failure(error))
        except Exception as problem:
            self._failures.report(event, error, problem)


class AsyncClient:
    """Calls the audit log over an asynchronous connection, session or pool.

    A connection or session is used within its own transaction, which stays the caller's to begin
    and end: an event that is logged there commits with it. A client over a pool owns its
    connections: each call is a transaction of its own, or all calls of a `context` block together.
    """

    def __init__(
        self,
        source: AsyncSource,
        *,
        failures: AsyncFailureSource | None = None,
        failure_timeout: float = 2.0,
    ) -> None:
        """Takes what to call over.

        Args:
            source: a psycopg AsyncConnection or AsyncConnectionPool, or a SQLAlchemy
                AsyncConnection or AsyncSession on any driver.
            failures: where failure events get a connection of their own: a pool (better not the
                one that `source` is), a DSN, or a callable that gives a new connection or an
                awaitable for one, such as `engine.connect`.
            failure_timeout: seconds for connecting there and for each statement; half for a lock.

        Raises:
            TypeError: `source` is none of those.
        """
        self._source: Any = source
        self._executor = async_executor(source)
        self._failure_source: Any = failures
        self._failure_timeout = failure_timeout
        self._failures = _Failures()

    @property
    def unwritten_failures(self) -> int:
        """How many failure events this client couldn't write."""
        return self._failures.unwritten

    set_context = _async_method(calls.set_context)
    current_tenant = _async_method(calls.current_tenant)

    define_category = _async_method(calls.define_category)
    define_action = _async_method(calls.define_action)
    define_entity_type = _async_method(calls.define_entity_type)
    define_access_reason = _async_method(calls.define_access_reason)
    retire_action = _async_method(calls.retire_action)
    list_catalogue = _async_method(calls.list_catalogue)

    register_tenant = _async_method(calls.register_tenant)
    retire_tenant = _async_method(calls.retire_tenant)
    list_tenants = _async_method(calls.list_tenants)
    grant_tenant = _async_method(calls.grant_tenant)
    grant_all_tenants = _async_method(calls.grant_all_tenants)
    revoke_tenant = _async_method(calls.revoke_tenant)
    list_grants = _async_method(calls.list_grants)

    set_logging = _async_method(calls.set_logging)
    set_category_logging = _async_method(calls.set_category_logging)
    set_action_logging = _async_method(calls.set_action_logging)
    set_toggles = _async_method(calls.set_toggles)
    list_toggles = _async_method(calls.list_toggles)
    is_logged = _async_method(calls.is_logged)

    log_event = _async_method(calls.log_event)
    log_events = _async_method(calls.log_events)
    import_events = _async_method(calls.import_events)

    watch = _async_method(calls.watch)
    unwatch = _async_method(calls.unwatch)
    list_watched = _async_method(calls.list_watched)
    list_row_history = _async_method(calls.list_row_history)
    get_row_at = _async_method(calls.get_row_at)
    revert_sql = _async_method(calls.revert_sql)
    list_spool = _async_method(calls.list_spool)
    log_spool = _async_method(calls.log_spool)

    open_access = _async_method(calls.open_access)
    close_access = _async_method(calls.close_access)
    list_access = _async_method(calls.list_access)

    search_events = _async_method(calls.search_events)
    count_events = _async_method(calls.count_events)
    get_event = _async_method(calls.get_event)
    list_actors = _async_method(calls.list_actors)
    report_subject = _async_method(calls.report_subject)
    list_control_events = _async_method(calls.list_control_events)

    set_retention = _async_method(calls.set_retention)
    cancel_retention_change = _async_method(calls.cancel_retention_change)
    list_retention = _async_method(calls.list_retention)
    set_retention_floor = _async_method(calls.set_retention_floor)
    preview_purge = _async_method(calls.preview_purge)
    purge_events = _async_method(calls.purge_events)
    list_purges = _async_method(calls.list_purges)
    place_hold = _async_method(calls.place_hold)
    release_hold = _async_method(calls.release_hold)
    list_holds = _async_method(calls.list_holds)
    erase_subject = _async_method(calls.erase_subject)
    erase_events = _async_method(calls.erase_events)
    replay_erasures = _async_method(calls.replay_erasures)
    list_erasures = _async_method(calls.list_erasures)
    check_ledger = _async_method(calls.check_ledger)

    define_data_retention = _async_method(calls.define_data_retention)
    arm_data_retention = _async_method(calls.arm_data_retention)
    disarm_data_retention = _async_method(calls.disarm_data_retention)
    drop_data_retention = _async_method(calls.drop_data_retention)
    resolve_data_retention = _async_method(calls.resolve_data_retention)
    preview_data_purge = _async_method(calls.preview_data_purge)
    list_data_retention = _async_method(calls.list_data_retention)
    list_data_purges = _async_method(calls.list_data_purges)
    purge_data = _async_method(calls.purge_data)

    request_export = _async_method(calls.request_export)
    cancel_export = _async_method(calls.cancel_export)
    read_export = _async_method(calls.read_export)
    list_exports = _async_method(calls.list_exports)
    run_exports = _async_method(calls.run_exports)
    begin_export = _async_method(calls.begin_export)
    finish_export = _async_method(calls.finish_export)
    take_export = _async_method(calls.take_export)
    note_export = _async_method(calls.note_export)

    seal_events = _async_method(calls.seal_events)
    reverify_events = _async_method(calls.reverify_events)
    list_seals = _async_method(calls.list_seals)
    list_epochs = _async_method(calls.list_epochs)
    accept_restore = _async_method(calls.accept_restore)
    verify_events = _async_method(calls.verify_events)
    create_checkpoint = _async_method(calls.create_checkpoint)
    list_ledger = _async_method(calls.list_ledger)
    verify_checkpoint = _async_method(calls.verify_checkpoint)
    prove_consistency = _async_method(calls.prove_consistency)
    prove_event = _async_method(calls.prove_event)
    prove_events = _async_method(calls.prove_events)

    define_sink = _async_method(calls.define_sink)
    drop_sink = _async_method(calls.drop_sink)
    set_purge_waits = _async_method(calls.set_purge_waits)
    list_sinks = _async_method(calls.list_sinks)
    list_sink_options = _async_method(calls.list_sink_options)
    approve_sink = _async_method(calls.approve_sink)
    withdraw_sink_approval = _async_method(calls.withdraw_sink_approval)
    read_sink = _async_method(calls.read_sink)
    acknowledge_sink = _async_method(calls.acknowledge_sink)
    report_sink_error = _async_method(calls.report_sink_error)
    add_dead_letter = _async_method(calls.add_dead_letter)
    list_dead_letters = _async_method(calls.list_dead_letters)
    retry_dead_letters = _async_method(calls.retry_dead_letters)
    discard_dead_letters = _async_method(calls.discard_dead_letters)

    set_hot_days = _async_method(calls.set_hot_days)
    list_archives = _async_method(calls.list_archives)
    find_archives = _async_method(calls.find_archives)
    search_archive = _async_method(calls.search_archive)
    prove_sink = _async_method(calls.prove_sink)
    note_archive = _async_method(calls.note_archive)
    replace_archive = _async_method(calls.replace_archive)
    remove_archive = _async_method(calls.remove_archive)

    list_upkeep = _async_method(calls.list_upkeep)
    schedule_jobs = _async_method(calls.schedule_jobs)
    unschedule_jobs = _async_method(calls.unschedule_jobs)
    list_jobs = _async_method(calls.list_jobs)
    run_jobs = _async_method(calls.run_jobs)
    set_option = _async_method(calls.set_option)
    list_options = _async_method(calls.list_options)
    check_health = _async_method(calls.check_health)
    maintain_partitions = _async_method(calls.maintain_partitions)
    close_partition = _async_method(calls.close_partition)
    list_partitions = _async_method(calls.list_partitions)

    context = _async_context(Context)
    action = _async_action(PendingEvent)

    def iter_events(
        self,
        filter: calls.Object | None = None,
        page_size: int = 100,
        tenant_id: calls.Uuid | None = None,
    ) -> AsyncIterator[models.FoundEvent]:
        """Gives all events that match, newest first, page by page; each page is a read of its own.

        Args:
            filter: as for `search_events`.
            page_size: 1 to 1,000 events.
            tenant_id: the tenant.

        Raises:
            PgwitnessError: as `search_events`.
        """
        return _async_iterate(
            lambda after: self.search_events(filter, page_size, after, tenant_id), page_size
        )

    def iter_row_history(
        self,
        relation: str,
        entity_id: calls.EntityId,
        page_size: int = 100,
        tenant_id: calls.Uuid | None = None,
    ) -> AsyncIterator[models.FoundEvent]:
        """Gives all events of a row, newest first, page by page; each page is a read of its own.

        Args:
            relation: the table, as for `list_row_history`.
            entity_id: the row's key, as for `list_row_history`.
            page_size: 1 to 1,000 events.
            tenant_id: the tenant.

        Raises:
            PgwitnessError: as `list_row_history`.
        """
        return _async_iterate(
            lambda after: self.list_row_history(relation, entity_id, page_size, after, tenant_id),
            page_size,
        )

    async def export(
        self,
        filter: calls.Object | None,
        format: str,
        file: str | os.PathLike[str] | IO[bytes],
        *,
        compression: exporting.Compression | None = None,
        with_mark: bool = False,
        progress: Callable[[int], None] | None = None,
        tenant_id: calls.Uuid | None = None,
    ) -> exporting.Manifest:
        """Streams the events that a filter finds into a file, by COPY; memory stays flat.

        The request is committed before the first event leaves, hence transactions of its own: over
        a pool, or a psycopg connection in autocommit outside a transaction. Say who acts with
        `use_context`. A path has its name when the file is whole and on the disk.

        Args:
            filter: as for `search_events`; None or {} for all events.
            format: csv, jsonl or parquet; parquet takes the package pyarrow.
            file: a path, or a binary file, which stays yours.
            compression: gzip, zstd or None; zstd takes the package zstandard. Parquet compresses
                by itself, unless told with zstd.
            with_mark: begin with a byte order mark, so that Excel reads CSV as UTF-8.
            progress: told how many lines have come so far.
            tenant_id: the tenant.

        Returns:
            What the file holds, for `pgwitness.exporting.write_manifest`.

        Raises:
            ExportFailed: something of it was erased meanwhile; no file is left.
            ExportFormatUnknown: the format is none of these.
            ImportError: a package is missing.
            OSError: the file can't be written.
            PgwitnessError: as `begin_export`.
            RuntimeError: the client can't make transactions of its own.
        """
        self._refuse_transaction()
        context = current_context() or Context()
        context = replace(context, tenant_id=tenant_id or context.tenant_id)
        with exporting.open_sink(file, compression, with_mark=with_mark, format=format) as sink:
            async with self._context_block(context):
                tenant = await self.current_tenant()
                begun = await self.begin_export(filter, exporting.database_format(format))
            try:
                async with self._context_block(context) as connection:
                    copied = await exporting.async_copy(
                        connection,
                        begun.statement,
                        sink,
                        progress,
                        line_end=exporting.line_end(format),
                    )
                sink.finish()
            except BaseException as error:
                with suppress(Exception):
                    why = exporting.describe_failure(error)
                    async with self._context_block(context):
                        await self.finish_export(begun.export_id, error=why)
                raise
            async with self._context_block(context):
                await self.finish_export(begun.export_id, copied.rows, sink.bytes, sink.sha256)
        return exporting.describe(begun.export_id, tenant, format, filter, copied, sink)

    def _refuse_transaction(self) -> None:
        own = self._current_executor()
        handle = own.handle if own is not None else None
        if own is None or (
            isinstance(handle, psycopg.AsyncConnection)
            and handle.autocommit
            and not own.has_transaction()
        ):
            return
        raise RuntimeError(
            "an export takes transactions of its own: give the client a psycopg pool, or a "
            "connection in autocommit outside a transaction"
        )

    def _current_executor(self) -> AsyncExecutor | None:
        bound: AsyncExecutor | None = self._executor or _bound_executor(self._source)
        return bound

    async def _run(self, call: Call[Result]) -> Result:
        own = self._current_executor()
        if own is not None:
            return await own.run(call)
        if call.function == "set_context":
            raise RuntimeError(
                "a context ends with its transaction, and this one would end at once: "
                "use `async with client.context(…)`"
            )
        async with async_pooled(self._source, is_procedure=call.is_procedure) as own:
            context = current_context()
            if context is not None and not call.is_procedure:
                await own.run(calls.set_context(**context.as_arguments()))
            return await own.run(call)

    @asynccontextmanager
    async def _context_block(self, context: Context) -> AsyncIterator[Any]:
        around = current_context() or Context()
        setting = calls.set_context(**context.as_arguments())
        own = self._current_executor()
        if own is None:
            with use_context(context):
                async with async_pooled(self._source) as own:
                    with _bound(self._source, own):
                        await own.run(setting)
                        yield own.handle
            return
        async with own.context_block():
            with use_context(context):
                await own.run(setting)
                try:
                    yield own.handle
                except BaseException:
                    # The transaction failed or the block did; a rollback undoes the context too.
                    with suppress(Exception):
                        await self._put_back(own, around)
                    raise
                await self._put_back(own, around)

    async def _put_back(self, own: AsyncExecutor, around: Context) -> None:
        if own.has_transaction():
            await own.run(calls.set_context(**around.as_arguments()))

    @asynccontextmanager
    async def _action_block(self, event: PendingEvent) -> AsyncIterator[PendingEvent]:
        event.metadata = dict(event.metadata or {})
        try:
            yield event
            own = self._current_executor()
            if own is not None:
                # What an ORM still holds back could fail after the success was logged.
                await own.flush()
            event.id = await self._run(event._as_call())
        except BaseException as error:
            await self._log_failure(event, error)
            raise

    async def _log_failure(self, event: PendingEvent, error: BaseException) -> None:
        if self._failure_source is None:
            self._failures.report(event, error, None)
            return
        # A task of its own, since a cancelled one can't be sure to wait for anything.
        writing = asyncio.create_task(self._write_failure(event, error))
        _writing.add(writing)
        writing.add_done_callback(_writing.discard)
        await asyncio.shield(writing)

    async def _write_failure(self, event: PendingEvent, error: BaseException) -> None:
        try:
            async with (
                asyncio.timeout(3 * self._failure_timeout),
                async_own_connection(self._failure_source, self._failure_timeout) as own,
            ):
                context = current_context()
                if context is not None:
                    await own.run(calls.set_context(**context.as_arguments()))
                event.id = await own.run(event._as_failure(error))
        except Exception as problem:
            self._failures.report(event, error, problem)
