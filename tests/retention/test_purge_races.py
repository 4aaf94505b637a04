"""Purges beside holds, policies, imports, readers, writers and other purges."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from functools import partial
from typing import Any

import pytest

from retention.vault import MICROSECOND, Vault, ago, in_background, old
from walls.ledger import REASON, Connection, call, log, refused, rows, wait_until_blocked

from databases import TENANTS, Database

CLOSE = "select audit_private.close_gate()"
MANY = 5000
"""Enough that a partition is emptied as a whole."""


@pytest.fixture(params=["emptied", "row by row"])
def full(request: pytest.FixtureRequest, vault: Vault) -> Vault:
    """Expired events of both tenants in one partition, which go by either way."""
    number = MANY if request.param == "emptied" else 3
    vault.bring(old(400, description="one", actor_id="erik"))
    vault.bring(old(400, description="b", actor_id="erik"), tenant="b")
    vault.fill(number, ago(400) + MICROSECOND, description="rest")
    return vault


def predicted(vault: Vault) -> Any:
    run = vault.begin()
    assert run.predict() is None
    return run


def test_a_hold_placed_after_the_prediction_counts(full: Vault) -> None:
    run = predicted(full)
    full.hold("case 1", {"actor_id": "erik"})
    run.steps()
    run.finish()
    assert full.left() == ["one"]
    receipt = full.receipts()[0]
    assert receipt["removed"] == receipt["predicted"] - 1
    assert (receipt["kept_by_hold"], receipt["error"]) == (1, None)
    assert full.last_run()["result"] == "succeeded"
    full.purge()
    assert full.left() == ["one"]
    call(full.admin, "release_hold", name="case 1", reason=REASON)
    full.purge()
    assert full.left() == []


@pytest.mark.parametrize("days", [500, None])
def test_a_policy_lengthened_after_the_prediction_counts(full: Vault, days: int | None) -> None:
    run = predicted(full)
    everything = full.left("a")
    call(full.admin, "set_retention", days=days, reason=REASON)
    run.steps()
    run.finish()
    assert full.left("a") == everything
    assert full.left("b") == []
    receipt = full.receipts()[0]
    assert (receipt["predicted"], receipt["removed"]) == (len(everything), 0)
    assert receipt["error"] is None
    assert full.last_run()["result"] == "succeeded"


def test_a_policy_from_before_the_run_that_is_committed_after_its_prediction_counts(
    full: Vault,
) -> None:
    """Its transaction is older than the run: what takes effect "at once" is in the run's past."""
    full.admin.execute("begin")
    full.admin.execute("select now()")
    run = predicted(full)
    everything = full.left("a")
    call(full.admin, "set_retention", days=None, reason=REASON)
    call(full.admin_b, "set_retention", days=2555, reason=REASON)
    full.admin.execute("commit")
    run.steps()
    run.finish()
    assert full.left("a") == everything
    assert len(full.left("b")) == 1


def test_a_policy_shortened_while_a_purge_runs_waits_for_the_next(vault: Vault) -> None:
    vault.bring(old(400), old(200, description="young"))
    run = predicted(vault)
    vault.set_retention(100)
    run.steps()
    run.finish()
    assert vault.left() == ["young"]
    vault.purge()
    assert vault.left() == []


def test_who_places_a_hold_during_a_step_waits_for_it(full: Vault) -> None:
    """And knows then that whatever it finds is safe."""
    run = predicted(full)
    place = {"name": "case 1", "filter": {"actor_id": "erik"}, "reason": REASON}
    full.operator.execute("begin")
    assert run.step() == "more"
    with in_background(lambda: call(full.admin, "place_hold", **place)) as failures:
        wait_until_blocked(full.database, full.admin)
        full.operator.execute("commit")
    assert failures == []
    left = full.left("a")
    run.steps()
    run.finish()
    assert full.left("a").count("one") == left.count("one")
    assert [hold["name"] for hold in rows(full.admin, "list_holds")] == ["case 1"]


@pytest.mark.parametrize("function", ["place_hold", "set_retention"])
def test_a_step_does_not_pass_a_change_that_is_under_way(full: Vault, function: str) -> None:
    """It is tried again later, and a rolled back change was none."""
    arguments: dict[str, dict[str, Any]] = {
        "place_hold": {"name": "case 1", "filter": {}, "reason": REASON},
        "set_retention": {"days": None, "reason": REASON},
    }
    everything = full.left("a")
    run = predicted(full)
    full.admin.execute("begin")
    call(full.admin, function, **arguments[function])
    assert run.step() == "busy"
    assert full.left("a") == everything
    full.admin.execute("commit")
    run.steps()
    run.finish()
    assert full.left("a") == everything
    assert full.left("b") == []

    if function == "place_hold":
        call(full.admin, "release_hold", name="case 1", reason=REASON)
        run = predicted(full)
        full.admin.execute("begin")
        call(full.admin, function, **arguments[function])
        assert run.step() == "busy"
        full.admin.execute("rollback")
        run.steps()
        run.finish()
        assert full.left("a") == []


def test_a_prediction_waits_for_nobody(full: Vault) -> None:
    full.operator.execute("set lock_timeout = '1s'")
    with full.admin.transaction():
        call(full.admin, "place_hold", name="case 1", filter={}, reason=REASON)
        predicted(full)


def test_a_purge_goes_on_once_a_hold_under_way_is_committed(full: Vault) -> None:
    full.admin.execute("begin")
    call(full.admin, "place_hold", name="case 1", filter={"actor_id": "erik"}, reason=REASON)
    with in_background(full.purge) as failures:
        full.wait_for_lock("legal_hold", "ShareRowExclusiveLock")
        full.admin.execute("commit")
    assert failures == []
    assert full.left() == ["one"]
    assert full.last_run()["result"] == "succeeded"


def test_changes_of_several_kinds_in_one_transaction_never_deadlock(full: Vault) -> None:
    """Whatever the order: none holds one of the gate's locks while it lacks another."""
    changes: list[tuple[str, dict[str, Any]]] = [
        ("set_retention", {"days": 900, "reason": REASON}),
        ("place_hold", {"name": "case 1", "filter": {}, "reason": REASON}),
        ("cancel_retention_change", {"reason": REASON}),
        ("release_hold", {"name": "case 1", "reason": REASON}),
    ]
    full.bring(old(300, description="young"))
    for order in (changes, changes[1::-1] + changes[2:]):
        run = predicted(full)
        full.admin.execute("begin")
        for function, arguments in order:
            call(full.admin, function, **arguments)
            closing = full.database.superuser()
            closing.execute("begin")
            with in_background(partial(closing.execute, CLOSE)) as failures:
                wait_until_blocked(full.database, closing)
                closing.cancel()
            assert "cancel" in str(failures[0])
            closing.close()
        full.admin.execute("rollback")
        run.steps()
        run.finish()

    # The gate that waits for one of them in a queue, and the next change behind it.
    run = predicted(full)
    full.admin.execute("begin")
    call(full.admin, "set_retention", days=900, reason=REASON)
    closing = full.database.superuser()
    with in_background(partial(closing.execute, CLOSE)) as failures:
        wait_until_blocked(full.database, closing)
        call(full.admin, "place_hold", name="case 1", filter={}, reason=REASON)
        full.admin.execute("commit")
    assert failures == []


def test_two_runs_at_once_are_one(full: Vault) -> None:
    run = predicted(full)
    rival = full.database.connect(full.database.role("operator"))
    notices: list[str] = []
    rival.add_notice_handler(lambda said: notices.append(str(said.message_primary)))
    rival.execute("call audit.purge_events()")
    assert notices == ["purge_events is running already"]
    assert len(full.left()) > 1
    run.steps()
    run.finish()
    assert full.left() == []
    found = full.root.execute(
        "select result from audit_private.job_run where job_name = 'purge_events'"
    ).fetchall()
    assert found == [{"result": "succeeded"}]


def test_many_runs_at_once_remove_each_event_once(full: Vault) -> None:
    rivals = [full.database.connect(full.database.role("operator")) for _ in range(3)]
    everything = len(full.left("a"))

    def purge(connection: Connection) -> None:
        for _ in range(2):
            connection.execute("call audit.purge_events()")

    with (
        in_background(lambda: purge(rivals[0])) as one,
        in_background(lambda: purge(rivals[1])) as two,
        in_background(lambda: purge(rivals[2])) as three,
    ):
        pass
    assert one + two + three == []
    assert full.left() == []
    assert sum(receipt["removed"] for receipt in full.receipts()) == everything


@pytest.fixture
def emptied(vault: Vault) -> Vault:
    """A partition that is emptied as a whole, and another in which only b has something."""
    vault.bring(old(400, description="first"))
    vault.fill(MANY, ago(400) + MICROSECOND)
    vault.bring(old(385, description="b"), tenant="b")
    return vault


def test_a_partition_in_use_is_left_for_the_next_purge(emptied: Vault) -> None:
    partition = emptied.partition_of(ago(400))
    emptied.root.execute("begin")
    emptied.root.execute(f"select from audit_private.{partition} limit 1".encode())
    run = predicted(emptied)
    assert run.step() == "busy"
    emptied.operator.execute("select audit_private.skip_partition(%s, 'in use')", (run.run_id,))
    run.steps()
    run.finish()
    assert len(emptied.left("a")) == MANY + 1
    assert emptied.left("b") == []
    receipt = emptied.receipts()[0]
    assert (receipt["removed"], receipt["error"]) == (0, f"{partition}: in use")
    of_b = emptied.receipts("b")[0]
    assert (of_b["removed"], of_b["error"]) == (1, None), "nothing of b's was in use"
    last = emptied.last_run()
    assert last["result"] == "failed"
    assert partition in last["detail"]
    emptied.root.execute("commit")
    emptied.purge()
    assert emptied.left() == []
    assert emptied.receipts()[0]["error"] is None
    assert emptied.last_run()["result"] == "succeeded"


def test_a_partition_in_use_for_a_moment_is_tried_again(emptied: Vault) -> None:
    partition = emptied.partition_of(ago(400))
    reading = emptied.database.superuser()
    reading.execute("begin")
    reading.execute(f"select from audit_private.{partition} limit 1".encode())
    with in_background(emptied.purge) as failures:
        emptied.wait_for_lock(partition, "AccessExclusiveLock")
        reading.execute("commit")
    assert failures == []
    assert emptied.left() == []
    assert emptied.last_run()["result"] == "succeeded"


def test_what_is_left_in_the_middle_of_a_partition_does_not_spoil_the_next(vault: Vault) -> None:
    """A run that gives a partition up among its tenants begins the next one with all of them."""
    vault.bring(old(400), old(385))
    vault.bring(old(400), old(385), tenant="b")
    run = predicted(vault)
    assert run.step() == "more"
    vault.operator.execute("select audit_private.skip_partition(%s, 'in use')", (run.run_id,))
    run.steps()
    run.finish()
    assert len(vault.left("a")) == len(vault.left("b")) == 1
    assert vault.receipts("a")[0]["removed"] == vault.receipts("b")[0]["removed"] == 1


def test_an_import_into_a_partition_that_is_emptied_is_neither_lost_nor_untold(
    emptied: Vault,
) -> None:
    """Before and after alike, it isn't sealed yet, and the next purge takes it."""
    run = predicted(emptied)
    emptied.admin.execute("begin")
    emptied.bring(old(400, description="late"))
    assert run.step() == "busy"
    emptied.admin.execute("commit")
    run.steps()
    run.finish()
    assert emptied.left("a") == ["late"]
    assert emptied.receipts()[0]["removed"] == emptied.receipts()[0]["predicted"] == MANY + 1
    assert emptied.findings() == []
    emptied.purge()
    assert emptied.left("a") == []
    assert emptied.findings() == []

    emptied.fill(MANY, ago(400), description="more")
    run = predicted(emptied)
    late = old(400, description="later")
    with emptied.operator.transaction():
        assert run.step() == "more"
        with in_background(lambda: emptied.bring(late)) as failures:
            wait_until_blocked(emptied.database, emptied.admin)
            emptied.operator.execute("commit")
            emptied.operator.execute("begin")
        assert failures == []
    run.finish()
    assert emptied.left("a") == ["later"]
    assert emptied.receipts()[0]["removed"] == MANY


def test_an_import_of_what_survived_is_known_again(vault: Vault) -> None:
    event = old(400, actor_id="erik", description="held")
    vault.bring(event)
    vault.fill(MANY, ago(400))
    vault.hold("case 1", {"actor_id": "erik"})
    vault.purge()
    [row] = rows(vault.admin, "import_events", events=[event], reason=REASON)
    assert row["result"] == "repeated"
    assert vault.left() == ["held"]


def test_nobody_else_waits_while_a_partition_is_emptied(
    emptied: Vault, app: Connection, reader: Connection
) -> None:
    """Writers, readers of other partitions, and administrators' lists."""
    call(reader, "open_access", access_reason="audit_review", justification=REASON)
    emptied.bring(old(300, description="young"))
    others = (app, reader, emptied.admin)
    for connection in others:
        connection.execute("set lock_timeout = '2s'")
    run = predicted(emptied)
    with emptied.operator.transaction():
        assert run.step() == "more"
        assert log(app) is not None
        assert log(app, idempotency_key="k") is not None
        assert log(app, occurred_at=datetime.now(UTC) - timedelta(hours=1)) is not None
        filter = {"from": ago(350).isoformat(), "source": "imported"}
        assert len(rows(reader, "search_events", filter=filter)) == 1
        rows(emptied.admin, "list_holds")
        rows(emptied.admin, "list_retention")
        rows(emptied.admin, "list_purges")
    run.steps()
    run.finish()


@pytest.mark.parametrize("write", ["log", "import"])
def test_nor_do_those_who_give_key_and_time(emptied: Vault, app: Connection, write: str) -> None:
    emptied.bring(old(200, description="elsewhere"))
    for connection in (app, emptied.admin):
        connection.execute("set lock_timeout = '100ms'")
    run = predicted(emptied)
    with emptied.operator.transaction():
        assert run.step() == "more"
        if write == "log":
            log(app, idempotency_key="k", occurred_at=datetime.now(UTC) - timedelta(hours=1))
        else:
            emptied.bring(old(200))


READS: dict[str, str] = {
    "search": 'select description from audit.search_events(\'{"source": "imported"}\')',
    "view": "select description from audit.event where source = 'imported'",
    "get": "select description from audit.get_event(%(id)s)",
    "count": "select 'held' from audit.count_events('{\"source\": \"imported\"}') where count = 1",
    "report": "select description from audit.report_subject(array['erik']) "
    "where source = 'imported'",
    "actors": "select 'held' from audit.list_actors() where actor_id = 'erik' and events = 1",
}


@pytest.mark.parametrize("read", READS)
def test_who_reads_while_a_partition_is_emptied_finds_what_survives(
    vault: Vault, read: str
) -> None:
    """TRUNCATE is seen by older snapshots as well: then what was put back isn't."""
    [held] = vault.bring(old(400, actor_id="erik", description="held"))
    vault.hold("case 1", {"actor_id": "erik"})
    vault.fill(MANY, ago(400))
    run = predicted(vault)
    privacy = vault.reader("privacy")
    found: list[Any] = []
    vault.operator.execute("begin")
    assert run.step() == "more"
    with in_background(
        lambda: found.extend(privacy.execute(READS[read].encode(), {"id": held}).fetchall())
    ) as failures:
        wait_until_blocked(vault.database, privacy)
        vault.operator.execute("commit")
    assert failures == []
    assert found == [("held",)]


@pytest.mark.parametrize("level", ["repeatable read", "serializable"])
def test_a_caller_that_keeps_one_snapshot_is_refused(full: Vault, level: str) -> None:
    """It wouldn't see a hold that was committed while it waited for the gate."""
    everything = full.left()
    full.operator.execute(f"set default_transaction_isolation = '{level}'".encode())
    full.purge()
    assert full.left() == everything
    last = full.last_run()
    assert last["result"] == "failed"
    assert level in last["detail"]
    full.operator.execute("reset default_transaction_isolation")
    run = predicted(full)
    full.operator.execute(f"begin isolation level {level}".encode())
    with refused("WT037"):
        run.step()
    full.operator.execute("rollback")
    full.hold("case 1", {"actor_id": "erik"})
    run.steps()
    run.finish()
    assert full.left() == ["one"]


def test_one_tenant_s_trouble_never_stops_another(vault: Vault) -> None:
    """Nor one partition's: what fails stands on the receipt, and all else goes."""
    vault.bring(old(400, description="stuck"), old(385, description="a"))
    vault.bring(old(400, description="b"), tenant="b")
    partition = vault.partition_of(ago(400))
    vault.root.execute(
        "create function public.fail() returns trigger language plpgsql as "
        "$$ begin if old.description = 'stuck' then raise 'disk on fire'; end if; "
        "return old; end $$"
    )
    vault.root.execute(
        f"create trigger fails before delete on audit_private.{partition} "
        "for each row execute function public.fail()".encode()
    )
    vault.root.execute("grant execute on function public.fail() to public")
    vault.purge()
    assert vault.left() == ["stuck"]
    receipt, of_b = vault.receipts()[0], vault.receipts("b")[0]
    assert (receipt["removed"], of_b["removed"]) == (1, 1)
    assert "disk on fire" in receipt["error"]
    assert of_b["error"] is None
    assert vault.last_run()["result"] == "failed"
    [health] = [
        row
        for row in rows(vault.operator, "check_health")
        if row["check_name"] == "purge_kept_its_word"
    ]
    assert health["state"] != "ok"
    assert "disk on fire" in health["detail"]


def test_a_partition_that_can_not_be_emptied_never_stops_the_others(emptied: Vault) -> None:
    emptied.set_retention(365)
    emptied.bring(old(400, description="held", actor_id="erik"))
    emptied.hold("case 1", {"actor_id": "erik"})
    everything = len(emptied.left("a"))
    partition = emptied.partition_of(ago(400))
    emptied.root.execute(
        "create function public.fail() returns trigger language plpgsql as "
        "$$ begin raise 'disk on fire'; end $$"
    )
    emptied.root.execute(
        f"create trigger fails before insert on audit_private.{partition} "
        "for each row execute function public.fail()".encode()
    )
    emptied.purge()
    assert len(emptied.left("a")) == everything, "nothing was half done"
    assert emptied.left("b") == []
    assert "disk on fire" in emptied.receipts()[0]["error"]
    last = emptied.last_run()
    assert (last["result"], last["finished_at"] is not None) == ("failed", True)
    emptied.root.execute(f"drop trigger fails on audit_private.{partition}".encode())
    emptied.purge()
    assert emptied.left("a") == ["held"]


def test_a_run_that_can_not_even_begin_ends(vault: Vault, loaded_database: Database) -> None:
    """So that the next one, of any other connection, isn't kept out by it."""
    vault.bring(old(400))
    vault.root.execute("revoke select on audit_private.event from audit_keeper")
    partition = vault.partition_of(ago(400))
    vault.root.execute(f"revoke select on audit_private.{partition} from audit_keeper".encode())
    vault.purge()
    assert vault.last_run()["result"] == "failed"
    vault.root.execute("grant select on audit_private.event to audit_keeper")
    vault.root.execute(f"grant select on audit_private.{partition} to audit_keeper".encode())
    loaded_database.connect(loaded_database.role("operator")).execute("call audit.purge_events()")
    assert vault.left() == []
    assert {r["tenant_id"] for r in vault.receipts()} == {TENANTS["a"]}
