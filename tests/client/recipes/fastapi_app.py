"""FastAPI and SQLAlchemy: a request says who acts, and each transaction begins with that."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import replace
from uuid import UUID, uuid4

from fastapi import FastAPI, HTTPException, Request, Response
from sqlalchemy import Connection, event, text
from sqlalchemy.ext.asyncio import AsyncEngine, async_sessionmaker
from sqlalchemy.orm import Session

from pgwitness import (
    AsyncClient,
    Client,
    Context,
    client_address,
    current_context,
    use_context,
)


class AuditedSession(Session):
    """A session whose transactions carry the current context."""


@event.listens_for(AuditedSession, "after_begin")
def pass_context_on(session: Session, transaction: object, connection: Connection) -> None:
    """Set the context in the transaction that has just begun, whatever the driver."""
    context = current_context()
    if context is not None:
        Client(connection).set_context(**context.as_arguments())


def create_app(engine: AsyncEngine) -> FastAPI:
    """Make the application over an engine."""
    app = FastAPI()
    sessions = async_sessionmaker(engine, sync_session_class=AuditedSession)

    @app.middleware("http")
    async def say_who_acts(
        request: Request, call_next: Callable[[Request], Awaitable[Response]]
    ) -> Response:
        # In earnest this comes from a verified token, never from headers as such.
        context = Context(
            tenant_id=request.headers["x-tenant"],
            actor_id=request.headers["x-user"],
            actor_type="user",
            ip=client_address(request.client.host if request.client else None),
            user_agent=request.headers.get("user-agent"),
            request_id=request.headers.get("x-request-id", str(uuid4())),
        )
        with use_context(context):
            return await call_next(request)

    @app.put("/users/{user_id}")
    async def rename(user_id: int, name: str) -> dict[str, UUID | None]:
        async with sessions.begin() as session:
            audit = AsyncClient(session, failures=engine.connect)
            async with audit.action("user_updated", entity_type="user", entity_id=user_id) as act:
                result = await session.execute(
                    text("update users set name = :name where id = :id returning name"),
                    {"name": name, "id": user_id},
                )
                if result.first() is None:
                    raise HTTPException(404, "no such user")
                act.description = f"Renamed user {user_id} to {name}"
                act.changes = {"name": {"new": name}}
        return {"event": act.id}

    @app.post("/access")
    async def justify(reason: str, justification: str) -> dict[str, UUID]:
        async with sessions.begin() as session:
            return {"access": await AsyncClient(session).open_access(reason, justification)}

    @app.get("/events")
    async def read(entity_id: str, access: UUID) -> list[dict[str, str | None]]:
        context = replace(current_context() or Context(), access_id=access)
        with use_context(context):
            async with sessions.begin() as session:
                events = await AsyncClient(session).search_events({"entity_id": entity_id})
        return [{"description": each.description, "outcome": each.outcome} for each in events]

    return app
