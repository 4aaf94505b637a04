"""Checkpoints from the command line: signed outside, and never over a history that was changed."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from cli.command_line import CommandLine
from evidence.builder import OTHER_SEED, private_key
from pgwitness.evidence import checkpoints
from pgwitness.evidence.notes import KeyRing, PublicKey, SigningKey

REASON = "the log was put back from a backup"


@pytest.fixture
def key(run: CommandLine, tmp_path: Path) -> Path:
    run.log_user("of a")
    run.log_user("of b", tenant="b")
    seal(run)
    path = tmp_path / "log.key"
    (tmp_path / "keys").write_text(run("auditor", "key", "new", path).stdout)
    return path


def seal(run: CommandLine) -> None:
    run.database.connect(run.database.role("operator")).execute("call audit.seal_events()")


def keys_of(key: Path) -> KeyRing:
    return KeyRing.read(key.with_name("keys"))


def alter(run: CommandLine, statement: str, *values: Any) -> None:
    """Change a table as nobody may but who owns the server."""
    root = run.database.superuser()
    root.execute("set session_replication_role = replica")
    for trigger in root.execute(
        "select format('alter table %s disable trigger %I', tgrelid::regclass, tgname) "
        "from pg_trigger where tgname like '%refuse_change' and not tgisinternal"
    ).fetchall():
        root.execute(trigger[0])
    assert root.execute(statement.encode(), values).rowcount > 0


def test_a_checkpoint_is_signed_into_a_file(run: CommandLine, key: Path, tmp_path: Path) -> None:
    path = tmp_path / "checkpoint"
    said = run("auditor", "checkpoint", "--key", key, "-o", path)
    assert "signed" in said.stdout
    assert str(path) in said.stdout
    found = checkpoints.verify(path.read_bytes(), keys_of(key))
    [head] = run.database.superuser().execute(
        "select log_size, audit_private.log_hash(0, log_size) from audit_private.sealing"
    )
    assert (found.checkpoint.size, found.checkpoint.root) == head
    assert found.ledger is not None
    assert path.stat().st_mode & 0o777 == 0o600
    good = run("auditor", "verify", "--checkpoint", path, "--key", tmp_path / "keys")
    assert "still holds" in good.stdout


def test_without_a_ledger_it_is_just_a_note(run: CommandLine, key: Path) -> None:
    said = run("auditor", "checkpoint", "--key", key, "--note-only")
    found = checkpoints.verify(said.stdout.encode(), keys_of(key))
    assert found.ledger is None
    assert "signed" in said.stderr


def test_a_key_of_the_environment_and_a_command(
    run: CommandLine, key: Path, tmp_path: Path
) -> None:
    path = tmp_path / "elsewhere"
    row = run.row(
        "operator", "checkpoint", "--command", f"cat > '{path}'", "--note-only",
        PGWITNESS_SIGNING_KEY=key.read_text(),
    )  # fmt: skip
    found = checkpoints.verify(path.read_bytes(), keys_of(key))
    assert (row["tree_size"], row["origin"]) == (found.checkpoint.size, found.checkpoint.origin)
    assert row["root_hash"] == found.checkpoint.root.hex()
    assert row["ledger_entries"] is None
    said = run("operator", "checkpoint", "--key", key, "--command", "exit 7", code=1)
    assert "exit code 7" in said.stderr


def test_growth_is_proven_before_a_file_is_replaced(
    run: CommandLine, key: Path, tmp_path: Path
) -> None:
    path = tmp_path / "checkpoint"
    run("auditor", "checkpoint", "--key", key, "-o", path)
    first = checkpoints.verify(path.read_bytes(), keys_of(key)).checkpoint
    for number in range(3):
        run.log_user(f"later {number}")
        seal(run)
    run("auditor", "checkpoint", "--key", key, "-o", path)
    second = checkpoints.verify(path.read_bytes(), keys_of(key)).checkpoint
    assert second.size > first.size
    assert second.origin == first.origin


def test_over_a_changed_history_nothing_is_signed(
    run: CommandLine, key: Path, tmp_path: Path
) -> None:
    path = tmp_path / "checkpoint"
    run("auditor", "checkpoint", "--key", key, "-o", path)
    before = path.read_bytes()
    alter(
        run,
        "update audit_private.tree_node set hash = sha256('x') "
        "where position = 0 and level = (select max(level) from audit_private.tree_node)",
    )
    said = run("auditor", "checkpoint", "--key", key, "-o", path, code=1)
    assert "rewritten" in said.stdout
    assert "No checkpoint was signed" in said.stderr
    assert path.read_bytes() == before
    said = run("auditor", "verify", "--checkpoint", path, "--key", tmp_path / "keys", code=1)
    assert "rewritten" in said.stdout
    [row] = run.rows("auditor", "verify", "--checkpoint", path, "--key", tmp_path / "keys", code=1)
    assert row["kind"] == "rewritten"


def test_a_tail_that_was_cut_off(run: CommandLine, key: Path, tmp_path: Path) -> None:
    path = tmp_path / "checkpoint"
    run("auditor", "checkpoint", "--key", key, "-o", path)
    alter(run, "update audit_private.sealing set log_size = log_size - 1")
    said = run("auditor", "verify", "--checkpoint", path, "--key", tmp_path / "keys", code=1)
    assert "cut off" in said.stdout
    said = run("auditor", "checkpoint", "--key", key, "-o", path, code=1)
    assert "cut off" in said.stdout


def test_a_restore_that_was_declared_begins_another_epoch(
    run: CommandLine, key: Path, tmp_path: Path
) -> None:
    path = tmp_path / "checkpoint"
    run("auditor", "checkpoint", "--key", key, "-o", path)
    operator = run.database.connect(run.database.role("operator"))
    operator.execute("select audit.accept_restore(reason => %s)", (REASON,))
    run.log_user("after it")
    seal(run)
    # The same key goes on to sign, and the file of public keys to verify.
    run("auditor", "checkpoint", "--key", key, "-o", path)
    found = checkpoints.verify(path.read_bytes(), keys_of(key)).checkpoint
    assert found.origin.endswith("/2")
    run("auditor", "verify", "--checkpoint", path, "--key", tmp_path / "keys")


def test_what_is_no_checkpoint_is_not_overwritten(
    run: CommandLine, key: Path, tmp_path: Path
) -> None:
    path = tmp_path / "mine"
    path.write_text("my notes")
    said = run("auditor", "checkpoint", "--key", key, "-o", path, code=1)
    assert "no checkpoint" in said.stderr
    assert path.read_text() == "my notes"


def test_keys_that_do_not_fit(run: CommandLine, key: Path, tmp_path: Path) -> None:
    run("auditor", "checkpoint", code=2)
    said = run("auditor", "checkpoint", PGWITNESS_SIGNING_KEY=private_key(), code=1)
    assert "the log is" in said.stderr
    path = tmp_path / "checkpoint"
    run("auditor", "checkpoint", "--key", key, "-o", path)
    origin = keys_of(key).keys[0].name
    others = tmp_path / "others"
    others.write_text(str(SigningKey(origin, OTHER_SEED).public))
    said = run("auditor", "verify", "--checkpoint", path, "--key", others, code=1)
    assert "no trusted key" in said.stderr
    both = tmp_path / "both"
    both.write_text(f"{others.read_text()}\n{(tmp_path / 'keys').read_text()}")
    run("auditor", "verify", "--checkpoint", path, "--key", both)
    assert PublicKey.parse(others.read_text()).name == origin


def test_who_may(run: CommandLine, key: Path, tmp_path: Path) -> None:
    for persona in ("reader", "admin", "app"):
        said = run(persona, "checkpoint", "--key", key, "--note-only", code=1)
        assert "42501" in said.stderr
    run("operator", "checkpoint", "--key", key, "--note-only")


def test_a_log_without_seals(run: CommandLine, tmp_path: Path) -> None:
    said = run("auditor", "checkpoint", PGWITNESS_SIGNING_KEY=private_key(), code=1)
    assert "WT131" in said.stderr
    assert "seal_events" in said.stderr
