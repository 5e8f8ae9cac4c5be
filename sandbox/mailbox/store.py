"""Received mails in memory, the newest few hundred."""

from __future__ import annotations

import threading
from collections import deque
from dataclasses import dataclass
from datetime import UTC, datetime
from email import message_from_bytes, policy
from email.message import EmailMessage
from typing import Any

KEPT = 500


@dataclass(frozen=True)
class Mail:
    """One received mail, as sent and taken apart. `number` counts from 1 and never comes twice."""

    number: int
    received_at: datetime
    sender: str
    recipients: tuple[str, ...]
    raw: bytes

    @property
    def message(self) -> EmailMessage:
        return message_from_bytes(self.raw, policy=policy.default)

    def header(self, name: str) -> str:
        return str(self.message.get(name, ""))

    def body(self, kind: str) -> str:
        """The `plain` or `html` part, decoded; empty when there is none."""
        part = self.message.get_body(preferencelist=(kind,))
        return str(part.get_content()) if part is not None else ""

    def as_json(self) -> dict[str, Any]:
        return {
            "number": self.number,
            "received_at": self.received_at.isoformat(),
            "envelope_from": self.sender,
            "envelope_to": list(self.recipients),
            "from": self.header("From"),
            "to": self.header("To"),
            "subject": self.header("Subject"),
            "headers": [[name, str(value)] for name, value in self.message.items()],
            "text": self.body("plain"),
            "html": self.body("html"),
        }


class Mailbox:
    """The mails, safe to fill and read from different threads."""

    def __init__(self, kept: int = KEPT) -> None:
        self._lock = threading.Lock()
        self._mails: deque[Mail] = deque(maxlen=kept)
        self._count = 0

    def add(self, sender: str, recipients: list[str], raw: bytes) -> Mail:
        with self._lock:
            self._count += 1
            mail = Mail(self._count, datetime.now(UTC), sender, tuple(recipients), raw)
            self._mails.append(mail)
            return mail

    def newest_first(self) -> list[Mail]:
        with self._lock:
            return list(reversed(self._mails))

    def find(self, number: int) -> Mail | None:
        with self._lock:
            return next((mail for mail in self._mails if mail.number == number), None)

    def clear(self) -> None:
        with self._lock:
            self._mails.clear()
