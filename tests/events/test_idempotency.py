"""A repeat under the same key is the same event; other content under it is refused."""

from __future__ import annotations

import threading
from datetime import UTC, datetime, timedelta
from typing import Any

import psycopg
import pytest

from walls.ledger import (
    REASON,
    Connection,
    call,
    log,
    log_batch,
    refused,
    stored,
    wait_until_blocked,
)

from databases import Database

OTHER_CONTENT: list[dict[str, Any]] = [
    {"action": "user_deleted"},
    {"entity_type": "tenant_settings"},
    {"entity_id": "u-2"},
    {"entity_id": None},
    {"description": "Something else"},
    {"metadata": None},
    {"metadata": {}},
    {"changes": {"a": {"old": 1, "new": 2}}},
    {"target": {"a": 1}},
    {"actor_id": "bob"},
    {"actor_type": "api_key"},
    {"outcome": "success", "error_message": None},
    {"error_message": "It broke again"},
]


def age(root: Connection, hours: float) -> None:
    """Make every key older."""
    root.execute(
        "update audit_private.idempotency_key set logged_at = logged_at - %s",
        (timedelta(hours=hours),),
    )


def test_a_repeat_is_the_same_event(loaded_database: Database, app: Connection) -> None:
    first = log(app, idempotency_key="k", metadata={"a": 1, "b": None})
    assert first is not None
    assert log(app, idempotency_key="k", metadata={"b": None, "a": 1}) == first
    assert log_batch(app, [{"idempotency_key": "k", "metadata": {"a": 1, "b": None}}]) == (1, 0)
    assert len(stored(loaded_database)) == 1


def test_each_tenant_has_keys_of_its_own(
    loaded_database: Database, app: Connection, app_b: Connection
) -> None:
    first = log(app, idempotency_key="k")
    assert log(app_b, idempotency_key="k", description="Something else") != first
    assert len(stored(loaded_database)) == 2


def test_other_content_is_refused(loaded_database: Database, app: Connection) -> None:
    given: dict[str, Any] = {
        "entity_id": "u-1",
        "metadata": {"a": None},
        "actor_id": "anna",
        "outcome": "failure",
        "error_message": "It broke",
    }
    moment = datetime.now(UTC) - timedelta(hours=1)
    for time in ({}, {"occurred_at": moment}):
        key = {"idempotency_key": f"k {len(time)}"} | time
        log(app, **given, **key)
        for other in OTHER_CONTENT:
            with refused("WT017", case=other):
                log(app, **(given | key | other))
    assert len(stored(loaded_database)) == 2


def test_a_batch_names_the_repeat_that_differs(loaded_database: Database, app: Connection) -> None:
    log(app, idempotency_key="k")
    with refused("WT017") as refusal:
        log_batch(app, [{"idempotency_key": "j"}, {"idempotency_key": "k", "entity_id": "u-1"}])
    assert "event 1" in refusal.message
    with refused("WT017"):
        log_batch(app, [{"idempotency_key": "i"}, {"idempotency_key": "i", "entity_id": "u-1"}])
    assert log_batch(app, [{"idempotency_key": "i"}, {"idempotency_key": "i"}]) == (2, 0)
    assert len(stored(loaded_database)) == 2


def test_a_key_without_a_time_ends_after_a_day(
    loaded_database: Database, app: Connection, root: Connection
) -> None:
    first = log(app, idempotency_key="k")
    age(root, 23.9)
    assert log(app, idempotency_key="k") == first
    age(root, 0.2)
    second = log(app, idempotency_key="k", description="Another day's act")
    assert second != first
    assert log(app, idempotency_key="k", description="Another day's act") == second
    assert len(stored(loaded_database)) == 2


def test_with_a_given_time_a_key_never_ends(
    loaded_database: Database, app: Connection, root: Connection
) -> None:
    given = {"idempotency_key": "k", "occurred_at": datetime.now(UTC) - timedelta(hours=1)}
    first = log(app, **given)
    age(root, 25)
    assert log(app, **given) == first
    age(root, 25)
    with refused("WT017"):
        log(app, **given, entity_id="u-1")
    root.execute("delete from audit_private.idempotency_key")
    assert log(app, **given) == first
    assert len(stored(loaded_database)) == 1


def test_a_silenced_event_claims_no_key(
    loaded_database: Database, app: Connection, admin: Connection
) -> None:
    call(admin, "set_logging", enabled=False, reason=REASON)
    assert log(app, idempotency_key="k") is None
    assert log_batch(app, [{"idempotency_key": "k"}]) == (0, 1)
    call(admin, "set_logging", enabled=True)
    assert log(app, idempotency_key="k", entity_id="u-1") is not None
    assert len(stored(loaded_database)) == 1


def test_a_key_goes_with_its_transaction(loaded_database: Database, app: Connection) -> None:
    with app.transaction(force_rollback=True):
        log(app, idempotency_key="k", description="undone")
    assert log(app, idempotency_key="k", description="done") is not None
    assert [event["description"] for event in stored(loaded_database)] == ["done"]


@pytest.mark.parametrize("is_timed", [False, True], ids=["no time", "given time"])
@pytest.mark.parametrize("ending", ["commit", "rollback"])
def test_of_two_at_once_the_second_waits_for_the_first(
    loaded_database: Database, app: Connection, ending: str, is_timed: bool
) -> None:
    given: dict[str, Any] = {"idempotency_key": "k"}
    if is_timed:
        given["occurred_at"] = datetime.now(UTC) - timedelta(hours=1)
    second = loaded_database.connect(loaded_database.role("app"))
    found: list[Any] = []
    app.execute("begin")
    first_id = log(app, **given)
    racer = threading.Thread(target=lambda: found.append(log(second, **given)))
    racer.start()
    wait_until_blocked(loaded_database, second)
    app.execute(ending.encode())
    racer.join(timeout=10)
    [event] = stored(loaded_database)
    assert found == [event["id"]]
    assert (event["id"] == first_id) is (is_timed or ending == "commit")


def test_of_two_at_once_with_other_content_the_second_is_refused(
    loaded_database: Database, app: Connection
) -> None:
    second = loaded_database.connect(loaded_database.role("app"))
    failures: list[psycopg.Error] = []

    def race() -> None:
        try:
            log(second, idempotency_key="k", description="Something else")
        except psycopg.Error as error:
            failures.append(error)

    app.execute("begin")
    log(app, idempotency_key="k")
    racer = threading.Thread(target=race)
    racer.start()
    wait_until_blocked(loaded_database, second)
    app.execute("commit")
    racer.join(timeout=10)
    assert [failure.sqlstate for failure in failures] == ["WT017"]
    assert len(stored(loaded_database)) == 1
