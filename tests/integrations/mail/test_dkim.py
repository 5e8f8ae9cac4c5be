"""DKIM over a real SMTP line, checked with the library's own verifier and a DNS of our own."""

from __future__ import annotations

from base64 import b64encode
from dataclasses import replace
from pathlib import Path

import dkim
import pytest
from cryptography.hazmat.primitives.asymmetric import ed25519, rsa
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat, PublicFormat

from app.core.errors import ConfigurationError
from app.integrations.mail.dkim_signing import DkimSigner, signer_for
from app.outbox.ports import Letter
from app.outbox.render import build_mime

KEY = rsa.generate_private_key(public_exponent=65537, key_size=2048)
PEM = KEY.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()).decode()
LETTER = Letter(
    message_id="<1@news.acme.example>",
    sender="Acme <hello@news.acme.example>",
    to="ada@example.com",
    subject="Grüße, and a long line. " * 12,
    text="Hi\n\n.\n..dots\n",
    html="<p>Hi</p>",
    headers={
        "Date": "Thu, 02 Apr 2026 09:30:00 +0000",
        "List-Unsubscribe": "<https://acme.example/unsubscribe/token>",
        "List-Unsubscribe-Post": "List-Unsubscribe=One-Click",
    },
)


def public_record(name: bytes, timeout: int = 5) -> bytes:
    assert name == b"mail._domainkey.acme.example."
    der = KEY.public_key().public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)
    return b"v=DKIM1; k=rsa; p=" + b64encode(der)


def good(mail: bytes) -> bool:
    return bool(dkim.verify(mail, dnsfunc=public_record))


def signer(key: str = PEM) -> DkimSigner:
    found = signer_for("acme.example", "mail", key)
    assert found is not None
    return found


def test_the_signature_holds_for_every_header_that_matters_and_for_the_body() -> None:
    mail = signer().signed(build_mime(LETTER))
    assert good(mail)
    for part, other in (
        (b"Subject: ", b"Subject: Re: "),
        (b"From: Acme", b"From: Acma"),
        (b"To: ada", b"To: eve"),
        (b"Date: Thu", b"Date: Fri"),
        (b"Message-ID: <1", b"Message-ID: <2"),
        (b"acme.example/unsubscribe/token", b"eve.example/unsubscribe/token"),
        (b"List-Unsubscribe=One-Click", b"List-Unsubscribe=One-Clack"),
        (b"..dots", b"..dotz"),
    ):
        assert part in mail
        assert not good(mail.replace(part, other)), part


def test_a_way_to_unsubscribe_cannot_be_put_in_later() -> None:
    plain = replace(LETTER, headers={"Date": LETTER.headers["Date"]})
    mail = signer().signed(build_mime(plain))
    assert good(mail)
    for name in (b"List-Unsubscribe", b"List-Unsubscribe-Post", b"Reply-To"):
        assert not good(mail.replace(b"MIME-Version:", name + b": <https://eve.example/>\r\nMIME-Version:"))


def test_the_key_may_be_a_file_or_one_line_of_the_environment(tmp_path: Path) -> None:
    path = tmp_path / "dkim.pem"
    path.write_text(PEM)
    for given in (str(path), PEM, PEM.replace("\n", "\\n")):
        assert good(signer(given).signed(build_mime(LETTER)))


def test_without_the_variables_nothing_is_signed() -> None:
    assert signer_for(None, None, None) is None


@pytest.mark.parametrize(
    ("domain", "selector", "key"),
    [
        ("acme.example", None, PEM),
        ("acme.example", "mail", None),
        ("acme.example", "mail; v=", PEM),
        ("acme.example\r\nBcc: x", "mail", PEM),
        ("acme.example", "mail", "/nowhere/dkim.pem"),
        ("acme.example", "mail", "-----BEGIN PRIVATE KEY-----\nAAAA\n-----END PRIVATE KEY-----"),
    ],
)
def test_half_a_configuration_is_named_and_the_key_is_never_repeated(
    domain: str | None, selector: str | None, key: str | None
) -> None:
    with pytest.raises(ConfigurationError, match="RECLAIM_DKIM_") as failure:
        signer_for(domain, selector, key)
    assert "BEGIN" not in str(failure.value)


def test_a_key_that_receivers_ignore_is_refused() -> None:
    other = ed25519.Ed25519PrivateKey.generate()
    pem = other.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()).decode()
    with pytest.raises(ConfigurationError, match="RSA"):
        signer(pem)


def test_the_key_is_in_no_words_about_the_signer() -> None:
    assert "BEGIN" not in repr(signer())
