"""Resend and Postmark, played by a local server."""

from __future__ import annotations

import json
import threading
import time
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from datetime import timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import pytest

from app.contacts.states import Stream
from app.integrations.mail.transports import transport_for
from app.outbox.ports import Letter, MailDeferred, MailInDoubt, MailRefused

LETTER = Letter(
    "<1@acme.example>",
    "Acme <billing@acme.example>",
    "anna@bücher.example",
    "Grüße",
    "Hi\n",
    "<p>Hi</p>",
    reply_to="help@acme.example",
    headers={"Auto-Submitted": "auto-generated", "Date": "Mon, 01 Jun 2026 07:00:00 +0000"},
)


@dataclass
class Api:
    """What to answer next, and what was asked."""

    status: int = 200
    answer: str = "{}"
    headers: dict[str, str] = field(default_factory=dict)
    hang_seconds: float = 0
    cut: bool = False
    asked: list[tuple[str, dict[str, str], dict[str, Any]]] = field(default_factory=list)
    port: int = 0


@pytest.fixture
def api() -> Iterator[Api]:
    script = Api()

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"]))
            heads = {name.lower(): value for name, value in self.headers.items()}
            script.asked.append((self.path, heads, json.loads(body)))
            time.sleep(script.hang_seconds)
            if script.cut:
                self.close_connection = True
                return
            self.send_response(script.status)
            for name, value in script.headers.items():
                self.send_header(name, value)
            self.send_header("Content-Length", str(len(script.answer)))
            self.end_headers()
            self.wfile.write(script.answer.encode())

        def log_message(self, *_: object) -> None:
            """Quiet."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    script.port = server.server_address[1]
    thread = threading.Thread(target=server.serve_forever, args=(0.01,))
    thread.start()
    yield script
    server.shutdown()
    server.server_close()
    thread.join()


def send(kind: str, api: Api, letter: Letter = LETTER) -> str | None:
    transport = transport_for(f"{kind}://the%2Fkey?api=http://127.0.0.1:{api.port}", timeout=0.4)
    try:
        return transport.send(letter).provider_id
    finally:
        transport.close()


def test_resend_gets_the_letter_under_a_key_that_makes_a_second_copy_harmless(api: Api) -> None:
    api.answer = '{"id": "re_1"}'
    assert send("resend", api) == "re_1"
    path, headers, body = api.asked[0]
    assert (path, headers["authorization"], headers["idempotency-key"]) == (
        "/emails",
        "Bearer the/key",
        "<1@acme.example>",
    )
    assert body == {
        "from": "Acme <billing@acme.example>",
        "to": ["anna@xn--bcher-kva.example"],
        "subject": "Grüße",
        "text": "Hi\n",
        "html": "<p>Hi</p>",
        "headers": {"Auto-Submitted": "auto-generated"},
        "reply_to": "help@acme.example",
    }


def test_a_second_try_at_resend_is_equal_to_the_first(api: Api) -> None:
    send("resend", api)
    send("resend", api)
    assert api.asked[0][2] == api.asked[1][2]
    assert api.asked[0][1]["idempotency-key"] == api.asked[1][1]["idempotency-key"]


def test_postmark_gets_the_letter_with_our_message_id(api: Api) -> None:
    api.answer = '{"ErrorCode": 0, "MessageID": "pm_1"}'
    assert send("postmark", api) == "pm_1"
    path, headers, body = api.asked[0]
    assert (path, headers["x-postmark-server-token"]) == ("/email", "the/key")
    assert {"Name": "Message-ID", "Value": "<1@acme.example>"} in body["Headers"]
    assert {"Name": "X-PM-KeepID", "Value": "true"} in body["Headers"]
    assert (body["To"], body["MessageStream"], body["TrackOpens"]) == (
        "anna@xn--bcher-kva.example",
        "outbound",
        False,
    )


@pytest.mark.parametrize("kind", ["resend", "postmark"])
@pytest.mark.parametrize(
    ("status", "outcome"),
    [
        (400, MailRefused),
        (401, MailDeferred),
        (403, MailDeferred),
        (409, MailInDoubt),
        (422, MailRefused),
        (429, MailDeferred),
        (500, MailInDoubt),
        (502, MailInDoubt),
        (302, MailInDoubt),
    ],
)
def test_a_status_means_one_thing(api: Api, kind: str, status: int, outcome: type[Exception]) -> None:
    api.status = status
    api.answer = '{"message": "no anna@xn--bcher-kva.example", "Message": "no anna@xn--bcher-kva.example"}'
    with pytest.raises(outcome) as failure:
        send(kind, api)
    assert "anna" not in str(failure.value)
    assert "the/key" not in str(failure.value)


def test_a_wish_to_wait_is_passed_on(api: Api) -> None:
    api.status, api.headers = 429, {"Retry-After": "7"}
    with pytest.raises(MailDeferred) as failure:
        send("resend", api)
    assert failure.value.retry_after == timedelta(seconds=7)


@pytest.mark.parametrize("code", [10, 400, 401, 405, 412])
def test_a_postmark_account_problem_is_not_the_mails_fault(api: Api, code: int) -> None:
    api.status, api.answer = 422, json.dumps({"ErrorCode": code, "Message": "account"})
    with pytest.raises(MailDeferred):
        send("postmark", api)


@pytest.mark.parametrize("code", [300, 406])
def test_a_postmark_recipient_problem_is(api: Api, code: int) -> None:
    api.status, api.answer = 422, json.dumps({"ErrorCode": code, "Message": "inactive"})
    with pytest.raises(MailRefused):
        send("postmark", api)


def test_postmark_at_its_works_takes_nothing(api: Api) -> None:
    api.status = 503
    with pytest.raises(MailDeferred):
        send("postmark", api)


@pytest.mark.parametrize("kind", ["resend", "postmark"])
def test_silence_or_a_cut_after_the_request_is_doubt(api: Api, kind: str) -> None:
    api.hang_seconds = 0.8
    with pytest.raises(MailInDoubt):
        send(kind, api)
    api.hang_seconds, api.cut = 0, True
    with pytest.raises(MailInDoubt):
        send(kind, api)


@pytest.mark.parametrize("kind", ["resend", "postmark"])
def test_nobody_listening_defers(kind: str) -> None:
    with pytest.raises(MailDeferred):
        send(kind, Api(port=1))


def test_only_resend_lets_a_doubtful_mail_go_again() -> None:
    assert transport_for("resend://k").resend_in_doubt_for == timedelta(hours=23)
    assert transport_for("postmark://k").resend_in_doubt_for == timedelta(0)
    assert transport_for("smtp://localhost").resend_in_doubt_for == timedelta(0)


def test_an_answer_without_json_is_still_a_yes(api: Api) -> None:
    api.answer = "ok"
    assert send("resend", api) is None


def test_postmark_keeps_the_streams_apart(api: Api) -> None:
    api.answer = '{"ErrorCode": 0, "MessageID": "pm_1"}'
    for stream in Stream:
        send("postmark", api, replace(LETTER, stream=stream))
    assert [body["MessageStream"] for _, _, body in api.asked] == ["outbound", "broadcast"]
