from __future__ import annotations

import json
from pathlib import Path

from cli.command_line import REASON, CommandLine


def test_a_person_is_erased_and_the_erasure_listed(run: CommandLine) -> None:
    run.log_user("Anna Berg created Bo")
    words = ("erase", "subject", "Anna Berg", "u-17", "--reason", REASON)
    assert "Aborted" in run("privacy", *words, code=1).stderr
    assert "these 2 identifiers" in run("privacy", *words, code=1, typed="n\n").stderr
    row = run.row("privacy", *words, "--yes")
    assert (row["erased"], row["held"], row["exports"]) == (1, 0, 0)
    assert "Something of 0 events was erased" in run("privacy", *words, typed="y\n").stdout
    for persona in ("privacy", "admin", "operator", "auditor"):
        kinds = [(r["kind"], r["erased"]) for r in run.rows(persona, "erase", "list")]
        assert kinds == [("subject", 0), ("subject", 1)], persona
    assert "en person" in run("privacy", "erase", "list", "--lang", "sv").stdout
    assert run.rows("privacy", "erase", "list", tenant="b") == []


def test_identifiers_from_a_file(run: CommandLine, tmp_path: Path) -> None:
    event_id = run.log_user("Anna Berg created Bo")
    file = tmp_path / "whom"
    file.write_text("u-17\n\n  Anna Berg\n", encoding="utf-8")
    said = run("privacy", "erase", "subject", "--file", file, "--reason", REASON, "--yes")
    assert "Something of 1 events was erased" in said.stdout
    assert "vacuum" in said.stderr
    run.open_access()
    assert "Anna" not in run("reader", "show", event_id).stdout
    assert "IDENTIFIER" in run("privacy", "erase", "subject", "--reason", REASON, code=2).stderr


def test_events_are_erased(run: CommandLine) -> None:
    event_id = run.log_user("Signed in with hunter2")
    words = ("erase", "events", "--reason", REASON, "--yes")
    assert run.row("privacy", *words, "--search", "hunter2")["erased"] == 1
    assert run.row("privacy", *words, "--id", event_id)["erased"] == 0
    assert run.row("privacy", *words, "--filter", '{"actor_id": "nobody"}')["erased"] == 0
    assert "(WT140)" in run("privacy", *words, code=1).stderr
    for persona in ("reader", "admin", "operator"):
        assert "(42501)" in run(persona, *words, "--id", event_id, code=1).stderr


def test_a_restore_is_checked_and_mended(run: CommandLine, tmp_path: Path) -> None:
    event_id = run.log_user("Anna Berg created Bo")
    line = {
        "kind": "erasure",
        "tenant_id": str(run.database.tenant_a),
        "event_id": event_id,
        "groups": ["payload"],
    }
    ledger = tmp_path / "ledger"
    ledger.write_text(f"{json.dumps(line)}\n\n", encoding="utf-8")
    check = ("restore-check", "--ledger", ledger)
    row = run.row("auditor", *check, code=1)
    assert (row["kind"], row["id"]) == ("erasure", event_id)
    assert "can be read again: payload" in run("operator", *check, code=1, columns=200).stdout
    replay = ("erase", "replay", "--ledger", ledger, "--reason", REASON, "--yes")
    assert run.row("privacy", *replay)["erased"] == 1
    assert "reflects all 1 lines" in run("operator", *check).stdout
    assert run.rows("operator", *check) == []
    ledger.write_text("{}\n[]\n", encoding="utf-8")
    assert "line 2 is no object" in run("operator", *check, code=2).stderr
    ledger.write_text("{\n", encoding="utf-8")
    assert "line 1" in run("operator", *check, code=2).stderr
    ledger.write_text("{}\n", encoding="utf-8")
    assert "(WT141)" in run("operator", *check, code=1).stderr
