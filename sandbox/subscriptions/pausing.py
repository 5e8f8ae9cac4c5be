"""`pause` and `resume`: a status of its own, in which nothing is billed. Not the same as a paused collection."""

from __future__ import annotations

from sandbox.calendar_periods import next_boundary
from sandbox.errors import invalid
from sandbox.events.record import changing, emit
from sandbox.invoice_items.objects import ItemDraft
from sandbox.invoices.lines import WHOLE
from sandbox.parameters import Params, choice, integer, mapping, text
from sandbox.routing import Call
from sandbox.state import Obj, State
from sandbox.subscriptions.billing import bill_arrangement, bill_leftovers, collect_now, keep_drafts
from sandbox.subscriptions.debits import open_debits
from sandbox.subscriptions.objects import period_end, recurring_of, set_period
from sandbox.subscriptions.proration import charge_for, credits_for
from sandbox.subscriptions.rearranging import BEHAVIOURS, Arrangement, restart_cycle
from sandbox.subscriptions.scheduling import plan_period
from sandbox.subscriptions.standing import pause

PAUSABLE = ("active", "trialing", "past_due", "unpaid")
RESUME_BEHAVIOURS = ("resume_on_payment_attempt", "resume_on_payment_success")


def pause_now(call: Call) -> Obj:
    """Paused on request; the unused time is credited with the next invoice, or at once."""
    state, subscription = call.state, call.state.get("subscription", call.id)
    if subscription["status"] not in PAUSABLE:
        raise invalid(f"The subscription is {subscription['status']} and cannot be paused.", param="id")
    invoicing = choice(call.params, "invoicing_behavior", ("invoice", "pending_invoice_item"))
    keep_drafts(state, subscription, _unused(state, subscription, mapping(call.params, "bill_for")))
    with changing(state, subscription, "customer.subscription.updated"):
        pause(state, subscription, "pause_requested")
    emit(state, "customer.subscription.paused", subscription)
    if invoicing == "invoice":
        bill_leftovers(state, subscription, at_once=True)
    return subscription


def _unused(state: State, subscription: Obj, bill_for: Params) -> list[ItemDraft]:
    words = ("none", "now", "item_current_period_start")
    since = choice(mapping(bill_for, "unused_time_from"), "type", words, "now")
    if since == "none":
        return []
    items = subscription["items"]["data"]
    at = items[0]["current_period_start"] if since == "item_current_period_start" else state.now
    return [draft for item in items for draft in credits_for(state, subscription, item, at)]


def resume(call: Call) -> Obj:
    """Running again: by default with a new period from now on, billed at once.

    With the anchor unchanged it comes back into the period around now and pays for what is left of it.
    `resume_on_payment_success` keeps it paused until the invoice of the resumption is paid.
    """
    state, subscription = call.state, call.state.get("subscription", call.id)
    if subscription["status"] != "paused":
        raise invalid(f"The subscription is {subscription['status']}, not paused.", param="id")
    waits = choice(call.params, "payment_behavior", RESUME_BEHAVIOURS) == "resume_on_payment_success"
    with changing(state, subscription, "customer.subscription.updated"):
        arrangement = _resumption(state, subscription, call.params)
        held = dict(subscription["status_details"] or {})
        subscription |= {"status": "active", "status_details": None}
        plan_period(state, subscription)
        invoice = bill_arrangement(state, subscription, arrangement)
        if waits and invoice is not None and invoice["status"] != "paid":
            subscription |= {"status": "paused", "status_details": held}
    if subscription["status"] == "active":
        emit(state, "customer.subscription.resumed", subscription)
    collect_now(state, invoice)
    return subscription


def _resumption(state: State, subscription: Obj, params: Params) -> Arrangement:
    anchor = params.get("billing_cycle_anchor")
    word = text(anchor, "type") if isinstance(anchor, dict) else text(params, "billing_cycle_anchor")
    if word in (None, "now"):
        restart_cycle(state, subscription)
        return Arrangement(share=WHOLE)
    if word != "unchanged":
        raise invalid("billing_cycle_anchor is either now or unchanged.", param="billing_cycle_anchor")
    behaviour = choice(params, "proration_behavior", BEHAVIOURS, "create_prorations")
    _move_around_now(state, subscription)
    at = integer(params, "proration_date", state.now) or state.now
    unpaid = [
        item for item in subscription["items"]["data"] if not open_debits(state, subscription, item["id"], at)
    ]
    charges = [charge_for(state, subscription, item, at) for item in unpaid if behaviour != "none"]
    return Arrangement([draft for draft in charges if draft], at_once=behaviour == "always_invoice")


def _move_around_now(state: State, subscription: Obj) -> None:
    """The period that contains the present, on the old anchor."""
    while period_end(subscription) <= state.now:
        start = period_end(subscription)
        end = next_boundary(subscription["billing_cycle_anchor"], recurring_of(subscription), start)
        set_period(subscription, start, end)
