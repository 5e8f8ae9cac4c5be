"""Invoices of every era."""

from __future__ import annotations

from typing import Any

import pytest

from app.billing.facts import (
    Decline,
    InvoiceDeleted,
    InvoicePaymentFailed,
    InvoicePaymentLinked,
    InvoiceSeen,
)
from tests.integrations.stripe.translate_bodies import (
    AT,
    CREATED,
    LATER,
    Json,
    invoice,
    only,
    payment,
    read,
    refused_intent,
    told,
)


def seen(obj: Json) -> InvoiceSeen:
    return only(read(obj), InvoiceSeen)


def lines(*rows: Json) -> Json:
    return {"object": "list", "data": list(rows)}


def test_a_failed_attempt_is_told_with_its_number() -> None:
    facts = told("invoice.payment_failed", invoice(attempt_count=2)).facts
    assert only(facts, InvoicePaymentFailed) == InvoicePaymentFailed("in_1", AT, 2)


def test_an_attempt_that_needs_the_customer_is_told_as_such() -> None:
    facts = told("invoice.payment_action_required", invoice(attempt_count=1)).facts
    assert only(facts, InvoicePaymentFailed).needs_action


def test_a_deleted_invoice_is_told_and_not_pictured() -> None:
    assert told("invoice.deleted", invoice(status="deleted")).facts == (InvoiceDeleted("in_1", AT),)


@pytest.mark.parametrize("obj", [{"object": "invoice", "amount_due": 5}, invoice(id="upcoming_in_1")])
def test_a_bill_to_come_is_no_invoice(obj: Json) -> None:
    assert told("invoice.upcoming", obj).facts == ()
    assert read(obj) == ()


@pytest.mark.parametrize("status", ["open", "void", "uncollectible", "draft"])
def test_the_paid_flag_does_not_count_beside_a_status(status: str) -> None:
    assert seen(invoice(status=status, paid=True)).status == status


@pytest.mark.parametrize(
    ("flags", "status"),
    [
        ({"paid": True, "closed": True}, "paid"),
        ({"paid": False, "forgiven": True, "closed": True}, "uncollectible"),
        ({"paid": False, "attempted": True, "closed": False}, "open"),
        ({"paid": False, "attempted": True, "closed": True}, "open"),
        ({"paid": False, "attempted": False, "closed": False}, "draft"),
        ({}, ""),
    ],
)
def test_an_invoice_from_before_statuses_is_read_by_its_flags(flags: dict[str, bool], status: str) -> None:
    assert seen({"id": "in_1", "object": "invoice"} | flags).status == status


def test_a_closed_invoice_of_old_is_no_longer_collected_by_itself() -> None:
    assert seen({"id": "in_1", "object": "invoice", "closed": True}).auto_advance is False


@pytest.mark.parametrize(
    "fields",
    [
        {"parent": {"type": "subscription_details", "subscription_details": {"subscription": "sub_1"}}},
        {"subscription": "sub_1"},
        {"subscription": {"id": "sub_1", "object": "subscription"}},
        {"parent": None, "subscription": "sub_1"},
        {"parent": {"subscription_details": {"subscription": "sub_1"}}, "subscription": "sub_stale"},
        {"lines": lines({"parent": {"subscription_item_details": {"subscription": "sub_1"}}})},
        {"lines": lines({"id": "il_1"}, {"id": "il_2", "subscription": "sub_1"})},
        {"lines": lines({"id": "sub_1"})},
    ],
)
def test_the_subscription_is_found_on_every_path(fields: Json) -> None:
    assert seen(invoice(**fields)).subscription_id == "sub_1"


def test_an_invoice_made_by_hand_has_no_subscription() -> None:
    assert (
        seen(invoice(parent=None, lines=lines({"id": "il_1", "subscription": None}))).subscription_id is None
    )


def test_the_reason_of_the_decline_comes_with_the_expanded_payments() -> None:
    facts = read(invoice(payments=lines(payment(refused_intent(advice_code="try_again_later")))))
    assert only(facts, InvoiceSeen).decline == Decline(
        code="card_declined",
        decline_code="insufficient_funds",
        advice_code="try_again_later",
        payment_method_id="pm_1",
        method_type="card",
        brand="visa",
        last4="4242",
        fingerprint="fp_1",
    )
    assert only(facts, InvoiceSeen).payment_intent_id == "pi_1"
    assert only(facts, InvoiceSeen).charge_id == "ch_1"
    assert only(facts, InvoicePaymentLinked) == InvoicePaymentLinked("in_1", LATER, "pi_1")


def test_the_reason_of_the_decline_comes_with_an_expanded_intent_of_old() -> None:
    decline = seen(invoice(payment_intent=refused_intent())).decline
    assert decline is not None
    assert decline.decline_code == "insufficient_funds"


@pytest.mark.parametrize(
    ("intent", "attempted", "code"),
    [
        (
            {"status": "requires_action", "payment_method": "pm_1"},
            True,
            "invoice_payment_intent_requires_action",
        ),
        ({"status": "requires_payment_method", "payment_method": None}, True, "no_payment_method"),
        ({"status": "requires_payment_method", "payment_method": None}, False, None),
        ({"status": "requires_payment_method"}, True, None),
        ({"status": "requires_confirmation", "payment_method": "pm_1"}, True, None),
    ],
)
def test_what_an_unpaid_invoice_without_an_error_waits_for(
    intent: Json, attempted: bool, code: str | None
) -> None:
    decline = seen(invoice(attempted=attempted, payments=lines(payment({"id": "pi_1"} | intent)))).decline
    assert (decline.code if decline else None) == code


def test_the_default_payment_wins_over_a_newer_one() -> None:
    other = refused_intent(decline_code="lost_card") | {"id": "pi_2"}
    pair = lines(payment(other, created=CREATED + 9), payment(refused_intent(), is_default=True))
    assert seen(invoice(payments=pair)).payment_intent_id == "pi_1"


def test_every_payment_of_an_invoice_is_linked_to_it() -> None:
    facts = read(invoice(payments=lines(payment("pi_1"), payment("pi_2"))))
    linked = [fact.payment_intent_id for fact in facts if isinstance(fact, InvoicePaymentLinked)]
    assert linked == ["pi_1", "pi_2"]


def test_a_paid_invoice_has_no_decline() -> None:
    assert seen(invoice(status="paid", payments=lines(payment(refused_intent())))).decline is None


def test_a_payment_record_is_money_that_came_another_way() -> None:
    record = payment(None) | {"payment": {"type": "payment_record", "payment_record": "pr_1"}}
    assert seen(invoice(status="paid", payments=lines(record))).paid_out_of_band
    assert seen(invoice(status="paid", paid_out_of_band=True)).paid_out_of_band


def test_a_payment_of_its_own_says_which_invoice_it_pays() -> None:
    facts = told("invoice_payment.paid", payment("pi_1", status="paid")).facts
    assert facts == (InvoicePaymentLinked("in_1", AT, "pi_1", None, "paid"),)


def test_amounts_that_are_absent_follow_from_the_status() -> None:
    paid = seen(invoice(status="paid", amount_due=500))
    assert (paid.amount_paid_minor, paid.amount_remaining_minor) == (500, 0)
    due = seen(invoice(amount_due=500))
    assert (due.amount_paid_minor, due.amount_remaining_minor) == (0, 500)


@pytest.mark.parametrize("number", ["10.00", 1e3, True, 2**70, None])
def test_an_amount_that_is_no_whole_number_is_not_guessed(number: Any) -> None:
    assert seen(invoice(amount_due=number)).amount_due_minor == 0


def test_a_next_attempt_that_is_absent_stays_absent() -> None:
    assert seen(invoice(next_payment_attempt=None)).next_payment_attempt_at is None
    assert seen(invoice(next_payment_attempt=CREATED)).next_payment_attempt_at == AT


def test_a_page_that_is_no_web_address_is_dropped() -> None:
    assert seen(invoice(hosted_invoice_url="javascript:alert(1)")).hosted_url is None
    assert seen(invoice(hosted_invoice_url="https://pay.example/i/1")).hosted_url == "https://pay.example/i/1"


def test_the_label_is_the_first_line_that_is_no_proration() -> None:
    unused = {"id": "il_1", "description": "Unused time on Gold", "proration": True}
    credit = {
        "id": "il_2",
        "parent": {"subscription_item_details": {"proration": True}},
        "description": "Rest",
    }
    gold = {"id": "il_3", "description": "1 × Gold (at $10.00 / month)", "price": {"id": "price_1"}}
    got = seen(invoice(lines=lines(unused, credit, gold)))
    assert (got.label, got.price_id) == ("Gold", "price_1")
    assert seen(invoice(lines=lines(unused))).label == "Unused time on Gold"


def test_a_line_without_words_is_called_by_its_price_or_plan() -> None:
    assert seen(invoice(lines=lines({"price": {"id": "p", "nickname": "Gold"}}))).label == "Gold"
    assert seen(invoice(lines=lines({"plan": {"id": "p", "name": "Silver"}}))).label == "Silver"


def test_price_and_product_are_found_in_both_shapes() -> None:
    new = {"pricing": {"price_details": {"price": "price_1", "product": "prod_1"}}}
    old = {"price": {"id": "price_1", "product": {"id": "prod_1"}}}
    for line in (new, old):
        got = seen(invoice(lines=lines(line)))
        assert (got.price_id, got.product_id) == ("price_1", "prod_1")


def test_the_reason_why_nothing_more_is_collected_is_kept_verbatim() -> None:
    details = {"uncollectible": {"reason": "a_reason_of_next_year"}}
    got = seen(invoice(status="uncollectible", status_details=details))
    assert got.uncollectible_reason == "a_reason_of_next_year"
