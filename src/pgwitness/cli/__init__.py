"""The command line: each command calls one function of the database and draws what it returns."""

from __future__ import annotations

import sys
from io import TextIOWrapper
from typing import Any

import click
import psycopg

from pgwitness import __version__
from pgwitness.cli import importing, installation
from pgwitness.cli.access import access
from pgwitness.cli.archive import archive
from pgwitness.cli.capture import capture
from pgwitness.cli.catalogue import catalogue
from pgwitness.cli.checkpoint import checkpoint
from pgwitness.cli.completion import completion
from pgwitness.cli.data_retention import data_retention
from pgwitness.cli.doctor import doctor
from pgwitness.cli.erase import erase, restore_check
from pgwitness.cli.evidence import evidence
from pgwitness.cli.export import export
from pgwitness.cli.gameday import gameday
from pgwitness.cli.history import history, revert
from pgwitness.cli.hold import hold
from pgwitness.cli.jobs import jobs
from pgwitness.cli.key import key
from pgwitness.cli.log import log
from pgwitness.cli.option import option
from pgwitness.cli.rendering import print_error
from pgwitness.cli.retention import retention
from pgwitness.cli.search import actors, report, search, show
from pgwitness.cli.session import NOTHING_FOUND, Session, share_options
from pgwitness.cli.ship import ship
from pgwitness.cli.sink import sink
from pgwitness.cli.tenant import tenant
from pgwitness.cli.toggle import toggle
from pgwitness.cli.verify import verify
from pgwitness.errors import EventMissing, PgwitnessError


class Refused(click.ClickException):
    """An expected error: the database, or the way there, said no."""

    def __init__(self, error: PgwitnessError | psycopg.Error) -> None:
        """Keep what was said."""
        super().__init__(str(error))
        self.error = error

    def show(self, file: Any = None) -> None:
        """Print error, detail and hint."""
        print_error(self.error)


class NothingFound(Refused):
    """The event asked for isn't there."""

    exit_code = NOTHING_FOUND


class Root(click.Group):
    """The group that turns every expected error into a line and an exit code."""

    def invoke(self, ctx: click.Context) -> Any:
        """Run a command."""
        for stream in (sys.stdout, sys.stderr):
            if isinstance(stream, TextIOWrapper):
                stream.reconfigure(errors="backslashreplace")
        try:
            return super().invoke(ctx)
        except EventMissing as error:
            raise NothingFound(error) from error
        except (PgwitnessError, psycopg.Error) as error:
            raise Refused(error) from error
        except UnicodeDecodeError as error:
            raise click.ClickException(f"the input is not UTF-8: {error}") from error


@click.group(
    cls=Root,
    context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100},
    epilog="Exit codes: 0 done; 1 refused or failed; 2 wrong usage; 3 nothing found. "
    "Options below can also follow a command's name.",
)
@click.version_option(__version__, message="pgwitness %(version)s")
@click.pass_context
def main(context: click.Context) -> None:
    """Install, use and read an audit log inside PostgreSQL.

    Everything is decided by the database, for the role that you connect as.
    """
    context.ensure_object(Session)


READING = (search, show, history, revert, actors, report)
PER_TENANT = (
    log,
    *READING,
    toggle,
    access,
    retention,
    hold,
    erase,
    export,
    archive,
    evidence,
    verify,
    gameday,
    sink,
    *importing.commands,
)
PER_INSTALLATION = (
    tenant,
    catalogue,
    capture,
    data_retention,
    jobs,
    option,
    key,
    checkpoint,
    ship,
    doctor,
    restore_check,
    completion,
    *installation.commands,
)
for command in (*PER_TENANT, *PER_INSTALLATION):
    main.add_command(command)
share_options(main, per_tenant=PER_TENANT)
