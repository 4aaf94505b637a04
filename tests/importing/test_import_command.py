"""`pgwitness import`: reports by line, repeats without doubling, survives being killed."""

from __future__ import annotations

import gzip
import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any

import psycopg
import pytest
from click.testing import CliRunner, Result

from pgwitness.cli import main

if TYPE_CHECKING:
    from databases import Database

NOW = datetime.now(UTC).replace(microsecond=123456)
RECENT = (NOW - timedelta(days=3)).isoformat()


def event_of(number: int, **more: Any) -> dict[str, Any]:
    return {
        "idempotency_key": f"event {number}",
        "occurred_at": RECENT,
        "action": "user_created",
        "entity_type": "user",
        "entity_id": str(number),
        "actor_id": "ada",
        "description": f"Ada created user {number}",
        **more,
    }


def write_lines(path: Path, *lines: dict[str, Any] | str) -> Path:
    path.write_text(
        "".join((line if isinstance(line, str) else json.dumps(line)) + "\n" for line in lines)
    )
    return path


def run_import(
    database: Database,
    file: Path | str,
    *more: str,
    format: str = "pgwitness",
    role: str | None = None,
    input: bytes | None = None,
) -> Result:
    return CliRunner().invoke(
        main,
        [
            *("import", str(file), "--format", format),
            *("--reason", "moved from another log"),
            *("--tenant", str(database.tenant_a)),
            *("--dsn", database.dsn(role or database.role("admin"))),
            *more,
        ],
        input=input,
        catch_exceptions=False,
    )


def stored(database: Database) -> list[dict[str, Any]]:
    """Give what was imported, as it lies in the table."""
    with database.superuser().cursor(row_factory=psycopg.rows.dict_row) as cursor:
        return cursor.execute(
            "select * from audit_private.event where source = 'imported' order by occurred_at, id"
        ).fetchall()


def read_view(database: Database) -> list[dict[str, Any]]:
    """Give tenant a's log as a reader has it, a JSON object an event."""
    reader = database.connect(database.role("reader"))
    reader.execute(
        "select audit.open_access(access_reason => 'audit_review',"
        " justification => 'moves to a new server')"
    )
    rows = reader.execute("select to_jsonb(e) from audit.event as e").fetchall()
    return [row[0] for row in rows]


def test_events_are_imported_and_counted(loaded_database: Database, tmp_path: Path) -> None:
    file = write_lines(tmp_path / "events.jsonl", event_of(1), event_of(2))
    done = run_import(loaded_database, file)
    assert (done.exit_code, done.stdout) == (0, "2 imported, 0 repeated, 0 refused.\n")
    assert done.stderr == ""
    (first, second) = sorted(stored(loaded_database), key=lambda row: str(row["entity_id"]))
    assert (first["entity_id"], second["entity_id"]) == ("1", "2")
    assert first["tenant_id"] == loaded_database.tenant_a
    assert first["occurred_at"] == datetime.fromisoformat(RECENT)
    assert first["recorded_by"] == loaded_database.role("admin")


def test_a_second_run_repeats_and_doubles_nothing(
    loaded_database: Database, tmp_path: Path
) -> None:
    file = write_lines(tmp_path / "events.jsonl", event_of(1), event_of(2))
    run_import(loaded_database, file)
    before = stored(loaded_database)
    done = run_import(loaded_database, file)
    assert (done.exit_code, done.stdout) == (0, "0 imported, 2 repeated, 0 refused.\n")
    assert stored(loaded_database) == before


def test_refused_lines_are_named_and_the_others_imported(
    loaded_database: Database, tmp_path: Path
) -> None:
    file = write_lines(
        tmp_path / "events.jsonl",
        event_of(1),
        "",
        "{broken",
        event_of(4, action="unheard_of"),
        event_of(5, entity_type="unheard_of"),
        event_of(6, description=None),
        event_of(7, outcome="failure"),
        event_of(8, ip="not an address"),
        event_of(9, metadata={"much": "x" * 100_000}),
        event_of(10, tenant_id=str(loaded_database.tenant_b)),
        event_of(11, occurred_at=(NOW + timedelta(days=1)).isoformat()),
        event_of(12),
    )
    done = run_import(loaded_database, file, "--json")
    *lines, counts = [json.loads(line) for line in done.stdout.splitlines()]
    assert done.exit_code == 1
    assert counts == {"imported": 2, "repeated": 0, "refused": 9, "expired": 0, "escaped": 0}
    assert {line["line"]: line["sqlstate"] for line in lines} == {
        3: None,
        4: "WT010",
        5: "WT012",
        6: "WT013",
        7: "WT013",
        8: "WT013",
        9: "WT014",
        10: None,
        11: "WT015",
    }
    assert {line["result"] for line in lines} == {"refused"}
    assert all(line["message"] for line in lines)
    assert sorted(row["entity_id"] for row in stored(loaded_database)) == ["1", "12"]


def test_people_read_each_refusal_on_a_line(loaded_database: Database, tmp_path: Path) -> None:
    file = write_lines(
        tmp_path / "events.jsonl", "[]", event_of(2, action="bad\x1b[31m"), event_of(3)
    )
    done = run_import(loaded_database, file)
    assert (done.exit_code, done.stdout) == (1, "1 imported, 0 repeated, 2 refused.\n")
    first, second, unknown = done.stderr.splitlines()
    assert first.startswith("line 1: it is not an object but an array")
    assert second.startswith("line 2: ")
    assert "[WT010]" in second
    assert "\x1b" not in done.stderr
    assert "--define-unknown" in unknown


def test_line_numbers_are_right_across_batches(loaded_database: Database, tmp_path: Path) -> None:
    bad = {7, 20, 21, 33}
    file = write_lines(
        tmp_path / "events.jsonl",
        *(event_of(n, action="unheard_of" if n in bad else "user_created") for n in range(1, 41)),
    )
    done = run_import(loaded_database, file, "--batch-size", "6", "--json")
    *lines, counts = [json.loads(line) for line in done.stdout.splitlines()]
    assert {line["line"] for line in lines} == bad
    assert (counts["imported"], counts["refused"]) == (36, 4)


def test_what_postgresql_cant_store_is_escaped_and_named(
    loaded_database: Database, tmp_path: Path
) -> None:
    file = write_lines(
        tmp_path / "events.jsonl", event_of(1), event_of(2, user_agent="curl\x00\ud800")
    )
    done = run_import(loaded_database, file)
    assert (done.exit_code, done.stdout) == (0, "2 imported, 0 repeated, 0 refused.\n")
    assert done.stderr.startswith("line 2: imported, with characters")
    (row,) = [row for row in stored(loaded_database) if row["entity_id"] == "2"]
    assert row["user_agent"] == "curl\\u0000\\ud800"
    assert row["metadata"] == {"pgwitness_escaped": {"texts": ["/user_agent"]}}
    assert "0 imported, 2 repeated" in run_import(loaded_database, file).stdout


def test_events_that_retention_would_remove_are_warned_of(
    loaded_database: Database, tmp_path: Path
) -> None:
    old = (NOW - timedelta(days=1000)).isoformat()
    file = write_lines(
        tmp_path / "events.jsonl", event_of(1, occurred_at=old), event_of(2), event_of(3)
    )
    done = run_import(loaded_database, file)
    assert done.stdout == "3 imported, 0 repeated, 0 refused.\n"
    assert done.stderr.startswith("Warning: 1 of these events are older")
    counts = json.loads(run_import(loaded_database, file, "--json").stdout)
    assert (counts["repeated"], counts["expired"]) == (3, 1)


def test_unknown_codes_are_defined_when_an_operator_helps(
    loaded_database: Database, tmp_path: Path
) -> None:
    file = write_lines(
        tmp_path / "events.jsonl",
        event_of(1, action="door_opened", entity_type="door"),
        event_of(2, action="door_closed", entity_type="door"),
        event_of(3),
        event_of(4, action="not a code"),
    )
    done = run_import(
        loaded_database,
        file,
        *("--define-unknown", "--category", "building"),
        *("--operator-dsn", loaded_database.dsn(loaded_database.role("operator"))),
    )
    assert done.stdout == "3 imported, 0 repeated, 1 refused.\n"
    assert "line 4" in done.stderr
    operator = loaded_database.connect(loaded_database.role("operator"))
    rows = operator.execute(
        "select kind, code, category, titles from audit.list_catalogue()"
        " where code like 'door%' or code = 'building'"
    ).fetchall()
    assert set((kind, code, category, titles["en"]) for kind, code, category, titles in rows) == {
        ("category", "building", None, "Building"),
        ("action", "door_opened", "building", "Door opened"),
        ("action", "door_closed", "building", "Door closed"),
        ("entity_type", "door", None, "Door"),
    }


def test_an_admin_alone_cant_define(loaded_database: Database, tmp_path: Path) -> None:
    file = write_lines(tmp_path / "events.jsonl", event_of(1, action="door_opened"))
    done = run_import(loaded_database, file, "--define-unknown", "--category", "user_actions")
    assert done.exit_code == 1
    assert "permission denied" in done.stderr
    assert stored(loaded_database) == []


def test_actions_cant_be_defined_in_a_built_in_category(
    loaded_database: Database, tmp_path: Path
) -> None:
    file = write_lines(tmp_path / "events.jsonl", event_of(1, action="door_opened"))
    done = run_import(
        loaded_database,
        file,
        *("--define-unknown", "--category", "audit_control"),
        *("--operator-dsn", loaded_database.dsn(loaded_database.role("operator"))),
    )
    assert done.exit_code == 1
    assert "WT022" in done.stderr


@pytest.mark.parametrize("options", [["--define-unknown"], ["--category", "building"]])
def test_defining_takes_a_category(
    loaded_database: Database, tmp_path: Path, options: list[str]
) -> None:
    file = write_lines(tmp_path / "events.jsonl", event_of(1))
    done = run_import(loaded_database, file, *options)
    assert done.exit_code == 2
    assert "go together" in done.stderr


def test_a_bad_reason_imports_nothing(loaded_database: Database, tmp_path: Path) -> None:
    file = write_lines(tmp_path / "events.jsonl", event_of(1))
    done = run_import(loaded_database, file, "--reason", "short")
    assert done.exit_code == 1
    assert "WT021" in done.stderr
    assert stored(loaded_database) == []


@pytest.mark.parametrize("persona", ["app", "reader", "stranger"])
def test_only_an_admin_imports(loaded_database: Database, tmp_path: Path, persona: str) -> None:
    file = write_lines(tmp_path / "events.jsonl", event_of(1))
    done = run_import(loaded_database, file, role=loaded_database.role(persona))
    assert done.exit_code == 1
    assert "permission denied" in done.stderr
    assert stored(loaded_database) == []


def test_another_tenants_admin_is_refused(loaded_database: Database, tmp_path: Path) -> None:
    file = write_lines(tmp_path / "events.jsonl", event_of(1))
    done = run_import(loaded_database, file, role=loaded_database.role("admin", "b"))
    assert done.exit_code == 1
    assert "WT002" in done.stderr
    assert stored(loaded_database) == []


def test_gzip_and_standard_input_are_read(loaded_database: Database, tmp_path: Path) -> None:
    file = tmp_path / "events.gz"
    file.write_bytes(gzip.compress(json.dumps(event_of(1)).encode()))
    assert run_import(loaded_database, file).stdout.startswith("1 imported")
    lines = json.dumps(event_of(2)).encode() + b"\n"
    assert run_import(loaded_database, "-", input=lines).stdout.startswith("1 imported")
    packed = gzip.compress(json.dumps(event_of(3)).encode())
    assert run_import(loaded_database, "-", input=packed).stdout.startswith("1 imported")
    assert sorted(row["entity_id"] for row in stored(loaded_database)) == ["1", "2", "3"]


def test_a_missing_file_and_an_unknown_format_are_wrong_usage(loaded_database: Database) -> None:
    assert run_import(loaded_database, "no-such-file").exit_code == 2
    assert run_import(loaded_database, "-", format="syslog", input=b"").exit_code == 2


def test_swedish_is_spoken(loaded_database: Database, tmp_path: Path) -> None:
    file = write_lines(tmp_path / "events.jsonl", event_of(1), "{")
    done = run_import(loaded_database, file, "--lang", "sv")
    assert done.stdout == "1 inlästa, 0 upprepade, 1 nekade.\n"
    assert done.stderr.startswith("rad 2: ")


# Formats ------------------------------------------------------------------------------------


def test_a_log_moves_to_another_database_and_back(
    loaded_database: Database, tmp_path: Path
) -> None:
    """Exported lines keep their ids, are repeats where they came from, and new elsewhere."""
    app = loaded_database.connect(loaded_database.role("app"))
    for statement in (
        "select audit.log_event(action => 'user_created', entity_type => 'user',"
        " entity_id => '1', description => 'Ada created Bo', metadata => '{\"cost\": 7.25}',"
        ' changes => \'{"name": {"old": null, "new": "Bo"}}\', actor_id => \'ada\','
        ' actor => \'{"name": "Ada"}\', target => \'[{"type": "user", "id": "1"}]\')',
        "select audit.log_event(action => 'file_deleted', entity_type => 'file',"
        " description => 'Not deleted', outcome => 'failure', error_message => 'in use')",
    ):
        app.execute(statement.encode())
    exported = [event for event in read_view(loaded_database) if event["source"] == "logged"]
    assert len(exported) == 2
    file = write_lines(tmp_path / "export.jsonl", *exported)

    here = run_import(loaded_database, file)
    assert (here.exit_code, here.stdout) == (0, "0 imported, 2 repeated, 0 refused.\n")

    moved = write_lines(
        tmp_path / "moved.jsonl",
        *({k: v for k, v in event.items() if k != "tenant_id"} for event in exported),
    )
    options = (
        *("--tenant", str(loaded_database.tenant_b)),
        *("--dsn", loaded_database.dsn(loaded_database.role("admin", "b"))),
    )
    there = run_import(loaded_database, moved, *options)
    assert there.stdout == "2 imported, 0 repeated, 0 refused.\n"
    again = run_import(loaded_database, moved, *options)
    assert again.stdout == "0 imported, 2 repeated, 0 refused.\n"

    rows = {str(row["id"]): row for row in stored(loaded_database)}
    assert set(rows) == {event["id"] for event in exported}
    for event in exported:
        row = rows[event["id"]]
        assert row["tenant_id"] == loaded_database.tenant_b
        assert row["occurred_at"] == datetime.fromisoformat(event["occurred_at"])
        for column in (
            *("action", "entity_type", "entity_id", "actor_type", "actor_id", "actor"),
            *("description", "changes", "metadata", "outcome", "error_message", "request_id"),
        ):
            assert row[column] == event[column], column
    targets = {row["action"]: row["target"] for row in rows.values()}
    assert targets == {"user_created": [{"type": "user", "id": "1"}], "file_deleted": None}


def test_other_content_under_a_known_id_is_refused(
    loaded_database: Database, tmp_path: Path
) -> None:
    run_import(loaded_database, write_lines(tmp_path / "a.jsonl", event_of(1)))
    other = write_lines(tmp_path / "b.jsonl", event_of(1, description="somebody else did it"))
    done = run_import(loaded_database, other)
    assert (done.exit_code, done.stdout) == (1, "0 imported, 0 repeated, 1 refused.\n")
    assert "WT017" in done.stderr
    (row,) = stored(loaded_database)
    assert row["description"] == "Ada created user 1"


def test_escaped_text_survives_the_round_trip(loaded_database: Database, tmp_path: Path) -> None:
    file = write_lines(
        tmp_path / "events.jsonl", event_of(1, metadata={"odd\x00name": "a\\b\x00c"})
    )
    run_import(loaded_database, file)
    (exported,) = [e for e in read_view(loaded_database) if e["source"] == "imported"]
    again = run_import(loaded_database, write_lines(tmp_path / "export.jsonl", exported))
    assert again.stdout == "0 imported, 1 repeated, 0 refused.\n"


def test_rows_of_eneo_are_imported(loaded_database: Database, tmp_path: Path) -> None:
    row = {
        "id": "6f9619ff-8b86-4d01-b42d-00cf4fc964ff",
        "created_at": RECENT,
        "updated_at": RECENT,
        "tenant_id": str(loaded_database.tenant_a),
        "actor_id": "7c9e6679-7425-40de-944b-e07fc1f90ae7",
        "actor_type": "user",
        "action": "assistant_updated",
        "entity_type": "assistant",
        "entity_id": "0f8fad5b-d9cb-469f-a165-70867728950e",
        "timestamp": RECENT,
        "ip_address": None,
        "user_agent": None,
        "request_id": None,
        "description": "Ada changed the assistant Timetable",
        "metadata": {
            "actor": {"name": "Ada", "email": "ada@example.org"},
            "target": {"name": "Timetable"},
            "changes": {"name": {"old": "Plan", "new": "Timetable"}},
            "space": "Planning",
        },
        "outcome": "success",
        "error_message": None,
        "deleted_at": None,
    }
    failed = {
        **row,
        "id": "6f9619ff-8b86-4d01-b42d-00cf4fc96500",
        "actor_type": "system",
        "actor_id": None,
        "action": "website_crawled",
        "entity_type": "website",
        "metadata": {},
        "outcome": "failure",
        "error_message": "the site didn't answer",
    }
    foreign = {**row, "tenant_id": str(loaded_database.tenant_b)}
    file = write_lines(tmp_path / "audit_logs.jsonl", row, failed, foreign)
    done = run_import(loaded_database, file, format="eneo")
    assert (done.exit_code, done.stdout) == (1, "2 imported, 0 repeated, 1 refused.\n")
    assert f"line 3: it belongs to tenant {loaded_database.tenant_b}" in done.stderr
    assert "0 imported, 2 repeated" in run_import(loaded_database, file, format="eneo").stdout

    rows = {stored_row["action"]: stored_row for stored_row in stored(loaded_database)}
    updated, crawled = rows["assistant_updated"], rows["website_crawled"]
    assert updated["actor"] == {"name": "Ada", "email": "ada@example.org"}
    assert updated["target"] == {"name": "Timetable"}
    assert updated["changes"] == {"name": {"old": "Plan", "new": "Timetable"}}
    assert updated["metadata"]["space"] == "Planning"
    assert updated["occurred_at"] == datetime.fromisoformat(RECENT)
    assert (crawled["actor_type"], crawled["actor_id"]) == ("system", None)
    assert (crawled["outcome"], crawled["error_message"]) == ("failure", "the site didn't answer")


# Interruptions ------------------------------------------------------------------------------


@contextmanager
def importing(database: Database, batch_size: int) -> Iterator[subprocess.Popen[bytes]]:
    """Run an import that reads what the test writes to it; killed when the test ends."""
    process = subprocess.Popen(
        [
            *(sys.executable, "-m", "pgwitness", "import", "-", "--format", "pgwitness"),
            *("--batch-size", str(batch_size), "--reason", "moved from another log"),
        ],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        env={**os.environ, "PGWITNESS_DSN": database.dsn(database.role("admin"))},
    )
    try:
        yield process
    finally:
        if process.poll() is None:
            process.kill()
            process.communicate()


def feed(process: subprocess.Popen[bytes], lines: Iterable[bytes]) -> None:
    assert process.stdin is not None
    process.stdin.write(b"".join(lines))
    process.stdin.flush()


def wait_for(database: Database, events: int) -> None:
    connection = database.superuser()
    end = time.monotonic() + 60
    while time.monotonic() < end:
        row = connection.execute(
            "select count(*) from audit_private.event where source = 'imported'"
        ).fetchone()
        assert row is not None
        if row[0] >= events:
            return
        time.sleep(0.02)
    raise AssertionError(f"there weren't {events} events within 60 s")


def test_a_killed_import_is_finished_by_the_next(loaded_database: Database, tmp_path: Path) -> None:
    """It is killed between batches: its input stays open, so it waits for more of it."""
    lines = [json.dumps(event_of(number)).encode() + b"\n" for number in range(1, 301)]
    with importing(loaded_database, batch_size=20) as process:
        feed(process, lines[:150])
        wait_for(loaded_database, 140)
        process.kill()
        process.communicate()
    assert process.returncode == -signal.SIGKILL
    assert len(stored(loaded_database)) == 140

    file = tmp_path / "events.jsonl"
    file.write_bytes(b"".join(lines))
    done = run_import(loaded_database, file)
    assert (done.exit_code, done.stdout) == (0, "160 imported, 140 repeated, 0 refused.\n")
    assert sorted(int(row["entity_id"]) for row in stored(loaded_database)) == list(range(1, 301))


def test_an_import_that_loses_its_connection_says_how_far_it_came(
    loaded_database: Database,
) -> None:
    lines = [json.dumps(event_of(number)).encode() + b"\n" for number in range(1, 31)]
    with importing(loaded_database, batch_size=10) as process:
        feed(process, lines[:10])
        wait_for(loaded_database, 10)
        loaded_database.superuser().execute(
            "select pg_terminate_backend(pid) from pg_stat_activity where usename = %s"
            " and datname = current_database()",
            [loaded_database.role("admin")],
        )
        output, _ = process.communicate(b"".join(lines[10:]))
    assert process.returncode == 1
    assert b"Stopped after line 10." in output
    assert b"Traceback" not in output
    assert len(stored(loaded_database)) == 10
