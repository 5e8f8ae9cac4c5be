"""SMTP over one line that stays open. What is certain is said to be certain, and nothing else.

Until the server has answered DATA with 354 nothing can have left. After that only its own answer tells: a line
that breaks or falls silent leaves the mail in doubt (RFC 1047), even where the bytes seem not to have gone out.
"""

from __future__ import annotations

import contextlib
import smtplib
import ssl
import time
from dataclasses import dataclass, replace
from datetime import timedelta

from app.core.text import clean_line
from app.integrations.mail.addresses import wire_address
from app.integrations.mail.dkim_signing import DkimSigner
from app.outbox.ports import Accepted, Letter, MailDeferred, MailInDoubt, MailRefused
from app.outbox.render import build_mime
from app.outbox.rendering.mime import split_mailbox

IDLE_SECONDS = 20.0  # servers hang up on idle lines; an older one is replaced rather than trusted
_LOOPBACK = frozenset({"localhost", "127.0.0.1", "::1"})
_REPLY_LIMIT = 200


@dataclass(frozen=True, slots=True)
class SmtpServer:
    """Where to and how. `tls`: implicit (smtps), auto (STARTTLS if offered), required, off."""

    host: str
    port: int
    user: str | None
    password: str
    tls: str
    verify: bool

    def context(self) -> ssl.SSLContext:
        """A certificate is checked wherever something depends on it.

        Opportunistic encryption without a login would otherwise go out in clear, so there any certificate
        is better than none, as mail servers do among themselves.
        """
        context = ssl.create_default_context()
        if not self.verify or (self.tls == "auto" and self.user is None):
            context.check_hostname = False
            context.verify_mode = ssl.CERT_NONE
        return context


class SmtpTransport:
    """One persistent connection; not for more than one thread."""

    resend_in_doubt_for = timedelta(0)  # SMTP has no key by which a server would refuse a second copy

    def __init__(self, server: SmtpServer, *, timeout: float, dkim: DkimSigner | None = None) -> None:
        self._server, self._timeout, self._dkim = server, timeout, dkim
        self._line: smtplib.SMTP | None = None
        self._used_at = 0.0

    def send(self, letter: Letter) -> Accepted:
        recipient = wire_address(letter.to)
        sender = split_mailbox(letter.sender)[1]
        mime = build_mime(replace(letter, to=recipient))
        content = _quoted(self._dkim.signed(mime) if self._dkim else mime)
        line = self._begin(sender, recipient)
        self._ask(line, recipient, "RCPT", f"TO:<{recipient}>")
        self._ask(line, recipient, "DATA", expected=354)
        reply = self._hand_over(line, content)
        self._used_at = time.monotonic()
        return _verdict(reply, recipient)

    def close(self) -> None:
        line, self._line = self._line, None
        if line is not None:
            with contextlib.suppress(OSError):
                line.quit()
            line.close()

    def _begin(self, sender: str, recipient: str) -> smtplib.SMTP:
        """A line on which MAIL FROM has been accepted. A line that died while idle is replaced once."""
        if self._line is not None and time.monotonic() - self._used_at > IDLE_SECONDS:
            self._drop()
        fresh = self._line is None
        line = self._line or self._connect()
        try:
            self._mail_from(line, sender, recipient)
        except MailDeferred:
            if fresh or self._line is not None:  # a real answer, or a new line that broke: no second try
                raise
            line = self._connect()
            self._mail_from(line, sender, recipient)
        return line

    def _mail_from(self, line: smtplib.SMTP, sender: str, recipient: str) -> None:
        option = ""
        if not recipient.isascii():
            if not line.has_extn("smtputf8"):
                raise MailRefused("the mail server takes no addresses beyond ASCII (no SMTPUTF8)")
            line.command_encoding = "utf-8"
            option = " SMTPUTF8 BODY=8BITMIME"
        self._ask(line, recipient, "MAIL", f"FROM:<{sender}>{option}")

    def _ask(
        self, line: smtplib.SMTP, recipient: str, command: str, argument: str = "", expected: int = 250
    ) -> None:
        """One command before anything can have left: 5xx refuses, all else that is not a yes defers."""
        try:
            code, words = line.docmd(command, argument)
        except (OSError, ValueError) as error:
            self._drop()
            raise MailDeferred(f"the line broke at {command}: {type(error).__name__}") from error
        if code == expected or (expected == 250 and 200 <= code < 300):
            return
        self._settle_line(code)
        said = _said(code, words, recipient)
        raise MailRefused(said) if 500 <= code < 600 else MailDeferred(said)

    def _hand_over(self, line: smtplib.SMTP, content: bytes) -> tuple[int, bytes]:
        try:
            line.send(content)
            code, words = line.getreply()
        except OSError as error:  # includes time-outs and smtplib's own "disconnected"
            self._drop()
            raise MailInDoubt(f"the line broke after DATA: {type(error).__name__}") from error
        if not 200 <= code < 300:
            self._settle_line(code)
        return code, words

    def _settle_line(self, code: int) -> None:
        """After a no the line starts afresh (RSET); after 421 or nonsense it is given up."""
        if code == 421 or not 400 <= code < 600 or self._line is None:
            self._drop()
            return
        self._used_at = time.monotonic()
        try:
            if self._line.rset()[0] != 250:
                self._drop()
        except OSError:
            self._drop()

    def _drop(self) -> None:
        line, self._line = self._line, None
        if line is not None:
            line.close()

    def _connect(self) -> smtplib.SMTP:
        """A greeted, encrypted and logged-in line. Whatever fails here says nothing about the mail."""
        server, line = self._server, None
        try:
            line = self._dial()
            self._secure(line)
            if server.user is not None:
                line.login(server.user, server.password)
        except MailDeferred:
            if line is not None:
                line.close()
            raise
        except (OSError, ValueError) as error:
            if line is not None:
                line.close()
            raise MailDeferred(f"no connection to the mail server: {_cause(error)}") from error
        self._line, self._used_at = line, time.monotonic()
        return line

    def _dial(self) -> smtplib.SMTP:
        server = self._server
        if server.tls == "implicit":
            return smtplib.SMTP_SSL(server.host, server.port, timeout=self._timeout, context=server.context())
        return smtplib.SMTP(server.host, server.port, timeout=self._timeout)

    def _secure(self, line: smtplib.SMTP) -> None:
        server = self._server
        line.ehlo_or_helo_if_needed()
        if server.tls in {"auto", "required"} and line.has_extn("starttls"):
            line.starttls(context=server.context())
            line.ehlo()
        elif server.tls == "required":
            raise MailDeferred("the mail server offers no STARTTLS, and tls=required")
        elif server.tls == "auto" and server.user is not None and server.host not in _LOOPBACK:
            raise MailDeferred(
                "the mail server offers no STARTTLS; the password is not sent in clear (tls=off)"
            )


def _quoted(content: bytes) -> bytes:
    """With dots doubled at line starts and the final dot."""
    body = content.replace(b"\r\n.", b"\r\n..")
    return body + (b".\r\n" if body.endswith(b"\r\n") else b"\r\n.\r\n")


def _verdict(reply: tuple[int, bytes], recipient: str) -> Accepted:
    code, words = reply
    if 200 <= code < 300:
        return Accepted(provider_id=clean_line(words.decode("utf-8", "replace"), _REPLY_LIMIT) or None)
    said = _said(code, words, recipient)
    if 500 <= code < 600:
        raise MailRefused(said)
    if 400 <= code < 500:
        raise MailDeferred(said)
    raise MailInDoubt(said)


def _said(code: int, words: bytes, recipient: str) -> str:
    """The server's words without the recipient's address: they are stored, shown and logged."""
    text = words.decode("utf-8", "replace")
    for secret in (recipient, recipient.lower()):
        text = text.replace(secret, "(recipient)")
    return clean_line(f"{code} {text}", _REPLY_LIMIT)


def _cause(error: Exception) -> str:
    if isinstance(error, smtplib.SMTPAuthenticationError):
        return f"login refused ({error.smtp_code})"
    if isinstance(error, smtplib.SMTPResponseException):
        return f"it answered {error.smtp_code}"
    if isinstance(error, ssl.SSLCertVerificationError):
        return f"certificate: {error.verify_message}"
    return type(error).__name__
