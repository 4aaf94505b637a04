"""What every command shares: where to connect, who acts, which language, people or programs."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from typing import Any
from uuid import UUID

import click
import psycopg

from pgwitness.cli import messages
from pgwitness.client import Client

NOTHING_FOUND = 3
"""Exit code of a command that worked and had nothing to show."""


@dataclass(frozen=True, slots=True)
class Session:
    """How one run of the command line was asked to behave.

    Attributes:
        dsn: libpq connection string or URI; empty means libpq's own variables.
        language: Language of listings and of the catalogue's titles, `en` or `sv`.
        as_json: Print JSON Lines for programs instead of tables for people.
        tenant_id: Tenant to act for; None leaves it to the role's only tenant.
        actor_id: Who acts; None leaves it to the database role.
        actor_type: What kind of actor that is; None leaves it to the database.
        access_id: Access session to read with; None leaves it to the role's open one.
    """

    dsn: str = ""
    language: str = "en"
    as_json: bool = False
    tenant_id: UUID | None = None
    actor_id: str | None = None
    actor_type: str | None = None
    access_id: UUID | None = None

    @property
    def has_context(self) -> bool:
        """Whether a tenant, an actor or an access session was named."""
        return any((self.tenant_id, self.actor_id, self.actor_type, self.access_id))

    def connect(self) -> psycopg.Connection[Any]:
        """Open an autocommit connection.

        Raises:
            psycopg.OperationalError: The server can't be reached or refuses the login.
        """
        return psycopg.connect(self.dsn, autocommit=True, fallback_application_name="pgwitness")

    @contextmanager
    def acting(self, connection: psycopg.Connection[Any]) -> Iterator[Client]:
        """Give a client that speaks for the tenant, actor and access session that were named.

        A context lasts as long as its transaction, so with one all calls inside share a
        transaction; without, each commits by itself.
        """
        client = Client(connection)
        if not self.has_context:
            yield client
            return
        with client.context(
            tenant_id=self.tenant_id,
            actor_id=self.actor_id,
            actor_type=self.actor_type,
            access_id=self.access_id,
        ):
            yield client

    @contextmanager
    def client(self) -> Iterator[Client]:
        """Connect, act, and close the connection at the end."""
        with self.connect() as connection, self.acting(connection) as client:
            yield client

    def text(self, key: str, **values: object) -> str:
        """Say something in the session's language."""
        return messages.text(self.language, key, **values)


pass_session = click.make_pass_decorator(Session)


def is_interactive() -> bool:
    """Whether a person sits there: questions go to stderr, answers come from stdin."""
    return sys.stdin.isatty() and sys.stderr.isatty()


def _remember(context: click.Context, parameter: click.Parameter, value: Any) -> None:
    """Put a shared option into the session; one given later, at the command, wins."""
    session = context.find_object(Session) or Session()
    if value is not None and value is not False and parameter.name is not None:
        session = replace(session, **{parameter.name: value})
    context.obj = session


def _shared_option(*declarations: str, **settings: Any) -> Callable[[], click.Option]:
    return lambda: click.Option(declarations, expose_value=False, callback=_remember, **settings)


_CONNECTION = (
    _shared_option(
        "--dsn",
        metavar="DSN",
        help="Where to connect: a libpq URI or connection string. Unset: PGWITNESS_DSN, then "
        "libpq's own variables (PGHOST, PGDATABASE, PGSERVICE …).",
    ),
    _shared_option(
        "--lang",
        "language",
        type=click.Choice(messages.LANGUAGES),
        help="Language of listings and titles; also PGWITNESS_LANG.",
    ),
    _shared_option(
        "--json",
        "as_json",
        is_flag=True,
        help="JSON Lines instead of text: one object a line.",
    ),
)
_CONTEXT = (
    _shared_option(
        "--tenant",
        "tenant_id",
        type=click.UUID,
        help="Tenant to act for; also PGWITNESS_TENANT. Unset: the role's only tenant.",
    ),
    _shared_option(
        "--actor",
        "actor_id",
        metavar="ID",
        help="Who acts, for applications' roles; also PGWITNESS_ACTOR. Unset: the database role.",
    ),
    _shared_option(
        "--actor-type",
        "actor_type",
        metavar="TYPE",
        help="What kind of actor that is; also PGWITNESS_ACTOR_TYPE.",
    ),
    _shared_option(
        "--access",
        "access_id",
        type=click.UUID,
        help="Access session to read with; also PGWITNESS_ACCESS. Unset: the role's open one.",
    ),
)
_VARIABLES = {
    "dsn": "PGWITNESS_DSN",
    "language": "PGWITNESS_LANG",
    "tenant_id": "PGWITNESS_TENANT",
    "actor_id": "PGWITNESS_ACTOR",
    "actor_type": "PGWITNESS_ACTOR_TYPE",
    "access_id": "PGWITNESS_ACCESS",
}


def share_options(root: click.Group, per_tenant: Iterable[click.Command]) -> None:
    """Let commands take the shared options, before their name and after it.

    A command that has an option of the same name keeps its own. Environment variables are read at
    the root alone, so that they never win over an option.

    Args:
        root: The command line with all its commands.
        per_tenant: Those that act for one tenant; they take the context's options too.
    """
    for option in (make() for make in (*_CONNECTION, *_CONTEXT)):
        option.envvar = _VARIABLES.get(option.name or "")
        root.params.append(option)
    of_tenants = set(per_tenant)
    for command in root.commands.values():
        _share_with(command, _CONNECTION + (_CONTEXT if command in of_tenants else ()))


def _share_with(command: click.Command, options: Iterable[Callable[[], click.Option]]) -> None:
    if isinstance(command, click.Group):
        for child in command.commands.values():
            _share_with(child, options)
        return
    taken = {name for parameter in command.params for name in (*parameter.opts, parameter.name)}
    for make in options:
        option = make()
        if taken.isdisjoint((*option.opts, option.name)):
            command.params.append(option)
