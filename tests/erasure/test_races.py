"""Erasures beside writers, purges, other erasures and a kill, and of a great many events."""

from __future__ import annotations

import threading
from typing import Any

import psycopg

from erasure.bureau import Bureau, ask
from retention.vault import ago, in_background, old
from walls.ledger import log, refused, wait_until_blocked

MANY = 20_000


def test_writers_wait_for_nothing(bureau: Bureau) -> None:
    bureau.put(actor_id="anna")
    app = bureau.database.connect(bureau.database.role("app"))
    app.execute("set lock_timeout = '2s'")
    with bureau.privacy.transaction():
        assert bureau.erase("anna") == (1, 0, 0)
        later = log(app, description="about anna", idempotency_key="k")
        assert later is not None
    assert bureau.groups(later) == set()
    assert bureau.erase("anna") == (1, 0, 0)


def test_an_import_under_way_is_waited_for_and_found(bureau: Bureau) -> None:
    found: list[Any] = []
    bureau.vault.admin.execute("begin")
    bureau.vault.bring(old(30, actor_id="anna"))
    with in_background(lambda: found.append(bureau.erase("anna"))) as failures:
        wait_until_blocked(bureau.database, bureau.privacy)
        bureau.vault.admin.execute("commit")
    assert (failures, found) == ([], [(1, 0, 0)])


def test_readers_see_before_and_after_and_nothing_between(bureau: Bureau) -> None:
    for number in range(3):
        bureau.put(actor_id="anna", description=str(number))
    reader = bureau.vault.reader()
    with bureau.privacy.transaction():
        bureau.erase("anna")
        found = ask(reader, "search_events", filter={"actor_id": "anna"})
        assert len(found) == 3
    assert ask(reader, "search_events", filter={"actor_id": "anna"}) == []


def test_undone_it_has_done_nothing(bureau: Bureau) -> None:
    event_id = bureau.put(actor_id="anna", description="by anna")
    export_id = bureau.office.request({"actor_id": "anna"})
    bureau.office.run()
    before = bureau.get(event_id)
    bureau.privacy.execute("begin")
    assert bureau.erase("anna")[0] > 0
    bureau.privacy.execute("rollback")
    assert bureau.get(event_id) == before
    assert bureau.office.listed(export_id)["state"] == "completed"
    assert ask(bureau.privacy, "list_erasures") == []


def test_killed_on_the_way_it_has_done_nothing(bureau: Bureau) -> None:
    """Whatever it was about: finding, waiting for a hold, or done and not yet committed."""
    ids = [bureau.put(actor_id="anna", description="by anna") for _ in range(3)]
    before = [bureau.get(event_id) for event_id in ids]
    bureau.vault.admin.execute("begin")
    bureau.vault.hold("case 1", {"source": "imported"})
    worker = bureau.database.connect(bureau.database.role("privacy"))

    def erase(connection: Any = worker) -> None:
        bureau.erase("anna", connection=connection)

    with in_background(erase) as failures:
        wait_until_blocked(bureau.database, worker)
        bureau.root.execute("select pg_terminate_backend(%s, 10000)", (worker.info.backend_pid,))
    assert [type(failure) for failure in failures] == [psycopg.errors.AdminShutdown]
    bureau.vault.admin.execute("rollback")

    worker = bureau.database.connect(bureau.database.role("privacy"))
    worker.execute("begin")
    bureau.erase("anna", connection=worker)
    bureau.root.execute("select pg_terminate_backend(%s, 10000)", (worker.info.backend_pid,))
    assert [bureau.get(event_id) for event_id in ids] == before
    for table in ("erasure", "erased_event", "pending_erasure"):
        assert bureau.root.execute(f"select from audit_private.{table}").fetchall() == []
    assert bureau.erase("anna") == (3, 0, 0)


def test_a_statement_timeout_undoes_it(bureau: Bureau) -> None:
    bureau.office.fill(MANY, description="about anna")
    bureau.privacy.execute("set statement_timeout = '30ms'")
    with refused("57014"):
        bureau.erase("anna")
    bureau.privacy.execute("reset statement_timeout")
    assert bureau.root.execute("select from audit_private.pending_erasure").fetchall() == []
    assert bureau.erase("anna") == (MANY, 0, 0)


def test_two_at_once_erase_each_event_once(bureau: Bureau) -> None:
    ids = [bureau.put(actor_id="anna", entity_id="bertil") for _ in range(20)]
    leaves = bureau.leaves()
    other = bureau.database.connect(bureau.database.role("privacy"))
    found: list[Any] = []
    bureau.privacy.execute("begin")
    assert bureau.erase("anna") == (20, 0, 0)
    with in_background(
        lambda: found.append(bureau.erase("anna", "bertil", connection=other))
    ) as failures:
        wait_until_blocked(bureau.database, other)
        bureau.privacy.execute("commit")
    assert (failures, found) == ([], [(20, 0, 0)])
    told = bureau.root.execute(
        "select groups, count(*) as number from audit_private.erased_event "
        "group by groups order by 1"
    ).fetchall()
    assert [(row["groups"], row["number"]) for row in told] == [
        (["actor_id"], 20),
        (["entity_id"], 20),
    ]
    assert len({bureau.get(event_id)["actor_id"] for event_id in ids}) == 1
    assert {k: v for k, v in bureau.leaves().items() if k in leaves} == leaves


def test_a_purge_under_way_is_waited_for(bureau: Bureau) -> None:
    """What it puts back is erased, and what it has removed is no trouble."""
    bureau.vault.bring(old(400, actor_id="anna", description="goes"))
    bureau.vault.bring(old(400, actor_id="anna", description="stays"), tenant="b")
    bureau.vault.set_retention(700, "b")
    bureau.vault.fill(6000, ago(400), description="rest")
    run = bureau.vault.begin()
    run.predict()
    bureau.vault.operator.execute("begin")
    assert run.step() == "more"
    assert bureau.root.execute("select from pg_locks where mode = 'AccessExclusiveLock'").fetchall()
    found: list[Any] = []
    with in_background(
        lambda: found.append(bureau.erase("anna", connection=bureau.privacy_b))
    ) as failures:
        wait_until_blocked(bureau.database, bureau.privacy_b)
        bureau.vault.operator.execute("commit")
    assert (failures, found) == ([], [(1, 0, 0)])
    run.steps()
    run.finish()
    assert bureau.vault.left() == ["stays"]
    assert bureau.erase("anna") == (0, 0, 0)
    assert bureau.root.execute("select from audit_private.pending_erasure").fetchall() == []


def test_a_purge_beside_an_erasure_comes_again(bureau: Bureau) -> None:
    [event_id] = bureau.vault.bring(old(400, actor_id="anna", description="old"))
    with bureau.privacy.transaction():
        assert bureau.erase("anna") == (1, 0, 0)
        run = bureau.vault.begin()
        run.predict()
        assert run.step() == "busy"
    run.steps()
    run.finish()
    assert bureau.vault.left() == []
    told = bureau.root.execute(
        "select from audit_private.erased_event where event_id = %s", (event_id,)
    ).fetchall()
    assert len(told) == 1


def test_many_erasures_beside_writers_and_purges(bureau: Bureau) -> None:
    """Everybody at once: nobody fails, and in the end nothing is left of anybody."""
    names = [f"person-{number:03}" for number in range(8)]
    over = threading.Event()
    failures: list[BaseException] = []

    def guarded(act: Any) -> threading.Thread:
        def run() -> None:
            try:
                act()
            except BaseException as error:
                failures.append(error)

        thread = threading.Thread(target=run)
        thread.start()
        return thread

    def write() -> None:
        app = bureau.database.connect(bureau.database.role("app"))
        number = 0
        while not over.is_set():
            log(app, description=f"about {names[number % 8]}", entity_id=names[number % 7])
            number += 1

    def purge() -> None:
        operator = bureau.database.connect(bureau.database.role("operator"))
        while not over.is_set():
            operator.execute("call audit.purge_events()")

    def erase(name: str) -> None:
        privacy = bureau.database.connect(bureau.database.role("privacy"))
        for _ in range(3):
            bureau.erase(name, connection=privacy)

    for name in names:
        bureau.vault.bring(old(400, actor_id=name), old(300, actor_id=name), old(2, actor_id=name))
    background = [guarded(write), guarded(purge)]
    erasing = [guarded(lambda name=name: erase(name)) for name in names]
    for thread in erasing:
        thread.join()
    over.set()
    for thread in background:
        thread.join()
    assert failures == []
    bureau.erase(*names)
    assert bureau.places("person-0") == []


def test_a_great_many_in_one_go(bureau: Bureau) -> None:
    bureau.vault.bring(old(200))
    bureau.vault.fill(MANY // 2, ago(200), description="about q-anna")
    bureau.office.fill(MANY // 2, description="q-anna again")
    bureau.office.fill(1000, description="about somebody else")
    [row] = bureau.root.execute(
        "select count(*), md5(string_agg(audit_private.leaf_of_event(e)::text, ',' order by e.id)) "
        "as leaves from audit_private.event e where source = 'imported'"
    ).fetchall()
    assert bureau.erase("q-anna") == (MANY, 0, 0)
    assert bureau.places("q-anna") == []
    [after] = bureau.root.execute(
        "select count(*), md5(string_agg(audit_private.leaf_of_event(e)::text, ',' order by e.id)) "
        "as leaves from audit_private.event e where source = 'imported'"
    ).fetchall()
    assert after == row
