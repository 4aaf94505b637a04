from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from archiving.stacks import SINK, Stacks
from pgwitness.archiving.keeping import expire
from pgwitness.client import Client
from retention.vault import in_background
from walls.ledger import REASON, call, refused, rows

from databases import TENANT_A


@pytest.fixture
def aged(stacks: Stacks) -> Stacks:
    """Events of both tenants, 120 days old, and an archive that only tenant a lets carry them."""
    stacks.define_archive("a")
    stacks.bring_old("one", "two", "three")
    stacks.bring_old("theirs", tenant="b")
    return stacks


def test_nothing_leaves_before_it_is_archived(aged: Stacks) -> None:
    aged.set_hot_days(90)
    aged.seal()
    assert aged.preview()["due"] == 0
    assert aged.preview()["kept_by_sink"] == 3
    aged.purge()
    assert aged.left("a") == ["one", "two", "three"]
    [receipt] = aged.receipts()[:1]
    assert (receipt["removed"], receipt["kept_by_sink"], receipt["hot_days"]) == (0, 3, 90)


def test_what_is_archived_leaves_early(aged: Stacks) -> None:
    aged.set_hot_days(90)
    aged.archive()
    assert aged.preview()["due"] == 3
    assert aged.preview()["hot_days"] == 90
    aged.purge()
    assert aged.left() == ["theirs"]
    [receipt] = aged.receipts()[:1]
    assert (receipt["removed"], receipt["predicted"], receipt["days"]) == (3, 3, 365)
    assert receipt["hot_days"] == 90
    assert receipt["hot_cutoff"] > receipt["cutoff"]
    [told] = aged.all("select * from audit_private.event where action = 'events_purged'")
    assert told["metadata"]["hot_days"] == 90
    assert aged.look() == []
    assert len(aged.rows("a")) > 3


def test_without_a_policy_what_is_archived_stays(aged: Stacks) -> None:
    aged.archive()
    aged.purge()
    assert aged.left("a") == ["one", "two", "three"]


def test_only_what_is_noted_leaves(aged: Stacks) -> None:
    """Of four events, one was written by another batch that nobody has noted."""
    aged.set_hot_days(90)
    aged.seal()
    batch = aged.batch(2)
    aged.writer().write(batch)
    aged.purge()
    assert aged.left("a") == ["one", "two", "three"], "noted, and not yet acknowledged"
    aged.acknowledge(batch[-1].cursor, SINK)
    noted = sum(event.event_id in {row["id"] for row in aged.stored()} for event in batch)
    aged.purge()
    assert len(aged.left("a")) == 3 - noted
    aged.archive()
    aged.purge()
    assert aged.left("a") == []


def test_a_dead_letter_stays(aged: Stacks) -> None:
    """Acknowledged past it, and in no file."""
    aged.set_hot_days(90)
    aged.seal()
    batch = aged.batch()
    [refused_one] = [
        event for event in batch if event.event_id in {row["id"] for row in aged.stored()}
    ][:1]
    aged.writer().write([event for event in batch if event is not refused_one])
    call(
        aged.shipper,
        "add_dead_letter",
        name=SINK,
        event_id=refused_one.event_id,
        occurred_at=refused_one.occurred_at,
        error="no",
    )
    aged.acknowledge(batch[-1].cursor, SINK)
    aged.purge()
    assert len(aged.left("a")) == 1


def test_never_under_a_hold(aged: Stacks) -> None:
    aged.set_hot_days(90)
    aged.archive()
    [held] = [row["id"] for row in aged.stored() if row["description"] == "two"]
    aged.hold("case", {"id": str(held)})
    aged.purge()
    assert aged.left("a") == ["two"]
    [receipt] = aged.receipts()[:1]
    assert receipt["kept_by_hold"] == 1


def test_never_below_a_floor(aged: Stacks) -> None:
    category = aged.value("select category from audit_private.action where action = 'user_created'")
    aged.set_floor(category, 200)
    aged.set_hot_days(90)
    aged.archive()
    aged.purge()
    assert aged.left("a") == ["one", "two", "three"]
    assert aged.receipts()[0]["kept_by_floor"] == 3


def test_younger_events_stay(aged: Stacks) -> None:
    aged.bring_old("young", days=30)
    aged.set_hot_days(90)
    aged.archive()
    aged.purge()
    assert aged.left("a") == ["young"]


def test_also_of_a_tenant_that_keeps_for_ever(aged: Stacks) -> None:
    aged.set_retention(None)
    aged.set_hot_days(90)
    aged.archive()
    aged.purge()
    assert aged.left("a") == []
    assert aged.receipts()[0]["cutoff"] is None
    assert aged.look() == []


def test_what_has_expired_goes_whether_archived_or_not(aged: Stacks) -> None:
    aged.bring_old("expired", days=500)
    aged.set_hot_days(90)
    aged.purge()
    assert aged.left("a") == ["one", "two", "three"]


def test_many_leave_by_truncation(stacks: Stacks) -> None:
    stacks.define_archive("a")
    [held] = stacks.bring_old("held")
    stacks.fill(12000, datetime.now(UTC) - timedelta(days=120))
    stacks.hold("case", {"id": str(held)})
    stacks.set_hot_days(90)
    stacks.archive()
    stacks.purge()
    assert stacks.left("a") == ["held"]
    assert stacks.receipts()[0]["removed"] == 12000
    assert stacks.archive_kinds() == {}


def test_exact_tenants_do_not_wait_for_the_partition(aged: Stacks) -> None:
    aged.set_retention(365, is_exact=True)
    aged.set_hot_days(119)
    aged.archive()
    aged.purge()
    assert aged.left("a") == []


@pytest.mark.parametrize("end", ["drop", "withdraw", "envelope", "remove"])
def test_a_policy_without_its_archive_lets_nothing_go(aged: Stacks, end: str) -> None:
    aged.set_hot_days(90)
    aged.archive()
    if end == "drop":
        call(aged.operator, "drop_sink", name=SINK, reason=REASON)
    elif end == "withdraw":
        aged.withdraw(name=SINK)
    elif end == "envelope":
        aged.define(SINK, "parquet", options={"url": aged.address, "content": "envelope"})
    else:
        aged.set_hot_days(None)
    aged.purge()
    assert aged.left("a") == ["one", "two", "three"]


def test_shortening_waits_and_lengthening_does_not(aged: Stacks) -> None:
    def change(days: int | None, name: str | None = SINK) -> datetime | None:
        found: datetime | None = call(
            aged.admin, "set_hot_days", days=days, name=name, reason=REASON
        )
        return found

    now = datetime.now(UTC)
    first = change(90)
    assert first is not None
    assert first > now + timedelta(days=6)
    assert change(90) == first
    [row] = rows(aged.admin, "list_retention")
    assert (row["hot_days"], row["next_hot_days"], row["next_hot_sink"]) == (None, 90, SINK)
    aged.pass_delay()
    [row] = rows(aged.admin, "list_retention")
    assert (row["hot_days"], row["hot_sink"], row["next_hot_days"]) == (90, SINK, None)
    longer = change(100)
    assert longer is not None
    assert longer < now + timedelta(hours=1)
    shorter = change(80)
    assert shorter is not None
    assert shorter > now + timedelta(days=6)
    none = change(None, None)
    assert none is not None
    assert none < now + timedelta(hours=1)
    [row] = rows(aged.admin, "list_retention")
    assert (row["hot_days"], row["next_hot_days"]) == (None, None)
    assert change(None, None) is None
    said = aged.all(
        "select changes from audit_private.event where action = 'hot_days_set' order by sequence"
    )
    assert [event["changes"]["hot_days"]["new"] for event in said] == [90, 100, 80, None]


def test_who_may_say_so_and_with_which_sink(aged: Stacks) -> None:
    aged.open(name="plain", kind="custom")
    aged.open(name="some", kind="parquet", options={"url": "file:///x"}, filter={"ip": "::1"})
    aged.open(name="lean", kind="parquet", options={"url": "file:///x", "content": "envelope"})
    for name in ("plain", "some", "lean", "nowhere", None):
        with refused("WT162", case=name):
            call(aged.admin, "set_hot_days", days=90, name=name, reason=REASON)
    for days in (0, 2556):
        with refused("WT162", case=days):
            call(aged.admin, "set_hot_days", days=days, name=SINK, reason=REASON)
    with refused("WT162"):
        call(aged.admin_b, "set_hot_days", days=90, name=SINK, reason=REASON)
    with refused("WT021"):
        call(aged.admin, "set_hot_days", days=90, name=SINK, reason="short")
    with refused("WT002"):
        call(aged.admin_b, "set_hot_days", days=90, name=SINK, reason=REASON, tenant_id=TENANT_A)
    for persona in ("reader", "operator", "shipper"):
        with refused("42501", case=persona):
            call(
                aged.database.connect(aged.database.role(persona)),
                "set_hot_days", days=90, name=SINK, reason=REASON,
            )  # fmt: skip


def test_a_hold_that_comes_meanwhile_waits_and_keeps_what_is_left(aged: Stacks) -> None:
    aged.bring_old("older", days=150)
    aged.set_hot_days(90)
    aged.archive()
    run = aged.begin()
    assert run.predict() is None
    run.operator.execute("begin")
    # The oldest partition is dealt with; the hold has to wait for that.
    assert run.step() == "more"
    with in_background(lambda: aged.hold("case", {"source": "imported"})) as failures:
        aged.wait_for_lock("legal_hold", "RowExclusiveLock")
        run.operator.execute("commit")
    assert failures == []
    run.steps()
    run.finish()
    # The first step found the partition's tenants; none of their events had gone yet, or all had.
    assert aged.left("a")[-3:] == ["one", "two", "three"]
    assert aged.look() == []


def test_a_note_waits_for_a_deletion(aged: Stacks) -> None:
    """What a purge keeps depends on it: nothing may be noted while it looks and deletes."""
    aged.seal()
    [event_id] = [row["id"] for row in aged.stored() if row["description"] == "one"]
    keeper = aged.database.superuser()
    keeper.execute("begin")
    keeper.execute("select audit_private.close_gate()")

    def note() -> None:
        aged.shipper.execute(
            "select audit.note_archive(name => %s, tenant_id => %s, file => 'x', "
            "event_ids => %s::uuid[], sha256 => repeat('0', 64), bytes => 1, read_at => now())",
            (SINK, TENANT_A, [event_id]),
        )

    with in_background(note) as failures:
        aged.wait_for_lock("legal_hold", "RowExclusiveLock")
        assert aged.all("select from audit_private.archived_file") == []
        keeper.execute("commit")
    assert failures == []
    assert len(aged.noted()) == 1


def test_forging_a_policy_is_found(aged: Stacks) -> None:
    aged.is_tampered_with = True
    aged.root.execute(
        "insert into audit_private.hot_policy (tenant_id, takes_effect_at, days, sink_name, "
        "reason, set_by) values (%s, now() - interval '1 day', 1, %s, 'a reason', 'nobody')",
        (TENANT_A, SINK),
    )
    found = rows(aged.operator, "verify_events")
    assert "untold_setting" in {row["kind"] for row in found}


def test_an_early_purge_that_no_policy_allowed_is_found(aged: Stacks) -> None:
    aged.is_tampered_with = True
    aged.set_hot_days(90)
    aged.archive()
    aged.purge()
    aged.root.execute("update audit_private.hot_policy set days = 200")
    assert "early_purge" in aged.findings()


@pytest.mark.parametrize("is_whole", [True, False])
def test_an_early_purge_of_what_was_in_no_file_is_found(aged: Stacks, is_whole: bool) -> None:
    """Lists that are gone, and lists of which a hold keeps an event."""
    aged.is_tampered_with = True
    aged.set_hot_days(90)
    aged.archive()
    if not is_whole:
        [held] = [row["id"] for row in aged.stored() if row["description"] == "two"]
        aged.hold("case", {"id": str(held)})
    aged.purge()
    assert aged.findings() == []
    aged.root.execute("delete from audit_private.archived_part")
    details = [
        row["detail"]
        for row in rows(aged.operator, "verify_events")
        if row["kind"] == "early_purge"
    ]
    assert len(details) == 1
    assert f"removed {3 if is_whole else 2} events that had not expired" in details[0]


def test_files_that_have_gone_still_explain_what_left_early(aged: Stacks) -> None:
    aged.set_hot_days(90)
    aged.archive()
    aged.purge()
    assert aged.left("a") == []
    aged.set_retention(100)
    expire(Client(aged.shipper), SINK, aged.folder)
    assert any(row["removal"] == "expired" for row in aged.noted())
    assert aged.look() == []
