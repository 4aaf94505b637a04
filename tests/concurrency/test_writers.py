"""Many writers at once: nothing lost, nothing doubled, nobody waits."""

from __future__ import annotations

import threading
from datetime import UTC, datetime
from typing import Any

import psycopg
import pytest

from walls.ledger import (
    REASON,
    Connection,
    call,
    log,
    log_batch,
    new_role,
    refused,
    rows,
    stored,
)

from databases import Database


def run_all(*acts: Any) -> list[BaseException]:
    failures: list[BaseException] = []

    def run(act: Any) -> None:
        try:
            act()
        except BaseException as error:
            failures.append(error)

    threads = [threading.Thread(target=run, args=(act,)) for act in acts]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(timeout=60)
    return failures


def test_many_writers_lose_and_double_nothing(loaded_database: Database) -> None:
    def write(tenant: str, number: int) -> None:
        dsn = loaded_database.dsn(loaded_database.role("app", tenant))
        with psycopg.connect(dsn, autocommit=True) as connection:
            for n in range(60):
                log(connection, description=f"{tenant} {number} {n}")
            for n in range(10):
                with connection.transaction(force_rollback=n % 2 == 1):
                    log(connection, description=f"{tenant} {number} open {n}")
            log_batch(connection, [{"description": f"{tenant} {number} b {n}"} for n in range(200)])

    acts = [lambda t=t, n=n: write(t, n) for t in "ab" for n in range(4)]
    assert run_all(*acts) == []
    events = stored(loaded_database)
    assert len(events) == len({event["description"] for event in events}) == 8 * 265
    assert len({event["id"] for event in events}) == len(events)
    assert len({event["sequence"] for event in events}) == len(events)
    tenants = {"a": loaded_database.tenant_a, "b": loaded_database.tenant_b}
    assert all(event["tenant_id"] == tenants[event["description"][0]] for event in events)


def test_many_writers_with_the_same_keys_write_each_event_once(loaded_database: Database) -> None:
    moment = datetime.now(UTC)

    def write() -> None:
        dsn = loaded_database.dsn(loaded_database.role("app"))
        with psycopg.connect(dsn, autocommit=True) as connection:
            for n in range(40):
                log(connection, idempotency_key=f"k {n}", description=str(n))
                log(connection, idempotency_key=f"t {n}", occurred_at=moment, description=f"t {n}")

    assert run_all(*[write] * 4) == []
    events = stored(loaded_database)
    assert len(events) == len({event["description"] for event in events}) == 80


def test_an_open_writer_holds_nobody_up(
    loaded_database: Database, app: Connection, admin: Connection, operator: Connection
) -> None:
    role = new_role(loaded_database, "test_latecomer", "audit_app")
    other = loaded_database.connect(loaded_database.role("app"))
    for connection in (other, admin, operator):
        connection.execute("set lock_timeout = '2s'")
    with app.transaction():
        log(app)
        log(app, idempotency_key="k")
        log_batch(app, [{}])
        assert log(other, idempotency_key="j") is not None
        call(admin, "set_action_logging", action="user_deleted", enabled=False, reason=REASON)
        call(operator, "grant_tenant", role=role, tenant_id=loaded_database.tenant_a)
        call(operator, "define_entity_type", entity_type="comet", titles={"en": "Comet"})
        call(operator, "register_tenant", tenant_id=loaded_database.tenant_a, name="Tenant Å")
        call(operator, "set_option", name="partitions_ahead_weeks", value="27", reason=REASON)
        operator.execute("call audit.maintain_partitions()")
        rows(operator, "check_health")
        log(app, entity_type="comet")
    assert log(loaded_database.connect(role)) is not None


def test_open_administration_holds_no_writer_up(
    loaded_database: Database, app: Connection, admin: Connection, operator: Connection
) -> None:
    app.execute("set lock_timeout = '2s'")
    with operator.transaction(), admin.transaction():
        call(operator, "define_entity_type", entity_type="comet", titles={"en": "Comet"})
        call(operator, "set_option", name="payload_limit_bytes", value="1000", reason=REASON)
        with refused("55P03"), admin.transaction():
            admin.execute("set local lock_timeout = '100ms'")
            call(admin, "set_action_logging", action="user_deleted", enabled=False, reason=REASON)
        log(app)
        log(app, idempotency_key="k")
        log(app, occurred_at=datetime.now(UTC))
        log_batch(app, [{}])
    assert len(stored(loaded_database)) == 4


def test_a_killed_client_leaves_neither_the_change_nor_the_event(
    loaded_database: Database, root: Connection
) -> None:
    root.execute("create table public.account (id text primary key)")
    root.execute("grant all on public.account to public")
    dsn = loaded_database.dsn(loaded_database.role("app"))

    def begin(word: str) -> Connection:
        connection = psycopg.connect(dsn)
        connection.execute("insert into public.account values (%s)", (word,))
        log(connection, description=word)
        log(connection, description=word, idempotency_key=word)
        return connection

    terminated = begin("terminated")
    root.execute("select pg_terminate_backend(%s, 5000)", (terminated.info.backend_pid,))
    terminated.close()
    closed = begin("closed")
    process = closed.info.backend_pid
    closed.pgconn.finish()
    closed.close()
    cancelled = begin("cancelled")
    with refused("57014"):
        cancelled.execute("set local statement_timeout = '10ms'; select pg_sleep(10)")
    cancelled.close()
    with begin("committed"):
        pass
    for _ in range(1000):
        if not root.execute("select from pg_stat_activity where pid = %s", (process,)).fetchall():
            break
    assert root.execute("select id from public.account").fetchall() == [("committed",)]
    assert [event["description"] for event in stored(loaded_database)] == ["committed"] * 2
    dead = loaded_database.connect(loaded_database.role("app"))
    assert log(dead, idempotency_key="closed", description="Another act") is not None


@pytest.mark.parametrize("level", ["repeatable read", "serializable"])
def test_strict_isolation_costs_no_retry(loaded_database: Database, level: str) -> None:
    writers = [loaded_database.connect(loaded_database.role("app", t)) for t in ("a", "b", "a")]
    for writer in writers:
        writer.execute(f"begin isolation level {level}")
    for turn in range(3):
        for number, writer in enumerate(writers):
            log(writer, description=f"{turn} {number}")
            log(writer, idempotency_key=f"{turn} {number}")
            log_batch(writer, [{}])
    for writer in writers:
        writer.execute("commit")
    assert len(stored(loaded_database)) == 27


def test_a_prepared_transaction_brings_its_events_when_it_commits(
    loaded_database: Database, app: Connection
) -> None:
    row = app.execute("show max_prepared_transactions").fetchone()
    assert row != ("0",), "start the server with max_prepared_transactions"
    for name, ending in (("kept", "commit"), ("undone", "rollback")):
        app.execute("begin")
        log(app, description=name)
        app.execute(f"prepare transaction '{loaded_database.name} {name}'")
        assert name not in {event["description"] for event in stored(loaded_database)}
        app.execute(f"{ending} prepared '{loaded_database.name} {name}'")
    assert [event["description"] for event in stored(loaded_database)] == ["kept"]
