"""Scratch databases leave nothing behind, and never take what is somebody else's."""

from __future__ import annotations

import secrets
from pathlib import Path

import psycopg
import pytest

from pgwitness.client import Client
from pgwitness.errors import InstallerLacksRights
from pgwitness.gameday import rehearsal
from pgwitness.gameday.playing import CONTROL, Game
from pgwitness.gameday.rehearsal import Sample
from pgwitness.gameday.scratch import PREFIX, open_scratch
from pgwitness.server import Server
from walls.ledger import REASON

from databases import Database


def scratch_databases(database: Database) -> list[str]:
    found = database.superuser().execute(
        "select datname from pg_database where starts_with(datname, %s)", (PREFIX,)
    )
    return [row[0] for row in found]


def test_databases_are_gone_when_the_block_ends_and_when_it_fails(
    empty_database: Database,
) -> None:
    dsn = empty_database.dsn("postgres")
    with open_scratch(dsn) as scratch:
        scratch.create("one")
        scratch.create("two", template="one")
        assert len(scratch_databases(empty_database)) == 2
        scratch.drop("one")
        assert [name[-4:] for name in scratch_databases(empty_database)] == ["_two"]
        left = psycopg.connect(scratch.dsn_of("two"))
    assert scratch_databases(empty_database) == []
    left.close()
    with (
        pytest.raises(psycopg.errors.DivisionByZero),
        open_scratch(dsn) as scratch,
        psycopg.connect(scratch.create("one")) as connection,
    ):
        connection.execute("select 1 / 0")
    assert scratch_databases(empty_database) == []


def test_a_database_that_is_there_already_is_left_alone(
    empty_database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(secrets, "token_hex", lambda _: "0ccup1ed")
    name = f"{PREFIX}0ccup1ed_log"
    root = empty_database.superuser()
    root.execute(f"create database {name}".encode())
    try:
        with (
            pytest.raises(psycopg.errors.DuplicateDatabase),
            open_scratch(empty_database.dsn("postgres")) as scratch,
        ):
            scratch.create("log")
        assert scratch_databases(empty_database) == [name]
    finally:
        root.execute(f"drop database {name}".encode())


def test_only_a_superuser_may(database: Database) -> None:
    dsn = database.dsn(database.role("operator"))
    with pytest.raises(InstallerLacksRights, match="may not play") as refused, open_scratch(dsn):
        pass
    assert "--embedded" in (refused.value.hint or "")


def test_roles_that_were_not_there_are_gone_too(binaries: Path) -> None:
    with Server(binaries) as server:
        with open_scratch(server.dsn()), psycopg.connect(server.dsn()) as connection:
            roles = connection.execute("select from pg_roles where rolname ~ '^audit_'").fetchall()
            assert len(roles) == 12
        with psycopg.connect(server.dsn()) as connection:
            left = connection.execute("select from pg_roles where rolname ~ '^audit_'").fetchall()
        assert left == []


def test_events_of_a_real_log_are_tampered_with_as_copies(loaded_database: Database) -> None:
    database = loaded_database
    operator = Client(database.connect(database.role("operator")))
    operator.define_category("plumbing", {"en": "Plumbing"})
    operator.define_action("pipe_laid", "plumbing", {"en": "Pipe laid"})
    app = Client(database.connect(database.role("app")))
    event_id = app.log_event(
        action="pipe_laid", entity_type="user", entity_id="7", description="From the log"
    )
    reader = Client(database.connect(database.role("reader")))
    reader.open_access("audit_review", REASON)
    sample = Sample(reader.list_catalogue(), reader.search_events())
    assert event_id in {event.id for event in sample.events}
    with open_scratch(database.dsn("postgres")) as scratch:
        game = Game(scratch, rehearsal.FEWEST, sample)
        [control] = CONTROL.trials()
        assert not any(item.kinds for item in game.play(control))
        with psycopg.connect(scratch.dsn_of(rehearsal.CURRENT)) as connection:
            row = connection.execute(
                "select id, action from audit_private.event where description = 'From the log'"
            ).fetchone()
        game.close()
    assert row == (event_id, "pipe_laid")
