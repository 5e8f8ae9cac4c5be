"""Starting a subscription: trial or first invoice, and what a failing first charge means."""

from __future__ import annotations

from fractions import Fraction
from typing import NoReturn

from sandbox.calendar_periods import next_boundary
from sandbox.cards.verdicts import Declined, NeedsAction
from sandbox.clock import DAY, HOUR
from sandbox.coupons.discounting import new_discounts
from sandbox.errors import invalid
from sandbox.events.record import emit, forget_except
from sandbox.invoices.collection import Attempt, collect
from sandbox.invoices.drafting import draft_invoice, finalize_invoice
from sandbox.invoices.lines import FREE, WHOLE
from sandbox.parameters import (
    Params,
    choice,
    flag,
    given,
    instant,
    integer,
    required_text,
    sequence,
    text,
)
from sandbox.payment_methods.attaching import attach, method_from_id
from sandbox.state import Obj, State
from sandbox.subscriptions.billing import added_items, keep_drafts
from sandbox.subscriptions.changing import write_behaviours
from sandbox.subscriptions.objects import new_subscription, period_end, recurring_of, set_period
from sandbox.subscriptions.scheduling import plan_period, schedule_cancel
from sandbox.subscriptions.undoing import payment_fault

INCOMPLETE_SECONDS = 23 * HOUR
BEHAVIOURS = ("allow_incomplete", "default_incomplete", "error_if_incomplete", "pending_if_incomplete")


def start_subscription(state: State, params: Params) -> Obj:
    """Create, bill the first period, announce. `error_if_incomplete` undoes everything on a decline."""
    customer = state.get("customer", required_text(params, "customer"), "customer")
    behaviour = choice(params, "payment_behavior", BEHAVIOURS, "allow_incomplete")
    known = set(state.events) if behaviour == "error_if_incomplete" else set()
    subscription = new_subscription(state, params, customer, state.now)
    method_id = text(params, "default_payment_method")
    if method_id:
        method = attach(state, method_from_id(state, method_id, "default_payment_method"), customer)
        subscription["default_payment_method"] = method["id"]
    customer["currency"] = customer["currency"] or subscription["currency"]
    subscription["discounts"] = new_discounts(state, sequence(params, "discounts"), subscription)
    share = set_first_period(state, subscription, params)
    write_behaviours(subscription, params)
    paid_later = subscription["collection_method"] == "send_invoice"
    if not paid_later and subscription["trial_end"] is None:
        subscription["status"] = "incomplete"
    emit(state, "customer.subscription.created", subscription)
    plan_period(state, subscription)
    keep_drafts(state, subscription, added_items(state, subscription, params))
    _bill_first(state, subscription, share, str(behaviour), known)
    if given(params, "cancel_at") or flag(params, "cancel_at_period_end"):
        schedule_cancel(state, subscription, params)
    return subscription


def set_first_period(state: State, subscription: Obj, params: Params) -> Fraction:
    """Set period, anchor and trial; gives the share of a full period that the first invoice charges."""
    days = integer(params, "trial_period_days")
    if days is None and flag(params, "trial_from_plan"):
        days = recurring_of(subscription)["trial_period_days"]
    trial_end = state.now + days * DAY if days else instant(params, "trial_end", state.now)
    anchor = integer(params, "billing_cycle_anchor")
    start = integer(params, "backdate_start_date")
    if start is not None:
        subscription["start_date"] = start
    if trial_end is not None and trial_end > state.now:
        subscription |= {
            "status": "trialing",
            "trial_start": state.now,
            "trial_end": trial_end,
            "billing_cycle_anchor": trial_end,
        }
        set_period(subscription, state.now, trial_end)
        return FREE
    if anchor is None:
        set_period(subscription, state.now, next_boundary(state.now, recurring_of(subscription), state.now))
        return WHOLE
    if anchor <= state.now:
        raise invalid("billing_cycle_anchor must lie in the future.", param="billing_cycle_anchor")
    subscription["billing_cycle_anchor"] = anchor
    set_period(subscription, state.now, anchor)
    full = next_boundary(anchor, recurring_of(subscription), anchor) - anchor
    free = params.get("proration_behavior") == "none"
    return FREE if free else min(WHOLE, Fraction(anchor - state.now, full))


def _bill_first(state: State, subscription: Obj, share: Fraction, behaviour: str, known: set[str]) -> None:
    start = subscription["items"]["data"][0]["current_period_start"]
    period = (start, period_end(subscription))
    sent = subscription["collection_method"] == "send_invoice"
    if share == FREE and subscription["status"] != "trialing":
        subscription["status"] = "active"  # a free stretch up to the anchor has no invoice, unlike a trial
        return
    invoice = draft_invoice(state, subscription, "subscription_create", period, share=share, at_once=not sent)
    if sent:
        return
    finalize_invoice(state, invoice)
    if behaviour == "default_incomplete" and invoice["amount_due"] > 0:
        state.agenda.note(state.now + INCOMPLETE_SECONDS, "expire_incomplete", subscription["id"])
        return
    attempt = collect(state, invoice, automatic=True)
    if subscription["status"] != "incomplete":
        return
    if (
        invoice["status"] == "open"
        and attempt.verdict
        and not isinstance(attempt.verdict, Declined | NeedsAction)
    ):
        subscription["status"] = "active"  # a bank debit under way counts as good until it is returned
        return
    if behaviour == "error_if_incomplete":
        forget_except(state, known, ("charge.", "payment_intent.", "payment_method."))
        _undo(state, subscription, invoice, attempt)
    state.agenda.note(state.now + INCOMPLETE_SECONDS, "expire_incomplete", subscription["id"])


def _undo(state: State, subscription: Obj, invoice: Obj, attempt: Attempt) -> NoReturn:
    state.remove("subscription", subscription["id"])
    state.remove("invoice", invoice["id"])
    state.hidden.subscriptions_of_customer[subscription["customer"]].remove(subscription["id"])
    raise payment_fault(state, invoice, attempt)
