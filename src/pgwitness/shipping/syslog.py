"""Events to a syslog receiver over UDP, TCP or TLS.

UDP (RFC 5426) is a datagram an event, and nobody ever says that it arrived: it is for receivers
that know nothing else. Over TCP (RFC 6587, octet counting) and TLS (RFC 5425) each batch is a
connection of its own. Syslog has no acknowledgements, but a connection's orderly end is one: a
receiver that closes its side after we have closed ours has read all that came before, and one
that closes or dies with something unread makes the kernel say so by a reset.
"""

from __future__ import annotations

import errno
import socket
import ssl
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from datetime import UTC

from pgwitness.shipping.deadline import Deadline
from pgwitness.shipping.security import make_tls_context
from pgwitness.shipping.transport import (
    DeliveryFailed,
    Destination,
    DestinationInvalid,
    Refusal,
    ShippedEvent,
    Transport,
)

RFC5424 = "rfc5424"
LARGEST_DATAGRAM = 65_507
"""Bytes that UDP over IPv4 carries at most."""

BLOCK_BYTES = 64 * 1024
TIMEOUT_SECONDS = 30
LOG_AUDIT = 13
NOTICE = 5


class SyslogTransport(Transport):
    """Sends to a syslog receiver."""

    def __init__(self, destination: Destination) -> None:
        """Takes where it is.

        Raises:
            DestinationInvalid: the address has no port, or the file of certificates can't be read.
        """
        host, _, port = destination.text("address").rpartition(":")
        self._host, self._port = host.strip("[]"), int(port)
        if not 0 < self._port < 65536:
            raise DestinationInvalid(f"there is no port {port}")
        self._protocol = destination.text("protocol", "udp")
        self._timeout = float(destination.number("timeout_seconds", TIMEOUT_SECONDS))
        self._context: ssl.SSLContext | None = None
        if self._protocol == "tls":
            self._context = make_tls_context(destination)
        self._is_bare = destination.format != RFC5424
        self._head = (
            destination.number("facility", LOG_AUDIT) * 8 + NOTICE,
            destination.text("host_name", "-"),
            destination.text("application", "pgwitness"),
        )

    def deliver(self, events: Sequence[ShippedEvent]) -> Sequence[Refusal]:
        """Sends events.

        Raises:
            DeliveryFailed: the receiver can't be reached, or didn't read all of them.
        """
        with self._telling():
            if self._protocol == "udp":
                return self._send_datagrams(events)
            self._send_stream(events)
            return ()

    @contextmanager
    def _telling(self) -> Iterator[None]:
        where = f"{self._host}:{self._port}"
        try:
            yield
        except ssl.SSLCertVerificationError as error:
            raise DeliveryFailed(f"{where}: {error.verify_message}") from None
        except ssl.SSLError as error:
            raise DeliveryFailed(f"{where}: TLS failed: {error.reason or 'cut off'}") from None
        except TimeoutError:
            raise DeliveryFailed(
                f"{where} didn't read everything within {self._timeout:.0f} seconds"
            ) from None
        except OSError as error:
            raise DeliveryFailed(f"{where}: {error.strerror or error}") from None

    def _message(self, event: ShippedEvent) -> bytes:
        if not self._is_bare:
            return event.content.encode()
        # Other formats are the message of a syslog record, whose head RFC 5424 asks for.
        priority, host, application = self._head
        moment = event.occurred_at.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S.%fZ")
        return f"<{priority}>1 {moment} {host} {application} - - - {event.content}".encode()

    def _send_datagrams(self, events: Sequence[ShippedEvent]) -> list[Refusal]:
        found = socket.getaddrinfo(self._host, self._port, type=socket.SOCK_DGRAM)
        family, kind, protocol, _, address = found[0]
        refusals = []
        with socket.socket(family, kind, protocol) as sender:
            sender.settimeout(self._timeout)
            sender.connect(address)
            for event in events:
                message = self._message(event)
                try:
                    if len(message) > LARGEST_DATAGRAM:
                        raise OSError(errno.EMSGSIZE, "")
                    sender.send(message)
                except OSError as error:
                    if error.errno != errno.EMSGSIZE:
                        raise
                    reason = f"{len(message)} bytes are too long for a datagram"
                    refusals.append(Refusal(event, reason, is_final=True))
            # That nobody listens there is all that may come back.
            sender.setblocking(False)
            with suppress(BlockingIOError):
                sender.recv(1)
        return refusals

    def _send_stream(self, events: Sequence[ShippedEvent]) -> None:
        deadline = Deadline(self._timeout)
        plain = socket.create_connection((self._host, self._port), timeout=self._timeout)
        with deadline.over(plain), plain:
            connection: socket.socket = plain
            if self._context is not None:
                connection = self._context.wrap_socket(plain, server_hostname=self._host)
            with connection:
                for block in _blocks(self._message(event) for event in events):
                    connection.sendall(block)
                    deadline.renew()
                _await_end(connection)


def _blocks(messages: Iterator[bytes]) -> Iterator[bytes]:
    """Frames messages by their length and gathers them."""
    held = bytearray()
    for message in messages:
        held += b"%d " % len(message)
        held += message
        if len(held) >= BLOCK_BYTES:
            yield bytes(held)
            held.clear()
    if held:
        yield bytes(held)


def _await_end(connection: socket.socket) -> None:
    """Closes our side and returns once the receiver has closed its own, having read everything."""
    if isinstance(connection, ssl.SSLSocket):
        # Says that this is the end. The receiver should say the same (RFC 5425, section 4.4), but
        # rsyslog just closes, which TLS can't tell from an end that somebody in between forged:
        # so that somebody could have us believe that events arrived, and could not read them.
        try:
            connection = connection.unwrap()
        except (ssl.SSLEOFError, ssl.SSLZeroReturnError):
            return
    connection.shutdown(socket.SHUT_WR)
    while connection.recv(4096):
        pass
