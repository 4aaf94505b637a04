from __future__ import annotations

import json
import re
from pathlib import Path

import pytest

from cli.command_line import JUSTIFICATION, CommandLine, talk

MISSING = "01980000-0000-7000-8000-000000000000"


def test_a_person_is_asked_for_reason_and_justification(run: CommandLine) -> None:
    event_id = run.log_user("Anna added Bo")
    reasons = [row["code"] for row in run.rows("reader", "catalogue", "list", "access_reason")]
    number = reasons.index("user_support") + 1
    shown, code = talk(
        run,
        ["search", "--action", "user_created"],
        [
            ("Reason, 1 to 9:", "99"),
            ("Reason, 1 to 9:", str(number)),
            ("Justification, in 10–500 characters:", "too short"),  # noqa: RUF001
            ("Justification, in 10–500 characters:", JUSTIFICATION),  # noqa: RUF001
        ],
        NO_COLOR="1",
    )
    assert code == 0
    assert "Type a number from 1 to 9." in shown
    assert "9 characters." in shown
    assert "(WT021)" in shown
    assert f"{len(JUSTIFICATION)} characters." in shown
    assert event_id in shown
    assert "Anna added Bo" in shown
    opened = run.rows("reader", "access", "list")
    assert [(row["access_reason"], row["justification"]) for row in opened] == [
        ("user_support", JUSTIFICATION)
    ]

    shown, code = talk(run, ["show", event_id], [])
    assert code == 0
    assert "Anna added Bo" in shown


def test_a_person_is_asked_in_swedish(run: CommandLine) -> None:
    event_id = run.log_user("Anna added Bo")
    shown, code = talk(
        run,
        ["--lang", "sv", "show", event_id],
        [("Skäl, 1 till 9:", "1"), ("Motivering, 10–500 tecken:", JUSTIFICATION)],  # noqa: RUF001
    )
    assert code == 0
    titles = [
        row["titles"]["sv"] for row in run.rows("reader", "catalogue", "list", "access_reason")
    ]
    assert all(title in shown for title in titles)
    assert "Insynssession" in shown
    assert "Åtgärd" in shown


def test_a_person_may_leave_without_an_answer(run: CommandLine) -> None:
    shown, code = talk(run, ["search"], [("Reason, 1 to 9:", "\x04")])
    assert code == 1
    assert "Traceback" not in shown
    assert run.rows("reader", "access", "list") == []


@pytest.mark.parametrize(("variables", "coloured"), [({}, True), ({"NO_COLOR": "1"}, False)])
def test_colours_are_a_matter_of_taste(
    run: CommandLine, variables: dict[str, str], coloured: bool
) -> None:
    event_id = run.log_user("Anna added Bo")
    run.open_access()
    shown, code = talk(run, ["show", event_id], [], **variables)
    assert code == 0
    assert bool(re.search(r"\x1b\[[0-9;]*3[0-9]", shown)) is coloured


def test_sessions_are_opened_listed_and_closed(run: CommandLine) -> None:
    access_id = run.open_access()
    listed = run("reader", "access", "list").stdout
    assert access_id in listed.replace("\n", "")
    assert "open" in listed
    assert run("reader", "access", "close", access_id).stdout == "Done.\n"
    assert run.row("reader", "access", "close", access_id) == {"changed": False}
    assert run.row("reader", "access", "list")["is_open"] is False
    assert "(WT030)" in run("reader", "search", code=1).stderr
    run("reader", "access", "close", MISSING, code=1)


def test_an_admin_may_close_anybodys_session(run: CommandLine) -> None:
    access_id = run.open_access()
    run("admin", "access", "close", access_id)
    assert run.row("reader", "access", "list")["closed_by"] == run.database.role("admin")


def test_opening_without_a_person_takes_both_options(run: CommandLine) -> None:
    missing = run("reader", "access", "open", "--reason", "user_support", code=2)
    assert "--justification" in missing.stderr
    run("reader", "access", "open", "--justification", JUSTIFICATION, code=2)


def test_five_an_hour(run: CommandLine) -> None:
    for _ in range(5):
        run.open_access()
    refused = run(
        "reader", "access", "open", "--reason", "user_support", "--justification", JUSTIFICATION,
        code=1,
    )  # fmt: skip
    assert "(WT033)" in refused.stderr


def test_a_batch_shows_its_progress_to_a_person(run: CommandLine, tmp_path: Path) -> None:
    event = {"action": "user_created", "entity_type": "user", "description": "Bo was added"}
    file = tmp_path / "events.jsonl"
    file.write_text(f"{json.dumps(event)}\n" * 3000)
    shown, code = talk(run, ["log", "--batch", str(file)], [], persona="app")
    assert code == 0
    assert re.search(r"Logging .*3000/3000", shown)
    assert shown.endswith("3,000 logged, 0 toggled off.\n")
