"""Batches to Elasticsearch and OpenSearch by their bulk interface."""

from __future__ import annotations

import json
from collections.abc import Sequence
from datetime import UTC
from typing import Any

from pgwitness.shipping.http import Answer, HttpTransport
from pgwitness.shipping.lines import TEXTS
from pgwitness.shipping.transport import DeliveryFailed, Refusal, ShippedEvent

INDEX = "pgwitness"
CONFLICT = 409
TYPE_LENGTH = 100


class ElasticTransport(HttpTransport):
    """Creates a document for each event under the event's id, so that none is there twice."""

    scheme = "ApiKey"

    def path(self) -> str:
        """Gives the bulk interface of the index."""
        base = super().path().rstrip("/")
        return f"{base}/{self.destination.text('index', INDEX)}/_bulk"

    def content_type(self) -> str:
        """Gives the media type of lines of JSON."""
        return "application/x-ndjson"

    def encode(self, events: Sequence[ShippedEvent]) -> bytes:
        """Gives an action and a document for each event, a line each."""
        return "".join(
            f'{{"create":{{"_id":"{event.event_id}"}}}}\n{self._document(event)}\n'
            for event in events
        ).encode()

    def _document(self, event: ShippedEvent) -> str:
        """Adds the time that data streams ask for."""
        moment = event.occurred_at.astimezone(UTC).isoformat().replace("+00:00", "Z")
        if self.destination.format in TEXTS:
            rest = f'"message":{json.dumps(event.content)}}}'
        else:
            rest = event.content.lstrip()[1:]
        return f'{{"@timestamp":"{moment}",{rest}'

    def judge(self, answer: Answer, events: Sequence[ShippedEvent]) -> Sequence[Refusal]:
        """Looks at what became of each event; one that was there already has arrived.

        Raises:
            BatchRefused: the batch is too large or can't be read.
            DeliveryFailed: it took none, or can't take some for now; those it took do no harm.
        """
        if answer.status != 200:
            return super().judge(answer, events)
        items = _items(answer.body)
        if len(items) != len(events):
            raise DeliveryFailed("the answer doesn't tell what became of each event")
        refusals = []
        for event, item in zip(events, items, strict=True):
            status, error = item.get("status"), item.get("error")
            if type(status) is not int:
                raise DeliveryFailed("the answer doesn't tell what became of each event")
            if 200 <= status < 300 or status == CONFLICT:
                continue
            kind = error.get("type") if isinstance(error, dict) else None
            reason = f"status {status}, {str(kind)[:TYPE_LENGTH]}"
            if status == 429 or status >= 500 or status in (401, 403, 404):
                raise DeliveryFailed(f"events weren't taken: {reason}", answer.retry_after)
            refusals.append(Refusal(event, reason))
        return refusals


def _items(body: bytes) -> list[dict[str, Any]]:
    try:
        found = json.loads(body)["items"]
        return [dict(item["create"]) for item in found]
    except (ValueError, KeyError, TypeError, RecursionError):
        return []
