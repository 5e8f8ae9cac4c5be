"""A mailbox behind a real SMTP server."""

from __future__ import annotations

import email
import email.policy
from email.message import EmailMessage


class Mailbox:
    """Keeps what a real SMTP server accepts."""

    def __init__(self) -> None:
        self.mails: list[EmailMessage] = []
        self.raw: list[bytes] = []

    async def handle_DATA(self, _server: object, _session: object, envelope: object) -> str:  # noqa: N802
        content = envelope.content  # type: ignore[attr-defined]
        self.raw.append(content)
        self.mails.append(email.message_from_bytes(content, policy=email.policy.default))
        return "250 OK"

    def subjects(self, to: str | None = None) -> list[str]:
        return [str(m["subject"]) for m in self.mails if to is None or to in str(m["to"])]

    def text(self, index: int = -1) -> str:
        part = self.mails[index].get_body(("plain",))
        return part.get_content() if part else ""
