"""Every sealed event comes, in the order of the log, and again until it is acknowledged."""

from __future__ import annotations

import random
from uuid import UUID

import pytest

from retention.vault import old
from sinks.harbour import Harbour, content, ids
from walls.ledger import log, log_batch, refused

from databases import TENANT_A, TENANT_B


def test_whole_events_are_what_the_log_holds(harbour: Harbour) -> None:
    harbour.open("a")
    event_id = log(
        harbour.app, entity_id="17", description='A "quoted" ÅÄÖ\nline', metadata={"size": 1.50}
    )
    harbour.seal()
    [row] = [row for row in harbour.drain() if row["event_id"] == event_id]
    found = content(row)
    assert row["tenant_id"] == TENANT_A
    assert found["id"] == str(event_id)
    assert (found["entity_id"], found["description"]) == ("17", 'A "quoted" ÅÄÖ\nline')
    assert found["metadata"] == {"size": 1.5}
    assert "\n" not in row["content"]


def test_nothing_comes_before_it_is_sealed(harbour: Harbour) -> None:
    harbour.open("a")
    harbour.seal()
    harbour.drain()
    written = harbour.write(2)
    assert harbour.read() == []
    harbour.seal()
    assert ids(harbour.drain()) == written


def test_the_order_is_the_logs_and_reading_again_gives_the_same(harbour: Harbour) -> None:
    harbour.open("a", "b")
    for number in range(3):
        harbour.write(5 + number)
        harbour.write(3, harbour.app_b)
        harbour.seal()
    assert ids(harbour.read()) == ids(harbour.read())
    backlog_first = harbour.carried("a") + harbour.carried("b")
    assert ids(harbour.drain(batch_size=4)) == backlog_first
    for _ in range(3):
        harbour.write(4)
        harbour.write(2, harbour.app_b)
        harbour.seal()
    expected = [event for event in harbour.carried("a", "b") if event not in backlog_first]
    assert ids(harbour.drain(batch_size=3)) == expected


def test_part_of_a_batch_can_be_acknowledged(harbour: Harbour) -> None:
    harbour.open("a")
    harbour.write(5)
    harbour.seal()
    batch = harbour.read()
    assert harbour.acknowledge(batch[2]["cursor"])
    assert ids(harbour.read()) == ids(batch[3:])
    assert not harbour.acknowledge(batch[0]["cursor"])
    assert not harbour.acknowledge(batch[2]["cursor"])
    assert ids(harbour.read()) == ids(batch[3:])


def test_reading_ahead_goes_on_behind_what_is_not_acknowledged(harbour: Harbour) -> None:
    harbour.open("a")
    harbour.write(6)
    harbour.seal()
    first = harbour.read(2)
    second = harbour.read(100, after=first[-1]["cursor"])
    assert ids(first) + ids(second) == harbour.carried("a")
    assert ids(harbour.read(2)) == ids(first)


def test_a_seal_of_many_parts_comes_in_batches_of_any_size(harbour: Harbour) -> None:
    harbour.open("a")
    harbour.seal()
    harbour.drain()
    before = harbour.carried("a")
    harbour.write_many(2500)
    harbour.seal()
    taken = ids(harbour.drain(batch_size=999))
    assert len(taken) == 2500
    assert taken == [event for event in harbour.carried("a") if event not in set(before)]


def test_a_filter_that_finds_little_passes_over_the_rest(harbour: Harbour) -> None:
    harbour.open("a", filter={"outcome": "failure"})
    harbour.write_many(1200)
    wanted = log(harbour.app, outcome="failure", error_message="no room", description="Failed")
    harbour.write_many(1200)
    harbour.seal()
    batch = harbour.read(10)
    assert ids(batch) == [wanted]
    assert harbour.acknowledge(batch[-1]["cursor"])
    [rest] = harbour.read(10)
    assert (rest["event_id"], rest["content"]) == (None, None)
    assert harbour.acknowledge(rest["cursor"])
    assert harbour.drain() == []
    assert harbour.sink()["events_behind"] == 0


def test_a_silent_tenants_sink_does_not_stay_behind(harbour: Harbour) -> None:
    harbour.open("b", tenant_ids=[TENANT_B])
    harbour.seal()
    harbour.drain()
    for _ in range(3):
        harbour.write(2)
        harbour.seal()
    [row] = harbour.read()
    assert row["event_id"] is None
    assert harbour.acknowledge(row["cursor"])
    assert harbour.read() == []


def test_each_sink_has_a_place_of_its_own(harbour: Harbour) -> None:
    harbour.open("a", name="one")
    harbour.open("a", name="two")
    harbour.write(3)
    harbour.seal()
    taken = ids(harbour.drain("one"))
    assert ids(harbour.drain("two")) == taken
    assert harbour.drain("one") == []


def test_how_far_a_sink_is_behind(harbour: Harbour) -> None:
    harbour.open("a", "b")
    harbour.seal()
    harbour.drain()
    assert harbour.sink()["events_behind"] == 0
    assert harbour.sink()["behind_since"] is None
    harbour.write(5)
    harbour.write(2, harbour.app_b)
    harbour.seal()
    assert harbour.sink()["events_behind"] == 7
    assert harbour.sink(tenant="b")["events_behind"] == 2
    assert harbour.sink()["behind_since"] == harbour.value(
        "select max(sealed_at) from audit_private.seal where event_count > 0"
    )
    harbour.acknowledge(harbour.read(1)[0]["cursor"])
    assert harbour.sink()["events_behind"] == 6


@pytest.mark.parametrize("seed", range(4))
def test_whatever_commits_when_comes_once_and_in_order(harbour: Harbour, seed: int) -> None:
    """Long, late, prepared and rolled-back transactions of two tenants, and a consumer."""
    choose = random.Random(seed)
    harbour.open("a", "b")
    apps = [harbour.database.connect(harbour.database.role("app", t)) for t in "abab"]
    for app in apps:
        app.autocommit = False
    names = (f"sink_{seed}_{number}" for number in range(1000))
    prepared: list[str] = []
    committed: set[UUID] = set()
    open_events: dict[int, list[UUID]] = {number: [] for number in range(4)}
    prepared_events: dict[str, list[UUID]] = {}
    taken: list[UUID] = []
    for _ in range(80):
        act = choose.choices(
            ["log", "commit", "rollback", "prepare", "finish", "seal", "take"],
            [30, 12, 4, 5, 5, 12, 12],
        )[0]
        number = choose.randrange(4)
        app = apps[number]
        if act == "log":
            event_id = log(app, description=f"of {number}")
            assert event_id is not None
            open_events[number].append(event_id)
        elif act == "commit":
            app.commit()
            committed |= set(open_events[number])
            open_events[number] = []
        elif act == "rollback":
            app.rollback()
            open_events[number] = []
        elif act == "prepare" and open_events[number]:
            name = next(names)
            app.execute(f"prepare transaction '{name}'")
            app.rollback()
            prepared.append(name)
            prepared_events[name] = open_events[number]
            open_events[number] = []
        elif act == "finish" and prepared:
            name = prepared.pop(choose.randrange(len(prepared)))
            end = choose.choice(["commit", "rollback"])
            harbour.root.execute(f"{end} prepared '{name}'".encode())
            if end == "commit":
                committed |= set(prepared_events[name])
        elif act == "seal":
            harbour.seal()
        elif act == "take":
            taken += ids(harbour.drain(batch_size=choose.choice([1, 3, 100])))
    for number, app in enumerate(apps):
        app.commit()
        committed |= set(open_events[number])
    for name in prepared:
        harbour.root.execute(f"rollback prepared '{name}'".encode())
    harbour.seal()
    taken += ids(harbour.drain())
    assert len(taken) == len(set(taken))
    assert set(taken) == set(harbour.carried("a", "b"))
    assert committed <= set(taken)
    for tenant in "ab":
        order = harbour.carried(tenant)
        assert [event for event in taken if event in set(order)] == order


def test_a_batch_is_read_while_others_write_and_seal(harbour: Harbour) -> None:
    harbour.open("a")
    reading = harbour.database.connect(harbour.database.role("shipper"))
    with reading.transaction():
        harbour.write(2)
        harbour.seal()
        batch = harbour.read(shipper=reading)
        harbour.write(2)
        harbour.seal()
        assert harbour.acknowledge(batch[-1]["cursor"], shipper=reading)
    assert len(ids(harbour.drain(shipper=reading))) >= 2


def test_one_snapshot_for_all_is_refused(harbour: Harbour) -> None:
    harbour.open("a")
    for level in ("repeatable read", "serializable"):
        with harbour.shipper.transaction():
            harbour.shipper.execute(f"set transaction isolation level {level}".encode())
            with refused("WT037"), harbour.shipper.transaction():
                harbour.read()


def test_sealing_tells_who_listens_and_writing_does_not(harbour: Harbour) -> None:
    listener = harbour.database.connect(harbour.database.role("shipper"))
    listener.execute("listen pgwitness_sealed")
    harbour.write(1)
    harbour.seal()
    assert list(listener.notifies(timeout=0.2)) == []
    harbour.open("a")
    harbour.write(1)
    assert list(listener.notifies(timeout=0.2)) == []
    harbour.seal()
    assert len(list(listener.notifies(timeout=5, stop_after=1))) == 1


def test_an_erased_event_comes_without_what_was_erased(harbour: Harbour) -> None:
    harbour.open("a")
    event_id = log(harbour.app, description="About Anna Andersson", actor_id="anna")
    harbour.seal()
    privacy = harbour.database.connect(harbour.database.role("privacy"))
    privacy.execute(
        "select audit.erase_subject(identifiers => %s, reason => %s)",
        (["anna"], "She has asked for it"),
    )
    [row] = [row for row in harbour.drain() if row["event_id"] == event_id]
    assert "Anna" not in row["content"]
    assert content(row)["actor_id"].startswith("erased-")


def test_purged_events_do_not_come(harbour: Harbour) -> None:
    harbour.open("a")
    gone = harbour.bring(*(old(400) for _ in range(5)))
    kept = harbour.write(2)
    harbour.purge()
    taken = ids(harbour.drain())
    assert not set(gone) & set(taken)
    assert set(kept) <= set(taken)


def test_log_events_and_imports_come_as_well(harbour: Harbour) -> None:
    harbour.open("a")
    imported = harbour.bring(old(20))
    log_batch(harbour.app, [{"description": f"batch {n}"} for n in range(3)])
    harbour.seal()
    taken = harbour.drain()
    assert set(imported) <= set(ids(taken))
    assert sum(content(row)["description"].startswith("batch") for row in taken) == 3


def test_a_read_only_transaction_is_told_why_not(harbour: Harbour) -> None:
    harbour.open("a")
    with harbour.shipper.transaction():
        harbour.shipper.execute("set transaction read only")
        with refused("WT036"), harbour.shipper.transaction():
            harbour.read()
