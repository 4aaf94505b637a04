"""Foreign logs: each format turns one record into an event that `audit.import_events` takes."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

from pgwitness.importers.cloudtrail import CloudTrail
from pgwitness.importers.eneo import Eneo
from pgwitness.importers.pgwitness import Pgwitness
from pgwitness.importers.reading import ReadEvent, Refusal, read_events
from pgwitness.importers.records import Importer, RecordRefused

IMPORTERS: Mapping[str, Importer] = MappingProxyType(
    {importer.name: importer for importer in (Pgwitness(), CloudTrail(), Eneo())}
)

__all__ = [
    "IMPORTERS",
    "Importer",
    "ReadEvent",
    "RecordRefused",
    "Refusal",
    "read_events",
]
