"""Batches to Splunk's HTTP Event Collector."""

from __future__ import annotations

import json
from collections.abc import Sequence

from pgwitness.shipping.http import Answer, HttpTransport
from pgwitness.shipping.lines import TEXTS
from pgwitness.shipping.transport import BatchRefused, Refusal, ShippedEvent

REFUSALS = {
    5: "no data",
    6: "invalid data format",
    12: "event field is required",
    13: "event field cannot be blank",
    15: "error in handling indexed fields",
}
"""Codes of an answer for which an event is to blame; others lie in the token, index or server."""


class SplunkTransport(HttpTransport):
    """Posts each event in an envelope with its time; event_id and tenant_id are indexed fields."""

    default_path = "/services/collector/event"
    scheme = "Splunk"

    def content_type(self) -> str:
        """Gives JSON's media type."""
        return "application/json"

    def encode(self, events: Sequence[ShippedEvent]) -> bytes:
        """Gives the envelopes, one behind the other."""
        is_text = self.destination.format in TEXTS
        common = {"source": "pgwitness", "sourcetype": f"pgwitness:{self.destination.format}"}
        host = self.destination.text("host_name")
        if host:
            common["host"] = host
        head = json.dumps(common)[1:-1]
        return "\n".join(
            # The event's own JSON goes in as it is: reading it would cost digits of its numbers.
            f'{{"time":{event.occurred_at.timestamp():.6f},{head},'
            f'"event":{json.dumps(event.content) if is_text else event.content},'
            f'"fields":{{"event_id":"{event.event_id}","tenant_id":"{event.tenant_id}"}}}}'
            for event in events
        ).encode()

    def judge(self, answer: Answer, events: Sequence[ShippedEvent]) -> Sequence[Refusal]:
        """Finds the event to blame by the number that the collector gives.

        Raises:
            BatchRefused: as the answer says.
            DeliveryFailed: as the answer says.
        """
        if answer.status == 400:
            code, number = _explanation(answer.body)
            if code not in REFUSALS:
                raise self.failure(answer)
            raise BatchRefused(f"code {code}: {REFUSALS[code]}", number)
        return super().judge(answer, events)


def _explanation(body: bytes) -> tuple[int | None, int | None]:
    """Gives code and number of the invalid event."""
    try:
        found = json.loads(body)
    except (ValueError, RecursionError):
        return None, None
    if not isinstance(found, dict):
        return None, None
    code, number = found.get("code"), found.get("invalid-event-number")
    return code if type(code) is int else None, number if type(number) is int else None
