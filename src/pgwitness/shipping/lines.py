"""Events as lines of text."""

from __future__ import annotations

from collections.abc import Sequence

from pgwitness.shipping.transport import ShippedEvent

TEXTS = ("cef", "rfc5424")
"""Formats that aren't JSON."""


def as_lines(events: Sequence[ShippedEvent]) -> bytes:
    r"""Gives events as UTF-8, each ended by LF.

    A line end within one would make two of it: in text that isn't JSON, where none can be, it is
    written as `\n` or `\r`.
    """
    return "".join(f"{one_line(event.content)}\n" for event in events).encode()


def one_line(content: str) -> str:
    """Writes line ends within an event visibly."""
    if "\n" in content or "\r" in content:
        return content.replace("\n", "\\n").replace("\r", "\\r")
    return content
