"""Batches by HTTP: what all receivers that speak it have in common.

It is made of the standard library: a batch is one POST over a connection that is kept, and what a
larger client would bring (redirects, proxies from the environment, cookies, retries of its own) is
just what mustn't happen to a log on its way. Nothing that a receiver says in words is kept, since
it may repeat the event; its status is, and codes whose meaning is known.
"""

from __future__ import annotations

import gzip
import http.client
import socket
import ssl
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from http import HTTPStatus
from importlib.metadata import version
from urllib.parse import urlsplit

from pgwitness.shipping.credentials import find_secret
from pgwitness.shipping.deadline import Deadline
from pgwitness.shipping.security import make_tls_context
from pgwitness.shipping.transport import (
    BatchRefused,
    DeliveryFailed,
    Destination,
    DestinationInvalid,
    Refusal,
    ShippedEvent,
    Transport,
)

TIMEOUT_SECONDS = 30
GZIP_LEVEL = 6
LARGEST_ANSWER = 16 * 1024 * 1024
"""Bytes of an answer that are read; Elasticsearch tells of each event."""

BATCH_BYTES = 4 * 1024 * 1024
"""About how much is posted at once, before it is compressed; few receivers take less."""

REFUSING = frozenset({400, 413, 422})
"""Statuses that lie in what was sent; all others lie in the receiver, or in how it is set up."""


@dataclass(frozen=True, slots=True)
class Answer:
    """What a receiver answered.

    Attributes:
        status: of HTTP.
        headers: by their names in lower case.
        body: what came with it.
    """

    status: int
    headers: Mapping[str, str]
    body: bytes

    @property
    def reason(self) -> str:
        """The status in words, by the standard and not by the receiver."""
        with suppress(ValueError):
            return f"answered {self.status} {HTTPStatus(self.status).phrase}"
        return f"answered {self.status}"

    @property
    def retry_after(self) -> float | None:
        """Seconds that the receiver asks to be left alone for (RFC 9110, section 10.2.3)."""
        value = self.headers.get("retry-after", "").strip()
        if value.isascii() and value.isdigit():
            return float(value[:9])
        with suppress(ValueError, TypeError, OverflowError):
            moment = parsedate_to_datetime(value)
            aware = moment if moment.tzinfo else moment.replace(tzinfo=UTC)
            return max(0.0, (aware - datetime.now(UTC)).total_seconds())
        return None


class HttpTransport(Transport):
    """Posts batches; what a batch looks like, and what an answer means, is each kind's own.

    Attributes:
        destination: the sink.
    """

    batch_bytes = BATCH_BYTES

    default_path = ""
    """Path to post to where the address has none."""

    scheme = "Bearer"
    """What the token is called in the header Authorization."""

    def __init__(self, destination: Destination) -> None:
        """Takes where it is.

        Raises:
            DestinationInvalid: the address isn't one of HTTP, or a secret isn't there.
        """
        self.destination = destination
        address = urlsplit(destination.text("url"))
        try:
            self._host, self._port = address.hostname or "", address.port
        except ValueError:
            raise DestinationInvalid("the url has no valid port") from None
        if address.scheme not in ("http", "https") or not self._host:
            raise DestinationInvalid("the url isn't one of http or https")
        self._path = address.path.rstrip("/") or self.default_path or "/"
        if not (self._path.isascii() and self._path.isprintable()):
            raise DestinationInvalid("the url's path holds what has to be escaped")
        self._where = f"{address.scheme}://{address.netloc}"
        self._context = make_tls_context(destination) if address.scheme == "https" else None
        self._timeout = float(destination.number("timeout_seconds", TIMEOUT_SECONDS))
        self._compresses = destination.flag("gzip")
        self._token = find_secret(destination, "token")
        self._connection: http.client.HTTPConnection | None = None

    def deliver(self, events: Sequence[ShippedEvent]) -> Sequence[Refusal]:
        """Posts events.

        Raises:
            BatchRefused: they were refused, and it isn't said which of them are to blame.
            DeliveryFailed: the receiver can't be reached, or doesn't take anything.
        """
        answer = self.post(self.encode(events), self.content_type())
        return self.judge(answer, events)

    def close(self) -> None:
        """Ends the connection."""
        if self._connection is not None:
            self._connection.close()
            self._connection = None

    def path(self) -> str:
        """Gives the path to post to."""
        return self._path

    def content_type(self) -> str:
        """Gives the media type of a batch."""
        raise NotImplementedError

    def encode(self, events: Sequence[ShippedEvent]) -> bytes:
        """Gives a batch as it is posted."""
        raise NotImplementedError

    def sign(self, body: bytes) -> Mapping[str, str]:
        """Gives headers that are made from the body as it is sent."""
        return {}

    def judge(self, answer: Answer, events: Sequence[ShippedEvent]) -> Sequence[Refusal]:
        """Says what became of a batch by the answer; by its status alone, unless a kind knows more.

        Raises:
            BatchRefused: one of the events is to blame.
            DeliveryFailed: none is.
        """
        if 200 <= answer.status < 300:
            return ()
        if answer.status in REFUSING:
            raise BatchRefused(f"the receiver {answer.reason}")
        raise self.failure(answer)

    def failure(self, answer: Answer) -> DeliveryFailed:
        """Makes the error of an answer for which no event is to blame."""
        reason = f"{self._where} {answer.reason}"
        if 300 <= answer.status < 400:
            reason += ", and redirects aren't followed"
        return DeliveryFailed(reason, answer.retry_after)

    def post(self, body: bytes, content_type: str) -> Answer:
        """Posts a body and gives the answer.

        Raises:
            DeliveryFailed: there was no answer.
        """
        headers = {
            "Content-Type": content_type,
            "User-Agent": f"pgwitness/{version('pgwitness')}",
            "Accept": "application/json",
        }
        if self._compresses:
            body = gzip.compress(body, GZIP_LEVEL, mtime=0)
            headers["Content-Encoding"] = "gzip"
        if self._token is not None:
            headers["Authorization"] = f"{self.scheme} {self._token.reveal()}"
        headers |= self.sign(body)
        if self._connection is not None and _was_closed(self._connection):
            self.close()
        try:
            return self._telling(lambda: self._exchange(body, headers))
        except BaseException:
            self.close()
            raise

    def _exchange(self, body: bytes, headers: Mapping[str, str]) -> Answer:
        connection = self._connection or self._connect()
        self._connection = connection
        with Deadline(self._timeout).over(connection.sock):
            broken: OSError | None = None
            try:
                connection.request("POST", self.path(), body=body, headers=dict(headers))
            except (BrokenPipeError, ConnectionResetError) as error:
                # Who finds a body too large may say so and close before all of it has come.
                broken = error
            try:
                answered = connection.getresponse()
            except (OSError, http.client.HTTPException) as error:
                raise (broken or error) from None
            with answered as response:
                content = response.read(LARGEST_ANSWER + 1)
                # A body that ends early comes without an error, where it has a length.
                if len(content) > LARGEST_ANSWER or response.length:
                    raise http.client.HTTPException
                found = {name.lower(): value for name, value in response.getheaders()}
                if response.will_close or broken is not None:
                    self.close()
                return Answer(response.status, found, content)

    def _connect(self) -> http.client.HTTPConnection:
        if self._context is None:
            made = http.client.HTTPConnection(self._host, self._port, timeout=self._timeout)
        else:
            made = http.client.HTTPSConnection(
                self._host, self._port, timeout=self._timeout, context=self._context
            )
        made.connect()
        return made

    def _telling(self, exchange: Callable[[], Answer]) -> Answer:
        """Runs an exchange, and says what went wrong without anything that was sent."""
        try:
            return exchange()
        except ssl.SSLCertVerificationError as error:
            why = error.verify_message
        except ssl.SSLError as error:
            why = f"TLS failed: {error.reason or 'cut off'}"
        except TimeoutError:
            why = f"no answer within {self._timeout:.0f} seconds"
        except http.client.RemoteDisconnected:
            why = "closed the connection without an answer"
        except http.client.HTTPException:
            why = "gave an answer that isn't HTTP, is cut off or doesn't end"
        except OSError as error:
            why = error.strerror or "the connection broke"
        raise DeliveryFailed(f"{self._where}: {why}")


def _was_closed(connection: http.client.HTTPConnection) -> bool:
    """Tells whether the receiver ended a connection that was kept; nothing is lost by that."""
    if connection.sock is None:
        return True
    connection.sock.settimeout(0)
    try:
        # Over TLS that may be a message of the protocol; then a new connection does no harm.
        socket.socket.recv(connection.sock, 1, socket.MSG_PEEK)
    except BlockingIOError:
        return False
    except OSError:
        return True
    finally:
        connection.sock.settimeout(connection.timeout)
    return True
