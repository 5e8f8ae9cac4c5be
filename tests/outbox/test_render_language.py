"""Languages, money, days and names as mails write them."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from babel import Locale
from babel.messages.extract import extract_from_dir
from babel.messages.pofile import read_po
from hypothesis import given, settings
from hypothesis import strategies as st

from app.core.brand import Brand
from app.core.i18n import Catalogues, format_day, format_money, zone_of
from app.core.money import Money
from app.core.text import clean_line, clean_person_name, first_name
from app.outbox.render import MailRenderer
from app.outbox.rendering.samples import SAMPLE_BRAND, SAMPLE_SENDER, payment_context

GERMAN = """
msgid ""
msgstr ""
"Content-Type: text/plain; charset=utf-8\\n"
"Plural-Forms: nplurals=2; plural=(n != 1);\\n"

msgid "Hi %(name)s,"
msgstr "Hallo %(name)s,"

msgid "Nothing changes for now: your access continues until at least %(day)s."
msgstr "Vorerst ändert sich nichts: Der Zugang bleibt mindestens bis %(day)s."
"""


@pytest.fixture
def german(tmp_path: Path) -> Catalogues:
    path = tmp_path / "de" / "LC_MESSAGES" / "messages.po"
    path.parent.mkdir(parents=True)
    path.write_text(GERMAN, "utf-8")
    return Catalogues(tmp_path)


def renderer(catalogues: Catalogues, brand: Brand = SAMPLE_BRAND) -> MailRenderer:
    return MailRenderer(
        brand, sender=SAMPLE_SENDER, reply_to=None, postal_address=None, catalogues=catalogues
    )


def test_a_customer_with_a_catalogue_gets_its_words_and_their_formats(german: Catalogues) -> None:
    mail = renderer(german).render("payment_failed_new_method", locale="de-AT", context=payment_context())
    assert "Hallo Anna," in mail.text
    assert "bis Dienstag, 16. Juni." in mail.text
    assert "€\u00a029,00" in mail.text
    assert 'lang="de-AT"' in mail.html


def test_without_a_catalogue_words_and_formats_are_both_the_merchants(german: Catalogues) -> None:
    british = SAMPLE_BRAND.model_copy(update={"default_locale": "en-GB"})
    mail = renderer(german, british).render(
        "payment_failed_new_method", locale="fr-FR", context=payment_context()
    )
    assert "Tuesday 16 June" in mail.text
    assert "€29.00" in mail.text
    assert 'lang="en-GB"' in mail.html


@pytest.mark.parametrize(
    ("wanted", "words", "formats"),
    [
        ("de-AT", "de", "de_AT"),
        ("de_ch", "de", "de_CH"),
        ("de", "de", "de"),
        ("en_US.UTF-8", "en", "en_US"),
        ("fr", "en", "en_GB"),
        ("", "en", "en_GB"),
        (None, "en", "en_GB"),
        ("../../etc", "en", "en_GB"),
        ("de-XX-nonsense-1", "de", "de"),
    ],
)
def test_a_language_is_found_or_the_merchants_is_spoken(
    german: Catalogues, wanted: str | None, words: str, formats: str
) -> None:
    language = german.choose(wanted, "en-GB")
    assert (language.catalogue, str(language.locale)) == (words, formats)


@pytest.mark.parametrize(
    ("money", "english", "german"),
    [
        (Money(2900, "eur"), "€29.00", "29,00\u00a0€"),
        (Money(123456, "jpy"), "¥123,456", "123.456\u00a0¥"),
        (Money(12500, "kwd"), "KWD\u00a012.500", "12,500\u00a0KWD"),
        (Money(1, "kwd"), "KWD\u00a00.001", "0,001\u00a0KWD"),
        (Money(1050, "rsd"), "RSD\u00a010.50", "10,50\u00a0RSD"),
        (Money(1000, "rsd"), "RSD\u00a010", "10\u00a0RSD"),
        (Money(-2900, "usd"), "-$29.00", "-29,00\u00a0$"),
        (Money(0, "usd"), "$0.00", "0,00\u00a0$"),
    ],
)
def test_money_is_the_providers_amount_in_the_readers_writing(
    money: Money, english: str, german: str
) -> None:
    assert format_money(money, Locale("en")) == english
    assert format_money(money, Locale("de")) == german


@settings(max_examples=300)
@given(
    minor=st.integers(-(10**11), 10**11),
    currency=st.sampled_from("usd eur jpy kwd isk huf ugx rsd krw clp mga tnd idr".split()),
)
def test_no_amount_is_ever_rounded(minor: int, currency: str) -> None:
    money = Money(minor, currency)
    digits = "".join(c for c in format_money(money, Locale("en")) if c.isdigit() or c in ".-")
    assert type(money.to_decimal())(digits) == money.to_decimal()


def test_a_day_is_the_customers_own() -> None:
    late = datetime(2026, 6, 4, 23, 30, tzinfo=UTC)
    days = {
        ("Europe/Berlin", "en-US"): "Friday, June 5",
        ("Europe/Berlin", "en-GB"): "Friday 5 June",
        ("Europe/Berlin", "de-DE"): "Freitag, 5. Juni",
        ("Europe/Berlin", "es-ES"): "viernes, 5 de junio",
        ("America/New_York", "en-US"): "Thursday, June 4",
        ("Mars/Olympus", "en-US"): "Thursday, June 4",
        ("", "ja-JP"): "6月4日木曜日",
    }
    for (zone, locale), expected in days.items():
        assert format_day(late, zone_of(zone), Locale.parse(locale, sep="-")) == expected


@pytest.mark.parametrize(
    ("name", "greeted"),
    [
        ("Jane Doe", "Jane"),
        ("Doe, Jane", "Jane"),
        ("ANNA KLEIN", "Anna"),
        ("Dr. Anna Bell", "Dr. Anna Bell"),
        ("J.R.R. Tolkien", "J.R.R. Tolkien"),
        ("O'Brien", "O'Brien"),
        ("Müller GmbH", None),
        ("Tom & Ann", None),
        ("Bob\r\nBcc: x", "Bob"),
        ("visit paypal.com now", None),
        ("paypal．com", None),
        ("call 0800 1234", None),
        ("\u3164", None),
        ("🎉", None),
        ("a" * 60, None),
        (None, None),
    ],
)
def test_people_are_greeted_by_first_name_or_not_at_all(name: str | None, greeted: str | None) -> None:
    assert first_name(name) == greeted


@settings(max_examples=500)
@given(st.text(st.characters(exclude_categories=[]), max_size=300))
def test_a_clean_name_is_short_and_visible(raw: str) -> None:
    name = clean_person_name(raw)
    assert name is None or (0 < len(name) <= 100 and name == clean_line(name))
    assert name is None or not set(name) & set("<>{}[]|\\`@\n\r\u2028\u202e\u200b")


def test_languages_with_the_family_name_first_are_greeted_in_full() -> None:
    assert first_name("Nagy János", family_first=True) == "Nagy János"


def test_every_sentence_of_the_mails_is_in_the_template_for_translators() -> None:
    root = Path(__file__).parents[2]
    with (root / "locale" / "messages.pot").open("rb") as source:
        known = {singular(message.id) for message in read_po(source)}
    method = [("**.txt", "jinja2"), ("**.html", "jinja2")]
    options = {"**.txt": {"silent": "false"}, "**.html": {"silent": "false"}}
    found = extract_from_dir(root / "templates" / "emails", method, options)
    missing = {singular(message) for _, _, message, *_ in found} - known
    assert not missing, "run the first command in babel.cfg"


def singular(message: Any) -> str:
    return str(message if isinstance(message, str) else message[0])
