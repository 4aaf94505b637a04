from __future__ import annotations

import pytest

from data_retention.office import Office, open_office

from databases import Database


@pytest.fixture
def office(loaded_database: Database) -> Office:
    """The guide's schema, empty but for its two tenants."""
    return open_office(loaded_database)


@pytest.fixture
def defined(office: Office) -> Office:
    """The same with questions and their files declared, not armed."""
    office.define()
    return office
