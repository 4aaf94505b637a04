# mypy: disable-error-code="import-untyped, import-not-found"
"""Peers of the capture, installed as their manuals say, with their own defaults.

They come with `pip install 'pgwitness[bench]'`; which of them aren't there, the bench says.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from importlib import metadata

import psycopg


@dataclass(frozen=True, slots=True)
class CapturedTable:
    """A table that a peer captures.

    Attributes:
        name: What the figures are called.
        table: The table.
        log: Where the peer writes.
    """

    name: str
    table: str
    log: str


@dataclass(frozen=True, slots=True)
class Peer:
    """A package that captures changes by triggers.

    Attributes:
        package: Its name on PyPI.
        database: Name of a database for it.
        tables: The tables to make before it is installed.
        install: Makes it capture them, given a superuser's connection string.
    """

    package: str
    database: str
    tables: tuple[CapturedTable, ...]
    install: Callable[[str], None]

    @property
    def version(self) -> str | None:
        """The installed version; None when it isn't."""
        try:
            return metadata.version(self.package)
        except metadata.PackageNotFoundError:
            return None


def install_postgresql_audit(dsn: str) -> None:
    """Install postgresql-audit at the level of statements, its default.

    Its row for each transaction is left out, which SQLAlchemy's sessions would write.
    """
    import sqlalchemy
    from postgresql_audit import VersioningManager
    from sqlalchemy.orm import configure_mappers, declarative_base

    base = declarative_base()
    manager = VersioningManager()
    manager.init(base)
    configure_mappers()
    engine = sqlalchemy.create_engine("postgresql+psycopg://", creator=lambda: psycopg.connect(dsn))
    with engine.begin() as connection:
        base.metadata.create_all(connection)
        connection.execute(sqlalchemy.text("select audit_table('document')"))
    engine.dispose()
    manager.remove_listeners()


def install_pghistory(dsn: str) -> None:
    """Install django-pghistory by Django's commands, at its default level and by statements."""
    import django
    from django.conf import settings
    from django.core.management import call_command
    from django.db import connections

    named = psycopg.conninfo.conninfo_to_dict(dsn)
    settings.configure(
        INSTALLED_APPS=["pgtrigger", "pghistory", "bench.tracked"],
        DATABASES={
            "default": {
                "ENGINE": "django.db.backends.postgresql",
                "NAME": named["dbname"],
                "USER": named.get("user", ""),
                "PASSWORD": named.get("password", ""),
                "HOST": named.get("host", ""),
                "PORT": named.get("port", ""),
            }
        },
        DEFAULT_AUTO_FIELD="django.db.models.BigAutoField",
        USE_TZ=True,
    )
    django.setup()
    call_command("migrate", run_syncdb=True, verbosity=0)
    call_command("pgtrigger", "install", verbosity=0)
    connections.close_all()


PEERS = (
    Peer(
        "postgresql-audit",
        "pgwitness_bench_postgresql_audit",
        (CapturedTable("postgresql-audit", "document", "activity"),),
        install_postgresql_audit,
    ),
    Peer(
        "django-pghistory",
        "pgwitness_bench_pghistory",
        (
            CapturedTable("django-pghistory, level row", "by_row", "tracked_byrowevent"),
            CapturedTable(
                "django-pghistory, level statement", "by_statement", "tracked_bystatementevent"
            ),
        ),
        install_pghistory,
    ),
)
