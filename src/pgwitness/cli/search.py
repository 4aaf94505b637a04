"""Reading the log: pages of events, one event, actors, a person's report."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from itertools import islice
from typing import Any, TypeAlias
from uuid import UUID

import click

from pgwitness.cli import messages
from pgwitness.cli.access import Reader, justification_options, reader
from pgwitness.cli.archive import open_archive
from pgwitness.cli.parameters import paging_options, read_object
from pgwitness.cli.rendering import (
    event_detail,
    event_table,
    listing,
    name_of,
    note,
    print_json,
)
from pgwitness.cli.session import NOTHING_FOUND, Session, pass_session
from pgwitness.client import Client
from pgwitness.models import EventCount, FoundEvent

Page: TypeAlias = tuple[list[FoundEvent], EventCount | None]
"""A page, and how many events there are on all pages, where that is told."""

ReadPage: TypeAlias = Callable[[str | None, Client], Page]
"""Reads the page behind a cursor, or the first one."""


@click.command()
@click.argument("text", required=False)
@click.option("--action", multiple=True, metavar="CODE", help="What was done; can be repeated.")
@click.option("--category", multiple=True, metavar="CODE", help="Group of actions; repeatable.")
@click.option("--entity-type", multiple=True, metavar="CODE", help="Kind of thing; repeatable.")
@click.option("--entity-id", multiple=True, metavar="ID", help="Which thing; repeatable.")
@click.option("--actor", metavar="TEXT", help="Text in the actor's snapshot: name, e-mail …")
@click.option("--actor-id", multiple=True, metavar="ID", help="Who did it; repeatable.")
@click.option("--outcome", multiple=True, metavar="CODE", help="success or failure.")
@click.option("--source", multiple=True, metavar="CODE", help="logged, captured, imported, system.")
@click.option("--ip", multiple=True, metavar="ADDRESS", help="Address or network; repeatable.")
@click.option("--request-id", multiple=True, metavar="ID", help="One request's events.")
@click.option("--from", metavar="TIME", help="Not before this time or day.")
@click.option("--to", metavar="TIME", help="Before this time; a bare date is that whole day.")
@click.option(
    "--metadata", metavar="JSON", callback=read_object, help="Object that the metadata contains."
)
@click.option(
    "--filter",
    "more",
    metavar="JSON",
    callback=read_object,
    help="Filter object; options win over it.",
)
@click.option(
    "--archive",
    "address",
    metavar="ADDRESS",
    help="Search the archived files there, instead of the database.",
)
@paging_options
@justification_options
@click.pass_context
def search(
    context: click.Context,
    /,
    text: str | None,
    more: dict[str, Any] | None,
    address: str | None,
    limit: int,
    every: bool,
    after: str | None,
    reason: str | None,
    justification: str | None,
    **criteria: Any,
) -> None:
    """Search events, newest first.

    TEXT is sought in descriptions, snapshots and metadata.

    Without an open access session it asks for a reason and a justification, or takes them from
    --reason and --justification. Times without an offset are in the session's time zone (PGTZ).

    Here --actor seeks events by their actor; who you are goes before the command:
    pgwitness --actor ID search.

    With --archive the rows of archived files are read here, and the database decides what of them
    is found and shown; it takes the same session and is logged.
    """
    session = context.ensure_object(Session)
    sought = build_filter(text, criteria, more)
    if address is not None and after is not None:
        raise click.UsageError("An archive has no cursors: leave out --after.")
    with reader(session, reason, justification) as reading:
        if address is not None:
            if not _print_archived(session, reading, address, sought, None if every else limit):
                context.exit(NOTHING_FOUND)
            return
        read_page = partial(_page, sought, limit, with_total=not every)
        if not print_pages(session, reading, read_page, limit, after, every=every):
            context.exit(NOTHING_FOUND)


def _print_archived(
    session: Session, reading: Reader, address: str, sought: dict[str, Any], limit: int | None
) -> int:
    """Print the events that archived files hold, newest first, and return how many there were."""
    from pgwitness.archiving.searching import ArchiveSearch

    found = ArchiveSearch(open_archive(address), sought)
    page = list(islice(found.events(reading.read), limit))
    if session.as_json:
        print_json(*page)
    elif page:
        event_table(session, page, reading.titles())
    if found.missing:
        note(session.text("archive_missing", count=len(found.missing)))
    if not session.as_json:
        _sum_up(session, len(page), None, None)
    return len(page)


def build_filter(
    text: str | None, criteria: dict[str, Any], more: dict[str, Any] | None
) -> dict[str, Any]:
    """Make the filter object of what was given; the database judges it."""
    sought = dict(more or {})
    for key, value in {**criteria, "search": text}.items():
        if isinstance(value, tuple):
            value = value[0] if len(value) == 1 else list(value)
        if value:
            sought[key] = value
    return sought


def print_pages(
    session: Session,
    reading: Reader,
    read_page: ReadPage,
    limit: int,
    after: str | None,
    *,
    every: bool,
    with_changes: bool = False,
) -> int:
    """Print one page of events, or all from there on, and return how many there were.

    Args:
        session: Gives the language, and chooses between a table and JSON.
        reading: Reads.
        read_page: Reads the page behind a cursor.
        limit: Size of a page.
        after: Cursor to begin behind; None begins with the newest event.
        every: Go on to the last page.
        with_changes: Whether what was captured of a row stands in place of the description.
    """
    shown = 0
    titles = None
    while True:
        page, total = reading.read(partial(read_page, after))
        titles = titles or reading.titles()
        if session.as_json:
            print_json(*page)
        elif page:
            event_table(session, page, titles, with_head=not shown, with_changes=with_changes)
        shown += len(page)
        after = page[-1].cursor if len(page) == limit else None
        if after is None or not every:
            break
    if not session.as_json:
        _sum_up(session, shown, total, after)
    return shown


def _page(
    sought: dict[str, Any], limit: int, after: str | None, client: Client, *, with_total: bool
) -> Page:
    """Read a page, and what it is a page of when there may be more than it."""
    page = list(client.search_events(filter=sought, page_size=limit, after=after))
    is_part = after is not None or len(page) == limit
    return page, client.count_events(filter=sought) if is_part and with_total else None


def _sum_up(session: Session, shown: int, total: EventCount | None, after: str | None) -> None:
    if not shown:
        note(session.text("nothing_found"))
    elif total is None:
        note(session.text("events_shown", shown=shown))
    else:
        count = messages.number(session.language, total.count)
        if not total.is_exact:
            count = session.text("count_at_least", count=count)
        note(session.text("events_counted", shown=shown, count=count))
    if after:
        note(session.text("more_pages", cursor=after))


@click.command()
@click.argument("event_id", type=click.UUID)
@justification_options
@pass_session
def show(session: Session, event_id: UUID, reason: str | None, justification: str | None) -> None:
    """Show one event: time, status, snapshots, changes, metadata."""
    with reader(session, reason, justification) as reading:
        event = reading.read(lambda client: client.get_event(event_id=event_id))
        if session.as_json:
            print_json(event)
        else:
            event_detail(session, event, reading.titles(), reading.zone)


@click.command()
@click.argument("text", required=False)
@justification_options
@click.pass_context
def actors(
    context: click.Context, text: str | None, reason: str | None, justification: str | None
) -> None:
    """List who acted, newest first. TEXT is sought in their ids and snapshots."""
    session = context.ensure_object(Session)
    with reader(session, reason, justification) as reading:
        rows = reading.read(lambda client: client.list_actors(search=text))
        titles = reading.titles()
    listing(
        session,
        rows,
        {
            "actor": lambda row: name_of(row.actor_id, row.actor_type, row.actor, titles),
            "actor_type": lambda row: titles.of("actor_type", row.actor_type),
            "actor_id": lambda row: row.actor_id,
            "events": lambda row: row.events,
            "last_seen": lambda row: row.last_seen_at,
        },
    )
    if not rows:
        context.exit(NOTHING_FOUND)


@click.command()
@click.argument("identifiers", nargs=-1, required=True, metavar="IDENTIFIER...")
@click.option("--with-actors", is_flag=True, help="Don't mask the other people in the events.")
@justification_options
@click.pass_context
def report(
    context: click.Context,
    identifiers: tuple[str, ...],
    with_actors: bool,
    reason: str | None,
    justification: str | None,
) -> None:
    """Report all events of a person (audit_privacy).

    These are events where the person acted, was acted on, or is mentioned. Give every IDENTIFIER
    by which the application knew the person: ids, e-mail addresses, names.
    """
    session = context.ensure_object(Session)
    with reader(session, reason, justification) as reading:
        rows = reading.read(
            lambda client: client.report_subject(
                identifiers=list(identifiers), with_actors=with_actors
            )
        )
        titles = reading.titles()
    if session.as_json:
        print_json(*rows)
    elif rows:
        event_table(session, rows, titles)
    if not session.as_json:
        _sum_up(session, len(rows), None, None)
    if not rows:
        context.exit(NOTHING_FOUND)
