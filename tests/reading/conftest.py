from __future__ import annotations

import pytest

from reading.desk import Desk, open_desk

from databases import Database


@pytest.fixture
def desk(loaded_database: Database) -> Desk:
    """The desk of tenant a's reader."""
    return open_desk(loaded_database, loaded_database.role("reader"), loaded_database.tenant_a)


@pytest.fixture
def other_desk(loaded_database: Database) -> Desk:
    """The desk of tenant b's reader, in the same database."""
    return open_desk(loaded_database, loaded_database.role("reader", "b"), loaded_database.tenant_b)


@pytest.fixture
def privacy_desk(loaded_database: Database) -> Desk:
    """The desk of tenant a's privacy officer."""
    return open_desk(loaded_database, loaded_database.role("privacy"), loaded_database.tenant_a)
