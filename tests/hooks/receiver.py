"""A merchant's backend on a real port: verifies with the standard's own library and answers as told."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

from standardwebhooks import Webhook


@dataclass
class Receiver:
    """`answers` are given in turn, the last one stays: a status, or a status with headers."""

    port: int = 0
    answers: list[int | tuple[int, dict[str, str]]] = field(default_factory=lambda: [204])
    secret: str | None = None
    requests: list[tuple[str, dict[str, str], bytes]] = field(default_factory=list)
    before_answer: Callable[[BaseHTTPRequestHandler], None] | None = None

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}/hooks?shop=1"

    @property
    def ids(self) -> list[str]:
        return [headers["webhook-id"] for _, headers, _ in self.requests]

    def verified(self, index: int = -1) -> Any:
        """The message, as the standard's library accepts it; it raises where the signature is wrong."""
        assert self.secret is not None
        _, headers, body = self.requests[index]
        return Webhook(self.secret).verify(body, headers)

    def answer(self) -> tuple[int, dict[str, str]]:
        given = self.answers.pop(0) if len(self.answers) > 1 else self.answers[0]
        return given if isinstance(given, tuple) else (given, {})


class Quiet(ThreadingHTTPServer):
    """A client that hangs up, or does not trust us, is what some tests are about."""

    def handle_error(self, request: Any, client_address: Any) -> None:
        pass


@contextmanager
def receiving() -> Iterator[Receiver]:
    receiver = Receiver()

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"]))
            headers = {k.lower(): v for k, v in self.headers.items()}
            receiver.requests.append((self.path, headers, body))
            if receiver.before_answer is not None:
                receiver.before_answer(self)
            status, more = receiver.answer()
            self.send_response(status)
            for name, value in more.items():
                self.send_header(name, value)
            self.send_header("Content-Length", "0")
            self.end_headers()

        def do_GET(self) -> None:
            receiver.requests.append((f"GET {self.path}", {}, b""))
            self.send_response(200)
            self.end_headers()

        def log_message(self, format: str, *args: Any) -> None:
            pass

    server = Quiet(("127.0.0.1", 0), Handler)
    receiver.port = server.server_address[1]
    thread = threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True)
    thread.start()
    try:
        yield receiver
    finally:
        server.shutdown()
        server.server_close()
        thread.join()
