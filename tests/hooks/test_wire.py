"""The way out over real sockets: redirects, names that change, TLS, slow and endless answers."""

from __future__ import annotations

import datetime
import ssl
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler
from pathlib import Path
from typing import Any

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from app.hooks.ports import AddressRefused, HookUnreachable
from app.hooks.rules.addresses import Reach
from app.integrations.hooks.wire import HttpWire
from tests.hooks.receiver import Quiet, Receiver, receiving

FORGED = [
    "https://127.0.0.1/",
    "https://127.1/",
    "https://127.0.1/",
    "https://2130706433/",  # decimal
    "https://0x7f000001/",  # hexadecimal
    "https://0x7f.0.0.1/",
    "https://0x7F.1/",
    "https://017700000001/",  # octal
    "https://0177.0.0.1/",
    "https://127.0.0.1./",
    "https://127.0.0.01/",
    "https://0/",
    "https://0.0.0.0/",
    "https://[::1]/",
    "https://[::]/",
    "https://[::ffff:127.0.0.1]/",
    "https://[::ffff:7f00:1]/",
    "https://[0:0:0:0:0:ffff:7f00:0001]/",
    "https://[::127.0.0.1]/",
    "https://[64:ff9b::127.0.0.1]/",
    "https://[64:ff9b::a9fe:a9fe]/",
    "https://[64:ff9b:1::1]/",
    "https://[2002:7f00:1::]/",
    "https://[2001:0:7f00:1::]/",
    "https://[fe80::1]/",
    "https://[fe80::1%25eth0]/",
    "https://[fc00::1]/",
    "https://[fd00:ec2::254]/",
    "https://[fec0::1]/",
    "https://[ff02::1]/",
    "https://[2001:db8::1]/",
    "https://[3fff::1]/",
    "https://[5f00::1]/",
    "https://[100::1]/",
    "https://10.0.0.1/",
    "https://172.16.0.1/",
    "https://172.31.255.255/",
    "https://192.168.1.1/",
    "https://169.254.169.254/latest/meta-data/",
    "https://100.64.0.1/",
    "https://100.100.100.200/",
    "https://168.63.129.16/",
    "https://192.0.0.192/",
    "https://192.0.2.1/",
    "https://192.88.99.1/",
    "https://198.18.0.1/",
    "https://198.51.100.1/",
    "https://203.0.113.1/",
    "https://224.0.0.1/",
    "https://239.255.255.255/",
    "https://240.0.0.1/",
    "https://255.255.255.255/",
    "http://8.8.8.8/",  # public, but in clear
    "http://a.example/",
    "ftp://a.example/",
    "file:///etc/passwd",
    "gopher://a.example/",
    "//a.example/",
    "a.example",
    "",
    "https://",
    "https:///path",
    "https://user@a.example/",
    "https://user:word@a.example/",
    "https://a.example@127.0.0.1/",
    "https://127.0.0.1#@a.example/",
    "https://a.example\\@127.0.0.1/",
    "https://a.example:0/",
    "https://a.example:/",
    "https://a.example:99999/",
    "https://a.example:80:80/",
    "https://a.example/ /",
    "https://a.example/\r\nX-Evil: 1",
    "https://a.example\t/",
    " https://a.example/",
    "https://①②⑦.0.0.1/",
    "https://127。0。0。1/",
    "https://ｌocalhost/",
    "https://a.example%00.b.example/",
    "https://127.0.0.1%2f@a.example/",
    "https://[127.0.0.1]/",
    "https://[::1/",
    "https://-/",
    "https://a..example/",
    "https://" + "a" * 2100,
]


def test_a_redirect_to_the_metadata_is_not_followed() -> None:
    with receiving() as receiver:
        receiver.answers = [(302, {"Location": "http://169.254.169.254/latest/meta-data/"})]
        assert HttpWire(Reach.LOOPBACK).post(receiver.url, b"{}", {}).status == 302
        receiver.answers = [(307, {"Location": f"http://127.0.0.1:{receiver.port}/inside"})]
        assert HttpWire(Reach.LOOPBACK).post(receiver.url, b"{}", {}).status == 307
        assert [path for path, _, _ in receiver.requests] == ["/hooks?shop=1"] * 2


def test_a_name_that_changes_after_the_check_gains_nothing() -> None:
    """DNS rebinding: the second answer of the same name is judged where the connection is opened."""
    answers = iter([["93.184.216.34"], ["127.0.0.1"]])
    with receiving() as receiver:
        wire = HttpWire(resolver=lambda host, port: next(answers))
        url = f"https://a.example:{receiver.port}/"
        wire.check(url)
        with pytest.raises(AddressRefused):
            wire.post(url, b"{}", {})
        assert receiver.requests == []


def test_it_connects_to_the_judged_address_and_asks_for_the_name(receiver: Receiver) -> None:
    asked: list[tuple[str, int]] = []

    def once(host: str, port: int) -> list[str]:
        asked.append((host, port))
        return ["127.0.0.1"]

    url = f"http://shop.example:{receiver.port}/x"
    assert HttpWire(Reach.LOOPBACK, resolver=once).post(url, b"{}", {}).status == 204
    assert asked == [("shop.example", receiver.port)]
    assert receiver.requests[0][1]["host"] == f"shop.example:{receiver.port}"


def test_a_proxy_of_the_environment_is_not_used(receiver: Receiver, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("HTTP_PROXY", "http_proxy", "ALL_PROXY"):
        monkeypatch.setenv(name, "http://127.0.0.1:9")
    assert HttpWire(Reach.LOOPBACK).post(receiver.url, b"{}", {}).status == 204


def test_an_address_that_does_not_answer_is_passed_over_for_the_next(receiver: Receiver) -> None:
    wire = HttpWire(Reach.LOOPBACK, resolver=lambda host, port: ["::1", "127.0.0.1"])
    assert wire.post(f"http://shop.example:{receiver.port}/x", b"{}", {}).status == 204


def test_a_server_that_trickles_is_cut_off_when_the_whole_time_is_over(receiver: Receiver) -> None:
    stop = threading.Event()

    def trickle(handler: BaseHTTPRequestHandler) -> None:
        while not stop.wait(0.05):
            try:
                handler.wfile.write(b"H")
            except OSError:
                return

    receiver.before_answer = trickle
    receiver.answers = [200]
    try:
        with pytest.raises(HookUnreachable):
            HttpWire(Reach.LOOPBACK, seconds=0.4).post(receiver.url, b"{}", {})
    finally:
        stop.set()


def test_an_endless_answer_is_left_unread(receiver: Receiver) -> None:
    poured: list[bool] = []
    done = threading.Event()

    def pour(handler: BaseHTTPRequestHandler) -> None:
        handler.wfile.write(b"HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\n\r\n")
        try:
            for _ in range(800):  # 52 MB, more than any socket holds
                handler.wfile.write(b"x" * 65536)
            poured.append(True)
        except OSError:
            pass
        finally:
            done.set()

    receiver.before_answer = pour
    assert HttpWire(Reach.LOOPBACK).post(receiver.url, b"{}", {}).status == 200
    assert done.wait(10)
    assert poured == []


def test_nothing_listens_there() -> None:
    with receiving() as receiver:
        url = receiver.url
    with pytest.raises(HookUnreachable):
        HttpWire(Reach.LOOPBACK, seconds=2).post(url, b"{}", {})


def test_over_tls_the_certificate_must_fit_the_name_and_not_the_address(tmp_path: Path) -> None:
    with secure_server(tmp_path, "shop.example") as (port, trusted):
        wire = HttpWire(Reach.LOOPBACK, resolver=lambda host, p: ["127.0.0.1"], trusted=trusted)
        assert wire.post(f"https://shop.example:{port}/", b"{}", {}).status == 200
        with pytest.raises(HookUnreachable):
            wire.post(f"https://other.example:{port}/", b"{}", {})
        with pytest.raises(HookUnreachable):
            HttpWire(Reach.LOOPBACK, resolver=lambda host, p: ["127.0.0.1"]).post(
                f"https://shop.example:{port}/", b"{}", {}
            )


@contextmanager
def secure_server(folder: Path, name: str) -> Iterator[tuple[int, ssl.SSLContext]]:
    """A server with a certificate for `name`, and a client context that trusts it."""
    key = ec.generate_private_key(ec.SECP256R1())
    subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])
    now = datetime.datetime.now(datetime.UTC)
    day = datetime.timedelta(days=1)
    made = (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(subject)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - day)
        .not_valid_after(now + day)
        .add_extension(x509.SubjectAlternativeName([x509.DNSName(name)]), critical=False)
        .sign(key, hashes.SHA256())
    )
    certificate, private = folder / "cert.pem", folder / "key.pem"
    certificate.write_bytes(made.public_bytes(serialization.Encoding.PEM))
    private.write_bytes(
        key.private_bytes(
            serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
        )
    )

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            self.rfile.read(int(self.headers["Content-Length"]))
            self.send_response(200)
            self.end_headers()

        def log_message(self, format: str, *args: Any) -> None:
            pass

    server = Quiet(("127.0.0.1", 0), Handler)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate, private)
    server.socket = context.wrap_socket(server.socket, server_side=True)
    thread = threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True)
    thread.start()
    trusted = ssl.create_default_context(cafile=str(certificate))
    try:
        yield server.server_address[1], trusted
    finally:
        server.shutdown()
        server.server_close()
        thread.join()
