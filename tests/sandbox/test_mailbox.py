"""The demo's mailbox: mail in over SMTP, out on a page and as JSON."""

from __future__ import annotations

import smtplib
import socket
from email.message import EmailMessage

from starlette.testclient import TestClient

from sandbox.mailbox.pages import create_app
from sandbox.mailbox.smtp import smtp_server
from sandbox.mailbox.store import Mailbox


def message(subject: str) -> EmailMessage:
    mail = EmailMessage()
    mail["From"], mail["To"], mail["Subject"] = "Shop <shop@example.com>", "Zoë <zoe@example.com>", subject
    mail.set_content("Plain words")
    mail.add_alternative('<p>Hello <b>Zoë</b></p><script>alert("no")</script>', subtype="html")
    return mail


def test_a_mail_sent_over_smtp_is_listed_shown_and_given_as_json() -> None:
    mailbox = Mailbox()
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    server = smtp_server(mailbox, "127.0.0.1", port)
    server.start()
    try:
        with smtplib.SMTP("127.0.0.1", port) as smtp:
            smtp.send_message(message("Your card <ending 4242>"))
    finally:
        server.stop()
    browser = TestClient(create_app(mailbox))
    assert "Your card &lt;ending 4242&gt;" in browser.get("/").text
    shown = browser.get("/mail/1").text
    assert "<script>" not in shown
    assert 'sandbox="allow-popups' in shown
    [row] = browser.get("/messages.json").json()
    assert (row["envelope_to"], row["text"].strip()) == (["zoe@example.com"], "Plain words")
    assert "Hello <b>Zoë</b>" in row["html"]


def test_only_the_newest_mails_are_kept_and_the_box_can_be_emptied() -> None:
    mailbox = Mailbox(kept=2)
    for number in range(3):
        mailbox.add("a@example.com", ["b@example.com"], message(f"Mail {number}").as_bytes())
    assert [mail.header("Subject") for mail in mailbox.newest_first()] == ["Mail 2", "Mail 1"]
    browser = TestClient(create_app(mailbox))
    assert browser.get("/mail/1").status_code == 404
    assert "No mail yet" in browser.post("/clear").text
