"""Facts about one customer, drawn at random, in any order and any number of times."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any, TypeVar

from hypothesis import strategies as st

from app.billing.facts import (
    CustomerSeen,
    Decline,
    DisputeSeen,
    Fact,
    InvoicePaymentFailed,
    InvoicePaymentLinked,
    InvoiceSeen,
    PaymentMethodSeen,
    PaymentSeen,
    Sight,
    SubscriptionItem,
    SubscriptionSeen,
)

START = datetime(2026, 3, 2, 10, 0, tzinfo=UTC)
T = TypeVar("T")


def at(seconds: float) -> datetime:
    return START + timedelta(seconds=seconds)


def invoice(seconds: float = 0, status: str = "open", *, live: bool = False, **more: Any) -> InvoiceSeen:
    values: dict[str, Any] = {
        "customer_id": "cus_1",
        "subscription_id": "sub_1",
        "billing_reason": "subscription_cycle",
        "collection_method": "charge_automatically",
        "currency": "usd",
        "amount_due_minor": 2900,
        "amount_remaining_minor": 0 if status == "paid" else 2900,
        "amount_paid_minor": 2900 if status == "paid" else 0,
    }
    return InvoiceSeen("in_1", Sight(at(seconds), live), status=status, **{**values, **more})


moments = st.sampled_from([0, 0, 0, 1, 2, 3600, 7200, 86400])  # few, so that many share a second
sights = st.builds(lambda seconds, live: Sight(at(seconds), live), moments, st.booleans())
declines = st.builds(
    Decline,
    code=st.just("card_declined"),
    decline_code=st.sampled_from([None, "insufficient_funds", "expired_card", "do_not_honor"]),
    last4=st.sampled_from([None, "4242"]),
)


def sometimes(value: T) -> st.SearchStrategy[T | None]:
    return st.sampled_from([value, None])


@st.composite
def invoice_pictures(draw: st.DrawFn) -> InvoiceSeen:
    status = draw(st.sampled_from(["draft", "open", "open", "uncollectible", "paid"]))
    sight = draw(sights)
    return InvoiceSeen(
        "in_1",
        sight,
        customer_id=draw(sometimes("cus_1")),
        subscription_id=draw(sometimes("sub_1")),
        status=status,
        billing_reason=draw(sometimes("subscription_cycle")),
        currency="usd",
        amount_due_minor=2900,
        amount_paid_minor=2900 if status == "paid" else 0,
        amount_remaining_minor=0 if status == "paid" else 2900,
        attempt_count=draw(st.integers(0, 3)),
        next_payment_attempt_at=draw(sometimes(at(90_000))),
        paid_at=draw(sometimes(sight.at)) if status == "paid" else None,
        paid_out_of_band=draw(st.booleans()),
        number=draw(sometimes("A-1")),
        label=draw(sometimes("Pro")),
        hosted_url=draw(sometimes("https://pay.example/1")),
        decline=draw(declines) if draw(st.booleans()) else None,
        customer_email="ada@example.com",
        payment_intent_id=draw(sometimes("pi_1")),
    )


failures = st.builds(
    lambda seconds, count, action: InvoicePaymentFailed("in_1", at(seconds), count, action),
    moments,
    st.integers(0, 4),
    st.booleans(),
)
links = st.builds(
    lambda seconds: InvoicePaymentLinked("in_1", at(seconds), payment_intent_id="pi_1"), moments
)


@st.composite
def payment_pictures(draw: st.DrawFn) -> PaymentSeen:
    failed = draw(st.booleans())
    return PaymentSeen(
        "pi_1",
        draw(sights),
        customer_id=draw(sometimes("cus_1")),
        invoice_id=draw(sometimes("in_1")),
        charge_id=draw(sometimes("ch_1")),
        status="requires_payment_method" if failed else draw(st.sampled_from(["processing", "succeeded"])),
        amount_minor=2900,
        currency="usd",
        failed=failed,
        decline=draw(declines) if failed else None,
        refunded_minor=draw(st.sampled_from([0, 0, 100, 2900])),
    )


disputes = st.builds(
    lambda sight, status: DisputeSeen(
        "dp_1", sight, payment_intent_id="pi_1", charge_id="ch_1", status=status, amount_minor=2900
    ),
    sights,
    st.sampled_from(["warning_needs_response", "needs_response", "under_review", "won", "lost"]),
)
subscriptions = st.builds(
    lambda sight, status, reason, paused, end, items: SubscriptionSeen(
        "sub_1",
        sight,
        customer_id="cus_1",
        status=status,
        cancellation_reason=reason,
        paused_collection=paused,
        cancel_at=end,
        items=items,
    ),
    sights,
    st.sampled_from(["incomplete", "trialing", "active", "past_due", "unpaid", "canceled"]),
    st.sampled_from([None, "cancellation_requested", "payment_failed"]),
    st.booleans(),
    sometimes(at(90_000)),
    st.sampled_from([(), (SubscriptionItem("si_1", "price_1", None, "Pro", 2900, "usd", "month", 1, 1),)]),
)
customers = st.builds(
    lambda sight, email, zone, deleted: CustomerSeen(
        "cus_1", sight, email=email, time_zone=zone, deleted=deleted
    ),
    sights,
    st.sampled_from(["ada@example.com", "new@example.com", None]),
    st.sampled_from([None, "Europe/Berlin"]),
    st.sampled_from([False, False, False, True]),
)
methods = st.builds(
    lambda sight, owner, year, updated: PaymentMethodSeen(
        "pm_1", sight, customer_id=owner, type="card", exp_year=year, auto_updated=updated
    ),
    sights,
    sometimes("cus_1"),
    st.sampled_from([2026, 2030]),
    st.booleans(),
)
any_fact: st.SearchStrategy[Fact] = st.one_of(
    invoice_pictures(), failures, links, payment_pictures(), disputes, subscriptions, customers, methods
)


@st.composite
def delivered_twice(draw: st.DrawFn, kinds: st.SearchStrategy[T], most: int = 7) -> tuple[list[T], list[T]]:
    """The same facts in two orders, some of them delivered again."""
    facts = _read_once_a_moment(draw(st.lists(kinds, min_size=1, max_size=most)))
    again = draw(st.lists(st.sampled_from(facts), max_size=3))
    return facts, draw(st.permutations(facts + again))


def _read_once_a_moment(facts: list[T]) -> list[T]:
    """Of two readings of a subscription at one moment the one that is applied later counts: those have an order."""
    found: dict[object, T] = {}
    for number, fact in enumerate(facts):
        if isinstance(fact, SubscriptionSeen) and fact.sight.live:
            found.setdefault((fact.subscription_id, fact.sight.at), fact)
        else:
            found[number] = fact
    return list(found.values())
