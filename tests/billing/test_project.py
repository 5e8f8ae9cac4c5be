"""Facts onto rows of a real database: the order, the number and the grouping of deliveries say nothing."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from app.billing import repository, service
from app.billing.facts import (
    CustomerSeen,
    Decline,
    DisputeSeen,
    Fact,
    InvoicePaymentFailed,
    InvoicePaymentLinked,
    PaymentSeen,
    Sight,
    SubscriptionSeen,
)
from app.billing.states import (
    CustomerState,
    InvoiceState,
    PaymentMethodState,
    PaymentState,
    ProviderState,
    SubscriptionState,
)
from app.core.db import Database
from tests.billing.factories import any_fact, at, delivered_twice, invoice

KINDS = (CustomerState, SubscriptionState, InvoiceState, PaymentState, PaymentMethodState)


def rows_after(db: Database, batches: Sequence[Sequence[Fact]]) -> dict[str, ProviderState]:
    """Every row after these batches, each read back from the database before the next one."""
    with db.write() as session:
        for kind in KINDS:
            session.execute(repository.table_of(kind).delete())
        for batch in batches:
            service.project(session, batch)
            session.expire_all()
        rows: dict[str, ProviderState] = {}
        for kind in KINDS:
            found = repository.load(session, kind, ["in_1", "pi_1", "ch_1", "sub_1", "cus_1", "pm_1"])
            rows.update(found)
    return rows


def cut(facts: Sequence[Fact], cuts: Sequence[int]) -> list[Sequence[Fact]]:
    edges = [0, *sorted(c % (len(facts) + 1) for c in cuts), len(facts)]
    return [facts[a:b] for a, b in pairwise(edges)]


@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(delivered_twice(any_fact, 9), st.lists(st.integers(0, 20), max_size=4))
def test_any_order_number_and_grouping_of_deliveries_gives_the_same_rows(
    database: Database, deliveries: tuple[list[Fact], list[Fact]], cuts: list[int]
) -> None:
    once, again = deliveries
    assert rows_after(database, cut(again, cuts)) == rows_after(database, [once])


def invoice_row(db: Database, *batches: Sequence[Fact]) -> InvoiceState:
    row = rows_after(db, batches)["in_1"]
    assert isinstance(row, InvoiceState)
    return row


def payment(seconds: float, **more: object) -> PaymentSeen:
    values: dict[str, object] = {"customer_id": "cus_1", "amount_minor": 2900, "currency": "usd"}
    return PaymentSeen("pi_1", Sight(at(seconds)), **{**values, **more})  # type: ignore[arg-type]


FUNDS = Decline(code="card_declined", decline_code="insufficient_funds")
FAILED_PAYMENT = payment(30, status="requires_payment_method", failed=True, decline=FUNDS)


def test_a_failed_payment_without_a_link_is_matched_by_amount_and_time(database: Database) -> None:
    row = invoice_row(database, [FAILED_PAYMENT], [invoice(0), InvoicePaymentFailed("in_1", at(0), 1)])
    assert row.decline is not None
    assert (row.decline["decline_code"], row.decline["inferred"]) == ("insufficient_funds", True)


def test_a_payment_of_another_amount_or_hour_is_not_matched(database: Database) -> None:
    other_amount = payment(30, failed=True, decline=FUNDS, amount_minor=2800)
    an_hour_later = payment(3601, failed=True, decline=FUNDS)
    in_the_hour = payment(3600, failed=True, decline=FUNDS)
    for candidate, matched in ((other_amount, False), (an_hour_later, False), (in_the_hour, True)):
        row = invoice_row(database, [invoice(0), InvoicePaymentFailed("in_1", at(0), 1)], [candidate])
        assert (row.decline is not None) is matched


def test_a_told_link_takes_the_place_of_an_inferred_one(database: Database) -> None:
    failed: list[Fact] = [invoice(0), InvoicePaymentFailed("in_1", at(0), 1)]
    told_elsewhere = payment(20, invoice_id="in_2", failed=True, decline=FUNDS)
    for told in (InvoicePaymentLinked("in_2", at(0), payment_intent_id="pi_1"), told_elsewhere):
        rows = rows_after(database, [failed, [FAILED_PAYMENT], [told]])
        linked, left = rows["pi_1"], rows["in_1"]
        assert isinstance(linked, PaymentState)
        assert (linked.invoice_id, linked.invoice_inferred) == ("in_2", False)
        assert isinstance(left, InvoiceState)
        assert left.decline is None, "the wrong invoice must forget what was never its own"


def test_a_failure_told_before_the_invoice_is_seen_does_not_hide_its_amount(database: Database) -> None:
    row = invoice_row(database, [InvoicePaymentFailed("in_1", at(60), 2)], [invoice(0, attempt_count=1)])
    assert (row.amount_due_minor, row.status, row.failed_at) == (2900, "open", at(60))


def test_a_dispute_told_before_its_payment_does_not_hide_the_payment(database: Database) -> None:
    dispute = DisputeSeen("dp_1", Sight(at(90)), payment_intent_id="pi_1", status="needs_response")
    rows = rows_after(database, [[dispute], [payment(0, status="processing", invoice_id="in_1")]])
    row = rows["pi_1"]
    assert isinstance(row, PaymentState)
    assert (row.amount_minor, row.invoice_id, row.dispute_status) == (2900, "in_1", "needs_response")


def test_refunds_and_disputes_reach_an_invoice_that_is_seen_after_its_payment(database: Database) -> None:
    refunded = payment(0, status="succeeded", invoice_id="in_1", refunded_minor=500)
    dispute = DisputeSeen("dp_1", Sight(at(90)), payment_intent_id="pi_1", status="lost")
    row = invoice_row(database, [refunded, dispute], [invoice(0, "paid")])
    assert (row.refunded_minor, row.disputed_at, row.dispute_status) == (500, at(90), "lost")


def test_an_unseen_customer_gets_the_address_that_the_invoice_names(database: Database) -> None:
    subscription = SubscriptionSeen("sub_1", Sight(at(0)), customer_id="cus_1", status="past_due")
    named = invoice(0, customer_email="ada@example.com")
    orders: list[list[list[Fact]]] = [[[subscription], [named]], [[named], [subscription]]]
    orders.append([[subscription, named]])
    for batches in orders:
        row = rows_after(database, batches)["cus_1"]
        assert isinstance(row, CustomerState)
        assert row.email == "ada@example.com"


def test_an_address_on_an_invoice_does_not_replace_the_customers_own(database: Database) -> None:
    customer = CustomerSeen("cus_1", Sight(at(0)), email="own@example.com")
    row = rows_after(database, [[customer], [invoice(5, customer_email="old@example.com")]])["cus_1"]
    assert isinstance(row, CustomerState)
    assert row.email == "own@example.com"


def test_projecting_nothing_changes_nothing(database: Database) -> None:
    with database.write() as session:
        assert service.project(session, []).touched_customers() == set()
