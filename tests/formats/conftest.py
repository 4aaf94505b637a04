from __future__ import annotations

import pytest

from formats.outlet import Outlet, open_outlet

from databases import Database


@pytest.fixture
def outlet(loaded_database: Database) -> Outlet:
    """Applications of two tenants, and what leaves the log in each format."""
    return open_outlet(loaded_database)
