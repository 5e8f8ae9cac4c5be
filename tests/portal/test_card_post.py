"""The button of the card page: a fresh provider page, kept before the customer goes there."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from app.cases.card_sessions import sessions_of
from app.core.db import Database
from app.core.errors import ProviderError
from tests.portal.factories import (
    EXPIRED,
    NOW,
    PUBLIC_URL,
    FakeApplication,
    FakePages,
    add_attempt,
    add_case,
    dump,
    invoice,
    pause,
)

CONFIRM = replace(EXPIRED, decline_code="authentication_required")


def sessions(db: Database) -> list[tuple[str, str]]:
    with db.read() as session:
        return [(row.id, row.state) for row in sessions_of(session, "case_1")]


def fake(application: FakeApplication) -> FakePages:
    assert isinstance(application.pages, FakePages)
    return application.pages


def test_the_button_mints_a_page_keeps_it_and_leads_there(application: FakeApplication) -> None:
    add_case(application.db)
    response = application.client().post(application.card_url)
    assert response.status_code == 303
    assert response.headers["location"] == "https://checkout.stripe.com/c/pay/cs_1"
    assert response.headers["referrer-policy"] == "no-referrer"
    assert sessions(application.db) == [("cs_1", "open")]
    assert fake(application).calls == [
        {
            "page": "card",
            "customer": "cus_1",
            "currency": "eur",
            "return_url": f"{PUBLIC_URL}/card/{application.token()}?session={{SESSION}}",
            "case": "case_1",
        }
    ]


def test_pressing_twice_gives_two_pages_and_no_harm(application: FakeApplication) -> None:
    add_case(application.db)
    client = application.client()
    assert [client.post(application.card_url).status_code for _ in range(2)] == [303, 303]
    assert len(sessions(application.db)) == 2


def test_the_same_page_twice_is_kept_once(application: FakeApplication) -> None:
    add_case(application.db)
    add_attempt(application.db, "open", "cs_1")
    assert application.client().post(application.card_url).status_code == 303
    assert sessions(application.db) == [("cs_1", "open")]


def test_no_transaction_is_open_while_the_provider_is_asked(application: FakeApplication) -> None:
    add_case(application.db)
    open_connections = []

    def write_meanwhile() -> None:
        open_connections.append(application.db.engine.pool.checkedout())  # type: ignore[attr-defined]
        pause(application.db)  # on SQLite this would wait for a writer

    fake(application).during = write_meanwhile
    assert application.client().post(application.card_url).status_code == 303
    assert open_connections == [0]


def test_a_payment_to_confirm_leads_to_the_invoices_own_page_and_mints_no_session(
    application: FakeApplication,
) -> None:
    add_case(application.db, invoice(decline=CONFIRM, needs_action=True))
    response = application.client().post(application.card_url)
    assert response.headers["location"] == "https://invoice.stripe.com/i/in_1"
    assert fake(application).calls == [{"page": "invoice", "invoice": "in_1"}]
    assert sessions(application.db) == []


def test_an_invoice_that_is_no_longer_open_at_the_provider_asks_for_patience(
    application: FakeApplication,
) -> None:
    add_case(application.db, invoice(decline=CONFIRM))
    fake(application).invoice_url = None
    response = application.client().post(application.card_url)
    assert response.status_code == 200
    assert "There is nothing left to pay here" in response.text


@pytest.mark.parametrize(
    "outcome", ["recovered", "cancelled", "voided", "disputed", "written_off", "stopped"]
)
def test_a_closed_case_shows_its_state_and_mints_nothing(application: FakeApplication, outcome: str) -> None:
    add_case(application.db, state="closed", closed_at=NOW, outcome=outcome)
    before = dump(application.db)
    response = application.client().post(application.card_url)
    assert response.status_code == 200
    assert "<form" not in response.text
    assert fake(application).calls == []
    assert dump(application.db) == before


def test_a_lost_case_whose_invoice_is_open_leads_to_its_page_and_stores_nothing(
    application: FakeApplication,
) -> None:
    add_case(application.db, state="closed", closed_at=NOW, outcome="lost", subscription_status="unpaid")
    before = dump(application.db)
    response = application.client().post(application.card_url)
    assert response.headers["location"] == "https://invoice.stripe.com/i/in_1"
    assert dump(application.db) == before


@pytest.mark.parametrize("state", ["held", "paused", "charging"])
def test_nothing_is_minted_while_held_paused_or_charging(application: FakeApplication, state: str) -> None:
    add_case(application.db, state="held" if state == "held" else "open")
    if state == "paused":
        pause(application.db)
    if state == "charging":
        add_attempt(application.db, "charging")
    before = dump(application.db)
    assert application.client().post(application.card_url).status_code == 200
    assert fake(application).calls == []
    assert dump(application.db) == before


@pytest.mark.parametrize(
    ("headers", "status"),
    [
        ({}, 303),
        ({"Origin": PUBLIC_URL, "Sec-Fetch-Site": "same-origin"}, 303),
        ({"Origin": "null", "Sec-Fetch-Site": "same-origin"}, 303),
        ({"Origin": "https://evil.example"}, 403),
        ({"Origin": "https://evil.example", "Sec-Fetch-Site": "cross-site"}, 403),
        ({"Origin": "null", "Sec-Fetch-Site": "cross-site"}, 403),
        ({"Sec-Fetch-Site": "same-site"}, 403),
    ],
)
def test_a_form_on_another_site_is_refused(
    application: FakeApplication, headers: dict[str, str], status: int
) -> None:
    add_case(application.db)
    response = application.client().post(application.card_url, headers=headers)
    assert response.status_code == status
    assert len(sessions(application.db)) == (1 if status == 303 else 0)


@pytest.mark.parametrize(
    ("error", "status", "wait"),
    [
        (ProviderError("secret words", permanent=False, retry_after=timedelta(seconds=8)), 503, "8"),
        (ProviderError("secret words", permanent=False), 503, "5"),
        (ProviderError("secret words", permanent=True), 502, None),
    ],
)
def test_a_provider_that_does_not_answer_loses_nothing(
    application: FakeApplication, error: ProviderError, status: int, wait: str | None
) -> None:
    add_case(application.db)
    before = dump(application.db)
    fake(application).fails = error
    response = application.client().post(application.card_url)
    assert (response.status_code, response.headers.get("retry-after")) == (status, wait)
    assert "try again" in response.text.lower()
    assert "secret words" not in response.text
    assert dump(application.db) == before
    fake(application).fails = None
    assert application.client().post(application.card_url).status_code == 303


@pytest.mark.parametrize(
    "url", ["javascript:alert(1)", "http://plain.example/pay", "//evil.example/", "not-an-address"]
)
def test_a_provider_page_that_is_no_secure_address_is_not_gone_to(
    application: FakeApplication, url: str
) -> None:
    add_case(application.db)
    fake(application).url = url
    response = application.client().post(application.card_url)
    assert response.status_code == 502
    assert url not in response.text


def test_a_page_on_a_domain_that_the_form_policy_did_not_name_is_reached_by_a_page_of_ours(
    application: FakeApplication,
) -> None:
    add_case(application.db)
    fake(application).url = 'https://checkout.acme.example/c/pay/cs_1?a=1&b="'.rstrip('"')
    response = application.client().post(application.card_url)
    assert response.status_code == 200
    assert 'content="0;url=https://checkout.acme.example/c/pay/cs_1?a=1&amp;b="' in response.text
    assert sessions(application.db) == [("cs_1", "open")]


@pytest.mark.parametrize(
    ("hosted", "public_url", "status"),
    [
        ("https://invoice.stripe.com/i/1", PUBLIC_URL, 303),
        ("http://127.0.0.1:9000/i/1", "http://127.0.0.1:8000", 303),
        ("http://127.0.0.1:9000/i/1", PUBLIC_URL, 503),
        ("javascript:alert(1)", PUBLIC_URL, 503),
        (None, PUBLIC_URL, 503),
    ],
)
def test_without_a_provider_key_the_invoices_stored_address_serves(
    application: FakeApplication, hosted: Any, public_url: str, status: int
) -> None:
    application.pages, application.public_url = None, public_url
    add_case(application.db, invoice(hosted_url=hosted))
    response = application.client().post(application.card_url)
    assert response.status_code == status
    if status == 303:
        assert response.headers["location"] == hosted
    else:
        assert "Please write to us" in response.text
        assert "help@acme.example" in response.text


def test_the_merchants_colours_are_a_stylesheet_of_ours_with_readable_text(
    application: FakeApplication,
) -> None:
    application.brand = application.brand.model_copy(update={"accent": "#ffd400", "accent_text": "#ffffff"})
    response = application.client().get("/brand.css")
    assert response.headers["content-type"].startswith("text/css")
    assert response.text == ":root { --accent: #ffd400; --accent-text: #000000; }\n"
