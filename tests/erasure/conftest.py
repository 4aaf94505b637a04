from __future__ import annotations

import pytest

from erasure.bureau import Bureau, open_bureau

from databases import Database


@pytest.fixture
def bureau(loaded_database: Database) -> Bureau:
    """Privacy officers of two tenants, and everybody else who has to do with the log."""
    return open_bureau(loaded_database)
