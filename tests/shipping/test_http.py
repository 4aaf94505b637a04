"""HTTP: what each kind posts, what answers mean, and receivers that fail, stall and hang up."""

from __future__ import annotations

import hashlib
import hmac
import json
import socket
import struct
import time
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from functools import partial
from itertools import count
from pathlib import Path
from threading import Thread
from typing import Any

import pytest

from pgwitness.shipping.http import BATCH_BYTES, Answer, HttpTransport
from pgwitness.shipping.registry import KINDS, open_transport
from pgwitness.shipping.shipper import Shipped
from pgwitness.shipping.transport import (
    BatchRefused,
    DeliveryFailed,
    DestinationInvalid,
    Transport,
)
from shipping.harbour import (
    Harbour,
    Log,
    await_that,
    destination,
    following,
    make_event,
    make_events,
)
from shipping.receivers import (
    OK,
    Authority,
    Hangup,
    HttpReceiver,
    Reply,
    Request,
    free_port,
    http_receiver,
    serving_context,
)

TOKEN = "s3cr3t-token-of-the-receiver"
KEY = "k3y-of-the-signature"
SECRETS = {"SHOP_TOKEN": TOKEN, "SHOP_KEY": KEY}
KINDS_BY_HTTP = ("webhook", "splunk", "elastic", "otlp")


@pytest.fixture
def receiver() -> Iterator[HttpReceiver]:
    with http_receiver() as running:
        yield running


def formats(kind: str) -> str:
    return "otlp" if kind == "otlp" else "jsonl"


def made(kind: str, url: str, format: str | None = None, **options: Any) -> Transport:
    """Make a transport with a token, which the environment holds."""
    options = {"url": url, "token_env": "SHOP_TOKEN", "timeout_seconds": 5} | options
    options = {name: value for name, value in options.items() if value is not None}
    opened.append(open_transport(destination(kind, format or formats(kind), SECRETS, **options)))
    return opened[-1]


opened: list[Transport] = []


@pytest.fixture(autouse=True)
def closed() -> Iterator[None]:
    """Close what a test has made."""
    yield
    while opened:
        opened.pop().close()


def created(request: Request, **statuses: int) -> Reply:
    """Answer as Elasticsearch does: 201 for each, unless told for the n of its document."""
    lines = request.body.decode().splitlines()
    items = []
    for action, document in zip(lines[::2], lines[1::2], strict=True):
        status = statuses.get(f"n{json.loads(document).get('n')}", 201)
        item: dict[str, Any] = {"_id": json.loads(action)["create"]["_id"], "status": status}
        if status >= 300:
            item["error"] = {
                "type": "document_parsing_exception",
                "reason": f"can't parse 'Anna Berg' in {document}",
            }
        items.append({"create": item})
    errors = any(item["create"]["status"] >= 300 for item in items)
    return 200, {}, json.dumps({"errors": errors, "items": items}).encode()


def answer_third(status: int, request: Request, _: socket.socket) -> Reply:
    return created(request, n3=status)


def answer_body(body: bytes, *_: Any) -> Reply:
    return 200, {}, body


def accept(request: Request, _: socket.socket) -> Reply:
    """Answer as any of the receivers that takes everything."""
    return created(request) if request.path.endswith("/_bulk") else OK


# What is posted


def test_a_webhook_gets_cloudevents_as_a_batch(receiver: HttpReceiver) -> None:
    events = [make_event('{"specversion":"1.0","id":"1"}'), make_event('{"id":"2"}')]
    made("webhook", f"{receiver.url}/hook", "cloudevents").deliver(events)
    [request] = receiver.requests
    assert request.path == "/hook"
    assert request.headers["content-type"].startswith("application/cloudevents-batch+json")
    assert [event["id"] for event in json.loads(request.body)] == ["1", "2"]
    assert request.headers["authorization"] == f"Bearer {TOKEN}"
    assert request.headers["pgwitness-sink"] == "siem"
    assert "pgwitness-signature" not in request.headers


@pytest.mark.parametrize(
    ("format", "media_type"),
    [("jsonl", "application/x-ndjson"), ("ocsf", "application/x-ndjson"), ("cef", "text/plain")],
)
def test_a_webhook_gets_other_formats_as_lines(
    receiver: HttpReceiver, format: str, media_type: str
) -> None:
    events = [make_event("one"), make_event("å two\nlines")]
    made("webhook", receiver.url, format, token_env=None).deliver(events)
    [request] = receiver.requests
    assert request.headers["content-type"].startswith(media_type)
    assert request.body.decode() == "one\nå two\\nlines\n"
    assert "authorization" not in request.headers


@pytest.mark.parametrize("gzip", ["true", "false"])
def test_a_receiver_can_check_the_signature(receiver: HttpReceiver, gzip: str) -> None:
    """As the page of the README says it can."""
    made("webhook", receiver.url, secret_env="SHOP_KEY", gzip=gzip).deliver(make_events(2))
    [request] = receiver.requests
    timestamp = request.headers["pgwitness-timestamp"]
    assert abs(time.time() - int(timestamp)) < 300
    signed = timestamp.encode() + b"." + request.raw
    expected = "v1=" + hmac.new(KEY.encode(), signed, hashlib.sha256).hexdigest()
    assert hmac.compare_digest(request.headers["pgwitness-signature"], expected)
    assert (request.headers.get("content-encoding") == "gzip") is (gzip == "true")
    assert len(request.body.splitlines()) == 2


def test_splunk_gets_envelopes(receiver: HttpReceiver) -> None:
    event = make_event('{"id":1,"exact":1.10000000000000000001}')
    made("splunk", receiver.url, host_name="shop.example").deliver([event, event])
    made("splunk", f"{receiver.url}/own/path", "cef").deliver([make_event('CEF:0|"x"')])
    first, second = receiver.requests
    assert first.path == "/services/collector/event"
    assert first.headers["authorization"] == f"Splunk {TOKEN}"
    line = first.body.decode().splitlines()[1]
    assert '"event":{"id":1,"exact":1.10000000000000000001}' in line
    assert json.loads(line) == {
        "time": 1772600767.890123,
        "source": "pgwitness",
        "sourcetype": "pgwitness:jsonl",
        "host": "shop.example",
        "event": {"id": 1, "exact": 1.1},
        "fields": {"event_id": str(event.event_id), "tenant_id": str(event.tenant_id)},
    }
    assert second.path == "/own/path"
    assert json.loads(second.body)["event"] == 'CEF:0|"x"'


def test_elastic_gets_documents_under_their_ids(receiver: HttpReceiver) -> None:
    receiver.answer = accept
    event = make_event('{"exact":1.10000000000000000001}')
    made("elastic", receiver.url, index="audit-shop").deliver([event])
    made("elastic", f"{receiver.url}/es", "cef").deliver([make_event("CEF:0|x")])
    first, second = receiver.requests
    assert first.path == "/audit-shop/_bulk"
    assert first.headers["authorization"] == f"ApiKey {TOKEN}"
    action, document = first.body.decode().splitlines()
    assert json.loads(action) == {"create": {"_id": str(event.event_id)}}
    assert document == '{"@timestamp":"2026-03-04T05:06:07.890123Z","exact":1.10000000000000000001}'
    assert first.body.endswith(b"\n")
    assert second.path == "/es/pgwitness/_bulk"
    assert json.loads(second.body.splitlines()[1])["message"] == "CEF:0|x"


def test_a_collector_gets_resource_logs(receiver: HttpReceiver) -> None:
    made("otlp", receiver.url).deliver([make_event('{"resource":{}}'), make_event("{}")])
    [request] = receiver.requests
    assert request.path == "/v1/logs"
    assert request.headers["content-type"] == "application/json"
    assert json.loads(request.body) == {"resourceLogs": [{"resource": {}}, {}]}
    with pytest.raises(DestinationInvalid, match="format otlp"):
        made("otlp", receiver.url, "jsonl")


@pytest.mark.parametrize("kind", KINDS_BY_HTTP)
def test_batches_are_compressed_and_a_connection_is_kept(receiver: HttpReceiver, kind: str) -> None:
    receiver.answer = accept
    sent = made(kind, receiver.url, gzip=True)
    for _ in range(3):
        assert list(sent.deliver(make_events(50, 100))) == []
    assert receiver.connections == 1
    assert {request.headers["content-encoding"] for request in receiver.requests} == {"gzip"}
    assert all(len(request.raw) < len(request.body) / 2 for request in receiver.requests)


# What answers mean


@pytest.mark.parametrize("kind", KINDS_BY_HTTP)
@pytest.mark.parametrize("status", [301, 302, 307, 308, 401, 403, 404, 408, 429, 500, 502, 503])
def test_most_statuses_are_no_events_fault(receiver: HttpReceiver, kind: str, status: int) -> None:
    with http_receiver() as elsewhere:
        headers = {"Location": elsewhere.url, "Retry-After": "17"}
        receiver.answer = lambda *_: (status, headers, b"Bearer is what you sent")
        with pytest.raises(DeliveryFailed, match=str(status)) as failed:
            made(kind, receiver.url).deliver(make_events(2))
        assert failed.value.retry_after == 17
        assert elsewhere.requests == []


@pytest.mark.parametrize("kind", ["webhook", "elastic", "otlp"])
@pytest.mark.parametrize("status", [400, 413, 422])
def test_some_statuses_refuse_what_was_sent(receiver: HttpReceiver, kind: str, status: int) -> None:
    receiver.answer = lambda *_: (status, {}, b"")
    with pytest.raises(BatchRefused, match=str(status)):
        made(kind, receiver.url).deliver(make_events(2))


def test_a_pause_may_be_asked_for_as_a_date() -> None:
    later = datetime.now(UTC) + timedelta(seconds=100)
    found = Answer(503, {"retry-after": format_datetime(later, usegmt=True)}, b"").retry_after
    assert found is not None
    assert 90 < found <= 100
    for value in ("", "soon", "-5", "²"):
        assert Answer(503, {"retry-after": value}, b"").retry_after is None


@pytest.mark.parametrize(
    ("code", "number", "error", "suspect"),
    [(6, 1, BatchRefused, 1), (13, 0, BatchRefused, 0), (12, None, BatchRefused, None),
     (7, 0, DeliveryFailed, None)],
)  # fmt: skip
def test_splunk_says_which_event_is_to_blame(
    receiver: HttpReceiver, code: int, number: int | None, error: Any, suspect: int | None
) -> None:
    body = {"text": "any", "code": code, "invalid-event-number": number}
    receiver.answer = lambda *_: (400, {}, json.dumps(body).encode())
    with pytest.raises(error) as refused:
        made("splunk", receiver.url).deliver(make_events(3))
    assert getattr(refused.value, "suspect", None) == suspect


def test_elastic_tells_of_each_event(receiver: HttpReceiver) -> None:
    events = make_events(4)
    receiver.answer = lambda request, _: created(request, n1=400, n2=409)
    [refusal] = made("elastic", receiver.url).deliver(events)
    assert refusal.event is events[1]
    assert refusal.reason == "status 400, document_parsing_exception"
    for status in (429, 503, 404):
        receiver.answer = partial(answer_third, status)
        with pytest.raises(DeliveryFailed, match=str(status)):
            made("elastic", receiver.url).deliver(events)
    for body in (b"", b"[]", b'{"items": []}', b'{"items": [{}, {}, {}, {}]}', b"[" * 100_000):
        receiver.answer = partial(answer_body, body)
        with pytest.raises(DeliveryFailed, match="doesn't tell"):
            made("elastic", receiver.url).deliver(events)


@pytest.mark.parametrize(
    ("rejected", "outcome"),
    [(None, 0), (0, 0), ("0", 0), (1, BatchRefused), ("2", BatchRefused), ("3", 3), (3, 3)],
)
def test_a_collector_counts_what_it_rejects(
    receiver: HttpReceiver, rejected: Any, outcome: Any
) -> None:
    answer = {"partialSuccess": {"rejectedLogRecords": rejected, "errorMessage": "Anna Berg"}}
    receiver.answer = lambda *_: (200, {}, json.dumps(answer).encode())
    sent = made("otlp", receiver.url)
    if isinstance(outcome, int):
        assert len(sent.deliver(make_events(3))) == outcome
    else:
        with pytest.raises(BatchRefused):
            sent.deliver(make_events(3))


# Receivers that misbehave


def stall(request: Request, connection: socket.socket) -> None:
    """Never answer; the sender goes away in the end."""
    connection.settimeout(20)
    assert connection.recv(1) == b""


def drip(request: Request, connection: socket.socket) -> None:
    """Answer a byte at a time, for ever."""
    connection.sendall(b"HTTP/1.1 200 OK\r\nX: ")
    for _ in range(400):
        connection.sendall(b"x")
        time.sleep(0.05)


def cut(request: Request, connection: socket.socket) -> None:
    """Close within the answer."""
    connection.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\n{")


def babble(request: Request, connection: socket.socket) -> None:
    """Answer with something else."""
    connection.sendall(b"220 smtp.example ESMTP\r\n")


def hang_up(request: Request, connection: socket.socket) -> None:
    raise Hangup


def reset(request: Request, connection: socket.socket) -> None:
    connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    connection.close()
    raise Hangup


@pytest.mark.parametrize("misbehave", [stall, drip, cut, babble, hang_up, reset])
def test_no_misbehaviour_is_an_answer(receiver: HttpReceiver, misbehave: Any) -> None:
    receiver.answer = misbehave
    sent = made("webhook", receiver.url, timeout_seconds=1)
    started = time.monotonic()
    with pytest.raises(DeliveryFailed) as failed:
        sent.deliver(make_events(3))
    assert time.monotonic() - started < 10
    assert receiver.url in str(failed.value)
    receiver.answer = accept
    assert list(sent.deliver(make_events(3))) == []


def test_a_kept_connection_that_was_closed_is_made_anew(receiver: HttpReceiver) -> None:
    sent = made("webhook", receiver.url)
    receiver.answer = lambda *_: (200, {"Connection": "close"}, b"")
    for _ in range(2):
        sent.deliver(make_events(1))
    held = []

    def close_behind(request: Request, connection: socket.socket) -> None:
        connection.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n")
        held.append(connection.dup())

    receiver.answer = close_behind
    sent.deliver(make_events(1))
    held[0].shutdown(socket.SHUT_RDWR)
    held[0].close()
    sent.deliver(make_events(1))
    held[1].close()
    assert len(receiver.requests) == 4


def test_a_body_that_is_refused_before_all_of_it_came(receiver: HttpReceiver) -> None:
    """As proxies do that limit it: they answer and close."""
    with socket.create_server(("127.0.0.1", 0)) as listener:

        def serve() -> None:
            connection, _ = listener.accept()
            with connection:
                connection.recv(1000)
                connection.sendall(b"HTTP/1.1 413 Too Large\r\nContent-Length: 0\r\n\r\n")
                connection.shutdown(socket.SHUT_WR)
                while connection.recv(65536):
                    pass

        thread = Thread(target=serve)
        thread.start()
        url = f"http://127.0.0.1:{listener.getsockname()[1]}"
        sent = made("webhook", url)
        with pytest.raises(BatchRefused, match="413"):
            sent.deliver(make_events(100, 100_000))
        sent.close()
        thread.join()


def test_nobody_listens() -> None:
    with pytest.raises(DeliveryFailed, match="refused"):
        made("webhook", f"http://127.0.0.1:{free_port()}").deliver(make_events(1))


def test_tls_is_verified(tmp_path: Path) -> None:
    authority = Authority(tmp_path)
    context = serving_context(*authority.issue("127.0.0.1"))
    with http_receiver(context) as receiver:
        trusting = made("webhook", receiver.url, ca_file=str(authority.file))
        trusting.deliver(make_events(1))
        trusting.deliver(make_events(1))
        assert receiver.connections == 1
        with pytest.raises(DeliveryFailed, match=r"certificate|issuer"):
            made("webhook", receiver.url).deliver(make_events(1))
        elsewhere = receiver.url.replace("127.0.0.1", "localhost")
        with pytest.raises(DeliveryFailed, match="localhost"):
            made("webhook", elsewhere, ca_file=str(authority.file)).deliver(make_events(1))
        assert len(receiver.requests) == 2
    with http_receiver() as plain, pytest.raises(DeliveryFailed, match="TLS"):
        made("webhook", plain.url.replace("http", "https")).deliver(make_events(1))


# Secrets


def test_secrets_come_from_files_and_may_change(receiver: HttpReceiver, tmp_path: Path) -> None:
    path = tmp_path / "token"
    path.write_text("first\n")
    sent = made("webhook", receiver.url, token_env=None, token_file=str(path))
    sent.deliver(make_events(1))
    path.write_text("second")
    sent.deliver(make_events(1))
    assert [request.headers["authorization"] for request in receiver.requests] == [
        "Bearer first",
        "Bearer second",
    ]
    for content in ("", "two\nlines", "Å"):
        path.write_text(content)
        with pytest.raises(DeliveryFailed, match="token_file"):
            sent.deliver(make_events(1))
    path.unlink()
    with pytest.raises(DeliveryFailed, match="token_file can't be read"):
        sent.deliver(make_events(1))


def test_a_secret_that_is_not_there_is_said_at_once() -> None:
    for options in ({"token_env": "NOWHERE"}, {"secret_env": "NOWHERE"}):
        with pytest.raises(DestinationInvalid, match="NOWHERE"):
            made("webhook", "http://127.0.0.1:1", **options)
    with pytest.raises(DestinationInvalid, match="not both"):
        made("webhook", "http://127.0.0.1:1", token_file="/x")


@pytest.mark.parametrize("kind", KINDS_BY_HTTP)
def test_no_error_tells_a_secret(receiver: HttpReceiver, kind: str) -> None:
    """Not even where the receiver repeats it, or the event."""

    def repeat(request: Request, _: socket.socket) -> Reply:
        said = json.dumps([request.headers, request.body.decode()]).encode()
        return next(statuses), {"X-Sent": request.headers["authorization"]}, said

    receiver.answer = repeat
    said = []
    statuses = iter([400, 401, 403, 413, 422, 500, 503, 200])
    more = {"secret_env": "SHOP_KEY"} if kind == "webhook" else {}
    sent = made(kind, receiver.url, **more)
    for _ in range(8):
        try:
            sent.deliver([make_event('{"name":"Anna Berg"}')])
        except (DeliveryFailed, BatchRefused) as error:
            chain: BaseException | None = error
            while chain is not None:
                said += [str(chain), repr(chain), repr(vars(chain))]
                chain = chain.__cause__
    assert len(said) > 15
    text = " ".join(said) + repr(sent) + repr(vars(sent))
    for secret in (TOKEN, KEY, "Anna"):
        assert secret not in text


def test_addresses_that_cannot_be() -> None:
    for url in ("ftp://x/", "http:///x", "http://x:99999/", "https://x/ä"):
        with pytest.raises(DestinationInvalid):
            made("webhook", url)


# With the database


@pytest.mark.parametrize("kind", ["webhook", "splunk", "elastic"])
def test_a_log_is_shipped_however_the_receiver_behaves(
    harbour: Harbour, receiver: HttpReceiver, kind: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Nothing is left out, tenants' events keep their order, and repeats are whole events."""
    monkeypatch.setenv("SHOP_TOKEN", TOKEN)
    harbour.define(kind, url=receiver.url, token_env="SHOP_TOKEN", timeout_seconds=1)
    names = {tenant: [f"{tenant}{n}" for n in range(12)] for tenant in "ab"}
    for tenant in "ab":
        harbour.log(*names[tenant], tenant=tenant)
    taken: list[dict[str, Any]] = []
    numbers = count()

    def busy(*_: Any) -> Reply:
        return 429, {"Retry-After": "0"}, b""

    def broken(*_: Any) -> Reply:
        return 500, {}, b"Internal"

    turns: list[Any] = [busy, broken, hang_up, reset, cut, stall]

    def answer(request: Request, connection: socket.socket) -> Reply | None:
        number = next(numbers)
        # It takes what it is about to lose the answer of.
        if number % 2:
            taken.extend(documents(request))
            return accept(request, connection)
        if turns:
            turn = turns.pop(0)
            if turn in (cut, reset):
                taken.extend(documents(request))
            reply: Reply | None = turn(request, connection)
            return reply
        taken.extend(documents(request))
        return accept(request, connection)

    receiver.answer = answer
    log = Log()
    with following(harbour.shipper(batch_size=3, watcher=log)):
        await_that(lambda: harbour.state()["events_behind"] == 0)
    assert len(log.failures) == 6
    words = [event["description"] for event in taken]
    for tenant in "ab":
        mine = list(dict.fromkeys(word for word in words if word.startswith(tenant)))
        assert mine == names[tenant]
    assert len(words) > 24
    ids = {(event["id"], event["description"]) for event in taken}
    assert len(ids) == 24


def documents(request: Request) -> list[dict[str, Any]]:
    """Take the events out of what was posted."""
    found = [json.loads(line) for line in request.body.decode().splitlines()]
    if request.path.endswith("/_bulk"):
        return found[1::2]
    return [line.get("event", line) for line in found]


def test_poison_is_found_among_others(harbour: Harbour, receiver: HttpReceiver) -> None:
    harbour.define("webhook", url=receiver.url, max_attempts=2)
    names = [f"a{number}" for number in range(40)]
    harbour.log(*names)
    taken: list[str] = []

    def answer(request: Request, _: socket.socket) -> Reply:
        words = [event["description"] for event in documents(request)]
        if {"a5", "a20", "a21"} & set(words):
            return 422, {}, b""
        taken.extend(words)
        return OK

    receiver.answer = answer
    assert harbour.ship() == Shipped(37, 3, True)
    assert taken == [name for name in names if name not in ("a5", "a20", "a21")]
    errors = {letter["error"] for letter in harbour.letters()}
    assert errors == {"the receiver answered 422 Unprocessable Entity"}
    receiver.answer = lambda *_: OK
    harbour.operator.execute("select audit.retry_dead_letters('siem')")
    assert harbour.ship() == Shipped(3, 0, True)
    assert harbour.letters() == []


def test_large_batches_are_posted_in_parts(harbour: Harbour, receiver: HttpReceiver) -> None:
    harbour.define("webhook", url=receiver.url)
    for number in range(3):
        harbour.log(*(f"{number}{place:02}{'x' * 50_000}" for place in range(50)))
    assert harbour.ship() == Shipped(150, 0, True)
    sizes = [len(request.body) for request in receiver.requests]
    assert len(sizes) > 1
    assert max(sizes) <= BATCH_BYTES + 1000
    words = [
        event["description"][:3] for request in receiver.requests for event in documents(request)
    ]
    assert words == [f"{number}{place:02}" for number in range(3) for place in range(50)]


@pytest.mark.parametrize("kind", KINDS_BY_HTTP)
@pytest.mark.parametrize("format", ["jsonl", "cef", "rfc5424", "ocsf", "otlp", "cloudevents"])
def test_every_format_is_posted_as_the_kind_has_it(
    harbour: Harbour, receiver: HttpReceiver, kind: str, format: str
) -> None:
    if kind == "otlp" and format != "otlp":
        harbour.define(kind, url=receiver.url, format=format)
        with pytest.raises(DestinationInvalid):
            harbour.ship()
        return
    receiver.answer = accept
    harbour.define(kind, url=receiver.url, format=format)
    harbour.log("å1", 'two "lines"\nof text')
    assert harbour.ship() == Shipped(2, 0, True)
    body = receiver.requests[0].body.decode()
    is_text = format in ("cef", "rfc5424")
    if kind == "webhook" and is_text:
        assert len(body.splitlines()) == 2
    elif kind == "otlp" or (kind, format) == ("webhook", "cloudevents"):
        found = json.loads(body)
        assert len(found["resourceLogs"] if kind == "otlp" else found) == 2
    else:
        lines = [json.loads(line) for line in body.splitlines()]
        assert len(lines) == (4 if kind == "elastic" else 2)
    assert "å1" in body or "\\u00e51" in body


def test_every_kind_has_a_transport() -> None:
    assert set(KINDS_BY_HTTP) <= set(KINDS)
    for kind in KINDS_BY_HTTP:
        assert isinstance(made(kind, "http://127.0.0.1:1"), HttpTransport)
