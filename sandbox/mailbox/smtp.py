"""The SMTP side: takes everything for everybody."""

from __future__ import annotations

from typing import Any

from aiosmtpd.controller import Controller

from sandbox.mailbox.store import Mailbox

MAX_BYTES = 5_000_000


class Collector:
    """aiosmtpd handler that puts each message into the mailbox."""

    def __init__(self, mailbox: Mailbox) -> None:
        self._mailbox = mailbox

    async def handle_DATA(self, server: Any, session: Any, envelope: Any) -> str:  # noqa: N802 (its name there)
        content = envelope.content
        raw = content.encode() if isinstance(content, str) else bytes(content)
        self._mailbox.add(str(envelope.mail_from or ""), [str(to) for to in envelope.rcpt_tos], raw)
        return "250 Message kept"


def smtp_server(mailbox: Mailbox, host: str, port: int) -> Controller:
    """A controller that serves in its own thread after `start()`."""
    return Controller(Collector(mailbox), hostname=host, port=port, data_size_limit=MAX_BYTES)
