from __future__ import annotations

from collections.abc import Iterator

import pytest

from retention.vault import Vault, open_vault
from walls.people import *  # noqa: F403

from databases import Database


@pytest.fixture
def vault(loaded_database: Database) -> Iterator[Vault]:
    """A log whose events a test makes old; whatever it purges, what is left verifies."""
    opened = open_vault(loaded_database)
    yield opened
    if not opened.is_tampered_with:
        opened.operator = loaded_database.connect(loaded_database.role("operator"))
        opened.seal()
        assert opened.findings() == []
