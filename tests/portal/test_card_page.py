"""What the card page shows. On both databases."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from app.billing.facts import Decline
from app.billing.states import InvoiceState
from tests.portal.factories import (
    EXPIRED,
    NOW,
    FakeApplication,
    add_attempt,
    add_case,
    invoice,
    pause,
)


def shown(application: FakeApplication, query: str = "", **headers: str) -> str:
    response = application.client().get(application.card_url + query, headers=headers)
    assert response.status_code == 200, response.text
    return response.text


def test_an_open_payment_shows_what_failed_with_which_card_how_much_and_when(
    application: FakeApplication,
) -> None:
    add_case(application.db)
    html = shown(application)
    assert "The card we have on file, ending in 4242, has passed its expiry date." in html
    assert "Visa ending in 4242" in html
    assert "€29.00" in html
    assert "June 1" in html  # in Berlin; in UTC it was the last of May
    assert '<form method="post" action="?"><button class="button" type="submit">Update card and pay' in html
    assert "ACME LETTERS" in html
    assert "help@acme.example" in html
    assert 'http-equiv="refresh"' not in html


def test_nothing_of_the_customer_is_shown_but_brand_digits_and_amount(application: FakeApplication) -> None:
    add_case(application.db, invoice(number="ACME-0042", decline=replace(EXPIRED, last4="42424242")))
    html = shown(application)
    for secret in ("Jane", "private.example", "cus_1", "in_1", "case_1", "ACME-0042", "fp_old", "42424242"):
        assert secret not in html


@pytest.mark.parametrize(
    "code", ["lost_card", "stolen_card", "pickup_card", "fraudulent", "merchant_blacklist"]
)
def test_lost_stolen_and_fraud_look_like_any_other_refusal(application: FakeApplication, code: str) -> None:
    add_case(application.db, invoice(decline=replace(EXPIRED, decline_code=code)))
    html = shown(application).lower()
    for word in ("lost", "stolen", "fraud", "pickup", "security", "blacklist", "suspect"):
        assert word not in html
    assert "the bank behind your card did not approve the payment." in html


@pytest.mark.parametrize(
    ("decline", "needs_action", "button", "words"),
    [
        (EXPIRED, True, "Update card and pay", "expiry date"),
        (Decline(decline_code="authentication_required", method_type="card"), True, "Confirm payment", "approval"),
        (Decline(decline_code="debit_not_authorized", method_type="sepa_debit"), False, "Update payment method",
         "mandate"),
        (Decline(code="no_payment_method"), False, "Add a payment method", "no payment method on file"),
        (None, False, "Update payment method", "was not completed"),
    ],
)  # fmt: skip
def test_the_button_and_the_words_fit_the_failure(
    application: FakeApplication, decline: Decline | None, needs_action: bool, button: str, words: str
) -> None:
    add_case(application.db, invoice(decline=decline, needs_action=needs_action))
    html = shown(application)
    assert f">{button}</button>" in html
    assert words in html


def test_several_invoices_are_listed_with_a_total_for_each_currency(application: FakeApplication) -> None:
    yen = invoice("in_2", label="Archive", currency="jpy", amount_due_minor=1500, amount_remaining_minor=1500)
    add_case(application.db, invoice(), invoice("in_3", amount_remaining_minor=1000), yen)
    html = shown(application)
    assert html.count('class="sum"') == 2
    assert "€39.00" in html
    assert html.count("¥1,500") == 2
    assert "the newest payment is collected" in html


@pytest.mark.parametrize(
    ("case", "invoiced", "subscription", "words"),
    [
        ({"outcome": "recovered"}, {"status": "paid"}, "active", "All settled, thank you!"),
        ({"outcome": "lost"}, {}, "canceled", "Your subscription has ended"),
        ({"outcome": "lost"}, {}, "unpaid", "Your subscription is paused"),
        ({"outcome": "lost"}, {}, "past_due", "Your payment is still open"),
        ({"outcome": "lost"}, {"status": "paid"}, "canceled", "Your payment has arrived."),
        ({"outcome": "cancelled"}, {}, "canceled", "Your subscription is cancelled"),
        ({"outcome": "voided"}, {"status": "void"}, "active", "There is nothing to pay"),
        (
            {"outcome": "written_off"},
            {"status": "uncollectible"},
            "active",
            "We no longer ask for this payment",
        ),
        ({"outcome": "disputed"}, {}, "active", "Your bank is looking into this payment"),
        ({"outcome": "stopped"}, {}, "active", "There is nothing to do here"),
        (
            {"state": "held", "held_reason": "ticket 7 of Jane"},
            {},
            "past_due",
            "nothing you need to do right now",
        ),
    ],
)
def test_a_case_that_is_over_or_held_says_so_in_plain_words(
    application: FakeApplication,
    case: dict[str, Any],
    invoiced: dict[str, Any],
    subscription: str,
    words: str,
) -> None:
    values: dict[str, Any] = {"state": "closed", "closed_at": NOW} | case
    add_case(application.db, invoice(**invoiced), subscription_status=subscription, **values)
    html = shown(application)
    assert words in html
    assert "ticket 7" not in html
    assert "Update card" not in html


def test_an_ended_subscription_leads_back_only_where_a_website_is_known(application: FakeApplication) -> None:
    values: dict[str, Any] = {"state": "closed", "closed_at": NOW, "outcome": "lost"}
    add_case(application.db, subscription_status="canceled", **values)
    assert ">Subscribe again</a>" in shown(application)
    for website in (None, "javascript:alert(1)"):
        application.brand = application.brand.model_copy(update={"website": website})
        assert "Subscribe again" not in shown(application)
        assert "javascript" not in shown(application)


@pytest.mark.parametrize("state", ["charging", "open"])
def test_after_the_new_card_the_page_reloads_itself_for_a_while_and_then_stops(
    application: FakeApplication, state: str
) -> None:
    add_case(application.db)
    add_attempt(application.db, state)
    html = shown(application, "?session=cs_1&reload=3")
    assert "We are charging your new card" in html
    assert '<meta http-equiv="refresh" content="3;url=?session=cs_1&amp;reload=4">' in html
    for last in ("30", "999", "-1", "x" * 5000, "٣"):
        html = shown(application, f"?session=cs_1&reload={last}")
        assert "may take a few minutes" in html
        assert "refresh" not in html
        assert "<form" not in html


def test_a_session_of_somebody_else_or_a_page_turned_back_from_changes_nothing(
    application: FakeApplication,
) -> None:
    add_case(application.db)
    add_attempt(application.db, "open")
    for query in ("?session=", "?session=cs_of_somebody_else", "?session=%00%22%3E"):
        html = shown(application, query)
        assert "Update card and pay" in html
        assert "somebody" not in html


@pytest.mark.parametrize(
    ("attempt", "words", "button"),
    [
        ({"state": "declined", "decline": {"status": "declined", "decline_code": "do_not_honor"}},
         "Your bank did not approve it and gave us no reason.", "Update card and pay"),
        ({"state": "declined", "decline": {"status": "declined", "decline_code": "stolen_card"}},
         "The bank behind your card did not approve the payment.", "Update card and pay"),
        ({"state": "declined", "decline": {"status": "needs_action"}}, "Your new card is saved.", "Confirm payment"),
        ({"state": "declined", "decline": {"status": "banned"}}, "This is the same card as before",
         "Update card and pay"),
        ({"state": "failed", "decline": {"status": "unknown"}}, "We could not use the new card",
         "Update card and pay"),
    ],
)  # fmt: skip
def test_what_became_of_the_new_card_is_shown_at_once(
    application: FakeApplication, attempt: dict[str, Any], words: str, button: str
) -> None:
    add_case(application.db)
    add_attempt(application.db, **attempt)
    html = shown(application, "?session=cs_1")
    assert words in html
    assert f">{button}</button>" in html


def test_while_sending_is_paused_the_page_says_so_and_has_no_button(application: FakeApplication) -> None:
    add_case(application.db)
    pause(application.db)
    html = shown(application)
    assert "We have paused all payments for the moment" in html
    assert "secret reason" not in html
    assert "<form" not in html


def test_a_retry_of_the_provider_is_announced_only_with_its_date_and_only_in_the_future(
    application: FakeApplication,
) -> None:
    soft = replace(EXPIRED, decline_code="insufficient_funds")

    def again(at: Any) -> InvoiceState:
        return invoice(decline=soft, next_payment_attempt_at=at)

    add_case(application.db, again(NOW + timedelta(days=3)))
    html = shown(application)
    assert "We will try again on Saturday, June 6" in html
    assert "fund" not in html.lower()
    application.at = NOW + timedelta(days=4)
    assert "We will try again" not in shown(application)
