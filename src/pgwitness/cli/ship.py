"""Shipping a sink: once, or for as long as the program runs."""

from __future__ import annotations

import signal
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from typing import Any

import click
import psycopg
from rich.progress import Progress, TaskID

from pgwitness.cli.rendering import console, escape, one_line, print_json, progress
from pgwitness.cli.session import Session
from pgwitness.shipping.shipper import Shipped, Shipper, Watcher
from pgwitness.shipping.transport import Refusal, ShippingError

PUT_ASIDE = 4
"""Exit code of a run that shipped everything but what the receiver refused for good."""

KEEPALIVES: dict[str, Any] = {
    "keepalives_idle": 30,
    "keepalives_interval": 10,
    "keepalives_count": 3,
    "connect_timeout": 10,
}
"""Seconds and times of libpq, so that a server that is gone without a word is missed."""


@click.command()
@click.argument("name")
@click.option(
    "--once/--follow",
    "once",
    default=True,
    help="End when nothing is left (as unless told), or go on with whatever is sealed.",
)
@click.option(
    "--batch-size",
    type=click.IntRange(1, 10_000),
    metavar="EVENTS",
    help="Events a batch; unset, what the sink's options say, or 1,000.",
)
@click.pass_context
def ship(context: click.Context, /, name: str, once: bool, batch_size: int | None) -> None:
    """Ship the events of sink NAME to its receiver, as the role that it names (audit_shipper).

    A batch is acknowledged when the receiver has it. What fails is tried again with --follow, with
    growing pauses; with --once it ends the command, and the next run begins there. An event that
    the receiver refuses again and again is put aside: "pgwitness sink dead-letters" lists it.

    SIGTERM and SIGINT end it after the batch in hand. It takes a connection straight to the server.

    Exits with 0 when all was shipped, or it was ended while following; with 1 when something
    failed, or it was ended before all was shipped; with 4 when events were put aside.
    """
    session = context.ensure_object(Session)
    with ExitStack() as stack:
        bar = stack.enter_context(progress())
        watcher = _Teller(session, name, bar)
        shipper = Shipper(name, lambda: _connect(session), batch_size=batch_size, watcher=watcher)
        stack.enter_context(_ending(shipper))
        try:
            done = shipper.ship() if once else shipper.follow()
        except ShippingError as error:
            raise click.ClickException(one_line(str(error))) from error
    _conclude(context, session, name, done, once=once)


def _conclude(
    context: click.Context, session: Session, name: str, done: Shipped, *, once: bool
) -> None:
    if session.as_json:
        print_json(done)
    else:
        _say(session.text("shipped", name=name, count=done.events))
    if once and not done.is_finished:
        raise click.ClickException(session.text("ship_ended"))
    if done.put_aside:
        _say(session.text("shipped_aside", name=name, count=done.put_aside))
        context.exit(PUT_ASIDE)


def _connect(session: Session) -> psycopg.Connection[Any]:
    return psycopg.connect(
        session.dsn,
        autocommit=True,
        fallback_application_name="pgwitness ship",
        **KEEPALIVES,
    )


@contextmanager
def _ending(shipper: Shipper) -> Iterator[None]:
    """Has signals end the shipper after the batch in hand."""
    before = {
        number: signal.signal(number, lambda *_: shipper.stop.set())
        for number in (signal.SIGTERM, signal.SIGINT)
    }
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


def _say(text: str) -> None:
    """Print a line on stderr: standard output may be where the events go."""
    console(stderr=True).print(escape(text), soft_wrap=True)


class _Teller(Watcher):
    """Says on stderr how it goes: a line for each failure, and a count at a terminal."""

    def __init__(self, session: Session, name: str, bar: Progress) -> None:
        self._session, self._name, self._bar = session, name, bar
        self._task: TaskID = bar.add_task(session.text("shipping", name=name), total=None)

    def delivered(self, events: int) -> None:
        self._bar.advance(self._task, events)

    def failed(self, reason: str, pause: float | None) -> None:
        seconds = f"{pause or 0:.1f}"
        _say(self._session.text("ship_failed", name=self._name, why=reason, seconds=seconds))

    def put_aside(self, refusal: Refusal) -> None:
        event_id = refusal.event.event_id
        _say(self._session.text("ship_aside", event_id=event_id, why=refusal.reason))
