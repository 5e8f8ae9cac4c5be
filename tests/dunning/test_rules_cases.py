"""When a case opens, what is still owed, and how it ends: truth tables and properties."""

from __future__ import annotations

import random
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.billing.states import InvoiceState, SubscriptionState
from app.cases.states import Outcome
from app.dunning.rules.cases import (
    PROVIDER_GAVE_UP,
    RENEWALS,
    RETURN_WINDOW,
    Debt,
    Settlement,
    dispute_is_open,
    hold_reason,
    is_leaving,
    refusal,
    returned,
    settlement,
    verdict,
)
from app.dunning.states import DebtResult

START = datetime(2026, 3, 2, 10, tzinfo=UTC)
SOON = timedelta(seconds=1)


def day(number: float) -> datetime:
    return START + timedelta(days=number)


def invoice(status: str = "open", **more: Any) -> InvoiceState:
    values: dict[str, Any] = {
        "billing_reason": "subscription_cycle",
        "collection_method": "charge_automatically",
        "currency": "usd",
        "amount_due_minor": 2900,
        "failed_at": START,
        "settled_at": None if status in ("open", "draft") else day(5),
        "paid_at": day(5) if status == "paid" else None,
        "amount_paid_minor": 2900 if status == "paid" else 0,
    }
    return InvoiceState("in_1", START, False, status=status, **{**values, **more})


def subscription(status: str = "past_due", **more: Any) -> SubscriptionState:
    return SubscriptionState("sub_1", day(4), False, status=status, **more)


# refusal


def test_a_failed_renewal_opens_a_case() -> None:
    for reason in RENEWALS:
        assert refusal(Debt(invoice(billing_reason=reason))) is None


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"failed_at": None}, "no payment of it has failed"),
        ({"collection_method": "send_invoice"}, "send_invoice"),
        ({"billing_reason": "subscription_create"}, "no renewal"),
        ({"billing_reason": "manual"}, "no renewal"),
        ({"billing_reason": None}, "unknown"),
        ({"amount_due_minor": 0}, "nothing is due"),
        ({"amount_due_minor": -5}, "nothing is due"),
        ({"disputed_at": START, "dispute_status": "lost"}, "disputed"),
        ({"disputed_at": START - SOON, "dispute_status": "won"}, "disputed"),
        ({"status": "void", "settled_at": START - SOON}, "over before the failure (voided)"),
        ({"status": "paid", "settled_at": START - SOON}, "over before the failure (paid)"),
    ],
)
def test_what_is_no_failed_renewal_opens_no_case_and_says_why(changes: dict[str, Any], words: str) -> None:
    status = changes.pop("status", "open")
    assert words in (refusal(Debt(invoice(status, **changes))) or "")


def test_an_amount_of_one_is_due_and_a_dispute_after_the_failure_is_no_refusal() -> None:
    assert refusal(Debt(invoice(amount_due_minor=1))) is None
    assert refusal(Debt(invoice(disputed_at=START + SOON, dispute_status="needs_response"))) is None
    assert refusal(Debt(invoice("paid", settled_at=START))) is None, "told late: it opens and is recovered"


def test_a_customer_who_had_left_before_the_failure_is_not_written_to() -> None:
    gone = subscription("canceled", cancellation_reason="cancellation_requested", canceled_at=START - SOON)
    assert "cancelled" in (refusal(Debt(invoice(), gone)) or "")


# settlement

CANCELED = {"canceled_at": day(2), "ended_at": day(3)}
CAUSES: list[tuple[str, Debt, DebtResult | None, datetime | None]] = [
    ("open", Debt(invoice()), None, None),
    ("draft", Debt(invoice("draft")), None, None),
    ("paid", Debt(invoice("paid")), DebtResult.PAID, day(5)),
    ("void", Debt(invoice("void")), DebtResult.VOIDED, day(5)),
    ("deleted", Debt(invoice("deleted")), DebtResult.VOIDED, day(5)),
    ("written off", Debt(invoice("uncollectible")), DebtResult.WRITTEN_OFF, day(5)),
    *(
        (
            f"given up: {why}",
            Debt(invoice("uncollectible", uncollectible_reason=why)),
            DebtResult.LOST,
            day(5),
        )
        for why in sorted(PROVIDER_GAVE_UP)
    ),
    ("no time told", Debt(invoice("void", settled_at=None)), DebtResult.VOIDED, START),
    ("disputed", Debt(invoice(disputed_at=day(1), dispute_status="lost")), DebtResult.DISPUTED, day(1)),
    ("dispute won", Debt(invoice(disputed_at=day(1), dispute_status="won")), None, None),
    ("our time over", Debt(invoice(), gave_up_at=day(28)), DebtResult.LOST, day(28)),
    ("past due", Debt(invoice(), subscription()), None, None),
    (
        "ended for non-payment",
        Debt(invoice(), subscription("canceled", cancellation_reason="payment_failed", **CANCELED)),
        DebtResult.LOST,
        day(3),
    ),
    (
        "ended by policy",
        Debt(
            invoice(),
            subscription("canceled", cancellation_reason="canceled_by_retention_policy", **CANCELED),
        ),
        DebtResult.LOST,
        day(3),
    ),
    (
        "ended for a dispute",
        Debt(invoice(), subscription("canceled", cancellation_reason="payment_disputed", **CANCELED)),
        DebtResult.DISPUTED,
        day(3),
    ),
    (
        "cancelled",
        Debt(invoice(), subscription("canceled", cancellation_reason="cancellation_requested", **CANCELED)),
        DebtResult.CANCELLED,
        day(2),
    ),
    (
        "cancelled, no reason",
        Debt(invoice(), subscription("canceled", **CANCELED)),
        DebtResult.CANCELLED,
        day(2),
    ),
    ("unpaid", Debt(invoice(), subscription("unpaid")), DebtResult.LOST, day(4)),
    (
        "suspended",
        Debt(invoice(), subscription("paused", pause_reason="final_payment_failure")),
        DebtResult.LOST,
        day(4),
    ),
    ("paused by choice", Debt(invoice(), subscription("paused", pause_reason="other")), None, None),
    (
        "leaving",
        Debt(invoice(), subscription(cancel_at=day(20), period_end_at=day(20), canceled_at=day(1))),
        DebtResult.CANCELLED,
        day(1),
    ),
]


@pytest.mark.parametrize(("debt", "result", "at"), [c[1:] for c in CAUSES], ids=[c[0] for c in CAUSES])
def test_each_cause_ends_a_debt_in_its_way(
    debt: Debt, result: DebtResult | None, at: datetime | None
) -> None:
    assert settlement(debt) == (Settlement(result, at) if result and at else None)


@given(*[st.integers(0, 30)] * 3)
def test_the_earliest_cause_counts(paid: int, disputed: int, ended: int) -> None:
    debt = Debt(
        invoice("paid", settled_at=day(paid), disputed_at=day(disputed), dispute_status="lost"),
        subscription("canceled", cancellation_reason="payment_failed", ended_at=day(ended)),
    )
    found = settlement(debt)
    assert found is not None
    assert found.at == day(min(paid, disputed, ended))
    if paid <= min(disputed, ended):
        assert found.result == DebtResult.PAID, "money that came in the same second counts first"


@pytest.mark.parametrize(
    ("changes", "leaving"),
    [
        ({}, False),
        ({"cancel_at": day(20), "cancellation_reason": "cancellation_requested"}, True),
        ({"cancel_at": None, "cancellation_reason": "cancellation_requested"}, False),
        ({"cancel_at": day(20), "period_end_at": day(20)}, True),
        ({"cancel_at": day(20) + SOON, "period_end_at": day(20)}, False),
        ({"cancel_at": day(20), "period_end_at": None}, False),
    ],
)
def test_an_end_with_this_period_or_on_request_is_leaving_and_a_contracts_end_is_not(
    changes: dict[str, Any], leaving: bool
) -> None:
    assert is_leaving(subscription(**changes)) is leaving


# verdict

settlements = st.builds(Settlement, st.sampled_from(DebtResult), st.integers(0, 4).map(day))


@given(st.lists(st.none() | settlements, max_size=5), st.randoms())
def test_the_verdict_does_not_depend_on_the_order_of_the_debts(
    settled: list[Settlement | None], dice: random.Random
) -> None:
    shuffled = list(settled)
    dice.shuffle(shuffled)
    end = verdict(settled)
    assert verdict(shuffled) == end
    over = [s for s in settled if s is not None]
    assert (end is None) == (not over or len(over) < len(settled))
    if end is not None:
        assert end.at == max(s.at for s in over)
        assert (end.outcome == Outcome.RECOVERED) == any(s.result == DebtResult.PAID for s in over)


def test_without_money_the_last_end_names_the_outcome() -> None:
    voided, lost = Settlement(DebtResult.VOIDED, day(1)), Settlement(DebtResult.LOST, day(2))
    end = verdict([voided, lost])
    assert end is not None
    assert end.outcome == Outcome.LOST


# hold


@pytest.mark.parametrize(
    ("subscriptions", "disputes", "words"),
    [
        ([subscription()], False, None),
        ([], False, None),
        ([None], False, None),
        ([subscription()], True, "disputes"),
        ([subscription(paused_collection=True)], False, "paused"),
        ([subscription(paused_collection=True), subscription()], False, None),
        ([subscription(paused_collection=True), None], False, "paused"),
        ([subscription("trialing")], False, "trial"),
        ([subscription("trialing"), subscription("active")], False, None),
    ],
)
def test_a_case_waits_only_if_all_that_is_owed_must_wait(
    subscriptions: list[SubscriptionState | None], disputes: bool, words: str | None
) -> None:
    reason = hold_reason([Debt(invoice(), s) for s in subscriptions], disputes)
    assert (reason is None) if words is None else (reason is not None and words in reason)


def test_what_is_no_longer_owed_holds_nothing() -> None:
    paused = subscription(paused_collection=True)
    assert hold_reason([Debt(invoice("paid"), paused), Debt(invoice(), subscription())], False) is None
    assert hold_reason([Debt(invoice("paid"), subscription()), Debt(invoice(), paused)], False) is not None


# returned

LATE = day(5) + RETURN_WINDOW


@pytest.mark.parametrize(
    ("changes", "amount"),
    [
        ({}, 0),
        ({"refunded_minor": 900}, 900),
        ({"refunded_minor": 9999}, 2900),
        ({"disputed_at": LATE, "dispute_status": "needs_response"}, 2900),
        ({"disputed_at": LATE + SOON, "dispute_status": "needs_response"}, 0),
        ({"disputed_at": LATE + SOON, "dispute_status": "needs_response", "refunded_minor": 5}, 5),
        ({"disputed_at": LATE + SOON, "dispute_status": "lost"}, 2900),
        ({"disputed_at": LATE, "dispute_status": "won"}, 0),
        ({"disputed_at": LATE, "dispute_status": "won", "refunded_minor": 7}, 7),
        ({"disputed_at": LATE, "dispute_status": "lost", "paid_at": None}, 2900),
    ],
)
def test_money_that_went_back_is_not_recovered(changes: dict[str, Any], amount: int) -> None:
    assert returned(invoice("paid", **changes)) == amount


def test_of_an_unpaid_invoice_nothing_went_back() -> None:
    assert returned(invoice(refunded_minor=900, disputed_at=START, dispute_status="lost")) == 0


@pytest.mark.parametrize(
    ("status", "is_open"),
    [(None, False), ("needs_response", True), ("under_review", True), ("won", False), ("lost", False)],
)
def test_a_dispute_is_open_until_it_is_closed(status: str | None, is_open: bool) -> None:
    assert dispute_is_open(status) is is_open
