"""Holds placed and released beside one another, beside imports and beside purges by many."""

from __future__ import annotations

import random
import threading
from functools import partial

import psycopg

from retention.vault import Vault, ago, in_background, old
from walls.ledger import REASON, call, log, rows, wait_until_blocked

ROUNDS = 6
MANY = 5000


def test_tenants_do_not_wait_for_one_another(vault: Vault) -> None:
    vault.admin_b.execute("set lock_timeout = '2s'")
    with vault.admin.transaction():
        call(vault.admin, "place_hold", name="case 1", filter={}, reason=REASON)
        call(vault.admin_b, "place_hold", name="case 1", filter={}, reason=REASON)
        call(vault.admin_b, "set_retention", days=700, reason=REASON)
        call(vault.admin_b, "release_hold", name="case 1", reason=REASON)


def test_a_hold_under_way_holds_no_writer_up(vault: Vault) -> None:
    app = vault.database.connect(vault.database.role("app"))
    app.execute("set lock_timeout = '2s'")
    with vault.admin.transaction():
        call(vault.admin, "place_hold", name="case 1", filter={}, reason=REASON)
        assert log(app) is not None
        assert rows(vault.operator, "list_holds") == []


def test_released_twice_at_once_it_is_released_once(vault: Vault) -> None:
    vault.hold("case 1", {})
    rival = vault.database.connect(vault.database.role("admin"))
    found: list[bool] = []
    vault.admin.execute("begin")
    assert call(vault.admin, "release_hold", name="case 1", reason=REASON) is True
    with in_background(
        lambda: found.append(call(rival, "release_hold", name="case 1", reason=REASON))
    ) as failures:
        wait_until_blocked(vault.database, rival)
        vault.admin.execute("commit")
    assert (found, failures) == ([False], [])


def test_a_release_that_is_undone_keeps(vault: Vault) -> None:
    """A purge meanwhile waits for it, or is told to come again, and doesn't take it for done."""
    vault.bring(old(400, description="held"))
    vault.hold("case 1", {})
    vault.admin.execute("begin")
    call(vault.admin, "release_hold", name="case 1", reason=REASON)
    run = vault.begin()
    run.predict()
    state = run.step()
    vault.admin.execute("rollback")
    if state == "busy":
        run.steps()
    run.finish()
    vault.purge()
    assert vault.left() == ["held"]


def test_what_was_found_after_placing_is_never_lost(vault: Vault) -> None:
    """The promise to whoever holds: once place_hold has committed, what is there stays.

    Administrators place holds at any moment of purges that go on and on, look at once behind the
    scenes at what is there of it, and find the same when all is over.
    """
    actors = [f"actor {number}" for number in range(ROUNDS)]
    # One partition that is emptied as a whole and two from which rows go one by one.
    for days in (400, 385, 370):
        vault.bring(*[old(days, actor_id=actor, description=actor) for actor in actors])
    vault.fill(MANY, ago(400))
    is_over = threading.Event()
    failures: list[BaseException] = []

    def purge() -> None:
        try:
            with psycopg.connect(
                vault.database.dsn(vault.database.role("operator")), autocommit=True
            ) as connection:
                while not is_over.is_set():
                    connection.execute("call audit.purge_events()")
        except BaseException as error:
            failures.append(error)

    purger = threading.Thread(target=purge)
    found: dict[str, int] = {}
    chance = random.Random(7)
    chance.shuffle(actors)
    purger.start()
    try:
        for number, actor in enumerate(actors):
            vault.hold(actor, {"actor_id": actor})
            found[actor] = vault.left().count(actor)
            # More of it comes, which is held from the start.
            vault.bring(old(400, actor_id=actor, description=actor))
            found[actor] += 1
            if number % 2:
                vault.fill(MANY, ago(400))
    finally:
        is_over.set()
        purger.join(timeout=60)
    assert failures == []
    vault.purge()
    left = vault.left()
    assert {actor: left.count(actor) for actor in actors} == found
    assert len(left) == sum(found.values())
    removed = sum(receipt["removed"] for receipt in vault.receipts())
    assert removed == MANY * (1 + ROUNDS // 2) + 3 * ROUNDS + ROUNDS - len(left)
    for actor in actors:
        call(vault.admin, "release_hold", name=actor, reason=REASON)
    vault.purge()
    assert vault.left() == []


def test_many_holds_at_once(vault: Vault) -> None:
    """Ten administrators' connections place, release and place again, and a purge keeps running."""

    def work(number: int) -> None:
        with psycopg.connect(
            vault.database.dsn(vault.database.role("admin")), autocommit=True
        ) as connection:
            for _ in range(3):
                name, filter = f"case {number}", {"actor_id": f"actor {number}"}
                assert call(connection, "place_hold", name=name, filter=filter, reason=REASON)
                if number % 2:
                    assert call(connection, "release_hold", name=name, reason=REASON)
                    continue
                assert not call(connection, "place_hold", name=name, filter=filter, reason=REASON)
                return

    vault.bring(*[old(400, actor_id=f"actor {n}", description=f"actor {n}") for n in range(10)])
    failures: list[list[BaseException]] = []
    threads = []
    for number in range(10):
        context = in_background(partial(work, number))
        failures.append(context.__enter__())
        threads.append(context)
    for context in threads:
        context.__exit__(None, None, None)
    assert [error for each in failures for error in each] == []
    vault.purge()
    assert sorted(vault.left()) == [f"actor {n}" for n in range(0, 10, 2)]
