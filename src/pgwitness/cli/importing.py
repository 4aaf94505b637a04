"""`pgwitness import`: events of other logs, and of other installations, into this one."""

from __future__ import annotations

import os
import stat
from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import asdict, replace
from typing import Any, BinaryIO

import click
import psycopg
from rich.progress import BarColumn, DownloadColumn, Progress, TextColumn, TimeRemainingColumn

from pgwitness.cli import messages
from pgwitness.cli.rendering import console, one_line, print_json
from pgwitness.cli.session import Session, pass_session
from pgwitness.client import Client
from pgwitness.errors import DefinitionRefused
from pgwitness.importers import IMPORTERS, ReadEvent, Refusal, read_events
from pgwitness.importers.records import derive_title

BATCH_BYTES = 8 * 1024 * 1024
"""A batch ends at this many bytes of lines, however few they are, so that memory stays flat."""

UNKNOWN_CODES = frozenset({"WT010", "WT012"})
"""SQLSTATEs of an action and of an entity type that the catalogue lacks."""

_TEXTS = {
    "escaped": (
        "line {line}: imported, with characters that PostgreSQL can't store written as escapes",
        "rad {line}: inläst, med tecken som PostgreSQL inte kan lagra skrivna som koder",
    ),
    "done": (
        "{imported} imported, {repeated} repeated, {refused} refused.",
        "{imported} inlästa, {repeated} upprepade, {refused} nekade.",
    ),
    "stopped": (
        "Stopped after line {line}. What was imported stays; run it again, nothing is doubled.",
        "Avbröts efter rad {line}. Det inlästa är kvar; kör igen, inget dubbleras.",
    ),
    "expired": (
        "Warning: {expired} of these events are older than the tenant keeps its log; "
        "the next purge removes them.",
        "Varning: {expired} av händelserna är äldre än organisationen behåller sin logg; "
        "nästa gallring tar bort dem.",
    ),
    "unknown": (
        "To define unknown actions and entity types: --define-unknown --category CODE",
        "För att lägga till okända åtgärder och objekttyper: --define-unknown --category KOD",
    ),
    "reading": ("Importing", "Läser in"),
    "line": ("line {line}", "rad {line}"),
}


class Definer:
    """Defines the actions and entity types that the catalogue lacks, titled after their codes."""

    def __init__(self, client: Client, category: str) -> None:
        """Reads the catalogue, and defines the category when it is new.

        Args:
            client: speaks as an audit_operator, and commits by itself.
            category: where new actions go.

        Raises:
            DefinitionRefused: the category's code isn't valid.
        """
        self.client = client
        self.category = category
        self.known = {(entry.kind, entry.code) for entry in client.list_catalogue()}
        if ("category", category) not in self.known:
            client.define_category(category=category, titles={"en": derive_title(category)})

    def define(self, events: Iterable[dict[str, Any]]) -> None:
        """Defines what these events need; a code that can't be one is left to be refused.

        Raises:
            CategoryUnknown: the category is built in and takes no actions.
        """
        for event in events:
            for kind in ("action", "entity_type"):
                code = event.get(kind)
                if not isinstance(code, str) or (kind, code) in self.known:
                    continue
                self.known.add((kind, code))
                titles = {"en": derive_title(code)}
                try:
                    if kind == "action":
                        self.client.define_action(
                            action=code, category=self.category, titles=titles
                        )
                    else:
                        self.client.define_entity_type(entity_type=code, titles=titles)
                except DefinitionRefused:
                    continue


class Import:
    """One run: sends batches, each its own transaction, and counts what became of the lines."""

    def __init__(
        self,
        session: Session,
        connection: psycopg.Connection[Any],
        definer: Definer | None,
        reason: str,
    ) -> None:
        """Keeps what every batch needs."""
        self.session = session
        self.connection = connection
        self.definer = definer
        self.reason = reason
        self.counts: Counter[str] = Counter()
        self.has_unknown_codes = False
        self.last_line = 0

    def send(self, batch: list[ReadEvent]) -> None:
        """Imports a batch.

        Raises:
            PgwitnessError: the whole batch is refused: the reason, the tenant, the role.
            psycopg.Error: the connection failed; the batch is wholly in or wholly out.
        """
        events = [item.event for item in batch]
        if self.definer is not None:
            self.definer.define(events)
        with self.session.acting(self.connection) as client:
            rows = list(
                client.import_events(
                    events=events, reason=self.reason, tenant_id=self.session.tenant_id
                )
            )
        for row in rows:
            item = batch[row.line]
            if row.result == "refused":
                self.refuse(Refusal(item.line, row.message or "", row.hint or "", row.sqlstate))
                continue
            self.counts[row.result] += 1
            self.counts["expired"] += bool(row.is_expired)
            if item.is_escaped:
                self.report_escaped(item.line)
        self.last_line = batch[-1].line

    def refuse(self, refusal: Refusal) -> None:
        """Counts a refusal and reports it."""
        self.counts["refused"] += 1
        self.has_unknown_codes |= refusal.sqlstate in UNKNOWN_CODES
        if self.session.as_json:
            print_json({"result": "refused", **asdict(refusal)})
            return
        code = f" [{refusal.sqlstate}]" if refusal.sqlstate else ""
        parts = (f"{self._text('line', line=refusal.line)}: {refusal.message}{code}", refusal.hint)
        click.echo(one_line(" ".join(part for part in parts if part)), err=True)

    def report_escaped(self, line: int) -> None:
        """Counts and names a line that isn't stored letter for letter."""
        self.counts["escaped"] += 1
        if self.session.as_json:
            print_json({"result": "escaped", "line": line})
        else:
            click.echo(self._text("escaped", line=line), err=True)

    def report(self) -> None:
        """Prints the counts, and what the user ought to do about them."""
        counts = {
            name: self.counts[name]
            for name in ("imported", "repeated", "refused", "expired", "escaped")
        }
        if self.session.as_json:
            print_json(counts)
        else:
            click.echo(self._text("done", **counts))
        if self.has_unknown_codes and self.definer is None:
            click.echo(self._text("unknown"), err=True)
        if counts["expired"]:
            click.echo(self._text("expired", **counts), err=True)

    def report_stop(self) -> None:
        """Says how far an import came that didn't come to its end."""
        if self.last_line:
            click.echo(self._text("stopped", line=self.last_line), err=True)

    def _text(self, key: str, **values: int) -> str:
        return _text(self.session, key, **values)


@click.command("import")
@click.argument("file", type=click.File("rb"))
@click.option(
    "--format",
    "format_name",
    type=click.Choice(list(IMPORTERS)),
    required=True,
    help="What the lines hold: pgwitness' own events, AWS CloudTrail records, Eneo's audit_logs.",
)
@click.option("--reason", required=True, help="Why; it stands in the log (10 to 500 characters).")
@click.option(
    "--define-unknown",
    is_flag=True,
    help="Define actions and entity types that the catalogue lacks (takes an audit_operator).",
)
@click.option("--category", metavar="CODE", help="Category of the actions that are defined.")
@click.option(
    "--operator-dsn",
    metavar="DSN",
    envvar="PGWITNESS_OPERATOR_DSN",
    help="Where to define, when the importing login is no audit_operator.",
)
@click.option(
    "--batch-size",
    type=click.IntRange(1, 100_000),
    default=1000,
    show_default=True,
    help="Events in a transaction.",
)
@pass_session
@click.pass_context
def import_command(
    context: click.Context,
    session: Session,
    file: BinaryIO,
    format_name: str,
    reason: str,
    define_unknown: bool,
    category: str | None,
    operator_dsn: str | None,
    batch_size: int,
) -> None:
    """Import events from FILE: JSON Lines, plain or gzip; - reads standard input.

    Takes an audit_admin of the tenant. Lines that can't be imported are reported with their
    number, the others are imported, and the exit code is 1. Run again, it doubles nothing: an
    event is known by its own id (pgwitness), its eventID (cloudtrail) or its row's id (eneo).
    """
    if define_unknown != (category is not None):
        raise click.UsageError("--define-unknown and --category go together.")
    with ExitStack() as stack:
        connection = stack.enter_context(session.connect())
        definer = None
        if category is not None:
            operator = connection
            if operator_dsn:
                operator = stack.enter_context(replace(session, dsn=operator_dsn).connect())
            definer = Definer(Client(operator), category)
        run = Import(session, connection, definer, reason)
        show_progress = stack.enter_context(_showing_progress(session, file))
        items = read_events(file, IMPORTERS[format_name], session.tenant_id)
        try:
            for item in _gather(items, batch_size):
                if isinstance(item, Refusal):
                    run.refuse(item)
                else:
                    run.send(item)
                    show_progress()
        except BaseException:
            run.report_stop()
            raise
    run.report()
    if run.counts["refused"]:
        context.exit(1)


commands = [import_command]


def _gather(
    items: Iterable[ReadEvent | Refusal], batch_size: int
) -> Iterator[list[ReadEvent] | Refusal]:
    batch: list[ReadEvent] = []
    size = 0
    for item in items:
        if isinstance(item, Refusal):
            yield item
            continue
        batch.append(item)
        size += item.size
        if len(batch) >= batch_size or size >= BATCH_BYTES:
            yield batch
            batch, size = [], 0
    if batch:
        yield batch


@contextmanager
def _showing_progress(session: Session, file: BinaryIO) -> Iterator[Callable[[], None]]:
    """Draws how many of the file's bytes have been read, for a person at a terminal."""
    screen = console(stderr=True)
    size = _measure(file)
    with Progress(
        TextColumn("{task.description}", markup=False),
        BarColumn(),
        DownloadColumn(),
        TimeRemainingColumn(),
        console=screen,
        disable=not screen.is_terminal,
        transient=True,
    ) as progress:
        task = progress.add_task(_text(session, "reading"), total=size)

        def show() -> None:
            if size is not None:
                progress.update(task, completed=file.tell())

        yield show


def _measure(file: BinaryIO) -> int | None:
    """Gives a file's size in bytes, or None for a pipe."""
    try:
        status = os.fstat(file.fileno())
    except OSError:
        return None
    return status.st_size if stat.S_ISREG(status.st_mode) else None


def _text(session: Session, key: str, **values: int) -> str:
    shown = {
        name: str(value) if name == "line" else messages.number(session.language, value)
        for name, value in values.items()
    }
    return _TEXTS[key][messages.LANGUAGES.index(session.language)].format(**shown)
