"""Events into a stream of NATS JetStream, each acknowledged by it (package nats-py).

The message's id is the event's: within the stream's window for duplicates a repeat isn't stored.
"""

from __future__ import annotations

import asyncio
import json
from collections.abc import Sequence
from contextlib import suppress
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

CLOSE_SECONDS = 5.0
NO_RESPONDERS = "503"

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
            # None at all would mean as many as there can be, in this library.
            "max_reconnect_attempts": 1,
            "reconnect_time_wait": 0.1,
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
        except (self._errors.Error, OSError) as error:
            # The server's words may hold what was sent to it.
            why = type(error).__name__
        except (ValueError, AttributeError, KeyError):
            why = "an answer that isn't JetStream's"
        raise DeliveryFailed(f"NATS: {why}")

    async def _publish(
        self, events: Sequence[ShippedEvent], options: dict[str, Any]
    ) -> list[Refusal]:
        connection = self._nats.NATS()
        try:
            async with asyncio.timeout(self._timeout):
                await connection.connect(self._url, **options)
                # The client's own way to publish many at once loses what the stream refuses.
                inbox = connection.new_inbox()
                answers = await connection.subscribe(f"{inbox}.*")
                refusals, waiting = [], {}
                for number, event in enumerate(events):
                    content = event.content.encode()
                    if len(content) + HEADER_BYTES > connection.max_payload:
                        reason = f"{len(content)} bytes are more than the server takes"
                        refusals.append(Refusal(event, reason, is_final=True))
                        continue
                    reply = f"{inbox}.{number}"
                    headers = {"Nats-Msg-Id": str(event.event_id)}
                    await connection.publish(self._subject, content, reply, headers=headers)
                    waiting[reply] = event
                while waiting:
                    answer = await answers.next_msg(timeout=None)
                    self._judge(answer, waiting.pop(answer.subject), refusals)
            return refusals
        finally:
            with suppress(TimeoutError):
                async with asyncio.timeout(CLOSE_SECONDS):
                    await connection.close()

    def _judge(self, answer: Any, event: ShippedEvent, refusals: list[Refusal]) -> None:
        if (answer.headers or {}).get("Status") == NO_RESPONDERS:
            raise DeliveryFailed(f"NATS: no stream takes the subject {self._subject}")
        error = json.loads(answer.data).get("error")
        if not error:
            return
        if error.get("err_code") != TOO_LARGE:
            code = error.get("err_code") or error.get("code")
            raise DeliveryFailed(f"NATS: JetStream refuses with code {code}")
        refusals.append(Refusal(event, "the message is larger than its stream takes"))


async def _ignore(_: Exception) -> None:
    """Takes errors that are raised where they matter, and would be logged with all they hold."""
