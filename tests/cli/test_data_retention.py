from __future__ import annotations

import json

import pytest

from cli.command_line import REASON, CommandLine
from data_retention.office import DECISION, FILES, LEVELS, QUESTIONS, Office, open_office

DEFINE = (
    "data-retention", "define", QUESTIONS,
    "--time-column", "created_at", "--tenant-column", "tenant_id",
    "--levels", json.dumps(LEVELS), "--children", json.dumps(FILES), "--decision", DECISION,
)  # fmt: skip


@pytest.fixture
def office(run: CommandLine) -> Office:
    """The guide's schema, with five old questions and a young one of an assistant of 30 days."""
    made = open_office(run.database)
    assistant = made.assistant(30)
    made.ask(assistant, 40, count=5, files=2)
    made.ask(assistant, 1)
    return made


def test_from_declaring_to_the_receipt(run: CommandLine, office: Office) -> None:
    assert run.row("owner", *DEFINE) == {"changed": True}
    assert run.row("owner", *DEFINE) == {"changed": False}
    row = run.row("operator", "data-retention", "list")
    assert (row["relation"], row["armed_at"], row["decision"]) == (QUESTIONS, None, DECISION)
    assert [level["name"] for level in row["levels"]] == ["assistant", "space", "tenant"]
    assert "assistant: app.assistants" in run("operator", "data-retention", "list").stdout

    rows = run.rows("owner", "data-retention", "preview", QUESTIONS)
    assert sum(row["due"] for row in rows) == 5
    assert "30 days" in run("owner", "data-retention", "preview", QUESTIONS).stdout

    arm = ("data-retention", "arm", QUESTIONS, "--reason", REASON)
    asked = run("owner", *arm, code=1).stderr
    assert "Now 5 of 6 would go" in asked
    assert run.row("operator", "data-retention", "list")["armed_at"] is None
    assert run("owner", *arm, typed="y\n").stdout == "Done.\n"
    assert run.row("operator", "data-retention", "list")["armed_at"]

    refused = run("operator", "data-retention", "run", code=1).stderr
    assert f"Remove 5 of 6 rows of {QUESTIONS}" in refused
    page = run("operator", "data-retention", "run", typed="y\n").stdout
    assert "of 5 due" in page
    assert "purge_data: succeeded" in page
    (receipt,) = [
        row for row in run.rows("operator", "data-retention", "receipts") if row["removed"]
    ]
    assert (receipt["predicted"], receipt["removed"], receipt["children_removed"]) == (5, 5, 10)
    assert receipt["by_level"] == {"assistant": 5}
    assert receipt["decision"] == DECISION
    again = run.rows("operator", "data-retention", "run")
    assert {row["removed"] for row in again} == {0}


def test_one_row_is_resolved(run: CommandLine, office: Office) -> None:
    run("owner", *DEFINE)
    (key,) = office.ask(office.assistant(7), 3)
    row = run.row("owner", "data-retention", "resolve", QUESTIONS, key)
    assert (row["level"], row["days"], row["is_kept"]) == ("assistant", 7, False)
    assert row["due_at"] > row["time"]
    assert "7 days" in run("owner", "data-retention", "resolve", QUESTIONS, key).stdout
    missing = ("data-retention", "resolve", QUESTIONS, "nothing")
    assert "(WT112)" in run("owner", *missing, code=1).stderr


def test_disarmed_and_dropped_again(run: CommandLine, office: Office) -> None:
    run("owner", *DEFINE)
    run("owner", "data-retention", "arm", QUESTIONS, "--yes", "--reason", REASON)
    for command in ("disarm", "drop"):
        words = ("data-retention", command, QUESTIONS)
        run("owner", *words, code=2)
        assert run.row("owner", *words, "--reason", REASON) == {"changed": True}
    assert run.rows("operator", "data-retention", "list") == []


def test_who_may_not_is_refused(run: CommandLine, office: Office) -> None:
    assert "(WT112)" in run("operator", *DEFINE, code=1).stderr
    assert "(42501)" in run("admin", *DEFINE, code=1).stderr
    assert "(42501)" in run("admin", "data-retention", "run", "--yes", code=1).stderr
    run("owner", *DEFINE)
    assert (
        "(WT112)"
        in run(
            "operator", "data-retention", "arm", QUESTIONS, "--yes", "--reason", REASON, code=1
        ).stderr
    )


def test_a_table_that_has_changed_is_a_problem(run: CommandLine, office: Office) -> None:
    run("owner", *DEFINE)
    office.make("alter table app.spaces rename column data_retention_days to days")
    row = run.row("operator", "data-retention", "list", code=1)
    assert row["problem"]
    assert row["problem"][:20] in run("operator", "data-retention", "list", code=1).stdout
