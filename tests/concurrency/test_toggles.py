"""Toggles turned while others turn them, and while writers write."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from functools import partial
from typing import Any

import psycopg
import pytest

from walls.ledger import (
    EVENT,
    REASON,
    Connection,
    call,
    log,
    log_batch,
    refused,
    rows,
    stored,
    wait_until_blocked,
)

from databases import Database


def in_background(act: Callable[[], Any]) -> threading.Thread:
    thread = threading.Thread(target=act)
    thread.start()
    return thread


def turn_off(connection: Connection, **toggles: Any) -> None:
    call(connection, "set_toggles", toggles=toggles, reason=REASON)


def off(connection: Connection) -> set[str]:
    return {row["action"] for row in rows(connection, "list_toggles") if not row["is_logged"]}


@pytest.fixture
def rival(loaded_database: Database) -> Connection:
    """Another connection of the same administrator."""
    return loaded_database.connect(loaded_database.role("admin"))


def test_different_toggles_turned_at_once_both_count(
    loaded_database: Database, admin: Connection, rival: Connection
) -> None:
    admin.execute("begin")
    turn_off(admin, actions={"user_created": False})
    second = in_background(lambda: turn_off(rival, actions={"user_deleted": False}))
    wait_until_blocked(loaded_database, rival)
    admin.execute("commit")
    second.join(timeout=10)
    assert off(admin) == {"user_created", "user_deleted"}


def test_a_category_and_an_override_turned_at_once_both_count(
    loaded_database: Database, admin: Connection, rival: Connection, app: Connection
) -> None:
    admin.execute("begin")
    turn_off(admin, categories={"admin_actions": False})
    second = in_background(
        lambda: call(rival, "set_action_logging", action="user_created", enabled=True)
    )
    wait_until_blocked(loaded_database, rival)
    admin.execute("commit")
    second.join(timeout=10)
    assert log(app) is not None
    assert log(app, action="user_deleted") is None


def test_the_same_toggle_turned_at_once_is_turned_once(
    loaded_database: Database, admin: Connection, rival: Connection
) -> None:
    found: list[bool] = []
    admin.execute("begin")
    turn_off(admin, logging=False)
    second = in_background(
        lambda: found.append(call(rival, "set_logging", enabled=False, reason=REASON))
    )
    wait_until_blocked(loaded_database, rival)
    admin.execute("commit")
    second.join(timeout=10)
    assert found == [False]
    assert len(stored(loaded_database, "action = 'logging_toggled'")) == 1


def test_an_undone_turn_lets_the_next_see_what_was_before(
    loaded_database: Database, admin: Connection, rival: Connection
) -> None:
    admin.execute("begin")
    turn_off(admin, logging=False)
    second = in_background(lambda: turn_off(rival, actions={"user_created": False}))
    wait_until_blocked(loaded_database, rival)
    admin.execute("rollback")
    second.join(timeout=10)
    assert off(admin) == {"user_created"}


def test_tenants_do_not_wait_for_one_another(admin: Connection, admin_b: Connection) -> None:
    admin_b.execute("set lock_timeout = '2s'")
    with admin.transaction():
        turn_off(admin, logging=False)
        turn_off(admin_b, actions={"user_created": False})


def test_an_action_and_a_tenant_added_at_once_meet(
    loaded_database: Database, operator: Connection, service: Connection
) -> None:
    newcomer = "cccccccc-0000-4000-8000-00000000000c"
    rival = loaded_database.connect(loaded_database.role("operator"))
    definition = {"category": "admin_actions", "titles": {"en": "Greeted"}}
    operator.execute("begin")
    call(operator, "define_action", action="user_greeted", **definition)
    second = in_background(
        lambda: call(rival, "register_tenant", tenant_id=newcomer, name="Tenant C")
    )
    wait_until_blocked(loaded_database, rival)
    operator.execute("commit")
    second.join(timeout=10)
    assert log(service, action="user_greeted", tenant_id=newcomer) is not None


def test_an_open_turn_does_not_hold_writers_up_and_counts_from_its_commit(
    loaded_database: Database, admin: Connection, app: Connection
) -> None:
    app.execute("set lock_timeout = '2s'")
    app.execute("begin")
    admin.execute("begin")
    turn_off(admin, logging=False)
    assert log(app) is not None
    assert log_batch(app, [{}]) == (1, 0)
    admin.execute("commit")
    assert log(app) is None
    assert log_batch(app, [{}]) == (0, 1)
    app.execute("commit")
    assert len(stored(loaded_database)) == 2


def test_a_snapshot_older_than_the_turn_may_log(
    loaded_database: Database, admin: Connection, app: Connection
) -> None:
    app.execute("begin isolation level repeatable read")
    app.execute("select")
    turn_off(admin, logging=False)
    assert log(app) is not None
    app.execute("commit")
    assert log(app) is None


def test_a_turn_on_a_stale_snapshot_is_refused_or_right(
    admin: Connection, rival: Connection, app: Connection
) -> None:
    for level in ("repeatable read", "serializable"):
        rival.execute(f"begin isolation level {level}")
        rival.execute("select from audit.list_toggles()")
        call(admin, "set_action_logging", action="user_created", enabled=True)
        try:
            turn_off(rival, categories={"admin_actions": False})
            rival.execute("commit")
        except psycopg.Error as refusal:
            if refusal.sqlstate not in ("WT037", "40001"):
                raise
            rival.execute("rollback")
        assert log(app) is not None, level
        cleared = {"categories": {"admin_actions": None}, "actions": {"user_created": None}}
        call(admin, "set_toggles", toggles=cleared, reason=REASON)


def test_the_catalogue_is_not_changed_on_a_stale_snapshot(operator: Connection) -> None:
    for level in ("repeatable read", "serializable"):
        operator.execute(f"begin isolation level {level}")
        with refused("WT037", case=level):
            call(operator, "retire_action", action="user_created", reason=REASON)
        operator.execute("rollback")


def test_while_toggles_turn_no_event_is_lost_and_none_comes_too_late(
    loaded_database: Database, admin: Connection
) -> None:
    """Each writer tells when each call began and ended, and the turner when each commit did.

    A call that began after a turn had committed, and ended before the next one began, has one right
    answer; what it answers is what is stored.
    """
    turns: list[tuple[float, float, bool]] = [(0.0, 0.0, True)]
    answers: list[tuple[str, float, float, bool]] = []
    is_over = threading.Event()
    failures: list[BaseException] = []

    def write(number: int) -> None:
        try:
            connection = psycopg.connect(
                loaded_database.dsn(loaded_database.role("app")), autocommit=True
            )
            with connection:
                count = 0
                while not is_over.is_set():
                    count += 1
                    word = f"{number} {count}"
                    began = time.monotonic()
                    if count % 5:
                        logged = log(connection, description=word) is not None
                    elif count % 2:
                        logged = log(connection, description=word, idempotency_key=word) is not None
                    else:
                        logged = log_batch(connection, [EVENT | {"description": word}]) == (1, 0)
                    answers.append((word, began, time.monotonic(), logged))
        except BaseException as error:
            failures.append(error)

    writers = [in_background(partial(write, number)) for number in range(4)]
    until = time.monotonic() + 4
    enabled = True
    while time.monotonic() < until:
        enabled = not enabled
        began = time.monotonic()
        call(admin, "set_logging", enabled=enabled, reason=REASON)
        turns.append((began, time.monotonic(), enabled))
        time.sleep(0.02)
    is_over.set()
    for writer in writers:
        writer.join(timeout=30)
    assert failures == []

    kept = {event["description"] for event in stored(loaded_database)}
    assert kept == {word for word, _, _, logged in answers if logged}
    decided = 0
    for word, began, ended, logged in answers:
        state = [is_on for _, committed, is_on in turns if committed <= began][-1]
        if not any(start <= ended and committed > began for start, committed, _ in turns):
            decided += 1
            assert logged is state, word
    assert decided > 50
    assert {logged for *_, logged in answers} == {True, False}
    assert len(turns) > 10
