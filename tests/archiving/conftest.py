from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from archiving.stacks import Stacks, open_stacks

from databases import Database


@pytest.fixture
def stacks(loaded_database: Database, tmp_path: Path) -> Iterator[Stacks]:
    """A log that is archived into a folder; whatever a test did, the log has to verify."""
    opened = open_stacks(loaded_database, f"file://{tmp_path}/archive")
    yield opened
    if not opened.is_tampered_with:
        checked = open_stacks(loaded_database, opened.address)
        checked.seal()
        assert checked.look() == []
