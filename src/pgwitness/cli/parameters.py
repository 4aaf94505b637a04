"""How values of options are read, and options that several commands have."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import datetime
from typing import Any, TypeVar

import click

Command = TypeVar("Command", bound=Callable[..., object])

ON_OFF = click.Choice(["on", "off"])
ON_OFF_INHERIT = click.Choice(["on", "off", "inherit"])
STATES = {"on": True, "off": False, "inherit": None}


class GroupWithDefault(click.Group):
    """A group whose options, where no command is named, are those of one of its commands."""

    def __init__(self, *arguments: Any, default: str, **settings: Any) -> None:
        """Take the name of that command."""
        super().__init__(*arguments, **settings)
        self._default = default

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        """Put the command's name in where it was left out."""
        if args and args[0].startswith("-") and args[0] not in ctx.help_option_names:
            args = [self._default, *args]
        return super().parse_args(ctx, args)


def read_days(context: click.Context, parameter: click.Parameter, value: str) -> int | None:
    """Read a number of days; "forever" and "none" are None."""
    if value in ("forever", "none"):
        return None
    try:
        return int(value)
    except ValueError as error:
        hint = 'neither a number of days nor "forever"'
        raise click.BadParameter(hint, context, parameter) from error


def read_json(
    context: click.Context | None, parameter: click.Parameter | None, value: str | None
) -> Any:
    """Read a JSON value."""
    try:
        return None if value is None else json.loads(value)
    except (ValueError, RecursionError) as error:
        raise click.BadParameter(f"not JSON: {error}", context, parameter) from error


def read_object(
    context: click.Context | None, parameter: click.Parameter | None, value: str | None
) -> dict[str, Any] | None:
    """Read a JSON object."""
    parsed = read_json(context, parameter, value)
    if value is not None and not isinstance(parsed, dict):
        raise click.BadParameter('not a JSON object such as {"key": "value"}', context, parameter)
    found: dict[str, Any] | None = parsed
    return found


def read_zoneless_time(
    context: click.Context, parameter: click.Parameter, value: str | None
) -> datetime | None:
    """Read a time in ISO 8601; without an offset it is left without a zone."""
    try:
        return None if value is None else datetime.fromisoformat(value)
    except ValueError as error:
        hint = "not a time such as 2026-05-17T08:00:00+02:00"
        raise click.BadParameter(hint, context, parameter) from error


def read_time(
    context: click.Context, parameter: click.Parameter, value: str | None
) -> datetime | None:
    """Read a time in ISO 8601; without an offset it is local time."""
    moment = read_zoneless_time(context, parameter, value)
    return None if moment is None else moment.astimezone()


def read_switches(
    context: click.Context, parameter: click.Parameter, values: tuple[str, ...]
) -> dict[str, bool | None]:
    """Read any number of `CODE=on`, `CODE=off` and `CODE=inherit`."""
    pairs = [value.partition("=") for value in values]
    if any(not code or state not in STATES for code, _, state in pairs):
        hint = "not of the form CODE=on, CODE=off or CODE=inherit"
        raise click.BadParameter(hint, context, parameter)
    return {code: STATES[state] for code, _, state in pairs}


def read_texts(
    context: click.Context, parameter: click.Parameter, values: tuple[str, ...]
) -> dict[str, str]:
    """Read any number of `LANGUAGE=TEXT`, such as `sv=Användare skapad`."""
    pairs = [value.partition("=") for value in values]
    if not all(equals for _, equals, _ in pairs):
        hint = "not of the form LANGUAGE=TEXT, such as en=Invoice paid"
        raise click.BadParameter(hint, context, parameter)
    return {language: text for language, _, text in pairs}


def switches(name: str, text: str) -> Callable[[Command], Command]:
    """Make a repeatable option of switches, given to the command as a dict."""
    return click.option(
        name, multiple=True, callback=read_switches, metavar="CODE=STATE", help=text
    )


def titles_and_descriptions(command: Command) -> Command:
    """Add `--title` and `--description`, in any number of languages, given as dicts."""
    for name, text in (
        ("description", "What it means, by language; can be repeated."),
        ("title", "What people read, by language; can be repeated."),
    ):
        command = click.option(
            f"--{name}",
            f"{name}s",
            multiple=True,
            required=name == "title",
            callback=read_texts,
            metavar="LANG=TEXT",
            help=text,
        )(command)
    return command


def paging_options(command: Command) -> Command:
    """Add `--limit`, `--all` (given as `every`) and `--after`."""
    for option in (
        click.option("--after", metavar="CURSOR", help="Go on after an event's cursor."),
        click.option("--all", "every", is_flag=True, help="Every page, not just one."),
        click.option(
            "--limit", default=50, show_default=True, metavar="ROWS", help="Size of a page."
        ),
    ):
        command = option(command)
    return command


def reason_option(*, required: bool) -> Callable[[Command], Command]:
    """Make the option `--reason` of acts that weaken, remove or reveal."""
    return click.option(
        "--reason", required=required, metavar="TEXT", help="Why, in 10 to 500 characters; logged."
    )
