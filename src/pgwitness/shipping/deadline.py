"""A time by which a receiver has to be through, however slowly it goes on."""

from __future__ import annotations

import os
import socket
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress


class Deadline:
    """Ends a connection when its time is over.

    A socket's own timeout counts from its last byte: a receiver that gives one now and then would
    hold us for ever.
    """

    def __init__(self, seconds: float) -> None:
        """Takes how long that is."""
        self._seconds = seconds
        self._ends = time.monotonic() + seconds
        self._is_over = False

    def renew(self) -> None:
        """Begins anew, since something was achieved."""
        self._ends = time.monotonic() + self._seconds

    @contextmanager
    def over(self, connection: socket.socket) -> Iterator[None]:
        """Watches over a connection for a block.

        Raises:
            TimeoutError: the time is over, whatever error that became in the block.
        """
        is_done = threading.Event()
        # Its own descriptor: TLS takes that of a socket over, and shutting down goes for all.
        handle = socket.socket(fileno=os.dup(connection.fileno()))

        def watch() -> None:
            while (left := self._ends - time.monotonic()) > 0:
                if is_done.wait(left):
                    return
            self._is_over = True
            with suppress(OSError):
                handle.shutdown(socket.SHUT_RDWR)

        watching = threading.Thread(target=watch, daemon=True)
        watching.start()
        try:
            yield
        except OSError as error:
            if self._is_over:
                raise TimeoutError from error
            raise
        finally:
            is_done.set()
            watching.join()
            handle.close()
        if self._is_over:
            raise TimeoutError
