"""The personas' connections as fixtures, each in autocommit."""

from __future__ import annotations

import pytest

from walls.ledger import Connection

from databases import Database

__all__ = [
    "admin",
    "admin_b",
    "app",
    "app_b",
    "auditor",
    "operator",
    "reader",
    "root",
    "service",
    "stranger",
]


@pytest.fixture
def app(loaded_database: Database) -> Connection:
    """Tenant a's application."""
    return loaded_database.connect(loaded_database.role("app"))


@pytest.fixture
def app_b(loaded_database: Database) -> Connection:
    """Tenant b's application."""
    return loaded_database.connect(loaded_database.role("app", "b"))


@pytest.fixture
def reader(loaded_database: Database) -> Connection:
    """Tenant a's reader, with no access session yet."""
    return loaded_database.connect(loaded_database.role("reader"))


@pytest.fixture
def admin(loaded_database: Database) -> Connection:
    """Tenant a's administrator."""
    return loaded_database.connect(loaded_database.role("admin"))


@pytest.fixture
def admin_b(loaded_database: Database) -> Connection:
    """Tenant b's administrator."""
    return loaded_database.connect(loaded_database.role("admin", "b"))


@pytest.fixture
def operator(loaded_database: Database) -> Connection:
    """The installation's operator."""
    return loaded_database.connect(loaded_database.role("operator"))


@pytest.fixture
def auditor(loaded_database: Database) -> Connection:
    """The auditor, bound to tenant a."""
    return loaded_database.connect(loaded_database.role("auditor"))


@pytest.fixture
def service(loaded_database: Database) -> Connection:
    """The service role that may act for every tenant."""
    return loaded_database.connect(loaded_database.role("service"))


@pytest.fixture
def stranger(loaded_database: Database) -> Connection:
    """A login without any right."""
    return loaded_database.connect(loaded_database.role("stranger"))


@pytest.fixture
def root(loaded_database: Database) -> Connection:
    """The server's superuser."""
    return loaded_database.superuser()
