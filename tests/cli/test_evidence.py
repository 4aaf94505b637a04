"""Cases from the command line: from the database into a file, and verified without it."""

from __future__ import annotations

import hashlib
import json
import os
import zipfile
from pathlib import Path
from typing import Any

import pytest

from cli.command_line import JUSTIFICATION, REASON, CommandLine
from cli.test_checkpoint import alter, seal
from cli.test_key import offline
from evidence.builder import OTHER_SEED
from pgwitness.evidence import checkpoints
from pgwitness.evidence.checkpoints import Checkpoint
from pgwitness.evidence.notes import KeyRing, SigningKey, load_signing_key

ACCESS = ("--reason", "user_support", "--justification", JUSTIFICATION)
CREATED = ("--filter", '{"action": "user_created"}')


@pytest.fixture
def key(run: CommandLine, tmp_path: Path) -> Path:
    for number in range(4):
        run.log_user(f"user {number}", "--metadata", '{"a": [1, 2.50, "ü"]}')
    run.log_user("of b", tenant="b")
    seal(run)
    run.log_user("user 4")
    seal(run)
    path = tmp_path / "log.key"
    (tmp_path / "keys").write_text(run("auditor", "key", "new", path).stdout)
    return path


@pytest.fixture
def case(run: CommandLine, key: Path, tmp_path: Path) -> Path:
    path = tmp_path / "case.zip"
    run("auditor", "evidence", *CREATED, "-o", path, "--key", key, *ACCESS)
    return path


def change(path: Path, name: str, old: bytes, new: bytes) -> Path:
    """Write a case anew with something of a member replaced."""
    with zipfile.ZipFile(path) as archive:
        contents = {member: archive.read(member) for member in archive.namelist()}
    assert old in contents[name]
    contents[name] = contents[name].replace(old, new, 1)
    made = path.with_name("changed.zip")
    with zipfile.ZipFile(made, "w") as archive:
        for member, content in contents.items():
            archive.writestr(member, content)
    return made


def test_from_the_database_to_whoever_verifies(run: CommandLine, key: Path, tmp_path: Path) -> None:
    path = tmp_path / "case.zip"
    said = run("auditor", "evidence", *CREATED, "-o", path, "--key", key, *ACCESS)
    assert "5 events" in said.stdout
    assert path.stat().st_mode & 0o777 == 0o600
    assert sorted(os.listdir(tmp_path)) == ["case.zip", "keys", "log.key"]
    printed = offline("verify", path, "--key", tmp_path / "keys")
    assert "5 events" in printed
    assert "no event of the case is missing" in printed
    verdict = json.loads(offline("verify", path, "--key", tmp_path / "keys", "--json"))
    assert verdict["findings"] == []
    assert verdict["warnings"] == []
    assert verdict["tenant_id"] == str(run.database.tenant_a)
    assert verdict["is_complete"]
    with zipfile.ZipFile(path) as archive:
        lines = archive.read("proofs.jsonl").decode().splitlines()
        report = archive.read("report.html").decode()
        assert len(archive.read("seals.jsonl").splitlines()) == 2
    texts = [json.loads(line)["groups"]["payload"]["content"] for line in lines]
    assert [f"user {number}" in text for number, text in enumerate(texts)] == [True] * 5
    assert "of b" not in "".join(lines)
    assert "user 3" in report


def test_the_log_tells_of_it(run: CommandLine, case: Path) -> None:
    routes = {
        event["metadata"]["route"]
        for event in run.rows("auditor", "search", "--action", "audit_log_viewed", *ACCESS)
    }
    assert "proof" in routes


def test_as_json_it_prints_what_it_holds(run: CommandLine, key: Path, tmp_path: Path) -> None:
    path = tmp_path / "case.zip"
    row = run.row("auditor", "evidence", *CREATED, "-o", path, "--key", key, *ACCESS)
    assert row["count"] == 5
    assert row["unproven"] == 0
    assert row["sha256"] == hashlib.sha256(path.read_bytes()).hexdigest()


def test_what_is_not_sealed_is_left_out_and_named(
    run: CommandLine, key: Path, tmp_path: Path
) -> None:
    late = run.log_user("too late")
    path = tmp_path / "case.zip"
    said = run("auditor", "evidence", *CREATED, "-o", path, "--key", key, *ACCESS)
    assert "1 event that was found" in said.stderr
    with zipfile.ZipFile(path) as archive:
        manifest = json.loads(archive.read("manifest.json"))
    assert manifest["unproven"] == [late]
    assert manifest["events"] == 5
    assert "weren't sealed" in offline("verify", path, "--key", tmp_path / "keys")


def test_a_reader_proves_against_a_checkpoint_that_was_kept(
    run: CommandLine, key: Path, tmp_path: Path
) -> None:
    kept = tmp_path / "checkpoint"
    run("auditor", "checkpoint", "--key", key, "-o", kept)
    run.log_user("after it")
    seal(run)
    path = tmp_path / "case.zip"
    keys = tmp_path / "keys"
    run("reader", "evidence", *CREATED, "-o", path, "--key", key, *ACCESS, code=1)
    assert not path.exists()
    run("reader", "evidence", *CREATED, "-o", path, "--checkpoint", kept, *ACCESS, code=2)
    said = run(
        "reader", "evidence", *CREATED, "-o", path, "--checkpoint", kept, "--keys", keys, *ACCESS
    )
    assert "doesn't prove that no event is missing" in said.stderr
    printed = offline("verify", path, "--key", keys, "--checkpoint", kept)
    assert "5 events" in printed
    assert "isn't signed" in printed
    again = tmp_path / "later"
    run("auditor", "checkpoint", "--key", key, "-o", again)
    offline("verify", path, "--key", keys, "--checkpoint", again)


def test_another_history_of_the_same_size_is_found(
    run: CommandLine, key: Path, case: Path, tmp_path: Path
) -> None:
    signing = load_signing_key(key)
    assert signing is not None
    [(origin, size)] = run.database.superuser().execute(
        "select e.origin, s.log_size from audit.list_epochs() e, audit_private.sealing s"
    )
    other = tmp_path / "other"
    other.write_text(Checkpoint(origin, size, hashlib.sha256(b"x").digest()).sign(signing))
    said = offline("verify", case, "--key", tmp_path / "keys", "--checkpoint", other, code=1)
    assert "another history" in said


def test_a_changed_event_gives_no_case(run: CommandLine, key: Path, tmp_path: Path) -> None:
    alter(
        run,
        "update audit_private.event set description = 'nothing happened' "
        "where description = 'user 2'",
    )
    path = tmp_path / "case.zip"
    said = run("auditor", "evidence", *CREATED, "-o", path, "--key", key, *ACCESS, code=1)
    assert "isn't what was sealed" in said.stderr
    assert "pgwitness verify" in said.stderr
    assert sorted(os.listdir(tmp_path)) == ["keys", "log.key"]


@pytest.mark.parametrize(
    ("name", "old", "new", "told"),
    [
        ("proofs.jsonl", b"user 2", b"user 7", "proofs.jsonl, line 3, event "),
        ("seals.jsonl", b"pgwitness/seal/1", b"pgwitness/seal/2", "seals.jsonl, line 1"),
        ("checkpoint.txt", b"\n\n", b"\n\n\n", "checkpoint.txt: "),
        ("report.html", b"user 2", b"user 7", "report.html: "),
        ("manifest.json", b'"events": 5', b'"events": 6', "manifest.json: "),
    ],
)
def test_what_was_changed_is_named(
    case: Path, tmp_path: Path, name: str, old: bytes, new: bytes, told: str
) -> None:
    said = offline("verify", change(case, name, old, new), "--key", tmp_path / "keys", code=1)
    assert told in said
    assert "isn't what it says" in said


def test_without_a_key_it_warns(case: Path, tmp_path: Path) -> None:
    assert "proves nothing by itself" in offline("verify", case)
    others = tmp_path / "others"
    signing = load_signing_key(tmp_path / "log.key")
    assert signing is not None
    others.write_text(str(SigningKey(signing.name, OTHER_SEED).public))
    assert "no trusted key" in offline("verify", case, "--key", others, code=1)


def test_blacking_out(case: Path, tmp_path: Path) -> None:
    path, keys = tmp_path / "out.zip", tmp_path / "keys"
    said = offline("evidence", "blackout", case, "-o", path, "--group", "payload", "--key", keys)
    assert "5 events" in said
    printed = offline("verify", path, "--key", keys)
    assert "blacked out" in printed
    with zipfile.ZipFile(path) as archive:
        assert b"user 2" not in b"".join(archive.read(name) for name in archive.namelist())
    with zipfile.ZipFile(case) as archive:
        first = json.loads(archive.read("proofs.jsonl").splitlines()[0])
    event_id = first["envelope"].split("\n")[3]
    some = tmp_path / "some.zip"
    words = ("evidence", "blackout", case, "-o", some, "--group", "actor_id", "--event", event_id)
    row = json.loads(offline(*words, "--json"))
    assert row["count"] == 1
    offline("verify", some, "--key", keys)
    assert "--force" in offline(*words, code=1)
    offline(*words, "--force")
    offline("evidence", "blackout", case, "-o", tmp_path / "x", "--group", "envelope", code=2)
    offline("evidence", "blackout", tmp_path / "no", "-o", tmp_path / "x", "--group", "payload",
            code=1)  # fmt: skip
    assert not (tmp_path / "x").exists()


def test_wrong_usage(run: CommandLine, key: Path, case: Path, tmp_path: Path) -> None:
    keys = tmp_path / "keys"
    offline("verify", "--key", keys, code=2)
    offline("verify", "--checkpoint", case, code=2)
    offline("verify", case, "--from", "2026-01-01", code=2)
    assert "can't be read" in offline("verify", tmp_path / "none", code=1)
    assert "can't be read" in offline("verify", case, "--key", tmp_path / "none", code=1)
    run("auditor", "evidence", "-o", tmp_path / "x.zip", *ACCESS, code=2)
    said = run("auditor", "evidence", "-o", case, "--key", key, *ACCESS, code=1)
    assert "--force" in said.stderr
    run("auditor", "evidence", "-o", case, "--key", key, "--force", *CREATED, *ACCESS)
    for filter in ('{"colour": "red"}', "[]"):
        run("auditor", "evidence", "-o", tmp_path / "x.zip", "--key", key, "--filter", filter,
            *ACCESS, code=2 if filter == "[]" else 1)  # fmt: skip
    assert not (tmp_path / "x.zip").exists()


def test_an_erasure_leaves_all_proofs_as_they_were(
    run: CommandLine, key: Path, case: Path, tmp_path: Path
) -> None:
    keys, kept = tmp_path / "keys", tmp_path / "checkpoint"
    run("auditor", "checkpoint", "--key", key, "-o", kept)
    privacy = run.database.connect(run.database.role("privacy"))
    privacy.execute(
        "select * from audit.erase_events(filter => %s, reason => %s)",
        ('{"action": "user_created", "search": "user 2"}', "asked for by the person"),
    )
    seal(run)
    path = tmp_path / "after.zip"
    run("auditor", "evidence", *CREATED, "-o", path, "--checkpoint", kept, "--key", key, *ACCESS)
    verdict = json.loads(offline("verify", path, "--key", keys, "--json"))
    assert (verdict["findings"], verdict["events"]) == ([], 5)
    assert verdict["hidden"]["payload"] == 1
    with zipfile.ZipFile(path) as archive:
        assert "user 2" not in archive.read("proofs.jsonl").decode()
        assert "erased</span>" in archive.read("report.html").decode()
    # What was handed out before stays proven too.
    offline("verify", case, "--key", keys)
    run("auditor", "checkpoint", "--key", key, "-o", kept)
    ledger = checkpoints.verify(kept.read_bytes(), KeyRing.read(keys)).ledger
    assert ledger is not None
    assert [entry["groups"] for entry in ledger if entry["kind"] == "erasure"]
    words = ("restore-check", "--checkpoint", kept, "--key", keys)
    assert f"all {len(ledger)} lines" in run("auditor", *words).stdout
    replay = ("--reason", REASON, "--yes")
    row = run.row("privacy", "erase", "replay", *words[1:], *replay)
    assert row["erased"] == 0


def test_a_ledger_is_believed_only_when_it_is_signed(
    run: CommandLine, key: Path, tmp_path: Path
) -> None:
    keys, kept = tmp_path / "keys", tmp_path / "checkpoint"
    run("auditor", "checkpoint", "--key", key, "-o", kept, "--note-only")
    words = ("restore-check", "--checkpoint", kept)
    run("auditor", "restore-check", code=2)
    run("auditor", *words, code=2)
    run("auditor", *words, "--key", keys, "--ledger", kept, code=2)
    assert "no ledger" in run("auditor", *words, "--key", keys, code=1).stderr
    run("auditor", "checkpoint", "--key", key, "-o", kept)
    before, signature, rest = kept.read_bytes().rpartition(b"\n\n\xe2\x80\x94")
    kept.write_bytes(before + b'\n{"kind": "hold"}' + signature + rest)
    assert "is wrong" in run("auditor", *words, "--key", keys, code=1).stderr


def test_in_swedish(case: Path, tmp_path: Path) -> None:
    printed = offline("verify", case, "--key", tmp_path / "keys", "--lang", "sv")
    assert "5 händelser" in printed


# The events in the database ----------------------------------------------------------------


def test_events_as_they_were_sealed(run: CommandLine, key: Path) -> None:
    for persona in ("auditor", "operator", "admin"):
        assert "as they were sealed" in run(persona, "verify").stdout
    assert run.rows("auditor", "verify") == []
    for tenant in ("a", "b"):
        tenant_id = getattr(run.database, f"tenant_{tenant}")
        run("auditor", "verify", "--tenant", tenant_id)
    said = run("admin", "verify", "--tenant", run.database.tenant_b, code=1)
    assert "WT002" in said.stderr
    run("reader", "verify", code=1)


def test_a_changed_event_is_found_in_its_window_only(run: CommandLine, key: Path) -> None:
    alter(
        run,
        "update audit_private.event set description = 'nothing happened' "
        "where description = 'user 2'",
    )
    [row] = run.rows("auditor", "verify", code=1)
    assert row["kind"] == "changed_event"
    assert row["tenant_id"] == str(run.database.tenant_a)
    said = run("auditor", "verify", code=1)
    assert "event changed" in said.stdout
    assert row["event_id"] in said.stdout
    run("auditor", "verify", "--until", "2020-01-01")
    run("auditor", "verify", "--from", "2020-01-01", code=1)
    run("auditor", "verify", "--tenant", run.database.tenant_b)


def test_each_finding_is_told_once(run: CommandLine, key: Path) -> None:
    """What concerns all of the log is looked at in each window."""
    alter(
        run,
        "update audit_private.tree_node set hash = sha256('x') where level = 0 and position = 0",
    )
    found: list[Any] = [json.dumps(row) for row in run.rows("auditor", "verify", code=1)]
    assert found
    assert len(found) == len(set(found))
