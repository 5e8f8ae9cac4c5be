"""From `RECLAIM_MAIL_URL` to a way out, one for each thread."""

from __future__ import annotations

import threading
from collections.abc import Mapping
from pathlib import Path
from urllib.parse import SplitResult, parse_qsl, unquote, urlsplit

from app.core.errors import ConfigurationError
from app.integrations.mail.dkim_signing import DkimSigner
from app.integrations.mail.folder import FolderTransport
from app.integrations.mail.postmark import PostmarkTransport
from app.integrations.mail.resend import ResendTransport
from app.integrations.mail.smtp import SmtpServer, SmtpTransport
from app.outbox.ports import MailTransport

_OPTIONS = {
    "smtp": {"tls", "verify"},
    "smtps": {"verify"},
    "file": set[str](),
    "resend": {"api"},
    "postmark": {"api", "stream", "marketing_stream"},
}


def transport_for(url: str, *, timeout: float = 10, dkim: DkimSigner | None = None) -> MailTransport:
    """A transport for one thread; it connects when the first mail goes. Raises ConfigurationError.

    `dkim` signs what goes by SMTP; the HTTP providers sign themselves.

    `smtp://user:pass@host:port?tls=auto|required|off&verify=yes|no`, `smtps://user:pass@host:port?verify=...`,
    `file:///folder`, `resend://key?api=...`, `postmark://key?api=...&stream=outbound&marketing_stream=broadcast`.
    User, password and key are percent-encoded. No message ever repeats the URL, for it holds a secret.
    """
    try:
        parts = urlsplit(url)
        _ = parts.port
    except ValueError as error:
        raise ConfigurationError("RECLAIM_MAIL_URL cannot be read as a URL") from error
    if parts.scheme not in _OPTIONS:
        raise ConfigurationError("RECLAIM_MAIL_URL must start with smtp, smtps, file, resend or postmark")
    options = dict(parse_qsl(parts.query))
    unknown = sorted(set(options) - _OPTIONS[parts.scheme])
    if unknown:
        raise ConfigurationError(f"RECLAIM_MAIL_URL: {parts.scheme} has no option {', '.join(unknown)}")
    if parts.scheme in {"smtp", "smtps"}:
        return SmtpTransport(_smtp_server(parts, options), timeout=timeout, dkim=dkim)
    if parts.scheme == "file":
        return FolderTransport(_folder(parts))
    key = unquote(parts.netloc)
    if not key:
        raise ConfigurationError(f"RECLAIM_MAIL_URL: {parts.scheme}:// needs a key")
    if parts.scheme == "resend":
        return ResendTransport(key, api=options.get("api"), timeout=timeout)
    return PostmarkTransport(
        key,
        api=options.get("api"),
        stream=options.get("stream"),
        marketing_stream=options.get("marketing_stream"),
        timeout=timeout,
    )


def _folder(parts: SplitResult) -> Path:
    if parts.netloc not in {"", "localhost"} or not parts.path.startswith("/"):
        raise ConfigurationError("RECLAIM_MAIL_URL: a folder reads file:///its/whole/path")
    return Path(unquote(parts.path))


def _smtp_server(parts: SplitResult, options: Mapping[str, str]) -> SmtpServer:
    tls = "implicit" if parts.scheme == "smtps" else options.get("tls", "auto")
    verify = options.get("verify", "yes")
    if (
        not parts.hostname
        or tls not in {"implicit", "auto", "required", "off"}
        or verify not in {"yes", "no"}
    ):
        raise ConfigurationError(
            "RECLAIM_MAIL_URL must read smtp://user:pass@host:port, tls=auto|required|off, verify=yes|no"
        )
    user = unquote(parts.username) if parts.username else None
    default_port = 465 if tls == "implicit" else 587 if user else 25
    return SmtpServer(
        host=parts.hostname,
        port=parts.port or default_port,
        user=user,
        password=unquote(parts.password) if parts.password else "",
        tls=tls,
        verify=verify == "yes",
    )


class ThreadTransports:
    """Gives every worker thread a transport of its own: none of them may be shared."""

    def __init__(self, url: str, *, timeout: float = 10, dkim: DkimSigner | None = None) -> None:
        self._url, self._timeout, self._dkim = url, timeout, dkim
        self._own = threading.local()
        self._all: list[MailTransport] = []
        self._lock = threading.Lock()
        self._keep(self._make())  # a bad URL shows at start-up, not at the first mail

    def __call__(self) -> MailTransport:
        """This thread's transport."""
        transport: MailTransport | None = getattr(self._own, "transport", None)
        return transport or self._keep(self._make())

    def close(self) -> None:
        """Close every thread's transport; call it after the threads have ended."""
        with self._lock:
            while self._all:
                self._all.pop().close()

    def _make(self) -> MailTransport:
        return transport_for(self._url, timeout=self._timeout, dkim=self._dkim)

    def _keep(self, transport: MailTransport) -> MailTransport:
        self._own.transport = transport
        with self._lock:
            self._all.append(transport)
        return transport
