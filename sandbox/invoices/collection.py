"""Trying to collect an invoice, by itself or because somebody pressed pay, and planning the next try."""

from __future__ import annotations

from dataclasses import dataclass

from sandbox.cards.verdicts import Approved, Declined, NeedsAction, Settling, Verdict
from sandbox.clock import DAY
from sandbox.events.record import emit, snapshot
from sandbox.invoices.closing import mark_paid, mark_uncollectible
from sandbox.invoices.objects import subscription_of
from sandbox.payment_intents.charging import charge_intent
from sandbox.state import Obj, State
from sandbox.subscriptions.standing import collection_given_up, payment_failed


@dataclass(frozen=True)
class Attempt:
    """What one try led to; no verdict means nothing was charged (no method, a barred one, or zero due)."""

    verdict: Verdict | None
    method: Obj | None


def method_to_charge(state: State, invoice: Obj) -> Obj | None:
    """The provider's order: the invoice's own method, the subscription's, then the customer's default."""
    subscription = subscription_of(state, invoice)
    customer = state.get("customer", invoice["customer"])
    candidates = (
        invoice["default_payment_method"],
        subscription["default_payment_method"] if subscription else None,
        customer["invoice_settings"]["default_payment_method"],
        customer["default_source"],
    )
    return next((state.get("payment_method", method_id) for method_id in candidates if method_id), None)


def collect(
    state: State,
    invoice: Obj,
    *,
    automatic: bool,
    method: Obj | None = None,
    authenticated: bool = False,
    off_session: bool = True,
) -> Attempt:
    """One try at an open invoice; one that was due nothing is paid already. Automatic tries move the retry
    schedule on, a try by hand only if it is the first."""
    if invoice["status"] == "paid":
        return Attempt(None, None)
    method = method or method_to_charge(state, invoice)
    if method is None or (automatic and state.hidden.barred_methods.get(invoice["id"]) == _mark(method)):
        _after_failure(state, invoice, automatic, None)
        return Attempt(None, method)
    intent = state.get("payment_intent", state.hidden.intent_of_invoice[invoice["id"]])
    verdict = charge_intent(state, intent, method, authenticated=authenticated, off_session=off_session)
    match verdict:
        case Approved():
            mark_paid(state, invoice, counts=automatic or invoice["attempt_count"] == 0)
        case Settling():
            _await_settlement(state, invoice)
        case Declined() | NeedsAction():
            if isinstance(verdict, NeedsAction) or verdict.decline.hard:
                state.hidden.barred_methods[invoice["id"]] = _mark(method)
            _after_failure(state, invoice, automatic, verdict)
    return Attempt(verdict, method)


def collect_settled(state: State, invoice: Obj, verdict: Verdict) -> None:
    """The late end of a bank debit."""
    if isinstance(verdict, Approved):
        mark_paid(state, invoice)
    else:
        _after_failure(state, invoice, True, verdict, counted=True)


def _mark(method: Obj) -> str:
    """The method as the bank saw it: new card details under the same id count as a new method."""
    card = method.get("card") or {}
    return f"{method['id']}:{card.get('last4')}:{card.get('exp_month')}/{card.get('exp_year')}"


def _await_settlement(state: State, invoice: Obj) -> None:
    before = snapshot(invoice)
    invoice |= {
        "attempted": True,
        "attempt_count": invoice["attempt_count"] + 1,
        "next_payment_attempt": None,
    }
    emit(state, "invoice.updated", invoice, before)


def _after_failure(
    state: State, invoice: Obj, automatic: bool, verdict: Verdict | None, *, counted: bool = False
) -> None:
    """Count, plan, announce; after the last planned try the policy's end action follows."""
    before = snapshot(invoice)
    scheduled = automatic or invoice["attempt_count"] == 0
    if scheduled and not counted:
        invoice["attempt_count"] += 1
    invoice["attempted"] = True
    due = _next_attempt(state, invoice) if scheduled else invoice["next_payment_attempt"]
    invoice["next_payment_attempt"] = None if state.policy.next_attempt_follows_later else due
    if isinstance(verdict, NeedsAction) or (isinstance(verdict, Declined) and _wants_customer(verdict)):
        emit(state, "invoice.payment_action_required", invoice)
    emit(state, "invoice.payment_failed", invoice)
    invoice["next_payment_attempt"] = due
    emit(state, "invoice.updated", invoice, before)
    payment_failed(state, invoice)
    if scheduled and due is not None:
        state.agenda.note(due, "collect", invoice["id"])
    elif scheduled and _retried_by_schedule(state, invoice):
        _give_up(state, invoice)


def _wants_customer(verdict: Declined) -> bool:
    return verdict.decline.reason == "authentication_required"


def _retried_by_schedule(state: State, invoice: Obj) -> bool:
    """First invoices are not retried (their subscription expires instead), nor is what does not advance."""
    subscription = subscription_of(state, invoice)
    waiting = subscription is not None and subscription["status"] in (
        "incomplete",
        "incomplete_expired",
        "canceled",
    )
    return (
        bool(invoice["auto_advance"])
        and invoice["collection_method"] == "charge_automatically"
        and not waiting
    )


def _next_attempt(state: State, invoice: Obj) -> int | None:
    gaps = state.policy.retry_gaps_days
    done = invoice["attempt_count"] - 1
    if not _retried_by_schedule(state, invoice) or done >= len(gaps):
        return None
    return int(state.now + gaps[done] * DAY)


def _give_up(state: State, invoice: Obj) -> None:
    subscription = subscription_of(state, invoice)
    if subscription is not None:
        collection_given_up(state, subscription)
    if state.policy.end_invoice == "uncollectible":
        mark_uncollectible(state, invoice, "max_payment_attempts")
