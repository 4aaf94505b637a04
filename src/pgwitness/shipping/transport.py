"""What the loop needs of a receiver, and how a receiver says what became of a batch."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any
from uuid import UUID

from pgwitness.client import Client


@dataclass(frozen=True, slots=True)
class ShippedEvent:
    """An event on its way.

    Attributes:
        tenant_id: whose event.
        event_id: the event; the same whenever it comes again.
        occurred_at: the event's time.
        content: the event in the sink's format, without line end.
        cursor: its place in the sink.
    """

    tenant_id: UUID
    event_id: UUID
    occurred_at: datetime
    content: str
    cursor: str = ""


@dataclass(frozen=True, slots=True)
class Refusal:
    """An event that a receiver doesn't take.

    Attributes:
        event: the event.
        reason: why, in a line, without anything of the event in it.
        is_final: whether trying again is of no use.
    """

    event: ShippedEvent
    reason: str
    is_final: bool = False


@dataclass(frozen=True, slots=True)
class Destination:
    """A sink's definition, as far as a transport needs it.

    Attributes:
        name: the sink.
        kind: how it is shipped.
        format: of its events.
        options: as they were given.
        environment: variables, of which some may hold secrets.
    """

    name: str
    kind: str
    format: str
    options: Mapping[str, Any]
    environment: Mapping[str, str] = field(default_factory=dict, repr=False)

    def text(self, option: str, default: str = "") -> str:
        """Gives an option as text; numbers and booleans may have come as JSON has them."""
        value = self.options.get(option)
        if value is None:
            return default
        return str(value).lower() if isinstance(value, bool) else str(value)

    def number(self, option: str, default: int) -> int:
        """Gives an option as a number."""
        return int(self.text(option, str(default)))

    def flag(self, option: str) -> bool:
        """Gives an option as a boolean, false unless set."""
        return self.text(option) == "true"


class ShippingError(Exception):
    """Something went wrong on the way to a receiver; its text is one line without any secret."""


class DestinationInvalid(ShippingError):
    """The sink can't be shipped from here as it is defined: trying again is of no use."""


class DeliveryFailed(ShippingError):
    """The receiver couldn't be reached, or took nothing for a reason that lies in no event.

    Attributes:
        retry_after: seconds that the receiver asked for; None when it didn't.
    """

    def __init__(self, reason: str, retry_after: float | None = None) -> None:
        """Keeps the reason."""
        super().__init__(reason)
        self.retry_after = retry_after


class BatchRefused(ShippingError):
    """The receiver refused the whole batch because of an event in it, and nobody knows which.

    Whatever it took of the batch all the same, it takes again.

    Attributes:
        suspect: place of the event that is to blame, where the receiver said so.
    """

    def __init__(self, reason: str, suspect: int | None = None) -> None:
        """Keeps the reason."""
        super().__init__(reason)
        self.suspect = suspect


class Transport:
    """A receiver's side of the loop.

    A batch that `deliver` returned for is the receiver's, but for the refusals. A transport that
    gathers more than one batch before anything is durable (an archive that writes large files,
    say) says so with `is_due`: until it is, the loop reads ahead and acknowledges nothing.

    Attributes:
        batch_bytes: how much content is handed over at once, but for one event that is larger;
            None for a whole batch, however large.
    """

    batch_bytes: int | None = None

    def attach(self, client: Client) -> None:
        """Is given the connection that reads the sink, before anything is handed over on it.

        Args:
            client: in autocommit mode; another one after the connection was lost.
        """

    def deliver(self, events: Sequence[ShippedEvent]) -> Sequence[Refusal]:
        """Hands events over, in their order.

        Args:
            events: one or more; some of them may have come before.

        Returns:
            Those that the receiver doesn't take; it has all others.

        Raises:
            BatchRefused: it took none for the sake of one; the loop finds out which.
            DeliveryFailed: it took none, or nobody knows: all of them come again.
        """
        raise NotImplementedError

    def is_due(self, *, is_idle: bool) -> bool:
        """Tells whether what was handed over so far is to be made durable and acknowledged now.

        Args:
            is_idle: there is nothing more to read for now, so it may be a while.
        """
        return True

    def flush(self) -> None:
        """Returns once all that was handed over is durable; then it is acknowledged.

        Raises:
            DeliveryFailed: that failed; all since the last flush comes again.
        """

    def abandon(self) -> None:
        """Forgets what was handed over since the last flush: it comes again."""

    def close(self) -> None:
        """Lets go of connections and files."""
