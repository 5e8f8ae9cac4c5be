"""How a subscription stands after what happened to its invoices, and how it ends.

Knows no invoice logic: it reacts to "settled", "failed" and "given up".
"""

from __future__ import annotations

from sandbox.events.record import changing, emit, snapshot
from sandbox.state import Obj, State
from sandbox.subscription_schedules.following import subscription_ended
from sandbox.subscriptions.pending import apply_pending

LATE = ("past_due", "unpaid")


def _of(state: State, invoice: Obj) -> Obj | None:
    details = (invoice["parent"] or {}).get("subscription_details")
    return state.find("subscription", details["subscription"]) if details else None


def invoice_settled(state: State, invoice: Obj) -> None:
    """Paid or given up as uncollectible: the latest invoice decides if the subscription is active again."""
    subscription = _of(state, invoice)
    paid, announced = invoice["status"] == "paid", None
    if subscription is not None:
        with changing(state, subscription, "customer.subscription.updated"):
            latest = subscription["latest_invoice"] == invoice["id"]
            if paid and latest and subscription["pending_update"]:
                apply_pending(state, subscription)
                announced = "customer.subscription.pending_update_applied"
            if latest and (
                subscription["status"] == "past_due" or (paid and subscription["status"] == "unpaid")
            ):
                subscription["status"] = "active"
            elif paid and subscription["status"] == "incomplete":
                subscription["status"] = "trialing" if _in_trial(state, subscription) else "active"
            elif paid and _ends_pause(subscription, invoice):
                subscription |= {"status": "active", "status_details": None}
                announced = "customer.subscription.resumed"
        if announced:
            emit(state, announced, subscription)
    _set_delinquent(state, invoice["customer"])


def payment_failed(state: State, invoice: Obj) -> None:
    """An attempt failed or a due date passed: a running subscription becomes late, one whose first charge
    failed incomplete. A change that waits for its payment leaves everything as it is."""
    subscription = _of(state, invoice)
    held = subscription and subscription["pending_update"] and subscription["latest_invoice"] == invoice["id"]
    if subscription is not None and not held and subscription["status"] in ("active", "trialing"):
        with changing(state, subscription, "customer.subscription.updated"):
            first = invoice["billing_reason"] == "subscription_create" and not subscription["schedule"]
            charged = invoice["collection_method"] == "charge_automatically"
            subscription["status"] = "incomplete" if first and charged else "past_due"
    _set_delinquent(state, invoice["customer"])


def collection_given_up(state: State, subscription: Obj) -> None:
    """The merchant's end action after the last planned try."""
    match state.policy.end_action:
        case "cancel":
            end_subscription(state, subscription, reason="payment_failed")
        case "unpaid":
            with changing(state, subscription, "customer.subscription.updated"):
                subscription["status"] = "unpaid"
        case "pause":
            with changing(state, subscription, "customer.subscription.updated"):
                pause(state, subscription, "final_payment_failure")
            emit(state, "customer.subscription.paused", subscription)
        case "past_due":
            pass


def pause(state: State, subscription: Obj, cause: str) -> None:
    """Status `paused`, which is not the same as a paused collection."""
    subscription["status"] = "paused"
    subscription["status_details"] = {
        "paused": {"subscription": {"type": cause}, "transitioned_at": state.now, "type": "subscription"}
    }


def end_subscription(
    state: State,
    subscription: Obj,
    *,
    reason: str | None,
    feedback: str | None = None,
    comment: str | None = None,
) -> None:
    """Canceled for good; by default the provider stops collecting its open invoices too."""
    details = subscription["cancellation_details"]
    subscription |= {"status": "canceled", "ended_at": state.now}
    subscription["canceled_at"] = subscription["canceled_at"] or state.now
    subscription["cancellation_details"] = {
        "comment": comment or details["comment"],
        "feedback": feedback or details["feedback"],
        "feedback_option": None,
        "reason": reason,
    }
    emit(state, "customer.subscription.deleted", subscription)
    subscription_ended(state, subscription)
    if state.policy.cancel_stops_collection:
        _stop_collection(state, subscription)


def _stop_collection(state: State, subscription: Obj) -> None:
    for invoice_id in state.hidden.invoices_of_subscription[subscription["id"]]:
        invoice = state.get("invoice", invoice_id)
        if invoice["status"] in ("draft", "open"):
            before = snapshot(invoice)
            invoice |= {
                "auto_advance": False,
                "next_payment_attempt": None,
                "automatically_finalizes_at": None,
            }
            if snapshot(invoice) != before:
                emit(state, "invoice.updated", invoice, before)


def _in_trial(state: State, subscription: Obj) -> bool:
    return bool(subscription["trial_end"] and subscription["trial_end"] > state.now)


def _ends_pause(subscription: Obj, invoice: Obj) -> bool:
    """The pause came from a failed payment, or the invoice is that of its resumption."""
    paused = (subscription["status_details"] or {}).get("paused")
    if subscription["status"] != "paused" or not paused:
        return False
    failure = paused["subscription"]["type"] == "final_payment_failure"
    resumption = subscription["latest_invoice"] == invoice["id"]
    return failure or (resumption and bool(invoice["created"] >= paused["transitioned_at"]))


def _set_delinquent(state: State, customer_id: str) -> None:
    """A customer is delinquent while any of their subscriptions is late."""
    customer = state.find("customer", customer_id)
    if customer is None:
        return
    ids = state.hidden.subscriptions_of_customer[customer_id]
    late = any(state.get("subscription", row)["status"] in LATE for row in ids)
    if customer["delinquent"] != late:
        with changing(state, customer, "customer.updated"):
            customer["delinquent"] = late
