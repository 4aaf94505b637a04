"""Runs the command line as one of the personas."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Any

from click.testing import CliRunner, Result

from pgwitness.cli import main

from databases import Database

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

    def open_access(self, persona: str = "reader", tenant: str | None = None) -> str:
        """Open an access session of a persona and give its id."""
        words = ("--reason", "user_support", "--justification", JUSTIFICATION)
        return str(self.row(persona, "access", "open", *words, tenant=tenant)["access_id"])
