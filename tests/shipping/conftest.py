from __future__ import annotations

import pytest

from shipping.harbour import Harbour

from databases import Database


@pytest.fixture
def harbour(loaded_database: Database) -> Harbour:
    """A log whose events can be shipped."""
    return Harbour(loaded_database)
