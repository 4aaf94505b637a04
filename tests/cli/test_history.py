from __future__ import annotations

import json
from datetime import UTC, datetime
from typing import Any

import pytest

from capture.workshop import open_workshop
from cli.command_line import JUSTIFICATION, TABLE, WATCH, CommandLine, talk

HOSTILE = "Bo \x1b[2J\x1b]0;owned\x07\x9b31m\u202eknarf\r\n[bold]not markup[/bold]"
DIGITS = "12345678901234567890.123456789"
MISSING = "01980000-0000-7000-8000-000000000000"


@pytest.fixture
def shop(run: CommandLine) -> CommandLine:
    """The command line against a database with a watched table; readers have opened sessions."""
    run.open_workshop()
    run("owner", *WATCH, "--label-column", "name", "--redact", "ssn")
    for tenant in ("a", "b"):
        run.open_access(tenant=tenant)
    return run


def change(shop: CommandLine, assignments: str) -> None:
    shop.change(f"update app.customer set {assignments} where id = 1")


def events(shop: CommandLine, *arguments: object, **settings: Any) -> list[dict[str, Any]]:
    return shop.rows("reader", "history", TABLE, 1, *arguments, **settings)


def test_the_history_of_a_row(shop: CommandLine) -> None:
    shop.add_customer(1, "Anna Berg", "19121212", DIGITS)
    change(shop, "name = 'Anna Ek', ssn = '19121213'")
    page = shop("reader", "history", TABLE, 1, columns=200)
    assert page.stdout.splitlines()[0].split() == ["When", "Action", "Changes", "Actor", "Status"]
    assert 'name: "Anna Berg" → "Anna Ek"' in page.stdout
    assert page.stdout.count("ssn: not kept: redacted") == 2
    assert f"balance: {DIGITS}" in page.stdout
    assert "19121212" not in page.stdout
    assert "test_app_a" in page.stdout
    assert page.stderr == "2 events.\n"
    found = events(shop)
    assert [event["action"] for event in found] == ["customer_updated", "customer_created"]
    assert all(event["id"] in page.stdout for event in found)
    swedish = shop("reader", "history", TABLE, 1, "--lang", "sv").stdout
    assert "ssn: sparas inte: maskerad" in swedish


def test_numbers_keep_their_digits(shop: CommandLine) -> None:
    shop.add_customer(1, "Anna", balance=DIGITS)
    (event,) = events(shop)
    for command in (
        ("history", TABLE, 1, "--json"),
        ("history", TABLE, 1, "--at", datetime.now(UTC).isoformat(), "--json"),
        ("show", event["id"], "--json"),
        ("show", event["id"]),
    ):
        assert DIGITS in shop("reader", *command).stdout
        assert f'"{DIGITS}"' not in shop("reader", *command).stdout


def test_pages_follow_one_another(shop: CommandLine) -> None:
    shop.add_customer(1, "name 0")
    for number in range(1, 5):
        change(shop, f"name = 'name {number}'")
    ids = [event["id"] for event in events(shop)]
    assert len(ids) == 5
    page = shop("reader", "history", TABLE, 1, "--limit", 2)
    summary, more = page.stderr.splitlines()
    assert summary == "2 events."
    cursor = more.split("--after ", 1)[1]
    assert [event["id"] for event in events(shop, "--limit", 2, "--after", cursor)] == ids[2:4]
    assert [event["id"] for event in events(shop, "--limit", 2, "--all")] == ids
    whole = shop("reader", "history", TABLE, 1, "--limit", 2, "--all")
    assert whole.stdout.count("Changes") == 1
    assert whole.stderr == "5 events.\n"


def test_the_row_as_it_stood(shop: CommandLine) -> None:
    before = datetime.now(UTC)
    shop.add_customer(1, "Anna Berg")
    between = datetime.now(UTC)
    change(shop, "name = 'Anna Ek'")
    after = datetime.now(UTC)
    shop.change("delete from app.customer")

    def at(moment: datetime, **settings: Any) -> Any:
        command = ("history", TABLE, 1, "--at", moment.isoformat())
        return shop.rows("reader", *command, **settings)

    assert at(before, code=3) == []
    assert [row["name"] for row in at(between)] == ["Anna Berg"]
    assert [row["name"] for row in at(between.replace(tzinfo=None))] == ["Anna Berg"]
    assert at(between.replace(tzinfo=None), code=3, PGTZ="Asia/Tokyo") == []
    assert [row["name"] for row in at(after)] == ["Anna Ek"]
    assert at(datetime.now(UTC), code=3) == []
    shown = shop("reader", "history", TABLE, 1, "--at", after.isoformat()).stdout
    assert json.loads(shown)["name"] == "Anna Ek"
    gone = shop("reader", "history", TABLE, 1, "--at", before.isoformat(), code=3)
    assert gone.stderr == "Nothing found.\n"


def test_a_row_that_moved(shop: CommandLine) -> None:
    shop.add_customer(1, "Anna Berg")
    change(shop, "id = 2")
    left = shop("reader", "history", TABLE, 1, "--limit", 1).stdout
    come = shop("reader", "history", TABLE, 2).stdout
    for shown, key, told in ((left, 1, "moved away"), (come, 2, "moved here")):
        assert told in shown
        assert f"id: {key}" in shown
        assert 'name: "Anna Berg"' in shown


def test_a_key_of_two_columns(run: CommandLine) -> None:
    workshop = open_workshop(run.database)
    workshop.make(
        "create table app.line"
        " (invoice bigint, place text, tenant_id uuid, primary key (invoice, place))"
    )
    workshop.watch("app.line", "line")
    run.change("insert into app.line values (7, 'a \"b\"', audit.current_tenant())")
    run.open_access()
    key = json.dumps(["7", 'a "b"'])
    event = run.row("reader", "history", "app.line", key)
    assert event["entity_id"] == key
    now = datetime.now(UTC).isoformat()
    assert run.row("reader", "history", "app.line", key, "--at", now)["place"] == 'a "b"'


def test_another_tenants_row_is_not_there(shop: CommandLine) -> None:
    shop.add_customer(1, "Bo", tenant="b")
    (event,) = events(shop, tenant="b")
    assert events(shop, code=3) == []
    now = datetime.now(UTC).isoformat()
    assert events(shop, "--at", now, tenant="b")[0]["name"] == "Bo"
    assert events(shop, "--at", now, code=3) == []
    assert "(WT044)" in shop("reader", "revert", event["id"], code=3).stderr


def test_reverting(shop: CommandLine) -> None:
    shop.add_customer(1, "Anna Berg")
    change(shop, "name = 'Anna Ek'")
    event_id = events(shop)[0]["id"]
    statement = shop("reader", "revert", event_id).stdout
    assert shop.row("reader", "revert", event_id)["statement"] == statement.removesuffix("\n")
    shop.change(statement)
    assert events(shop)[0]["changes"]["name"] == {"old": "Anna Ek", "new": "Anna Berg"}
    assert "(WT044)" in shop("reader", "revert", MISSING, code=3).stderr
    logged = shop.log_user("Anna added Bo")
    assert "(WT092)" in shop("reader", "revert", logged, code=1).stderr


def test_without_a_session_nobody_reads(run: CommandLine) -> None:
    run.open_workshop()
    run("owner", *WATCH)
    run.add_customer(1, "Anna")
    now = datetime.now(UTC).isoformat()
    for command in (
        ("history", TABLE, "1"),
        ("history", TABLE, "1", "--at", now),
        ("revert", MISSING),
    ):
        refused = run("reader", *command, code=1)
        assert "(WT030)" in refused.stderr
        assert refused.stdout == ""
        assert "--reason CODE --justification TEXT" in refused.stderr
    words = ("--reason", "security_investigation", "--justification", JUSTIFICATION)
    assert run.row("reader", "history", TABLE, 1, *words)["action"] == "customer_created"


def test_a_table_that_is_not_watched(run: CommandLine) -> None:
    run.open_workshop()
    run.open_access()
    assert "(WT091)" in run("reader", "history", TABLE, 1, code=1).stderr


def test_a_row_cannot_draw_on_the_terminal(shop: CommandLine) -> None:
    shop.add_customer(1, HOSTILE, DIGITS)
    change(shop, "name = 'Bo'")
    newest, oldest = (event["id"] for event in events(shop))
    now = datetime.now(UTC).isoformat()
    for command in (
        ("history", TABLE, 1),
        ("history", TABLE, 1, "--json"),
        ("history", TABLE, 1, "--at", now),
        ("show", newest),
        ("show", oldest),
        ("revert", newest, "--json"),
    ):
        shown = shop("reader", *command, columns=200).stdout
        assert "knarf" in shown or "--at" in command
        assert [char for char in shown if char in "\x1b\x07\x9b\u202e\r"] == []
    shown, code = talk(shop, ["revert", newest], [], NO_COLOR="1")
    assert code == 0
    assert "knarf" in shown
    assert [part for part in ("\x1b[2J", "\x1b]", "\x07", "\x9b", "\u202e") if part in shown] == []
    exact = shop.row("reader", "revert", newest)["statement"]
    assert shop("reader", "revert", newest).stdout_bytes.decode() == f"{exact}\n"
    shop.change(exact)
    assert events(shop)[0]["changes"]["name"]["new"] == HOSTILE


def test_the_detail_view_draws_captured_changes(shop: CommandLine) -> None:
    shop.add_customer(1, "Anna Berg", "19121212")
    change(shop, "name = 'Anna Ek', ssn = null")
    detail = shop("reader", "show", events(shop)[0]["id"]).stdout
    changes = detail.split("\nChanges\n", 1)[1].splitlines()[:2]
    assert sorted(line.split(maxsplit=1)[0] for line in changes) == ["name", "ssn"]
    assert any(line.split()[1:] == ['"Anna', 'Berg"', "→", '"Anna', 'Ek"'] for line in changes)
    assert "captured from a table" in detail


@pytest.mark.parametrize(
    "arguments",
    [
        ("history", TABLE),
        ("history", TABLE, "1", "--at", "yesterday"),
        ("history", TABLE, "1", "--at", "2026-01-01", "--all"),
        ("revert", "not-an-id"),
    ],
)
def test_wrong_usage(run: CommandLine, arguments: tuple[str, ...]) -> None:
    run("reader", *arguments, code=2)
