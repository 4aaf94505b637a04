from __future__ import annotations

import pytest

from retention.vault import Vault, open_vault
from walls.people import *  # noqa: F403

from databases import Database


@pytest.fixture
def vault(loaded_database: Database) -> Vault:
    """A log whose events a test makes old."""
    return open_vault(loaded_database)
