"""Who acts, for which tenant, from where: the values that every event of a transaction takes over.

In the database a context lasts for one transaction (`audit.set_context`). In Python it lasts for a
`with` block, through a context variable: so a middleware can say once per request who acts, and
whoever begins a transaction meanwhile passes it on.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from contextvars import ContextVar
from dataclasses import dataclass, fields
from ipaddress import IPv4Address, IPv6Address, ip_address
from typing import Any
from uuid import UUID

from pgwitness.models import Address
from pgwitness.text import MARK, Places, make_safe


@dataclass(frozen=True, slots=True, kw_only=True)
class Context:
    """The values of `audit.set_context`.

    Attributes:
        tenant_id: whose log; may be left out by a database role that is bound to just one tenant.
        actor_id: who acts; left out, the database role itself.
        actor_type: user, system, api_key or database_role.
        actor: snapshot of the actor, such as {"name": …, "email": …}.
        ip: address that the request came from.
        user_agent: the client program's own name (RFC 9110, section 10.1.5).
        request_id: ties together what one request did.
        access_id: the access session to read with.
    """

    tenant_id: UUID | str | None = None
    actor_id: str | UUID | int | None = None
    actor_type: str | None = None
    actor: Mapping[str, object] | None = None
    ip: Address | str | None = None
    user_agent: str | None = None
    request_id: str | UUID | None = None
    access_id: UUID | str | None = None

    def as_arguments(self) -> dict[str, Any]:
        """Gives the values by name."""
        return {f.name: getattr(self, f.name) for f in fields(self)}

    def escaped(self) -> Places:
        """Tells where text had to be escaped (`pgwitness.text`), as places in an event."""
        mark = (make_safe(self.as_arguments()).get("metadata") or {}).get(MARK, {})
        return Places(**mark)


_current: ContextVar[tuple[Context, Places] | None] = ContextVar("pgwitness_context", default=None)


def current_context() -> Context | None:
    """Gives the context of the innermost `use_context` or `Client.context` block, or None."""
    current = _current.get()
    return None if current is None else current[0]


def current_places() -> Places | None:
    """Gives where the current context's text had to be escaped, so that events can say so."""
    current = _current.get()
    return None if current is None else current[1]


@contextmanager
def use_context(context: Context | None) -> Iterator[Context | None]:
    """Makes a context the current one for a block, without touching a database.

    A client that owns its connections sets it in every transaction that it opens, and a failure
    event takes it over. For transactions of the application itself, pass it on when they begin.

    Args:
        context: who acts; None for nobody.
    """
    token = _current.set(None if context is None else (context, context.escaped()))
    try:
        yield context
    finally:
        # A generator that a framework finishes in another copy of the context can't reset it there,
        # and needn't: that copy ends with it.
        with suppress(ValueError):
            _current.reset(token)


def client_address(text: str | None) -> IPv4Address | IPv6Address | None:
    """Reads a client's address as web servers report it.

    Args:
        text: an address such as 192.0.2.1 or fe80::1%eth0; the zone (RFC 4007) is left out.

    Returns:
        None for anything else, since PostgreSQL would refuse it and the event with it.
    """
    try:
        return ip_address((text or "").partition("%")[0])
    except ValueError:
        return None
