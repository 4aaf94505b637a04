"""Taking events out of the log: streamed into a file, or as jobs that the database runs."""

from __future__ import annotations

import sys
import time
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
from pgwitness.errors import ExportFailed, ExportForeign, PgwitnessError
from pgwitness.exporting import PARQUET, Compression, Copied, ExportCancelled, Manifest, Sink
from pgwitness.models import Export, ExportChunk, TakenExport

Command = TypeVar("Command", bound=Callable[..., object])

STREAM = "stream"

TELL_SECONDS = 1.0
"""How often the log is told how far an export is that goes into a file."""


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
            help="csv, jsonl or parquet (straight, or of an export as csv).",
        ),
    ):
        command = option(command)
    return command


def compression_options(command: Command) -> Command:
    """Add the options that say how a file is written."""
    for option in (
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
    ):
        command = option(command)
    return command


def file_options(command: Command) -> Command:
    """Add the options that say where the events go."""
    command = compression_options(command)
    for option in (
        click.option("--force", is_flag=True, help="Replace the file if it exists."),
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
        with _writing(session, output, compression, with_mark, force, format_name) as (sink, show):
            named = exporting.database_format(format_name)
            begun = reading.read(lambda client: client.begin_export(sought, named))
            tenant = reading.read(lambda client: client.current_tenant())
            copied = _copy(reading, begun.export_id, begun.statement, format_name, sink, show)
            _finish(reading, begun.export_id, copied, sink)
        manifest = exporting.describe(begun.export_id, tenant, format_name, sought, copied, sink)
        _conclude(session, output, manifest)


def _copy(
    reading: Reader,
    export_id: UUID,
    statement: str,
    format_name: str,
    sink: Sink,
    show: Callable[[int], None],
) -> Copied:
    """Stream an export; what goes wrong is told to the log."""
    end = exporting.line_end(format_name)
    try:
        copied = reading.read(
            lambda _: exporting.copy(reading.connection, statement, sink, show, line_end=end)
        )
        sink.finish()
    except ExportCancelled:
        raise
    except BaseException as error:
        _tell_failure(reading, export_id, error)
        raise
    return copied


def _finish(reading: Reader, export_id: UUID, copied: Copied, sink: Sink) -> bool:
    return reading.read(
        lambda client: client.finish_export(export_id, copied.rows, sink.bytes, sink.sha256)
    )


def _tell_failure(reading: Reader, export_id: UUID, error: BaseException) -> None:
    why = exporting.describe_failure(error)
    with suppress(PgwitnessError, psycopg.Error):
        reading.read(lambda client: client.finish_export(export_id, error=why))


@contextmanager
def _writing(
    session: Session,
    output: str,
    compression: Compression | None,
    with_mark: bool,
    force: bool,
    format_name: str,
) -> Iterator[tuple[Sink, Callable[[int], None]]]:
    """Open the file, draw the progress, and say in a line what went wrong with it."""
    file: Any = sys.stdout.buffer if output == "-" else output
    try:
        with (
            progress() as bar,
            exporting.open_sink(
                file, compression, with_mark=with_mark, replace=force, format=format_name
            ) as sink,
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
        missing = "parquet_missing" if format_name == PARQUET else "zstd_missing"
        raise click.ClickException(session.text(missing)) from error


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
@click.option(
    "--parquet",
    "format_name",
    flag_value=PARQUET,
    default="",
    help="Make Parquet of an export as csv (needs the package pyarrow).",
)
@file_options
@justification_options
@pass_session
def fetch(
    session: Session,
    export_id: UUID,
    format_name: str,
    output: str,
    compression: Compression | None,
    with_mark: bool,
    force: bool,
    reason: str | None,
    justification: str | None,
) -> None:
    """Download an export that the database has written, and check that it is whole."""
    with reader(session, reason, justification) as reading:
        with _writing(session, output, compression, with_mark, force, format_name) as (sink, show):
            page = reading.read(lambda client: client.read_export(export_id))
            found = next(
                row
                for row in reading.read(lambda client: client.list_exports())
                if row.export_id == export_id
            )
            if format_name == PARQUET and found.format != exporting.database_format(PARQUET):
                raise click.ClickException(session.text("parquet_of_csv", format=found.format))
            lines = 0
            pages = _pages(reading, export_id, page)
            for content in exporting.check_chunks(pages, found.digest or ""):
                sink.write(content)
                lines += content.count(b"\n")
                show(lines)
        copied = exporting.Copied(found.rows, found.started_at or found.requested_at)
        tenant = reading.read(lambda client: client.current_tenant())
        written = PARQUET if format_name == PARQUET else found.format
        manifest = exporting.describe(export_id, tenant, written, found.filter, copied, sink)
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
@click.option(
    "--directory",
    metavar="DIR",
    type=click.Path(file_okay=False, exists=True, path_type=Path),
    help="Write them into files here, as a reader: your own, or for audit_admin the tenant's.",
)
@compression_options
@justification_options
@click.pass_context
def run_(
    context: click.Context,
    /,
    directory: Path | None,
    compression: Compression | None,
    with_mark: bool,
    reason: str | None,
    justification: str | None,
) -> None:
    """Write the exports that were asked for: into the database, of every tenant (audit_operator).

    The job run_exports does that every minute where jobs are run. With --directory they are
    streamed into files instead, DIR/ID.csv or .jsonl with a manifest beside it, and nothing is kept
    in the database; that takes a login that may read, and an access session.

    Exits with 1 when not all succeeded, and with 3 when there was nothing to do, or a run is under
    way.
    """
    session = context.ensure_object(Session)
    if directory is None:
        done = run(session, Client.run_exports, _count, ["run_exports"])
        if not report_runs(session, done):
            context.exit(1)
        if not done:
            context.exit(NOTHING_FOUND)
        return
    number = 0
    with reader(session, reason, justification) as reading, session.connect() as telling:
        tenant = reading.read(lambda client: client.current_tenant())
        for found in reversed(reading.read(lambda client: client.list_exports())):
            if found.state not in ("pending", "running") or found.is_straight:
                continue
            taken = _take(reading, found.export_id)
            if taken is None:
                continue
            number += 1
            endings = {"gzip": ".gz", "zstd": ".zst", None: ""}
            path = directory / f"{found.export_id}.{found.format}{endings[compression]}"
            try:
                with _writing(session, str(path), compression, with_mark, True, found.format) as (
                    sink,
                    show,
                ):
                    teller = _Teller(session, telling, found.export_id, sink, show)
                    copied = _copy(
                        reading, found.export_id, taken.statement, found.format, sink, teller
                    )
                    if not _finish(reading, found.export_id, copied, sink):
                        raise ExportCancelled("the export was cancelled")
            except (ExportCancelled, ExportFailed):
                note(session.text("export_stopped", export_id=found.export_id))
                continue
            manifest = exporting.describe(
                found.export_id, tenant, found.format, found.filter, copied, sink
            )
            _conclude(session, str(path), manifest)
    if not number:
        note(session.text("nothing_ran"))
        context.exit(NOTHING_FOUND)


def _take(reading: Reader, export_id: UUID) -> TakenExport | None:
    """Take an export, unless it is somebody else's or another's turn."""
    try:
        taken = reading.read(lambda client: client.take_export(export_id))
    except ExportForeign:
        return None
    return taken[0] if taken else None


class _Teller:
    """Tells the log every second how far an export is, and hears when it was cancelled."""

    def __init__(
        self,
        session: Session,
        connection: psycopg.Connection[Any],
        export_id: UUID,
        sink: Sink,
        show: Callable[[int], None],
    ) -> None:
        """Begin.

        Args:
            session: How the command was asked to behave.
            connection: Another one than streams.
            export_id: The export.
            sink: Where it goes.
            show: Draws the progress.
        """
        self._session, self._connection, self._export_id = session, connection, export_id
        self._sink, self._show = sink, show
        self._next = 0.0

    def __call__(self, number: int) -> None:
        """Tell that so many lines have come.

        Raises:
            ExportCancelled: It was cancelled.
        """
        self._show(number)
        if time.monotonic() < self._next:
            return
        self._next = time.monotonic() + TELL_SECONDS
        with self._connection.transaction(), self._session.acting(self._connection) as client:
            if not client.note_export(self._export_id, number, self._sink.bytes):
                raise ExportCancelled("the export was cancelled")


def _count(_: Client) -> Count:
    return 0, 0
