from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from cli.command_line import REASON, CommandLine, talk

ROLE = "test_shipper"


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "events.jsonl"


def define(run: CommandLine, path: Path, *more: str) -> None:
    words = ("sink", "define", "siem", "file", "--role", ROLE, "--option", f"path={path}", *more)
    assert run.row("operator", *words) == {"changed": True}
    assert run.row("operator", *words) == {"changed": False}


def approve(run: CommandLine, tenant: str = "a") -> None:
    digest = run.rows("admin", "sink", "list", tenant=tenant)[0]["digest"]
    words = ("sink", "approve", "siem", "--digest", digest, "--reason", REASON)
    assert run.row("admin", *words, tenant=tenant) == {"changed": True}


def shipped(path: Path) -> list[str]:
    return [json.loads(line)["description"] for line in path.read_text().splitlines()]


def seal(run: CommandLine) -> None:
    run.database.connect(run.database.role("operator")).execute("call audit.seal_events()")


def test_a_sink_is_defined_approved_shipped_and_dropped(run: CommandLine, path: Path) -> None:
    define(run, path, "--filter", '{"source": "logged"}')
    run.log_user("Anna created Bo")
    seal(run)
    assert run.row("shipper", "ship", "siem") == {
        "events": 0, "put_aside": 0, "is_finished": True,
    }  # fmt: skip
    assert not path.exists()
    assert run.row("operator", "sink", "list")["approved_tenants"] == 0
    approve(run)
    run.log_user("Bo created Carl")
    run.log_user("of b", tenant="b")
    seal(run)
    assert run.row("shipper", "ship", "siem", "--batch-size", "1")["events"] == 1
    assert shipped(path) == ["Bo created Carl"]
    again = run("shipper", "ship", "siem", "--lang", "sv")
    assert "siem: 0 händelser skickade." in again.stderr
    assert again.stdout == ""

    [row] = run.rows("admin", "sink", "list")
    assert (row["is_approved"], row["kind"], row["dead_letters"]) == (True, "file", 0)
    page = run("auditor", "sink", "list").stdout
    assert "siem" in page
    assert ROLE in page
    assert run.row("shipper", "sink", "list")["name"] == "siem"
    withdraw = ("sink", "withdraw", "siem", "--reason", REASON)
    assert run.row("admin", *withdraw) == {"changed": True}
    assert run.row("admin", *withdraw) == {"changed": False}
    wait = ("sink", "wait", "siem", "on", "--reason", REASON)
    assert run.row("operator", *wait) == {"changed": True}
    assert run.row("operator", "sink", "list")["purge_waits"] is True

    drop = ("sink", "drop", "siem", "--reason", REASON)
    run("operator", *drop, code=1)
    run("operator", *drop, code=1, typed="n\n")
    assert run.row("operator", *drop, "--yes") == {"changed": True}
    assert "WT150" in run("shipper", "ship", "siem", code=1).stderr


def test_what_is_approved_is_shown_and_asked_for(run: CommandLine, path: Path) -> None:
    define(run, path, "--for", str(run.database.tenant_a))
    command = ["sink", "approve", "siem", "--reason", REASON]
    shown, code = talk(run, command, [("whole events of the tenant?", "n")], "admin")
    assert code == 1
    assert str(path) in shown
    assert str(run.database.tenant_a) in shown
    assert run.rows("admin", "sink", "list")[0]["digest"] in shown.replace("\n", "")
    _, code = talk(run, command, [("whole events of the tenant?", "y")], "admin")
    assert code == 0
    assert run.rows("admin", "sink", "list")[0]["is_approved"] is True
    missing = ("sink", "approve", "nowhere", "--reason", REASON)
    assert "no sink nowhere" in run("admin", *missing, code=3).stderr
    assert run.rows("admin", "sink", "list", tenant="b") == []
    stale = ("sink", "approve", "siem", "--digest", "0", "--reason", REASON)
    assert "WT154" in run("admin", *stale, code=1).stderr


def test_refused_events_are_listed_tried_again_and_given_up(run: CommandLine, path: Path) -> None:
    """A datagram holds no event of this length, so it is refused without a receiver."""
    words = ("sink", "define", "siem", "syslog", "--role", ROLE, "--option", "protocol=udp")
    more = ("--option", "address=127.0.0.1:9", "--option", "format=jsonl")
    run("operator", *words, *more, "--filter", '{"source": "logged"}')
    approve(run)
    event_id = run.log_user("x" * 65_200)
    seal(run)
    done = run("shipper", "ship", "siem", code=4)
    assert f"event {event_id} put aside: " in done.stderr
    assert "too long for a datagram" in done.stderr
    [letter] = run.rows("operator", "sink", "dead-letters", "siem")
    assert (letter["event_id"], letter["refusals"]) == (event_id, 1)
    assert event_id in run("auditor", "sink", "dead-letters", "siem").stdout
    assert run.row("operator", "sink", "retry", "siem", event_id) == {"count": 1}
    assert run.rows("shipper", "sink", "dead-letters", "siem")[0]["is_retrying"] is True
    assert run.row("operator", "sink", "retry", "siem") == {"count": 0}
    run("shipper", "ship", "siem", code=4)
    discard = ("sink", "discard", "siem", event_id, "--reason", REASON)
    run("operator", *discard, code=1, typed="n\n")
    assert run.row("operator", *discard, "--yes") == {"count": 1}
    assert run.rows("operator", "sink", "dead-letters", "siem") == []


def test_what_fails_is_a_line_and_an_exit_code(run: CommandLine, tmp_path: Path) -> None:
    define(run, tmp_path / "nowhere" / "events")
    approve(run)
    run.log_user("Anna created Bo")
    seal(run)
    done = run("shipper", "ship", "siem", code=1)
    assert "Error: " in done.stderr
    assert "No such file or directory" in done.stderr
    assert "No such file" in run.row("operator", "sink", "list")["error"]
    assert "(WT153)" in run("operator", "sink", "define", "x", "fax", "--role", ROLE, code=1).stderr
    run("operator", "sink", "define", "x", "file", "--role", ROLE, "--option", "path", code=2)
    run("shipper", "ship", "siem", "--batch-size", "0", code=2)
    for persona in ("admin", "reader", "stranger"):
        assert run(persona, "ship", "siem", code=1).stderr


def test_options_are_listed(run: CommandLine) -> None:
    rows: dict[str, Any] = {row["name"]: row for row in run.rows("operator", "sink", "options")}
    assert rows["path"]["is_required"] is True
    assert "splunk" in rows["token_env"]["kinds"]
    assert "token_env" in run("shipper", "sink", "options").stdout
