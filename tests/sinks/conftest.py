from __future__ import annotations

from collections.abc import Iterator

import pytest

from sinks.harbour import Harbour, open_harbour

from databases import Database


@pytest.fixture
def harbour(loaded_database: Database) -> Iterator[Harbour]:
    """Everybody who has to do with sinks; whatever a test did, the log has to verify."""
    opened = open_harbour(loaded_database)
    yield opened
    if not opened.is_tampered_with:
        checked = open_harbour(loaded_database)
        checked.seal()
        assert checked.look() == []
