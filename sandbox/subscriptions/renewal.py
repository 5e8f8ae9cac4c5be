"""What time does to subscriptions. Each function is called when its agenda entry comes up and checks first
whether the subscription still wants it, because entries are never taken off the agenda."""

from __future__ import annotations

from sandbox.calendar_periods import next_boundary
from sandbox.clock import DAY
from sandbox.events.record import changing, emit
from sandbox.invoices.closing import mark_uncollectible, void
from sandbox.invoices.drafting import draft_invoice, finalize_invoice
from sandbox.invoices.objects import invoice_for
from sandbox.state import Obj, State
from sandbox.subscriptions.objects import period_end, recurring_of, set_period
from sandbox.subscriptions.scheduling import plan_period
from sandbox.subscriptions.standing import end_subscription, pause

RUNNING = ("active", "past_due", "trialing", "unpaid")


def renew(state: State, subscription: Obj) -> None:
    """A period ended: end with it, or bill the next one."""
    if subscription["status"] not in RUNNING or period_end(subscription) > state.now:
        return
    if subscription["cancel_at_period_end"]:
        end_subscription(state, subscription, reason="cancellation_requested")
        return
    if subscription["status"] == "trialing" and not _leave_trial(state, subscription):
        return
    start = period_end(subscription)
    end = next_boundary(subscription["billing_cycle_anchor"], recurring_of(subscription), start)
    with changing(state, subscription, "customer.subscription.updated"):
        if subscription["status"] == "trialing":
            subscription["status"] = "active"
        bill_period(state, subscription, "subscription_cycle", start, end)
    plan_period(state, subscription)


def bill_period(state: State, subscription: Obj, reason: str, start: int, end: int) -> Obj:
    """Move into the period and draft its invoice, minding a paused collection and an unpaid status."""
    previous = subscription["items"]["data"][0]["current_period_start"]
    set_period(subscription, start, end)
    behaviour = (subscription["pause_collection"] or {}).get("behavior")
    held = subscription["status"] == "unpaid" or behaviour is not None
    invoice = draft_invoice(state, subscription, reason, (start, end), held=held)
    invoice["period_start"] = previous
    if behaviour in ("void", "mark_uncollectible"):
        finalize_invoice(state, invoice)
        if behaviour == "void":
            void(state, invoice)
        else:
            mark_uncollectible(state, invoice, "subscription_paused")
    return invoice


def _leave_trial(state: State, subscription: Obj) -> bool:
    """Whether the subscription goes on after its trial."""
    behaviour = subscription["trial_settings"]["end_behavior"]["missing_payment_method"]
    customer = state.get("customer", subscription["customer"])
    has_method = (
        subscription["default_payment_method"] or customer["invoice_settings"]["default_payment_method"]
    )
    if has_method or behaviour == "create_invoice":
        return True
    if behaviour == "cancel":
        end_subscription(state, subscription, reason=None)
        return False
    with changing(state, subscription, "customer.subscription.updated"):
        pause(state, subscription, "trial_end_without_payment_method")
    emit(state, "customer.subscription.paused", subscription)
    return False


def cancel_due(state: State, subscription: Obj) -> None:
    """A scheduled end that still stands; one at the period's end is left to the renewal of that instant."""
    due = subscription["cancel_at"]
    if subscription["status"] in (*RUNNING, "paused") and due is not None and due <= state.now:
        end_subscription(state, subscription, reason=subscription["cancellation_details"]["reason"])


def trial_notice(state: State, subscription: Obj) -> None:
    if subscription["status"] == "trialing" and subscription["trial_end"] - state.now <= 3 * DAY:
        emit(state, "customer.subscription.trial_will_end", subscription)


def upcoming(state: State, subscription: Obj) -> None:
    """The notice of a renewal: an invoice without an id, as nothing exists yet."""
    days_left = period_end(subscription) - state.now
    ending = subscription["cancel_at"] is not None and subscription["cancel_at"] <= period_end(subscription)
    if subscription["status"] not in RUNNING or days_left != state.policy.upcoming_days * DAY or ending:
        return
    emit(state, "invoice.upcoming", upcoming_invoice(state, subscription))


def upcoming_invoice(state: State, subscription: Obj) -> Obj:
    """What the next renewal would bill."""
    start = period_end(subscription)
    end = next_boundary(subscription["billing_cycle_anchor"], recurring_of(subscription), start)
    invoice = invoice_for(state, subscription, "upcoming", (start, end))
    del invoice["id"]
    invoice |= {
        "created": start,
        "next_payment_attempt": start + state.policy.finalize_after_seconds,
        "period_end": start,
        "period_start": subscription["items"]["data"][0]["current_period_start"],
        "auto_advance": False,
    }
    return invoice


def resume_collection(state: State, subscription: Obj) -> None:
    paused = subscription["pause_collection"]
    if paused and paused["resumes_at"] is not None and paused["resumes_at"] <= state.now:
        with changing(state, subscription, "customer.subscription.updated"):
            subscription["pause_collection"] = None


def expire_incomplete(state: State, subscription: Obj) -> None:
    """A first invoice nobody paid in time: the subscription never began."""
    if subscription["status"] != "incomplete":
        return
    with changing(state, subscription, "customer.subscription.updated"):
        subscription |= {"status": "incomplete_expired", "ended_at": state.now}
    invoice = state.get("invoice", subscription["latest_invoice"])
    if invoice["status"] == "open":
        void(state, invoice)
