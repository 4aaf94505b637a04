"""Events on standard output, one a line."""

from __future__ import annotations

import os
import sys
from collections.abc import Sequence
from contextlib import suppress

from pgwitness.shipping.lines import as_lines
from pgwitness.shipping.transport import (
    Destination,
    DestinationInvalid,
    Refusal,
    ShippedEvent,
    Transport,
)


class StdoutTransport(Transport):
    """Writes to standard output; delivered is what the other end of the pipe was handed."""

    def __init__(self, destination: Destination) -> None:
        """Begins."""

    def deliver(self, events: Sequence[ShippedEvent]) -> Sequence[Refusal]:
        """Writes events.

        Raises:
            DestinationInvalid: nobody reads it any more, or it can't be written.
        """
        try:
            sys.stdout.flush()
            content = memoryview(as_lines(events))
            while content:
                content = content[os.write(1, content) :]
        except OSError as error:
            raise DestinationInvalid(
                f"standard output can't be written: {error.strerror}"
            ) from None
        # A pipe has no disk to wait for.
        with suppress(OSError):
            os.fsync(1)
        return ()
