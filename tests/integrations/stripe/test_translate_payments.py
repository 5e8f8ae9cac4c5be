"""Payments, disputes, payment methods, and pages on which a card was saved."""

from __future__ import annotations

import pytest

from app.billing.facts import (
    CardSessionCompleted,
    CheckoutCompleted,
    CheckoutExpired,
    DisputeSeen,
    PaymentMethodSeen,
    PaymentSeen,
    SetupSucceeded,
)
from tests.integrations.stripe.translate_bodies import AT, Json, card_method, only, read, refused_intent, told


def charge(**fields: object) -> Json:
    usual = {"id": "ch_1", "object": "charge", "amount": 2900, "currency": "eur", "payment_intent": "pi_1"}
    return usual | fields


def test_a_failed_intent_carries_its_reason() -> None:
    got = only(told("payment_intent.payment_failed", refused_intent()).facts, PaymentSeen)
    assert got.failed
    assert got.decline is not None
    assert (got.payment_id, got.charge_id, got.amount_minor) == ("pi_1", "ch_1", 2900)


def test_a_failed_intent_without_a_reason_has_failed_all_the_same() -> None:
    got = only(
        told("payment_intent.payment_failed", refused_intent() | {"last_payment_error": None}).facts,
        PaymentSeen,
    )
    assert got.failed
    assert got.decline is None


def test_an_error_that_names_no_reason_is_no_decline() -> None:
    got = only(read(refused_intent() | {"last_payment_error": {"type": "idempotency_error"}}), PaymentSeen)
    assert got.decline is None
    assert not got.failed


@pytest.mark.parametrize("status", ["succeeded", "processing", "canceled"])
def test_an_error_of_a_settled_intent_is_history(status: str) -> None:
    got = only(read(refused_intent() | {"status": status}), PaymentSeen)
    assert not got.failed
    assert got.decline is None


def test_an_expanded_charge_adds_what_only_the_network_knows() -> None:
    outcome = {"type": "blocked", "reason": "highest_risk_level", "network_advice_code": "03"}
    got = only(
        read(refused_intent() | {"latest_charge": charge(status="failed", outcome=outcome)}), PaymentSeen
    )
    assert got.decline is not None
    assert (got.decline.outcome_type, got.decline.outcome_reason) == ("blocked", "highest_risk_level")
    assert got.decline.network_advice_code == "03"


def test_a_failed_charge_is_a_payment_under_the_id_of_its_intent() -> None:
    failed = charge(
        status="failed",
        failure_code="card_declined",
        outcome={"type": "issuer_declined", "reason": "do_not_honor", "advice_code": "try_again_later"},
        payment_method="pm_1",
        payment_method_details={"type": "card", "card": {"brand": "visa", "wallet": {"type": "apple_pay"}}},
    )
    got = only(told("charge.failed", failed).facts, PaymentSeen)
    assert (got.payment_id, got.charge_id, got.failed) == ("pi_1", "ch_1", True)
    assert got.decline is not None
    assert (got.decline.code, got.decline.decline_code) == ("card_declined", "do_not_honor")
    assert (got.decline.advice_code, got.decline.wallet) == ("try_again_later", "apple_pay")


def test_a_blocked_charge_has_no_decline_code_of_a_bank() -> None:
    blocked = charge(status="failed", outcome={"type": "blocked", "reason": "highest_risk_level"})
    decline = only(told("charge.failed", blocked).facts, PaymentSeen).decline
    assert decline is not None
    assert (decline.decline_code, decline.outcome_reason) == (None, "highest_risk_level")


def test_a_charge_without_an_intent_stands_for_itself() -> None:
    got = only(told("charge.succeeded", charge(payment_intent=None, status="succeeded")).facts, PaymentSeen)
    assert (got.payment_id, got.failed, got.decline) == ("ch_1", False, None)


def test_a_refund_and_a_dispute_are_seen_on_the_charge() -> None:
    got = only(
        told("charge.refunded", charge(status="succeeded", amount_refunded=900, disputed=True)).facts,
        PaymentSeen,
    )
    assert (got.refunded_minor, got.disputed) == (900, True)


def test_a_dispute_names_its_payment_be_it_expanded_or_not() -> None:
    for reference in ("ch_1", charge()):
        dispute = {
            "id": "dp_1",
            "object": "dispute",
            "charge": reference,
            "payment_intent": "pi_1",
            "amount": 5,
        }
        got = only(told("charge.dispute.created", dispute).facts, DisputeSeen)
        assert (got.dispute_id, got.charge_id, got.payment_intent_id) == ("dp_1", "ch_1", "pi_1")


def test_a_dispute_of_old_is_known_by_its_charge() -> None:
    got = only(read({"object": "dispute", "charge": "ch_1"}), DisputeSeen)
    assert got.dispute_id == "ch_1"


def test_a_detached_method_tells_whose_it_was() -> None:
    gone = card_method(customer=None)
    got = only(
        told("payment_method.detached", gone, previous_attributes={"customer": "cus_1"}).facts,
        PaymentMethodSeen,
    )
    assert (got.customer_id, got.detached_from) == (None, "cus_1")


def test_a_deleted_legacy_card_tells_whose_it_was() -> None:
    card = {"id": "card_1", "object": "card", "customer": "cus_1"}
    got = only(told("customer.source.deleted", card).facts, PaymentMethodSeen)
    assert (got.customer_id, got.detached_from) == (None, "cus_1")


def test_the_network_updater_is_recognised() -> None:
    assert only(
        told("payment_method.automatically_updated", card_method()).facts, PaymentMethodSeen
    ).auto_updated
    assert not only(told("payment_method.updated", card_method()).facts, PaymentMethodSeen).auto_updated


@pytest.mark.parametrize(
    ("more", "updated"),
    [
        ({"request": {"id": None}, "previous_attributes": {"exp_year": 2024}}, True),
        ({"request": None, "previous_attributes": {"last4": "1111"}}, True),
        ({"request": {"id": "req_1"}, "previous_attributes": {"exp_year": 2024}}, False),
        ({"request": {"id": None}, "previous_attributes": {"metadata": {}}}, False),
        ({"previous_attributes": {"exp_year": 2024}}, False),
    ],
)
def test_a_legacy_card_that_nobody_touched_was_updated_by_the_network(more: Json, updated: bool) -> None:
    card = {"id": "card_1", "object": "card", "customer": "cus_1", "exp_month": 2, "exp_year": 2029}
    assert (
        only(told("customer.source.updated", card, **more).facts, PaymentMethodSeen).auto_updated is updated
    )


def test_a_bank_debit_is_read_like_a_card() -> None:
    debit = {"id": "pm_2", "object": "payment_method", "type": "sepa_debit", "sepa_debit": {"last4": "3000"}}
    got = only(read(debit), PaymentMethodSeen)
    assert (got.type, got.last4, got.brand) == ("sepa_debit", "3000", None)


def test_a_merchants_own_payout_card_is_none_of_our_business() -> None:
    assert read({"id": "card_1", "object": "card", "account": "acct_1"}) == ()


@pytest.mark.parametrize("month", [0, 13, "4", None])
def test_a_month_that_is_none_is_absent(month: object) -> None:
    card = {"id": "card_1", "object": "card", "exp_month": month}
    assert only(read(card), PaymentMethodSeen).exp_month is None


def test_a_page_on_which_a_card_was_saved_names_its_setup_intent() -> None:
    session = {
        "id": "cs_1",
        "object": "checkout.session",
        "mode": "setup",
        "customer": "cus_1",
        "setup_intent": "seti_1",
    }
    got = told("checkout.session.completed", session).facts
    assert got == (CardSessionCompleted("cs_1", AT, "cus_1", "seti_1", None),)


def test_an_expanded_setup_intent_names_the_saved_method() -> None:
    setup = {"id": "seti_1", "customer": "cus_1", "payment_method": card_method()}
    session = {"id": "cs_1", "object": "checkout.session", "mode": "setup", "status": "complete"}
    facts = read(session | {"setup_intent": setup})
    got = only(facts, CardSessionCompleted)
    assert (got.customer_id, got.setup_intent_id, got.payment_method_id) == ("cus_1", "seti_1", "pm_1")
    assert only(facts, PaymentMethodSeen).payment_method_id == "pm_1"


def test_a_page_that_sells_or_is_still_open_saved_no_card() -> None:
    session = {"id": "cs_1", "object": "checkout.session", "mode": "payment", "status": "complete"}
    assert told("checkout.session.completed", session).facts == ()
    assert read(session | {"mode": "setup", "status": "open"}) == ()


def test_a_checkout_of_ours_names_the_subscription_it_brought_and_its_end_unused() -> None:
    session = {
        "id": "cs_1",
        "object": "checkout.session",
        "mode": "subscription",
        "customer": "cus_1",
        "subscription": "sub_2",
        "status": "complete",
        "metadata": {"reclaim_case": "case_1"},
    }
    got = told("checkout.session.completed", session).facts
    assert got == (CheckoutCompleted("cs_1", AT, "cus_1", "sub_2"),)
    got = told("checkout.session.expired", session | {"status": "expired", "subscription": None}).facts
    assert got == (CheckoutExpired("cs_1", AT, "cus_1"),)
    assert told("checkout.session.completed", session | {"metadata": {}}).facts == ()
    assert told("checkout.session.expired", session | {"status": "expired", "metadata": {}}).facts == ()


def test_only_a_setup_that_succeeded_counts() -> None:
    setup = {"id": "seti_1", "object": "setup_intent", "customer": "cus_1", "payment_method": "pm_1"}
    succeeded = setup | {"status": "succeeded"}
    assert told("setup_intent.succeeded", succeeded).facts == (SetupSucceeded("seti_1", AT, "cus_1", "pm_1"),)
    assert told("setup_intent.setup_failed", setup | {"status": "requires_payment_method"}).facts == ()
