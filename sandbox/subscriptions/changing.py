"""Changes asked for through the API: method, pause, trial, items, scheduled end."""

from __future__ import annotations

from copy import deepcopy

from sandbox.cards.verdicts import Settling
from sandbox.coupons.discounting import new_discounts
from sandbox.errors import invalid, missing_param
from sandbox.events.record import changing, emit
from sandbox.parameters import (
    Params,
    choice,
    given,
    instant,
    integer,
    mapping,
    merged_metadata,
    sequence,
    text,
)
from sandbox.state import Obj, State
from sandbox.subscriptions.billing import added_items, bill_arrangement, collect_now, keep_drafts
from sandbox.subscriptions.objects import period_end
from sandbox.subscriptions.pending import hold_back, refuse_unsupported
from sandbox.subscriptions.rearranging import rearrange
from sandbox.subscriptions.scheduling import plan_period, schedule_cancel
from sandbox.subscriptions.standing import end_subscription, pause
from sandbox.subscriptions.trials import ending_without_method
from sandbox.subscriptions.undoing import Undo

PAUSES = ("keep_as_draft", "mark_uncollectible", "void")
BEHAVIOURS = ("allow_incomplete", "default_incomplete", "error_if_incomplete", "pending_if_incomplete")
REARRANGING = ("items", "trial_end", "billing_cycle_anchor")


def change_subscription(state: State, subscription: Obj, params: Params) -> None:
    """Carry an update out, announce the sum of it as one update, then charge what it bills at once.

    With `error_if_incomplete` a charge that fails undoes everything and raises the provider's 402; with
    `pending_if_incomplete` the change waits for its payment.
    """
    behaviour = choice(params, "payment_behavior", BEHAVIOURS, "allow_incomplete")
    before = deepcopy(subscription) if behaviour == "pending_if_incomplete" else None
    if before:
        refuse_unsupported(params)
    undo = Undo(state, subscription) if behaviour == "error_if_incomplete" else None
    rearranged = any(given(params, name) for name in REARRANGING)
    if rearranged and _trial_ends_badly(state, subscription, params):
        return
    invoice: Obj | None = None
    with changing(state, subscription, "customer.subscription.updated"):
        _write(state, subscription, params)
        keep_drafts(state, subscription, added_items(state, subscription, params))
        if rearranged:
            end, status = period_end(subscription), subscription["status"]
            arrangement = rearrange(state, subscription, params)
            moved = (period_end(subscription), subscription["status"]) != (end, status)
            if moved and not before:
                plan_period(state, subscription)
                _move_scheduled_end(state, subscription)
            invoice = bill_arrangement(state, subscription, arrangement)
            if before and invoice and invoice["status"] == "open":
                hold_back(state, subscription, before)
            elif before and moved:
                plan_period(state, subscription)
    if behaviour == "default_incomplete":
        return
    attempt = collect_now(state, invoice)
    if undo and invoice and invoice["status"] == "open" and not isinstance(attempt.verdict, Settling):
        undo.refuse(invoice, attempt)


def _write(state: State, subscription: Obj, params: Params) -> None:
    """Every given setting that costs nothing."""
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
    write_behaviours(subscription, params)


def write_behaviours(subscription: Obj, params: Params) -> None:
    """What happens when a trial ends without a method, and whether a paying method becomes the default."""
    ending = mapping(mapping(params, "trial_settings"), "end_behavior")
    wanted = choice(ending, "missing_payment_method", ("cancel", "create_invoice", "pause"))
    if wanted:
        subscription["trial_settings"]["end_behavior"]["missing_payment_method"] = wanted
    saving = text(mapping(params, "payment_settings"), "save_default_payment_method")
    if saving:
        subscription["payment_settings"]["save_default_payment_method"] = saving


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


def _trial_ends_badly(state: State, subscription: Obj, params: Params) -> bool:
    """A trial ended by hand without a method cancels or pauses as the end of its time would."""
    end = instant(params, "trial_end", state.now) if given(params, "trial_end") else None
    if subscription["status"] != "trialing" or end is None or end > state.now:
        return False
    match ending_without_method(state, subscription):
        case "cancel":
            with changing(state, subscription, "customer.subscription.updated"):
                _write(state, subscription, params)
                subscription["trial_end"] = state.now
            end_subscription(state, subscription, reason=None)
        case "pause":
            with changing(state, subscription, "customer.subscription.updated"):
                _write(state, subscription, params)
                subscription["trial_end"] = state.now
                pause(state, subscription, "trial_end_without_payment_method")
            emit(state, "customer.subscription.paused", subscription)
        case _:
            return False
    return True


def _move_scheduled_end(state: State, subscription: Obj) -> None:
    if subscription["cancel_at_period_end"]:
        subscription["cancel_at"] = period_end(subscription)
        state.agenda.note(subscription["cancel_at"], "cancel", subscription["id"])
