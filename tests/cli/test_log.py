from __future__ import annotations

import json
from pathlib import Path
from uuid import UUID

import pytest

from cli.command_line import CommandLine


def write_lines(path: Path, *lines: object) -> Path:
    path.write_text(
        "".join(f"{line if isinstance(line, str) else json.dumps(line)}\n" for line in lines)
    )
    return path


def test_an_event_with_everything(run: CommandLine) -> None:
    event_id = run.log_user(
        "Anna added Bo",
        *("--metadata", '{"channel": "admin"}', "--target", '{"id": "42", "name": "Bo"}'),
        *("--changes", '{"email": {"old": null, "new": "bo@example.org"}}'),
        *("--failure", "the address is taken", "--idempotency-key", "k1"),
        *("--actor", "17", "--actor-type", "user"),
    )
    run.open_access()
    event = run.row("reader", "show", event_id)
    assert event["id"] == event_id
    assert event["metadata"] == {"channel": "admin"}
    assert event["target"] == {"id": "42", "name": "Bo"}
    assert event["changes"] == {"email": {"old": None, "new": "bo@example.org"}}
    assert (event["outcome"], event["error_message"]) == ("failure", "the address is taken")
    assert (event["actor_id"], event["actor_type"], event["entity_id"]) == ("17", "user", "42")


def test_a_time_of_its_own_and_a_repeat(run: CommandLine) -> None:
    when = ("--occurred-at", "2026-01-01", "--idempotency-key", "k2")
    refused = run("app", "log", "user_created", "user", "--description", "Bo", *when, code=1)
    assert "(WT015)" in refused.stderr
    first = run.log_user("Bo was added", "--idempotency-key", "k3")
    assert run.log_user("Bo was added", "--idempotency-key", "k3") == first
    refused = run(
        "app", "log", "user_created", "user", "42", "--description", "Eve was added",
        "--idempotency-key", "k3", code=1,
    )  # fmt: skip
    assert "(WT017)" in refused.stderr


@pytest.mark.parametrize(
    ("arguments", "sqlstate"),
    [
        (("no_such_action", "user", "--description", "x"), "WT010"),
        (("audit_log_viewed", "audit_log", "--description", "x"), "WT011"),
        (("user_created", "no_such_thing", "--description", "x"), "WT012"),
        (("user_created", "user"), "WT013"),
        (("user_created", "user", "--description", "x" * 70_000), "WT014"),
    ],
)  # fmt: skip
def test_the_database_decides(run: CommandLine, arguments: tuple[str, ...], sqlstate: str) -> None:
    refused = run("app", "log", *arguments, code=1)
    assert f"({sqlstate})" in refused.stderr
    assert "hint: " in refused.stderr
    assert "Traceback" not in refused.stderr


@pytest.mark.parametrize(
    "arguments",
    [
        (),
        ("user_created",),
        ("user_created", "user", "--metadata", "{"),
        ("user_created", "user", "--metadata", "[]"),
        ("user_created", "user", "--metadata", "null"),
        ("user_created", "user", "--occurred-at", "yesterday"),
        ("user_created", "user", "--batch", "-"),
        ("--description", "x", "--batch", "-"),
    ],
)
def test_wrong_usage(run: CommandLine, arguments: tuple[str, ...]) -> None:
    run("app", "log", *arguments, code=2)


def test_a_batch(run: CommandLine, tmp_path: Path) -> None:
    events = [
        {"action": "user_created", "entity_type": "user", "description": f"User {n}"}
        for n in range(1234)
    ]
    file = write_lines(tmp_path / "events.jsonl", *events, "")
    logged = run("app", "log", "--batch", file)
    assert (logged.stdout, logged.stderr) == ("1,234 logged, 0 toggled off.\n", "")
    assert run.row("app", "log", "--batch", "-", typed=json.dumps(events[0])) == {
        "logged": 1,
        "muted": 0,
    }
    run.open_access()
    found = run.rows("reader", "search", "--all", "--limit", "1000", "--action", "user_created")
    assert len(found) == 1235


def test_a_batch_is_all_or_nothing_and_says_where(run: CommandLine, tmp_path: Path) -> None:
    good = {"action": "user_created", "entity_type": "user", "description": "Bo was added"}
    file = write_lines(tmp_path / "events.jsonl", *[good] * 1500, {**good, "action": "no_such"})
    refused = run("app", "log", "--batch", file, code=1)
    assert "(WT010)" in refused.stderr
    assert "among lines 1,001 to 1,501" in refused.stderr
    assert "error: event 500: " in refused.stderr

    file = write_lines(tmp_path / "events.jsonl", good, "{")
    refused = run("app", "log", "--batch", file, code=1)
    assert "line 2 is not JSON" in refused.stderr

    file.write_text("[" * 100_000)
    assert "line 1 is not JSON" in run("app", "log", "--batch", file, code=1).stderr
    file.write_bytes(b'{"action": "\xff"}\n')
    assert "not UTF-8" in run("app", "log", "--batch", file, code=1).stderr

    run.open_access()
    assert run.rows("reader", "search", "--action", "user_created", code=3) == []


def test_an_id_is_all_that_is_printed(run: CommandLine) -> None:
    assert UUID(run.log_user("Bo was added")).version == 7
