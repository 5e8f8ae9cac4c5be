"""A real SMTP server that misbehaves on demand: the recipient's local part says how."""

from __future__ import annotations

import asyncio
import contextlib
import ssl
from collections.abc import Iterator
from typing import Any

from aiosmtpd.controller import Controller
from aiosmtpd.smtp import SMTP, AuthResult, Envelope, Session

HANG_SECONDS = 1.5  # longer than the clients' time-out in these tests


class Mailbox:
    """The handler. Everything it took over is in `mails`, doubted or not."""

    def __init__(self) -> None:
        self.mails: list[Envelope] = []
        self.connections = 0
        self.resets = 0
        self.drop_next_mail_from = False

    async def handle_RSET(self, server: SMTP, session: Session, envelope: Envelope) -> str:  # noqa: N802
        self.resets += 1
        return "250 OK"

    async def handle_MAIL(  # noqa: N802
        self, server: SMTP, session: Session, envelope: Envelope, address: str, options: list[str]
    ) -> str:
        if self.drop_next_mail_from:
            self.drop_next_mail_from = False
            cut(server)
        envelope.mail_from = address
        envelope.mail_options.extend(options)
        return "250 OK"

    async def handle_RCPT(  # noqa: N802
        self, server: SMTP, session: Session, envelope: Envelope, address: str, options: list[str]
    ) -> str:
        how = address.partition("@")[0]
        if how.startswith("rcpt-hang"):
            await asyncio.sleep(HANG_SECONDS)
        if how.startswith("rcpt-drop"):
            cut(server)
        if how.startswith("rcpt-"):
            return f"{how[5:8]} 0.0.0 <{address}> no"
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(self, server: SMTP, session: Session, envelope: Envelope) -> str:  # noqa: N802
        how = envelope.rcpt_tos[0].partition("@")[0]
        if how.startswith(("data-4", "data-5")):
            return f"{how[5:8]} 0.0.0 <{envelope.rcpt_tos[0]}> no"
        self.mails.append(envelope)
        if how == "accept-drop":
            cut(server)
        if how == "accept-hang":
            await asyncio.sleep(HANG_SECONDS)
        if how == "accept-nonsense":
            return "999 what"
        return "250 2.0.0 OK queued as 4XyZ"


class MisbehavingSMTP(SMTP):
    """Also cuts the line in the middle of the content."""

    async def smtp_DATA(self, arg: str) -> None:  # noqa: N802
        how = self.envelope.rcpt_tos[0].partition("@")[0] if self.envelope and self.envelope.rcpt_tos else ""
        if how == "data-drop":
            await self.push("354 go on")
            await self._reader.readline()
            cut(self)
            return
        if how == "before-data-drop":
            cut(self)
            return
        await super().smtp_DATA(arg)


def cut(server: SMTP) -> None:
    """The line is gone, without a word."""
    assert isinstance(server.transport, asyncio.WriteTransport)
    server.transport.abort()


class ScriptedController(Controller):
    def __init__(self, mailbox: Mailbox, **options: Any) -> None:
        self._options = options
        self._mailbox = mailbox
        super().__init__(mailbox, hostname="127.0.0.1", port=0)

    def factory(self) -> SMTP:
        self._mailbox.connections += 1
        return MisbehavingSMTP(self.handler, hostname="test.example", **self._options)

    def _trigger_server(self) -> None:
        """The base class connects once to wake the server; port 0 is only known now."""
        assert isinstance(self.server, asyncio.Server)
        self.port = self.server.sockets[0].getsockname()[1]
        super()._trigger_server()  # type: ignore[no-untyped-call]
        self._mailbox.connections = 0


def login(server: SMTP, session: Session, envelope: Envelope, mechanism: str, data: Any) -> AuthResult:
    return AuthResult(success=(data.login, data.password) == (b"me@acme", b"p/w"), handled=False)


@contextlib.contextmanager
def serving(mailbox: Mailbox, **options: Any) -> Iterator[int]:
    """A server on a free port of this machine."""
    controller = ScriptedController(mailbox, **options)
    controller.start()
    try:
        yield controller.port
    finally:
        controller.stop()


def server_context(certificate: str, key: str) -> ssl.SSLContext:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate, key)
    return context
