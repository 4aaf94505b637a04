"""Access sessions: the reason and justification without which nothing can be read."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from datetime import tzinfo
from typing import Any, TypeVar
from uuid import UUID

import click
import psycopg
from rich.table import Table
from rich.text import Text

from pgwitness.cli.rendering import (
    Titles,
    console,
    escape,
    in_language,
    listing,
    note,
    print_error,
    report_change,
    report_result,
)
from pgwitness.cli.session import Session, is_interactive, pass_session
from pgwitness.client import Client
from pgwitness.errors import AccessExpired, AccessRequired, ReasonInvalid
from pgwitness.models import AccessSession, CatalogueEntry

Result = TypeVar("Result")
Command = TypeVar("Command", bound=Callable[..., object])


def justification_options(command: Command) -> Command:
    """Add `--reason` and `--justification`, which open an access session where one is needed."""
    for name, metavar, text in (
        ("--justification", "TEXT", "Why you read, in 10 to 500 characters; logged."),
        ("--reason", "CODE", "Reason of access; `pgwitness catalogue list access_reason`."),
    ):
        command = click.option(name, metavar=metavar, help=text)(command)
    return command


class Reader:
    """Reads with the open access session; where there is none, opens one and reads again.

    Each reading commits before its result is handed on, so that nothing is shown whose trace an
    interrupted output could take back.
    """

    def __init__(
        self,
        session: Session,
        connection: psycopg.Connection[Any],
        reason: str | None,
        justification: str | None,
    ) -> None:
        """Take what a session is opened with if it comes to that.

        Args:
            session: How the command was asked to behave.
            connection: An autocommit connection.
            reason: Code of a reason; None asks the person at the terminal.
            justification: The reader's own words; None asks the person at the terminal.
        """
        self._session = session
        self._connection = connection
        self._reason = reason
        self._justification = justification

    def read(self, call: Callable[[Client], Result]) -> Result:
        """Call the database in a transaction of its own; again after a session was opened.

        Raises:
            AccessRequired: No session is open, no reason was given, and nobody is there to ask.
            AccessExpired: The session named has ended, and the same.
        """
        try:
            return self._call(call)
        except (AccessRequired, AccessExpired) as refusal:
            if not ((self._reason and self._justification) or is_interactive()):
                refusal.add_note(self._session.text("access_hint"))
                raise
        opened = open_session(self._session, self._connection, self._reason, self._justification)
        note(self._session.text("access_opened", access_id=opened))
        if self._session.has_context:
            note(self._session.text("access_reuse", access_id=opened))
        self._session = replace(self._session, access_id=opened)
        return self._call(call)

    @property
    def connection(self) -> psycopg.Connection[Any]:
        """The connection that is read over."""
        return self._connection

    @property
    def zone(self) -> tzinfo:
        """The connection's time zone, in which filters understand times without an offset."""
        return self._connection.info.timezone

    def titles(self) -> Titles:
        """Give the catalogue's titles in the session's language."""
        return Titles(self._call(lambda client: client.list_catalogue()), self._session.language)

    def _call(self, call: Callable[[Client], Result]) -> Result:
        with self._connection.transaction(), self._session.acting(self._connection) as client:
            return call(client)


@contextmanager
def reader(session: Session, reason: str | None, justification: str | None) -> Iterator[Reader]:
    """Connect for reading, and close the connection at the end."""
    with session.connect() as connection:
        yield Reader(session, connection, reason, justification)


def open_session(
    session: Session,
    connection: psycopg.Connection[Any],
    reason: str | None,
    justification: str | None,
) -> UUID:
    """Open an access session, asking the person for what wasn't given.

    What counts as a justification is for the database to say; its refusal is shown, and the
    person is asked again.
    """
    unopened = replace(session, access_id=None)
    if reason is None:
        note(session.text("access_needed"))
        with unopened.acting(connection) as client:
            reason = ask_reason(session, client.list_catalogue())
    while True:
        words = justification if justification is not None else ask_justification(session)
        try:
            with unopened.acting(connection) as client:
                return client.open_access(access_reason=reason, justification=words)
        except ReasonInvalid as refusal:
            if justification is not None:
                raise
            print_error(refusal)


def ask_reason(session: Session, catalogue: Sequence[CatalogueEntry]) -> str:
    """List the reasons of the catalogue, numbered, and let the person choose one."""
    reasons = [entry for entry in catalogue if entry.kind == "access_reason"]
    offered = Table.grid(padding=(0, 2, 0, 0))
    for place, reason in enumerate(reasons, 1):
        offered.add_row(
            Text(f"{place:>3}", style="bold"),
            escape(in_language(session.language, reason.titles)),
            Text(escape(in_language(session.language, reason.descriptions)), style="dim"),
        )
    console(stderr=True).print(offered)
    choices = {str(place): reason.code for place, reason in enumerate(reasons, 1)}
    choices |= {reason.code: reason.code for reason in reasons}
    while True:
        answer = click.prompt(session.text("ask_reason", last=len(reasons)), err=True).strip()
        if answer in choices:
            return choices[answer]
        note(session.text("not_a_reason", last=len(reasons)))


def ask_justification(session: Session) -> str:
    """Let the person write why, and say how long it came to be."""
    words: str = click.prompt(session.text("ask_justification"), err=True)
    note(session.text("characters", count=len(words.strip())))
    return words


@click.group()
def access() -> None:
    """Sessions of justified access; nothing is read without one."""


@access.command("open")
@justification_options
@pass_session
def open_(session: Session, reason: str | None, justification: str | None) -> None:
    """Open an access session, asking for what isn't given where a person sits at the terminal.

    It ends an hour after it was last read with, and after eight hours in any case.
    """
    for name, value in (("--reason", reason), ("--justification", justification)):
        if value is None and not is_interactive():
            raise click.UsageError(f"Missing option '{name}'; nobody is there to ask.")
    with session.connect() as connection:
        access_id = open_session(session, connection, reason, justification)
    report_result(session, "access_opened", access_id=access_id)
    if session.has_context:
        note(session.text("access_reuse", access_id=access_id))


@access.command()
@click.argument("closed_id", type=click.UUID, metavar="ACCESS_ID")
@pass_session
def close(session: Session, closed_id: UUID) -> None:
    """Close an access session: your own, or for audit_admin any of the tenant's."""
    with session.client() as client:
        report_change(session, client.close_access(access_id=closed_id))


@access.command("list")
@pass_session
def list_(session: Session) -> None:
    """List the tenant's access sessions: who reads, why, and until when."""
    with session.client() as client:
        rows = client.list_access()
        titles = Titles(client.list_catalogue(), session.language)
    listing(
        session,
        rows,
        {
            "opened": lambda row: (row.opened_at, _state(session, row)),
            "actor": lambda row: (row.actor_id, titles.of("access_reason", row.access_reason)),
            "justification": lambda row: (row.justification, row.access_id),
        },
    )


def _state(session: Session, row: AccessSession) -> Text:
    state = "open" if row.is_open else "closed" if row.closed_at else "expired"
    return Text(session.text(state), style="green" if row.is_open else "red")
