"""The database's side of the loop: one connection, which is the sink's consumer while it lives."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable
from contextlib import suppress
from typing import Any, TypeAlias

import psycopg

from pgwitness.client import Client
from pgwitness.errors import DeadLetterRefused, SinkUnknown, TenantError
from pgwitness.models import Sink, SinkEvent
from pgwitness.shipping.transport import Refusal
from pgwitness.shipping.waiting import Stop

CHANNEL = "pgwitness_sealed"
"""What the sealer notifies when it has sealed something, once it has committed."""

Connect: TypeAlias = Callable[[], psycopg.Connection[Any]]


class Database:
    """Calls the functions that a consumer needs.

    Attributes:
        heard_at: when the database last heard of us, by `time.monotonic`.
    """

    def __init__(self, name: str, connect: Connect) -> None:
        """Connects, and listens for the sealer.

        Args:
            name: the sink.
            connect: gives a connection in autocommit mode, straight to the server: a pooler that
                hands it on by transaction would hand on the consumer, too.

        Raises:
            psycopg.Error: the server can't be reached, or refuses.
        """
        self._name = name
        self._connection = connect()
        self._client = Client(self._connection)
        self._is_notified = False
        self._connection.add_notify_handler(self._note)
        self._connection.execute(f"listen {CHANNEL}")
        self.heard_at = time.monotonic()

    @property
    def client(self) -> Client:
        """Calls the database over this connection."""
        return self._client

    def close(self) -> None:
        """Ends the connection, and with it the claim on the sink."""
        self._connection.close()

    def find(self) -> Sink:
        """Gives the sink's definition.

        Raises:
            SinkUnknown: there is none, or it names another role.
        """
        # A role that no sink names, and that has no tenant either, may not even list.
        with suppress(TenantError):
            for sink in self._client.list_sinks():
                if sink.name == self._name:
                    return sink
        # The database says why, better than we could.
        self._client.report_sink_error(self._name, None)
        raise SinkUnknown(f"there is no sink {self._name} for this role")

    def read(self, batch_size: int, after: str | None) -> list[SinkEvent]:
        """Gives the next batch."""
        self._is_notified = False
        rows = self._client.read_sink(self._name, batch_size, after)
        self.heard_at = time.monotonic()
        return rows

    def acknowledge(self, cursor: str, refusals: Iterable[Refusal]) -> bool:
        """Puts aside what was refused and moves on, in one transaction; True when that moved."""
        with self._connection.transaction():
            for refusal in refusals:
                self._put_aside(refusal)
            has_moved = self._client.acknowledge_sink(self._name, cursor)
        self.heard_at = time.monotonic()
        return has_moved

    def _put_aside(self, refusal: Refusal) -> None:
        event = refusal.event
        try:
            with self._connection.transaction():
                self._client.add_dead_letter(
                    self._name, event.event_id, event.occurred_at, refusal.reason
                )
        except DeadLetterRefused:
            # It was purged meanwhile, or its tenant withdrew its approval: nobody misses it.
            pass

    def report(self, error: str) -> None:
        """Tells what went wrong; also renews the claim on the sink."""
        self._client.report_sink_error(self._name, error)
        self.heard_at = time.monotonic()

    def wait(self, stop: Stop, seconds: float) -> None:
        """Waits until the sealer says something, the end is asked for, or the time is over."""
        # What came along with the last answer is in the library's hands, not on the wire.
        while self._connection.pgconn.notifies() is not None:
            self._is_notified = True
        if not self._is_notified:
            stop.wait(seconds, also=self._connection.fileno())

    def _note(self, notification: psycopg.Notify) -> None:
        self._is_notified = True
