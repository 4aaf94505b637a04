from __future__ import annotations

from cli.command_line import REASON, CommandLine


def test_a_hold_is_placed_listed_and_released(run: CommandLine) -> None:
    run.log_user("Anna created Bo")
    place = ("hold", "place", "Case 4711", "--entity-type", "user", "--entity-id", "42")
    assert run.row("admin", *place, "--reason", REASON) == {"changed": True}
    assert run.row("admin", *place, "--reason", REASON) == {"changed": False}
    row = run.row("admin", "hold", "list")
    assert (row["name"], row["released_at"], row["placed_by"]) == (
        "Case 4711", None, "test_admin_a",
    )  # fmt: skip
    assert row["filter"] == {"entity_type": "user", "entity_id": "42"}
    page = run("privacy", "hold", "list").stdout
    assert "Case 4711" in page
    assert '"entity_id": "42"' in page
    for persona in ("operator", "auditor"):
        assert run.row(persona, "hold", "list")["name"] == "Case 4711"
    tenant_b = run.database.tenant_b
    assert run.rows("operator", "hold", "list", "--tenant", tenant_b) == []
    assert run.rows("admin", "hold", "list", tenant="b") == []

    release = ("hold", "release", "Case 4711", "--reason", REASON)
    assert run.row("admin", *release) == {"changed": True}
    assert run.row("admin", *release) == {"changed": False}
    assert run.row("admin", "hold", "list")["release_reason"] == REASON
    assert "Hävt" in run("admin", "hold", "list", "--lang", "sv").stdout


def test_what_is_held_has_to_be_said(run: CommandLine) -> None:
    words = ("hold", "place", "All", "--reason", REASON)
    assert "everything of the tenant" in run("admin", *words, code=2).stderr
    assert run.row("admin", *words, "--filter", "{}") == {"changed": True}
    run("admin", "hold", "place", "All", "--filter", "{}", code=2)


def test_a_hold_that_cannot_be_is_refused(run: CommandLine) -> None:
    place = ("hold", "place", "Case 1", "--reason", REASON)
    searched = ("--filter", '{"search": "Bo"}')
    assert "(WT111)" in run("admin", *place, *searched, code=1).stderr
    assert "(WT040)" in run("admin", *place, "--filter", '{"colour": "red"}', code=1).stderr
    assert "(WT111)" in run("admin", "hold", "release", "X", "--reason", REASON, code=1).stderr
    assert (
        "(WT021)"
        in run("admin", "hold", "place", "X", "--filter", "{}", "--reason", "short", code=1).stderr
    )
    for persona in ("reader", "operator", "privacy"):
        assert "(42501)" in run(persona, *place, "--filter", "{}", code=1).stderr
