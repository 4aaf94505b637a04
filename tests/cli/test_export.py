"""Exports from the command line, into files, pipes, and out of the database's own jobs."""

from __future__ import annotations

import gzip
import hashlib
import json
import os
import subprocess
import sys
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest

from cli.command_line import JUSTIFICATION, NO_VARIABLES, CommandLine
from exporting.office import parse, table
from reading.desk import COLUMNS

ACCESS = ("--reason", "user_support", "--justification", JUSTIFICATION)
CREATED = ("--filter", '{"action": "user_created"}')


@pytest.fixture
def filled(run: CommandLine) -> CommandLine:
    for number in range(3):
        run.log_user(f"=user {number}")
    run.log_user("of b", tenant="b")
    return run


def exported(run: CommandLine) -> list[dict[str, Any]]:
    found = run.rows("reader", "search", "--action", "audit_log_exported", *ACCESS)
    return [event["metadata"] for event in found]


def start(run: CommandLine, *arguments: object, **settings: Any) -> subprocess.Popen[bytes]:
    environment = {name: value for name, value in os.environ.items() if name not in NO_VARIABLES}
    return subprocess.Popen(
        [
            sys.executable, "-m", "pgwitness", "--dsn",
            run.database.dsn(run.database.role("reader")), *map(str, arguments),
        ],
        env=environment,
        stderr=subprocess.PIPE,
        **settings,
    )  # fmt: skip


@pytest.mark.parametrize("format", ["csv", "jsonl"])
@pytest.mark.parametrize("compression", [(), ("--gzip",)])
def test_into_a_file_with_a_manifest(
    filled: CommandLine, tmp_path: Path, format: str, compression: tuple[str, ...]
) -> None:
    path = tmp_path / "events"
    said = filled(
        "reader", "export", "--format", format, *CREATED, "-o", path, *compression, *ACCESS
    )
    assert "3 events" in said.stdout
    raw = path.read_bytes()
    content = gzip.decompress(raw) if compression else raw
    found = table(content) if format == "csv" else parse(content)
    texts = ["'=user 2", "'=user 1", "'=user 0"] if format == "csv" else ["=user 2", "=user 1"]
    assert [row["description"] for row in found][: len(texts)] == texts
    assert len(found) == 3
    manifest = json.loads((tmp_path / "events.manifest.json").read_text())
    assert manifest["sha256"] == hashlib.sha256(raw).hexdigest()
    assert (manifest["events"], manifest["bytes"]) == (3, len(raw))
    assert manifest["filter"] == {"action": "user_created"}
    assert manifest["tenant_id"] == str(filled.database.tenant_a)
    assert manifest["compression"] == ("gzip" if compression else None)
    assert datetime.fromisoformat(manifest["snapshot_at"]).tzinfo
    assert sorted(os.listdir(tmp_path)) == ["events", "events.manifest.json"]
    assert path.stat().st_mode & 0o777 == 0o600
    completed, requested = exported(filled)
    assert (requested["step"], completed["step"]) == ("requested", "completed")
    assert completed["digest"] == manifest["sha256"]
    assert completed["export_id"] == manifest["export_id"]


def test_to_standard_output(filled: CommandLine) -> None:
    filled.open_access()
    with start(filled, "export", *CREATED, "-o", "-", stdout=subprocess.PIPE) as process:
        out, err = process.communicate(timeout=30)
    assert process.returncode == 0
    assert [row["description"] for row in parse(out)] == ["=user 2", "=user 1", "=user 0"]
    assert b"SHA-256" in err


def test_a_byte_order_mark_for_excel(filled: CommandLine, tmp_path: Path) -> None:
    path = tmp_path / "events.csv"
    filled("reader", "export", "--format", "csv", "--bom", "-o", path, *ACCESS)
    content = path.read_bytes()
    assert content.startswith(b"\xef\xbb\xbftenant_id,")
    assert list(table(content[3:])[0]) == COLUMNS


def test_as_json_it_prints_the_manifest(filled: CommandLine, tmp_path: Path) -> None:
    path = tmp_path / "events"
    row = filled.row("reader", "export", *CREATED, "-o", path, *ACCESS)
    assert row["events"] == 3


def test_a_file_that_exists_is_kept(filled: CommandLine, tmp_path: Path) -> None:
    path = tmp_path / "events"
    path.write_text("mine")
    said = filled("reader", "export", "-o", path, *ACCESS, code=1)
    assert "--force" in said.stderr
    assert path.read_text() == "mine"
    filled("reader", "export", "-o", path, "--force", *ACCESS)
    assert parse(path.read_bytes())


def test_bad_input_leaves_no_file(filled: CommandLine, tmp_path: Path) -> None:
    path = tmp_path / "events"
    filled("reader", "export", "-o", path, code=1)
    for arguments in (
        ("--format", "xml"),
        ("--filter", '{"colour": "red"}'),
        ("--from", "yesterday"),
    ):
        said = filled("reader", "export", *arguments, "-o", path, *ACCESS, code=1)
        assert "error: " in said.stderr
    filled("reader", "export", "--filter", "[]", "-o", path, *ACCESS, code=2)
    filled("reader", "export", "-o", tmp_path / "nowhere" / "x", *ACCESS, code=1)
    assert os.listdir(tmp_path) == []


def test_a_full_disk_is_told_in_a_line(filled: CommandLine, tmp_path: Path) -> None:
    filled.open_access()
    with (
        open("/dev/full", "wb") as full,
        start(filled, "export", "-o", "-", stdout=full) as process,
    ):
        _, err = process.communicate(timeout=30)
    assert process.returncode == 1
    assert err.decode().splitlines() == [
        "Error: - can't be written: No space left on device. Nothing of it was kept; run it again"
    ]
    failed, requested = exported(filled)
    assert (requested["step"], failed["step"]) == ("requested", "failed")
    assert failed["error"] == "No space left on device"


def test_a_closed_pipe_is_told_in_a_line(filled: CommandLine) -> None:
    root = filled.database.superuser()
    root.execute(
        """
        insert into audit_private.event (
          tenant_id, occurred_at, id, recorded_at, sequence, transaction_id, salt, source,
          action, entity_type, actor_type, outcome, recorded_by, description)
        select %s, m.at, audit_private.new_event_id(m.at, g.n), m.at, g.n, 1, gen_random_uuid(),
          'logged', 'user_created', 'user', 'user', 'success', 'test', 'many'
        from generate_series(1, 20000) as g (n)
        cross join lateral (select now() - g.n * interval '1 microsecond' as at) m
        """,
        (filled.database.tenant_a,),
    )
    filled.open_access()
    with start(filled, "export", "-o", "-", stdout=subprocess.PIPE) as process:
        assert process.stdout is not None
        process.stdout.read(10)
        process.stdout.close()
        assert process.stderr is not None
        err = process.stderr.read()
    assert process.returncode == 1
    assert err.decode().splitlines() == [
        "Error: the other end of the pipe was closed; the export is not whole"
    ]
    assert [step["step"] for step in exported(filled)] == ["failed", "requested"]


def test_a_cancelled_query_is_told_in_a_line(filled: CommandLine, tmp_path: Path) -> None:
    filled.open_access()
    path = tmp_path / "events"
    said = filled("reader", "export", "-o", path, code=1, PGOPTIONS="-c statement_timeout=1")
    assert "statement timeout" in said.stderr
    assert os.listdir(tmp_path) == []


def test_a_job_from_request_to_file(filled: CommandLine, tmp_path: Path) -> None:
    path = tmp_path / "events.csv"
    words = ("--format", "csv", *CREATED)
    export_id = filled("reader", "export", "request", *words, *ACCESS).stdout.strip()
    [listed] = filled.rows("reader", "export", "list")
    assert (listed["export_id"], listed["state"]) == (export_id, "pending")
    filled("reader", "export", "fetch", export_id, "-o", path, code=1)
    assert os.listdir(tmp_path) == []
    assert "run_exports" in filled("operator", "export", "run").stdout
    said = filled("reader", "export", "list").stdout
    assert "complete" in said
    filled("reader", "export", "fetch", export_id, "-o", path)
    assert [row["description"] for row in table(path.read_bytes())] == [
        "'=user 2", "'=user 1", "'=user 0",
    ]  # fmt: skip
    manifest = json.loads((tmp_path / "events.csv.manifest.json").read_text())
    assert manifest["sha256"] == hashlib.sha256(path.read_bytes()).hexdigest()
    assert manifest["events"] == 3


def test_a_job_is_cancelled(filled: CommandLine) -> None:
    export_id = filled.row("reader", "export", "request", *ACCESS)["export_id"]
    assert filled.row("reader", "export", "cancel", export_id) == {"changed": True}
    assert filled.row("reader", "export", "cancel", export_id) == {"changed": False}
    assert filled.rows("reader", "export", "list")[0]["state"] == "cancelled"


def test_a_service_names_its_tenant(filled: CommandLine, tmp_path: Path) -> None:
    tenant = ("--tenant", filled.database.tenant_b, "--actor", "ann", "--actor-type", "user")
    path = tmp_path / "events"
    filled("service", *tenant, "export", "-o", path, *CREATED, *ACCESS)
    assert [row["description"] for row in parse(path.read_bytes())] == ["of b"]


def test_what_was_exported_is_imported_again(filled: CommandLine, tmp_path: Path) -> None:
    path = tmp_path / "events.jsonl"
    filled("reader", "export", *CREATED, "-o", path, *ACCESS)
    said = filled(
        "admin", "import", path, "--format", "pgwitness",
        "--reason", "to see that it can be done",
    )  # fmt: skip
    assert "3 repeated" in said.output
