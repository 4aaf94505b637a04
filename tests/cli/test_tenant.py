from __future__ import annotations

from cli.command_line import REASON, CommandLine

NEW = "cccccccc-0000-4000-8000-00000000000c"


def test_tenants_are_registered_listed_and_retired(run: CommandLine) -> None:
    assert run("operator", "tenant", "register", NEW, "Duckburg").stdout == "Done.\n"
    assert run.row("operator", "tenant", "register", NEW, "Duckburg") == {"changed": False}
    tenants = {row["tenant_id"]: row for row in run.rows("operator", "tenant", "list")}
    assert tenants[NEW]["name"] == "Duckburg"
    assert tenants[NEW]["retired_at"] is None

    run("operator", "tenant", "retire", NEW, "--reason", REASON)
    listed = run("operator", "tenant", "list").stdout
    line = next(line for line in listed.splitlines() if NEW in line)
    assert line.split()[1] == "Duckburg"
    assert line.split()[-1] == "retired"


def test_grants_are_given_listed_and_taken(run: CommandLine) -> None:
    run("operator", "tenant", "register", NEW, "Duckburg")
    assert run.row("operator", "tenant", "grant", "test_stranger", NEW) == {"changed": True}
    run("operator", "tenant", "grant-all", "test_backup", "--reason", REASON)
    grants = {
        (row["role_name"], row["tenant_id"]): row
        for row in run.rows("operator", "tenant", "grants")
    }
    assert ("test_stranger", NEW) in grants
    assert grants["test_backup", None]["reason"] == REASON
    assert "every tenant" in run("operator", "tenant", "grants").stdout

    run("operator", "tenant", "revoke", "test_stranger", NEW, "--reason", REASON)
    run("operator", "tenant", "revoke", "test_backup", "--reason", REASON)
    left = {row["role_name"] for row in run.rows("operator", "tenant", "grants")}
    assert left.isdisjoint({"test_stranger", "test_backup"})


def test_refusals_say_why_in_a_line_and_give_the_hint(run: CommandLine) -> None:
    refused = run("operator", "tenant", "grant", "nobody_at_all", NEW, code=1)
    error, *more = refused.stderr.splitlines()
    assert error.startswith("error: ")
    assert error.endswith(" (WT003)") or error.endswith(" (WT005)")
    assert more[-1].startswith("hint: ")
    assert refused.stdout == ""


def test_a_role_without_the_right_is_told_where_to_look(run: CommandLine) -> None:
    refused = run("reader", "tenant", "list", code=1)
    assert "permission denied" in refused.stderr
    assert "(42501)" in refused.stderr
    assert "hint: The command's --help names the role" in refused.stderr


def test_a_tenant_is_a_uuid(run: CommandLine) -> None:
    run("operator", "tenant", "register", "duckburg", "Duckburg", code=2)


def test_reasons_are_not_optional(run: CommandLine) -> None:
    run("operator", "tenant", "retire", NEW, code=2)
