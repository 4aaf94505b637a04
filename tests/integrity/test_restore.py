"""A log that was restored goes on as a new epoch; nothing is removed until that is accepted."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

from integrity.copies import Copy, restore_dump, started, template_copy
from integrity.laboratory import Laboratory, open_laboratory
from pgwitness.server import Server
from retention.vault import in_background, old
from walls.ledger import NIL, REASON, call, log, refused, rows, wait_until_blocked

from databases import Database, load_catalogue, load_installed

NAME = "witnessed"


def fill(laboratory: Laboratory) -> dict[str, Any]:
    """Events, an expired one, and some that no run has seen; gives a checkpoint of the sealed."""
    laboratory.write(3)
    laboratory.bring(old(400, description="expired"))
    laboratory.seal()
    checkpoint = laboratory.checkpoint()
    laboratory.write(2)
    laboratory.write(1, laboratory.app_b)
    return checkpoint


def go_on(laboratory: Laboratory) -> dict[str, Any]:
    """What happens between the backup and the restore, and is lost; gives a checkpoint of it."""
    for _ in range(3):
        laboratory.write()
        laboratory.seal()
    return laboratory.checkpoint()


def epoch(laboratory: Laboratory) -> dict[str, Any]:
    return rows(laboratory.auditor, "list_epochs")[0]


def assert_shut(restored: Laboratory) -> None:
    """Nothing is removed, no checkpoint is made, and it says so."""
    restored.purge()
    assert restored.left() == ["expired"]
    health = restored.health()["restore_accepted"]
    assert health["state"] == "error"
    assert "accept_restore" in health["hint"]
    with refused("WT131"):
        rows(restored.auditor, "create_checkpoint")


def assert_open(restored: Laboratory) -> None:
    assert restored.health()["restore_accepted"]["state"] == "ok"
    restored.purge()
    assert restored.left() == []
    restored.seal()
    restored.check_chains_after_purges()


def assert_goes_on(
    restored: Laboratory, kind: str, early: dict[str, Any], late: dict[str, Any], lost: str
) -> None:
    """From before anybody has noticed until somebody has accepted it."""
    written = {*restored.write(2), *restored.write(2, restored.app_b)}
    assert restored.look() == []
    assert restored.health()["restore_accepted"]["state"] == "error"
    assert restored.compare(early) == []
    assert restored.compare(late) == [lost]
    restored.root.execute("begin")
    assert restored.value("select audit_private.is_removal_barred()")
    restored.root.execute("commit")

    restored.seal()
    assert written < set(restored.sealed_ids())
    restored.check_chains()
    found = epoch(restored)
    assert (found["kind"], found["accepted_at"]) == (kind, None)
    [told] = restored.all("select * from audit_private.event where action = 'epoch_begun'")
    assert (told["tenant_id"], told["entity_id"]) == (NIL, str(found["epoch"]))
    assert_shut(restored)
    assert restored.compare(early) == []
    assert restored.compare(late) == ["cut_tail"]

    assert call(restored.operator, "accept_restore", reason=REASON) == found["epoch"]
    accepted = epoch(restored)
    assert accepted["accepted_by"] == restored.database.role("operator")
    assert accepted["accept_reason"] == REASON
    assert restored.all("select from audit_private.event where action = 'restore_accepted'")
    [finding] = rows(restored.auditor, "verify_checkpoint", **late)
    assert finding["kind"] == "restored"
    assert REASON in finding["detail"]
    assert accepted["accepted_by"] in finding["detail"]
    assert restored.compare(early) == []
    assert_open(restored)
    assert restored.checkpoint()["origin"].endswith(f"/{found['epoch']}")
    assert restored.compare(late) == ["restored"]
    assert restored.compare(restored.checkpoint()) == []


def burn(laboratory: Laboratory, until: int) -> None:
    """Let transactions go by, up to a number."""
    laboratory.root.execute("create table public.burnt (n integer)")
    while laboratory.value("select txid_current()") < until:
        laboratory.root.execute(
            "do $$ begin for n in 1..2000 loop begin insert into public.burnt values (n); "
            "exception when division_by_zero then null; end; end loop; end $$"
        )
    laboratory.root.execute("drop table public.burnt")


@pytest.fixture(scope="module")
def primary(binaries: Path) -> Iterator[Server]:
    """A server of its own, to be copied; few transactions have gone by."""
    with Server(binaries, settings={"wal_keep_size": "1GB", "autovacuum": "off"}) as server:
        load_installed("127.0.0.1", server.port, "postgres", "postgres")
        load_catalogue("127.0.0.1", server.port, "postgres")
        yield server


@pytest.fixture
def original(primary: Server) -> Iterator[Laboratory]:
    """A log on that server."""
    place = Database("127.0.0.1", primary.port, "template1")
    with place.superuser() as root:
        root.execute(f"create database {NAME} template postgres".encode())
    opened = open_laboratory(Database("127.0.0.1", primary.port, NAME))
    yield opened
    opened.database.close()
    with place.superuser() as root:
        root.execute(f"drop database {NAME} with (force)".encode())


@pytest.mark.parametrize("counter", ["behind", "ahead"])
def test_a_dump_restored_elsewhere(
    original: Laboratory,
    loaded_database: Database,
    empty_database: Database,
    binaries: Path,
    counter: str,
) -> None:
    """Whether the other server's transaction numbers are behind those of the log or far ahead."""
    source, place = original, empty_database
    if counter == "behind":
        source = open_laboratory(loaded_database)
        place = Database("127.0.0.1", original.database.port, "elsewhere")
        with original.database.superuser() as root:
            root.execute("drop database if exists elsewhere with (force)")
            root.execute("create database elsewhere template template0")
        burn(source, original.value("select txid_current()") + 5000)
    early = fill(source)
    restore_dump(binaries, source, place)
    late = go_on(source)
    seen = source.value("select snapshot_xmax from audit_private.sealing")
    restored = open_laboratory(place)
    try:
        if counter == "ahead":
            burn(restored, seen + 100)
        assert (restored.value("select txid_current()") > seen) == (counter == "ahead")
        assert_goes_on(restored, "dump_restored", early, late, "cut_tail")
        with restored.app.transaction():
            restored.write(2)
            restored.seal()
        restored.seal()
        restored.check_chains_after_purges()
    finally:
        place.close()


@pytest.mark.parametrize("is_sealed", [True, False])
def test_a_dump_restored_before_its_first_seal(
    loaded_database: Database, empty_database: Database, binaries: Path, is_sealed: bool
) -> None:
    source = open_laboratory(loaded_database)
    source.write(3)
    if is_sealed:
        source.seal()
    restore_dump(binaries, source, empty_database)
    restored = open_laboratory(empty_database)
    restored.write(2)
    restored.seal()
    restored.check_chains()
    assert epoch(restored)["kind"] == ("dump_restored" if is_sealed else "installed")


def test_a_dump_of_higher_numbers_restored_before_its_first_seal(
    loaded_database: Database, empty_database: Database, binaries: Path
) -> None:
    source = open_laboratory(loaded_database)
    source.root.execute("update audit_private.instance set transaction_offset = 1000000")
    source.write(3)
    restore_dump(binaries, source, empty_database)
    restored = open_laboratory(empty_database)
    # As on a server that has yet to come so far.
    restored.root.execute("update audit_private.instance set transaction_offset = 0")
    restored.write(2)
    assert restored.kinds()["extra_event"] == 0
    restored.seal()
    restored.check_chains()
    assert restored.look() == []


def test_a_copy_of_the_database_on_the_same_server(laboratory: Laboratory) -> None:
    early = fill(laboratory)
    with template_copy(laboratory) as restored:
        late = go_on(open_laboratory(laboratory.database))
        assert_goes_on(restored, "dump_restored", early, late, "cut_tail")


def test_a_restore_of_a_restore(laboratory: Laboratory) -> None:
    """Each is noticed, and each checkpoint knows which of them has lost its seals."""
    first = fill(laboratory)
    laboratory.seal()
    with template_copy(laboratory) as restored:
        restored.seal()
        second = {"tree_size": 0}
        call(restored.operator, "accept_restore", reason=REASON)
        for _ in range(3):
            restored.write()
            restored.seal()
        second = restored.checkpoint()
        with template_copy(restored, "copied_twice") as again:
            again.seal()
            assert [row["epoch"] for row in rows(again.auditor, "list_epochs")] == [3, 2, 1]
            again.check_chains()
            longer = second | {"tree_size": second["tree_size"] + 5}
            assert again.compare(first) == []
            assert again.compare(second) == []
            assert again.compare(longer) == ["cut_tail"]
            call(again.operator, "accept_restore", reason="The second restore was wanted as well")
            [finding] = rows(again.auditor, "verify_checkpoint", **longer)
            assert finding["kind"] == "restored"
            assert "second restore" in finding["detail"]
            assert again.compare(first) == []


def test_a_checkpoint_that_a_later_restore_has_lost(laboratory: Laboratory) -> None:
    """The first restore went less far back than the second."""
    fill(laboratory)
    size = laboratory.value("select log_size from audit_private.sealing")
    for _ in range(4):
        laboratory.write()
        laboratory.seal()
    checkpoint = laboratory.checkpoint()
    laboratory.intrude(
        "insert into audit_private.epoch select epoch + n, clock_timestamp(), 'point_in_time', "
        "incarnation, timeline, "
        "case n when 1 then %s else %s end, clock_timestamp(), clock_timestamp(), 'x', "
        "'restore ' || n "
        "from audit_private.epoch cross join generate_series(1, 2) n",
        checkpoint["tree_size"] + 1,
        size,
    )
    [finding] = rows(laboratory.auditor, "verify_checkpoint", **checkpoint)
    assert finding["kind"] == "restored"
    assert "restore 2" in finding["detail"]


def test_a_standby_that_takes_over_goes_on(original: Laboratory, primary: Server) -> None:
    """It is no restore: nothing is lost, so nothing has to be accepted."""
    early = fill(original)
    conninfo = f"host=127.0.0.1 port={primary.port} user=postgres"
    with started(Copy(primary, "standby"), primary_conninfo=conninfo) as standby:
        original.write()
        original.seal()
        late = original.checkpoint()
        standby.wait_for_replay(original.value("select pg_current_wal_flush_lsn()::text"), NAME)
        standby.promote()
        standby.wait_until_open(NAME)
        promoted = standby.laboratory(NAME)
        assert promoted.compare(late) == []
        promoted.write(2)
        promoted.seal()
        promoted.check_chains()
        assert epoch(promoted)["kind"] == "promoted"
        assert promoted.compare(early) == []
        assert promoted.compare(late) == []
        assert_open(promoted)
        promoted.database.close()


def test_a_standby_that_had_not_got_everything(original: Laboratory, primary: Server) -> None:
    """What it lacks is a cut tail until somebody says that it was lost."""
    early = fill(original)
    with started(Copy(primary, "standby")) as standby:
        late = go_on(original)
        standby.promote()
        standby.wait_until_open(NAME)
        promoted = standby.laboratory(NAME)
        promoted.write(2)
        for _ in range(8):
            promoted.write()
            promoted.seal()
        promoted.check_chains()
        assert epoch(promoted)["kind"] == "promoted"
        assert promoted.compare(early) == []
        assert promoted.compare(late) == ["cut_tail"]
        call(promoted.operator, "accept_restore", reason=REASON)
        assert promoted.compare(late) == ["restored"]
        assert promoted.compare(early) == []
        assert_open(promoted)
        promoted.database.close()


def test_a_standby_still_in_recovery_is_no_epoch(original: Laboratory, primary: Server) -> None:
    early = fill(original)
    with started(Copy(primary, "standby")) as standby:
        copied = standby.laboratory(NAME)
        assert copied.compare(early) == []
        assert copied.value("select audit_private.is_removal_barred()") is False
        copied.database.close()


def test_a_recovery_to_a_time_shuts_the_gate(original: Laboratory, primary: Server) -> None:
    original.write()
    original.seal()
    with closing(Copy(primary, "recovery")) as copy:
        early = fill(original)
        target = original.value("select clock_timestamp()::text")
        late = go_on(original)
        original.root.execute("select pg_switch_wal()")
        copy.configure(
            restore_command=f"cp {primary.directory}/data/pg_wal/%f %p",
            recovery_target_time=target,
            recovery_target_action="promote",
        )
        copy.start()
        copy.wait_until_open(NAME)
        restored = copy.laboratory(NAME)
        assert_goes_on(restored, "point_in_time", early, late, "cut_tail")
        restored.database.close()


@pytest.fixture
def copied(laboratory: Laboratory) -> Iterator[Laboratory]:
    """A log that was restored, which nobody has noticed yet."""
    fill(laboratory)
    with template_copy(laboratory) as restored:
        yield restored


def offset(laboratory: Laboratory) -> int:
    found: int = laboratory.value("select transaction_offset from audit_private.instance")
    return found


def seal_in_vain(laboratory: Laboratory) -> str:
    laboratory.operator.execute("call audit.seal_events()")
    last = laboratory.all("select * from audit_private.job_run order by started_at desc limit 1")[0]
    assert last["result"] == "failed"
    return str(last["detail"])


@pytest.mark.parametrize("end", ["commit", "rollback", "prepare transaction 'late'"])
def test_the_offset_waits_for_writers_in_flight_and_gives_up(copied: Laboratory, end: str) -> None:
    before = offset(copied)
    copied.app.execute("begin")
    [late] = copied.write()
    for _ in range(2):
        assert "lock timeout" in seal_in_vain(copied)
        assert offset(copied) == before
        assert epoch(copied)["kind"] == "installed"
        # Who writes meanwhile isn't stopped.
        assert log(copied.app_b) is not None
    copied.app.execute(end.encode())
    if end.startswith("prepare"):
        assert "lock timeout" in seal_in_vain(copied)
        copied.app.execute("commit prepared 'late'")
    copied.seal()
    assert offset(copied) > before
    assert copied.sealed_ids().count(late) == (end != "rollback")
    copied.check_chains()


def test_a_writer_that_waits_for_the_offset_uses_the_new_one(copied: Laboratory) -> None:
    copied.operator.execute("begin")
    copied.operator.execute("select audit_private.enter_epoch()")
    written: list[Any] = []
    with in_background(lambda: written.extend(copied.write())) as failures:
        wait_until_blocked(copied.database, copied.app)
        copied.operator.execute("commit")
    assert failures == []
    assert copied.event(written[0])["transaction_id"] > offset(copied)
    copied.seal()
    copied.check_chains()


def test_a_writer_with_an_older_snapshot_uses_the_old_offset_and_is_sealed(
    copied: Laboratory,
) -> None:
    """It has read nothing of ours yet, so no lock tells of it."""
    app = copied.app
    app.execute("begin isolation level repeatable read")
    app.execute("select 1 from pg_class limit 1")
    copied.seal()
    call(copied.operator, "accept_restore", reason=REASON)
    assert copied.value("select is_caught_up from audit_private.sealing") is False
    copied.purge()
    assert copied.left() == ["expired"], "nothing is removed while such a one is about"
    [late] = copied.write()
    copied.seal()
    app.execute("commit")
    assert copied.event(late)["transaction_id"] < offset(copied)
    assert copied.look() == []
    copied.seal()
    assert copied.sealed_ids().count(late) == 1
    assert copied.value("select is_caught_up from audit_private.sealing") is True
    copied.check_chains()
    assert_open(copied)


def test_events_of_a_writer_behind_the_offset_are_not_sealed_twice(copied: Laboratory) -> None:
    reader = copied.database.superuser()
    reader.execute("begin isolation level repeatable read")
    reader.execute("select 1 from pg_class limit 1")
    for _ in range(3):
        copied.write()
        copied.seal()
    copied.check_chains()
    reader.execute("rollback")
    copied.seal()
    assert copied.value("select is_caught_up from audit_private.sealing") is True
    copied.check_chains()


def test_what_was_purged_and_imported_anew_before_the_dump_is_sealed(
    laboratory: Laboratory,
) -> None:
    """Its old list, as removed, is no reason to leave it out."""
    again = old(400, description="again")
    laboratory.bring(old(400, description="held", actor_id="erik"), again)
    laboratory.hold("case 1", {"actor_id": "erik"})
    laboratory.purge()
    laboratory.set_retention(700)
    laboratory.bring(again)
    with template_copy(laboratory) as restored:
        restored.seal()
        restored.check_chains_after_purges()


def test_a_failover_after_a_restore_opens_no_gate(copied: Laboratory) -> None:
    copied.seal()
    copied.intrude("update audit_private.epoch set timeline = '00000000' where epoch = 2")
    copied.seal()
    assert epoch(copied)["kind"] == "promoted"
    assert_shut(copied)
    call(copied.operator, "accept_restore", reason=REASON)
    assert_open(copied)


def test_a_restore_that_nobody_could_notice_is_declared(laboratory: Laboratory) -> None:
    """That of a disk's snapshot, say: an epoch of its own, for no origin signs two histories."""
    fill(laboratory)
    laboratory.seal()
    before = laboratory.checkpoint()
    assert call(laboratory.operator, "accept_restore", reason=REASON) == 2
    assert [(row["epoch"], row["kind"]) for row in rows(laboratory.auditor, "list_epochs")] == [
        (2, "point_in_time"),
        (1, "installed"),
    ]
    laboratory.seal()
    assert laboratory.checkpoint()["origin"].endswith("/2")
    assert laboratory.compare(before) == []
    laboratory.seal()
    laboratory.check_chains()
    assert call(laboratory.operator, "accept_restore", reason=REASON) == 3
    assert_open(laboratory)


def test_a_restore_is_accepted_with_a_reason(laboratory: Laboratory) -> None:
    laboratory.seal()
    for reason in (None, "", "short", "x" * 501):
        with refused("WT021", case=reason):
            call(laboratory.operator, "accept_restore", reason=reason)
    assert epoch(laboratory)["epoch"] == 1


def test_the_sealer_waits_while_a_restore_is_accepted(laboratory: Laboratory) -> None:
    fill(laboratory)
    rival = laboratory.database.connect(laboratory.database.role("operator"))
    laboratory.operator.execute("begin")
    call(laboratory.operator, "accept_restore", reason=REASON)
    with in_background(lambda: rival.execute("call audit.seal_events()")) as failures:
        wait_until_blocked(laboratory.database, rival)
        laboratory.operator.execute("commit")
    assert failures == []
    assert laboratory.value("select max(epoch) from audit_private.seal") == 2
    laboratory.seal()
    laboratory.check_chains()
