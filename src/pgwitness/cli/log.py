"""Logging events from the command line: one, or a file of them."""

from __future__ import annotations

import json
from collections.abc import Iterator
from itertools import islice
from typing import Any, TextIO

import click

from pgwitness.cli.parameters import read_json, read_object, read_time
from pgwitness.cli.rendering import note, print_json, progress, report_result
from pgwitness.cli.session import Session, pass_session
from pgwitness.errors import PgwitnessError

BATCH = 1_000
"""Events that are sent to the database at a time."""


@click.command()
@click.argument("action", required=False)
@click.argument("entity_type", required=False)
@click.argument("entity_id", required=False)
@click.option("--description", metavar="TEXT", help="The event in words.")
@click.option(
    "--metadata",
    metavar="JSON",
    callback=read_object,
    help="Whatever else is to be known, as an object.",
)
@click.option(
    "--target",
    metavar="JSON",
    callback=read_json,
    help="What was acted on, as it was then: object or array.",
)
@click.option(
    "--changes", metavar="JSON", callback=read_object, help='Columns, each {"old": …, "new": …}.'
)
@click.option("--failure", metavar="ERROR", help="It was tried and failed, and this is why.")
@click.option(
    "--occurred-at",
    metavar="TIME",
    callback=read_time,
    help="When it happened, in ISO 8601. Unset: now.",
)
@click.option("--idempotency-key", metavar="KEY", help="The same key again is the same event.")
@click.option(
    "--batch",
    type=click.File(encoding="utf-8"),
    metavar="FILE",
    help='Log a file of JSON Lines ("-" is stdin), all of it or nothing.',
)
@pass_session
def log(
    session: Session,
    /,
    action: str | None,
    entity_type: str | None,
    batch: TextIO | None,
    **event: Any,
) -> None:
    """Log an event and print its ID, or log a file of events (audit_app).

    ACTION and ENTITY_TYPE are codes of the catalogue. A line of --batch is an object whose keys are
    the arguments of audit.log_event: action, entity_type, entity_id, description, metadata, target,
    changes, outcome, error_message, occurred_at, idempotency_key, actor_id, actor_type, actor.
    An action that is toggled off prints no ID; that is no error.
    """
    if batch:
        if action or any(value is not None for value in event.values()):
            raise click.UsageError("--batch takes everything from its file.")
        log_batch(session, batch)
    elif action and entity_type:
        log_one(session, action, entity_type, **event)
    else:
        raise click.UsageError("Name ACTION and ENTITY_TYPE, or a file with --batch.")


def log_one(
    session: Session, action: str, entity_type: str, *, failure: str | None, **event: Any
) -> None:
    """Log one event and print its ID."""
    if failure is not None:
        event |= {"outcome": "failure", "error_message": failure}
    given = {name: value for name, value in event.items() if value is not None}
    with session.client() as client:
        event_id = client.log_event(action=action, entity_type=entity_type, **given)
    if session.as_json:
        print_json({"event_id": event_id})
    elif event_id:
        click.echo(event_id)
    else:
        note(session.text("not_logged", action=action))


def log_batch(session: Session, file: TextIO) -> None:
    """Log a file of JSON Lines in one transaction, and say how many events were logged."""
    logged = muted = 0
    with (
        session.connect() as connection,
        connection.transaction(),
        session.acting(connection) as client,
        progress() as bar,
    ):
        task = bar.add_task(session.text("writing"), total=_count_lines(file))
        for numbers, events in _batches(file):
            try:
                result = client.log_events(events)
            except PgwitnessError:
                note(session.text("batch_refused", first=numbers[0], last=numbers[-1]))
                raise
            logged, muted = logged + result.logged, muted + result.muted
            bar.advance(task, len(events))
    report_result(session, "batch_logged", logged=logged, muted=muted)


def _count_lines(file: TextIO) -> int | None:
    """Count the events ahead of the progress bar, where the file can be read twice."""
    if not file.seekable():
        return None
    count = sum(1 for line in file if line.strip())
    file.seek(0)
    return count


def _batches(file: TextIO) -> Iterator[tuple[tuple[int, ...], tuple[Any, ...]]]:
    """Give numbers of lines and their events, a batch at a time."""
    lines = ((number, _parse(number, line)) for number, line in enumerate(file, 1) if line.strip())
    while batch := tuple(islice(lines, BATCH)):
        numbers, events = zip(*batch, strict=True)
        yield numbers, events


def _parse(number: int, line: str) -> Any:
    try:
        return json.loads(line)
    except (ValueError, RecursionError) as error:
        raise click.ClickException(f"line {number} is not JSON: {error}") from error
