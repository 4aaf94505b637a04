from __future__ import annotations

import re
import shlex
from pathlib import Path

from cli.command_line import CommandLine

README = Path(__file__).parents[2] / "README.md"
PERSONAS = {
    "log": "app",
    "toggle": "admin",
    "search": "reader",
    "history": "reader",
    "revert": "reader",
    "show": "reader",
    "actors": "reader",
}


def test_the_commands_shown_in_readme_work_in_that_order(run: CommandLine) -> None:
    section = README.read_text(encoding="utf-8").split("\n## Command line\n", 1)[1]
    blocks = re.findall(r"```console\n(.*?)```", section.split("\n## ", 1)[0], re.DOTALL)
    commands = re.findall(r"^\$ pgwitness (.*)$", "".join(blocks), re.MULTILINE)
    assert len(commands) >= 8
    for command in commands:
        words = shlex.split(command)
        assert run(PERSONAS.get(words[0], "operator"), *words).stdout
