"""A game day: tampering with a log in a scratch database, to see what is found and what isn't."""

from __future__ import annotations

import os
import signal
import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import NoReturn

import click
from rich.text import Text

from pgwitness.cli import messages
from pgwitness.cli.rendering import console, escape, listing, note, progress
from pgwitness.cli.session import Session
from pgwitness.gameday import attacks, rehearsal
from pgwitness.gameday.attacks import Attack
from pgwitness.gameday.playing import CONTROL, Game, Outcome, judge
from pgwitness.gameday.rehearsal import Sample
from pgwitness.gameday.scratch import open_scratch
from pgwitness.models import FoundEvent
from pgwitness.server import Server, ServerFailed, ServerMissing

EVENTS = 1_000
"""Events that are made up for each tenant, unless told."""

FAILURES = ("missed", "false_alarm")
"""Verdicts that a game day fails with."""

_SERVER_VARIABLES = ("PGHOST", "PGHOSTADDR", "PGPORT", "PGDATABASE", "PGSERVICE")
_MARKS = {
    "clean": ("✓", "green"),
    "inside": ("✓", "green"),
    "outside": ("◐", "yellow"),
    "unseen": ("○", "dim"),
    "missed": ("✗", "bold red"),
    "false_alarm": ("✗", "bold red"),
}


@click.command()
@click.option(
    "--events",
    "number",
    type=click.IntRange(rehearsal.FEWEST, 100_000),
    default=EVENTS,
    show_default=True,
    metavar="N",
    help="Events that are made up for each of two tenants.",
)
@click.option(
    "--sample",
    type=click.IntRange(1, 100_000),
    metavar="N",
    help="Also up to N newest events of the log itself, read as `search` reads them: with an open "
    "access session, and logged.",
)
@click.option(
    "--attack",
    "names",
    multiple=True,
    metavar="NAME",
    help="Only this one, or all of a kind, such as seals; can be repeated.",
)
@click.option(
    "--embedded",
    is_flag=True,
    help="Tamper on a server that is started for it, whatever --dsn names.",
)
@click.pass_context
def gameday(
    context: click.Context,
    number: int,
    sample: int | None,
    names: tuple[str, ...],
    embedded: bool,
) -> None:
    """Tamper with a log in every way, and see what is found, by what, and how fast.

    The log is made in a scratch database on the server that --dsn names, by a superuser of it, and
    is dropped afterwards; without a server one is started for it. No log of yours is touched.

    Exits with 1 when something wasn't found that should have been, or something was that isn't
    there.
    """
    session = context.ensure_object(Session)
    chosen = _choose(names)
    taken = None if sample is None else _read_sample(session, sample)
    try:
        with _ended_by_signals(), _server(session, embedded=embedded) as dsn:
            outcomes = _play(session, dsn, number, taken, chosen)
    except (ServerMissing, ServerFailed) as error:
        raise click.ClickException(str(error)) from error
    _print_outcomes(session, outcomes)
    if any(outcome.verdict in FAILURES for outcome in outcomes):
        context.exit(1)


def _choose(names: Sequence[str]) -> list[Attack]:
    """Give the attacks that were named, all without names.

    Raises:
        click.BadParameter: There is none of a name.
    """
    known = attacks.load()
    for name in names:
        if not any(name in (attack.name, attack.target) for attack in known):
            raise click.BadParameter(f"there is no attack {name}", param_hint="--attack")
    return [a for a in known if not names or a.name in names or a.target in names]


def _read_sample(session: Session, number: int) -> Sample:
    """Read the newest events of the log; each page is committed, and so logged."""
    with session.connect() as connection:
        with session.acting(connection) as client:
            catalogue = client.list_catalogue()
        events: list[FoundEvent] = []
        after = None
        while len(events) < number:
            size = min(1_000, number - len(events))
            with session.acting(connection) as client:
                page = client.search_events(page_size=size, after=after)
            events += page
            if len(page) < size:
                break
            after = page[-1].cursor
    return Sample(catalogue, events)


@contextmanager
def _server(session: Session, *, embedded: bool) -> Iterator[str]:
    """Give the connection string of the server to tamper on."""
    if not embedded and (session.dsn or any(map(os.environ.get, _SERVER_VARIABLES))):
        yield session.dsn
        return
    note(session.text("gameday_embedded"))
    with Server() as server:
        yield server.dsn()


@contextmanager
def _ended_by_signals() -> Iterator[None]:
    """Let a signal to end be an exception, so that what was made is taken away."""

    def end(*_: object) -> NoReturn:
        raise KeyboardInterrupt

    if threading.current_thread() is not threading.main_thread():
        yield
        return
    before = signal.signal(signal.SIGTERM, end)
    try:
        yield
    finally:
        signal.signal(signal.SIGTERM, before)


def _play(
    session: Session, dsn: str, number: int, sample: Sample | None, chosen: Sequence[Attack]
) -> list[Outcome]:
    played = [CONTROL, *chosen]
    outcomes = []
    with open_scratch(dsn) as scratch, progress() as bar:
        task = bar.add_task(session.text("gameday_making"), total=None)
        game = Game(scratch, number, sample)
        bar.update(
            task,
            description=session.text("gameday_tampering"),
            total=sum(len(attack.variants) for attack in played),
        )
        try:
            for attack in played:
                found = []
                for trial in attack.trials():
                    found.append(game.play(trial))
                    bar.advance(task)
                outcomes.append(judge(attack, found, session.language))
        finally:
            game.close()
    return outcomes


# What is printed ----------------------------------------------------------------------------


def _print_outcomes(session: Session, outcomes: Sequence[Outcome]) -> None:
    listing(
        session,
        outcomes,
        {
            "": lambda row: Text(*_MARKS[row.verdict]),
            "attack": lambda row: (
                row.title,
                row.attack if row.trials == 1 else f"{row.attack} ({row.trials})",
            ),
            "found_by": lambda row: _finders(session, row),
            "seconds": lambda row: None if row.seconds is None else f"{row.seconds:.2f}",
        },
    )
    if session.as_json:
        return
    counts = {
        verdict: sum(outcome.verdict == verdict for outcome in outcomes) for verdict in _MARKS
    }
    screen = console()
    screen.print()
    for verdict, (mark, style) in _MARKS.items():
        if verdict != "clean" and (counts[verdict] or verdict not in FAILURES):
            said = session.text(f"gameday_{verdict}", count=counts[verdict])
            screen.print(Text(f"{mark} {said}", style=style), soft_wrap=True)
    screen.print()
    screen.print(session.text("gameday_limits"), style="bold", soft_wrap=True)
    for limit in ("before", "since", "kept", "rules", "reading"):
        screen.print(f"- {session.text(f'gameday_limit_{limit}')}", soft_wrap=True)


def _finders(session: Session, row: Outcome) -> tuple[Text, ...]:
    said = [
        Text(f"{detector}: {', '.join(_titled(session, kind) for kind in kinds)}")
        for detector, kinds in row.found_by.items()
    ]
    said += [
        Text(
            session.text("gameday_lacking", detector=detector, kinds=", ".join(kinds)),
            style="bold red",
        )
        for detector, kinds in row.missed_by.items()
    ]
    return tuple(said)


def _titled(session: Session, kind: str) -> str:
    key = f"finding_{kind}"
    return session.text(key) if messages.knows(key) else escape(kind)
