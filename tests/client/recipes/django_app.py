# mypy: disable-error-code="import-untyped"
"""Django: a middleware says who acts, and events commit with the request's transaction."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from uuid import uuid4

from django.db import connection, transaction
from django.http import Http404, HttpRequest, HttpResponse, JsonResponse
from django.urls import path

from pgwitness import Client, Context, client_address, current_context, use_context

FAILURES: list[str] = []  # holds the DSN for failure events, from the settings


def audit_client() -> Client:
    """Give the client over Django's own connection to the database."""
    connection.ensure_connection()
    return Client(connection.connection, failures=FAILURES[0])


@contextmanager
def audited() -> Iterator[Client]:
    """Open a transaction (or a savepoint) that carries the current context."""
    with transaction.atomic():
        client = audit_client()
        with client.context(**(current_context() or Context()).as_arguments()):
            yield client


class AuditMiddleware:
    """Says for each request who acts; comes after the middleware that authenticates."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        # In earnest tenant and user come from request.user, never from headers as such.
        context = Context(
            tenant_id=request.headers["X-Tenant"],
            actor_id=request.headers["X-User"],
            actor_type="user",
            ip=client_address(request.META.get("REMOTE_ADDR")),
            user_agent=request.headers.get("User-Agent"),
            request_id=request.headers.get("X-Request-Id", str(uuid4())),
        )
        with use_context(context):
            return self.get_response(request)


def rename(request: HttpRequest, user_id: int) -> HttpResponse:
    """Rename a user and log it, both or neither."""
    name = request.GET["name"]
    with (
        audited() as audit,
        audit.action("user_updated", entity_type="user", entity_id=user_id) as act,
    ):
        with connection.cursor() as cursor:
            cursor.execute("update users set name = %s where id = %s", [name, user_id])
            if cursor.rowcount == 0:
                raise Http404("no such user")
        act.description = f"Renamed user {user_id} to {name}"
    return JsonResponse({"event": act.id})


urlpatterns = [path("users/<int:user_id>", rename)]
