"""A whole game day: every attack is found by what should find it, and by nothing else."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import psycopg
import pytest
from click.testing import CliRunner

from cli.command_line import NO_VARIABLES, CommandLine
from pgwitness.cli import main
from pgwitness.gameday import attacks
from pgwitness.gameday.attacks import OUTSIDE, Attack
from pgwitness.gameday.scratch import PREFIX

from databases import Database

ATTACKS = {attack.name: attack for attack in attacks.load()}
ONE = ("--attack", "guards/disable_trigger")
FEW = ("--events", "40")


def server_dsn(database: str = "postgres") -> str:
    return f"host=127.0.0.1 port={os.environ['TEST_PGPORT']} user=postgres dbname={database}"


def scratch_databases() -> list[str]:
    with psycopg.connect(server_dsn()) as connection:
        found = connection.execute(
            "select datname from pg_database where starts_with(datname, %s)", (PREFIX,)
        ).fetchall()
    return [row[0] for row in found]


def play(*arguments: str, code: int = 0, dsn: str | None = None) -> str:
    """Play as the server's superuser."""
    result = CliRunner().invoke(
        main,
        ["--dsn", dsn or server_dsn(), "gameday", *FEW, *arguments],
        env={**NO_VARIABLES, "COLUMNS": "120"},
        prog_name="pgwitness",
    )
    assert result.exit_code == code, f"{result.output[-3000:]} {result.exception!r}"
    assert scratch_databases() == []
    return result.output


@pytest.fixture(scope="module")
def outcomes(installed_template: object) -> dict[str, dict[str, Any]]:
    """What became of each attack in one whole game day."""
    rows = [json.loads(line) for line in play("--json").splitlines()]
    return {row["attack"]: row for row in rows}


def test_every_attack_is_played_and_nothing_else_alarms(
    outcomes: dict[str, dict[str, Any]],
) -> None:
    assert list(outcomes) == ["control", *ATTACKS]
    assert outcomes["control"]["verdict"] == "clean"


@pytest.mark.parametrize("name", ATTACKS)
def test_an_attack_is_found_by_what_should_find_it(
    outcomes: dict[str, dict[str, Any]], name: str
) -> None:
    attack, outcome = ATTACKS[name], outcomes[name]
    assert outcome["trials"] == len(attack.variants)
    found = {detector: set(kinds) for detector, kinds in outcome["found_by"].items()}
    assert found == {detector: set(kinds) for detector, kinds in attack.expected.items()}
    assert outcome["missed_by"] == {}
    assert (outcome["seconds"] is None) == (not attack.expected)
    if not attack.expected:
        assert outcome["verdict"] == "unseen"
    else:
        is_far = attack.expected.keys() <= set(OUTSIDE)
        assert outcome["verdict"] == ("outside" if is_far else "inside")


def test_people_get_a_table_and_the_limits(installed_template: object) -> None:
    shown = play(*ONE, "--attack", "seals/rewrite", "--attack", "seals/rewrite_since_checkpoint")
    assert "✓   A trigger that refuses changes is turned off." in shown
    assert "guards/disable_trigger (3)" in shown
    assert "checkpoint: log rewritten" in shown
    assert "1 are found only with what was kept outside" in shown
    assert "1 are found by nothing." in shown
    assert "A superuser reads without a trace." in shown
    assert "should have been" not in shown
    swedish = play(*ONE, "--lang", "sv")
    assert "En utlösare som vägrar ändringar stängs av." in swedish
    assert "En superanvändare läser utan spår." in swedish


def test_a_log_on_that_server_is_not_touched(database: Database) -> None:
    root = database.superuser()
    state = (
        "select (select count(*) from audit_private.event), (select sealed_at from"
        " audit_private.sealing), (select count(*) from audit_private.job_run)"
    )
    before = root.execute(state).fetchone()
    play(*ONE, dsn=database.dsn("postgres"))
    assert root.execute(state).fetchone() == before


@pytest.mark.parametrize("persona", ["operator", "admin", "stranger"])
def test_others_than_superusers_are_refused(run: CommandLine, persona: str) -> None:
    result = run(persona, "gameday", *FEW, code=1)
    assert "may not play a game day" in result.stderr
    assert "pgwitness gameday --embedded" in result.stderr
    assert scratch_databases() == []


def test_without_a_server_one_is_started(
    run: CommandLine, binaries: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PG_BINDIR", str(binaries))
    result = run("stranger", "gameday", *FEW, *ONE, "--embedded", "--json")
    assert [json.loads(line)["verdict"] for line in result.stdout.splitlines()] == [
        "clean",
        "inside",
    ]
    assert "A server is started" in result.stderr
    for variable in ("PGHOST", "PGHOSTADDR", "PGPORT", "PGDATABASE", "PGSERVICE"):
        monkeypatch.delenv(variable, raising=False)
    alone = CliRunner().invoke(main, ["gameday", *FEW, *ONE], env=NO_VARIABLES)
    assert alone.exit_code == 0
    assert "A server is started" in alone.stderr


def test_a_sample_is_read_with_a_session_and_logged(
    run: CommandLine, binaries: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PG_BINDIR", str(binaries))
    run.log_user("Bo got an account")
    sampling = ("gameday", *FEW, *ONE, "--embedded", "--sample", "10")
    assert "(WT030)" in run("reader", *sampling, code=1).stderr
    run.open_access()
    run("reader", *sampling)
    views = run.rows("reader", "search", "--action", "audit_log_viewed")
    assert len(views) == 1


def test_what_is_missed_is_told_and_fails(
    installed_template: object, monkeypatch: pytest.MonkeyPatch
) -> None:
    overlooked = Attack.parse(
        "rules/overlooked", "-- Nothing much.\n-- sv: Inget.\n-- verify: changed_event\nselect 1;"
    )
    monkeypatch.setattr(attacks, "load", lambda: [overlooked])
    shown = play(code=1)
    assert "verify should have said: changed_event" in shown
    assert "1 should have been found, and weren't." in shown
    (_, row) = map(json.loads, play("--json", code=1).splitlines())
    assert (row["verdict"], row["missed_by"]) == ("missed", {"verify": ["changed_event"]})


def test_nothing_is_left_after_a_failure(
    installed_template: object, monkeypatch: pytest.MonkeyPatch
) -> None:
    broken = Attack.parse("rules/broken", "-- It fails.\n-- sv: Det går fel.\nselect 1 / 0;")
    monkeypatch.setattr(attacks, "load", lambda: [broken])
    shown = play(code=1)
    assert "division by zero (22012)" in shown
    assert "rules/broken" in shown


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_nothing_is_left_when_it_is_ended(
    installed_template: object, number: signal.Signals
) -> None:
    environment = {name: value for name, value in os.environ.items() if name not in NO_VARIABLES}
    with subprocess.Popen(
        [sys.executable, "-m", "pgwitness", "--dsn", server_dsn(), "gameday", *FEW],
        env=environment,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        # A shell's background jobs ignore the first, and so would what they start.
        preexec_fn=lambda: signal.signal(signal.SIGINT, signal.default_int_handler),
    ) as process:
        ends = time.monotonic() + 30
        while not scratch_databases() and process.poll() is None and time.monotonic() < ends:
            pass
        process.send_signal(number)
        output, _ = process.communicate(timeout=30)
    assert process.returncode == 1, output.decode()
    assert scratch_databases() == []


def test_an_unknown_attack_is_wrong_usage() -> None:
    result = CliRunner().invoke(main, ["gameday", "--attack", "seals/none"], env=NO_VARIABLES)
    assert result.exit_code == 2
    assert "there is no attack seals/none" in result.output
