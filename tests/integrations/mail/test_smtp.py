"""Against a real server: each way a hand-over can go ends in the one right word for it."""

from __future__ import annotations

import shutil
import socket
import subprocess
from collections.abc import Iterator
from email import message_from_bytes, policy
from pathlib import Path

import pytest

from app.integrations.mail import smtp
from app.integrations.mail.transports import transport_for
from app.outbox.ports import Letter, MailDeferred, MailInDoubt, MailRefused, MailTransport
from tests.integrations.mail.smtp_server import Mailbox, login, server_context, serving


def letter(to: str = "anna@example.com", text: str = "Hi\n.\n..dots\nbye\n") -> Letter:
    return Letter("<1@acme.example>", "Acme <billing@acme.example>", to, "Grüße", text, "<p>Hi</p>")


@pytest.fixture
def mailbox() -> Mailbox:
    return Mailbox()


@pytest.fixture
def line(mailbox: Mailbox) -> Iterator[MailTransport]:
    with serving(mailbox, enable_SMTPUTF8=True) as port:
        transport = transport_for(f"smtp://127.0.0.1:{port}", timeout=0.5)
        yield transport
        transport.close()


def content(mailbox: Mailbox, index: int = -1) -> bytes:
    raw = mailbox.mails[index].content
    assert isinstance(raw, bytes)
    return raw


def test_an_accepted_mail_arrives_whole_and_brings_the_servers_name_for_it(
    line: MailTransport, mailbox: Mailbox
) -> None:
    assert line.send(letter()).provider_id == "2.0.0 OK queued as 4XyZ"
    message = message_from_bytes(content(mailbox), policy=policy.SMTP)
    assert message["Message-ID"] == "<1@acme.example>"
    assert message["Subject"] == "Grüße"
    (text, _html) = message.iter_parts()
    assert text.get_content().replace("\r\n", "\n") == "Hi\n.\n..dots\nbye\n"
    assert (mailbox.mails[0].mail_from, mailbox.mails[0].rcpt_tos) == (
        "billing@acme.example",
        ["anna@example.com"],
    )


def test_many_mails_share_one_line(line: MailTransport, mailbox: Mailbox) -> None:
    for number in range(5):
        line.send(letter(f"anna{number}@example.com"))
    assert (len(mailbox.mails), mailbox.connections) == (5, 1)


@pytest.mark.parametrize(
    ("to", "outcome"),
    [
        ("rcpt-451", MailDeferred),
        ("rcpt-421", MailDeferred),
        ("rcpt-550", MailRefused),
        ("rcpt-drop", MailDeferred),
        ("rcpt-hang", MailDeferred),
        ("before-data-drop", MailDeferred),
        ("data-451", MailDeferred),
        ("data-421", MailDeferred),
        ("data-554", MailRefused),
        ("data-drop", MailInDoubt),
        ("accept-drop", MailInDoubt),
        ("accept-hang", MailInDoubt),
        ("accept-nonsense", MailInDoubt),
    ],
)
def test_what_happened_is_named_exactly_and_the_next_mail_goes(
    line: MailTransport, mailbox: Mailbox, to: str, outcome: type[Exception]
) -> None:
    with pytest.raises(outcome) as failure:
        line.send(letter(f"{to}@example.com"))
    assert "example.com" not in str(failure.value), "an address must not reach a log"
    assert len(mailbox.mails) == (1 if to.startswith("accept") else 0)
    line.send(letter("anna@example.com"))
    assert mailbox.mails[-1].rcpt_tos == ["anna@example.com"]


def test_after_a_refusal_the_line_is_reset_and_kept(line: MailTransport, mailbox: Mailbox) -> None:
    for _ in range(3):
        with pytest.raises(MailRefused):
            line.send(letter("rcpt-550@example.com"))
    assert (mailbox.resets, mailbox.connections) == (3, 1)


def test_a_line_that_died_while_idle_is_replaced_unseen(line: MailTransport, mailbox: Mailbox) -> None:
    line.send(letter())
    mailbox.drop_next_mail_from = True
    line.send(letter())
    assert (len(mailbox.mails), mailbox.connections) == (2, 2)


def test_a_long_idle_line_is_not_trusted(
    line: MailTransport, mailbox: Mailbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    line.send(letter())
    monkeypatch.setattr(smtp, "IDLE_SECONDS", -1.0)
    line.send(letter())
    assert (len(mailbox.mails), mailbox.connections) == (2, 2)


def test_nobody_listening_defers() -> None:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        transport = transport_for(f"smtp://127.0.0.1:{free.getsockname()[1]}", timeout=0.5)
        with pytest.raises(MailDeferred, match="no connection"):
            transport.send(letter())
        transport.close()


def test_a_server_that_never_greets_defers() -> None:
    with socket.socket() as silent:
        silent.bind(("127.0.0.1", 0))
        silent.listen()
        transport = transport_for(f"smtp://127.0.0.1:{silent.getsockname()[1]}", timeout=0.3)
        with pytest.raises(MailDeferred, match="no connection"):
            transport.send(letter())


def test_addresses_beyond_ascii_go_where_the_server_takes_them(line: MailTransport, mailbox: Mailbox) -> None:
    line.send(letter("jürgen@bücher.example"))
    assert mailbox.mails[0].rcpt_tos == ["jürgen@xn--bcher-kva.example"]
    assert "To: jürgen@xn--bcher-kva.example".encode() in content(mailbox)


def test_addresses_beyond_ascii_are_refused_where_it_does_not(mailbox: Mailbox) -> None:
    with serving(mailbox, enable_SMTPUTF8=False) as port:
        transport = transport_for(f"smtp://127.0.0.1:{port}", timeout=0.5)
        with pytest.raises(MailRefused, match="SMTPUTF8"):
            transport.send(letter("jürgen@example.com"))
        transport.send(letter("anna@bücher.example"))
        transport.close()
    assert mailbox.mails[0].rcpt_tos == ["anna@xn--bcher-kva.example"]


@pytest.mark.parametrize(
    "to",
    ["", "anna", "anna@", "@example.com", "a b@example.com", "a@b.example\r\nRCPT TO:<c@d.example>", "a>@b.example",
     "a,b@c.example", "a@b@c.example", "a@exa mple.com", "a@" + "b" * 300 + ".example", "a@\u202e.example"],
)  # fmt: skip
def test_what_is_no_address_is_refused_before_the_wire(
    line: MailTransport, mailbox: Mailbox, to: str
) -> None:
    with pytest.raises(MailRefused):
        line.send(letter(to))
    assert mailbox.connections == 0


@pytest.fixture(scope="module")
def certificate(tmp_path_factory: pytest.TempPathFactory) -> tuple[str, str]:
    openssl = shutil.which("openssl")
    if openssl is None:
        pytest.skip("no openssl to make a certificate with")
    folder: Path = tmp_path_factory.mktemp("tls")
    certificate, key = str(folder / "cert.pem"), str(folder / "key.pem")
    subprocess.run(
        [openssl, "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2", "-subj", "/CN=localhost",
         "-keyout", key, "-out", certificate],
        check=True, capture_output=True,
    )  # fmt: skip
    return certificate, key


def test_a_login_goes_only_over_a_line_whose_certificate_is_good(
    mailbox: Mailbox, certificate: tuple[str, str]
) -> None:
    context = server_context(*certificate)
    with serving(mailbox, tls_context=context, authenticator=login, auth_required=True) as port:
        checked = transport_for(f"smtp://me%40acme:p%2Fw@localhost:{port}", timeout=2)
        with pytest.raises(MailDeferred, match="certificate"):
            checked.send(letter())
        wrong = transport_for(f"smtp://me%40acme:wrong@localhost:{port}?verify=no", timeout=2)
        with pytest.raises(MailDeferred, match="login refused"):
            wrong.send(letter())
        trusting = transport_for(f"smtp://me%40acme:p%2Fw@localhost:{port}?verify=no", timeout=2)
        trusting.send(letter())
        trusting.close()
    assert len(mailbox.mails) == 1


def test_without_a_login_any_certificate_is_better_than_none(
    mailbox: Mailbox, certificate: tuple[str, str]
) -> None:
    with serving(mailbox, tls_context=server_context(*certificate), require_starttls=True) as port:
        transport = transport_for(f"smtp://localhost:{port}", timeout=2)
        transport.send(letter())
        transport.close()
    assert len(mailbox.mails) == 1


def test_required_encryption_is_not_done_without(mailbox: Mailbox) -> None:
    with serving(mailbox) as port:
        transport = transport_for(f"smtp://127.0.0.1:{port}?tls=required", timeout=0.5)
        with pytest.raises(MailDeferred, match="STARTTLS"):
            transport.send(letter())
    assert mailbox.mails == []
