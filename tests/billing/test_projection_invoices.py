from __future__ import annotations

import itertools
from collections.abc import Sequence
from dataclasses import fields, replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.billing.facts import Decline, InvoiceDeleted, InvoicePaymentFailed, InvoiceSeen
from app.billing.models import Customer, Invoice, Payment, PaymentMethod, Subscription
from app.billing.projection.invoices import RANK, invoice_after, invoice_deleted, invoice_failed
from app.billing.states import (
    CustomerState,
    InvoiceState,
    PaymentMethodState,
    PaymentState,
    SubscriptionState,
)
from tests.billing.factories import at, delivered_twice, failures, invoice, invoice_pictures

InvoiceFact = InvoiceSeen | InvoicePaymentFailed | InvoiceDeleted


def project(facts: Sequence[InvoiceFact]) -> InvoiceState:
    row: InvoiceState | None = None
    for fact in facts:
        match fact:
            case InvoiceSeen():
                row = invoice_after(row, fact)
            case InvoicePaymentFailed():
                row = invoice_failed(row, fact)
            case InvoiceDeleted():
                row = invoice_deleted(row, fact)
    assert row is not None
    return row


PAIRS = [
    (CustomerState, Customer),
    (SubscriptionState, Subscription),
    (InvoiceState, Invoice),
    (PaymentState, Payment),
    (PaymentMethodState, PaymentMethod),
]


@pytest.mark.parametrize(("state", "model"), PAIRS, ids=lambda x: x.__name__)
def test_the_fields_of_a_state_are_the_columns_of_its_table(state: type, model: type) -> None:
    columns = {column.name for column in model.__table__.columns}  # type: ignore[attr-defined]
    assert {field.name for field in fields(state)} == columns


@given(delivered_twice(st.one_of(invoice_pictures(), failures)))
def test_an_invoice_is_the_same_after_any_order_and_number_of_deliveries(
    deliveries: tuple[list[InvoiceFact], list[InvoiceFact]],
) -> None:
    once, again = deliveries
    assert project(again) == project(once)


@given(st.lists(st.one_of(invoice_pictures(), failures), min_size=1, max_size=8))
def test_the_status_of_an_invoice_only_moves_forward(facts: list[InvoiceFact]) -> None:
    row, seen = project(facts[:1]), isinstance(facts[0], InvoiceSeen)
    for fact in facts[1:]:
        after = invoice_after(row, fact) if isinstance(fact, InvoiceSeen) else invoice_failed(row, fact)  # type: ignore[arg-type]
        if seen:
            assert RANK[after.status] >= RANK[row.status]
        row, seen = after, seen or isinstance(fact, InvoiceSeen)


@pytest.mark.parametrize("end", ["paid", "void", "uncollectible"])
@pytest.mark.parametrize("live", [True, False])
def test_a_late_picture_of_an_open_invoice_never_reopens_it(end: str, live: bool) -> None:
    row = project([invoice(10, end), invoice(99, "open", live=live, attempt_count=9)])
    assert (row.status, row.settled_at) == (end, at(10))


def test_an_uncollectible_invoice_can_still_be_paid() -> None:
    row = project([invoice(10, "uncollectible"), invoice(20, "paid")])
    assert (row.status, row.paid_at) == ("paid", at(20))


def test_paid_before_failed_stays_paid_and_remembers_the_failure() -> None:
    row = project([invoice(10, "paid"), InvoicePaymentFailed("in_1", at(5), 1), invoice(5)])
    assert (row.status, row.paid_at, row.failed_at) == ("paid", at(10), at(5))


@pytest.mark.parametrize("status", ["draft", "open", "paid"])
def test_a_failure_told_first_gives_way_to_any_picture(status: str) -> None:
    facts: list[InvoiceFact] = [InvoicePaymentFailed("in_1", at(60), 7), invoice(0, status, attempt_count=1)]
    for order in itertools.permutations(facts):
        row = project(order)
        assert (row.status, row.amount_due_minor, row.attempt_count) == (status, 2900, 1)
        assert (row.failed_at, row.seen_at) == (at(60), at(0))


def test_the_earliest_payment_time_told_is_kept() -> None:
    early, late = invoice(50, "paid", paid_at=at(10)), invoice(60, "paid")
    for order in ([early, late], [late, early]):
        assert project(order).paid_at == at(10)


def test_an_invoice_that_is_over_is_not_tried_again() -> None:
    assert project([invoice(0, "paid", next_payment_attempt_at=at(99))]).next_payment_attempt_at is None


def test_the_first_picture_of_a_second_does_not_overwrite_a_later_stage_of_the_same_second() -> None:
    created = invoice(0, "draft")
    finalized = invoice(0, attempt_count=0)
    failed = invoice(0, attempt_count=1, next_payment_attempt_at=at(99))
    for order in itertools.permutations([created, finalized, failed]):
        row = project(order)
        assert (row.status, row.attempt_count, row.next_payment_attempt_at) == ("open", 1, at(99))


def test_what_is_read_now_beats_an_event_of_the_same_second() -> None:
    told = invoice(0, attempt_count=2, next_payment_attempt_at=at(50))
    read = invoice(0, live=True, attempt_count=1, next_payment_attempt_at=at(77))
    for order in ([told, read], [read, told]):
        assert project(order).next_payment_attempt_at == at(77)


def test_a_partial_payment_of_the_same_second_counts() -> None:
    before, after = invoice(0, attempt_count=1), invoice(0, attempt_count=1, amount_paid_minor=900)
    for order in ([before, after], [after, before]):
        assert project(order).amount_paid_minor == 900


def test_an_older_picture_still_adds_a_name_but_no_amount() -> None:
    row = project([invoice(50, label=None, amount_due_minor=100), invoice(0, label="Pro")])
    assert (row.label, row.amount_due_minor) == ("Pro", 100)


def test_the_first_and_the_last_failure_are_kept() -> None:
    tries = [InvoicePaymentFailed("in_1", at(s), n) for n, s in enumerate((0, 100, 50), 1)]
    for order in itertools.permutations(tries):
        row = project(order)
        assert (row.failed_at, row.last_failed_at) == (at(0), at(100))


def test_only_the_newest_attempt_says_whether_the_customer_must_act() -> None:
    asked = InvoicePaymentFailed("in_1", at(0), 1, needs_action=True)
    declined = InvoicePaymentFailed("in_1", at(60), 2)
    same_second = replace(asked, at=at(60))
    for facts, needs in (([asked, declined], False), ([declined, same_second], True)):
        for order in itertools.permutations(facts):
            assert project(order).needs_action is needs


def test_a_deleted_draft_is_over_in_any_order() -> None:
    facts: list[InvoiceFact] = [
        invoice(0, "draft", amount_due_minor=10),
        invoice(5, "draft"),
        InvoiceDeleted("in_1", at(9)),
        InvoiceDeleted("in_1", at(9)),
    ]
    rows = {repr(project(order)) for order in itertools.permutations(facts)}
    assert len(rows) == 1
    row = project(facts)
    assert (row.status, row.settled_at, row.amount_due_minor) == ("deleted", at(9), 2900)
    assert row.amount_remaining_minor == 0


def test_a_deletion_that_cannot_be_meant_leaves_a_paid_invoice_paid() -> None:
    facts: list[InvoiceFact] = [invoice(0, "paid"), InvoiceDeleted("in_1", at(9))]
    for order in itertools.permutations(facts):
        assert project(order).status == "paid"


def test_the_newest_reason_counts() -> None:
    first, second = Decline(decline_code="insufficient_funds"), Decline(decline_code="expired_card")
    pictures = [invoice(0, decline=first), invoice(5, decline=second)]
    for order in itertools.permutations(pictures):
        row = project(order)
        assert row.decline is not None
        assert (row.decline["decline_code"], row.decline_at) == ("expired_card", at(5))
