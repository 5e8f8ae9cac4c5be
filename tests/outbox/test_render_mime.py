"""The bytes of a mail: read back by the standard library, they say what the letter said and nothing more."""

from __future__ import annotations

from datetime import UTC, datetime
from email import message_from_bytes, policy
from email.message import EmailMessage
from email.utils import parsedate_to_datetime

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from app.core.text import clean_line
from app.outbox.ports import Letter
from app.outbox.render import build_mime
from app.outbox.rendering.mime import split_mailbox

NAMES = ["Date", "From", "To", "Subject", "Message-ID", "MIME-Version", "Content-Type"]
anything = st.text(st.characters(exclude_categories=[]), max_size=300)


def letter(subject: str = "Hello", text: str = "Hi\n", html: str = "<p>Hi</p>", **more: object) -> Letter:
    values: dict[str, object] = {
        "message_id": "<0123456789abcdef@acme.example>",
        "sender": "Acme <billing@acme.example>",
        "to": "anna@example.com",
        **more,
    }
    return Letter(subject=subject, text=text, html=html, **values)  # type: ignore[arg-type]


def parse(raw: bytes) -> EmailMessage:
    message = message_from_bytes(raw, policy=policy.SMTP)
    assert isinstance(message, EmailMessage)
    return message


def body(message: EmailMessage, kind: str) -> str:
    part = message.get_body((kind,))
    assert part is not None
    payload = part.get_payload(decode=True)
    assert isinstance(payload, bytes)
    return payload.decode().replace("\r\n", "\n")


@settings(max_examples=150, deadline=None)
@given(subject=anything, text=anything, html=anything)
def test_any_words_come_back_and_add_no_header_or_part(subject: str, text: str, html: str) -> None:
    raw = build_mime(letter(subject, text, html))
    message = parse(raw)
    assert message.keys() == NAMES
    assert raw.isascii()
    assert all(len(line) <= 998 for line in raw.split(b"\r\n"))
    assert b"\n" not in raw.replace(b"\r\n", b"")
    assert b"\r" not in raw.replace(b"\r\n", b"")
    assert [part.get_content_type() for part in message.iter_parts()] == ["text/plain", "text/html"]
    assert str(message["Subject"]) == clean_line(subject)
    assert body(message, "plain") == as_sent(text)
    assert body(message, "html") == as_sent(html)


def as_sent(words: str) -> str:
    """Line ends are one kind, control characters are gone, what is no character is a question mark."""
    unix = words.replace("\r\n", "\n").replace("\r", "\n").encode("utf-8", "replace").decode()
    return "".join(c for c in unix if c in "\n\t" or (c >= " " and c != "\x7f"))


@pytest.mark.parametrize("odd", ["\u2028", "\u2029", "\x85", "\r\n", "\x00", "\v", "\f", "\x1c", "\ud800"])
def test_odd_line_ends_in_a_subject_neither_raise_nor_inject(odd: str) -> None:
    message = parse(build_mime(letter(f"Pay{odd}Bcc: victim@example.com")))
    assert message["Bcc"] is None
    assert str(message["Subject"]) in {"Pay Bcc: victim@example.com", "PayBcc: victim@example.com"}


@pytest.mark.parametrize(
    ("sender", "name"),
    [
        ("Acme <billing@acme.example>", "Acme"),
        ('"Acme, Inc." <billing@acme.example>', "Acme, Inc."),
        ("Büro Möller <billing@acme.example>", "Büro Möller"),
        ("=?x?= <billing@acme.example>", "=?x?="),
        ("billing@acme.example", ""),
        ('A "b" \\ c <billing@acme.example>', 'A "b" \\ c'),
    ],
)
def test_the_sender_keeps_name_and_address(sender: str, name: str) -> None:
    message = parse(build_mime(letter(sender=sender)))
    (address,) = message["From"].addresses
    assert (address.display_name, address.addr_spec) == (name, "billing@acme.example")
    assert split_mailbox(sender)[1] == "billing@acme.example"


def test_a_date_is_the_letters_own_or_given_or_now() -> None:
    day = datetime(2026, 6, 5, 7, tzinfo=UTC)
    assert parsedate_to_datetime(parse(build_mime(letter(), sent_at=day))["Date"]) == day
    own = letter(headers={"Date": "Mon, 01 Jun 2026 07:00:00 +0000"})
    assert parse(build_mime(own, sent_at=day))["Date"] == "Mon, 01 Jun 2026 07:00:00 +0000"
    assert (
        abs((parsedate_to_datetime(parse(build_mime(letter()))["Date"]) - datetime.now(UTC)).total_seconds())
        < 60
    )


@pytest.mark.parametrize("name", ["Bcc", "to", "Content-Type", "X\r\nBcc", "X Y", "", "X:"])
def test_a_letter_cannot_set_the_headers_that_are_ours(name: str) -> None:
    with pytest.raises(ValueError, match="header"):
        build_mime(letter(headers={name: "x"}))


def test_an_extra_header_stays_on_its_line() -> None:
    message = parse(
        build_mime(letter(headers={"X-Note": "a\r\nBcc: b@c.example"}, reply_to="Help <h@acme.example>"))
    )
    assert message["Bcc"] is None
    assert message["X-Note"] == "a Bcc: b@c.example"
    assert message["Reply-To"].addresses[0].addr_spec == "h@acme.example"


def test_a_recipient_beyond_ascii_is_written_as_it_is() -> None:
    assert "To: jürgen@example.com\r\n".encode() in build_mime(letter(to="jürgen@example.com"))
