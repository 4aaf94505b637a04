"""Events into a stream of NATS JetStream, each acknowledged by it (package nats-py).

The message's id is the event's: within the stream's window for duplicates a repeat isn't stored.
"""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from importlib import import_module
from typing import Any

from pgwitness.shipping.credentials import find_secret
from pgwitness.shipping.security import make_tls_context
from pgwitness.shipping.transport import (
    DeliveryFailed,
    Destination,
    Refusal,
    ShippedEvent,
    Transport,
)

SUBJECT = "pgwitness"
TIMEOUT_SECONDS = 30
HEADER_BYTES = 128
"""About what headers add to a message."""

TOO_LARGE = 10054
"""JetStream's code of a message that is larger than its stream takes."""


class NatsTransport(Transport):
    """Publishes to a subject; each batch is a connection of its own, closed when it is through."""

    def __init__(self, destination: Destination) -> None:
        """Takes where it is.

        Raises:
            DestinationInvalid: the token or the file of certificates isn't there.
            ImportError: the package nats-py isn't installed.
        """
        self._nats = import_module("nats")
        self._errors = import_module("nats.errors")
        self._stream_errors = import_module("nats.js.errors")
        self._url = destination.text("url")
        self._subject = destination.text("subject", SUBJECT)
        self._timeout = float(destination.number("timeout_seconds", TIMEOUT_SECONDS))
        self._token = find_secret(destination, "token")
        is_secure = self._url.startswith("tls://") or destination.text("ca_file")
        self._context = make_tls_context(destination) if is_secure else None

    def deliver(self, events: Sequence[ShippedEvent]) -> Sequence[Refusal]:
        """Publishes events and waits for the stream to have stored them.

        Raises:
            DeliveryFailed: it hasn't stored all of them.
        """
        options: dict[str, Any] = {
            "allow_reconnect": False,
            "connect_timeout": self._timeout,
            "error_cb": _ignore,
        }
        if self._context is not None:
            options["tls"] = self._context
        if self._token is not None:
            options["token"] = self._token.reveal()
        try:
            return asyncio.run(self._publish(events, options))
        except (TimeoutError, self._errors.TimeoutError):
            why = f"nothing stored within {self._timeout:.0f} seconds"
        except self._stream_errors.NoStreamResponseError:
            why = f"no stream takes the subject {self._subject}"
        except self._stream_errors.APIError as error:
            why = f"JetStream refuses with code {error.err_code or error.code}"
        except (self._errors.Error, OSError) as error:
            # The server's words may hold what was sent to it.
            why = type(error).__name__
        raise DeliveryFailed(f"NATS: {why}")

    async def _publish(
        self, events: Sequence[ShippedEvent], options: dict[str, Any]
    ) -> list[Refusal]:
        connection = await self._nats.connect(self._url, **options)
        try:
            stream = connection.jetstream(publish_async_max_pending=len(events) + 1)
            refusals, promises = [], []
            async with asyncio.timeout(self._timeout):
                for event in events:
                    content = event.content.encode()
                    if len(content) + HEADER_BYTES > connection.max_payload:
                        reason = f"{len(content)} bytes are more than the server takes"
                        refusals.append(Refusal(event, reason, is_final=True))
                        continue
                    headers = {"Nats-Msg-Id": str(event.event_id)}
                    promise = await stream.publish_async(self._subject, content, headers=headers)
                    promises.append((event, promise))
                answers = await asyncio.gather(
                    *(promise for _, promise in promises), return_exceptions=True
                )
            for (event, _), answer in zip(promises, answers, strict=True):
                if getattr(answer, "err_code", None) == TOO_LARGE:
                    reason = "the message is larger than its stream takes"
                    refusals.append(Refusal(event, reason))
                elif isinstance(answer, BaseException):
                    raise answer
            return refusals
        finally:
            await connection.close()


async def _ignore(_: Exception) -> None:
    """Takes errors that are raised where they matter, and would be logged with all they hold."""
