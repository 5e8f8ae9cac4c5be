from __future__ import annotations

import itertools
from collections.abc import Sequence

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.billing.facts import Decline, DisputeSeen, InvoicePaymentLinked, PaymentSeen, Sight
from app.billing.projection.payments import (
    inferred_link,
    invoice_with_payments,
    payment_after,
    payment_disputed,
    payment_linked,
)
from app.billing.states import InvoiceState, PaymentState
from tests.billing.factories import at, delivered_twice, disputes, links, payment_pictures

PaymentFact = PaymentSeen | DisputeSeen | InvoicePaymentLinked


def project(facts: Sequence[PaymentFact], row: PaymentState | None = None) -> PaymentState:
    for fact in facts:
        match fact:
            case PaymentSeen():
                row = payment_after(row, fact)
            case DisputeSeen():
                row = payment_disputed(row, fact)
            case InvoicePaymentLinked():
                row = payment_linked(row, fact)
    assert row is not None
    return row


@given(delivered_twice(st.one_of(payment_pictures(), disputes, links)))
def test_a_payment_is_the_same_after_any_order_and_number_of_deliveries(
    deliveries: tuple[list[PaymentFact], list[PaymentFact]],
) -> None:
    once, again = deliveries
    assert project(again) == project(once)


@given(st.lists(payment_pictures(), min_size=1, max_size=6))
def test_refunds_only_grow(pictures: list[PaymentSeen]) -> None:
    sums = [project(pictures[: n + 1]).refunded_minor for n in range(len(pictures))]
    assert sums == sorted(sums)
    assert sums[-1] == max(p.refunded_minor for p in pictures)


def seen(seconds: float, status: str, **more: object) -> PaymentSeen:
    return PaymentSeen("pi_1", Sight(at(seconds)), status=status, **more)  # type: ignore[arg-type]


def test_a_success_is_final() -> None:
    for order in itertools.permutations([seen(0, "succeeded"), seen(9, "processing")]):
        assert project(order).status == "succeeded"


def test_the_reason_of_the_last_failure_is_kept_after_the_success() -> None:
    first = seen(0, "requires_payment_method", failed=True, decline=Decline(decline_code="a"))
    second = seen(5, "requires_payment_method", failed=True, decline=Decline(decline_code="b"))
    for order in itertools.permutations([first, second, seen(9, "succeeded")]):
        row = project(order)
        assert row.decline is not None
        assert (row.status, row.failed_at, row.decline["decline_code"]) == ("succeeded", at(5), "b")


def dispute(seconds: float, status: str) -> DisputeSeen:
    return DisputeSeen("dp_1", Sight(at(seconds)), payment_intent_id="pi_1", status=status)


@pytest.mark.parametrize("end", ["won", "lost", "warning_closed", "prevented"])
def test_a_closed_dispute_is_not_reopened_by_a_late_picture(end: str) -> None:
    stages = [dispute(0, "needs_response"), dispute(5, "under_review"), dispute(9, end)]
    for order in itertools.permutations(stages):
        row = project(order)
        assert (row.dispute_status, row.disputed_at) == (end, at(0))


def test_a_lost_dispute_can_be_won_on_appeal() -> None:
    for order in itertools.permutations([dispute(0, "lost"), dispute(5, "won")]):
        assert project(order).dispute_status == "won"


def test_a_told_link_takes_the_place_of_an_inferred_one_in_any_picture() -> None:
    inferred = PaymentState("pi_1", at(10), False, invoice_id="in_9", invoice_inferred=True)
    for fact in (seen(0, "processing", invoice_id="in_1"), InvoicePaymentLinked("in_1", at(0), "pi_1")):
        row = project([fact], inferred)
        assert (row.invoice_id, row.invoice_inferred) == ("in_1", False)


def test_a_picture_without_a_link_keeps_the_inferred_one_marked() -> None:
    inferred = PaymentState("pi_1", at(0), False, invoice_id="in_9", invoice_inferred=True)
    row = project([seen(5, "processing")], inferred)
    assert (row.invoice_id, row.invoice_inferred) == ("in_9", True)


def failed_invoice(key: str, **more: object) -> InvoiceState:
    values: dict[str, object] = {
        "customer_id": "cus_1",
        "currency": "usd",
        "amount_due_minor": 2900,
        "failed_at": at(0),
        "last_failed_at": at(0),
    }
    return InvoiceState(key, at(0), False, **{**values, **more})  # type: ignore[arg-type]


def loose(seconds: float = 0) -> PaymentState:
    return PaymentState(
        "pi_1",
        at(seconds),
        False,
        customer_id="cus_1",
        amount_minor=2900,
        currency="usd",
        failed_at=at(seconds),
    )


def test_the_invoice_nearest_in_time_is_inferred() -> None:
    near = failed_invoice("in_2", failed_at=at(60), last_failed_at=at(60))
    far = failed_invoice("in_1", failed_at=at(-600), last_failed_at=at(-600))
    for invoices in ([near, far], [far, near]):
        link = inferred_link(loose(50), invoices)
        assert (link.invoice_id, link.invoice_inferred) == ("in_2", True)


@pytest.mark.parametrize(
    "other",
    [
        failed_invoice("in_1", customer_id="cus_2"),
        failed_invoice("in_1", currency="eur"),
        failed_invoice("in_1", amount_due_minor=2901),
        failed_invoice("in_1", failed_at=None, last_failed_at=None, paid_at=at(0)),
    ],
)
def test_another_customer_currency_or_amount_is_never_inferred(other: InvoiceState) -> None:
    assert inferred_link(loose(), [other]).invoice_id is None


def test_what_is_linked_stays_linked() -> None:
    linked = PaymentState("pi_1", at(0), False, customer_id="cus_1", invoice_id="in_7")
    assert inferred_link(linked, [failed_invoice("in_1")]) == linked


def test_an_invoice_sums_the_refunds_of_its_payments_and_keeps_the_first_dispute() -> None:
    payments = [
        PaymentState("a", at(0), False, refunded_minor=100, disputed_at=at(9), dispute_status="lost"),
        PaymentState("b", at(0), False, refunded_minor=50, disputed_at=at(5), dispute_status="won"),
    ]
    row = invoice_with_payments(failed_invoice("in_1"), payments)
    assert (row.refunded_minor, row.disputed_at, row.dispute_status) == (150, at(5), "lost")


def test_a_told_reason_counts_before_an_inferred_one_of_the_same_attempt() -> None:
    told = {"decline_code": "expired_card", "inferred": False}
    invoice = failed_invoice("in_1", decline=told, decline_at=at(0))
    guess = PaymentState("pi", at(5), False, failed_at=at(5), decline={"decline_code": "x", "inferred": True})
    assert invoice_with_payments(invoice, [guess]).decline == told


def test_an_inferred_reason_of_a_later_attempt_counts_before_an_old_told_one() -> None:
    told = {"decline_code": "expired_card", "inferred": False}
    invoice = failed_invoice("in_1", decline=told, decline_at=at(0), last_failed_at=at(5))
    guess = PaymentState("pi", at(5), False, failed_at=at(5), decline={"decline_code": "x", "inferred": True})
    found = invoice_with_payments(invoice, [guess]).decline
    assert found is not None
    assert found["decline_code"] == "x"
