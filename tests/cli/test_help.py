from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import click
import pytest
from click.testing import CliRunner

from pgwitness.cli import main

README = Path(__file__).parents[2] / "README.md"


def commands(group: click.Group, *path: str) -> Iterator[tuple[str, ...]]:
    for name, command in group.commands.items():
        if isinstance(command, click.Group):
            yield from commands(command, *path, name)
        else:
            yield (*path, name)


def find(path: tuple[str, ...]) -> click.Command:
    command: click.Command = main
    for name in path:
        assert isinstance(command, click.Group)
        command = command.commands[name]
    return command


ALL = list(commands(main))


@pytest.mark.parametrize("path", ALL, ids=" ".join)
def test_command_has_help(path: tuple[str, ...]) -> None:
    result = CliRunner().invoke(main, [*path, "--help"])
    assert result.exit_code == 0
    assert find(path).help
    options = [p for p in find(path).params if isinstance(p, click.Option)]
    assert [option.opts for option in options if not option.help] == []


@pytest.mark.parametrize("path", ALL, ids=" ".join)
def test_command_is_named_in_readme(path: tuple[str, ...]) -> None:
    *groups, name = path
    wanted = " ".join(["pgwitness", *groups])
    listed = re.findall(r"`pgwitness[^|]*", README.read_text(encoding="utf-8"))
    rests = [text.split(wanted, 1)[1] for text in listed if wanted in text]
    assert any(name in re.findall(r"[a-z-]+", rest) for rest in rests)


@pytest.mark.parametrize("path", ALL, ids=" ".join)
def test_command_takes_language_connection_and_json(path: tuple[str, ...]) -> None:
    taken = {name for parameter in find(path).params for name in parameter.opts}
    assert {"--dsn", "--lang", "--json"} <= taken


def test_exit_codes_are_in_the_help() -> None:
    result = CliRunner().invoke(main, ["--help"])
    assert "3 nothing found" in " ".join(result.output.split())


def test_version() -> None:
    result = CliRunner().invoke(main, ["--version"])
    assert result.output.startswith("pgwitness 0.")


def test_unknown_command_is_wrong_usage() -> None:
    assert CliRunner().invoke(main, ["peruse"]).exit_code == 2
