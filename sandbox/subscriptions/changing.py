"""Changes asked for through the API: method, pause, trial, items, scheduled end."""

from __future__ import annotations

from sandbox.calendar_periods import next_boundary
from sandbox.coupons.discounting import new_discounts
from sandbox.errors import invalid, missing_param
from sandbox.invoices.collection import collect
from sandbox.invoices.drafting import draft_invoice, finalize_invoice
from sandbox.parameters import (
    Params,
    choice,
    flag,
    given,
    instant,
    integer,
    mapping,
    merged_metadata,
    sequence,
    text,
)
from sandbox.prices.routes import price_for_item
from sandbox.rendering.plans import plan_of
from sandbox.state import Obj, State
from sandbox.subscriptions.objects import new_item, period_end, recurring_of, set_period
from sandbox.subscriptions.scheduling import plan_period, schedule_cancel

PAUSES = ("keep_as_draft", "mark_uncollectible", "void")


def apply_changes(state: State, subscription: Obj, params: Params) -> None:
    """Write every given parameter; the caller announces the sum of it as one update."""
    if given(params, "default_payment_method"):
        _set_method(state, subscription, text(params, "default_payment_method"))
    subscription["metadata"] = merged_metadata(subscription["metadata"], params)
    for name in ("description", "collection_method"):
        if given(params, name):
            subscription[name] = text(params, name)
    if given(params, "days_until_due"):
        subscription["days_until_due"] = integer(params, "days_until_due")
    if given(params, "pause_collection"):
        _set_pause(state, subscription, mapping(params, "pause_collection"))
    if given(params, "discounts"):
        subscription["discounts"] = new_discounts(state, sequence(params, "discounts"), subscription)
    if given(params, "cancel_at") or given(params, "cancel_at_period_end"):
        schedule_cancel(state, subscription, params)
    details = mapping(params, "cancellation_details")
    for name in ("comment", "feedback", "feedback_option"):
        if given(details, name):
            subscription["cancellation_details"][name] = text(details, name)
    if given(params, "items"):
        _set_items(state, subscription, sequence(params, "items"))
    if given(params, "trial_end"):
        _set_trial_end(state, subscription, instant(params, "trial_end", state.now))


def _set_method(state: State, subscription: Obj, method_id: str | None) -> None:
    if method_id:
        method = state.get("payment_method", method_id, "default_payment_method")
        if method["customer"] != subscription["customer"]:
            raise invalid("The payment method belongs to another customer.", param="default_payment_method")
    subscription["default_payment_method"] = method_id


def _set_pause(state: State, subscription: Obj, wanted: Params) -> None:
    if not wanted:
        subscription["pause_collection"] = None
        return
    behavior = choice(wanted, "behavior", PAUSES)
    if behavior is None:
        raise missing_param("pause_collection[behavior]")
    resumes_at = instant(wanted, "resumes_at", state.now)
    subscription["pause_collection"] = {"behavior": behavior, "resumes_at": resumes_at}
    if resumes_at is not None:
        state.agenda.note(resumes_at, "resume_collection", subscription["id"])


def _set_items(state: State, subscription: Obj, entries: list[Params]) -> None:
    """Prices and quantities change from the next invoice on; another interval starts a new period now."""
    rhythm = recurring_of(subscription)
    items = subscription["items"]["data"]
    period = (items[0]["current_period_start"], items[0]["current_period_end"])
    for number, entry in enumerate(entries):
        found = next((item for item in items if item["id"] == text(entry, "id")), None)
        if found is None:
            items.append(new_item(state, subscription["id"], entry, f"items[{number}]", period))
        elif flag(entry, "deleted"):
            items.remove(found)
        else:
            if given(entry, "price") or given(entry, "price_data"):
                price = price_for_item(state, entry, f"items[{number}]")
                found["price"], found["plan"] = dict(price), plan_of(price)
            found["quantity"] = integer(entry, "quantity", found["quantity"])
    if not items:
        raise invalid("A subscription needs at least one item.", param="items")
    subscription["items"]["total_count"] = len(items)
    new_rhythm = recurring_of(subscription)
    if (rhythm["interval"], rhythm["interval_count"]) != (
        new_rhythm["interval"],
        new_rhythm["interval_count"],
    ):
        _restart_cycle(state, subscription)


def _restart_cycle(state: State, subscription: Obj) -> None:
    subscription["billing_cycle_anchor"] = state.now
    set_period(subscription, state.now, next_boundary(state.now, recurring_of(subscription), state.now))
    plan_period(state, subscription)
    _bill_at_once(state, subscription, 1.0)


def _set_trial_end(state: State, subscription: Obj, trial_end: int | None) -> None:
    """A later end gives free time from now on; `now` ends the trial and bills at once."""
    if trial_end is None or trial_end <= state.now:
        if subscription["status"] != "trialing":
            return
        subscription |= {"trial_end": state.now, "status": "active"}
        _restart_cycle(state, subscription)
        return
    subscription |= {"trial_end": trial_end, "billing_cycle_anchor": trial_end, "status": "trialing"}
    subscription["trial_start"] = subscription["trial_start"] or state.now
    set_period(subscription, state.now, trial_end)
    plan_period(state, subscription)
    if subscription["cancel_at_period_end"]:
        subscription["cancel_at"] = period_end(subscription)
    _bill_at_once(state, subscription, 0.0)


def _bill_at_once(state: State, subscription: Obj, share: float) -> None:
    item = subscription["items"]["data"][0]
    period = (item["current_period_start"], item["current_period_end"])
    automatic = subscription["collection_method"] == "charge_automatically"
    invoice = draft_invoice(
        state, subscription, "subscription_update", period, share=share, at_once=automatic
    )
    if automatic:
        finalize_invoice(state, invoice)
        collect(state, invoice, automatic=True)
