"""Batches to whatever takes a POST, signed where a key was given.

The signature is an HMAC-SHA256 with the key over the timestamp, a full stop and the body as it is
sent (compressed, where it is), in hexadecimal. A receiver makes it anew, compares the two in
constant time, and refuses a timestamp that is more than a few minutes off, so that nobody replays.
"""

from __future__ import annotations

import hashlib
import hmac
import time
from collections.abc import Mapping, Sequence

from pgwitness.shipping.credentials import find_secret
from pgwitness.shipping.http import HttpTransport
from pgwitness.shipping.lines import TEXTS, as_lines
from pgwitness.shipping.transport import Destination, ShippedEvent

TIMESTAMP = "Pgwitness-Timestamp"
SIGNATURE = "Pgwitness-Signature"
SINK = "Pgwitness-Sink"

CLOUDEVENTS = "cloudevents"


class WebhookTransport(HttpTransport):
    """Posts CloudEvents as a batch of theirs, other JSON as lines, and text as lines."""

    def __init__(self, destination: Destination) -> None:
        """Takes where it is; see `HttpTransport`."""
        super().__init__(destination)
        self._key = find_secret(destination, "secret")

    def content_type(self) -> str:
        """Gives the media type by the format."""
        if self.destination.format == CLOUDEVENTS:
            return "application/cloudevents-batch+json; charset=utf-8"
        if self.destination.format in TEXTS:
            return "text/plain; charset=utf-8"
        return "application/x-ndjson"

    def encode(self, events: Sequence[ShippedEvent]) -> bytes:
        """Gives a JSON array of CloudEvents, or lines."""
        if self.destination.format == CLOUDEVENTS:
            return f"[{','.join(event.content for event in events)}]".encode()
        return as_lines(events)

    def sign(self, body: bytes) -> Mapping[str, str]:
        """Names the sink, and signs the body where there is a key."""
        headers = {SINK: self.destination.name}
        if self._key is not None:
            timestamp = str(int(time.time()))
            headers[TIMESTAMP] = timestamp
            headers[SIGNATURE] = f"v1={signature(self._key.reveal(), timestamp, body)}"
        return headers


def signature(key: str, timestamp: str, body: bytes) -> str:
    """Gives the signature of a body, in hexadecimal.

    Args:
        key: shared with the receiver.
        timestamp: seconds since 1970, as the header has it.
        body: as it is sent.
    """
    signed = timestamp.encode() + b"." + body
    return hmac.new(key.encode(), signed, hashlib.sha256).hexdigest()
