from __future__ import annotations

import hashlib
import json
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from archiving.stacks import Stacks
from pgwitness.archiving import rows as archived
from pgwitness.archiving.folder import Folder
from pgwitness.archiving.linking import link
from pgwitness.archiving.manifest import LINKS, manifest_of
from pgwitness.archiving.rows import Row
from pgwitness.archiving.verifying import verify
from pgwitness.client import Client
from pgwitness.evidence.checkpoints import Checkpoint
from walls.ledger import REASON, log

from databases import TENANT_A, TENANT_B


@pytest.fixture
def full(stacks: Stacks) -> Stacks:
    """An archive of two tenants, three files or more."""
    stacks.define_archive("a", "b")
    log(
        stacks.app,
        description="An account was added",
        entity_id="42",
        metadata={"n": 1},
        actor_id="user-1",
        actor_type="user",
    )
    stacks.write(3)
    log(stacks.app_b, description="of the other")
    stacks.archive()
    stacks.archive()
    return stacks


def file_with(stacks: Stacks, action: str = "user_created", tenant: str = "a") -> str:
    """A file of the tenant that holds an event of an action."""
    rows = [row for row in stacks.rows(tenant).values() if row["action"] == action]
    for file in stacks.files():
        content = stacks.folder.read(file)
        if any(row["id"].encode() in content for row in rows) and tenant_in(file, tenant):
            return file
    raise AssertionError("no such file")


def tenant_in(file: str, tenant: str) -> bool:
    return (str(TENANT_B) in file) == (tenant == "b")


def test_what_was_archived_is_proven(full: Stacks) -> None:
    link(Client(full.auditor), full.folder, full.head())
    found = full.verify(full.head())
    assert found.findings == []
    assert found.rows == found.proven == len(full.rows("a", "b"))
    assert found.files == len(full.files())


def test_it_takes_no_database(full: Stacks, tmp_path: Path) -> None:
    checkpoint = full.head()
    link(Client(full.auditor), full.folder, checkpoint)
    copy = tmp_path / "elsewhere"
    shutil.copytree(full.path, copy)
    found = verify(Folder(str(copy)), checkpoint)
    assert found.findings == []
    assert found.proven > 0


def test_without_a_link_to_the_checkpoint_nothing_is_proven(full: Stacks) -> None:
    full.write()
    full.seal()
    kinds = full.archive_kinds(full.head())
    assert kinds["unlinked"] == 1
    assert kinds["unproven"] == len(full.files())
    link(Client(full.auditor), full.folder, full.head())
    assert full.archive_kinds(full.head()) == {}


def test_one_checkpoint_proves_all_that_was_written_before(full: Stacks) -> None:
    checkpoint = full.head()
    link(Client(full.auditor), full.folder, checkpoint)
    before = len(full.rows("a", "b"))
    full.write()
    full.archive()
    found = full.verify(checkpoint)
    assert found.findings == []
    assert (found.proven, found.later) == (before, len(full.rows("a", "b")) - before)
    link(Client(full.auditor), full.folder, full.head())
    assert full.verify(full.head()).proven == len(full.rows("a", "b"))


def test_a_log_that_was_lost_does_not_stand_in_the_way(full: Stacks) -> None:
    """What a restored database no longer knows of; what was written before it is linked."""
    name = full.folder.names(LINKS)[-1]
    lost = json.loads((full.path / name).read_text())
    lost |= {"size": lost["size"] + 1, "root": "ab" * 32, "old_size": lost["size"] + 1}
    lost |= {"old_root": "ab" * 32, "proof": []}
    (full.path / LINKS / "999-lost.json").write_text(json.dumps(lost))
    full.write()
    full.seal()
    full.write()
    full.seal()
    made = link(Client(full.auditor), full.folder, full.head())
    assert made is not None
    assert made.old.root != "ab" * 32
    assert full.archive_kinds(full.head()) == {}


def test_another_log_is_found_out(full: Stacks) -> None:
    head = full.head()
    link(Client(full.auditor), full.folder, head)
    forged = Checkpoint(head.origin, head.size, bytes(32))
    assert full.archive_kinds(forged)["unproven"] == len(full.files())


COLUMNS = {
    "description": "An account was removed",
    "entity_id": "43",
    "actor_id": "user-2",
    "action": "user_deleted",
    "outcome": "failure",
    "metadata": '{"n": 2}',
    "occurred_at": 1,
    "recorded_by": "somebody",
    "transaction_id": 7,
    "sequence": 0,
    "ip": "192.0.2.1",
    "payload_salt": bytes(32),
    "actor_type": None,
}


def test_each_changed_row_is_named(full: Stacks) -> None:
    file = file_with(full)
    content = (full.path / file).read_bytes()
    for column, value in COLUMNS.items():
        changed: list[str] = []

        def change(
            rows: list[Row], column: str = column, value: Any = value, changed: Any = changed
        ) -> list[Row]:
            [row] = [row for row in rows if row["entity_id"] == "42"]
            assert row[column] != value
            row[column] = value
            changed.append(row["id"])
            return rows

        full.edit(file, change)
        found = [(f.kind, f.file, f.event_id) for f in full.verify().findings]
        assert ("changed_row", file, changed[0]) in found, column
        assert sorted({kind for kind, _, _ in found}) == ["changed_file", "changed_row"], column
        assert len([kind for kind, _, _ in found if kind == "changed_row"]) == 1, column
        (full.path / file).write_bytes(content)
    assert full.archive_kinds() == {}


def test_a_missing_row_is_named(full: Stacks) -> None:
    file = file_with(full)
    gone = archived.read((full.path / file).read_bytes())[0]["id"]
    full.edit(file, lambda rows: rows[1:])
    found = {(f.kind, f.event_id) for f in full.verify().findings}
    assert ("missing_row", gone) in found


def test_extra_rows_are_named(full: Stacks) -> None:
    file, other = file_with(full), file_with(full, tenant="b")
    foreign: list[str] = []

    def take(rows: list[Row]) -> list[Row]:
        foreign.extend(row["id"] for row in rows)
        return rows

    full.edit(other, take)
    theirs = archived.read(full.folder.read(other))
    full.edit(file, lambda rows: [*rows, theirs[0], rows[0]])
    extra = [f.event_id for f in full.verify().findings if f.kind == "extra_row"]
    assert len(extra) == 2
    assert theirs[0]["id"] in extra


def test_content_that_no_leaf_covers_is_found(full: Stacks) -> None:
    """Whoever drops a salt for its digest can write anything beside it."""
    file = file_with(full)

    def change(rows: list[Row]) -> list[Row]:
        [place] = [n for n, row in enumerate(rows) if row["entity_id"] == "42"]
        rows[place] = archived.without(rows[place], TENANT_A, ["payload"])
        rows[place]["description"] = "anything"
        return rows

    full.edit(file, change)
    details = [f.detail for f in full.verify().findings if f.kind == "changed_row"]
    assert len(details) == 1
    assert "description" in details[0]


MANIFESTS: dict[str, Callable[[dict[str, Any]], None]] = {
    "leaves": lambda d: d["seals"][0]["parts"].__setitem__(0, {"root": "0" * 64}),
    "entry": lambda d: d["seals"][0].__setitem__(
        "entry", d["seals"][0]["entry"].replace("\n1\n", "\n2\n", 1)
    ),
    "root": lambda d: d["log"].__setitem__("root", "0" * 64),
    "size": lambda d: d["log"].__setitem__("size", d["log"]["size"] + 1),
    "path": lambda d: d["seals"][0].__setitem__("index", d["seals"][0]["index"] + 1),
    "rows": lambda d: d.__setitem__("rows", d["rows"] + 1),
    "tenant": lambda d: d.__setitem__("tenant_id", str(TENANT_B)),
    "place": lambda d: d["seals"][0]["events"]["places"].__setitem__(0, 5000),
    "format": lambda d: d.__setitem__("format", "pgwitness/archive/2"),
    "day": lambda d: d.__setitem__("day", "yesterday"),
    "member": lambda d: d.pop("sink"),
}


def test_a_changed_manifest_is_refused(full: Stacks) -> None:
    file = file_with(full)
    manifest = full.path / manifest_of(file)
    content = manifest.read_bytes()
    for part, change in MANIFESTS.items():
        full.edit_manifest(file, change)
        # The path of a seal may lead to the same root in a log of another size.
        expected = "unlinked" if part == "size" else "invalid_manifest"
        assert full.archive_kinds() == {expected: 1}, part
        manifest.write_bytes(content)
    assert full.archive_kinds() == {}


def test_a_row_that_is_taken_from_both_is_missed_by_the_log(full: Stacks) -> None:
    """File and manifest agree; the hash that the log's own event tells doesn't."""
    file = file_with(full)
    full.edit(file, lambda rows: rows[1:])
    content = (full.path / file).read_bytes()

    def change(document: dict[str, Any]) -> None:
        left = {row["id"] for row in archived.read(content)}
        document["rows"] = len(left)
        document["bytes"] = len(content)
        document["sha256"] = hashlib.sha256(content).hexdigest()
        for seal in document["seals"]:
            events = seal["events"]
            listed = zip(events["places"], events["ids"], strict=True)
            kept = [(place, event_id) for place, event_id in listed if event_id in left]
            events["places"], events["ids"] = [p for p, _ in kept], [i for _, i in kept]

    full.edit_manifest(file, change)
    assert full.archive_kinds() == {"changed_file": 1}


def test_whole_files_are_missed_by_the_log(full: Stacks) -> None:
    file = file_with(full)
    (full.path / file).unlink()
    assert full.archive_kinds() == {"missing_file": 1}
    (full.path / manifest_of(file)).unlink()
    assert full.archive_kinds() == {"missing_file": 1}


def test_a_file_without_a_manifest_and_strays_are_named(full: Stacks) -> None:
    file = file_with(full)
    (full.path / manifest_of(file)).unlink()
    (full.path / "notes.txt").write_text("mine")
    assert full.archive_kinds() == {"missing_manifest": 1, "stray_file": 1}


def test_a_moved_file_is_named(full: Stacks) -> None:
    file = file_with(full)
    target = full.path / file.replace("tenant_id=a", "tenant_id=b", 1)
    target.parent.mkdir(parents=True, exist_ok=True)
    (full.path / file).rename(target)
    (full.path / manifest_of(file)).rename(target.parent / manifest_of(file).rpartition("/")[2])
    assert full.archive_kinds()["stray_file"] == 1


def test_a_broken_file_is_named(full: Stacks) -> None:
    file = file_with(full)
    (full.path / file).write_bytes(b"PAR1")
    kinds = full.archive_kinds()
    assert kinds["changed_file"] >= 1


def test_a_changed_link_is_named(full: Stacks) -> None:
    full.write()
    full.archive()
    name = full.folder.names(LINKS)[-1]
    document = json.loads((full.path / name).read_text())
    document["old_root"] = "0" * 64
    (full.path / name).write_text(json.dumps(document))
    assert full.archive_kinds()["invalid_link"] == 1


def test_erased_before_it_was_archived_verifies(stacks: Stacks) -> None:
    stacks.define_archive("a")
    log(stacks.app, description="about user-1", actor_id="user-1", actor_type="user")
    stacks.seal()
    privacy = stacks.database.connect(stacks.database.role("privacy"))
    privacy.execute(
        "select * from audit.erase_subject(identifiers => %s, reason => %s)", (["user-1"], REASON)
    )
    stacks.archive()
    assert stacks.archive_kinds() == {}
    assert all(row["description"] != "about user-1" for row in stacks.rows("a").values())
