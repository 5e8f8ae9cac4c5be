"""Postmark's HTTP API. It knows no idempotency key, so a doubtful mail is never sent again."""

from __future__ import annotations

from datetime import timedelta

from app.contacts.states import Stream
from app.integrations.mail.addresses import wire_address
from app.integrations.mail.http_api import answer, api_client, post, raise_by_status, retry_after, said
from app.outbox.ports import Accepted, Letter, MailDeferred

API = "https://api.postmarkapp.com"
DEFAULT_STREAM = "outbound"  # Postmark's own name of its transactional stream
DEFAULT_MARKETING_STREAM = "broadcast"  # and of its other one
_NOT_THEIRS = frozenset({"Date"})

# Error codes of a 422 that speak of the account or the sender, not of this mail: token, sender signature
# unknown or unconfirmed, no credits left, account pending approval.
_ACCOUNT = frozenset({10, 400, 401, 405, 412})


class PostmarkTransport:
    """503 is Postmark's answer during announced works, when it takes nothing: the mail waits."""

    resend_in_doubt_for = timedelta(0)

    def __init__(
        self, key: str, *, api: str | None, stream: str | None, marketing_stream: str | None, timeout: float
    ) -> None:
        headers = {"X-Postmark-Server-Token": key, "Accept": "application/json"}
        self._client = api_client(api or API, headers, timeout)
        self._streams = {
            Stream.TRANSACTIONAL: stream or DEFAULT_STREAM,
            Stream.MARKETING: marketing_stream or DEFAULT_MARKETING_STREAM,
        }

    def send(self, letter: Letter) -> Accepted:
        recipient = wire_address(letter.to)
        ours = {name: value for name, value in letter.headers.items() if name not in _NOT_THEIRS}
        headers = {**ours, "Message-ID": letter.message_id, "X-PM-KeepID": "true"}
        body = {
            "From": letter.sender,
            "To": recipient,
            "Subject": letter.subject,
            "TextBody": letter.text,
            "HtmlBody": letter.html,
            "MessageStream": self._streams[letter.stream],
            "TrackOpens": False,
            "TrackLinks": "None",
            "Headers": [{"Name": name, "Value": value} for name, value in headers.items()],
        }
        if letter.reply_to:
            body["ReplyTo"] = letter.reply_to
        response = post(self._client, "/email", body, {})
        code = answer(response).get("ErrorCode")
        if response.status_code == 503 or (response.status_code == 422 and code in _ACCOUNT):
            raise MailDeferred(said(response, recipient), retry_after(response))
        raise_by_status(response, recipient)
        identifier = answer(response).get("MessageID")
        return Accepted(provider_id=str(identifier) if identifier else None)

    def close(self) -> None:
        self._client.close()
