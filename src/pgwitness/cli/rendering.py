"""What is printed: tables and details for people, JSON Lines for programs, all safe for a terminal.

Text in events comes from anybody who can make an application log something. Nothing of it reaches
a terminal as it is: control characters and those that turn the direction of writing are escaped,
and none of it is read as markup.
"""

from __future__ import annotations

import dataclasses
import json
import re
import shutil
from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import datetime, timedelta, tzinfo
from decimal import Decimal
from itertools import groupby
from typing import Any
from uuid import UUID, uuid4

import click
import psycopg
from rich import box
from rich.console import Console
from rich.highlighter import JSONHighlighter
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn
from rich.table import Table
from rich.text import Text

from pgwitness.cli import messages
from pgwitness.cli.session import Session
from pgwitness.errors import PgwitnessError
from pgwitness.models import CatalogueEntry, Event, SubjectEvent, Toggle

WIDE = 120
"""Columns of a terminal from which on action, actor and status have columns of their own."""

BRIEF = 300
"""Characters of a description that a listing shows."""

BRIEF_COLUMNS = 8
"""Changed columns of an event that a listing shows."""

BRIEF_VALUE = 60
"""Characters of a changed value that a listing shows."""

_UNSAFE = re.compile(
    "[\x00-\x1f\x7f-\x9f\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069\ufeff\ud800-\udfff]"
)
_NOTHING = "–"  # noqa: RUF001
_NOT_INSTALLED = "Install pgwitness into this database: pgwitness install"
_HINTS = {
    "3F000": _NOT_INSTALLED,
    "42501": "The command's --help names the role that it takes: grant it to yours.",
    "42883": _NOT_INSTALLED,
}


# Text ---------------------------------------------------------------------------------------


def escape(text: str) -> str:
    r"""Write characters that could draw on a terminal as their escapes, such as `\x1b`."""

    def written(found: re.Match[str]) -> str:
        code = ord(found[0])
        return f"\\x{code:02x}" if code < 0x80 else f"\\u{code:04x}"

    return _UNSAFE.sub(written, text)


def one_line(text: str) -> str:
    """Put a message on one line and make it safe."""
    return escape(" ".join(text.split()))


def to_json(value: Any, indent: int | None = None) -> str:
    r"""Write a value as JSON that is safe to print: what a terminal could obey is `\u…` in it.

    Args:
        value: Plain JSON values, dataclasses, times, UUIDs, addresses, and Decimals as numbers;
            durations are seconds.
        indent: Spaces of each level; None writes one line.
    """
    # json writes no Decimal as a number, so a text that nobody could guess holds each one's place.
    mark = uuid4().hex

    def plain(value: Any) -> Any:
        return f"{mark}{value:f}" if isinstance(value, Decimal) else _plain(value)

    written = json.dumps(value, default=plain, ensure_ascii=False, indent=indent)
    written = re.sub(f'"{mark}([^"]*)"', r"\1", written)
    lines = written.split("\n") if indent else [written]
    return "\n".join(_UNSAFE.sub(lambda found: f"\\u{ord(found[0]):04x}", line) for line in lines)


def _plain(value: Any) -> Any:
    if dataclasses.is_dataclass(value) and not isinstance(value, type):
        return {field.name: getattr(value, field.name) for field in dataclasses.fields(value)}
    if isinstance(value, timedelta):
        return value.total_seconds()
    return value.isoformat() if isinstance(value, datetime) else str(value)


def print_json(*values: Any) -> None:
    """Print each value as one line of JSON."""
    for value in values:
        click.echo(to_json(value))


def console(*, stderr: bool = False) -> Console:
    """Make a console that takes text literally; a pipe is as wide as COLUMNS says, or 120."""
    made = Console(stderr=stderr, markup=False, emoji=False, highlight=False)
    if not made.is_terminal:
        made.width = shutil.get_terminal_size((WIDE, 24)).columns
    return made


def note(text: str) -> None:
    """Say something to the person, apart from the output."""
    console(stderr=True).print(escape(text), style="dim", soft_wrap=True)


def print_error(error: PgwitnessError | psycopg.Error) -> None:
    """Print an expected error on stderr: what it was, its SQLSTATE, and what helps."""
    if isinstance(error, PgwitnessError):
        message, detail, hint = error.message, error.detail, error.hint
    else:
        message = error.diag.message_primary or str(error)
        detail, hint = error.diag.message_detail, error.diag.message_hint
    state = error.sqlstate or ""
    screen = console(stderr=True)
    for head, style, text in (
        ("error", "bold red", f"{message} ({state})" if state else message),
        ("detail", "dim", detail),
        ("hint", "bold", hint or _HINTS.get(state)),
        *(("hint", "bold", added) for added in getattr(error, "__notes__", ())),
    ):
        if text:
            screen.print(Text.assemble((f"{head}: ", style), one_line(text)), soft_wrap=True)


def progress() -> Progress:
    """Make a progress bar on stderr that shows only when that is a terminal."""
    screen = console(stderr=True)
    return Progress(
        TextColumn("{task.description}", markup=False),
        BarColumn(),
        MofNCompleteColumn(),
        TimeElapsedColumn(),
        console=screen,
        transient=True,
        disable=not screen.is_terminal,
    )


# Results of acts ----------------------------------------------------------------------------


def report_result(session: Session, text: str, **values: object) -> None:
    """Say how an act ended: a sentence for people, its values as one object for programs.

    Args:
        session: Chooses between the two, and the language.
        text: Key of the sentence.
        **values: What the sentence's placeholders stand for, and the keys of the object.
    """
    if session.as_json:
        print_json(values)
    else:
        console().print(escape(session.text(text, **values)), soft_wrap=True)


def report_change(session: Session, changed: bool) -> None:
    """Say whether an act changed anything."""
    report_result(session, "changed" if changed else "unchanged", changed=changed)


# Titles -------------------------------------------------------------------------------------


class Titles:
    """The catalogue's titles in one language."""

    def __init__(self, entries: Iterable[CatalogueEntry], language: str) -> None:
        """Take what `list_catalogue` returned and the language to choose."""
        self._language = language
        self._titles = {(entry.kind, entry.code): entry.titles for entry in entries}

    def of(self, kind: str, code: str) -> str:
        """Give the title of a code, or the code itself when the catalogue doesn't have it."""
        return in_language(self._language, self._titles.get((kind, code))) or code


def in_language(language: str, texts: Mapping[str, str] | None) -> str:
    """Choose from texts by language: that language, else English, else any, else nothing."""
    if not texts:
        return ""
    return texts.get(language) or texts.get("en") or next(iter(texts.values()))


def name_of(actor_id: str | None, actor_type: str, actor: Any, titles: Titles) -> str:
    """Say who an actor is, by the snapshot's name, else its id, else what kind of actor it is."""
    known = actor if isinstance(actor, dict) else {}
    return str(
        known.get("name") or known.get("email") or actor_id or titles.of("actor_type", actor_type)
    )


# Listings -----------------------------------------------------------------------------------


def _shown(session: Session, value: Any) -> Text:
    if isinstance(value, Text):
        return value
    if isinstance(value, tuple):
        first, *below = [_shown(session, part) for part in value if part] or [_shown(session, None)]
        for line in below:
            line.stylize("dim")
        return Text("\n").join([first, *below])
    if value is None or value == "":
        return Text(_NOTHING, style="dim")
    if isinstance(value, bool):
        return Text(session.text("on" if value else "off"), style="green" if value else "red")
    if isinstance(value, datetime):
        return Text(messages.relative_time(session.language, value))
    if isinstance(value, int):
        return Text(messages.number(session.language, value))
    return Text(escape(str(value)))


def _table(session: Session, *columns: str) -> Table:
    table = Table(box=box.SIMPLE_HEAD, pad_edge=False, header_style="bold", show_edge=False)
    for column in columns:
        table.add_column(session.text(column) if column else "", overflow="fold")
    return table


def listing(
    session: Session, rows: Sequence[Any], columns: Mapping[str, Callable[[Any], object]]
) -> None:
    """Print rows: as JSON Lines, or as a table.

    Args:
        session: Chooses between the two, and the language.
        rows: What a function returned.
        columns: The table's columns: key of the head's text to a function that takes the cell's
            value from a row; a tuple's parts stand below one another.
    """
    if session.as_json:
        print_json(*rows)
        return
    if not rows:
        note(session.text("nothing_found"))
        return
    table = _table(session, *columns)
    for row in rows:
        table.add_row(*(_shown(session, value(row)) for value in columns.values()))
    for column, value in zip(table.columns, columns.values(), strict=True):
        column.no_wrap = any(isinstance(value(row), UUID) for row in rows)
    console().print(table)


# Events -------------------------------------------------------------------------------------


def status(event: Event, titles: Titles) -> Text:
    """Mark and name how an event ended."""
    failed = event.outcome == "failure"
    return Text(
        f"{'✗' if failed else '✓'} {escape(titles.of('outcome', event.outcome))}",
        style="red" if failed else "green",
    )


def event_table(
    session: Session,
    events: Sequence[Event],
    titles: Titles,
    *,
    with_head: bool = True,
    with_changes: bool = False,
) -> None:
    """Print events as a table; pages printed one after another line up.

    Under 120 columns an event is two lines of three columns, else one line of five, and its id.

    Args:
        session: Gives the language.
        events: Newest first; those of a subject report also tell their relations.
        titles: The catalogue.
        with_head: Whether the columns' heads are printed.
        with_changes: Whether what was captured of a row stands in place of the description.
    """
    screen = console()
    is_wide = screen.width >= WIDE
    about = "changes" if with_changes else "description"
    heads = (
        {"when": 16, "action": 24, about: None, "actor": 20, "status": 14}
        if is_wide
        else {"when": 16, "action": 22, about: None}
    )
    rest = max(screen.width - sum(width or 0 for width in heads.values()) - 2 * len(heads) + 2, 20)
    table = Table(
        box=box.SIMPLE_HEAD,
        pad_edge=False,
        show_edge=False,
        show_header=with_head,
        header_style="bold",
        padding=(0, 2, 0, 0),
    )
    for head, width in heads.items():
        table.add_column(session.text(head), width=width or rest, overflow="fold")
    for event in events:
        told = (
            _brief_columns(session, event)
            if with_changes
            else Text(_brief(event.description or _NOTHING))
        )
        table.add_row(*_event_cells(session, event, titles, told, is_wide=is_wide))
    screen.print(table)


def _event_cells(
    session: Session, event: Event, titles: Titles, told: Text, *, is_wide: bool
) -> tuple[Text, ...]:
    when = Text(messages.relative_time(session.language, event.occurred_at))
    action = Text(escape(titles.of("action", event.action)), style="bold")
    actor = Text(_brief(name_of(event.actor_id, event.actor_type, event.actor, titles)))
    state = status(event, titles)
    about = Text.assemble(told, "\n", (str(event.id), "dim"))
    related = event.relations if isinstance(event, SubjectEvent) else ()
    relations = [session.text(f"relation_{name}") for name in related]
    below = [Text(", ".join(relations), style="cyan")] if relations else []
    if is_wide:
        return Text("\n").join([when, *below]), action, about, actor, state
    return Text("\n").join([when, state, *below]), Text("\n").join([action, actor]), about


def _brief(text: str) -> str:
    """Put text that may be long on one line of a listing; the detail view shows all of it."""
    return one_line(text if len(text) <= BRIEF else f"{text[: BRIEF - 1]}…")


def _captured_columns(
    session: Session, event: Event, limit: int | None = None
) -> list[tuple[str, Text]]:
    """Draw what was captured of a row: each column, and its change or value.

    Args:
        session: Gives the language.
        event: Any event; one that wasn't captured has none.
        limit: Characters of a value that are shown; None shows all.
    """
    if event.source != "captured":
        return []
    if isinstance(event.changes, dict):
        columns, draw = event.changes, _change
    elif _has_row(event):
        columns, draw = event.target, _value
    else:
        return []
    return [(escape(name), draw(session, content, limit)) for name, content in columns.items()]


def _has_row(event: Event) -> bool:
    """Whether the target is a whole row, not just what stands there when no target was given."""
    nothing_more = {"type": event.entity_type, "id": event.entity_id}
    return isinstance(event.target, dict) and event.target != nothing_more


def _change(session: Session, content: Any, limit: int | None) -> Text:
    if not isinstance(content, dict) or not content.keys() >= {"old", "new"}:
        return _value(session, content, limit)
    before, after = (_brief_json(content[side], limit) for side in ("old", "new"))
    before.stylize("red")
    after.stylize("green")
    return Text.assemble(before, " → ", after)


def _value(session: Session, content: Any, limit: int | None) -> Text:
    why = content.get("withheld") if isinstance(content, dict) else None
    # A column of the application's own may well hold an object with that name.
    if not isinstance(why, str) or content.keys().isdisjoint(("changed", "sha256")):
        return _brief_json(content, limit)
    key = f"withheld_{why}".replace(" ", "_")
    why = session.text(key) if messages.knows(key) else why
    if "bytes" in content:
        why = session.text("withheld_bytes", why=why, count=content["bytes"])
    return Text(escape(session.text("withheld", why=why)), style="yellow")


def _brief_json(value: Any, limit: int | None) -> Text:
    drawn = Text(to_json(value))
    if limit:
        drawn.truncate(limit, overflow="ellipsis")
    return drawn


def _brief_columns(session: Session, event: Event) -> Text:
    columns = _captured_columns(session, event, BRIEF_VALUE)
    lines = [
        Text.assemble(f"{_brief(name)}: ", content) for name, content in columns[:BRIEF_COLUMNS]
    ]
    if len(columns) > BRIEF_COLUMNS:
        left_out = session.text("more_columns", count=len(columns) - BRIEF_COLUMNS)
        lines.append(Text(left_out, style="dim"))
    # Where a row came from or went to is told in the description alone.
    moves = {"moved_to", "moved_from"}
    has_moved = isinstance(event.metadata, dict) and not moves.isdisjoint(event.metadata)
    if has_moved or not lines:
        lines.insert(0, Text(_brief(event.description or _NOTHING)))
    return Text("\n").join(lines)


def event_detail(session: Session, event: Event, titles: Titles, zone: tzinfo) -> None:
    """Print all that one event holds: facts first, then its JSON parts, ready to be copied.

    Args:
        session: Gives the language.
        event: The event.
        titles: The catalogue.
        zone: Time zone of its times.
    """
    screen = console()
    screen.print(
        Text.assemble(
            (escape(titles.of("action", event.action)), "bold"), "   ", status(event, titles)
        )
    )
    if event.description:
        screen.print(escape(event.description), soft_wrap=True)
    screen.print()
    facts = Table.grid(padding=(0, 2, 0, 0))
    facts.add_column(style="dim", no_wrap=True)
    facts.add_column(overflow="fold")
    for head, value in _facts(session, event, titles, zone).items():
        if value:
            facts.add_row(session.text(head), escape(value))
    screen.print(facts)
    captured = Table.grid(padding=(0, 2, 0, 0))
    captured.add_column(style="dim")
    captured.add_column(overflow="fold")
    for name, content in _captured_columns(session, event):
        captured.add_row(name, content)
    of_captured = "target_snapshot" if event.changes is None else "changes"
    for head, part in (
        ("actor_snapshot", event.actor),
        ("target_snapshot", event.target),
        ("changes", event.changes),
        ("metadata", event.metadata),
    ):
        if part is not None:
            screen.print()
            screen.print(session.text(head), style="bold")
            if head == of_captured and captured.row_count:
                screen.print(captured)
            else:
                screen.print(highlighted_json(part), soft_wrap=True)


def _facts(session: Session, event: Event, titles: Titles, zone: tzinfo) -> dict[str, str]:
    def full(moment: datetime) -> str:
        written = moment.astimezone(zone).isoformat(sep=" ")
        return f"{written} ({messages.relative_time(session.language, moment)})"

    actor = name_of(event.actor_id, event.actor_type, event.actor, titles)
    identity = f" {event.actor_id}" if event.actor_id and event.actor_id != actor else ""
    source = f"source_{event.source}"
    return {
        "when": full(event.occurred_at),
        "recorded": f"{full(event.recorded_at)}, {event.recorded_by}",
        "error": event.error_message or "",
        "action": f"{event.action} ({titles.of('category', event.category)})",
        "entity": f"{titles.of('entity_type', event.entity_type)} {event.entity_id or ''}".rstrip(),
        "actor": f"{actor} ({titles.of('actor_type', event.actor_type)}{identity})",
        "source": session.text(source) if messages.knows(source) else event.source,
        "ip": str(event.ip or ""),
        "user_agent": event.user_agent or "",
        "request_id": event.request_id or "",
        "id": str(event.id),
    }


def highlighted_json(value: Any) -> Text:
    """Write a value as indented JSON in colours; nothing in it can act on the terminal."""
    written = Text(to_json(value, indent=2))
    JSONHighlighter().highlight(written)
    return written


# Toggles ------------------------------------------------------------------------------------


def toggle_page(session: Session, toggles: Sequence[Toggle]) -> None:
    """Draw the configuration page: categories with their counts, actions with what they come to.

    Args:
        session: Gives the language.
        toggles: What `list_toggles` returned: one row an action, in order of category.
    """
    screen = console()
    if not toggles:
        note(session.text("nothing_found"))
        return
    is_on = toggles[0].logging_enabled
    screen.print(
        session.text("logging_on" if is_on else "logging_off"),
        style="green" if is_on else "bold red",
        soft_wrap=True,
    )
    for _, group in groupby(toggles, key=lambda toggle: toggle.category):
        _category(session, screen, list(group))


def _category(session: Session, screen: Console, actions: list[Toggle]) -> None:
    first = actions[0]
    state = "is_mandatory" if first.is_mandatory else "on" if first.category_enabled else "off"
    screen.print()
    screen.print(
        Text.assemble(
            (escape(in_language(session.language, first.category_titles)), "bold"),
            (f" {first.category}", "dim"),
            f"   {first.category_logged}/{first.category_total}   ",
            (session.text(state), "red" if state == "off" else "green"),
        )
    )
    about = in_language(session.language, first.category_descriptions)
    if about:
        screen.print(escape(about), style="dim")
    table = Table.grid(padding=(0, 2, 0, 0))
    for width in (1, min(screen.width - 17, 100), 12):
        table.add_column(width=width, overflow="fold")
    for action in actions:
        table.add_row(*_toggle_cells(session, action))
    screen.print(table)


def _toggle_cells(session: Session, toggle: Toggle) -> tuple[Text, Text, Text]:
    about = in_language(session.language, toggle.action_descriptions)
    override = (
        None if toggle.override is None else "override_on" if toggle.override else "override_off"
    )
    return (
        Text("●" if toggle.is_logged else "○", style="green" if toggle.is_logged else "red"),
        Text.assemble(
            escape(in_language(session.language, toggle.action_titles)),
            (f"\n{toggle.action}  {escape(about)}", "dim"),
        ),
        Text(session.text(override) if override else "", style="yellow"),
    )
