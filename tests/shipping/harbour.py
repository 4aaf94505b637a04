"""What tests of shipping share: sinks that are defined and approved, events that are sealed."""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from threading import Thread
from typing import Any
from uuid import UUID, uuid4

import psycopg

from pgwitness.shipping.shipper import Shipped, Shipper, Watcher
from pgwitness.shipping.transport import (
    Destination,
    Refusal,
    ShippedEvent,
    Transport,
)
from pgwitness.shipping.waiting import BackOff
from walls.ledger import REASON, Connection, call, log_batch, rows

from databases import Database

SINK = "siem"
ROLE = "test_shipper"
PATIENCE = 30.0


def await_that(holds: Callable[[], Any], what: str = "it") -> Any:
    """Wait until something holds; the test fails where it never does."""
    ends = time.monotonic() + PATIENCE
    while time.monotonic() < ends:
        if found := holds():
            return found
        time.sleep(0.01)
    raise AssertionError(f"{what} never came")


@dataclass
class Harbour:
    """A database whose events leave by sinks, and the people who see to that."""

    database: Database
    apps: dict[str, Connection] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.operator = self.database.connect(self.database.role("operator"))
        self.shipper_role = self.database.role("shipper")

    def admin(self, tenant: str = "a") -> Connection:
        return self.database.connect(self.database.role("admin", tenant))

    def define(
        self,
        kind: str = "custom",
        *,
        name: str = SINK,
        tenants: str = "ab",
        filter: dict[str, Any] | None = None,
        **options: Any,
    ) -> None:
        """Define a sink of what applications log, and have tenants approve it."""
        call(
            self.operator,
            "define_sink",
            name=name,
            kind=kind,
            role=self.shipper_role,
            options={"format": "jsonl"} | options,
            filter={"source": "logged"} if filter is None else filter,
        )
        for tenant in tenants:
            with self.admin(tenant) as admin:
                [sink] = [row for row in rows(admin, "list_sinks") if row["name"] == name]
                call(admin, "approve_sink", name=name, digest=sink["digest"], reason=REASON)

    def log(self, *words: str, tenant: str = "a") -> None:
        """Log an event for each word, and seal them."""
        if tenant not in self.apps:
            self.apps[tenant] = self.database.connect(self.database.role("app", tenant))
        log_batch(self.apps[tenant], [{"description": word} for word in words])
        self.seal()

    def seal(self) -> None:
        self.operator.execute("call audit.seal_events()")

    def connect(self) -> psycopg.Connection[Any]:
        """Connect as the shipper does."""
        return psycopg.connect(self.database.dsn(self.shipper_role), autocommit=True)

    def state(self, name: str = SINK) -> dict[str, Any]:
        [found] = [row for row in rows(self.operator, "list_sinks") if row["name"] == name]
        return found

    def letters(self, name: str = SINK) -> list[dict[str, Any]]:
        return rows(self.operator, "list_dead_letters", name=name)

    def shipper(
        self,
        transport: Transport | None = None,
        *,
        name: str = SINK,
        batch_size: int | None = None,
        watcher: Watcher | None = None,
        **settings: Any,
    ) -> Shipper:
        """Make a shipper whose pauses are short; with a transport of the test's, or the sink's."""
        if transport is not None:
            settings["make_transport"] = lambda _: transport
        return Shipper(
            name,
            self.connect,
            batch_size=batch_size,
            watcher=watcher,
            back_off=BackOff(0.02, 0.1),
            **settings,
        )

    def ship(self, transport: Transport | None = None, **settings: Any) -> Shipped:
        return self.shipper(transport, **settings).ship()

    def drop_connections(self) -> int:
        """End the shipper's sessions, as an administrator or a crash would."""
        with self.database.superuser() as root:
            row = root.execute(
                "select count(pg_terminate_backend(pid)) from pg_stat_activity "
                "where usename = %s and datname = current_database()",
                (self.shipper_role,),
            ).fetchone()
        assert row is not None
        return int(row[0])


@contextmanager
def following(shipper: Shipper) -> Iterator[list[Shipped]]:
    """Run a shipper in a thread for a block; the list gets what it did, once it has ended."""
    done: list[Shipped] = []
    thread = Thread(target=lambda: done.append(shipper.follow()))
    thread.start()
    try:
        yield done
    finally:
        shipper.stop.set()
        thread.join(PATIENCE)
        assert not thread.is_alive()
        assert done, "it ended with an error"


@dataclass
class Log(Watcher):
    """Remembers what a shipper told."""

    failures: list[str] = field(default_factory=list)
    pauses: list[float] = field(default_factory=list)
    aside: list[Refusal] = field(default_factory=list)
    batches: list[int] = field(default_factory=list)

    def delivered(self, events: int) -> None:
        self.batches.append(events)

    def failed(self, reason: str, pause: float | None) -> None:
        self.failures.append(reason)
        self.pauses.append(pause or 0.0)

    def put_aside(self, refusal: Refusal) -> None:
        self.aside.append(refusal)


@dataclass
class Recorder(Transport):
    """A receiver in memory, which a test can have fail."""

    taken: list[ShippedEvent] = field(default_factory=list)
    offers: list[list[str]] = field(default_factory=list)
    before: Callable[[Sequence[ShippedEvent]], Sequence[Refusal] | None] = lambda _: None

    def deliver(self, events: Sequence[ShippedEvent]) -> Sequence[Refusal]:
        self.offers.append([word(event) for event in events])
        refusals = self.before(events) or ()
        refused = {refusal.event.event_id for refusal in refusals}
        self.taken += [event for event in events if event.event_id not in refused]
        return refusals

    @property
    def words(self) -> list[str]:
        return [word(event) for event in self.taken]


def word(event: ShippedEvent) -> str:
    """Give the description that an event was logged with."""
    found = json.loads(event.content)
    assert found["id"] == str(event.event_id)
    assert found["tenant_id"] == str(event.tenant_id)
    return str(found["description"])


def make_event(content: str = '{"a":1}', **fields: Any) -> ShippedEvent:
    """Make an event for transports that are tested without a database."""
    given: dict[str, Any] = {
        "tenant_id": UUID(int=7),
        "event_id": uuid4(),
        "occurred_at": datetime(2026, 3, 4, 5, 6, 7, 890123, UTC),
        "content": content,
    }
    return ShippedEvent(**(given | fields))


def make_events(number: int, size: int = 0) -> list[ShippedEvent]:
    """Make events with a number each, a second apart."""
    start = datetime(2026, 3, 4, tzinfo=UTC)
    return [
        make_event(
            f'{{"n":{place},"text":"{"x" * size}"}}', occurred_at=start + timedelta(seconds=place)
        )
        for place in range(number)
    ]


def destination(
    kind: str,
    format: str = "jsonl",
    environment: dict[str, str] | None = None,
    **options: Any,
) -> Destination:
    """Make a definition for a transport that is tested without a database."""
    return Destination(SINK, kind, format, options, environment or {})
