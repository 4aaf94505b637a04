"""What isn't as it should be, with the SQL that mends it."""

from __future__ import annotations

from collections.abc import Sequence

import click
from rich.text import Text

from pgwitness.cli.rendering import console, escape, print_json
from pgwitness.cli.session import Session
from pgwitness.models import HealthCheck

STYLES = {"ok": "green", "warning": "yellow", "error": "bold red"}
"""How each state is drawn."""

_MARKS = {"ok": "✓", "warning": "!", "error": "✗"}


@click.command()
@click.option("--strict", is_flag=True, help="Exit with 1 on warnings too.")
@click.pass_context
def doctor(context: click.Context, strict: bool) -> None:
    """Check the installation (audit_operator, audit_auditor, audit_admin).

    Prints what isn't as it should be and the SQL that mends it. Exits with 1 when there is an
    error, and with 0 when there are only warnings, unless --strict.
    """
    session = context.ensure_object(Session)
    with session.client() as client:
        checks = client.check_health()
    if session.as_json:
        print_json(*checks)
    else:
        print_checks(session, checks)
    failing = {"error", "warning"} if strict else {"error"}
    if any(check.state in failing for check in checks):
        context.exit(1)


def print_checks(session: Session, checks: Sequence[HealthCheck]) -> None:
    """Print each check with its state, and below the troubled ones what mends them."""
    screen = console()
    longest = max((len(check.check_name) for check in checks), default=0)
    for check in checks:
        style = STYLES[check.state]
        screen.print(
            Text.assemble(
                (f"{_MARKS[check.state]} {session.text('state_' + check.state):<9}", style),
                (f"{escape(check.check_name):<{longest}}", "bold"),
                f"  {escape(check.detail or '')}",
            ),
            soft_wrap=True,
        )
        if check.hint and check.state != "ok":
            for line in check.hint.splitlines():
                screen.print(Text(f"    {escape(line)}", style="cyan"), soft_wrap=True)
    if all(check.state == "ok" for check in checks):
        screen.print(session.text("healthy"), style="green")
