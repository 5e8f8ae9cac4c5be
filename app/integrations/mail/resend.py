"""Resend's HTTP API. Its Idempotency-Key makes a doubtful mail safe to send again within a day."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from app.integrations.mail.addresses import wire_address
from app.integrations.mail.http_api import answer, api_client, post, raise_by_status
from app.outbox.ports import Accepted, Letter

API = "https://api.resend.com"
_NOT_THEIRS = frozenset({"Date"})  # a second try must be equal to the first to the letter


class ResendTransport:
    """Keys are remembered for 24 hours; one hour is left for clocks and queues.

    409 (the same key is being worked on, or came with another body) says that a first copy may exist: doubt.
    """

    resend_in_doubt_for = timedelta(hours=23)

    def __init__(self, key: str, *, api: str | None, timeout: float) -> None:
        self._client = api_client(api or API, {"Authorization": f"Bearer {key}"}, timeout)

    def send(self, letter: Letter) -> Accepted:
        recipient = wire_address(letter.to)
        body: dict[str, Any] = {
            "from": letter.sender,
            "to": [recipient],
            "subject": letter.subject,
            "text": letter.text,
            "html": letter.html,
            "headers": {name: value for name, value in letter.headers.items() if name not in _NOT_THEIRS},
        }
        if letter.reply_to:
            body["reply_to"] = letter.reply_to
        response = post(self._client, "/emails", body, {"Idempotency-Key": letter.message_id})
        raise_by_status(response, recipient)
        identifier = answer(response).get("id")
        return Accepted(provider_id=str(identifier) if identifier else None)

    def close(self) -> None:
        self._client.close()
