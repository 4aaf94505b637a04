from __future__ import annotations

import hashlib
import json
import re
from datetime import UTC, datetime
from importlib import import_module
from pathlib import Path
from typing import Any
from uuid import UUID, uuid4

import duckdb
import pytest

from archiving.stacks import SINK, Stacks, open_stacks
from pgwitness.archiving.folder import Folder
from pgwitness.archiving.manifest import manifest_of, place_of
from pgwitness.archiving.writing import ArchiveUnproven
from walls.ledger import REASON, call, log, refused

from databases import TENANT_A, TENANT_B, Database


def test_files_hold_every_event_as_it_was_sealed(stacks: Stacks) -> None:
    stacks.define_archive("a", "b")
    odd = 'A "name"\n with ŵ and 漢'
    log(
        stacks.app,
        description=odd,
        metadata={"n": 1.50, "big": 12345678901234567890, "empty": "", "null": None},
        entity_id="42",
        changes={"x": {"old": None, "new": [1]}},
    )
    log(stacks.app, description="another")
    log(stacks.app_b, description="of the other")
    stacks.bring_old("old", days=40)
    stacks.archive()

    for tenant, tenant_id in (("a", TENANT_A), ("b", TENANT_B)):
        rows = stacks.rows(tenant)
        assert set(rows) == set(stacks.carried(tenant))
        assert all(place_of(file) for file in stacks.files())
        for event_id, row in rows.items():
            stored = stacks.event(event_id)
            assert stored["tenant_id"] == tenant_id
            assert row["occurred_at"] == int(stored["occurred_at"].timestamp() * 1_000_000 + 0.5)
            for column in ("sequence", "transaction_id", "action", "description", "entity_id"):
                assert row[column] == stored[column]
            for column in ("metadata", "changes", "actor", "target"):
                assert (None if row[column] is None else json.loads(row[column])) == stored[column]
    assert odd in {row["description"] for row in stacks.rows("a").values()}


def test_the_database_knows_each_file_and_says_so_in_the_log(stacks: Stacks) -> None:
    stacks.define_archive("a")
    stacks.write(3)
    stacks.archive()
    noted = stacks.noted()
    assert sorted(row["file"] for row in noted) == stacks.files()
    for row in noted:
        content = (stacks.path / row["file"]).read_bytes()
        assert row["sha256"] == hashlib.sha256(content).hexdigest()
        assert row["bytes"] == len(content)
        assert (row["name"], row["is_held"], row["erased"]) == (SINK, False, 0)
    assert told(stacks) == {row["file"]: row["sha256"] for row in noted}


def told(stacks: Stacks) -> dict[str, str]:
    """Hashes of files as the log's own events tell them."""
    found = {}
    for event in stacks.all(
        "select metadata from audit_private.event where action = 'events_archived'"
    ):
        said = event["metadata"]
        found[said["file"]] = said["sha256"]
        found |= {other["file"]: other["sha256"] for other in said.get("others", ())}
    return found


def test_each_hash_is_sealed_in_the_end(stacks: Stacks) -> None:
    """Also that of a file of nothing but what is told of others, which makes no event."""
    stacks.define_archive("a")
    stacks.write()
    stacks.archive()
    stacks.archive()
    first = {row["file"]: row["sha256"] for row in stacks.noted()}
    assert len(first.keys() - told(stacks).keys()) == 1
    stacks.write()
    stacks.archive()
    assert first.items() <= told(stacks).items()


def test_archiving_comes_to_an_end(stacks: Stacks) -> None:
    """Each file makes an event, which has to be archived."""
    stacks.define_archive("a")
    stacks.write()
    for _ in range(4):
        stacks.archive()
    known = stacks.files()
    stacks.archive()
    assert stacks.files() == known
    assert stacks.sink(SINK)["events_behind"] == 0


def test_days_are_apart_and_in_utc(stacks: Stacks) -> None:
    stacks.define_archive("a")
    stacks.bring_old("first", days=40)
    stacks.bring_old("second", days=41)
    stacks.archive()
    days = {place_of(file) for file in stacks.files()}
    for row in stacks.rows("a").values():
        moment = datetime.fromtimestamp(row["occurred_at"] / 1_000_000, UTC)
        assert (TENANT_A, moment.date()) in days


def test_a_batch_that_comes_again_makes_no_second_file(stacks: Stacks) -> None:
    stacks.define_archive("a")
    stacks.write(5)
    stacks.seal()
    batch = stacks.batch()
    assert stacks.writer().write(batch) != []
    known = stacks.folder.names()
    assert [row.event_id for row in stacks.batch()] == [row.event_id for row in batch]
    assert stacks.writer().write(stacks.batch()) == []
    assert stacks.folder.names() == known


def test_nor_does_one_with_other_bounds(stacks: Stacks) -> None:
    stacks.define_archive("a")
    stacks.write(5)
    stacks.seal()
    [first] = stacks.writer().write(stacks.batch(3))
    [second] = stacks.writer().write(stacks.batch(4))
    assert (first.rows, second.rows) == (3, 1)
    assert len(stacks.rows("a")) == 4
    assert stacks.archive_kinds() == {}


def test_another_address_gets_everything_anew(stacks: Stacks) -> None:
    stacks.define_archive("a")
    stacks.write(2)
    stacks.archive()
    known = set(stacks.rows("a"))
    call(stacks.operator, "drop_sink", name=SINK, reason=REASON)
    stacks.address += "-2"
    stacks.define_archive("a")
    stacks.archive()
    assert known < set(stacks.rows("a"))
    assert stacks.archive_kinds() == {}


@pytest.mark.parametrize("step", ["file", "manifest", "note"])
def test_a_run_that_is_killed_leaves_nothing_half(
    stacks: Stacks, step: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    stacks.define_archive("a")
    stacks.write(3)
    stacks.seal()
    writer = stacks.writer()

    def die(*_: object, **__: object) -> None:
        # The process is gone: what stands in its except clauses doesn't run.
        monkeypatch.setattr(type(writer._folder._files), "rm_file", gone)
        raise KeyboardInterrupt

    def gone(*_: object) -> None:
        raise FileNotFoundError

    move = writer._folder._files.mv

    def moving(source: str, target: str) -> None:
        if target.endswith({"file": ".parquet", "manifest": ".manifest.json"}.get(step, "-")):
            die()
        move(source, target)

    monkeypatch.setattr(writer._folder._files, "mv", moving)
    if step == "note":
        monkeypatch.setattr(type(writer._client), "note_archive", die)
    batch = stacks.batch(4)
    with pytest.raises(KeyboardInterrupt):
        writer.write(batch)
    monkeypatch.undo()
    assert stacks.folder.names("_part")
    assert stacks.noted() == []

    # The next run has other bounds, as one has that gathers.
    stacks.archive()
    assert stacks.folder.names("_part") == []
    assert set(stacks.rows("a")) == set(stacks.carried("a"))
    assert stacks.archive_kinds() == {}
    assert sorted(row["file"] for row in stacks.noted()) == stacks.files()


def test_killed_between_note_and_acknowledgement(stacks: Stacks) -> None:
    stacks.define_archive("a")
    stacks.write(3)
    stacks.seal()
    stacks.writer().write(stacks.batch())
    stacks.archive()
    assert set(stacks.rows("a")) == set(stacks.carried("a"))


def test_what_was_written_is_read_back(stacks: Stacks, monkeypatch: pytest.MonkeyPatch) -> None:
    stacks.define_archive("a")
    stacks.write(3)
    stacks.seal()
    writer = stacks.writer()
    read = type(writer._folder).read

    def damaged(folder: Folder, name: str) -> bytes:
        content = read(folder, name)
        return content[:-9] + b"x" + content[-8:] if name.endswith(".part") else content

    monkeypatch.setattr(type(writer._folder), "read", damaged)
    with pytest.raises(OSError, match="read back"):
        writer.write(stacks.batch())
    monkeypatch.undo()
    assert stacks.files() == []
    assert stacks.noted() == []


def test_what_isnt_as_it_was_sealed_isnt_archived(stacks: Stacks) -> None:
    stacks.is_tampered_with = True
    stacks.define_archive("a")
    [event_id] = stacks.write()
    stacks.seal()
    with stacks.root.transaction():
        stacks.root.execute("set local session_replication_role = replica")
        stacks.root.execute("alter table audit_private.event disable trigger all")
        stacks.root.execute(
            "update audit_private.event set description = 'changed' where id = %s", (event_id,)
        )
    with pytest.raises(ArchiveUnproven, match="doesn't hold what was sealed"):
        stacks.writer().write(stacks.batch())
    assert stacks.files() == []


def test_nothing_is_written_over(stacks: Stacks) -> None:
    stacks.define_archive("a")
    stacks.write(2)
    stacks.seal()
    batch = stacks.batch()
    day = datetime.now(UTC).date()
    first, last = (
        "-".join(part.zfill(12) if part.isdigit() else part for part in row.cursor.split(":"))
        for row in (batch[0], batch[-1])
    )
    first, last = (name.replace(f"-{TENANT_A}", "") for name in (first, last))
    name = f"tenant_id={TENANT_A}/day={day}/{SINK}_{first}_{last}.parquet"
    (stacks.path / name).parent.mkdir(parents=True)
    (stacks.path / name).write_bytes(b"somebody else's")
    [written] = stacks.writer().write(batch)
    assert written.file == name.replace(".parquet", "_2.parquet")
    assert (stacks.path / name).read_bytes() == b"somebody else's"


def test_any_address_of_fsspec_will_do(loaded_database: Database) -> None:
    stacks = open_stacks(loaded_database, f"memory://{uuid4()}/audit")
    stacks.define_archive("a")
    stacks.write(3)
    stacks.archive()
    assert set(stacks.rows("a")) == set(stacks.carried("a"))
    assert stacks.archive_kinds() == {}


def test_files_are_for_the_archivist_alone(stacks: Stacks) -> None:
    stacks.define_archive("a")
    stacks.write()
    stacks.archive()
    assert {(stacks.path / file).stat().st_mode & 0o777 for file in stacks.files()} == {0o600}


def test_duckdb_reads_it_as_the_readme_says(stacks: Stacks) -> None:
    stacks.define_archive("a", "b")
    log(stacks.app, description="found", metadata={"invoice": {"total": 12}})
    log(stacks.app_b, description="found")
    stacks.archive()
    readme = (Path(__file__).resolve().parents[2] / "README.md").read_text()
    [recipe] = re.findall(r"duckdb\.sql\('''(.*?read_parquet.*?)'''\)", readme, re.DOTALL)
    for theirs, ours in (
        ("/srv/audit", str(stacks.path)),
        ("7a000000-0000-4000-8000-00000000000a", str(TENANT_A)),
        ("invoice_paid", "user_created"),
    ):
        assert theirs in recipe
        recipe = recipe.replace(theirs, ours)
    made = duckdb.sql(recipe)
    assert made is not None
    [(occurred_at, actor_id, description, total)] = made.fetchall()
    assert (actor_id, description, total) == ("test_app_a", "found", "12")
    assert occurred_at.tzinfo is not None


def test_pyarrow_reads_it_as_a_dataset(stacks: Stacks) -> None:
    stacks.define_archive("a", "b")
    stacks.write(2)
    stacks.archive()
    dataset = import_module("pyarrow.dataset")
    table = dataset.dataset(stacks.path, format="parquet", partitioning="hive").to_table()
    assert {UUID(value) for value in table.column("id").to_pylist()} == set(
        stacks.carried("a", "b")
    )
    assert str(table.schema.field("occurred_at").type) == "timestamp[us, tz=UTC]"
    assert str(table.schema.field("transaction_id").type) == "int64"


def test_only_the_sinks_own_role_proves_and_notes(stacks: Stacks) -> None:
    stacks.define_archive("a")
    [event_id] = stacks.write()
    stacks.seal()
    for persona in ("reader", "admin", "operator", "auditor"):
        with refused("42501", case=persona):
            stacks.prove_sink(
                [event_id], shipper=stacks.database.connect(stacks.database.role(persona))
            )
    assert stacks.define("other", "parquet", role="test_auditor", options={"url": "file:///x"})
    with refused("WT150"):
        stacks.prove_sink([event_id], "other")
    with refused("WT160"):
        stacks.prove_sink([event_id], tenant_id=TENANT_B)
    wrongs: list[list[UUID]] = [[], [uuid4() for _ in range(10001)]]
    for wrong in wrongs:
        with refused("WT160", case=len(wrong)):
            stacks.prove_sink(wrong)
    stacks.withdraw(name=SINK)
    with refused("WT160"):
        stacks.prove_sink([event_id])


def test_envelopes_and_other_kinds_are_no_archive(stacks: Stacks) -> None:
    stacks.open("a", name="plain")
    stacks.open(
        name="envelopes", kind="parquet", options={"url": "file:///x", "content": "envelope"}
    )
    for name in ("plain", "envelopes"):
        with refused("WT160"):
            stacks.prove_sink([uuid4()], name)


def test_a_filter_of_the_sink_holds_for_proofs(stacks: Stacks) -> None:
    stacks.open(
        "a",
        name=SINK,
        kind="parquet",
        options={"url": stacks.address},
        filter={"action": "user_created"},
    )
    [event_id] = stacks.write()
    stacks.seal()
    other = stacks.value(
        "select id from audit_private.event where tenant_id = %s and action = 'sink_approved'",
        TENANT_A,
    )
    proven = stacks.prove_sink([event_id, other])
    assert [event["id"] for event in proven["events"]] == [str(event_id)]


def test_a_note_is_held_against_the_lists(stacks: Stacks) -> None:
    stacks.define_archive("a", "b")
    [event_id] = stacks.write()
    [old_one] = stacks.bring_old("old", days=40)
    stacks.archive()
    [fresh] = stacks.write()
    wrongs: list[dict[str, Any]] = [
        {"event_ids": [fresh]},
        {"event_ids": [event_id, event_id]},
        {"event_ids": [event_id, old_one]},
        {"event_ids": []},
        {"tenant_id": TENANT_B},
        {"sha256": "x"},
        {"bytes": 0},
    ]
    for wrong in wrongs:
        with refused("WT160", case=wrong):
            note(stacks, event_id, **wrong)
    assert note(stacks, event_id)
    assert not note(stacks, event_id)
    with refused("WT161"):
        note(stacks, event_id, sha256="1" * 64)


def note(stacks: Stacks, event_id: UUID, **changed: object) -> bool:
    arguments = {
        "name": SINK,
        "tenant_id": TENANT_A,
        "file": "tenant_id=x/day=y/z.parquet",
        "event_ids": [event_id],
        "sha256": "0" * 64,
        "bytes": 1,
        "read_at": datetime.now(UTC),
        **changed,
    }
    places = ", ".join(f"{name} => %({name})s" for name in arguments)
    places = places.replace("%(event_ids)s", "%(event_ids)s::uuid[]")
    query = f"select audit.note_archive({places})"
    row = stacks.shipper.execute(query.encode(), arguments).fetchone()
    assert row is not None
    return bool(row[0])


def test_manifests_are_small(stacks: Stacks) -> None:
    """Lists of leaves instead of a path for each event."""
    stacks.define_archive("a")
    stacks.write_many(1000)
    stacks.archive()
    largest = max(stacks.files(), key=lambda file: (stacks.path / file).stat().st_size)
    size = (stacks.path / manifest_of(largest)).stat().st_size
    assert size < 120 * 1000
