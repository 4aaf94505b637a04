"""The history of a row of a watched table, the row as it stood, and what undoes a change."""

from __future__ import annotations

import sys
from datetime import datetime
from functools import partial
from typing import Any
from uuid import UUID

import click

from pgwitness.cli.access import justification_options, reader
from pgwitness.cli.parameters import paging_options, read_zoneless_time
from pgwitness.cli.rendering import console, escape, highlighted_json, note, print_json
from pgwitness.cli.search import Page, print_pages
from pgwitness.cli.session import NOTHING_FOUND, Session, pass_session
from pgwitness.client import Client


@click.command()
@click.argument("relation", metavar="TABLE")
@click.argument("entity_id")
@click.option(
    "--at",
    metavar="TIME",
    callback=read_zoneless_time,
    help="Show the row as it stood at this time instead.",
)
@paging_options
@justification_options
@click.pass_context
def history(
    context: click.Context,
    relation: str,
    entity_id: str,
    at: datetime | None,
    limit: int,
    every: bool,
    after: str | None,
    reason: str | None,
    justification: str | None,
) -> None:
    """Show what happened to a row of a watched TABLE, newest first.

    ENTITY_ID is its primary key; of several columns, a JSON array of their texts: '["7", "a"]'.
    A time without an offset is in the session's time zone (PGTZ).
    """
    session = context.ensure_object(Session)
    if at and (every or after):
        raise click.UsageError("--at shows one row, so it takes neither --all nor --after.")
    with reader(session, reason, justification) as reading:
        if at is None:
            read_page = partial(_page, relation, entity_id, limit)
            found = print_pages(
                session, reading, read_page, limit, after, every=every, with_changes=True
            )
        else:
            moment = at if at.tzinfo else at.replace(tzinfo=reading.zone)
            row = reading.read(lambda client: client.get_row_at(relation, entity_id, moment))
            _print_row(session, row)
            found = row is not None
    if not found:
        context.exit(NOTHING_FOUND)


def _print_row(session: Session, row: dict[str, Any] | None) -> None:
    if session.as_json:
        print_json(*([] if row is None else [row]))
    elif row is None:
        note(session.text("nothing_found"))
    else:
        console().print(highlighted_json(row), soft_wrap=True)


def _page(relation: str, entity_id: str, limit: int, after: str | None, client: Client) -> Page:
    page = client.list_row_history(relation, entity_id, page_size=limit, after=after)
    return page, None


@click.command()
@click.argument("event_id", type=click.UUID)
@justification_options
@pass_session
def revert(session: Session, event_id: UUID, reason: str | None, justification: str | None) -> None:
    """Print the SQL statement that undoes a captured change; nothing runs it."""
    with reader(session, reason, justification) as reading:
        statement = reading.read(lambda client: client.revert_sql(event_id=event_id))
    if session.as_json:
        print_json({"statement": statement})
        return
    # A file or psql gets the statement as it is, since an escape would be another value.
    if sys.stdout.isatty():
        shown = "\n".join(map(escape, statement.split("\n")))
        if shown != statement:
            note(session.text("statement_escaped"))
        statement = shown
    # The argument is there because click would leave out what looks like colours.
    click.echo(statement, color=True)
