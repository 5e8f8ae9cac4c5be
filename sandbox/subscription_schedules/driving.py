"""What time does to schedules: they start a subscription, lead it from phase to phase, and end."""

from __future__ import annotations

from sandbox.clock import DAY
from sandbox.coupons.discounting import new_discounts
from sandbox.events.record import changing, emit
from sandbox.invoices.drafting import draft_invoice
from sandbox.invoices.lines import FREE
from sandbox.parameters import Params
from sandbox.state import Obj, State
from sandbox.subscription_schedules.objects import KIND, LIVE, phase_at
from sandbox.subscriptions.billing import added_items, keep_drafts
from sandbox.subscriptions.changing import change_subscription
from sandbox.subscriptions.objects import new_subscription
from sandbox.subscriptions.scheduling import plan_period, schedule_cancel
from sandbox.subscriptions.starting import set_first_period

EXPIRING_SECONDS = 7 * DAY


def plan(state: State, schedule: Obj) -> None:
    """Note every instant at which something may be due."""
    for phase in schedule["phases"]:
        for due in (phase["start_date"], phase["end_date"]):
            if due >= state.now:
                state.agenda.note(due, "schedule", schedule["id"])
    notice = schedule["phases"][-1]["end_date"] - EXPIRING_SECONDS
    if notice >= state.now:
        state.agenda.note(notice, "schedule_expiring", schedule["id"])


def expiring(state: State, schedule_id: str) -> None:
    """The notice seven days before the last phase ends."""
    schedule = state.find(KIND, schedule_id)
    if schedule is None or schedule["status"] != "active":
        return
    if schedule["phases"][-1]["end_date"] - EXPIRING_SECONDS == state.now:
        emit(state, "subscription_schedule.expiring", schedule)


def step(state: State, schedule_id: str) -> None:
    """Start, enter the phase that is due, or end; nothing for a schedule that is where it should be."""
    schedule = state.find(KIND, schedule_id)
    if schedule is None or schedule["status"] not in LIVE:
        return
    phase = phase_at(schedule, state.now)
    if phase is None:
        if schedule["phases"][-1]["end_date"] <= state.now:
            _complete(state, schedule)
    elif schedule["status"] == "not_started":
        with changing(state, schedule, "subscription_schedule.updated"):
            start(state, schedule)
    elif schedule["current_phase"] != span(phase):
        with changing(state, schedule, "subscription_schedule.updated"):
            schedule["current_phase"] = span(phase)
        subscription = state.find("subscription", schedule["subscription"])
        if subscription is not None:
            enter(state, schedule, subscription, phase)


def span(phase: Obj) -> Obj:
    return {"end_date": phase["end_date"], "start_date": phase["start_date"]}


def start(state: State, schedule: Obj) -> None:
    """The first phase's subscription: running at once, its first invoice a draft for the usual hour."""
    phase = phase_at(schedule, state.now) or schedule["phases"][0]
    customer = state.get("customer", schedule["customer"])
    params = _settings(schedule, phase) | {
        "items": [_entry(row) for row in phase["items"]],
        "metadata": phase["metadata"],
        "backdate_start_date": phase["start_date"],
    }
    if phase["trial_end"]:
        params["trial_end"] = phase["trial_end"]
    subscription = new_subscription(state, params, customer, state.now)
    subscription["default_payment_method"] = params["default_payment_method"]
    subscription["schedule"] = schedule["id"]
    subscription["discounts"] = new_discounts(state, phase["discounts"], subscription)
    customer["currency"] = customer["currency"] or subscription["currency"]
    share = set_first_period(state, subscription, params)
    schedule |= {"current_phase": span(phase), "status": "active", "subscription": subscription["id"]}
    _end_with(state, schedule, subscription, phase)
    emit(state, "customer.subscription.created", subscription)
    plan_period(state, subscription)
    keep_drafts(state, subscription, added_items(state, subscription, _added(phase)))
    if share != FREE or subscription["status"] == "trialing":
        item = subscription["items"]["data"][0]
        period = (item["current_period_start"], item["current_period_end"])
        draft_invoice(state, subscription, "subscription_create", period, share=share)


def enter(state: State, schedule: Obj, subscription: Obj, phase: Obj) -> None:
    """Make the subscription what the phase says; at the end of a period there is nothing left to prorate."""
    params: Params = {
        **_settings(schedule, phase),
        "items": item_changes(subscription, phase),
        "proration_behavior": phase["proration_behavior"],
    }
    if phase["metadata"]:
        params["metadata"] = phase["metadata"]
    if phase["discounts"] or subscription["discounts"]:
        params["discounts"] = [{k: v for k, v in row.items() if v} for row in phase["discounts"]]
    if phase["trial_end"] and phase["trial_end"] > state.now:
        params["trial_end"] = phase["trial_end"]
    if phase["billing_cycle_anchor"] == "phase_start":
        params["billing_cycle_anchor"] = "now"
    change_subscription(state, subscription, params | _added(phase))
    _end_with(state, schedule, subscription, phase)


def item_changes(subscription: Obj, phase: Obj) -> list[Params]:
    """The entries of an update that turn the subscription's items into the phase's.

    A single item keeps its id whatever its price becomes; among several the price tells which is which.
    """
    items, wanted = subscription["items"]["data"], phase["items"]
    if len(items) == len(wanted) == 1:
        return [_entry(wanted[0]) | {"id": items[0]["id"]}]
    left = {item["price"]["id"]: item["id"] for item in items}
    entries = []
    for row in wanted:
        known = left.pop(row["price"], None)
        entries.append(_entry(row) | ({"id": known} if known else {}))
    return [*entries, *({"id": item_id, "deleted": "true"} for item_id in left.values())]


def _entry(row: Obj) -> Params:
    return {"price": row["price"], "quantity": row["quantity"], "metadata": row["metadata"]}


def _settings(schedule: Obj, phase: Obj) -> Params:
    """What the phase says, or else the schedule's default settings."""
    defaults = schedule["default_settings"]
    names = ("collection_method", "default_payment_method", "description")
    return {name: phase[name] or defaults[name] for name in names}


def _added(phase: Obj) -> Params:
    rows = [{"price": row["price"], "quantity": row["quantity"]} for row in phase["add_invoice_items"]]
    return {"add_invoice_items": rows} if rows else {}


def _end_with(state: State, schedule: Obj, subscription: Obj, phase: Obj) -> None:
    """In its last phase a schedule that cancels sets the subscription's end."""
    if schedule["end_behavior"] != "cancel" or phase is not schedule["phases"][-1]:
        return
    if subscription["cancel_at"] != phase["end_date"]:
        with changing(state, subscription, "customer.subscription.updated"):
            schedule_cancel(state, subscription, {"cancel_at": phase["end_date"]})


def _complete(state: State, schedule: Obj) -> None:
    """All phases are over: the subscription goes on by itself, or has ended with the last phase."""
    schedule |= {"completed_at": state.now, "current_phase": None, "status": "completed"}
    if schedule["end_behavior"] == "release":
        let_go(state, schedule)
    emit(state, "subscription_schedule.completed", schedule)


def let_go(state: State, schedule: Obj) -> None:
    """The subscription no longer belongs to the schedule."""
    subscription = state.find("subscription", schedule["subscription"])
    schedule |= {"released_subscription": schedule["subscription"], "subscription": None}
    if subscription is not None:
        with changing(state, subscription, "customer.subscription.updated"):
            subscription["schedule"] = None
