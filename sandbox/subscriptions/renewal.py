"""What time does to subscriptions. Each function is called when its agenda entry comes up and checks first
whether the subscription still wants it, because entries are never taken off the agenda."""

from __future__ import annotations

from sandbox.calendar_periods import next_boundary
from sandbox.clock import DAY
from sandbox.events.record import changing, emit
from sandbox.invoices.closing import mark_uncollectible, void
from sandbox.invoices.drafting import draft_invoice, finalize_invoice
from sandbox.invoices.preview import next_invoice
from sandbox.state import Obj, State
from sandbox.subscriptions.billing import bill_leftovers
from sandbox.subscriptions.objects import period_end, recurring_of, set_period
from sandbox.subscriptions.scheduling import plan_period
from sandbox.subscriptions.standing import end_subscription, pause
from sandbox.subscriptions.trials import ending_without_method

RUNNING = ("active", "past_due", "trialing", "unpaid")


def renew(state: State, subscription: Obj) -> None:
    """A period ended: end with it, or bill the next one."""
    if subscription["status"] not in RUNNING or period_end(subscription) > state.now:
        return
    if subscription["cancel_at_period_end"]:
        end_subscription(state, subscription, reason="cancellation_requested")
        bill_leftovers(state, subscription)
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
    invoice = draft_invoice(state, subscription, reason, (start, end), held=held, since=previous)
    if behaviour in ("void", "mark_uncollectible"):
        finalize_invoice(state, invoice)
        if invoice["status"] == "paid":
            return invoice
        if behaviour == "void":
            void(state, invoice)
        else:
            mark_uncollectible(state, invoice, "subscription_paused")
    return invoice


def _leave_trial(state: State, subscription: Obj) -> bool:
    """Whether the subscription goes on after its trial."""
    behaviour = ending_without_method(state, subscription)
    if behaviour is None:
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
        bill_leftovers(state, subscription)


def trial_notice(state: State, subscription: Obj) -> None:
    if subscription["status"] == "trialing" and subscription["trial_end"] - state.now <= 3 * DAY:
        emit(state, "customer.subscription.trial_will_end", subscription)


def upcoming(state: State, subscription: Obj) -> None:
    """The notice of a renewal: an invoice without an id, as nothing exists yet."""
    days_left = period_end(subscription) - state.now
    ending = subscription["cancel_at"] is not None and subscription["cancel_at"] <= period_end(subscription)
    if subscription["status"] not in RUNNING or days_left != state.policy.upcoming_days * DAY or ending:
        return
    invoice = next_invoice(state, subscription, [])
    del invoice["id"]
    emit(state, "invoice.upcoming", invoice)


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


def expire_pending(state: State, subscription: Obj) -> None:
    """Nobody paid in time: the change is dropped and its invoice void."""
    update = subscription["pending_update"]
    if update is None or update["expires_at"] > state.now:
        return
    with changing(state, subscription, "customer.subscription.updated"):
        subscription["pending_update"] = None
    emit(state, "customer.subscription.pending_update_expired", subscription)
    invoice = state.find("invoice", subscription["latest_invoice"])
    if invoice is not None and invoice["status"] == "open":
        void(state, invoice)
