from __future__ import annotations

import pytest
from click.testing import CliRunner

from pgwitness.cli import main


@pytest.mark.parametrize("shell", ["bash", "zsh", "fish"])
def test_a_shell_gets_its_script(shell: str) -> None:
    result = CliRunner().invoke(main, ["completion", shell], prog_name="pgwitness")
    assert result.exit_code == 0
    assert "_PGWITNESS_COMPLETE" in result.stdout


def test_commands_and_options_are_completed() -> None:
    def complete(words: str, place: int) -> set[str]:
        result = CliRunner().invoke(
            main,
            env={
                "_PGWITNESS_COMPLETE": "bash_complete",
                "COMP_WORDS": words,
                "COMP_CWORD": str(place),
            },
            prog_name="pgwitness",
        )
        return {line.split(",", 1)[1] for line in result.stdout.splitlines()}

    assert {"tenant", "toggle", "search"} <= complete("pgwitness t", 1) | complete("pgwitness s", 1)
    assert {"--action", "--actor", "--actor-id"} <= complete("pgwitness search --ac", 2)


def test_other_shells_are_wrong_usage() -> None:
    assert CliRunner().invoke(main, ["completion", "tcsh"]).exit_code == 2
