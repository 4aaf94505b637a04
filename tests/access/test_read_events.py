"""Each read is one event, numbered so that an undone one leaves a gap."""

from __future__ import annotations

from typing import Any

import psycopg
import pytest
from psycopg.rows import dict_row

from databases import Database

WORDS = "A colleague reported odd logins"


@pytest.fixture
def reader(loaded_database: Database) -> psycopg.Connection[dict[str, Any]]:
    connection = psycopg.connect(
        loaded_database.dsn(loaded_database.role("reader")), autocommit=True, row_factory=dict_row
    )
    loaded_database._connections.append(connection)
    connection.execute(
        "select audit.open_access(access_reason => 'security_investigation', justification => %s)",
        (WORDS,),
    )
    return connection


def reads(database: Database) -> list[dict[str, Any]]:
    """Give the metadata of the reads so far, oldest first, from behind the scenes."""
    with database.superuser() as administrator:
        return [
            row[0]
            for row in administrator.execute(
                "select metadata from audit_private.event where action = 'audit_log_viewed' "
                "order by sequence"
            ).fetchall()
        ]


def test_a_read_tells_who_why_what_and_how_much(
    loaded_database: Database, reader: psycopg.Connection[dict[str, Any]]
) -> None:
    session = reader.execute("select * from audit.list_access()").fetchone()
    assert session is not None
    found_filter = {"action": "audit_session_created", "actor_id": None}
    statement = "select * from audit.search_events(filter => %s, page_size => 7)"
    reader.execute(statement, ('{"action": "audit_session_created", "actor_id": null}',))
    [page] = reader.execute("select * from audit.search_events(page_size => 1)").fetchall()
    reader.execute("select * from audit.search_events(after => %s)", (page["cursor"],))
    first, second, third = reads(loaded_database)
    assert first == {
        "access_id": str(session["access_id"]),
        "access_reason": "security_investigation",
        "justification": WORDS,
        "read_number": 1,
        "route": "search",
        "filter": found_filter,
        "rows": 0,
        "page_size": 7,
        "is_continued": False,
    }
    assert (second["rows"], second["page_size"], second["is_continued"]) == (1, 1, False)
    assert (third["page_size"], third["is_continued"]) == (100, True)
    assert [first["read_number"], second["read_number"], third["read_number"]] == [1, 2, 3]


def test_other_routes_say_which(
    loaded_database: Database, reader: psycopg.Connection[dict[str, Any]]
) -> None:
    [event] = reader.execute("select * from audit.search_events(page_size => 1)").fetchall()
    reader.execute("select audit.get_event(event_id => %s)", (event["id"],))
    reader.execute("select audit.list_actors(search => 'reader')")
    reader.execute("select audit.count_events()")
    admin = loaded_database.connect(loaded_database.role("admin"))
    admin.execute(
        "select audit.open_access(access_reason => 'gdpr_request', justification => %s)", (WORDS,)
    )
    admin.execute("select audit.report_subject(identifiers => array['anna'])")
    _, get, actors, count, report = reads(loaded_database)
    assert (get["route"], get["filter"], get["rows"]) == ("get", {"id": str(event["id"])}, 1)
    assert (actors["route"], actors["filter"]) == ("actors", {"search": "reader"})
    assert (count["route"], count["filter"]) == ("count", {})
    assert (report["route"], report["filter"]) == (
        "report",
        {"identifiers": ["anna"], "with_actors": False},
    )


def test_a_page_and_its_count_are_one_event(
    loaded_database: Database, reader: psycopg.Connection[dict[str, Any]]
) -> None:
    count = "select * from audit.count_events(filter => %s)"
    with reader.transaction():
        reader.execute('select audit.search_events(filter => \'{"outcome": "success"}\')')
        reader.execute(count, ('{"outcome":"success"}',))
    assert len(reads(loaded_database)) == 1
    with reader.transaction():
        reader.execute("select audit.search_events()")
        reader.execute(count, ('{"outcome": "success"}',))
    assert len(reads(loaded_database)) == 3
    reader.execute("select audit.search_events()")
    reader.execute(count, ("{}",))
    assert len(reads(loaded_database)) == 5


def test_a_count_after_an_undone_page_is_logged(
    loaded_database: Database, reader: psycopg.Connection[dict[str, Any]]
) -> None:
    with reader.transaction():
        with reader.transaction(force_rollback=True):
            reader.execute("select audit.search_events()")
        reader.execute("select audit.count_events()")
    [count] = reads(loaded_database)
    assert count["route"] == "count"


def test_an_undone_read_shows_as_a_gap(
    loaded_database: Database, reader: psycopg.Connection[dict[str, Any]]
) -> None:
    reader.execute("select audit.search_events()")
    with reader.transaction(force_rollback=True):
        reader.execute("select audit.search_events()")
    with reader.transaction(force_rollback=True):
        reader.execute("select * from audit.event")
    reader.execute("select audit.search_events()")
    assert [r["read_number"] for r in reads(loaded_database)] == [1, 4]


def test_the_view_logs_each_statement_once(
    loaded_database: Database, reader: psycopg.Connection[dict[str, Any]]
) -> None:
    twice = "select count(*) from audit.event a join audit.event b using (tenant_id, id)"
    reader.execute(twice)
    long = f"select count(*) from audit.event where description <> '{'å' * 12_000}'"
    reader.execute(long)
    with reader.transaction():
        reader.execute("select count(*) from audit.event")
        reader.execute("select count(*) from audit.event")
    first, second, third, fourth = reads(loaded_database)
    assert (first["route"], first["statement"]) == ("view", twice)
    assert "rows" not in first
    assert second["statement"] == f"{long[:5_000]} … {long[-5_000:]}"
    assert third["statement"] == fourth["statement"] == "select count(*) from audit.event"


def test_a_search_does_not_hide_the_view_in_the_same_statement(
    loaded_database: Database, reader: psycopg.Connection[dict[str, Any]]
) -> None:
    reader.execute("select count(*) from audit.search_events() s cross join audit.event e")
    assert sorted(r["route"] for r in reads(loaded_database)) == ["search", "view"]
