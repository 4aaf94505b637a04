from __future__ import annotations

import pytest

from cli.command_line import CommandLine

from databases import Database


@pytest.fixture
def run(loaded_database: Database) -> CommandLine:
    """The command line against a database with the ready catalogue."""
    return CommandLine(loaded_database)
