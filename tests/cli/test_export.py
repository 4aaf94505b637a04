"""Exports from the command line, into files, pipes, and out of the database's own jobs."""

from __future__ import annotations

import gzip
import hashlib
import json
import os
import signal
import subprocess
import sys
from datetime import datetime
from importlib import import_module
from pathlib import Path
from typing import Any

import pytest

from cli.command_line import JUSTIFICATION, NO_VARIABLES, CommandLine
from exporting.office import parse, table
from reading.desk import COLUMNS

from databases import Database, load_catalogue, load_installed

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


def unpack(content: bytes, option: str = "") -> bytes:
    if option == "--gzip":
        return gzip.decompress(content)
    if option == "--zstd":
        unpacked: bytes = (
            import_module("zstandard").ZstdDecompressor().decompressobj().decompress(content)
        )
        return unpacked
    return content


def fill(database: Database, number: int) -> None:
    database.superuser().execute(
        """
        insert into audit_private.event (
          tenant_id, occurred_at, id, recorded_at, sequence, transaction_id, salt, source,
          action, entity_type, actor_type, outcome, recorded_by, description)
        select %s, m.at, audit_private.new_event_id(m.at, g.n), m.at, g.n, 1, gen_random_uuid(),
          'logged', 'user_created', 'user', 'user', 'success', 'test', 'many'
        from generate_series(1, %s) as g (n)
        cross join lateral (select now() - g.n * interval '1 microsecond' as at) m
        """,
        (database.tenant_a, number),
    )


@pytest.mark.parametrize("format", ["csv", "jsonl"])
@pytest.mark.parametrize("compression", [(), ("--gzip",), ("--zstd",)])
def test_into_a_file_with_a_manifest(
    filled: CommandLine, tmp_path: Path, format: str, compression: tuple[str, ...]
) -> None:
    path = tmp_path / "events"
    said = filled(
        "reader", "export", "--format", format, *CREATED, "-o", path, *compression, *ACCESS
    )
    assert "3 events" in said.stdout
    raw = path.read_bytes()
    content = unpack(raw, *compression)
    assert content.endswith(b"\r\n" if format == "csv" else b"}\n")
    found = table(content) if format == "csv" else parse(content)
    texts = ["'=user 2", "'=user 1", "'=user 0"] if format == "csv" else ["=user 2", "=user 1"]
    assert [row["description"] for row in found][: len(texts)] == texts
    assert len(found) == 3
    manifest = json.loads((tmp_path / "events.manifest.json").read_text())
    assert manifest["sha256"] == hashlib.sha256(raw).hexdigest()
    assert (manifest["events"], manifest["bytes"]) == (3, len(raw))
    assert manifest["filter"] == {"action": "user_created"}
    assert manifest["tenant_id"] == str(filled.database.tenant_a)
    assert manifest["compression"] == (compression[0][2:] if compression else None)
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
    fill(filled.database, 20_000)
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


def test_what_was_exported_is_imported_elsewhere(
    filled: CommandLine, empty_database: Database, tmp_path: Path
) -> None:
    for number, text in enumerate(("", " ", "'x", "a\nb", "\\N", "漢字 🙂", "x" * 20_000)):
        filled.log_user(f"odd {text}", "--metadata", json.dumps({text: [number, None, 1.5]}))
    path, again = tmp_path / "events.jsonl.gz", tmp_path / "again.jsonl"
    filled("reader", "export", *CREATED, "--gzip", "-o", path, *ACCESS)
    load_installed("127.0.0.1", empty_database.port, "postgres", empty_database.name)
    load_catalogue("127.0.0.1", empty_database.port, empty_database.name)
    elsewhere = CommandLine(empty_database)
    reason = ("--reason", "to see that it can be done")
    said = elsewhere("admin", "import", path, "--format", "pgwitness", *reason)
    assert "10 imported" in said.output
    elsewhere("reader", "export", *CREATED, "-o", again, *ACCESS)
    before, after = parse(gzip.decompress(path.read_bytes())), parse(again.read_bytes())
    anew = ("recorded_at", "sequence", "transaction_id", "source", "recorded_by")
    for event in (*before, *after):
        for name in anew:
            del event[name]
    assert after == before


def test_as_parquet(filled: CommandLine, tmp_path: Path) -> None:
    filled.log_user("'quoted", "--metadata", '{"a": [1.50, null]}')
    filled.log_user('line\r\nbreak, "said"')
    lines, path = tmp_path / "events.jsonl", tmp_path / "events.parquet"
    filled("reader", "export", *CREATED, "-o", lines, *ACCESS)
    filled("reader", "export", *CREATED, "--format", "parquet", "-o", path)
    manifest = json.loads((tmp_path / "events.parquet.manifest.json").read_text())
    assert manifest["sha256"] == hashlib.sha256(path.read_bytes()).hexdigest()
    assert (manifest["format"], manifest["compression"]) == ("parquet", "zstd")
    assert (manifest["events"], manifest["bytes"]) == (5, path.stat().st_size)
    found = import_module("pyarrow.parquet").read_table(path)
    assert found.column_names == COLUMNS
    types = {field.name: str(field.type) for field in found.schema}
    assert types["occurred_at"] == types["recorded_at"] == "timestamp[us, tz=UTC]"
    assert types["sequence"] == types["transaction_id"] == "int64"
    assert set(types.values()) == {"timestamp[us, tz=UTC]", "int64", "string"}
    for row, event in zip(found.to_pylist(), parse(lines.read_bytes()), strict=True):
        for name, value in row.items():
            if isinstance(value, datetime):
                assert value == datetime.fromisoformat(event[name])
            elif isinstance(event[name], (dict, list)):
                assert json.loads(value) == event[name]
            else:
                assert value == event[name], name
    assert exported(filled)[0]["digest"] == manifest["sha256"]


def test_nothing_and_much_as_parquet(filled: CommandLine, tmp_path: Path) -> None:
    parquet = import_module("pyarrow.parquet")
    path = tmp_path / "events.parquet"
    words = ("--format", "parquet", "-o", path, "--force", *ACCESS)
    filled("reader", "export", "--filter", '{"request_id": "x"}', *words)
    assert parquet.read_table(path).num_rows == 0
    assert parquet.read_table(path).column_names == COLUMNS
    fill(filled.database, 80_000)
    filled("reader", "export", *CREATED, "--gzip", *words)
    file = parquet.ParquetFile(path)
    assert file.metadata.num_rows == 80_003
    assert file.num_row_groups > 1
    assert file.metadata.row_group(0).column(0).compression == "GZIP"


def test_parquet_of_a_job(filled: CommandLine, tmp_path: Path) -> None:
    path = tmp_path / "events.parquet"
    cells = filled.row("reader", "export", "request", "--format", "csv", *CREATED, *ACCESS)
    lines = filled.row("reader", "export", "request", *CREATED)
    filled("operator", "export", "run")
    filled("reader", "export", "fetch", cells["export_id"], "--parquet", "-o", path)
    found = import_module("pyarrow.parquet").read_table(path)
    assert found.column("description").to_pylist() == ["=user 2", "=user 1", "=user 0"]
    manifest = json.loads((tmp_path / "events.parquet.manifest.json").read_text())
    assert manifest["format"] == "parquet"
    other = tmp_path / "other.parquet"
    said = filled("reader", "export", "fetch", lines["export_id"], "--parquet", "-o", other, code=1)
    assert "--format csv" in said.stderr
    assert not other.exists()


@pytest.mark.parametrize(
    ("package", "words"), [("pyarrow", ("--format", "parquet")), ("zstandard", ("--zstd",))]
)
def test_a_missing_package_is_named(
    filled: CommandLine,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    package: str,
    words: tuple[str, ...],
) -> None:
    for name in [name for name in sys.modules if name.partition(".")[0] == package]:
        monkeypatch.delitem(sys.modules, name)
    monkeypatch.setitem(sys.modules, package, None)
    said = filled("reader", "export", *words, "-o", tmp_path / "events", *ACCESS, code=1)
    assert "pip install 'pgwitness[" in said.stderr
    assert os.listdir(tmp_path) == []
    assert filled.rows("reader", "export", "list") == []


@pytest.mark.parametrize("compression", [(), ("--gzip",), ("--zstd",)])
def test_a_worker_writes_into_a_directory(
    filled: CommandLine, tmp_path: Path, compression: tuple[str, ...]
) -> None:
    lines = filled.row("reader", "export", "request", *CREATED, *ACCESS)["export_id"]
    cells = filled.row("reader", "export", "request", *CREATED, "--format", "csv")["export_id"]
    other = filled.row("reader", "export", "request", *ACCESS, tenant="b")["export_id"]
    said = filled("reader", "export", "run", "--directory", tmp_path, *compression)
    ending = {"": "", "--gzip": ".gz", "--zstd": ".zst"}["".join(compression)]
    assert said.stdout.count("3 events") == 2
    names = [f"{lines}.jsonl{ending}", f"{cells}.csv{ending}"]
    assert sorted(os.listdir(tmp_path)) == sorted(
        [*names, *(f"{name}.manifest.json" for name in names)]
    )
    assert len(parse(unpack((tmp_path / names[0]).read_bytes(), *compression))) == 3
    assert len(table(unpack((tmp_path / names[1]).read_bytes(), *compression))) == 3
    manifest = json.loads((tmp_path / f"{names[0]}.manifest.json").read_text())
    [listed] = [row for row in filled.rows("reader", "export", "list") if row["export_id"] == lines]
    assert (listed["state"], listed["rows"]) == ("completed", 3)
    assert listed["digest"] == manifest["sha256"]
    assert manifest["export_id"] == lines
    [waiting] = filled.rows("reader", "export", "list", tenant="b")
    assert (waiting["export_id"], waiting["state"]) == (other, "pending")
    filled("reader", "export", "run", "--directory", tmp_path, code=3)
    filled("reader", "export", "fetch", lines, "-o", tmp_path / "x", code=1)


def test_who_may_not_read_writes_nothing_into_a_directory(
    filled: CommandLine, tmp_path: Path
) -> None:
    filled("reader", "export", "request", *CREATED, *ACCESS)
    filled("operator", "export", "run", "--directory", tmp_path, code=1)
    filled("privacy", "export", "run", "--directory", tmp_path, *ACCESS, code=3)
    assert os.listdir(tmp_path) == []
    filled("admin", "export", "run", "--directory", tmp_path, *ACCESS)
    assert len(os.listdir(tmp_path)) == 2


def begin_in_directory(run: CommandLine, folder: Path) -> tuple[str, Path, Any, Any]:
    """Start a worker that waits until somebody reads on what it writes."""
    fill(run.database, 20_000)
    export_id = run.row("reader", "export", "request", *ACCESS)["export_id"]
    part = folder / f"{export_id}.jsonl.part"
    os.mkfifo(part)
    process = start(run, "export", "run", "--directory", folder)
    pipe = part.open("rb", buffering=0)
    assert pipe.read(10)
    return export_id, part, process, pipe


def test_a_killed_worker_begins_anew(filled: CommandLine, tmp_path: Path) -> None:
    export_id, part, process, pipe = begin_in_directory(filled, tmp_path)
    with pipe, process:
        listed = filled.rows("reader", "export", "list")[0]
        assert listed["state"] == "running"
        process.send_signal(signal.SIGKILL)
        process.wait()
    part.unlink()
    while (code := attempt(filled, tmp_path)) == 3:
        # Its server process may not have noticed yet.
        assert os.listdir(tmp_path) == []
    assert code == 0
    found = parse((tmp_path / f"{export_id}.jsonl").read_bytes())
    assert len({row["id"] for row in found}) == len(found) > 20_000
    assert filled.rows("reader", "export", "list")[0]["state"] == "completed"


def attempt(run: CommandLine, folder: Path) -> int:
    with start(run, "export", "run", "--directory", folder, stdout=subprocess.PIPE) as process:
        process.communicate(timeout=60)
    return process.returncode


def test_a_cancelled_worker_leaves_nothing(filled: CommandLine, tmp_path: Path) -> None:
    export_id, _, process, pipe = begin_in_directory(filled, tmp_path)
    with pipe, process:
        assert filled.row("reader", "export", "cancel", export_id) == {"changed": True}
        assert filled.rows("reader", "export", "list")[0]["state"] == "cancelled"
        while pipe.read(65536):
            pass
        assert process.wait(timeout=60) == 0
        assert b"was ended" in process.stderr.read()
    assert os.listdir(tmp_path) == []
    assert filled.rows("reader", "export", "list")[0]["state"] == "cancelled"


def test_a_full_disk_fails_the_workers_export(filled: CommandLine, tmp_path: Path) -> None:
    export_id = filled.row("reader", "export", "request", *ACCESS)["export_id"]
    part = tmp_path / f"{export_id}.jsonl.part"
    part.symlink_to("/dev/full")
    said = filled("reader", "export", "run", "--directory", tmp_path, code=1)
    assert "No space left" in said.stderr
    listed = filled.rows("reader", "export", "list")[0]
    assert (listed["state"], listed["error"]) == ("failed", "No space left on device")
    assert os.listdir(tmp_path) == []
