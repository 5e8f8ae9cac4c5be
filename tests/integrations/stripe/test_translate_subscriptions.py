"""Subscriptions and customers of every era."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from app.billing.facts import CustomerSeen, InvoiceSeen, PaymentMethodSeen, SubscriptionItem, SubscriptionSeen
from tests.integrations.stripe.translate_bodies import (
    AT,
    CREATED,
    Json,
    card_method,
    invoice,
    only,
    payment,
    read,
    refused_intent,
    subscription,
    told,
)

DAY = 86_400


def seen(obj: Json) -> SubscriptionSeen:
    return only(read(obj), SubscriptionSeen)


def items(*rows: Json) -> Json:
    return {"object": "list", "data": list(rows)}


def customer(**fields: object) -> Json:
    return {"id": "cus_1", "object": "customer"} | fields


def test_the_period_ends_with_the_item_that_ends_first() -> None:
    month = {"current_period_start": CREATED - 30 * DAY, "current_period_end": CREATED}
    year = {"current_period_start": CREATED - 300 * DAY, "current_period_end": CREATED + 65 * DAY}
    got = seen(subscription(items=items(year, month)))
    assert (got.period_start_at, got.period_end_at) == (AT - timedelta(days=30), AT)


def test_the_period_of_old_stands_on_the_subscription() -> None:
    got = seen(subscription(items=items({"id": "si_1"}), current_period_end=CREATED))
    assert got.period_end_at == AT


@pytest.mark.parametrize(
    "fields",
    [
        {"cancel_at": CREATED, "cancel_at_period_end": False},
        {"cancel_at_period_end": True, "current_period_end": CREATED},
        {"cancel_at_period_end": True, "items": items({"current_period_end": CREATED})},
    ],
)
def test_a_scheduled_end_is_found_however_it_was_asked_for(fields: Json) -> None:
    assert seen(subscription(**fields)).cancel_at == AT


def test_no_end_is_scheduled_where_none_was_asked_for() -> None:
    got = seen(subscription(cancel_at=None, cancel_at_period_end=False, current_period_end=CREATED))
    assert got.cancel_at is None


def test_who_cancelled_and_why_is_kept_verbatim() -> None:
    got = seen(subscription(cancellation_details={"reason": "payment_failed", "feedback": "too_expensive"}))
    assert (got.cancellation_reason, got.cancellation_feedback) == ("payment_failed", "too_expensive")


def test_a_pause_of_collection_is_seen_although_the_status_stays_active() -> None:
    got = seen(subscription(pause_collection={"behavior": "void", "resumes_at": CREATED}))
    assert (got.status, got.paused_collection, got.pause_resumes_at) == ("active", True, AT)


def test_a_paused_subscription_says_why() -> None:
    details = {"paused": {"subscription": {"type": "final_payment_failure"}}}
    assert seen(subscription(status="paused", status_details=details)).pause_reason == "final_payment_failure"


@pytest.mark.parametrize(
    ("asked", "forced"), [("any", True), ("challenge", True), ("automatic", False), (None, False)]
)
def test_three_d_secure_on_every_payment_is_seen(asked: str | None, forced: bool) -> None:
    options = {"payment_method_options": {"card": {"request_three_d_secure": asked}}}
    assert seen(subscription(payment_settings=options)).forces_three_d_secure is forced


def test_an_item_is_read_from_its_price() -> None:
    price = {
        "id": "price_1",
        "nickname": "Gold",
        "product": "prod_1",
        "unit_amount": 900,
        "currency": "eur",
        "recurring": {"interval": "month", "interval_count": 3, "usage_type": "metered"},
    }
    got = seen(
        subscription(items=items({"id": "si_1", "price": price, "plan": {"id": "old"}, "quantity": 2}))
    )
    assert got.items == (
        SubscriptionItem("si_1", "price_1", "prod_1", "Gold", 900, "eur", "month", 3, 2, metered=True),
    )


def test_an_item_of_old_is_read_from_its_plan() -> None:
    plan = {"id": "gold", "name": "Gold", "amount": 900, "currency": "eur", "interval": "year"}
    expected = SubscriptionItem(None, "gold", None, "Gold", 900, "eur", "year", 1, 2)
    assert seen(subscription(items=items({"plan": plan, "quantity": 2}))).items == (expected,)
    assert seen(subscription(plan=plan, quantity=2)).items == (expected,)


def test_a_tiered_price_has_no_amount_a_unit() -> None:
    price = {"id": "price_1", "unit_amount": None, "recurring": {"interval": "month"}}
    plan = {"id": "price_1", "amount": 5, "interval": "month"}
    assert seen(subscription(items=items({"price": price, "plan": plan}))).items[0].amount_minor is None


def test_an_expanded_latest_invoice_is_seen_with_its_decline() -> None:
    latest = invoice(payments={"data": [payment(refused_intent())]})
    facts = read(subscription(latest_invoice=latest))
    assert only(facts, SubscriptionSeen).latest_invoice_id == "in_1"
    assert only(facts, InvoiceSeen).decline is not None


def test_an_expanded_payment_method_is_seen() -> None:
    facts = read(subscription(default_payment_method=card_method()))
    assert only(facts, SubscriptionSeen).default_payment_method_id == "pm_1"
    assert only(facts, PaymentMethodSeen).last4 == "4242"


def test_an_unknown_status_is_kept_verbatim() -> None:
    assert seen(subscription(status="of_next_year")).status == "of_next_year"


def test_a_customer_is_read_with_all_we_may_need_to_write_a_letter() -> None:
    facts = told(
        "customer.updated",
        customer(
            email="ada@example.com",
            name="Ada Lovelace",
            preferred_locales=["en-GB", "fr"],
            address={"country": "GB"},
            metadata={"timezone": "Europe/London"},
            invoice_settings={"default_payment_method": {"id": "pm_1"}},
            default_source="card_1",
            delinquent=True,
        ),
    ).facts
    got = only(facts, CustomerSeen)
    assert (got.email, got.name, got.locale) == ("ada@example.com", "Ada Lovelace", "en-GB")
    assert (got.country, got.time_zone, got.delinquent) == ("GB", "Europe/London", True)
    assert (got.default_payment_method_id, got.default_source_id) == ("pm_1", "card_1")


def test_a_deleted_customer_is_seen_as_deleted() -> None:
    assert only(told("customer.deleted", customer(email=None)).facts, CustomerSeen).deleted


def test_legacy_cards_of_a_customer_are_seen() -> None:
    source = {"id": "card_1", "object": "card", "brand": "American Express", "last4": "0005", "exp_month": 1}
    got = only(read(customer(sources=items(source))), PaymentMethodSeen)
    assert (got.type, got.brand, got.last4) == ("card", "amex", "0005")


@pytest.mark.parametrize("seconds", [0, -5, 10**18, "1760000000", True, 1e300])
def test_a_time_that_is_none_is_absent(seconds: object) -> None:
    assert seen(subscription(trial_end=seconds)).trial_end_at is None


def test_a_time_with_a_fraction_is_read() -> None:
    assert seen(subscription(trial_end=0.5)).trial_end_at == datetime(1970, 1, 1, 0, 0, 0, 500_000, UTC)
