"""First steps in Python: logging, reading, many events, logging's records."""

from __future__ import annotations

import logging
from typing import Any

import psycopg
from psycopg_pool import ConnectionPool
from sqlalchemy.ext.asyncio import AsyncSession

from pgwitness import AsyncClient, AuditHandler, Client, Context, use_context
from pgwitness.errors import ActionUnknown


def log_in_your_transaction(connection: psycopg.Connection[Any]) -> None:
    """An event commits with the change that it describes."""
    audit = Client(connection)
    with connection.transaction(), audit.context(actor_id="ann", ip="192.0.2.1"):
        connection.execute("update users set name = 'Eva' where id = 1")
        audit.log_event("user_updated", "user", 1, "Renamed user 1 to Eva")


def log_over_a_pool(pool: ConnectionPool[Any], dsn: str) -> None:
    """A client over a pool opens one transaction for the block."""
    audit = Client(pool, failures=dsn)
    with (
        audit.context(actor_id="ann", actor={"name": "Ann"}) as connection,
        audit.action("user_updated", entity_type="user", entity_id=1) as event,
    ):
        connection.execute("update users set name = 'Isa' where id = 1")
        event.description = "Renamed user 1 to Isa"
        event.metadata["asked_by"] = "phone"


def log_many(pool: ConnectionPool[Any]) -> int:
    """All or none; the error names the first that is wrong."""
    audit = Client(pool)
    done = audit.log_events(
        {
            "action": "user_created",
            "entity_type": "user",
            "entity_id": number,
            "description": f"Imported user {number}",
        }
        for number in range(1000)
    )
    return done.logged


def handle_refusals(pool: ConnectionPool[Any]) -> str:
    """Every refusal is an exception with the database's own words."""
    audit = Client(pool)
    try:
        audit.log_event("user_renamed", "user", 1, "Renamed user 1")
    except ActionUnknown as error:
        return f"{error.sqlstate}: {error.message}. {error.hint}"
    return "logged"


def read_with_a_justification(pool: ConnectionPool[Any]) -> list[str]:
    """Reading takes a committed access session; each page is an event of its own."""
    audit = Client(pool)
    access_id = audit.open_access("user_support", "she asked who renamed her, case 4711")
    with use_context(Context(access_id=access_id)):
        found = [
            f"{event.occurred_at:%F %T} {event.actor_id}: {event.description}"
            for event in audit.iter_events({"entity_type": "user", "entity_id": "1"})
        ]
    audit.close_access(access_id)
    return found


async def log_with_alchemy(session: AsyncSession) -> None:
    """The same in a SQLAlchemy session, on any driver."""
    audit = AsyncClient(session)
    async with session.begin(), audit.context(actor_id="ann"):
        await audit.log_event("user_updated", "user", 1, "Renamed user 1 to Ada")


def log_records(pool: ConnectionPool[Any]) -> None:
    """Records of Python's logging become events where they say how."""
    logger = logging.getLogger("shop.users")
    handler = AuditHandler(Client(pool))
    logger.addHandler(handler)
    logger.warning(
        "locked user %s",
        1,
        extra={"audit": {"action": "user_updated", "entity_type": "user", "entity_id": 1}},
    )
    logger.removeHandler(handler)
