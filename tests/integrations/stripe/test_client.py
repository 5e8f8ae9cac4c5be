"""The connection: errors, modes and pace."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from email.message import Message
from http.server import BaseHTTPRequestHandler, HTTPServer
from typing import ClassVar

import pytest
import stripe

from app.core.errors import ProviderError
from app.integrations.stripe.client import Pace, connect, is_live_key
from app.integrations.stripe.reads import StripeReads
from app.integrations.stripe.writes import StripeWrites
from sandbox.testing import RunningSandbox


def test_a_key_names_its_mode() -> None:
    assert is_live_key("sk_live_1")
    assert is_live_key("rk_live_1")
    assert not is_live_key("sk_test_live_1")


def test_a_wrong_key_is_a_permanent_error_that_does_not_repeat_the_key(sandbox: RunningSandbox) -> None:
    writes = StripeWrites(connect("sk_test_of_somebody_else", api_base=sandbox.api_base))
    with pytest.raises(ProviderError) as caught:
        writes.account()
    assert caught.value.permanent
    assert "somebody" not in str(caught.value)


class Refusing(BaseHTTPRequestHandler):
    """A provider that answers every call with one status; 0 is no answer in time."""

    status = 500
    stop = threading.Event()
    asked_with: ClassVar[Message] = Message()

    def do_GET(self) -> None:
        Refusing.asked_with = self.headers
        if self.status == 0:
            self.stop.wait(2)
            return
        self.send_response(self.status)
        self.send_header("Retry-After", "7")
        self.end_headers()
        self.wfile.write(b'{"error": {"type": "api_error", "message": "no"}}')

    def log_message(self, format: str, *args: object) -> None:
        pass


@contextmanager
def answering(status: int) -> Iterator[ProviderError]:
    """The error that a read ends with when the provider answers so."""
    stop = threading.Event()
    handler = type("Answer", (Refusing,), {"status": status, "stop": stop})
    with HTTPServer(("127.0.0.1", 0), handler) as server:
        threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True).start()
        base = f"http://127.0.0.1:{server.server_port}"
        connection = connect("sk_test_1", api_base=base, timeout_seconds=0.2, network_retries=0)
        try:
            with pytest.raises(ProviderError) as caught:
                StripeReads(connection).fetch("invoice", "in_1")
            yield caught.value
        finally:
            stop.set()
            server.shutdown()


@pytest.mark.parametrize(
    ("status", "permanent"),
    [(429, False), (500, False), (503, False), (409, False), (400, True), (403, True)],
)
def test_only_what_cannot_pass_is_permanent(status: int, permanent: bool) -> None:
    with answering(status) as error:
        assert error.permanent is permanent
        assert error.retry_after == timedelta(seconds=7)


def test_no_answer_in_time_may_be_tried_again() -> None:
    with answering(0) as error:
        assert not error.permanent


def test_every_call_names_the_api_version_we_are_made_for_and_tells_nothing_about_us() -> None:
    with answering(500):
        pass
    assert Refusing.asked_with["Stripe-Version"] == "2026-10-28.endive"
    assert "X-Stripe-Client-Telemetry" not in Refusing.asked_with
    assert not stripe.enable_telemetry


def test_calls_keep_the_pace() -> None:
    pace = Pace(per_second=200)
    started = datetime.now(UTC)
    for _ in range(11):
        pace.wait()
    assert datetime.now(UTC) - started >= timedelta(milliseconds=48)
