from __future__ import annotations

import pytest

from exporting.office import Office, open_office

from databases import Database


@pytest.fixture
def office(loaded_database: Database) -> Office:
    """Readers of two tenants with open sessions, and an operator."""
    return open_office(loaded_database)
