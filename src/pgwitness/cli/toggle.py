"""What is logged: the whole tenant, categories, single actions."""

from __future__ import annotations

from typing import Any, TextIO

import click

from pgwitness.cli.parameters import (
    ON_OFF,
    ON_OFF_INHERIT,
    STATES,
    read_object,
    reason_option,
    switches,
)
from pgwitness.cli.rendering import print_json, report_change, report_result, toggle_page
from pgwitness.cli.session import Session, pass_session


@click.group()
def toggle() -> None:
    """What is logged: all, categories, single actions (audit_admin).

    Actions that the log writes about itself are always logged. Turning anything off takes --reason.
    """


@toggle.command("list")
@click.argument("categories", nargs=-1, metavar="[CATEGORY]...")
@pass_session
def list_(session: Session, categories: tuple[str, ...]) -> None:
    """Show the configuration: categories with how many of their actions are logged, and overrides.

    A filled circle is an action that is logged, an empty one an action that isn't.
    """
    with session.client() as client:
        rows = [
            row for row in client.list_toggles() if not categories or row.category in categories
        ]
    if session.as_json:
        print_json(*rows)
    else:
        toggle_page(session, rows)


@toggle.command()
@click.argument("state", type=ON_OFF)
@reason_option(required=False)
@pass_session
def logging(session: Session, state: str, reason: str | None) -> None:
    """Turn all logging of the tenant on or off."""
    with session.client() as client:
        report_change(session, client.set_logging(enabled=state == "on", reason=reason))


@toggle.command()
@click.argument("category")
@click.argument("state", type=ON_OFF_INHERIT)
@reason_option(required=False)
@pass_session
def category(session: Session, category: str, state: str, reason: str | None) -> None:
    """Turn a category on or off; "inherit" takes its setting away."""
    with session.client() as client:
        report_change(
            session,
            client.set_category_logging(category=category, enabled=STATES[state], reason=reason),
        )


@toggle.command()
@click.argument("action")
@click.argument("state", type=ON_OFF_INHERIT)
@reason_option(required=False)
@pass_session
def action(session: Session, action: str, state: str, reason: str | None) -> None:
    """Turn an action on or off, whatever its category says; "inherit" takes the override away."""
    with session.client() as client:
        report_change(
            session,
            client.set_action_logging(action=action, enabled=STATES[state], reason=reason),
        )


@toggle.command("set")
@click.argument("file", type=click.File(encoding="utf-8"), required=False)
@click.option("--logging", type=ON_OFF, help="All logging of the tenant.")
@switches("--category", "A category: CODE=on, CODE=off or CODE=inherit; can be repeated.")
@switches("--action", "An action: CODE=on, CODE=off or CODE=inherit; can be repeated.")
@reason_option(required=False)
@pass_session
def set_(
    session: Session,
    file: TextIO | None,
    logging: str | None,
    category: dict[str, bool | None],
    action: dict[str, bool | None],
    reason: str | None,
) -> None:
    """Turn many toggles at once, all or none: from options, a JSON FILE ("-" is stdin), or both.

    The file holds an object such as {"logging": true, "categories": {"user_actions": false},
    "actions": {"user_created": null}}; null takes a setting away. Options win over it.
    """
    toggles = _read_toggles(file)
    if logging:
        toggles["logging"] = logging == "on"
    for key, given in (("categories", category), ("actions", action)):
        if given:
            toggles[key] = {**toggles.get(key, {}), **given}
    if not toggles:
        raise click.UsageError("Name toggles with options or in a file.")
    with session.client() as client:
        changes = client.set_toggles(toggles=toggles, reason=reason)
    report_result(session, "toggles_changed", changes=changes)


def _read_toggles(file: TextIO | None) -> dict[str, Any]:
    if file is None:
        return {}
    toggles = read_object(None, None, file.read()) or {}
    for key in toggles.keys() & {"categories", "actions"}:
        if not isinstance(toggles[key], dict):
            raise click.BadParameter(f'"{key}" is not an object', param_hint="FILE")
    return dict(toggles)
