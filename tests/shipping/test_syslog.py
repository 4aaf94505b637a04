"""Syslog: rsyslog reads what we send, and a receiver that didn't read everything is noticed."""

from __future__ import annotations

import json
import socket
import ssl
import struct
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from pgwitness.shipping.shipper import Shipped
from pgwitness.shipping.syslog import LARGEST_DATAGRAM, SyslogTransport
from pgwitness.shipping.transport import DeliveryFailed, DestinationInvalid, ShippedEvent
from shipping.harbour import (
    Harbour,
    await_that,
    destination,
    following,
    make_event,
    make_events,
)
from shipping.receivers import (
    Authority,
    Rsyslog,
    free_port,
    provide_rsyslog,
    read_all,
    serving_context,
    tcp_receiver,
    unframe,
)


@pytest.fixture(scope="module")
def authority(tmp_path_factory: pytest.TempPathFactory) -> Authority:
    return Authority(tmp_path_factory.mktemp("certificates"))


@pytest.fixture
def rsyslog(tmp_path: Path, authority: Authority) -> Iterator[Rsyslog]:
    """A running rsyslog from Debian."""
    program = provide_rsyslog()
    if program is None:
        pytest.skip("rsyslog isn't here and can't be installed: it takes root on Debian")
    made = Rsyslog(program, tmp_path, authority, authority.issue("127.0.0.1"))
    made.start()
    try:
        yield made
    finally:
        made.stop()


def record(number: int, text: str = "") -> ShippedEvent:
    """Make an event as the format rfc5424 writes it."""
    return make_event(
        f"<109>1 2026-03-04T05:06:07.890123Z shop.example pgwitness - user_created "
        f'[event@32473 n="{number}" note="a \\"b\\" \\\\ \\] å"] event {number} {text}'
    )


def transport(port: int, protocol: str, format: str = "rfc5424", **options: Any) -> SyslogTransport:
    address = f"{options.pop('host', '127.0.0.1')}:{port}"
    options = {"timeout_seconds": 5} | options
    return SyslogTransport(
        destination("syslog", format, address=address, protocol=protocol, **options)
    )


@pytest.mark.parametrize("protocol", ["udp", "tcp", "tls"])
def test_rsyslog_reads_it(rsyslog: Rsyslog, authority: Authority, protocol: str) -> None:
    sent = transport(rsyslog.ports[protocol], protocol, **secure(protocol, authority))
    # A line end within a message is no end of it; a long one isn't cut.
    events = [record(0), record(1, "two\\nlines"), record(2, "x" * 50_000), record(3)]
    assert list(sent.deliver(events)) == []
    found = await_that(lambda: len(rsyslog.lines()) == 4 and rsyslog.lines(), "what was sent")
    assert [line[0] for line in found] == ["shop.example"] * 4
    assert [line[1] for line in found] == ["pgwitness"] * 4
    assert found[0][2] == '[event@32473 n="0" note="a \\"b\\" \\\\ \\] å"]'
    assert [line[3].split()[:2] for line in found] == [["event", str(n)] for n in range(4)]
    assert len(found[2][3]) > 50_000


def secure(protocol: str, authority: Authority) -> dict[str, Any]:
    return {"ca_file": str(authority.file)} if protocol == "tls" else {}


@pytest.mark.parametrize("protocol", ["udp", "tcp", "tls"])
def test_a_log_is_followed_into_rsyslog(
    harbour: Harbour, rsyslog: Rsyslog, authority: Authority, protocol: str
) -> None:
    """Restarted in between: nothing is left out over TCP and TLS."""
    harbour.define(
        "syslog",
        address=f"127.0.0.1:{rsyslog.ports[protocol]}",
        protocol=protocol,
        host_name="shop.example",
        timeout_seconds=5,
        **secure(protocol, authority),
    )
    harbour.log("a1", "å2")

    def words() -> list[str]:
        return [json.loads(line[3])["description"] for line in rsyslog.lines()]

    with following(harbour.shipper(wake_seconds=0.2)):
        await_that(lambda: len(words()) == 2)
        if protocol != "udp":
            rsyslog.stop()
            harbour.log("a3")
            await_that(lambda: harbour.state()["error"])
            rsyslog.start()
        else:
            harbour.log("a3")
        await_that(lambda: len(words()) >= 3)
        await_that(lambda: harbour.state()["events_behind"] == 0)
    assert list(dict.fromkeys(words())) == ["a1", "å2", "a3"]
    assert {line[0] for line in rsyslog.lines()} == {"shop.example"}


@pytest.mark.parametrize("protocol", ["udp", "tcp", "tls"])
def test_rsyslog_reads_what_the_database_writes(
    harbour: Harbour, rsyslog: Rsyslog, authority: Authority, protocol: str
) -> None:
    """The default format of syslog, by rsyslog's own parser."""
    harbour.define(
        "syslog",
        format="rfc5424",
        address=f"127.0.0.1:{rsyslog.ports[protocol]}",
        protocol=protocol,
        host_name="shop.example",
        **secure(protocol, authority),
    )
    harbour.log("å1", '[two] "quotes"')
    assert harbour.ship() == Shipped(2, 0, True)
    found = await_that(lambda: len(rsyslog.lines()) == 2 and rsyslog.lines())
    assert {(line[0], line[1]) for line in found} == {("shop.example", "pgwitness")}
    assert all(line[2].startswith("[") and "user_created" in line[2] for line in found)
    assert [line[3].lstrip("\ufeff ") for line in found] == ["å1", '[two] "quotes"']


def test_messages_are_framed_by_their_length() -> None:
    received = []
    events = [record(number, "å\n" * number) for number in range(2000)]
    with tcp_receiver(lambda connection: received.append(read_all(connection))) as port:
        assert list(transport(port, "tcp").deliver(events)) == []
    [content] = received
    assert unframe(content) == [event.content.encode() for event in events]


def test_other_formats_get_a_head(authority: Authority) -> None:
    received = []
    with tcp_receiver(lambda connection: received.append(read_all(connection))) as port:
        transport(port, "tcp", "cef", host_name="shop", facility=4).deliver([make_event("CEF:0|x")])
        transport(port, "tcp", "jsonl").deliver([make_event("{}")])
    assert unframe(received[0]) == [
        b"<37>1 2026-03-04T05:06:07.890123Z shop pgwitness - - - CEF:0|x"
    ]
    assert unframe(received[1]) == [b"<109>1 2026-03-04T05:06:07.890123Z - pgwitness - - - {}"]


def reset(connection: socket.socket) -> None:
    """Close without reading, as a process that dies does."""
    connection.recv(10)
    connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))


def read_half(connection: socket.socket) -> None:
    """Close half-way, with something unread."""
    connection.recv(1000)


@pytest.mark.parametrize("misbehave", [reset, read_half])
@pytest.mark.parametrize("size", [3, 30_000])
def test_a_receiver_that_closes_half_way_is_noticed(misbehave: Any, size: int) -> None:
    with (
        tcp_receiver(misbehave) as port,
        pytest.raises(DeliveryFailed, match=r"127\.0\.0\.1"),
    ):
        transport(port, "tcp").deliver([record(n, "x" * 2000) for n in range(size)])


def test_a_receiver_that_stalls_is_not_waited_for_for_ever() -> None:
    released: list[bool] = []

    def stall(connection: socket.socket) -> None:
        connection.recv(1)
        await_that(lambda: released)

    with tcp_receiver(stall) as port:
        try:
            with pytest.raises(DeliveryFailed, match="within 1 seconds"):
                transport(port, "tcp", timeout_seconds=1).deliver([record(1)])
            events = [record(n, "x" * 60_000) for n in range(500)]
            with pytest.raises(DeliveryFailed, match="within 1 seconds"):
                transport(port, "tcp", timeout_seconds=1).deliver(events)
        finally:
            released.append(True)


def test_nobody_listens(authority: Authority) -> None:
    for protocol in ("tcp", "tls"):
        with pytest.raises(DeliveryFailed, match="refused"):
            transport(free_port(), protocol, **secure(protocol, authority)).deliver([record(1)])
    with pytest.raises(DeliveryFailed, match="refused"):
        transport(free_port(socket.SOCK_DGRAM), "udp").deliver([record(1)])


def test_what_no_datagram_holds_is_refused_and_the_rest_arrives() -> None:
    with socket.socket(type=socket.SOCK_DGRAM) as receiver:
        receiver.bind(("127.0.0.1", 0))
        receiver.settimeout(10)
        receiver.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 1 << 20)
        events = [record(0), record(1, "x" * LARGEST_DATAGRAM), record(2)]
        [refusal] = transport(receiver.getsockname()[1], "udp").deliver(events)
        received = [receiver.recv(70_000) for _ in range(2)]
    assert refusal.event is events[1]
    assert refusal.is_final
    assert "too long" in refusal.reason
    assert received == [events[0].content.encode(), events[2].content.encode()]


def test_tls_is_refused_to_whoever_is_not_the_host(authority: Authority, tmp_path: Path) -> None:
    stranger = Authority(tmp_path, "stranger")
    received: list[bytes] = []

    def serve(context: ssl.SSLContext) -> Any:
        def handle(connection: socket.socket) -> None:
            with context.wrap_socket(connection, server_side=True) as secured:
                received.append(read_all(secured))
                secured.unwrap()

        return handle

    def deliver(context: ssl.SSLContext, host: str = "127.0.0.1") -> None:
        with tcp_receiver(serve(context)) as port:
            options = secure("tls", authority)
            transport(port, "tls", host=host, **options).deliver([record(1)])

    right = serving_context(*authority.issue("127.0.0.1"))
    deliver(right)
    assert unframe(received.pop()) == [record(1).content.encode()]
    with pytest.raises(DeliveryFailed, match=r"self-signed|unable to get local issuer"):
        deliver(serving_context(*stranger.issue("127.0.0.1")))
    with pytest.raises(DeliveryFailed, match=r"not valid for '127\.0\.0\.1'|mismatch"):
        deliver(serving_context(*authority.issue("elsewhere.example")))
    with pytest.raises(DeliveryFailed, match=r"not valid for 'localhost'|[Hh]ostname mismatch"):
        deliver(right, "localhost")
    old = serving_context(*authority.issue("127.0.0.1"))
    old.maximum_version = ssl.TLSVersion.TLSv1_2
    deliver(old)
    assert [len(content) > 0 for content in received] == [True]


def test_a_cut_off_tls_connection_is_noticed(authority: Authority) -> None:
    context = serving_context(*authority.issue("127.0.0.1"))

    def cut(connection: socket.socket) -> None:
        secured = context.wrap_socket(connection, server_side=True)
        secured.recv(10)
        secured.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        secured.close()

    with tcp_receiver(cut) as port, pytest.raises(DeliveryFailed):
        transport(port, "tls", **secure("tls", authority)).deliver(
            [record(n, "x" * 2000) for n in range(3000)]
        )


def test_addresses_that_cannot_be(tmp_path: Path) -> None:
    with pytest.raises(DestinationInvalid, match="port 70000"):
        transport(70000, "tcp")
    with pytest.raises(DestinationInvalid, match="ca_file"):
        transport(1, "tls", ca_file=str(tmp_path / "missing"))
    (tmp_path / "empty").write_text("")
    with pytest.raises(DestinationInvalid, match="holds no certificate"):
        transport(1, "tls", ca_file=str(tmp_path / "empty"))


def test_large_batches_arrive_whole(authority: Authority) -> None:
    received = []
    events = make_events(20_000, 500)
    with tcp_receiver(lambda connection: received.append(read_all(connection))) as port:
        transport(port, "tcp", "rfc5424").deliver(events)
    assert len(unframe(received[0])) == 20_000
