"""A dump as the backup persona is complete, and restored elsewhere the log goes on."""

from __future__ import annotations

import os
import subprocess
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from pgwitness.server import Server
from walls.ledger import (
    EVENT,
    REASON,
    Connection,
    call,
    justify,
    log,
    log_batch,
    refused,
    rows,
    stored,
)

from databases import Database, create_server_roles

COUNTED = """
    select c.oid::regclass::text
    from pg_class c
    where c.relnamespace in ('audit_private'::regnamespace, 'audit_migrations'::regnamespace)
      and c.relkind = 'r'
    order by 1
"""


def dump(
    binaries: Path, database: Database, role: str, *options: str
) -> subprocess.CompletedProcess[bytes]:
    return subprocess.run(
        [str(binaries / "pg_dump"), "--no-sync", *options, database.dsn(role)],
        env=os.environ | {"LD_LIBRARY_PATH": str(binaries.parent / "lib"), "LC_ALL": "C.UTF-8"},
        capture_output=True,
        check=False,
    )


def load(binaries: Path, restored: Database, dumped: bytes) -> None:
    loading = subprocess.run(
        [str(binaries / "psql"), "-qX", "-v", "ON_ERROR_STOP=1", restored.dsn("postgres")],
        env=os.environ | {"LD_LIBRARY_PATH": str(binaries.parent / "lib"), "LC_ALL": "C.UTF-8"},
        input=dumped,
        capture_output=True,
        check=False,
    )
    assert loading.returncode == 0, loading.stderr.decode()[-2000:]


def counts(root: Connection) -> dict[str, int]:
    tables = [name for (name,) in root.execute(COUNTED).fetchall()]
    found: dict[str, int] = {}
    for table in tables:
        row = root.execute(f"select count(*) from {table}").fetchone()
        assert row is not None
        found[table] = row[0]
    return found


@pytest.fixture
def history(
    loaded_database: Database, app: Connection, app_b: Connection, admin: Connection
) -> None:
    """Events of two tenants in several partitions, keys, toggles and sessions."""
    log_batch(app, [{"description": f"event {n}"} for n in range(300)])
    log(app_b, description="Of b", idempotency_key="k")
    call(admin, "set_action_logging", action="user_deleted", enabled=False, reason=REASON)
    justify(admin)
    past: list[dict[str, Any]] = [
        EVENT
        | {
            "occurred_at": (datetime.now(UTC) - timedelta(days=30 * n)).isoformat(),
            "idempotency_key": str(n),
        }
        for n in range(1, 12)
    ]
    rows(admin, "import_events", events=past, reason=REASON)


@pytest.fixture
def elsewhere(binaries: Path) -> Iterator[Server]:
    """An empty second cluster, with nothing but the roles."""
    with Server(binaries) as started:
        place = Database("127.0.0.1", started.port, "postgres")
        with place.superuser() as root:
            create_server_roles(root)
        yield started


@pytest.mark.usefixtures("history")
def test_a_dump_is_complete_and_the_log_goes_on_elsewhere(
    loaded_database: Database,
    root: Connection,
    binaries: Path,
    elsewhere: Server,
) -> None:
    before = counts(root)
    assert sum(count > 0 for name, count in before.items() if ".event_" in name) > 10
    dumped = dump(
        binaries, loaded_database, loaded_database.role("backup"), "--enable-row-security"
    )
    assert dumped.returncode == 0, dumped.stderr.decode()

    restored = Database("127.0.0.1", elsewhere.port, "postgres")
    load(binaries, restored, dumped.stdout)
    try:
        with restored.superuser() as other:
            assert counts(other) == before
        assert stored(restored, "true") == stored(loaded_database, "true")
        _assert_the_log_goes_on(restored)
    finally:
        restored.close()


def _assert_the_log_goes_on(restored: Database) -> None:
    app = restored.connect(restored.role("app"))
    event_id = log(app, description="After the restore")
    assert log_batch(app, [{}]) == (1, 0)
    assert log(app, action="user_deleted") is None
    with refused("WT002"):
        log(app, tenant_id=restored.tenant_b)
    neighbour = restored.connect(restored.role("app", "b"))
    [known] = stored(restored, "description = 'Of b'")
    assert log(neighbour, description="Of b", idempotency_key="k") == known["id"]

    reader = restored.connect(restored.role("reader"))
    with refused("WT030"):
        rows(reader, "search_events")
    justify(reader)
    found = rows(reader, "search_events", filter={"source": "logged"}, page_size=1000)
    assert len(found) == 302
    assert event_id in {event["id"] for event in found}
    assert {event["tenant_id"] for event in found} == {restored.tenant_a}

    operator = restored.connect(restored.role("operator"))
    operator.execute("call audit.run_jobs()")
    wrong = {
        row["check_name"]: row["detail"]
        for row in rows(operator, "check_health")
        if row["state"] != "ok"
    }
    assert wrong.keys() <= {"search_is_indexed", "jobs_scheduled"}, wrong
    call(operator, "set_option", name="partitions_ahead_weeks", value="28", reason=REASON)
    operator.execute("call audit.maintain_partitions()")
    with restored.superuser() as root, refused("WT070"):
        root.execute("truncate audit_private.event")


@pytest.mark.usefixtures("history")
def test_holds_and_policies_stand_after_a_restore(
    loaded_database: Database,
    admin: Connection,
    operator: Connection,
    binaries: Path,
    elsewhere: Server,
) -> None:
    call(admin, "set_retention", days=100, is_exact=True, reason=REASON)
    call(admin, "place_hold", name="case 1", filter={"from": "2020-01-01"}, reason=REASON)
    floor = {"category": "admin_actions", "days": 900, "reason": REASON}
    call(operator, "set_retention_floor", **floor)
    operator.execute("call audit.purge_events()")
    options = "--enable-row-security"
    dumped = dump(binaries, loaded_database, loaded_database.role("backup"), options)
    assert dumped.returncode == 0, dumped.stderr.decode()
    restored = Database("127.0.0.1", elsewhere.port, "postgres")
    load(binaries, restored, dumped.stdout)
    try:
        there = restored.connect(restored.role("admin"))
        for function in ("list_holds", "list_retention", "list_purges"):
            mine, theirs = rows(admin, function), rows(there, function)
            for row in mine + theirs:
                row.pop("cutoff", None)
            assert theirs == mine, function
        there = restored.connect(restored.role("operator"))
        kept = "select count(*) from audit_private.event where source = 'logged'"
        before = restored.superuser().execute(kept).fetchall()
        there.execute("call audit.purge_events()")
        assert restored.superuser().execute(kept).fetchall() == before, "nobody has accepted it"
        call(there, "accept_restore", reason="Restored from the backup of a test")
        there.execute("call audit.purge_events()")
        assert restored.superuser().execute(kept).fetchall() == before, "a hold keeps all"
        assert rows(there, "verify_events") == []
    finally:
        restored.close()


@pytest.mark.usefixtures("history")
def test_without_its_flag_or_its_role_a_dump_fails(
    loaded_database: Database, binaries: Path
) -> None:
    backup = loaded_database.role("backup")
    plain = dump(binaries, loaded_database, backup)
    assert plain.returncode != 0
    assert "row-level security" in plain.stderr.decode()
    for persona in ("stranger", "operator", "auditor", "reader", "service"):
        for options in ([], ["--enable-row-security"]):
            failed = dump(binaries, loaded_database, loaded_database.role(persona), *options)
            assert failed.returncode != 0, persona
            assert "permission denied" in failed.stderr.decode()
