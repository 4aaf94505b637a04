from __future__ import annotations

import pytest

from archiving.stacks import SINK, Stacks
from pgwitness.archiving.keeping import expire, rewrite
from pgwitness.archiving.writing import ArchiveUnproven
from pgwitness.client import Client
from pgwitness.errors import ArchiveKept, ArchiveMissing
from retention.vault import in_background
from walls.ledger import REASON, call, refused, rows

from databases import TENANT_A, TENANT_B


@pytest.fixture
def kept(stacks: Stacks) -> Stacks:
    """Old and new events in files of their own."""
    stacks.define_archive("a", "b")
    stacks.bring_old("one", "two", days=300)
    stacks.bring_old("theirs", days=300, tenant="b")
    stacks.write(2)
    stacks.archive()
    return stacks


def old_file(stacks: Stacks, tenant: str = "a") -> str:
    tenant_id = {"a": TENANT_A, "b": TENANT_B}[tenant]
    return min(file for file in stacks.files() if str(tenant_id) in file)


def run_expire(stacks: Stacks) -> dict[str, str]:
    found = expire(Client(stacks.shipper), SINK, stacks.folder)
    return {kept.file: kept.result for kept in found}


def test_files_go_once_all_in_them_has_expired(kept: Stacks) -> None:
    file, theirs = old_file(kept), old_file(kept, "b")
    assert run_expire(kept) == {}
    kept.set_retention(200)
    assert run_expire(kept) == {file: "removed"}
    assert file not in kept.files()
    assert theirs in kept.files()
    assert run_expire(kept) == {}
    [told] = kept.all("select * from audit_private.event where action = 'archive_removed'")
    assert (told["tenant_id"], told["entity_id"]) == (TENANT_A, file)
    [row] = [row for row in kept.noted() if row["file"] == file]
    assert (row["removal"], row["erased"]) == ("expired", None)
    kept.archive()
    assert kept.archive_kinds() == {}


def test_a_floor_keeps_a_file(kept: Stacks) -> None:
    category = kept.value("select category from audit_private.action where action = 'user_created'")
    kept.set_floor(category, 400)
    kept.set_retention(200)
    assert run_expire(kept) == {}


@pytest.mark.parametrize(
    ("filter", "is_held"),
    [
        ({}, True),
        ({"action": "user_created"}, True),
        ({"action": "user_deleted"}, False),
        ({"actor_id": "anybody"}, True),
        ({"from": "2001-01-01", "to": "2001-01-02"}, False),
    ],
)
def test_a_hold_keeps_a_file(kept: Stacks, filter: dict[str, str], is_held: bool) -> None:
    file = old_file(kept)
    kept.set_retention(200)
    kept.hold("case", filter)
    assert run_expire(kept) == {file: "held" if is_held else "removed"}
    if is_held:
        with pytest.raises(ArchiveKept):
            Client(kept.shipper).remove_archive(SINK, TENANT_A, file)
        call(kept.admin, "release_hold", name="case", reason=REASON)
        assert run_expire(kept) == {file: "removed"}


def test_one_that_is_killed_is_finished_by_the_next(kept: Stacks) -> None:
    file = old_file(kept)
    kept.set_retention(200)
    assert Client(kept.shipper).remove_archive(SINK, TENANT_A, file)
    assert file in kept.files()
    assert run_expire(kept) == {file: "removed"}
    assert file not in kept.files()


def test_nothing_goes_that_has_not_expired_or_is_not_known(kept: Stacks) -> None:
    client = Client(kept.shipper)
    with pytest.raises(ArchiveKept):
        client.remove_archive(SINK, TENANT_A, old_file(kept))
    with pytest.raises(ArchiveMissing):
        client.remove_archive(SINK, TENANT_B, old_file(kept))
    with refused("42501"):
        call(kept.admin, "remove_archive", name=SINK, tenant_id=TENANT_A, file=old_file(kept))


def erase(stacks: Stacks, name: str) -> None:
    privacy = stacks.database.connect(stacks.database.role("privacy"))
    privacy.execute(
        "select * from audit.erase_subject(identifiers => %s, reason => %s)", ([name], REASON)
    )


@pytest.fixture
def personal(kept: Stacks) -> Stacks:
    kept.bring_old("about user-1", days=120)
    kept.bring_old("about others", days=110)
    kept.archive()
    return kept


def test_files_that_tell_of_what_was_erased_are_named(personal: Stacks) -> None:
    assert all(row["erased"] == 0 for row in personal.noted())
    erase(personal, "user-1")
    named = [row["file"] for row in personal.noted("a") if row["erased"]]
    assert len(named) == 1
    assert b"user-1" in str(personal.rows("a").values()).encode()
    assert [row["erased"] for row in personal.noted("b") if row["erased"]] == []


def test_they_are_written_anew(personal: Stacks) -> None:
    erase(personal, "user-1")
    [file] = [row["file"] for row in personal.noted("a") if row["erased"]]
    before = personal.rows("a").keys()
    [done] = rewrite(Client(personal.shipper), SINK, personal.folder)
    assert (done.file, done.result) == (file, "rewritten")
    assert file not in personal.files()
    assert done.replacement in personal.files()
    assert personal.rows("a").keys() == before
    assert "user-1" not in str(personal.rows("a").values())
    assert personal.archive_kinds() == {}
    [row] = [row for row in personal.noted() if row["file"] == file]
    assert row["removal"] == "rewritten"
    assert not any(row["erased"] for row in personal.noted())
    assert rewrite(Client(personal.shipper), SINK, personal.folder) == []
    personal.archive()
    assert personal.archive_kinds() == {}


def test_also_when_the_events_have_left_the_database(personal: Stacks) -> None:
    erase(personal, "user-1")
    personal.set_hot_days(90)
    personal.archive()
    personal.purge()
    assert personal.left("a") == []
    [done] = rewrite(Client(personal.shipper), SINK, personal.folder)
    assert "user-1" not in str(personal.rows("a").values())
    told = personal.archive_kinds()
    assert told == {"missing_file": 1}, "the log told of it, and not yet that it went"
    personal.archive()
    assert personal.archive_kinds() == {}
    assert done.rows == 1


def test_a_rewritten_file_still_stands_for_its_events(personal: Stacks) -> None:
    personal.set_hot_days(90)
    personal.archive()
    erase(personal, "user-1")
    rewrite(Client(personal.shipper), SINK, personal.folder)
    personal.purge()
    assert personal.left("a") == []


def test_an_unfinished_rewriting_is_done_again(
    personal: Stacks, monkeypatch: pytest.MonkeyPatch
) -> None:
    erase(personal, "user-1")

    def die(*_: object) -> None:
        raise KeyboardInterrupt

    client = Client(personal.shipper)
    monkeypatch.setattr(type(client), "replace_archive", die)
    with pytest.raises(KeyboardInterrupt):
        rewrite(client, SINK, personal.folder)
    monkeypatch.undo()
    [done] = rewrite(client, SINK, personal.folder)
    assert personal.archive_kinds() == {}
    assert done.replacement is not None
    assert len(personal.files()) == len([r for r in personal.noted() if not r["removed_at"]])


def test_a_file_that_was_changed_is_not_rewritten(personal: Stacks) -> None:
    erase(personal, "user-1")
    [file] = [row["file"] for row in personal.noted("a") if row["erased"]]

    def change(found: list[dict[str, object]]) -> list[dict[str, object]]:
        found[0]["recorded_by"] = "somebody"
        return found

    personal.edit(file, change)
    with pytest.raises(ArchiveUnproven):
        rewrite(Client(personal.shipper), SINK, personal.folder)
    assert file in personal.files()


def test_who_lists_what(kept: Stacks) -> None:
    everything = {row["file"] for row in rows(kept.operator, "list_archives")}
    assert everything == {row["file"] for row in rows(kept.auditor, "list_archives")}
    assert everything == {row["file"] for row in rows(kept.shipper, "list_archives", name=SINK)}
    own = {row["file"] for row in rows(kept.admin, "list_archives")}
    assert own
    assert all(str(TENANT_A) in file for file in own)
    with refused("WT002"):
        rows(kept.admin, "list_archives", tenant_id=TENANT_B)
    assert kept.define("other", "parquet", role="test_auditor", options={"url": "file:///x"})
    with refused("WT001", "WT002"):
        rows(kept.shipper, "list_archives", name="other")
    with refused("WT001", "WT002"):
        rows(kept.shipper, "list_archives")


def test_a_hold_that_comes_meanwhile_waits(kept: Stacks) -> None:
    file = old_file(kept)
    kept.set_retention(200)
    kept.shipper.execute("begin")
    assert call(kept.shipper, "remove_archive", name=SINK, tenant_id=TENANT_A, file=file)
    with in_background(lambda: kept.hold("case", {})) as failures:
        kept.wait_for_lock("legal_hold", "RowExclusiveLock")
        kept.shipper.execute("commit")
    assert failures == []
    [row] = [row for row in kept.noted("a") if row["file"] == file]
    assert row["removal"] == "expired"
    assert run_expire(kept) == {file: "removed"}


def test_a_hold_that_was_first_wins(kept: Stacks) -> None:
    file = old_file(kept)
    kept.set_retention(200)
    kept.admin.execute("begin")
    kept.hold("case", {})
    found: list[dict[str, str]] = []
    with in_background(lambda: found.append(run_expire(kept))) as failures:
        kept.wait_for_lock("legal_hold", "ShareRowExclusiveLock")
        kept.admin.execute("commit")
    assert failures == []
    assert found == [{}]
    assert file in kept.files()


def test_what_was_erased_before_it_was_read_does_not_count(stacks: Stacks) -> None:
    stacks.define_archive("a")
    stacks.bring_old("about user-1", days=120)
    stacks.seal()
    erase(stacks, "user-1")
    stacks.archive()
    assert not any(row["erased"] for row in stacks.noted())


def test_an_erasure_under_way_is_waited_for(stacks: Stacks) -> None:
    """Else it would count as earlier, and its content stay in the file for good."""
    stacks.define_archive("a")
    stacks.bring_old("about user-1", days=120)
    stacks.seal()
    batch = stacks.batch()
    privacy = stacks.database.connect(stacks.database.role("privacy"))
    privacy.execute("begin")
    privacy.execute(
        "select * from audit.erase_subject(identifiers => %s, reason => %s)", (["user-1"], REASON)
    )
    with in_background(lambda: stacks.writer().write(batch)) as failures:
        stacks.wait_for_lock("legal_hold", "ShareRowExclusiveLock")
        privacy.execute("commit")
    assert failures == []
    assert "user-1" not in str(stacks.rows("a").values())
    assert stacks.archive_kinds() == {}
