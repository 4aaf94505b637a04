"""Waiting: pauses between attempts, and an end that is heard in any of them."""

from __future__ import annotations

import os
import random
import select
import weakref
from collections.abc import Callable
from contextlib import suppress

FIRST_PAUSE = 1.0
LONGEST_PAUSE = 60.0
LONGEST_RETRY_AFTER = 600.0
"""Seconds. Longer than a quarter of an hour, and another consumer could take the sink over."""


class BackOff:
    """Pauses that double up to a cap, each a random part of that (full jitter).

    The random part never comes below a tenth of the first pause: nothing runs in circles.
    """

    def __init__(
        self,
        first: float = FIRST_PAUSE,
        longest: float = LONGEST_PAUSE,
        choose: Callable[[float, float], float] = random.uniform,
    ) -> None:
        """Takes the bounds.

        Args:
            first: seconds; the first pause is no longer.
            longest: seconds; no pause is longer.
            choose: gives a number between two.
        """
        self._first, self._longest, self._choose = first, longest, choose
        self._attempts = 0

    def next_pause(self, asked: float | None = None) -> float:
        """Gives the next pause in seconds.

        Args:
            asked: what the receiver asked for; not waited for less, nor for more than ten minutes.
        """
        ceiling = min(self._longest, self._first * 2.0 ** min(self._attempts, 30))
        self._attempts += 1
        pause = self._choose(self._first / 10, ceiling)
        return max(pause, min(asked or 0.0, LONGEST_RETRY_AFTER))

    def reset(self) -> None:
        """Begins anew, since something went well."""
        self._attempts = 0


class Stop:
    """Something that may be asked to end, from a signal handler or another thread."""

    def __init__(self) -> None:
        """Begins."""
        self._listening, self._telling = os.pipe()
        weakref.finalize(self, _close, self._listening, self._telling)
        os.set_blocking(self._telling, False)
        self.is_set = False

    def set(self) -> None:
        """Asks for the end; whoever waits returns."""
        self.is_set = True
        with suppress(OSError):
            os.write(self._telling, b"x")

    def wait(self, seconds: float, also: int | None = None) -> None:
        """Waits until the time is over, the end is asked for, or something can be read.

        Args:
            seconds: how long at most.
            also: file descriptor of a connection that may have something to say.
        """
        if self.is_set:
            return
        waited = [self._listening] + ([] if also is None else [also])
        poll = select.poll()
        for descriptor in waited:
            poll.register(descriptor, select.POLLIN)
        poll.poll(max(0.0, seconds) * 1000)


def _close(*descriptors: int) -> None:
    for descriptor in descriptors:
        os.close(descriptor)
