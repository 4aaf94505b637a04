from __future__ import annotations

import json
import subprocess
import sys
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from cli.command_line import JUSTIFICATION, CommandLine

MISSING = "01980000-0000-7000-8000-000000000000"
HOSTILE = "Bo \x1b[2J\x1b]0;owned\x07\x9b31m\u202eknarf\r\n[bold]not markup[/bold]"


@pytest.fixture
def events(run: CommandLine) -> dict[str, str]:
    """Four events of tenant a with an open access session of its reader; names to ids."""

    def log(action: str, entity_type: str, entity_id: str, description: str, *more: str) -> str:
        command = ("log", action, entity_type, entity_id, "--description", description)
        return run("app", *command, *more).stdout.strip()

    ids = {
        "created": log("user_created", "user", "42", "Anna added Bo", "--actor", "anna"),
        "failed": log("user_deleted", "user", "42", "Eve tried to remove Bo", "--actor", "eve",
                      "--failure", "not allowed"),
        "file": log("file_uploaded", "file", "f1", "Report uploaded", "--actor", "anna",
                    "--metadata", '{"size": 3, "names": ["100%_sure"]}'),
        "role": log("role_created", "role", "r1", "Role editor added", "--actor-type", "system"),
    }  # fmt: skip
    run.open_access()
    return ids


@pytest.mark.parametrize(
    ("arguments", "names"),
    [
        (("Bo",), ["failed", "created"]),
        (("100%_sure",), ["file"]),
        (("--action", "user_created"), ["created"]),
        (("--action", "user_created", "--action", "file_uploaded"), ["file", "created"]),
        (("--category", "file_operations"), ["file"]),
        (("--entity-type", "user", "--entity-id", "42"), ["failed", "created"]),
        (("--actor-id", "anna"), ["file", "created"]),
        (("--outcome", "failure"), ["failed"]),
        (("--source", "logged", "--outcome", "success", "--actor-id", "anna"), ["file", "created"]),
        (("--metadata", '{"size": 3}'), ["file"]),
        (("--filter", '{"actor_type": "system", "source": "logged"}'), ["role"]),
        (("--filter", '{"action": "role_created"}', "--action", "user_created"), ["created"]),
        (("--from", "2020-01-01", "--to", "2020-12-31"), []),
    ],
)
def test_filters(
    run: CommandLine, events: dict[str, str], arguments: tuple[str, ...], names: list[str]
) -> None:
    found = run.rows("reader", "search", *arguments, code=0 if names else 3)
    assert [row["id"] for row in found] == [events[name] for name in names]


def test_a_bare_day_is_that_whole_day(run: CommandLine, events: dict[str, str]) -> None:
    today = datetime.now(UTC).date()
    yesterday = today - timedelta(days=1)
    command = ("search", "--actor-id", "anna", "--from", yesterday, "--to", today)
    assert len(run.rows("reader", *command)) == 2


def test_a_table_for_people(run: CommandLine, events: dict[str, str]) -> None:
    page = run("reader", "search", "--entity-type", "user")
    head, line, *rows = page.stdout.splitlines()
    assert head.split() == ["When", "Action", "Description", "Actor", "Status"]
    assert set(line) == {"─"}
    assert rows[0].split("  ")[0] == "just now"
    assert "Eve tried to remove Bo" in rows[0]
    assert "✗ Failure" in rows[0]
    assert events["failed"] in rows[1]
    assert "✓ Success" in rows[2]
    assert page.stderr == "2 events.\n"


def test_a_narrow_table_in_swedish(run: CommandLine, events: dict[str, str]) -> None:
    page = run("reader", "search", "--entity-type", "user", "--lang", "sv", columns=80)
    assert page.stdout.splitlines()[0].split() == ["När", "Åtgärd", "Beskrivning"]
    assert "nyss" in page.stdout
    assert "✗ Misslyckades" in page.stdout
    assert page.stderr == "2 händelser.\n"
    titles = {
        row["code"]: row["titles"] for row in run.rows("reader", "catalogue", "list", "action")
    }
    assert titles["user_created"]["sv"].split()[0] in page.stdout


@pytest.mark.parametrize("columns", [40, 80, 119, 120, 200])
def test_tables_fit(run: CommandLine, columns: int) -> None:
    text = "long words " * 50 + "x" * 5000
    event_id = run.log_user(text)
    run.open_access()
    page = run("reader", "search", "--action", "user_created", columns=columns).stdout
    widest = max(len(line) for line in page.splitlines())
    assert widest <= max(columns, 64)
    assert len(page.splitlines()) < 60
    assert text in run("reader", "show", event_id, columns=columns).stdout


def test_pages_follow_one_another(run: CommandLine) -> None:
    ids = [run.log_user(f"User number {n}") for n in range(5)][::-1]
    run.open_access()
    command = ("search", "--action", "user_created", "--limit", 2)
    page = run("reader", *command)
    summary, more = page.stderr.splitlines()
    assert summary == "2 of 5 events."
    cursor = more.split("--after ", 1)[1]
    seen = [row["id"] for row in run.rows("reader", *command, "--after", cursor)]
    assert seen == ids[2:4]
    assert [row["id"] for row in run.rows("reader", *command, "--all")] == ids
    whole = run("reader", *command, "--all")
    assert whole.stdout.count("Description") == 1
    assert whole.stderr == "5 events.\n"


def test_without_a_session_nobody_reads(run: CommandLine) -> None:
    event_id = run.log_user("Anna added Bo")
    for command in (("search",), ("show", event_id), ("actors",)):
        refused = run("reader", *command, code=1)
        assert refused.stdout == ""
        error, *_, hint, ours = refused.stderr.splitlines()
        assert error.startswith("error: ")
        assert error.endswith(" (WT030)")
        assert hint.startswith("hint: ")
        assert "open_access" in hint
        assert ours == "hint: At the command line: --reason CODE --justification TEXT"


def test_reason_and_justification_open_a_session(run: CommandLine) -> None:
    event_id = run.log_user("Anna added Bo")
    words = ("--reason", "security_investigation", "--justification", JUSTIFICATION)
    found = run.rows("reader", "search", "--action", "user_created", *words)
    assert [row["id"] for row in found] == [event_id]
    run("reader", "search", "--action", "user_created", *words)
    opened = run.rows("reader", "access", "list")
    assert [(row["access_reason"], row["justification"]) for row in opened] == [
        ("security_investigation", JUSTIFICATION)
    ]


def test_a_bad_justification_opens_nothing(run: CommandLine) -> None:
    for reason, words, sqlstate in (
        ("user_support", "too short", "WT021"),
        ("curiosity", JUSTIFICATION, "WT034"),
    ):
        refused = run("reader", "search", "--reason", reason, "--justification", words, code=1)
        assert f"({sqlstate})" in refused.stderr
    assert run.rows("reader", "access", "list") == []


def test_reading_is_logged_with_its_filter(run: CommandLine, events: dict[str, str]) -> None:
    run("reader", "search", "Bo", "--outcome", "failure")
    views = run.rows("reader", "search", "--action", "audit_log_viewed")
    assert views[0]["metadata"]["filter"] == {"search": "Bo", "outcome": "failure"}
    assert views[0]["metadata"]["justification"] == JUSTIFICATION
    assert len(views) == 1


def test_a_service_reads_with_tenant_actor_and_session(run: CommandLine) -> None:
    event_id = run.log_user("Anna added Bo", tenant="b")
    who = ("--tenant", run.database.tenant_b, "--actor", "anna")
    words = ("--reason", "user_support", "--justification", JUSTIFICATION)
    first = run("service", *who, "search", "--action", "user_created", *words)
    assert event_id in first.stdout
    access_id = first.stderr.split("export PGWITNESS_ACCESS=", 1)[1].split()[0]
    variables: Any = {
        "PGWITNESS_TENANT": str(run.database.tenant_b),
        "PGWITNESS_ACTOR": "anna",
        "PGWITNESS_ACCESS": access_id,
    }
    assert run.row("service", "show", event_id, **variables)["id"] == event_id
    variables["PGWITNESS_ACTOR"] = "eve"
    refused = run("service", "show", event_id, code=1, **variables)
    assert "(WT035)" in refused.stderr
    run("service", "show", event_id, code=1)


def test_another_tenants_events_are_not_there(run: CommandLine) -> None:
    event_id = run.log_user("Anna added Bo", tenant="b")
    run.open_access()
    assert "(WT044)" in run("reader", "show", event_id, code=3).stderr
    assert run.rows("reader", "search", "--action", "user_created", code=3) == []
    refused = run("reader", "--tenant", run.database.tenant_b, "search", code=1)
    assert "(WT002)" in refused.stderr


def test_the_detail_view(run: CommandLine) -> None:
    event_id = run.log_user(
        "Anna added Bo",
        *("--metadata", '{"channel": "admin"}', "--target", '{"name": "Bo"}'),
        *("--changes", '{"email": {"old": null, "new": "bo@example.org"}}'),
        *("--failure", "the address is taken"),
    )
    run.open_access()
    detail = run("reader", "show", event_id).stdout
    first, description, *_ = detail.splitlines()
    assert first.endswith("✗ Failure")
    assert description == "Anna added Bo"
    assert f"{datetime.now(UTC):%Y-%m-%d}" in detail
    assert "+00:00 (just now)" in detail
    assert "the address is taken" in detail
    changes = detail.split("Changes\n", 1)[1].split("\n\n", 1)[0]
    assert json.loads(changes) == {"email": {"old": None, "new": "bo@example.org"}}
    swedish = run("reader", "show", event_id, "--lang", "sv").stdout
    assert "Målet, som det var då" in swedish


def test_an_event_that_is_not_there(run: CommandLine) -> None:
    run.open_access()
    refused = run("reader", "show", MISSING, code=3)
    assert "(WT044)" in refused.stderr


def test_an_event_cannot_draw_on_the_terminal(run: CommandLine) -> None:
    event_id = run(
        "app", "log", "user_created", "user", HOSTILE, "--description", HOSTILE,
        "--metadata", json.dumps({HOSTILE: HOSTILE}), "--target", json.dumps({"name": HOSTILE}),
        "--actor", HOSTILE, "--failure", HOSTILE,
    ).stdout.strip()  # fmt: skip
    run.open_access()
    for command in (
        ("search", "--action", "user_created"),
        ("search", "--action", "user_created", "--json"),
        ("show", event_id),
        ("show", event_id, "--json"),
        ("actors",),
        ("actors", "--json"),
    ):
        shown = run("reader", *command, columns=200).stdout
        assert "knarf" in shown
        drawn = [char for char in shown if char in "\x1b\x07\x9b\u202e\r"]
        assert drawn == []
    assert "[bold]not markup[/bold]" in run("reader", "show", event_id, columns=200).stdout
    assert run.row("reader", "show", event_id)["description"] == HOSTILE


def test_a_refusal_cannot_draw_on_the_terminal(run: CommandLine) -> None:
    run.open_access()
    refused = run("reader", "search", "--filter", json.dumps({HOSTILE: 1}), code=1)
    assert "(WT040)" in refused.stderr
    assert not set(refused.stderr) & set("\x1b\x07\x9b\u202e\r")


def test_actors(run: CommandLine, events: dict[str, str]) -> None:
    actors = {row["actor_id"]: row for row in run.rows("reader", "actors")}
    assert actors["anna"]["events"] == 2
    table = run("reader", "actors", "ann").stdout
    assert "anna" in table
    assert "eve" not in table
    run("reader", "actors", "nobody of this name", code=3)


def test_the_report_of_a_person(run: CommandLine, events: dict[str, str]) -> None:
    run.open_access("privacy")
    rows = run.rows("privacy", "report", "anna")
    assert {row["id"] for row in rows} == {events["created"], events["file"]}
    assert rows[0]["relations"] == ["actor"]
    table = run("privacy", "report", "anna", "eve", "--with-actors", "--lang", "sv").stdout
    assert events["failed"] in table
    assert "aktör" in table
    run("privacy", "report", "nobody of this name", code=3)
    run("reader", "report", "anna", code=1)


@pytest.mark.parametrize(
    "arguments",
    [
        ("search", "--limit", "many"),
        ("search", "--metadata", "[]"),
        ("show", "not-an-id"),
        ("report",),
        ("--tenant", "duckburg", "search"),
    ],
)
def test_wrong_usage(run: CommandLine, arguments: tuple[str, ...]) -> None:
    run("reader", *arguments, code=2)


@pytest.mark.parametrize(
    ("arguments", "sqlstate"),
    [
        (("--limit", "0"), "WT042"),
        (("--limit", "1001"), "WT042"),
        (("--after", "nonsense"), "WT041"),
        (("--from", "someday"), "WT040"),
        (("--ip", "nowhere"), "WT040"),
        (("--filter", '{"colour": "red"}'), "WT040"),
    ],
)
def test_the_database_judges_the_filter(
    run: CommandLine, arguments: tuple[str, ...], sqlstate: str
) -> None:
    run.open_access()
    assert f"({sqlstate})" in run("reader", "search", *arguments, code=1).stderr


def test_a_reader_of_the_output_may_leave(run: CommandLine) -> None:
    batch = "".join(
        json.dumps({"action": "user_created", "entity_type": "user", "description": "x" * 500})
        + "\n"
        for _ in range(1000)
    )
    run("app", "log", "--batch", "-", typed=batch)
    run.open_access()
    dsn = run.database.dsn(run.database.role("reader"))
    for more in ((), ("--json",)):
        command = [sys.executable, "-m", "pgwitness", "--dsn", dsn, "search", "--all", *more]
        with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE) as process:
            assert process.stdout is not None
            assert process.stderr is not None
            process.stdout.readline()
            process.stdout.close()
            assert b"Traceback" not in process.stderr.read()
            assert b"Broken" not in process.stderr.read()
