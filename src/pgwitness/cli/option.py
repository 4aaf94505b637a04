"""Settings of the whole installation."""

from __future__ import annotations

import click

from pgwitness.cli.parameters import reason_option
from pgwitness.cli.rendering import listing, report_change
from pgwitness.cli.session import Session, pass_session


@click.group()
def option() -> None:
    """Settings of the whole installation (audit_operator)."""


@option.command("list")
@pass_session
def list_(session: Session) -> None:
    """List the settings, what they are and what they were at first."""
    with session.client() as client:
        rows = client.list_options()
    listing(
        session,
        rows,
        {
            "option": lambda row: row.name,
            "value": lambda row: row.value,
            "default": lambda row: row.default_value,
            "description": lambda row: row.description,
        },
    )


@option.command("set")
@click.argument("name")
@click.argument("value")
@reason_option(required=True)
@pass_session
def set_(session: Session, name: str, value: str, reason: str) -> None:
    """Change a setting."""
    with session.client() as client:
        report_change(session, client.set_option(name=name, value=value, reason=reason))
