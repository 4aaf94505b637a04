from __future__ import annotations

import pytest

from integrity.laboratory import Laboratory, open_laboratory
from walls.people import *  # noqa: F403

from databases import Database


@pytest.fixture
def laboratory(loaded_database: Database) -> Laboratory:
    """A log whose seals a test looks at, forges and verifies."""
    return open_laboratory(loaded_database)
