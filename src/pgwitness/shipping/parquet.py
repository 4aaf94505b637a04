"""Archives events: Parquet files by tenant and day, with a manifest beside each.

Large files are read more quickly than many small ones, so events are gathered before they are
written. What was gathered is acknowledged once its files are noted; until then it comes again.
"""

from __future__ import annotations

import time
from collections.abc import Sequence
from importlib import import_module

from pgwitness.archiving.folder import Folder
from pgwitness.archiving.writing import ArchiveWriter
from pgwitness.client import Client
from pgwitness.shipping.transport import (
    DeliveryFailed,
    Destination,
    DestinationInvalid,
    Refusal,
    ShippedEvent,
    Transport,
)

EVENTS_A_FILE = 10_000
"""What the database proves at once."""

GATHER_MINUTES = 15


class ParquetTransport(Transport):
    """Writes what was gathered, when it is enough or has waited long enough."""

    def __init__(self, destination: Destination) -> None:
        """Opens the archive.

        Raises:
            DestinationInvalid: nothing here opens that kind of address.
            ImportError: pyarrow or fsspec isn't installed.
        """
        import_module("pyarrow")
        self._name = destination.name
        try:
            self._folder = Folder(destination.text("url"))
        except ValueError as error:
            raise DestinationInvalid(f"{destination.text('url')}: {error}") from error
        self._seconds = 60 * destination.number("gather_minutes", GATHER_MINUTES)
        self._client: Client | None = None
        self._writer: ArchiveWriter | None = None
        self._gathered: list[ShippedEvent] = []
        self._since = 0.0

    def attach(self, client: Client) -> None:
        """Takes the connection that reads the sink: only its consumer may have files noted."""
        if client is not self._client:
            self._client, self._writer = client, None

    def deliver(self, events: Sequence[ShippedEvent]) -> Sequence[Refusal]:
        """Gathers."""
        if not self._gathered:
            self._since = time.monotonic()
        self._gathered += events
        return ()

    def is_due(self, *, is_idle: bool) -> bool:
        """Tells whether there is a file's worth, or it has waited long enough."""
        if len(self._gathered) >= EVENTS_A_FILE or not self._gathered:
            return True
        return is_idle and time.monotonic() - self._since >= self._seconds

    def flush(self) -> None:
        """Writes what was gathered, and has the database note it.

        Raises:
            DeliveryFailed: a file can't be written.
            PgwitnessError: the database refuses, or what was written isn't what was sealed.
        """
        if not self._gathered:
            return
        assert self._client is not None
        try:
            self._writer = self._writer or ArchiveWriter(self._client, self._name, self._folder)
            for start in range(0, len(self._gathered), EVENTS_A_FILE):
                self._writer.write(self._gathered[start : start + EVENTS_A_FILE])
        except OSError as error:
            raise DeliveryFailed(f"{self._folder.address}: {error.strerror or error}") from error
        self.abandon()

    def abandon(self) -> None:
        """Forgets what was gathered: it comes again."""
        self._gathered = []
