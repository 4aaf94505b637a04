from __future__ import annotations

import pytest

from capture.workshop import CUSTOMER, Workshop, open_workshop

from databases import Database


@pytest.fixture
def workshop(loaded_database: Database) -> Workshop:
    """An empty schema whose tables can be watched."""
    return open_workshop(loaded_database)


@pytest.fixture
def customers(workshop: Workshop) -> Workshop:
    """The same with a watched table of customers, named by their names."""
    workshop.make(CUSTOMER)
    workshop.watch(label_column="name", redact_columns=["ssn"], ignore_columns=["touched_at"])
    return workshop
