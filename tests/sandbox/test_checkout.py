"""Checkout in all its modes, through its page and through the calls of the official command line."""

from __future__ import annotations

from typing import Any

import httpx
import pytest
import stripe

from sandbox.testing import RunningSandbox
from tests.sandbox.conftest import Inbox, Sdk

URLS = {
    "success_url": "https://shop.example/done?s={CHECKOUT_SESSION_ID}",
    "cancel_url": "https://shop.example/back",
}
CARD = {"number": "4242424242424242"}


def price_data(amount: int, **more: Any) -> dict[str, Any]:
    return {"currency": "usd", "unit_amount": amount, "product_data": {"name": "Thing"}, **more}


def one_off(client: Sdk, **more: Any) -> Any:
    """A session over 2 × 15.00 USD."""
    line = {"price_data": price_data(1500), "quantity": 2}
    return client.v1.checkout.sessions.create({"mode": "payment", "line_items": [line], **URLS, **more})


def subscribing(client: Sdk, **more: Any) -> Any:
    """A session over a plan of 29.00 USD a month."""
    line = {"price_data": price_data(2900, recurring={"interval": "month"}), "quantity": 1}
    return client.v1.checkout.sessions.create(
        {"mode": "subscription", "customer_email": "new@example.com", "line_items": [line], **URLS, **more}
    )


def test_a_one_off_payment_by_a_guest(client: Sdk, inbox: Inbox) -> None:
    session = one_off(
        client,
        client_reference_id="cart-7",
        payment_intent_data={"metadata": {"order": "17"}, "description": "Two things"},
    )
    assert (session.amount_total, session.currency, session.payment_status) == (3000, "usd", "unpaid")
    assert "30.00 USD" in httpx.get(session.url).text
    answer = httpx.post(session.url, data={**CARD, "email": "guest@example.com", "name": "Guest"})
    assert answer.headers["location"] == f"https://shop.example/done?s={session.id}"
    done = inbox.last("checkout.session.completed")
    assert (done["status"], done["payment_status"], done["client_reference_id"]) == (
        "complete",
        "paid",
        "cart-7",
    )
    assert (done["customer"], done["customer_details"]["email"]) == (None, "guest@example.com")
    intent = client.v1.payment_intents.retrieve(done["payment_intent"])
    assert (intent.amount_received, intent.description, intent.metadata.order) == (3000, "Two things", "17")


def test_line_items_are_listed_and_can_be_expanded(client: Sdk) -> None:
    session = one_off(client)
    listed = client.v1.checkout.sessions.line_items.list(session.id).data
    assert [(row.description, row.quantity, row.amount_total) for row in listed] == [("Thing", 2, 3000)]
    assert "line_items" not in session
    expanded = client.v1.checkout.sessions.retrieve(session.id, {"expand": ["line_items"]})
    assert expanded.line_items.data[0].price.unit_amount == 1500


def test_a_payment_makes_a_customer_only_when_asked_to(client: Sdk, inbox: Inbox) -> None:
    session = one_off(client, customer_creation="always")
    httpx.post(session.url, data={**CARD, "email": "kept@example.com"})
    done = inbox.last("checkout.session.completed")
    assert client.v1.customers.retrieve(done["customer"]).email == "kept@example.com"


def test_a_refused_card_leaves_the_page_open_and_the_next_one_pays_the_same_intent(
    client: Sdk, inbox: Inbox
) -> None:
    session = one_off(client)
    refused = httpx.post(session.url, data={"number": "4000000000009995"})
    assert (refused.status_code, "insufficient funds" in refused.text) == (402, True)
    assert client.v1.checkout.sessions.retrieve(session.id).status == "open"
    assert httpx.post(session.url, data=CARD).status_code == 303
    assert inbox.last("payment_intent.payment_failed")["id"] == inbox.last("payment_intent.succeeded")["id"]


@pytest.mark.parametrize("mode", ["payment", "subscription"])
def test_a_bank_that_wants_its_cardholder_asks_on_the_way(client: Sdk, inbox: Inbox, mode: str) -> None:
    session = one_off(client) if mode == "payment" else subscribing(client)
    asked = httpx.post(session.url, data={"number": "4000002760003184"})
    assert "Your bank asks you to confirm" in asked.text
    assert "checkout.session.completed" not in inbox.types()
    answer = httpx.post(session.url, data={"number": "4000002760003184", "confirmed": "yes"})
    assert answer.status_code == 303
    assert inbox.last("checkout.session.completed")["payment_status"] == "paid"


def test_a_subscription_with_its_data_starts_and_belongs_to_a_new_customer(client: Sdk, inbox: Inbox) -> None:
    session = subscribing(client, subscription_data={"metadata": {"a": "b"}, "description": "Pro"})
    httpx.post(session.url, data=CARD)
    done = inbox.last("checkout.session.completed")
    made = client.v1.subscriptions.retrieve(done["subscription"])
    assert (made.status, made.metadata.a, made.description) == ("active", "b", "Pro")
    assert client.v1.customers.retrieve(done["customer"]).email == "new@example.com"
    assert client.v1.invoices.retrieve(done["invoice"]).status == "paid"
    assert made.default_payment_method.startswith("pm_")


def test_nothing_is_left_of_a_subscription_whose_first_charge_fails(client: Sdk, inbox: Inbox) -> None:
    session = subscribing(client)
    assert httpx.post(session.url, data={"number": "4000000000000341"}).status_code == 402
    assert client.v1.customers.list().data == []
    assert client.v1.subscriptions.list({"status": "all"}).data == []
    assert client.v1.checkout.sessions.retrieve(session.id).customer is None
    assert "customer.created" not in inbox.types()
    assert "charge.failed" in inbox.types()


def test_a_trial_asks_for_a_card_and_charges_nothing_yet(client: Sdk, inbox: Inbox) -> None:
    session = subscribing(client, subscription_data={"trial_period_days": 14})
    assert (session.amount_total, session.payment_status) == (0, "no_payment_required")
    httpx.post(session.url, data=CARD)
    done = inbox.last("checkout.session.completed")
    made = client.v1.subscriptions.retrieve(done["subscription"])
    assert (made.status, done["payment_status"]) == ("trialing", "no_payment_required")
    assert made.default_payment_method is not None


def test_a_trial_may_start_without_a_card(client: Sdk, inbox: Inbox) -> None:
    session = subscribing(
        client, subscription_data={"trial_period_days": 14}, payment_method_collection="if_required"
    )
    assert 'name="number"' not in httpx.get(session.url).text
    httpx.post(session.url, data={"email": "new@example.com"})
    made = client.v1.subscriptions.retrieve(inbox.last("checkout.session.completed")["subscription"])
    assert (made.status, made.default_payment_method) == ("trialing", None)


def test_a_discount_of_the_session_reaches_the_subscription(client: Sdk, inbox: Inbox) -> None:
    coupon = client.v1.coupons.create({"percent_off": 50, "duration": "forever"})
    session = subscribing(client, discounts=[{"coupon": coupon.id}])
    assert (session.amount_subtotal, session.amount_total) == (2900, 1450)
    assert session.total_details.amount_discount == 1450
    httpx.post(session.url, data=CARD)
    done = inbox.last("checkout.session.completed")
    assert client.v1.invoices.retrieve(done["invoice"]).amount_paid == 1450
    assert client.v1.coupons.retrieve(coupon.id).times_redeemed == 1


def test_a_code_typed_on_the_page_lowers_what_is_due(client: Sdk, inbox: Inbox) -> None:
    coupon = client.v1.coupons.create({"amount_off": 1000, "currency": "usd"})
    code = client.v1.promotion_codes.create(
        {"promotion": {"type": "coupon", "coupon": coupon.id}, "code": "TENOFF"}
    )
    session = one_off(client, allow_promotion_codes=True)
    assert httpx.post(session.url, data={"promotion_code": "NOPE", "apply": "yes"}).status_code == 402
    shown = httpx.post(session.url, data={"promotion_code": "tenoff", "apply": "yes"})
    assert (shown.status_code, "20.00 USD" in shown.text) == (200, True)
    httpx.post(session.url, data=CARD)
    done = inbox.last("checkout.session.completed")
    assert (done["amount_total"], done["discounts"]) == (2000, [{"coupon": None, "promotion_code": code.id}])
    assert client.v1.promotion_codes.retrieve(code.id).times_redeemed == 1


def test_consents_are_asked_for_and_written_down(client: Sdk, inbox: Inbox) -> None:
    asked = {"promotions": "auto", "terms_of_service": "required"}
    session = one_off(client, consent_collection=asked)
    assert session.consent is None
    assert httpx.post(session.url, data=CARD).status_code == 402, "the terms were not accepted"
    httpx.post(session.url, data={**CARD, "terms": "yes"})
    consent = inbox.last("checkout.session.completed")["consent"]
    assert consent == {"promotions": "opt_out", "terms_of_service": "accepted"}
    again = one_off(client, consent_collection=asked)
    httpx.post(again.url, data={**CARD, "terms": "yes", "promotions": "yes"})
    assert inbox.last("checkout.session.completed")["consent"]["promotions"] == "opt_in"


def test_a_bank_debit_completes_the_session_before_its_payment_ends(client: Sdk, inbox: Inbox) -> None:
    for iban, ending, status in (
        ("AT611904300234573201", "succeeded", "paid"),
        ("AT861904300235473202", "failed", "unpaid"),
    ):
        line = {"price_data": {**price_data(1500), "currency": "eur"}, "quantity": 1}
        session = one_off(client, payment_method_types=["sepa_debit"], line_items=[line])
        httpx.post(session.url, data={"iban": iban, "email": "a@example.com"})
        assert inbox.last("checkout.session.completed")["payment_status"] == "unpaid"
        assert inbox.last(f"checkout.session.async_payment_{ending}")["id"] == session.id
        assert client.v1.checkout.sessions.retrieve(session.id).payment_status == status


def test_an_expired_session_can_be_recovered_by_its_link(
    sandbox: RunningSandbox, client: Sdk, inbox: Inbox
) -> None:
    session = one_off(
        client,
        expires_at=sandbox.state.now + 3600,
        after_expiration={"recovery": {"enabled": True, "allow_promotion_codes": True}},
    )
    sandbox.advance("2026-01-31T11:00:00Z")
    over = inbox.last("checkout.session.expired")
    assert (over["id"], over["status"], over["url"]) == (session.id, "expired", None)
    link = over["after_expiration"]["recovery"]
    assert link["expires_at"] == over["expires_at"] + 30 * 86400
    target = httpx.get(link["url"]).headers["location"]
    copy = client.v1.checkout.sessions.retrieve(target.rsplit("/", 1)[-1])
    assert (copy.recovered_from, copy.status, copy.allow_promotion_codes) == (session.id, "open", True)


def test_only_an_open_session_can_be_expired(client: Sdk) -> None:
    session = one_off(client)
    assert client.v1.checkout.sessions.expire(session.id).status == "expired"
    with pytest.raises(stripe.InvalidRequestError):
        client.v1.checkout.sessions.expire(session.id)
    assert httpx.get(f"{session.url}").status_code == 410


def test_a_session_that_makes_no_sense_is_refused(sandbox: RunningSandbox, client: Sdk) -> None:
    reader = sandbox.subscriber()
    monthly = {"price": reader.price, "quantity": 1}
    bad: list[dict[str, Any]] = [
        {"mode": "payment", "line_items": [monthly]},
        {"mode": "payment"},
        {"mode": "subscription", "line_items": [{"price_data": price_data(1), "quantity": 1}]},
        {"mode": "subscription", "line_items": [{"price": reader.price}]},
        {"mode": "subscription", "line_items": [monthly], "expires_at": sandbox.state.now + 60},
        {
            "mode": "subscription",
            "line_items": [monthly],
            "customer": reader.customer,
            "customer_email": "a@b.example",
        },
        {"mode": "subscription", "line_items": [monthly], "success_url": ""},
        {"mode": "setup", "line_items": [monthly]},
    ]
    for params in bad:
        with pytest.raises(stripe.InvalidRequestError):
            client.v1.checkout.sessions.create({**URLS, **params})


def test_an_embedded_session_has_a_secret_instead_of_a_page(client: Sdk) -> None:
    line = {"price_data": price_data(1500), "quantity": 1}
    session = client.v1.checkout.sessions.create(
        {
            "mode": "payment",
            "line_items": [line],
            "ui_mode": "embedded_page",
            "return_url": "https://a.example",
        }
    )
    assert (session.url, session.client_secret.startswith(session.id)) == (None, True)


def test_the_command_lines_calls_pay_only_the_amount_that_was_shown(client: Sdk, inbox: Inbox) -> None:
    session = one_off(client)
    method = client.v1.payment_methods.create({"type": "card", "card": {"token": "tok_visa"}})
    path = f"/v1/payment_pages/{session.id}/confirm"
    with pytest.raises(stripe.InvalidRequestError):
        client.raw_request("post", path, payment_method=method.id, expected_amount=2999)
    client.raw_request("post", path, payment_method=method.id, expected_amount=3000)
    assert inbox.last("checkout.session.completed")["id"] == session.id


def test_a_page_belongs_to_the_time_of_its_customers_test_clock(client: Sdk, inbox: Inbox) -> None:
    clock = client.v1.test_helpers.test_clocks.create({"frozen_time": 1_800_000_000})
    customer = client.v1.customers.create({"test_clock": clock.id})
    session = one_off(client, customer=customer.id)
    httpx.post(session.url, data=CARD)
    charge = client.v1.charges.list({"customer": customer.id}).data[0]
    assert charge.created == 1_800_000_000
