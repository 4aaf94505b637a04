"""Runs the command line as one of the personas."""

from __future__ import annotations

import json
import os
import pty
import select
import subprocess
import sys
import termios
import time
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from click.testing import CliRunner, Result

from capture.workshop import CUSTOMER, open_workshop
from pgwitness.cli import main

from databases import Database

TABLE = "app.customer"
WATCH = ("capture", "watch", TABLE, "customer", "--tenant-column", "tenant_id")

JUSTIFICATION = "Looking into ticket 4711 of the help desk"
REASON = "A reason that is long enough for the log"

NO_VARIABLES = {
    f"PGWITNESS_{name}": None
    for name in ("DSN", "LANG", "TENANT", "ACTOR", "ACTOR_TYPE", "ACCESS", "OPERATOR_DSN")
}


@dataclass
class CommandLine:
    """The command line against one database."""

    database: Database

    def __call__(
        self,
        persona: str,
        *arguments: object,
        tenant: str | None = None,
        code: int = 0,
        typed: str | None = None,
        columns: int = 120,
        **variables: str,
    ) -> Result:
        """Run a command as a persona and check its exit code."""
        dsn = self.database.dsn(self.database.role(persona, tenant))
        result = CliRunner().invoke(
            main,
            ["--dsn", dsn, *map(str, arguments)],
            input=typed,
            env={**NO_VARIABLES, "COLUMNS": str(columns), "PGTZ": "UTC", **variables},
            prog_name="pgwitness",
        )
        assert result.exit_code == code, (
            f"exit code {result.exit_code}: {result.output[-2000:]} {result.exception!r}"
        )
        return result

    def rows(self, persona: str, *arguments: object, **settings: Any) -> list[dict[str, Any]]:
        """Run a command with --json and give its objects."""
        lines = self(persona, *arguments, "--json", **settings).stdout.splitlines()
        return [json.loads(line) for line in lines]

    def row(self, persona: str, *arguments: object, **settings: Any) -> dict[str, Any]:
        """Run a command with --json and give its only object."""
        (only,) = self.rows(persona, *arguments, **settings)
        return only

    def log_user(self, description: str, *arguments: object, tenant: str | None = None) -> str:
        """Log that a user was created and give the event's id."""
        command = ("log", "user_created", "user", "42", "--description", description)
        return self("app", *command, *arguments, tenant=tenant).stdout.strip()

    def open_workshop(self) -> None:
        """Make a table of the application's own that can be watched."""
        open_workshop(self.database).make(CUSTOMER)

    def add_customer(
        self, key: int, name: str, ssn: str | None = None, balance: str = "0", tenant: str = "a"
    ) -> None:
        """Add a row to that table as a tenant's application."""
        self.change(
            "insert into app.customer (id, tenant_id, name, ssn, balance)"
            " values (%s, audit.current_tenant(), %s, %s, %s)",
            *(key, name, ssn, balance),
            tenant=tenant,
        )

    def change(self, statement: str, *values: object, tenant: str = "a") -> None:
        """Run a statement in a transaction of its own as a tenant's application."""
        application = self.database.connect(self.database.role("app", tenant))
        application.execute(statement.encode(), values or None)

    def open_access(self, persona: str = "reader", tenant: str | None = None) -> str:
        """Open an access session of a persona and give its id."""
        words = ("--reason", "user_support", "--justification", JUSTIFICATION)
        return str(self.row(persona, "access", "open", *words, tenant=tenant)["access_id"])


def talk(
    run: CommandLine,
    arguments: Sequence[str],
    answers: Sequence[tuple[str, str]],
    persona: str = "reader",
    **variables: str,
) -> tuple[str, int]:
    """Run a command at a terminal of 100 columns, answering each prompt.

    Returns:
        All that the terminal showed, and the exit code.
    """
    master, slave = pty.openpty()
    termios.tcsetwinsize(slave, (40, 100))
    environment = {name: value for name, value in os.environ.items() if name not in NO_VARIABLES}
    command = [sys.executable, "-m", "pgwitness", "--dsn"]
    command += [run.database.dsn(run.database.role(persona)), *arguments]
    with subprocess.Popen(
        command,
        stdin=slave,
        stdout=slave,
        stderr=slave,
        env={**environment, "TERM": "xterm-256color", **variables},
        start_new_session=True,
    ) as process:
        os.close(slave)
        shown = ""
        place = 0
        waiting = list(answers)
        ends = time.monotonic() + 30
        while time.monotonic() < ends:
            if waiting and (found := shown.find(waiting[0][0], place)) >= 0:
                place = found + len(waiting[0][0])
                os.write(master, f"{waiting.pop(0)[1]}\n".encode())
            if select.select([master], [], [], 0.1)[0]:
                try:
                    read = os.read(master, 65536)
                except OSError:  # how Linux says that the other end is closed
                    break
                shown += read.decode(errors="replace")
        else:
            process.kill()
    os.close(master)
    assert not waiting, f"never asked for {waiting[0][0]!r}: {shown}"
    return shown.replace("\r\n", "\n"), process.returncode
