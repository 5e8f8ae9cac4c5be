"""What every card page keeps to: it changes nothing, lets nothing in, and speaks the right language."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from app.core.i18n import Catalogues
from tests.portal.factories import (
    EXPIRED,
    FakeApplication,
    add_attempt,
    add_case,
    customer,
    dump,
    invoice,
)


def shown(application: FakeApplication, query: str = "", **headers: str) -> str:
    response = application.client().get(application.card_url + query, headers=headers)
    assert response.status_code == 200, response.text
    return response.text


def test_hostile_words_of_a_plan_are_text(application: FakeApplication) -> None:
    label = "<script>alert(1)</script>{{ 7*7 }}%(brand)s\"'\u202e x"
    decline = replace(EXPIRED, brand="<b>visa", last4='"><i')
    who = customer(name="<img src=x onerror=alert(1)>", locale='"><script>')
    add_case(application.db, invoice(label=label, decline=decline), who=who)
    html = shown(application)
    assert "&lt;script&gt;alert(1)&lt;/script&gt;{{ 7*7 }}%(brand)s" in html
    for markup in ("<script", "<img", "<b>", "<i", "\u202e"):
        assert markup not in html.replace("<input", "")


@pytest.mark.parametrize("query", ["", "?session=cs_1", "?session=cs_1&reload=29"])
def test_get_head_and_options_change_no_row(application: FakeApplication, query: str) -> None:
    add_case(application.db)
    add_attempt(application.db, "open")
    before = dump(application.db)
    client = application.client()
    for method, status in (("GET", 200), ("HEAD", 200), ("OPTIONS", 204)):
        assert client.request(method, application.card_url + query).status_code == status
    assert dump(application.db) == before
    assert application.pages.calls == []  # type: ignore[union-attr]


def test_every_page_has_the_strict_headers_and_loads_nothing_from_elsewhere(
    application: FakeApplication,
) -> None:
    add_case(application.db)
    client = application.client()
    for url in (application.card_url, "/card/forged"):
        headers = client.get(url).headers
        assert headers["content-security-policy"].startswith("default-src 'none'; style-src 'self'")
        assert "frame-ancestors 'none'" in headers["content-security-policy"]
        assert headers["referrer-policy"] == "no-referrer"
        assert headers["cache-control"] == "no-store"
        assert headers["x-robots-tag"] == "noindex, nofollow"
        assert "set-cookie" not in headers
    html = shown(application)
    assert "style=" not in html
    assert application.token() not in html
    assert [line for line in html.splitlines() if "stylesheet" in line] == [
        '<link rel="stylesheet" href="/assets/portal.css">',
        '<link rel="stylesheet" href="/brand.css">',
    ]


def test_the_form_may_lead_to_the_provider_a_stand_in_and_the_invoices_own_domain(
    application: FakeApplication,
) -> None:
    application.stripe_api_base = "https://stand-in.example/base"
    add_case(application.db, invoice(hosted_url="https://billing.acme.example/i/1"))
    policy = application.client().get(application.card_url).headers["content-security-policy"]
    form = next(part for part in policy.split("; ") if part.startswith("form-action"))
    assert form.split()[1:] == [
        "'self'", "https://checkout.stripe.com", "https://invoice.stripe.com", "https://billing.stripe.com",
        "https://billing.acme.example", "https://stand-in.example",
    ]  # fmt: skip


GERMAN = """
msgid ""
msgstr ""
"Content-Type: text/plain; charset=utf-8\\n"
"Plural-Forms: nplurals=2; plural=(n != 1);\\n"

msgid "Update card and pay"
msgstr "Karte ändern & zahlen"

msgid "Not collected on %(day)s"
msgstr "Nicht eingezogen am %(day)s"
"""


@pytest.mark.parametrize(
    ("locale", "accept", "brand", "lang"),
    [
        ("de-AT", "en", "en", "de-AT"),
        (None, "fr;q=0.9, de-CH;q=0.5", "en", "de-CH"),
        ("fr-FR", None, "de", "de"),
        ("fr-FR", "fr, en-GB;q=0.4", "de", "en-GB"),
        (None, "xx, \u00ff", "en", "en"),
    ],
)
def test_the_page_speaks_the_customers_language_then_the_browsers_then_the_brands(
    application: FakeApplication,
    tmp_path: Path,
    locale: str | None,
    accept: str | None,
    brand: str,
    lang: str,
) -> None:
    path = tmp_path / "words" / "de" / "LC_MESSAGES" / "messages.po"
    path.parent.mkdir(parents=True)
    path.write_text(GERMAN, "utf-8")
    application.brand = application.brand.model_copy(update={"default_locale": brand})
    add_case(application.db, who=customer(locale=locale))
    client = application.client(Catalogues(tmp_path / "words"))
    html = client.get(
        application.card_url, headers={b"Accept-Language": (accept or "").encode("latin-1")}
    ).text
    assert f'<html lang="{lang}"' in html
    assert ("Karte ändern &amp; zahlen" in html) is lang.startswith("de")
    assert ("Nicht eingezogen am 1. Juni" in html) is lang.startswith("de")
