from __future__ import annotations

from pathlib import Path

import pytest

from cli.command_line import REASON, CommandLine

from databases import Database


def test_an_application_adds_its_own(run: CommandLine) -> None:
    texts = ("--title", "en=Billing", "--title", "sv=Fakturering", "--description", "en=Invoices")
    assert run.row("operator", "catalogue", "define-category", "billing", *texts) == {
        "changed": True
    }
    assert run.row("operator", "catalogue", "define-category", "billing", *texts) == {
        "changed": False
    }
    run(
        "operator", "catalogue", "define-action", "invoice_paid", "billing",
        "--title", "en=Invoice paid", "--title", "sv=Faktura betald", "--when-too-large", "cut",
    )  # fmt: skip
    run("operator", "catalogue", "define-entity-type", "invoice", "--title", "en=Invoice")
    run("operator", "catalogue", "define-reason", "tax_audit", "--title", "en=Tax audit")

    entries = {(row["kind"], row["code"]): row for row in run.rows("app", "catalogue", "list")}
    assert entries["category", "billing"]["descriptions"] == {"en": "Invoices"}
    assert entries["action", "invoice_paid"]["titles"]["sv"] == "Faktura betald"
    assert entries["action", "invoice_paid"]["category"] == "billing"
    assert ("entity_type", "invoice") in entries
    assert ("access_reason", "tax_audit") in entries

    run("app", "log", "invoice_paid", "invoice", "7", "--description", "Invoice 7 was paid")
    run("operator", "catalogue", "retire-action", "invoice_paid", "--reason", REASON)
    refused = run("app", "log", "invoice_paid", "invoice", "--description", "x", code=1)
    assert "(WT010)" in refused.stderr


def test_one_kind_in_a_language(run: CommandLine) -> None:
    english = run("reader", "catalogue", "list", "outcome").stdout
    assert english.splitlines()[0] == "Outcomes"
    assert "Failure" in english
    swedish = run("reader", "catalogue", "list", "outcome", "--lang", "sv").stdout
    assert swedish.splitlines()[0] == "Utfall"
    assert "Misslyckades" in swedish
    assert len(run.rows("reader", "catalogue", "list", "access_reason")) == 9


@pytest.mark.parametrize("columns", [80, 120])
def test_the_list_fits(run: CommandLine, columns: int) -> None:
    page = run("reader", "catalogue", "list", columns=columns).stdout
    assert max(len(line) for line in page.splitlines()) <= columns


@pytest.mark.parametrize(
    "arguments",
    [
        ("define-category", "audit_access", "--title", "en=Mine"),
        ("define-category", "Not A Code", "--title", "en=Mine"),
        ("define-action", "user_created", "file_operations", "--title", "en=Mine"),
    ],
)
def test_the_database_refuses_definitions(run: CommandLine, arguments: tuple[str, ...]) -> None:
    assert "(WT050)" in run("operator", "catalogue", *arguments, code=1).stderr


@pytest.mark.parametrize(
    "arguments",
    [
        ("define-category", "billing"),
        ("define-category", "billing", "--title", "Billing"),
        ("list", "no_such_kind"),
        ("load", "no_such_catalogue"),
    ],
)
def test_wrong_usage(run: CommandLine, arguments: tuple[str, ...]) -> None:
    run("operator", "catalogue", *arguments, code=2)


def test_a_ready_catalogue_is_loaded_by_name(database: Database) -> None:
    run = CommandLine(database)
    assert run.rows("operator", "catalogue", "list", "access_reason") == []
    run("operator", "catalogue", "load", "eneo")
    once = run.rows("operator", "catalogue", "list")
    run("operator", "catalogue", "load", "eneo")
    assert run.rows("operator", "catalogue", "list") == once
    assert len([row for row in once if row["kind"] == "access_reason"]) == 9


def test_a_catalogue_of_ones_own_is_loaded_whole_or_not(run: CommandLine, tmp_path: Path) -> None:
    good = (
        "select audit.define_category(category => 'billing', titles => '{\"en\": \"Billing\"}');\n"
    )
    bad = "select audit.define_category(category => 'B', titles => '{}');\n"
    file = tmp_path / "own.sql"
    file.write_text(good + bad)
    assert "(WT050)" in run("operator", "catalogue", "load", file, code=1).stderr
    codes = {row["code"] for row in run.rows("operator", "catalogue", "list", "category")}
    assert "billing" not in codes
    file.write_text(good)
    run("operator", "catalogue", "load", file)
    codes = {row["code"] for row in run.rows("operator", "catalogue", "list", "category")}
    assert "billing" in codes


def test_options(run: CommandLine) -> None:
    run("operator", "option", "set", "payload_limit_bytes", "2000", "--reason", REASON)
    options = {row["name"]: row for row in run.rows("operator", "option", "list")}
    assert options["payload_limit_bytes"]["value"] == "2000"
    assert options["payload_limit_bytes"]["default_value"] == "65536"
    assert "payload_limit_bytes" in run("operator", "option", "list").stdout
    for name, value in (("payload_limit_bytes", "tiny"), ("no_such_option", "1")):
        refused = run("operator", "option", "set", name, value, "--reason", REASON, code=1)
        assert "(WT060)" in refused.stderr
