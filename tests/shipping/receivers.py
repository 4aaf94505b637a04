"""Receivers on 127.0.0.1: an HTTP server that a test makes misbehave, sockets, and rsyslog."""

from __future__ import annotations

import contextlib
import datetime
import gzip
import ipaddress
import os
import shutil
import socket
import ssl
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

PROJECT = Path(__file__).resolve().parents[2]


def free_port(kind: socket.SocketKind = socket.SOCK_STREAM) -> int:
    """Give a port that nobody uses."""
    with socket.socket(type=kind) as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


# Certificates -------------------------------------------------------------------------------


@dataclass
class Authority:
    """Makes certificates.

    Attributes:
        file: its own certificate, which makes others trusted.
    """

    folder: Path
    name: str = "authority"

    def __post_init__(self) -> None:
        self.key = ec.generate_private_key(ec.SECP256R1())
        self.file = self.folder / f"{self.name}.pem"
        named = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, self.name)])
        self.certificate = self._sign(named, named, self.key, is_authority=True)
        self.file.write_bytes(self.certificate.public_bytes(serialization.Encoding.PEM))

    def _sign(
        self, subject: x509.Name, issuer: x509.Name, key: Any, *, is_authority: bool = False
    ) -> x509.Certificate:
        now = datetime.datetime.now(datetime.UTC)
        day = datetime.timedelta(days=1)
        made = (
            x509.CertificateBuilder()
            .subject_name(subject)
            .issuer_name(issuer)
            .public_key(key.public_key())
            .serial_number(x509.random_serial_number())
            .not_valid_before(now - day)
            .not_valid_after(now + day)
            .add_extension(x509.BasicConstraints(ca=is_authority, path_length=None), critical=True)
            .add_extension(
                x509.SubjectKeyIdentifier.from_public_key(key.public_key()), critical=False
            )
            .add_extension(
                x509.AuthorityKeyIdentifier.from_issuer_public_key(self.key.public_key()),
                critical=False,
            )
        )
        if is_authority:
            usage = x509.KeyUsage(
                digital_signature=True,
                key_cert_sign=True,
                crl_sign=True,
                content_commitment=False,
                key_encipherment=False,
                data_encipherment=False,
                key_agreement=False,
                encipher_only=False,
                decipher_only=False,
            )
            made = made.add_extension(usage, critical=True)
        else:
            host = subject.get_attributes_for_oid(NameOID.COMMON_NAME)[0].value
            try:
                named: x509.GeneralName = x509.IPAddress(ipaddress.ip_address(str(host)))
            except ValueError:
                named = x509.DNSName(str(host))
            made = made.add_extension(x509.SubjectAlternativeName([named]), critical=False)
        return made.sign(self.key, hashes.SHA256())

    def issue(self, host: str) -> tuple[Path, Path]:
        """Make a certificate for a host; gives its file and its key's."""
        key = ec.generate_private_key(ec.SECP256R1())
        subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, host)])
        certificate = self._sign(subject, self.certificate.subject, key)
        paths = self.folder / f"{host}.pem", self.folder / f"{host}.key"
        paths[0].write_bytes(certificate.public_bytes(serialization.Encoding.PEM))
        paths[1].write_bytes(
            key.private_bytes(
                serialization.Encoding.PEM,
                serialization.PrivateFormat.TraditionalOpenSSL,
                serialization.NoEncryption(),
            )
        )
        return paths


def serving_context(certificate: Path, key: Path) -> ssl.SSLContext:
    """Make the receiving side's context."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate, key)
    return context


# HTTP ---------------------------------------------------------------------------------------


@dataclass
class Request:
    """What was posted."""

    path: str
    headers: dict[str, str]
    raw: bytes

    @property
    def body(self) -> bytes:
        """The body, unpacked where it was compressed."""
        return gzip.decompress(self.raw) if self.headers.get("content-encoding") else self.raw


Reply = tuple[int, dict[str, str], bytes]
"""Status, headers and body."""

OK: Reply = (200, {}, b"{}")


class Hangup(Exception):
    """Ends the connection without an answer."""


@dataclass
class HttpReceiver:
    """An HTTP server of the test.

    Attributes:
        url: its address.
        requests: what was posted, those that were answered with errors too.
        answer: makes the reply; may raise Hangup, or write to the socket by itself and give None.
    """

    url: str = ""
    requests: list[Request] = field(default_factory=list)
    connections: int = 0
    answer: Callable[[Request, socket.socket], Reply | None] = lambda request, _: OK


@contextmanager
def http_receiver(context: ssl.SSLContext | None = None) -> Iterator[HttpReceiver]:
    """Run an HTTP server for a block."""
    receiver = HttpReceiver()

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def setup(self) -> None:
            receiver.connections += 1
            super().setup()

        def do_POST(self) -> None:
            length = int(self.headers["Content-Length"])
            headers = {name.lower(): value for name, value in self.headers.items()}
            request = Request(self.path, headers, self.rfile.read(length))
            receiver.requests.append(request)
            try:
                reply = receiver.answer(request, self.connection)
            except Hangup:
                self.close_connection = True
                return
            if reply is None:
                self.close_connection = True
                return
            status, more, body = reply
            self.send_response(status)
            for name, value in more.items():
                self.send_header(name, value)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        do_GET = do_POST

        def log_message(self, format: str, *arguments: Any) -> None:
            pass

    class Server(ThreadingHTTPServer):
        def handle_error(self, request: Any, client_address: Any) -> None:
            """Say nothing: tests break connections on purpose."""

        def get_request(self) -> Any:
            plain, address = super().get_request()
            if context is None:
                return plain, address
            try:
                return context.wrap_socket(plain, server_side=True), address
            except OSError:
                plain.close()
                raise

    server = Server(("127.0.0.1", 0), Handler)
    scheme = "http" if context is None else "https"
    receiver.url = f"{scheme}://127.0.0.1:{server.server_address[1]}"
    thread = threading.Thread(target=server.serve_forever, args=(0.02,))
    thread.start()
    try:
        yield receiver
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


# Sockets ------------------------------------------------------------------------------------


@contextmanager
def tcp_receiver(handle: Callable[[socket.socket], None]) -> Iterator[int]:
    """Listen for a block, a thread for each connection; gives the port."""
    listener = socket.create_server(("127.0.0.1", 0))
    threads: list[threading.Thread] = []

    def run(connection: socket.socket) -> None:
        with connection, contextlib.suppress(OSError):
            handle(connection)

    def accept() -> None:
        with contextlib.suppress(OSError):
            while True:
                connection, _ = listener.accept()
                connection.settimeout(30)
                threads.append(threading.Thread(target=run, args=(connection,)))
                threads[-1].start()

    accepting = threading.Thread(target=accept)
    accepting.start()
    try:
        yield listener.getsockname()[1]
    finally:
        # Closing alone doesn't wake who accepts.
        listener.shutdown(socket.SHUT_RDWR)
        listener.close()
        accepting.join()
        for thread in threads:
            thread.join()


def read_all(connection: socket.socket) -> bytes:
    """Read until the other end closes."""
    content = bytearray()
    while block := connection.recv(65536):
        content += block
    return bytes(content)


def unframe(content: bytes) -> list[bytes]:
    """Take octet-counted messages apart; the test fails where the framing is wrong."""
    messages = []
    place = 0
    while place < len(content):
        space = content.index(b" ", place, place + 12)
        length = int(content[place:space])
        place = space + 1 + length
        messages.append(content[space + 1 : place])
        assert len(messages[-1]) == length
    return messages


# rsyslog ------------------------------------------------------------------------------------


def provide_rsyslog() -> str | None:
    """Give rsyslog's program with TLS, installed from Debian where root may; None without it."""
    found = _find_rsyslog()
    if found is None:
        script = PROJECT / "tests" / "provide_server.py"
        subprocess.run([sys.executable, str(script), "--receivers"], check=False)
        found = _find_rsyslog()
    return found


def _find_rsyslog() -> str | None:
    has_tls = any(Path("/usr/lib").glob("*/rsyslog/lmnsd_gtls.so"))
    place = shutil.which("rsyslogd", path=f"{os.environ.get('PATH', '')}:/usr/sbin:/sbin")
    return place if has_tls else None


@dataclass
class Rsyslog:
    """A running rsyslog, which writes each message on a line of a file.

    Attributes:
        ports: by protocol.
        file: what it wrote, tab-separated: host, application, structured data, message.
    """

    program: str
    folder: Path
    authority: Authority
    certificate: tuple[Path, Path]
    process: subprocess.Popen[bytes] | None = None

    def __post_init__(self) -> None:
        self.ports = {
            "udp": free_port(socket.SOCK_DGRAM),
            "tcp": free_port(),
            "tls": free_port(),
        }
        self.file = self.folder / "received"
        self.configuration = self.folder / "rsyslog.conf"
        certificate, key = self.certificate
        self.configuration.write_text(f"""
global(
  workDirectory="{self.folder}"
  maxMessageSize="256k"
  defaultNetstreamDriverCAFile="{self.authority.file}"
  defaultNetstreamDriverCertFile="{certificate}"
  defaultNetstreamDriverKeyFile="{key}"
  parser.escapeControlCharactersOnReceive="off"
)
module(load="imudp")
module(load="imptcp")
module(load="imtcp" streamDriver.name="gtls" streamDriver.mode="1" streamDriver.authMode="anon")
template(name="line" type="string"
  string="%hostname%\\t%app-name%\\t%structured-data%\\t%msg%\\n")
ruleset(name="take") {{
  action(type="omfile" file="{self.file}" template="line" flushOnTXEnd="on" asyncWriting="off")
}}
input(type="imudp" address="127.0.0.1" port="{self.ports["udp"]}" ruleset="take")
input(type="imptcp" address="127.0.0.1" port="{self.ports["tcp"]}" ruleset="take")
input(type="imtcp" address="127.0.0.1" port="{self.ports["tls"]}" ruleset="take")
""")

    def start(self) -> None:
        """Start it and wait until it takes connections."""
        with (self.folder / "errors").open("ab") as errors:
            self.process = subprocess.Popen(
                [self.program, "-n", "-f", self.configuration, "-i", self.folder / "pid"],
                stdout=subprocess.DEVNULL,
                stderr=errors,
            )
        ends = time.monotonic() + 30
        for protocol in ("tcp", "tls"):
            while True:
                with contextlib.suppress(OSError):
                    socket.create_connection(("127.0.0.1", self.ports[protocol])).close()
                    break
                assert self.process.poll() is None, (self.folder / "errors").read_text()
                assert time.monotonic() < ends
                time.sleep(0.02)

    def stop(self) -> None:
        if self.process is not None:
            self.process.terminate()
            self.process.wait(30)
            self.process = None

    def lines(self) -> list[list[str]]:
        """Give what it wrote, as fields."""
        if not self.file.exists():
            return []
        return [line.split("\t") for line in self.file.read_text().splitlines()]
