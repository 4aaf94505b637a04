from __future__ import annotations

from pathlib import Path

import pytest

from archiving.stacks import SINK, Stacks
from cli.command_line import JUSTIFICATION, REASON, CommandLine

WORDS = ("--reason", "audit_review", "--justification", JUSTIFICATION)


@pytest.fixture
def run(stacks: Stacks) -> CommandLine:
    stacks.define_archive("a", "b")
    return CommandLine(stacks.database)


def keys(run: CommandLine, folder: Path) -> tuple[Path, Path]:
    """Make a key for this log; give the private file and the public one."""
    private, public = folder / "key", folder / "keys"
    public.write_text(run("auditor", "key", "new", private).stdout)
    return private, public


def test_from_shipping_to_searching(run: CommandLine, stacks: Stacks, tmp_path: Path) -> None:
    stacks.bring_old("a needle")
    stacks.seal()
    stacks.shipper.close()
    run("shipper", "ship", SINK, "--once")
    listed = run.rows("operator", "archive", "list")
    assert {row["file"] for row in listed} == set(stacks.files())
    assert stacks.files()[0][-20:] in run("admin", "archive", "list", columns=300).stdout

    verified = run.row("reader", "archive", "verify", stacks.address)
    assert (verified["findings"], verified["proven"]) == ([], 0)
    private, public = keys(run, tmp_path)
    run("auditor", "checkpoint", "--key", private, "-o", tmp_path / "checkpoint")
    trusted = ("--checkpoint", tmp_path / "checkpoint", "--key", public)
    run("auditor", "archive", "link", stacks.address, *trusted)
    verified = run.row("reader", "archive", "verify", stacks.address, *trusted)
    assert verified["proven"] == verified["rows"] > 0
    assert "whole" in run("reader", "archive", "verify", stacks.address, *trusted).stdout

    found = run.rows("reader", "search", "needle", "--archive", stacks.address, *WORDS)
    assert [event["description"] for event in found] == ["a needle"]
    assert (
        "a needle" in run("reader", "search", "needle", "--archive", stacks.address, *WORDS).stdout
    )
    run("reader", "search", "nothing", "--archive", stacks.address, *WORDS, code=3)
    run("reader", "search", "--archive", stacks.address, "--after", "x", *WORDS, code=2)


def test_hot_days(run: CommandLine, stacks: Stacks) -> None:
    run("admin", "archive", "hot", "soon", "--reason", REASON, code=2)
    run("admin", "archive", "hot", "90", "--reason", REASON, code=2)
    set_ = ("archive", "hot", "90", "--sink", SINK, "--reason", REASON)
    run("admin", *set_, typed="n\n", code=1)
    assert run.row("admin", *set_, "--yes")["takes_effect_at"]
    assert "90 days" in run("admin", "retention", "show").stdout
    stacks.pass_delay()
    assert "90 days" in run("admin", "retention", "show").stdout
    assert run.row("admin", "retention", "show")["hot_days"] == 90
    run("admin", "archive", "hot", "none", "--reason", REASON)
    assert run.row("admin", "retention", "show")["hot_days"] is None


def test_tampering_ends_with_1_and_is_named(run: CommandLine, stacks: Stacks) -> None:
    stacks.write(2)
    stacks.archive()
    file = stacks.files()[0]
    stacks.edit(file, lambda rows: rows[1:])
    said = run("reader", "archive", "verify", stacks.address, code=1).stdout
    assert "missing_row" in said
    found = run.row("reader", "archive", "verify", stacks.address, code=1)
    assert {finding["kind"] for finding in found["findings"]} == {"missing_row", "changed_file"}


def test_expiring_and_rewriting(run: CommandLine, stacks: Stacks) -> None:
    stacks.bring_old("about user-1", days=120)
    stacks.bring_old("old", days=300)
    stacks.archive()
    said = run("privacy", "erase", "subject", "user-1", "--reason", REASON, "--yes")
    assert "archive rewrite" in said.stderr
    assert "still tells of 1" in run("admin", "archive", "list", columns=300).stdout
    [done] = run.rows("shipper", "archive", "rewrite", SINK)
    assert done["result"] == "rewritten"
    stacks.set_retention(200)
    run("shipper", "archive", "expire", SINK, typed="n\n", code=1)
    [gone] = run.rows("shipper", "archive", "expire", SINK, "--yes")
    assert gone["result"] == "removed"
    assert "user-1" not in str(stacks.rows("a"))
    run("shipper", "archive", "expire", "nowhere", "--yes", code=1)


def test_an_address_that_nothing_opens(run: CommandLine) -> None:
    said = run("reader", "archive", "verify", "gopher://x/y", code=1)
    assert "gopher" in said.stderr
