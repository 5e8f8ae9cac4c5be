"""Words that people typed and that we print in mails."""

from __future__ import annotations

import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.integrations.stripe.read_words import clean, email, label, name, web_address


@pytest.mark.parametrize(
    ("typed", "shown"),
    [
        ("Ada  Lovelace ", "Ada Lovelace"),
        ("Ada\r\nBcc: x", "Ada Bcc: x"),
        ("Ada\u2028Lovelace", "Ada Lovelace"),
        ("\u202eadA", "adA"),
        ("A\u0000d\u0085a", "Ad a"),
        ("می\u200cخواهم", "می\u200cخواهم"),
        ("Zoë 👩\u200d💻", "Zoë 👩\u200d💻"),
        ("\u200b\u2066\u2069", None),
        ("", None),
        (7, None),
    ],
)
def test_a_name_is_one_line_without_hidden_characters(typed: object, shown: str | None) -> None:
    assert name(typed) == shown


@pytest.mark.parametrize(
    "typed",
    ["Win https://x.example now", "www.spam.example", "visit spam.com", "a@b.example", "see bad.link/x"],
)
def test_a_name_with_a_link_is_no_name(typed: str) -> None:
    assert name(typed) is None


@pytest.mark.parametrize("typed", ["J. Smith", "St. John-Smythe", "O’Neill & Co. KG", "Dr.No", "A.com"])
def test_a_name_with_a_full_stop_is_a_name(typed: str) -> None:
    assert name(typed) == typed


@pytest.mark.parametrize(
    ("line", "called"),
    [
        ("1 × Gold plan (at $10.00 / month)", "Gold plan"),
        ("3 x Seat (team) (at €5.00 / year)", "Seat (team)"),
        ("2 × Silber (zu 5,00 € / Monat)", "Silber"),
        ("Gold plan (yearly)", "Gold plan (yearly)"),
        ("365 days of sun", "365 days of sun"),
        ("1 × (at $1.00 / day)", "1 × (at $1.00 / day)"),
        (None, None),
    ],
)
def test_a_label_is_what_a_customer_would_call_it(line: str | None, called: str | None) -> None:
    assert label(line) == called


def test_names_and_labels_end_where_the_line_does() -> None:
    assert len(name("a" * 500) or "") == 100
    assert len(label("a" * 500) or "") == 120


@given(st.text())
def test_what_is_shown_never_holds_a_control_or_direction_character(typed: str) -> None:
    shown = clean(typed, 100) or ""
    assert len(shown) <= 100
    assert not [
        c for c in shown if unicodedata.category(c) in ("Cc", "Cs", "Zl", "Zp") or "\u202a" <= c <= "\u202e"
    ]


@pytest.mark.parametrize(
    ("typed", "used"),
    [
        (" ada@example.com ", "ada@example.com"),
        ("ada@example.com\nBcc: b@example.com", None),
        ("a b@example.com", None),
        ("ada", None),
        ("@example.com", None),
        ("", None),
        (None, None),
    ],
)
def test_an_address_cannot_break_a_mail_header(typed: object, used: str | None) -> None:
    assert email(typed) == used


def test_only_web_pages_are_web_addresses() -> None:
    assert web_address("http://127.0.0.1:4010/i/1") == "http://127.0.0.1:4010/i/1"
    assert web_address("data:text/html,x") is None
    assert web_address("https://a.example/ b") is None
