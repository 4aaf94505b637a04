"""The schema that an installation makes, whole, in one file that a reviewer can read."""

from __future__ import annotations

import difflib
import itertools
import os
from pathlib import Path

import pytest

from migrations.schema_dump import dump_schema

from databases import Database

SNAPSHOT = Path(__file__).resolve().parents[1] / "snapshots" / "schema.sql"
LINES_SHOWN = 60


def test_schema_is_the_snapshot(database: Database, binaries: Path) -> None:
    if database.superuser().info.server_version // 10000 != 15:
        pytest.skip("the snapshot is PostgreSQL 15's; each version prints a little differently")
    found = dump_schema(binaries, database.dsn("postgres"), "--exclude-schema=audit_migrations")
    if os.environ.get("WRITE_SNAPSHOT"):
        SNAPSHOT.write_text(found)
    difference = difflib.unified_diff(
        SNAPSHOT.read_text().splitlines(), found.splitlines(), "snapshot", "installed", lineterm=""
    )
    changed = "\n".join(itertools.islice(difference, LINES_SHOWN))
    assert not changed, f"the schema changed; if that is meant: make snapshot\n{changed}"
