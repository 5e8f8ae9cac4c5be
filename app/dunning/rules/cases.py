"""When a case opens, what is still owed, and how it ends. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from app.billing.projection.payments import DISPUTE_FINAL
from app.billing.states import InvoiceState, SubscriptionState
from app.cases.states import Outcome
from app.dunning.states import DebtResult

RENEWALS = frozenset({"subscription_cycle", "subscription_update", "subscription_threshold"})
RETURN_WINDOW = timedelta(days=30)
"""A dispute within this time of the payment takes the money out of "recovered", whatever its outcome."""
PROVIDER_GAVE_UP = frozenset({"max_payment_attempts", "payment_not_received", "subscription_paused"})


@dataclass(frozen=True, slots=True)
class Debt:
    """A failed invoice with its subscription as we know it. `gave_up_at`: our own time was over."""

    invoice: InvoiceState
    subscription: SubscriptionState | None = None
    gave_up_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class Settlement:
    """How and when a debt ceased to be owed."""

    result: DebtResult
    at: datetime


@dataclass(frozen=True, slots=True)
class Verdict:
    """How a case ends."""

    outcome: Outcome
    at: datetime


def refusal(debt: Debt) -> str | None:
    """Why a failed invoice opens no case, or None if it does."""
    invoice = debt.invoice
    if invoice.failed_at is None:
        return "no payment of it has failed"
    if invoice.collection_method == "send_invoice":
        return "it is sent to be paid by hand (send_invoice), which Reclaim does not remind of"
    if invoice.billing_reason not in RENEWALS:
        return f"it is no renewal (billing reason {invoice.billing_reason or 'unknown'})"
    if invoice.amount_due_minor <= 0:
        return "nothing is due on it"
    if invoice.disputed_at and invoice.disputed_at <= invoice.failed_at:
        return "it is disputed"
    over = settlement(debt)
    if over and over.at < invoice.failed_at:
        return f"it was over before the failure ({over.result})"
    return None


def settlement(debt: Debt) -> Settlement | None:
    """How the debt first ceased to be owed; None while it is owed. The earliest cause counts, so that
    events in any order give the same answer."""
    return min(_causes(debt), key=lambda s: (s.at, s.result != DebtResult.PAID), default=None)


def _causes(debt: Debt) -> Iterable[Settlement]:
    invoice, subscription = debt.invoice, debt.subscription
    at = invoice.settled_at or invoice.seen_at
    if invoice.status == "paid":
        credited = invoice.amount_due_minor <= 0 and invoice.amount_paid_minor <= 0
        yield Settlement(DebtResult.VOIDED if credited else DebtResult.PAID, at)
    elif invoice.status in ("void", "deleted"):
        yield Settlement(DebtResult.VOIDED, at)
    elif invoice.status == "uncollectible":
        lost = invoice.uncollectible_reason in PROVIDER_GAVE_UP
        yield Settlement(DebtResult.LOST if lost else DebtResult.WRITTEN_OFF, at)
    if invoice.disputed_at and invoice.dispute_status != "won":
        yield Settlement(DebtResult.DISPUTED, invoice.disputed_at)
    if debt.gave_up_at:
        yield Settlement(DebtResult.LOST, debt.gave_up_at)
    if subscription is not None:
        yield from _ends(subscription)


def _ends(subscription: SubscriptionState) -> Iterable[Settlement]:
    ended_at = subscription.ended_at or subscription.canceled_at or subscription.seen_at
    if subscription.status == "canceled":
        match subscription.cancellation_reason:
            case "payment_failed" | "canceled_by_retention_policy":
                yield Settlement(DebtResult.LOST, ended_at)
            case "payment_disputed":
                yield Settlement(DebtResult.DISPUTED, ended_at)
            case _:
                yield Settlement(DebtResult.CANCELLED, subscription.canceled_at or ended_at)
    elif _is_suspended(subscription):
        yield Settlement(DebtResult.LOST, subscription.seen_at)
    elif is_leaving(subscription):
        yield Settlement(DebtResult.CANCELLED, subscription.canceled_at or subscription.seen_at)


def _is_suspended(subscription: SubscriptionState) -> bool:
    """The provider has ended access for non-payment without ending the subscription."""
    if subscription.status == "paused":
        return subscription.pause_reason == "final_payment_failure"
    return subscription.status == "unpaid"


def is_leaving(subscription: SubscriptionState) -> bool:
    """The customer has asked for the end: a scheduled one that comes with this period, or that was asked for.

    A date far ahead that nobody asked for is a contract's end, not a cancellation.
    """
    if subscription.cancel_at is None:
        return False
    if subscription.cancellation_reason == "cancellation_requested":
        return True
    return subscription.period_end_at is not None and subscription.cancel_at <= subscription.period_end_at


def verdict(settled: Sequence[Settlement | None]) -> Verdict | None:
    """How a case with these debts ends; None while one of them is owed. Of two ends in one second the
    graver counts, so that the order of the debts says nothing."""
    over = [s for s in settled if s is not None]
    if not over or len(over) < len(settled):
        return None
    last = max(over, key=lambda s: (s.at, list(DebtResult).index(s.result)))
    if any(s.result == DebtResult.PAID for s in over):
        return Verdict(Outcome.RECOVERED, last.at)
    return Verdict(Outcome(last.result.value), last.at)


def hold_reason(debts: Sequence[Debt], disputes_open: bool) -> str | None:
    """Why a case with owed debts must wait, or None."""
    owed = [d for d in debts if settlement(d) is None]
    if disputes_open:
        return "the customer disputes a payment"
    subscriptions = [d.subscription for d in owed if d.subscription is not None]
    if subscriptions and all(s.paused_collection for s in subscriptions):
        return "payment collection is paused at the provider"
    if subscriptions and all(s.status == "trialing" for s in subscriptions):
        return "the trial was extended"
    return None


def returned(invoice: InvoiceState) -> int:
    """How much of a paid invoice went back: refunds, and all of it after a lost or an early dispute."""
    if invoice.status != "paid":
        return 0
    paid = invoice.amount_paid_minor
    if invoice.disputed_at and invoice.dispute_status != "won":
        early = invoice.paid_at is not None and invoice.disputed_at - invoice.paid_at <= RETURN_WINDOW
        if early or invoice.dispute_status == "lost":
            return paid
    return min(paid, invoice.refunded_minor)


def dispute_is_open(dispute_status: str | None) -> bool:
    return dispute_status is not None and dispute_status not in DISPUTE_FINAL
