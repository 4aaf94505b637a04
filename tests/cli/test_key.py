"""Keys from the command line: made once, readable by their owner alone."""

from __future__ import annotations

import json
from pathlib import Path

from click.testing import CliRunner

from cli.command_line import NO_VARIABLES, CommandLine
from evidence.builder import ORIGIN, private_key, public_key
from pgwitness.cli import main
from pgwitness.evidence.notes import KeyRing, load_signing_key


def offline(*arguments: object, code: int = 0, **variables: str) -> str:
    """Run a command that needs no database, and give what it printed."""
    environment = {**NO_VARIABLES, "PGWITNESS_SIGNING_KEY": None, "PGHOST": "/nowhere", **variables}
    result = CliRunner().invoke(main, [*map(str, arguments)], env=environment)
    assert result.exit_code == code, result.output
    return result.output if code else result.stdout


def test_a_key_is_made_and_shown(tmp_path: Path) -> None:
    path = tmp_path / "log.key"
    printed = offline("key", "new", path, "--origin", ORIGIN)
    assert path.stat().st_mode & 0o777 == 0o600
    assert offline("key", "show", path) == printed
    keys = tmp_path / "keys"
    keys.write_text(printed)
    made = load_signing_key(path)
    assert made is not None
    assert KeyRing.read(keys).keys == (made.public,)
    assert path.read_text().strip() not in printed
    row = json.loads(offline("key", "show", path, "--json"))
    assert row == {
        "name": ORIGIN,
        "key_id": made.public.id.hex(),
        "public_key": str(made.public),
    }


def test_a_key_is_never_overwritten(tmp_path: Path) -> None:
    path = tmp_path / "log.key"
    path.write_text("mine")
    said = offline("key", "new", path, "--origin", ORIGIN, code=1)
    assert "never overwritten" in said
    assert path.read_text() == "mine"
    offline("key", "new", tmp_path / "nowhere" / "key", "--origin", ORIGIN, code=1)
    assert "can't be the name" in offline("key", "new", tmp_path / "k", "--origin", "a b", code=1)
    assert not (tmp_path / "k").exists()


def test_a_key_that_others_can_read_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "log.key"
    offline("key", "new", path, "--origin", ORIGIN)
    path.chmod(0o644)
    said = offline("key", "show", path, code=1)
    assert "others than its owner" in said
    assert "chmod 600" in said


def test_a_key_of_the_environment(tmp_path: Path) -> None:
    shown = offline("key", "show", PGWITNESS_SIGNING_KEY=private_key())
    assert shown.strip() == public_key()
    offline("key", "show", code=2)
    said = offline("key", "show", code=1, PGWITNESS_SIGNING_KEY=private_key()[:-3])
    assert private_key()[-20:-3] not in said
    assert "can't be read" in offline("key", "show", tmp_path / "none", code=1)


def test_the_database_knows_the_name(run: CommandLine, tmp_path: Path) -> None:
    path = tmp_path / "log.key"
    said = run("auditor", "key", "new", path, code=1)
    assert "--origin" in said.stderr
    run("operator", "jobs", "run")
    row = run.row("auditor", "key", "new", path)
    [epoch] = run.database.superuser().execute("select origin from audit.list_epochs()").fetchall()
    assert row["name"] == epoch[0]
    run("reader", "key", "new", tmp_path / "other", code=1)
