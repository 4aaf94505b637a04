"""Batches to an OpenTelemetry collector, by OTLP/HTTP with JSON."""

from __future__ import annotations

import json
from collections.abc import Sequence

from pgwitness.shipping.http import Answer, HttpTransport
from pgwitness.shipping.transport import (
    BatchRefused,
    Destination,
    DestinationInvalid,
    Refusal,
    ShippedEvent,
)

FORMAT = "otlp"


class OtlpTransport(HttpTransport):
    """Posts export requests for logs."""

    default_path = "/v1/logs"

    def __init__(self, destination: Destination) -> None:
        """Takes where it is; see `HttpTransport`.

        Raises:
            DestinationInvalid: the sink has another format, too.
        """
        super().__init__(destination)
        if destination.format != FORMAT:
            raise DestinationInvalid(f"kind otlp ships the format otlp, not {destination.format}")

    def content_type(self) -> str:
        """Gives JSON's media type."""
        return "application/json"

    def encode(self, events: Sequence[ShippedEvent]) -> bytes:
        """Gives one request with the resource logs of all events."""
        return f'{{"resourceLogs":[{",".join(event.content for event in events)}]}}'.encode()

    def judge(self, answer: Answer, events: Sequence[ShippedEvent]) -> Sequence[Refusal]:
        """Counts what was rejected; which that was, the protocol has no place for.

        Raises:
            BatchRefused: some were rejected, or all were and the batch is refused.
            DeliveryFailed: the collector took nothing.
        """
        super().judge(answer, events)
        rejected = _rejected(answer.body)
        if rejected == 0:
            return ()
        reason = "the collector rejected the record"
        if rejected >= len(events):
            return [Refusal(event, reason) for event in events]
        raise BatchRefused(reason)


def _rejected(body: bytes) -> int:
    """Gives how many records were rejected; 64-bit numbers are strings in JSON of protobuf."""
    try:
        success = json.loads(body).get("partialSuccess") or {}
        return int(success.get("rejectedLogRecords") or 0)
    except (ValueError, TypeError, AttributeError, RecursionError):
        return 0
