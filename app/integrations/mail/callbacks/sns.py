"""Amazon SNS messages: who has signed them. Source: Amazon SNS, "Verifying the signatures of messages".

A good signature alone proves nothing, because anybody's topic can sign. So the topic must be one of ours, and
the certificate comes over TLS from the very host that belongs to the topic's region.
"""

from __future__ import annotations

import re
import threading
from base64 import b64decode
from collections.abc import Callable
from datetime import datetime, timedelta
from urllib.parse import urlsplit

import msgspec
from cryptography import x509
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric import padding, rsa
from cryptography.hazmat.primitives.hashes import SHA1, SHA256

from app.core.clock import from_unix
from app.core.errors import BadEvent, BadSignature, ConfigurationError
from app.integrations.mail.callbacks.reading import decoded, instant

Fetch = Callable[[str], bytes]
"""GET an https address; raises NotStored where nothing came."""

GIVES_UP_AFTER = timedelta(hours=1)
"""How long SNS delivers again; the time in a message stays that of its first try."""
AHEAD = timedelta(minutes=5)
_TOPIC = re.compile(r"arn:aws(?:-cn|-us-gov)?:sns:([a-z]{2}(?:-[a-z]+)+-\d):\d{12}:[A-Za-z0-9_\-.]{1,256}")
_CERTIFICATE = re.compile(r"/SimpleNotificationService-[0-9A-Za-z]{1,64}\.pem")
_MOST_CERTIFICATES = 8
_SIGNED = {
    "Notification": ("Message", "MessageId", "Subject", "Timestamp", "TopicArn", "Type"),
    "SubscriptionConfirmation": (
        "Message", "MessageId", "SubscribeURL", "Timestamp", "Token", "TopicArn", "Type",
    ),
}  # fmt: skip
_SIGNED["UnsubscribeConfirmation"] = _SIGNED["SubscriptionConfirmation"]


class SnsMessage(msgspec.Struct, rename="pascal"):
    type: str
    message_id: str
    topic_arn: str
    message: str
    timestamp: str
    signature_version: str
    signature: str
    signing_cert_url: str = msgspec.field(name="SigningCertURL")
    subject: str | None = None
    token: str | None = None
    subscribe_url: str | None = msgspec.field(name="SubscribeURL", default=None)

    @property
    def sent_at(self) -> datetime:
        try:
            return instant(datetime.fromisoformat(self.timestamp))
        except ValueError:
            raise BadEvent("the message's time cannot be read") from None


def read_message(body: bytes) -> SnsMessage:
    """The message in a body, not yet trusted. Raises BadEvent."""
    message = decoded(body, SnsMessage)
    if message.type not in _SIGNED:
        raise BadEvent("the body is no message of SNS")
    return message


def region_of(topic: str) -> str:
    """`arn:aws:sns:eu-west-1:123456789012:mail` is in `eu-west-1`. Raises ConfigurationError."""
    found = _TOPIC.fullmatch(topic)
    if found is None:
        raise ConfigurationError("RECLAIM_SES_TOPICS: a topic reads arn:aws:sns:region:account:name")
    return found.group(1)


class SnsVerifier:
    """Checks messages of these topics. Certificates are fetched once; any thread may ask."""

    def __init__(self, topics: list[str], fetch: Fetch) -> None:
        self._hosts = {topic: _host(region_of(topic)) for topic in topics}
        self._fetch = fetch
        self._certificates: dict[str, x509.Certificate] = {}
        self._lock = threading.Lock()

    def verify(self, message: SnsMessage, now_seconds: float) -> None:
        """Raises BadSignature, or NotStored where the certificate cannot be read now."""
        host = self._hosts.get(message.topic_arn)
        if host is None:
            raise BadSignature("the topic is not one of ours")
        now = from_unix(now_seconds)
        if not now - GIVES_UP_AFTER - AHEAD <= message.sent_at <= now + AHEAD:
            raise BadSignature("the message is too old, or from the future")
        certificate = self._certificate(message.signing_cert_url, host)
        if not certificate.not_valid_before_utc <= now <= certificate.not_valid_after_utc:
            raise BadSignature("the certificate's time is over")
        _check(certificate, message)

    def is_confirmation_of_ours(self, message: SnsMessage) -> bool:
        """Whether following `subscribe_url` joins one of our topics, and leads nowhere else."""
        host = self._hosts.get(message.topic_arn)
        asked = message.type == "SubscriptionConfirmation" and message.subscribe_url is not None
        return asked and host is not None and _is_at(message.subscribe_url or "", host)

    def _certificate(self, url: str, host: str) -> x509.Certificate:
        if not _is_at(url, host) or not _CERTIFICATE.fullmatch(urlsplit(url).path):
            raise BadSignature("the certificate is not at the topic's own host")
        with self._lock:  # one request, however many messages wait for it
            if url not in self._certificates:
                try:
                    found = x509.load_pem_x509_certificate(self._fetch(url))
                except ValueError as error:
                    raise BadSignature("the certificate cannot be read") from error
                while len(self._certificates) >= _MOST_CERTIFICATES:
                    self._certificates.pop(next(iter(self._certificates)))
                self._certificates[url] = found
            return self._certificates[url]


def _check(certificate: x509.Certificate, message: SnsMessage) -> None:
    hashes = {"1": SHA1, "2": SHA256}
    key = certificate.public_key()
    if message.signature_version not in hashes or not isinstance(key, rsa.RSAPublicKey):
        raise BadSignature("the signature is of a kind that SNS does not use")
    try:
        signature = b64decode(message.signature, validate=True)
        key.verify(signature, canonical(message), padding.PKCS1v15(), hashes[message.signature_version]())
    except (InvalidSignature, ValueError) as error:
        raise BadSignature("the signature does not fit the message") from error


def canonical(message: SnsMessage) -> bytes:
    """The bytes that are signed: name and value of each field on a line of its own, in the order of names."""
    fields = msgspec.to_builtins(message)
    lines = [(name, fields.get(name)) for name in _SIGNED[message.type]]
    return "".join(f"{name}\n{value}\n" for name, value in lines if value is not None).encode()


def _host(region: str) -> str:
    return f"sns.{region}.amazonaws.com" + (".cn" if region.startswith("cn-") else "")


def _is_at(url: str, host: str) -> bool:
    try:
        parts = urlsplit(url)
        return parts.scheme == "https" and parts.netloc == host and url.isascii() and "\\" not in url
    except ValueError:
        return False
