"""Legal holds: what nothing may remove or erase."""

from __future__ import annotations

from typing import Any

import click

from pgwitness.cli.parameters import read_object, reason_option
from pgwitness.cli.rendering import listing, report_change, to_json
from pgwitness.cli.retention import seeing_all
from pgwitness.cli.search import build_filter
from pgwitness.cli.session import Session, pass_session


@click.group()
def hold() -> None:
    """Legal holds: what nothing may remove or erase, also when it comes later (audit_admin)."""


@hold.command()
@click.argument("name")
@click.option("--action", multiple=True, metavar="CODE", help="What was done; can be repeated.")
@click.option("--category", multiple=True, metavar="CODE", help="Group of actions; repeatable.")
@click.option("--entity-type", multiple=True, metavar="CODE", help="Kind of thing; repeatable.")
@click.option("--entity-id", multiple=True, metavar="ID", help="Which thing; repeatable.")
@click.option("--actor-id", multiple=True, metavar="ID", help="Who did it; repeatable.")
@click.option("--from", metavar="TIME", help="Not before this time or day.")
@click.option("--to", metavar="TIME", help="Before this time; a bare date is that whole day.")
@click.option(
    "--filter",
    "more",
    metavar="JSON",
    callback=read_object,
    help="Filter object; options win over it. {} holds all of the tenant's events.",
)
@reason_option(required=True)
@pass_session
def place(
    session: Session, /, name: str, more: dict[str, Any] | None, reason: str, **criteria: Any
) -> None:
    """Hold the events that match, under a NAME such as a case number.

    Rows of tables under data retention are held too, where the filter goes by nothing but entity,
    actor and time.
    """
    held = build_filter(None, criteria, more)
    if not held and more is None:
        raise click.UsageError("Say what is held; --filter '{}' holds everything of the tenant.")
    with session.client() as client:
        report_change(session, client.place_hold(name=name, filter=held, reason=reason))


@hold.command()
@click.argument("name")
@reason_option(required=True)
@pass_session
def release(session: Session, name: str, reason: str) -> None:
    """End a hold: what it kept follows the retention again."""
    with session.client() as client:
        report_change(session, client.release_hold(name=name, reason=reason))


@hold.command("list")
@pass_session
def list_(session: Session) -> None:
    """List the holds that stand, and those released; of every tenant for operators and auditors."""
    with seeing_all(session).client() as client:
        rows = client.list_holds(tenant_id=session.tenant_id)
    listing(
        session,
        rows,
        {
            "name": lambda row: (row.name, row.reason),
            "tenant": lambda row: row.tenant_id,
            "held": lambda row: to_json(row.filter),
            "placed": lambda row: (row.placed_at, row.placed_by),
            "released": lambda row: (row.released_at, row.released_by, row.release_reason),
        },
    )
