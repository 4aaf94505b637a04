from __future__ import annotations

from uuid import UUID

import pytest

from cli.command_line import REASON, TABLE, WATCH, CommandLine

NEWCOMER = UUID("cccccccc-0000-4000-8000-00000000000c")


@pytest.fixture
def shop(run: CommandLine) -> CommandLine:
    """The command line against a database with a table that isn't watched yet."""
    run.open_workshop()
    return run


def test_watching_and_the_list(shop: CommandLine) -> None:
    assert shop("owner", *WATCH).stdout == "Done.\n"
    assert shop.row("owner", *WATCH) == {"changed": False}
    row = shop.row("operator", "capture", "list")
    assert row["relation"] == TABLE
    assert (row["entity_type"], row["tenant_column"]) == ("customer", "tenant_id")
    assert (row["columns"], row["redact_columns"], row["key_columns"]) == (None, [], ["id"])
    assert (row["state"], row["problem"], row["hint"]) == ("ok", None, None)
    page = shop("auditor", "capture", "list").stdout
    assert page.splitlines()[0].split() == ["Table", "Columns", "Tenant", "Watched", "Status"]
    assert page.splitlines()[2].split() == [TABLE, "all", "tenant_id", "just", "now", "ok"]


def test_every_option_reaches_the_database(shop: CommandLine) -> None:
    shop(
        "owner", *WATCH, "--label-column", "name", "--column", "name", "--column", "ssn",
        "--redact", "ssn", "--ignore", "balance", "--category", "admin_actions",
        "--level", "row", "--on-error", "spool", "--drop-deleted-values",
    )  # fmt: skip
    row = shop.row("operator", "capture", "list")
    assert row["label_column"] == "name"
    assert sorted(row["columns"]) == ["name", "ssn"]
    assert (row["redact_columns"], row["ignore_columns"]) == (["ssn"], ["balance"])
    assert (row["level"], row["on_error"]) == ("row", "spool")
    assert row["keep_deleted_values"] is False
    page = shop("operator", "capture", "list", "--lang", "sv").stdout
    assert "row, spool" in page
    assert "utan värde: ssn" in page
    assert "förbigås: balance" in page
    actions = {
        entry["code"]: entry["category"]
        for entry in shop.rows("operator", "catalogue", "list", "action")
    }
    assert actions["customer_deleted"] == "admin_actions"


def test_recording_less_takes_a_reason(shop: CommandLine) -> None:
    shop("owner", *WATCH)
    less = (*WATCH, "--redact", "ssn", "--redact", "name")
    assert "(WT021)" in shop("owner", *less, code=1).stderr
    assert shop.row("owner", *less, "--reason", REASON) == {"changed": True}
    shop("owner", "capture", "unwatch", TABLE, code=2)
    assert shop.row("owner", "capture", "unwatch", TABLE, "--reason", REASON) == {"changed": True}
    assert shop.rows("operator", "capture", "list") == []


def test_who_may_not_watch_is_refused(shop: CommandLine) -> None:
    assert "(42501)" in shop("reader", *WATCH, code=1).stderr
    wrong = (*WATCH, "--label-column", "nowhere")
    assert "(WT090)" in shop("owner", *wrong, code=1).stderr
    assert "(WT090)" in shop("operator", *WATCH, code=1).stderr
    assert "(42P01)" in shop("operator", "capture", "watch", "app.nothing", "x", code=1).stderr


def test_a_table_that_is_gone_is_an_error_until_it_is_unwatched(shop: CommandLine) -> None:
    shop("owner", *WATCH)
    shop.database.connect(shop.database.role("owner")).execute("drop table app.customer")
    row = shop.row("operator", "capture", "list", code=1)
    assert row["state"] == "error"
    page = shop("operator", "capture", "list", code=1).stdout
    (line,) = [line for line in page.splitlines() if line.startswith("✗ error")]
    assert all(problem in line for problem in row["problem"].splitlines())
    assert all(f"    {line}" in page for line in row["hint"].splitlines())
    assert "✗ fel" in shop("operator", "capture", "list", "--lang", "sv", code=1).stdout
    shop("owner", "capture", "unwatch", "--entity-type", "customer", "--reason", REASON)
    assert shop.rows("operator", "capture", "list") == []


def test_what_could_not_be_logged_waits_and_is_logged_later(shop: CommandLine) -> None:
    shop("owner", *WATCH, "--on-error", "spool")
    assert shop.rows("operator", "capture", "spool") == []
    shop.change("insert into app.customer (id, tenant_id, name) values (1, %s, 'Bo Ek')", NEWCOMER)
    row = shop.row("auditor", "capture", "spool")
    assert (row["entity_type"], row["events"]) == ("customer", 1)
    assert "WT003" in row["error"]
    assert "Bo Ek" not in str(row)
    page = shop("operator", "capture", "spool", "--lang", "sv").stdout
    assert page.splitlines()[0].split() == ["Objekt", "Lagd", "åt", "sidan", "Händelser", "Fel"]
    assert shop("operator", "capture", "replay").stdout == "0 logged, 1 still waiting.\n"
    shop("operator", "tenant", "register", NEWCOMER, "Newcomer")
    assert shop.row("operator", "capture", "replay", "--limit", "10") == {
        "logged": 1,
        "remaining": 0,
    }
    assert shop.rows("operator", "capture", "spool") == []
