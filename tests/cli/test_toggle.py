from __future__ import annotations

import json
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest

from cli.command_line import REASON, CommandLine


def toggle_of(run: CommandLine, action: str) -> dict[str, Any]:
    rows = run.rows("admin", "toggle", "list")
    return next(row for row in rows if row["action"] == action)


def test_category_off_with_an_action_on(run: CommandLine) -> None:
    run("admin", "toggle", "category", "admin_actions", "off", "--reason", REASON)
    run("admin", "toggle", "action", "user_created", "on")
    toggle = toggle_of(run, "user_created")
    assert (toggle["category_enabled"], toggle["override"], toggle["is_logged"]) == (
        False,
        True,
        True,
    )
    assert toggle["category_logged"] == 1

    page = run("admin", "toggle", "list", "admin_actions").stdout
    assert f"admin_actions   1/{toggle['category_total']}   off" in page
    lines = page.splitlines()
    titles = {line.split()[0]: above for above, line in pairwise(lines) if line}
    assert titles["user_created"].startswith("●")
    assert titles["user_created"].rstrip().endswith("on here")
    assert titles["user_deleted"].startswith("○")
    assert "user_actions" not in page

    run("admin", "toggle", "action", "user_created", "inherit", "--reason", REASON)
    assert toggle_of(run, "user_created")["is_logged"] is False
    run("admin", "toggle", "category", "admin_actions", "inherit")
    assert toggle_of(run, "user_created")["is_logged"] is True


def test_logging_off_stops_events_and_says_so(run: CommandLine) -> None:
    run("admin", "toggle", "logging", "off", "--reason", REASON)
    assert "Audit logging is off" in run("admin", "toggle", "list").stdout
    logged = run("app", "log", "user_created", "user", "--description", "Bo was added")
    assert logged.stdout == ""
    assert "toggled off" in logged.stderr
    assert run.row("app", "log", "user_created", "user", "--description", "Bo") == {
        "event_id": None
    }
    run("admin", "toggle", "logging", "on")
    assert run("app", "log", "user_created", "user", "--description", "Bo was added").stdout


def test_turning_off_takes_a_reason(run: CommandLine) -> None:
    for arguments in (("logging", "off"), ("action", "user_created", "off", "--reason", "short")):
        refused = run("admin", "toggle", *arguments, code=1)
        assert "(WT021)" in refused.stderr
    assert toggle_of(run, "user_created")["is_logged"] is True


def test_mandatory_actions_are_beyond_toggles(run: CommandLine) -> None:
    refused = run(
        "admin", "toggle", "action", "audit_log_viewed", "off", "--reason", REASON, code=1
    )
    assert "(WT020)" in refused.stderr
    assert "always logged" in run("admin", "toggle", "list", "audit_access").stdout


def test_many_at_once_from_file_and_options(run: CommandLine, tmp_path: Path) -> None:
    file = tmp_path / "toggles.json"
    file.write_text(
        json.dumps({"categories": {"file_operations": False}, "actions": {"user_created": False}})
    )
    command = ("toggle", "set", file, "--action", "user_created=on", "--action", "user_deleted=off")
    result = run("admin", *command, "--reason", REASON)
    assert result.stdout == "3 toggles changed.\n"
    assert toggle_of(run, "user_created")["override"] is True
    assert toggle_of(run, "user_deleted")["override"] is False
    assert toggle_of(run, "file_uploaded")["is_logged"] is False
    back = ("--category", "file_operations=inherit", "--logging", "on")
    assert run.row("admin", "toggle", "set", *back) == {"changes": 1}
    typed = '{"actions": {"user_created": null, "user_deleted": null}}'
    assert run.row("admin", "toggle", "set", "-", typed=typed) == {"changes": 2}


def test_many_at_once_are_all_or_nothing(run: CommandLine) -> None:
    command = ("toggle", "set", "--action", "user_created=off", "--action", "no_such_action=off")
    run("admin", *command, "--reason", REASON, code=1)
    assert toggle_of(run, "user_created")["is_logged"] is True


@pytest.mark.parametrize(
    "arguments",
    [
        ("toggle", "set"),
        ("toggle", "set", "--action", "user_created"),
        ("toggle", "set", "--action", "user_created=perhaps"),
        ("toggle", "logging", "perhaps"),
    ],
)
def test_wrong_usage(run: CommandLine, arguments: tuple[str, ...]) -> None:
    run("admin", *arguments, code=2)


@pytest.mark.parametrize("typed", ["{", "[" * 100_000, "[]", '{"actions": 3}'])
def test_a_file_that_holds_no_toggles_is_wrong_usage(run: CommandLine, typed: str) -> None:
    run("admin", "toggle", "set", "-", "--action", "user_created=on", typed=typed, code=2)


def test_in_swedish(run: CommandLine) -> None:
    page = run("admin", "--lang", "sv", "toggle", "list").stdout
    assert "Granskningsloggen är på." in page
    assert "Insyn i loggen audit_access" in page
    assert "loggas alltid" in page


@pytest.mark.parametrize("columns", [80, 120])
def test_the_page_fits(run: CommandLine, columns: int) -> None:
    page = run("admin", "toggle", "list", columns=columns).stdout
    assert max(len(line) for line in page.splitlines()) <= columns
