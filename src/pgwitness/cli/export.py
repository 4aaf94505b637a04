"""Taking events out of the log: streamed into a file, or as jobs that the database runs."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from functools import partial
from pathlib import Path
from typing import Any, TypeVar
from uuid import UUID

import click
import psycopg
from rich.text import Text

from pgwitness import exporting
from pgwitness.cli.access import Reader, justification_options, reader
from pgwitness.cli.parameters import GroupWithDefault, read_object
from pgwitness.cli.rendering import (
    listing,
    note,
    print_json,
    progress,
    report_change,
    report_result,
    to_json,
)
from pgwitness.cli.retention import at
from pgwitness.cli.running import Count, report_runs, run
from pgwitness.cli.search import build_filter
from pgwitness.cli.session import NOTHING_FOUND, Session, pass_session
from pgwitness.client import Client
from pgwitness.errors import PgwitnessError
from pgwitness.exporting import Compression, Manifest, Sink
from pgwitness.models import Export, ExportChunk

Command = TypeVar("Command", bound=Callable[..., object])

STREAM = "stream"


@click.group(cls=GroupWithDefault, default=STREAM)
def export() -> None:
    """Take events out of the log, as CSV or JSON Lines.

    `pgwitness export -o FILE` streams them; `request`, `list`, `fetch` and `cancel` are for exports
    that the database writes by itself. Every export and download is logged.
    """


def filter_options(command: Command) -> Command:
    """Add the options that say what is exported, and how."""
    for option in (
        click.option("--to", metavar="TIME", help="Before this time; a bare date is that day too."),
        click.option("--from", metavar="TIME", help="Not before this time or day."),
        click.option(
            "--filter",
            "more",
            metavar="JSON",
            callback=read_object,
            help="Filter object, as for search; unset, all of the tenant's events.",
        ),
        click.option(
            "--format",
            "format_name",
            default="jsonl",
            show_default=True,
            metavar="FORMAT",
            help="csv or jsonl.",
        ),
    ):
        command = option(command)
    return command


def file_options(command: Command) -> Command:
    """Add the options that say where the events go."""
    for option in (
        click.option("--force", is_flag=True, help="Replace the file if it exists."),
        click.option(
            "--bom", "with_mark", is_flag=True, help="Begin with a byte order mark, for Excel."
        ),
        click.option(
            "--zstd",
            "compression",
            flag_value="zstd",
            default=None,
            help="Compress with Zstandard (needs the package zstandard).",
        ),
        click.option(
            "--gzip", "compression", flag_value="gzip", default=None, help="Compress with gzip."
        ),
        click.option(
            "-o",
            "--output",
            required=True,
            type=click.Path(dir_okay=False, allow_dash=True),
            help="The file, or - for standard output.",
        ),
    ):
        command = option(command)
    return command


@export.command(STREAM)
@filter_options
@file_options
@justification_options
@pass_session
def stream(
    session: Session,
    /,
    more: dict[str, Any] | None,
    format_name: str,
    output: str,
    compression: Compression | None,
    with_mark: bool,
    force: bool,
    reason: str | None,
    justification: str | None,
    **criteria: Any,
) -> None:
    """Stream events into a file, however many; also `pgwitness export -o FILE`.

    The file has its name once it is whole; FILE.manifest.json beside it says what it holds.
    """
    sought = build_filter(None, criteria, more)
    with reader(session, reason, justification) as reading:
        with _writing(session, output, compression, with_mark, force) as (sink, show):
            begun = reading.read(lambda client: client.begin_export(sought, format_name))
            tenant = reading.read(lambda client: client.current_tenant())
            try:
                copied = reading.read(
                    lambda _: exporting.copy(reading.connection, begun.statement, sink, show)
                )
                sink.finish()
            except BaseException as error:
                _tell_failure(reading, begun.export_id, error)
                raise
            reading.read(
                lambda client: client.finish_export(
                    begun.export_id, copied.rows, sink.bytes, sink.sha256
                )
            )
        manifest = exporting.describe(begun.export_id, tenant, format_name, sought, copied, sink)
        _conclude(session, output, manifest)


def _tell_failure(reading: Reader, export_id: UUID, error: BaseException) -> None:
    why = exporting.describe_failure(error)
    with suppress(PgwitnessError, psycopg.Error):
        reading.read(lambda client: client.finish_export(export_id, error=why))


@contextmanager
def _writing(
    session: Session, output: str, compression: Compression | None, with_mark: bool, force: bool
) -> Iterator[tuple[Sink, Callable[[int], None]]]:
    """Open the file, draw the progress, and say in a line what went wrong with it."""
    file: Any = sys.stdout.buffer if output == "-" else output
    try:
        with (
            progress() as bar,
            exporting.open_sink(file, compression, with_mark=with_mark, replace=force) as sink,
        ):
            task = bar.add_task(session.text("exporting"), total=None)
            yield sink, lambda number: bar.update(task, completed=number)
    except BrokenPipeError as error:
        exporting.discard_output()
        raise click.ClickException(session.text("pipe_closed")) from error
    except FileExistsError as error:
        raise click.ClickException(session.text("file_exists", path=output)) from error
    except OSError as error:
        why = exporting.describe_failure(error)
        raise click.ClickException(session.text("file_unwritable", path=output, why=why)) from error
    except ImportError as error:
        raise click.ClickException(session.text("zstd_missing")) from error


def _conclude(session: Session, output: str, manifest: Manifest) -> None:
    if output == "-":
        note(session.text("exported", count=manifest.events, path=output, sha256=manifest.sha256))
        return
    try:
        exporting.write_manifest(Path(output), manifest)
    except OSError as error:
        why = exporting.describe_failure(error)
        raise click.ClickException(
            session.text("manifest_unwritable", path=output, why=why)
        ) from error
    if session.as_json:
        print_json(manifest)
    else:
        report_result(
            session, "exported", count=manifest.events, path=output, sha256=manifest.sha256
        )


@export.command()
@filter_options
@justification_options
@pass_session
def request(
    session: Session,
    /,
    more: dict[str, Any] | None,
    format_name: str,
    reason: str | None,
    justification: str | None,
    **criteria: Any,
) -> None:
    """Ask the database for an export, and print its id.

    The job run_exports writes it; "list" tells how far it is. It is kept for 24 hours.
    """
    sought = build_filter(None, criteria, more)
    with reader(session, reason, justification) as reading:
        export_id = reading.read(lambda client: client.request_export(sought, format_name))
    report_result(session, "export_requested", export_id=export_id)


@export.command("list")
@pass_session
def list_(session: Session) -> None:
    """List the tenant's exports, newest first, and how far each is."""
    with session.client() as client:
        rows = client.list_exports()
    listing(
        session,
        rows,
        {
            "id": lambda row: row.export_id,
            "status": lambda row: (_state(session, row), row.error),
            "events": lambda row: (f"{row.rows:,}", row.format, to_json(row.filter)),
            "requested": lambda row: (row.requested_at, row.actor_id),
            "expires": lambda row: row.expires_at and at(row.expires_at),
        },
    )


def _state(session: Session, row: Export) -> Text:
    styles = {"completed": "green", "running": "cyan", "pending": "cyan"}
    return Text(session.text(f"export_{row.state}"), style=styles.get(row.state, "red"))


@export.command()
@click.argument("export_id", type=click.UUID)
@pass_session
def cancel(session: Session, export_id: UUID) -> None:
    """Cancel an export that is pending or running."""
    with session.client() as client:
        report_change(session, client.cancel_export(export_id))


@export.command()
@click.argument("export_id", type=click.UUID)
@file_options
@justification_options
@pass_session
def fetch(
    session: Session,
    export_id: UUID,
    output: str,
    compression: Compression | None,
    with_mark: bool,
    force: bool,
    reason: str | None,
    justification: str | None,
) -> None:
    """Download an export that the database has written, and check that it is whole."""
    with reader(session, reason, justification) as reading:
        with _writing(session, output, compression, with_mark, force) as (sink, show):
            page = reading.read(lambda client: client.read_export(export_id))
            found = next(
                row
                for row in reading.read(lambda client: client.list_exports())
                if row.export_id == export_id
            )
            lines = 0
            pages = _pages(reading, export_id, page)
            for content in exporting.check_chunks(pages, found.digest or ""):
                sink.write(content)
                lines += content.count(b"\n")
                show(lines)
        copied = exporting.Copied(found.rows, found.started_at or found.requested_at)
        tenant = reading.read(lambda client: client.current_tenant())
        manifest = exporting.describe(export_id, tenant, found.format, found.filter, copied, sink)
        _conclude(session, output, manifest)


def _pages(
    reading: Reader, export_id: UUID, page: list[ExportChunk]
) -> Iterator[list[ExportChunk]]:
    while page:
        yield page
        last = page[-1].chunk
        page = reading.read(partial(_next_page, export_id, last))


def _next_page(export_id: UUID, last: int, client: Client) -> list[ExportChunk]:
    return client.read_export(export_id, last)


@export.command("run")
@click.pass_context
def run_(context: click.Context) -> None:
    """Write the exports that were asked for, of every tenant (audit_operator).

    The job run_exports does that every minute where jobs are run. Exits with 1 when it didn't
    succeed, and with 3 when it is running already.
    """
    session = context.ensure_object(Session)
    done = run(session, Client.run_exports, _count, ["run_exports"])
    if not report_runs(session, done):
        context.exit(1)
    if not done:
        context.exit(NOTHING_FOUND)


def _count(_: Client) -> Count:
    return 0, 0
