"""An audit log inside PostgreSQL: installs it, calls it and draws what it returns."""

from __future__ import annotations

from importlib.metadata import version

from pgwitness.client import AsyncClient, Client, PendingEvent
from pgwitness.context import Context, client_address, current_context, use_context
from pgwitness.errors import PgwitnessError
from pgwitness.handler import AuditHandler

__version__ = version("pgwitness")

__all__ = [
    "AsyncClient",
    "AuditHandler",
    "Client",
    "Context",
    "PendingEvent",
    "PgwitnessError",
    "__version__",
    "client_address",
    "current_context",
    "use_context",
]
