"""Exports over Python's clients: into files and objects, over pools and connections."""

from __future__ import annotations

import asyncio
import gzip
import hashlib
import io
import os
import tracemalloc
from importlib import import_module
from pathlib import Path
from uuid import UUID

import psycopg
import pytest
from psycopg_pool import AsyncConnectionPool, ConnectionPool
from sqlalchemy import create_engine

from exporting.office import parse
from pgwitness import AsyncClient, Client, Context, exporting, models, use_context
from pgwitness.errors import AccessRequired, ExportFormatUnknown, ExportMissing

from databases import Database

JUSTIFICATION = "to see that exports work"
CREATED = {"action": "user_created"}


@pytest.fixture
def filled(loaded_database: Database) -> Database:
    with psycopg.connect(loaded_database.dsn(loaded_database.role("app"))) as connection:
        client = Client(connection)
        for number in range(3):
            client.log_event("user_created", "user", number, f"user {number}")
    with psycopg.connect(loaded_database.dsn(loaded_database.role("reader"))) as connection:
        Client(connection).open_access("user_support", JUSTIFICATION)
    return loaded_database


def reader(database: Database) -> psycopg.Connection[tuple[object, ...]]:
    return database.connect(database.role("reader"))


def test_into_a_file_over_a_connection(filled: Database, tmp_path: Path) -> None:
    client = Client(reader(filled))
    seen: list[int] = []
    path = tmp_path / "events"
    manifest = client.export(CREATED, "jsonl", path, compression="gzip", progress=seen.append)
    assert len(parse(gzip.decompress(path.read_bytes()))) == 3
    assert seen == [3]
    assert manifest.sha256 == hashlib.sha256(path.read_bytes()).hexdigest()
    assert (manifest.events, manifest.tenant_id) == (3, filled.tenant_a)
    assert exporting.write_manifest(path, manifest).name == "events.manifest.json"
    [listed] = client.list_exports()
    assert isinstance(listed, models.Export)
    assert (listed.state, listed.rows, listed.digest) == ("completed", 3, manifest.sha256)
    assert listed.is_straight


def test_into_an_object_over_a_pool_with_a_context(filled: Database) -> None:
    with ConnectionPool(filled.dsn(filled.role("service")), min_size=1) as pool:
        client = Client(pool)
        context = Context(tenant_id=filled.tenant_a, actor_id="ann", actor_type="user")
        with use_context(context):
            access_id = client.open_access("user_support", JUSTIFICATION)
        file = io.BytesIO()
        with use_context(Context(actor_id="ann", actor_type="user", access_id=access_id)):
            manifest = client.export(None, "csv", file, with_mark=True, tenant_id=filled.tenant_a)
        assert file.getvalue().startswith(exporting.BYTE_ORDER_MARK + b"tenant_id,")
        assert manifest.bytes == len(file.getvalue())
        assert file.getvalue().endswith(b"\r\n")
        with use_context(context), pytest.raises(AccessRequired):
            client.export(None, "csv", io.BytesIO())


def test_it_takes_transactions_of_its_own(filled: Database) -> None:
    with (
        psycopg.connect(filled.dsn(filled.role("reader"))) as connection,
        pytest.raises(RuntimeError, match="autocommit"),
    ):
        Client(connection).export(None, "csv", io.BytesIO())
    with (
        reader(filled) as connection,
        connection.transaction(),
        pytest.raises(RuntimeError, match="autocommit"),
    ):
        Client(connection).export(None, "csv", io.BytesIO())
    engine = create_engine("postgresql+psycopg://", creator=lambda: reader(filled))
    with engine.connect() as alchemy, pytest.raises(RuntimeError, match="autocommit"):
        Client(alchemy).export(None, "csv", io.BytesIO())
    engine.dispose()


def test_what_goes_wrong_leaves_no_file_and_is_logged(filled: Database, tmp_path: Path) -> None:
    client = Client(reader(filled))

    class Full(io.BytesIO):
        def write(self, content: object) -> int:
            raise OSError(28, "No space left on device")

    with pytest.raises(OSError, match="No space"):
        client.export(None, "jsonl", Full())
    [listed] = client.list_exports()
    assert (listed.state, listed.error) == ("failed", "No space left on device")
    with pytest.raises(ExportFormatUnknown):
        client.export(None, "xml", tmp_path / "events")

    def stop(_: int) -> None:
        assert os.listdir(tmp_path) == ["events.part"]
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        client.export(None, "jsonl", tmp_path / "events", progress=stop)
    assert client.list_exports()[0].error == "interrupted"
    assert os.listdir(tmp_path) == []
    # The connection is as good as before.
    client.export(None, "jsonl", tmp_path / "events")
    assert os.listdir(tmp_path) == ["events"]


def test_memory_stays_flat(filled: Database, tmp_path: Path) -> None:
    filled.superuser().execute(
        """
        insert into audit_private.event (
          tenant_id, occurred_at, id, recorded_at, sequence, transaction_id, salt, source,
          action, entity_type, actor_type, outcome, recorded_by, description)
        select %s, m.at, audit_private.new_event_id(m.at, g.n), m.at, g.n, 1, gen_random_uuid(),
          'logged', 'user_created', 'user', 'user', 'success', 'test', repeat('long ', 100)
        from generate_series(1, 50000) as g (n)
        cross join lateral (select now() - g.n * interval '1 microsecond' as at) m
        """,
        (filled.tenant_a,),
    )
    client = Client(reader(filled))
    tracemalloc.start()
    try:
        manifest = client.export(CREATED, "jsonl", tmp_path / "events")
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert manifest.events == 50_003
    assert manifest.bytes > 50_000_000
    assert peak < 10_000_000


def test_jobs_over_a_client(filled: Database) -> None:
    client, operator = Client(reader(filled)), Client(filled.connect(filled.role("operator")))
    export_id = client.request_export(CREATED, "jsonl")
    assert isinstance(export_id, UUID)
    operator.run_exports()
    chunks = client.read_export(export_id)
    assert [chunk.chunk for chunk in chunks] == [1]
    assert client.read_export(export_id, after_chunk=1) == []
    [listed] = client.list_exports()
    content = b"".join(exporting.check_chunks([chunks], listed.digest or ""))
    assert len(parse(content)) == 3
    with pytest.raises(exporting.DigestsDiffer):
        list(exporting.check_chunks([], listed.digest or ""))
    changed = models.ExportChunk(1, b"x", chunks[0].digest)
    with pytest.raises(exporting.DigestsDiffer):
        list(exporting.check_chunks([[changed]], listed.digest or ""))
    assert client.cancel_export(export_id) is False
    with pytest.raises(ExportMissing):
        client.cancel_export(UUID(int=1))


def test_parquet_into_an_object(filled: Database) -> None:
    file = io.BytesIO()
    manifest = Client(reader(filled)).export(CREATED, "parquet", file)
    found = import_module("pyarrow.parquet").read_table(io.BytesIO(file.getvalue()))
    assert found.column("description").to_pylist() == ["user 2", "user 1", "user 0"]
    assert (manifest.format, manifest.bytes) == ("parquet", len(file.getvalue()))
    assert manifest.sha256 == hashlib.sha256(file.getvalue()).hexdigest()


def test_what_is_taken_over_a_client(filled: Database) -> None:
    client = Client(reader(filled))
    export_id = client.request_export(CREATED, "jsonl")
    [taken] = client.take_export(export_id)
    assert isinstance(taken, models.TakenExport)
    assert taken.taken_id == export_id
    assert client.take_export(export_id) == []
    assert client.note_export(export_id, rows=1, bytes=2) is True
    assert client.cancel_export(export_id) is True
    assert client.note_export(export_id) is False
    assert client.finish_export(export_id, 3, 4, "d") is False


def test_asynchronous_clients(filled: Database, tmp_path: Path) -> None:
    async def run() -> None:
        dsn = filled.dsn(filled.role("reader"))
        async with await psycopg.AsyncConnection.connect(dsn, autocommit=True) as connection:
            client = AsyncClient(connection)
            manifest = await client.export(CREATED, "jsonl", tmp_path / "events")
            assert manifest.events == len(parse((tmp_path / "events").read_bytes())) == 3
            async with connection.transaction():
                with pytest.raises(RuntimeError, match="autocommit"):
                    await client.export(None, "csv", io.BytesIO())
        async with AsyncConnectionPool(dsn, min_size=1, open=False) as pool:
            client = AsyncClient(pool)
            file = io.BytesIO()
            await client.export(CREATED, "csv", file)
            assert file.getvalue().count(b"\r\n") == file.getvalue().count(b"\n") == 4
            [first, second] = await client.list_exports()
            assert (first.state, second.state) == ("completed", "completed")

    asyncio.run(run())
