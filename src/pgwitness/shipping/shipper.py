"""The loop that ships one sink: read, deliver, acknowledge.

A batch is acknowledged once the receiver has all of it but what it refused, and refused events are
put aside in the same transaction. Killed at any moment, the loop begins where the database stands:
what the receiver has got already comes once more, with the same ids, and nothing is left out.
"""

from __future__ import annotations

import os
import time
from collections import Counter, deque
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from uuid import UUID

import psycopg

from pgwitness.errors import PgwitnessError, SinkCursorForeign, SinkTaken, SinkUnknown
from pgwitness.models import Sink
from pgwitness.shipping.database import Connect, Database
from pgwitness.shipping.registry import open_transport
from pgwitness.shipping.transport import (
    BatchRefused,
    DeliveryFailed,
    Destination,
    DestinationInvalid,
    Refusal,
    ShippedEvent,
    ShippingError,
    Transport,
)
from pgwitness.shipping.waiting import BackOff, Stop

BATCH_SIZE = 1000
MAX_ATTEMPTS = 5

WAKE_SECONDS = 60.0
"""How long the sealer may be silent before we look by ourselves: a notification can be lost."""

DEFINITION_SECONDS = 30.0
"""How old the definition may be that we ship by."""

CLAIM_SECONDS = 300.0
"""The database is told that we are still there when delivering takes longer."""


class Watcher:
    """Told how it goes; does nothing unless told otherwise."""

    def delivered(self, events: int) -> None:
        """A batch of so many events was acknowledged."""

    def failed(self, reason: str, pause: float | None) -> None:
        """Something went wrong; it is tried again after so many seconds, or not when None."""

    def put_aside(self, refusal: Refusal) -> None:
        """An event was refused for good, and is a dead letter."""


@dataclass(frozen=True, slots=True)
class Shipped:
    """What a run did.

    Attributes:
        events: acknowledged, those put aside not counted.
        put_aside: events that became dead letters.
        is_finished: whether nothing was left; False when it was asked to end before.
    """

    events: int
    put_aside: int
    is_finished: bool


@dataclass(slots=True)
class _Pending:
    """What was handed over and isn't acknowledged: batches by their last cursor, in order."""

    batches: list[tuple[str, int, list[Refusal]]] = field(default_factory=list)

    @property
    def cursor(self) -> str | None:
        return self.batches[-1][0] if self.batches else None


class _Stopped(Exception):
    """The end was asked for while a batch couldn't be delivered."""


class _BeginAgain(Exception):
    """The sink is defined otherwise by now, or what was handed over is lost."""


class Shipper:
    """Ships one sink, as its only consumer.

    Attributes:
        stop: asks for an end after the batch in hand; may be set from a signal handler.
    """

    def __init__(
        self,
        name: str,
        connect: Connect,
        *,
        batch_size: int | None = None,
        watcher: Watcher | None = None,
        environment: Mapping[str, str] = os.environ,
        back_off: BackOff | None = None,
        make_transport: Callable[[Destination], Transport] = open_transport,
        wake_seconds: float = WAKE_SECONDS,
    ) -> None:
        """Takes what it needs; connects later.

        Args:
            name: the sink.
            connect: gives a connection in autocommit mode, as the role that the sink names.
            batch_size: events a batch, 1 to 10,000; None leaves it to the sink.
            watcher: told how it goes.
            environment: variables that may hold secrets.
            back_off: the pauses after failures.
            make_transport: makes the receiver's side.
            wake_seconds: how long to wait for the sealer before looking all the same.
        """
        self.stop = Stop()
        self._name = name
        self._connect = connect
        self._batch_size = batch_size
        self._watcher = watcher or Watcher()
        self._environment = environment
        self._back_off = back_off or BackOff()
        self._make_transport = make_transport
        self._wake_seconds = wake_seconds
        self._database: Database | None = None
        self._destination: Destination | None = None
        self._transport: Transport | None = None
        self._checked_at = 0.0
        self._is_following = False
        self._events = self._put_aside = 0

    def ship(self) -> Shipped:
        """Ships until nothing is left; whatever goes wrong, but a refused event, ends it.

        Raises:
            PgwitnessError: the database refused.
            ShippingError: the receiver took nothing; what it hadn't taken comes again.
            psycopg.Error: the server failed.
        """
        return self._run(is_following=False)

    def follow(self) -> Shipped:
        """Ships until `stop` is set, and tries whatever goes wrong again for ever.

        Raises:
            DestinationInvalid: it can't be shipped from here as it is defined.
            PgwitnessError: there is no such sink for this role.
            psycopg.Error: the role lacks a right.
        """
        return self._run(is_following=True)

    def _run(self, *, is_following: bool) -> Shipped:
        self._is_following = is_following
        self._events = self._put_aside = 0
        is_finished = False
        try:
            while not (is_finished or self.stop.is_set):
                is_finished = self._attempt()
        except _Stopped:
            pass
        finally:
            self._disconnect()
            if self._transport is not None:
                self._transport.close()
                self._transport = None
            self._destination = None
        return Shipped(self._events, self._put_aside, is_finished)

    def _attempt(self) -> bool:
        """Ships until nothing is left, or something goes wrong that may go well next time."""
        try:
            return self._pump()
        except _BeginAgain:
            self._abandon()
        except (PgwitnessError, ShippingError, psycopg.Error) as error:
            self._abandon()
            if not isinstance(error, (SinkTaken, SinkCursorForeign)):
                self._tell(error)
            self._disconnect()
            if not self._is_following or _is_final(error):
                raise
            self._pause(describe(error), None)
        return False

    def _pump(self) -> bool:
        database = self._database = self._database or Database(self._name, self._connect)
        self._checked_at = 0.0
        pending = _Pending()
        while True:
            transport, destination = self._look(database)
            transport.attach(database.client)
            if self.stop.is_set:
                self._settle(database, transport, pending)
                return False
            size = self._batch_size or destination.number("batch_size", BATCH_SIZE)
            rows = database.read(size, pending.cursor)
            if not rows:
                if not self._is_following or transport.is_due(is_idle=True):
                    self._settle(database, transport, pending)
                if not self._is_following:
                    return True
                self._back_off.reset()
                database.wait(self.stop, self._wake_seconds)
                continue
            events = [
                ShippedEvent(row.tenant_id, row.event_id, row.occurred_at, row.content, row.cursor)
                for row in rows
                if row.event_id and row.tenant_id and row.occurred_at and row.content is not None
            ]
            refusals = self._deliver(database, destination, events) if events else []
            pending.batches.append((rows[-1].cursor, len(events) - len(refusals), refusals))
            if transport.is_due(is_idle=False):
                self._settle(database, transport, pending)

    def _look(self, database: Database) -> tuple[Transport, Destination]:
        """Gives the transport of the sink as it is defined now, or nearly.

        What tenants have approved is a definition; so where it changes, what was read by the old
        one doesn't go on to where the old one said.
        """
        if self._transport is not None and self._destination is not None:
            if time.monotonic() - self._checked_at < DEFINITION_SECONDS:
                return self._transport, self._destination
            found = self._describe(database.find())
            if found == self._destination:
                return self._transport, self._destination
            self._transport.abandon()
            self._transport.close()
            self._transport = None
            raise _BeginAgain
        destination = self._describe(database.find())
        transport = self._make_transport(destination)
        self._transport, self._destination = transport, destination
        return transport, destination

    def _describe(self, sink: Sink) -> Destination:
        self._checked_at = time.monotonic()
        return Destination(sink.name, sink.kind, sink.format, sink.options, self._environment)

    def _deliver(
        self, database: Database, destination: Destination, events: Sequence[ShippedEvent]
    ) -> list[Refusal]:
        """Hands a batch over, however often that takes; gives those that are refused for good.

        What was taken isn't offered again. An event that is refused is tried again once all others
        have been taken: it holds nobody up but for the pauses between.
        """
        limit = destination.number("max_attempts", MAX_ATTEMPTS)
        attempts: Counter[UUID] = Counter()
        transport = self._transport
        waiting = deque(_parts(events, transport.batch_bytes if transport else None))
        again: list[ShippedEvent] = []
        refused_for_good: list[Refusal] = []
        while True:
            refusals: list[Refusal] = []
            problem: DeliveryFailed | None = None
            try:
                self._offer(database, waiting, refusals)
            except DeliveryFailed as error:
                problem = error
            for refusal in refusals:
                attempts[refusal.event.event_id] += 1
                if refusal.is_final or attempts[refusal.event.event_id] >= limit:
                    refused_for_good.append(refusal)
                else:
                    again.append(refusal.event)
            if problem is not None:
                if not self._is_following:
                    raise problem
                database.report(str(problem))
                self._pause(str(problem), problem.retry_after)
            elif not again:
                self._back_off.reset()
                return refused_for_good
            else:
                reason = f"{len(again)} events refused: {refusals[-1].reason}"
                database.report(reason)
                self._pause(reason, None)
            if not waiting:
                waiting.append(tuple(again))
                again = []
            self._checked_at = 0.0
            self._look(database)

    def _offer(
        self,
        database: Database,
        waiting: deque[tuple[ShippedEvent, ...]],
        refusals: list[Refusal],
    ) -> None:
        """Hands over parts of a batch, in order, and splits those that are refused as a whole.

        Args:
            database: told that we are still there.
            waiting: what is to be handed over; afterwards, what still is.
            refusals: takes what was refused.

        Raises:
            DeliveryFailed: the first part that waits wasn't taken.
        """
        transport = self._transport
        if transport is None:
            raise _BeginAgain
        while waiting:
            part = waiting[0]
            try:
                found = transport.deliver(part)
            except BatchRefused as error:
                waiting.popleft()
                if len(part) == 1:
                    refusals.append(Refusal(part[0], str(error)))
                else:
                    waiting.extendleft(reversed(_split(part, error.suspect)))
            else:
                waiting.popleft()
                refusals.extend(found)
            if time.monotonic() - database.heard_at > CLAIM_SECONDS:
                database.report("delivering takes long")

    def _settle(self, database: Database, transport: Transport, pending: _Pending) -> None:
        """Has what was handed over made durable, and acknowledges it."""
        if not pending.batches:
            return
        transport.flush()
        while pending.batches:
            cursor, number, refusals = pending.batches[0]
            has_moved = database.acknowledge(cursor, refusals)
            pending.batches.pop(0)
            self._events += number
            self._put_aside += len(refusals)
            for refusal in refusals:
                self._watcher.put_aside(refusal)
            self._watcher.delivered(number)
            if not has_moved:
                # Such as after a withdrawn approval. Were it to happen again and again, slowly.
                self.stop.wait(self._back_off.next_pause())

    def _pause(self, reason: str, asked: float | None) -> None:
        pause = self._back_off.next_pause(asked)
        self._watcher.failed(reason, pause)
        self.stop.wait(pause)
        if self.stop.is_set:
            raise _Stopped

    def _tell(self, error: Exception) -> None:
        """Tells the database what went wrong, if it still listens."""
        if self._database is not None:
            with suppress(PgwitnessError, psycopg.Error):
                self._database.report(describe(error))

    def _abandon(self) -> None:
        if self._transport is not None:
            self._transport.abandon()

    def _disconnect(self) -> None:
        if self._database is not None:
            with suppress(psycopg.Error):
                self._database.close()
            self._database = None


def _parts(events: Sequence[ShippedEvent], limit: int | None) -> Iterator[tuple[ShippedEvent, ...]]:
    """Divides a batch into parts that have no more than so many characters of content."""
    held: list[ShippedEvent] = []
    size = 0
    for event in events:
        if limit is not None and held and size + len(event.content) > limit:
            yield tuple(held)
            held, size = [], 0
        held.append(event)
        size += len(event.content)
    yield tuple(held)


def _split(part: tuple[ShippedEvent, ...], suspect: int | None) -> list[tuple[ShippedEvent, ...]]:
    """Splits a refused part: around the event that is to blame, else in the middle."""
    if suspect is not None and 0 <= suspect < len(part):
        parts = [part[:suspect], part[suspect : suspect + 1], part[suspect + 1 :]]
    else:
        middle = len(part) // 2
        parts = [part[:middle], part[middle:]]
    return [each for each in parts if each]


def _is_final(error: Exception) -> bool:
    """Tells what no time mends: a right that is missing, a sink that is gone."""
    return isinstance(error, (SinkUnknown, DestinationInvalid, psycopg.ProgrammingError))


def describe(error: Exception) -> str:
    """Says in one line what went wrong."""
    if isinstance(error, PgwitnessError):
        text = error.message
    elif isinstance(error, psycopg.Error):
        text = error.diag.message_primary or str(error)
    else:
        text = str(error)
    return " ".join(text.split()) or type(error).__name__
