"""What a subscription brings was captured where it was changed; what is written here is told."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from typing import Any
from uuid import UUID

import psycopg
import pytest

from capture.workshop import CUSTOMER, Workshop
from cli.command_line import CommandLine
from walls.ledger import Connection, rows

from databases import Database

NAME = "capture_test"
PATIENCE = 30.0
UNKNOWN_TENANT = UUID("dddddddd-0000-4000-8000-00000000000d")


@dataclass
class Pair:
    """A table that one database publishes and another one, where it is watched, subscribes to.

    Attributes:
        workshop: The subscriber.
        publisher: A superuser where the rows come from.
    """

    workshop: Workshop
    publisher: Connection

    @property
    def subscriber(self) -> psycopg.Connection[Any]:
        return self.workshop.behind

    def add(self, key: int, name: str, tenant_id: UUID | None = None) -> None:
        """Add a row where it is published."""
        self.publisher.execute(
            "insert into app.customer (id, tenant_id, name) values (%s, %s, %s)",
            (key, tenant_id or self.workshop.tenant_a, name),
        )

    def subscribe(self) -> None:
        """Subscribe with a slot of its own, since both ends are on one server."""
        info = self.publisher.info
        self.publisher.execute("create publication capture_test for table app.customer")
        self.publisher.execute("select pg_create_logical_replication_slot(%s, 'pgoutput')", (NAME,))
        self.subscriber.execute(
            f"create subscription {NAME}"
            f" connection 'host={info.host} port={info.port} user=postgres dbname={info.dbname}'"
            f" publication {NAME} with (create_slot = false, slot_name = '{NAME}')".encode()
        )
        self.wait(
            "select from pg_subscription_rel where srrelid = 'app.customer'::regclass"
            " and srsubstate = 'r'"
        )

    def wait(self, query: str) -> None:
        """Return once a query on the subscriber finds a row."""
        ends = time.monotonic() + PATIENCE
        while self.subscriber.execute(query.encode()).fetchone() is None:
            assert time.monotonic() < ends, f"waited in vain: {query}"
            time.sleep(0.02)

    def catch_up(self) -> None:
        """Return once all that was published until now has arrived here."""
        row = self.publisher.execute("select pg_current_wal_lsn()").fetchone()
        assert row is not None
        self.wait(
            "select from pg_stat_subscription s join pg_stat_replication r"
            f" on r.application_name = s.subname where s.subname = '{NAME}'"
            f" and s.relid is null and r.replay_lsn >= '{row[0]}'"
        )

    def failures(self) -> tuple[int, int]:
        """How often applying and the initial copy have failed."""
        row = self.subscriber.execute(
            "select apply_error_count as applying, sync_error_count as copying"
            " from pg_stat_subscription_stats"
        ).fetchone()
        assert row is not None
        return row["applying"], row["copying"]

    def names(self) -> list[tuple[int, str]]:
        found = self.subscriber.execute("select id, name from app.customer order by id").fetchall()
        return [(row["id"], row["name"]) for row in found]

    def check(self) -> dict[str, Any]:
        found = rows(self.workshop.owner, "check_health")
        return {row["check_name"]: row for row in found}["subscriptions_told"]

    def part(self) -> None:
        """End the subscription, and its slot with it."""
        with suppress(psycopg.errors.UndefinedObject):
            self.subscriber.execute(f"drop subscription {NAME}".encode())
        slots = "from pg_replication_slots where database = current_database()"
        ends = time.monotonic() + PATIENCE
        while self.publisher.execute(f"select {slots}".encode()).fetchone() is not None:
            assert time.monotonic() < ends, "the slot is still in use"
            with suppress(psycopg.errors.ObjectInUse):
                self.publisher.execute(
                    f"select pg_drop_replication_slot(slot_name) {slots} and not active".encode()
                )


@pytest.fixture
def prompt_server(loaded_database: Database) -> Iterator[None]:
    """Workers start at once; as it comes, a server waits 5 seconds after each start."""
    root = loaded_database.superuser()
    root.execute("alter system set wal_retrieve_retry_interval = '50ms'")
    root.execute("select pg_reload_conf()")
    yield
    root.execute("alter system reset wal_retrieve_retry_interval")
    root.execute("select pg_reload_conf()")


@pytest.fixture
def pair(workshop: Workshop, empty_database: Database, prompt_server: None) -> Iterator[Pair]:
    """Two databases with the table, with nothing published yet."""
    publisher = empty_database.superuser()
    publisher.execute("create schema app")
    publisher.execute(CUSTOMER.encode())
    workshop.make(CUSTOMER)
    found = Pair(workshop, publisher)
    yield found
    found.part()


ways = pytest.mark.parametrize(
    "options",
    [{"level": "statement"}, {"level": "row"}, {"on_error": "spool"}],
    ids=["statement", "row", "spool"],
)


@ways
def test_the_initial_copy_of_a_table_is_not_captured(pair: Pair, options: dict[str, Any]) -> None:
    pair.workshop.watch(**options)
    pair.add(1, "Anna")
    pair.add(2, "Bo", pair.workshop.tenant_b)
    pair.add(3, "Cy", UNKNOWN_TENANT)
    pair.subscribe()
    assert pair.names() == [(1, "Anna"), (2, "Bo"), (3, "Cy")]
    assert pair.workshop.told() == []
    assert pair.failures() == (0, 0)


@ways
def test_what_is_applied_is_not_captured_and_never_stopped(
    pair: Pair, options: dict[str, Any]
) -> None:
    pair.workshop.watch(**options)
    pair.subscribe()
    pair.add(1, "Anna")
    pair.add(2, "Bo", UNKNOWN_TENANT)
    pair.publisher.execute("update app.customer set name = name || ' Ek'")
    pair.publisher.execute("update app.customer set id = 4 where id = 2")
    pair.publisher.execute("delete from app.customer where id = 1")
    pair.catch_up()
    assert pair.names() == [(4, "Bo Ek")]
    pair.publisher.execute("truncate app.customer")
    pair.add(5, "Di")
    pair.catch_up()
    assert pair.names() == [(5, "Di")]
    assert pair.workshop.told() == []
    assert pair.failures() == (0, 0)


def test_what_is_applied_goes_on_while_nothing_can_be_logged(pair: Pair) -> None:
    pair.workshop.watch()
    pair.subscribe()
    pair.subscriber.execute("update audit_private.instance set events_until = '-infinity'")
    pair.workshop.make("alter table app.customer add phone text")
    pair.add(1, "Anna")
    pair.publisher.execute("truncate app.customer")
    pair.add(2, "Bo")
    pair.catch_up()
    assert pair.names() == [(2, "Bo")]
    assert pair.failures() == (0, 0)


@ways
def test_what_is_written_here_is_captured_meanwhile(pair: Pair, options: dict[str, Any]) -> None:
    pair.workshop.watch(**options)
    pair.subscribe()
    pair.add(1, "Anna")
    pair.catch_up()
    app = pair.workshop.app()
    app.execute(
        "insert into app.customer (id, tenant_id, name) values (9, %s, 'Here')",
        (pair.workshop.tenant_a,),
    )
    app.execute("update app.customer set name = 'Anna Ek' where id = 1")
    app.execute("delete from app.customer where id = 9")
    pair.add(2, "Bo")
    pair.catch_up()
    assert pair.names() == [(1, "Anna Ek"), (2, "Bo")]
    assert pair.workshop.told() == [("created", "9"), ("updated", "1"), ("deleted", "9")]
    updated = pair.workshop.events()[1]
    assert updated["changes"] == {"name": {"old": "Anna", "new": "Anna Ek"}}


def test_a_subscription_is_told_as_a_warning(pair: Pair) -> None:
    assert pair.check()["state"] == "ok"
    pair.workshop.watch()
    assert pair.check()["state"] == "ok"
    pair.subscribe()
    check = pair.check()
    assert check["state"] == "warning"
    assert NAME in check["detail"]
    assert check["hint"]
    run = CommandLine(pair.workshop.database)
    assert "subscriptions_told" in run("operator", "doctor").stdout
    run("operator", "doctor", "--strict", code=1)
    [watched] = rows(pair.workshop.owner, "list_watched")
    assert watched["state"] == "ok", "the table itself is captured whole"
    pair.part()
    assert pair.check()["state"] == "ok"


def test_the_other_database_s_subscription_is_not_told(
    pair: Pair, empty_database: Database
) -> None:
    pair.workshop.watch()
    other = empty_database.superuser()
    other.execute(
        "create subscription elsewhere connection 'dbname=nowhere' publication nothing"
        " with (connect = false, slot_name = none, enabled = false)"
    )
    try:
        assert pair.check()["state"] == "ok"
    finally:
        other.execute("drop subscription elsewhere")
