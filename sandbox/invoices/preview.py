"""`create_preview`: the invoice that a change, a new subscription or the next renewal would bring.

It is worked out on a copy with the functions that bill for real; what had to be made on the way is taken back.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from copy import deepcopy

from sandbox.calendar_periods import next_boundary
from sandbox.errors import invalid, missing_param
from sandbox.invoice_items.drafts import draft_from
from sandbox.invoice_items.objects import item_object, pending_items
from sandbox.invoices.lines import FREE, WHOLE, item_line
from sandbox.invoices.manual import invoice_discounts
from sandbox.invoices.objects import blank_invoice, invoice_for
from sandbox.invoices.totals import recount
from sandbox.parameters import Params, choice, flag, given, mapping, sequence, text
from sandbox.state import Obj, State
from sandbox.subscriptions.objects import build_subscription, period_end, recurring_of
from sandbox.subscriptions.proration import credits_for
from sandbox.subscriptions.rearranging import Arrangement, rearrange
from sandbox.subscriptions.scheduling import set_scheduled_end
from sandbox.subscriptions.starting import set_first_period

OVER = ("canceled", "incomplete_expired")
REDEEMED = ("coupon", "promotion_code")
MADE_ON_THE_WAY = ("price", "product", "discount")


def preview(state: State, params: Params) -> Obj:
    """An invoice under an `upcoming_in_...` id, neither stored nor announced."""
    choice(params, "preview_mode", ("next",), "next")
    details = mapping(params, "subscription_details")
    with _rehearsal(state):
        wanted = text(params, "subscription")
        subscription = deepcopy(state.get("subscription", wanted, "subscription")) if wanted else None
        customer = _customer(state, subscription, params)
        extra = _single_charges(state, customer, params)
        if subscription is not None:
            invoice = _after_change(state, customer, subscription, details, extra)
        elif sequence(details, "items"):
            invoice = _of_new_subscription(state, customer, details, extra)
        else:
            invoice = _of_waiting_items(state, customer, params, extra)
        if given(params, "discounts"):
            invoice["discounts"] = invoice_discounts(state, invoice, params)
            recount(state, invoice)
    return {**invoice, "id": f"upcoming_{invoice['id']}", "auto_advance": False}


@contextmanager
def _rehearsal(state: State) -> Iterator[None]:
    """Nothing is announced, and prices, products and discounts made inside are gone afterwards."""
    known = {kind: set(state.objects[kind]) for kind in MADE_ON_THE_WAY}
    redeemed = [(row, dict(row)) for kind in REDEEMED for row in state.rows(kind)]
    try:
        with state.silently():
            yield
    finally:
        for kind, ids in known.items():
            for made in set(state.objects[kind]) - ids:
                state.remove(kind, made)
        for row, before in redeemed:
            row.update(before)


def _customer(state: State, subscription: Obj | None, params: Params) -> Obj:
    wanted = subscription["customer"] if subscription else text(params, "customer")
    if wanted is None:
        raise missing_param("customer")
    return state.get("customer", wanted, "customer")


def _single_charges(state: State, customer: Obj, params: Params) -> list[Obj]:
    drafts = [
        draft_from(state, entry, currency=customer["currency"], name=f"invoice_items[{number}]")
        for number, entry in enumerate(sequence(params, "invoice_items"))
    ]
    return [item_object(state, customer, draft) for draft in drafts]


def _after_change(state: State, customer: Obj, subscription: Obj, details: Params, extra: list[Obj]) -> Obj:
    """The invoice that the change makes at once, else the next renewal with what waits for it."""
    arrangement = _arrangement(state, subscription, details)
    items = [item_object(state, customer, draft) for draft in arrangement.prorations]
    row = subscription["items"]["data"][0]
    if arrangement.bills:
        period = (row["current_period_start"], row["current_period_end"])
        share = WHOLE if arrangement.share is None else arrangement.share
        return invoice_for(
            state,
            subscription,
            arrangement.reason,
            period,
            share=share,
            lines=arrangement.share is not None,
            extra=[*items, *extra],
        )
    return next_invoice(state, subscription, [*items, *extra], goes_on=not flag(details, "cancel_now"))


def _arrangement(state: State, subscription: Obj, details: Params) -> Arrangement:
    if flag(details, "cancel_now"):
        rows = subscription["items"]["data"]
        wanted = text(details, "proration_behavior") != "none"
        unused = [draft for row in rows for draft in credits_for(state, subscription, row, state.now)]
        return Arrangement(unused if wanted else [], at_once=True)
    if given(details, "cancel_at") or given(details, "cancel_at_period_end"):
        set_scheduled_end(state, subscription, details)
    return rearrange(state, subscription, details)


def next_invoice(state: State, subscription: Obj, extra: list[Obj], *, goes_on: bool = True) -> Obj:
    """The next renewal with its items; only the items where the subscription ends before."""
    start = period_end(subscription)
    end = next_boundary(subscription["billing_cycle_anchor"], recurring_of(subscription), start)
    ends = subscription["cancel_at"] is not None and subscription["cancel_at"] <= start
    waiting = pending_items(state, subscription["customer"], subscription["currency"], subscription["id"])
    if subscription["status"] in OVER or (ends and not waiting and not extra):
        message = f"No upcoming invoices for customer: '{subscription['customer']}'"
        raise invalid(message, code="invoice_upcoming_none", status=404)
    invoice = invoice_for(
        state, subscription, "upcoming", (start, end), lines=goes_on and not ends, extra=extra
    )
    invoice |= {
        "created": start,
        "next_payment_attempt": start + state.policy.finalize_after_seconds,
        "period_end": start,
        "period_start": subscription["items"]["data"][0]["current_period_start"],
        "auto_advance": False,
    }
    return invoice


def _of_new_subscription(state: State, customer: Obj, details: Params, extra: list[Obj]) -> Obj:
    subscription = build_subscription(state, details, customer, state.now)
    share = set_first_period(state, subscription, details)
    row = subscription["items"]["data"][0]
    period = (row["current_period_start"], row["current_period_end"])
    billed = share != FREE or subscription["status"] == "trialing"
    return invoice_for(
        state, subscription, "subscription_create", period, share=share, lines=billed, extra=extra
    )


def _of_waiting_items(state: State, customer: Obj, params: Params, extra: list[Obj]) -> Obj:
    currency = text(params, "currency") or customer["currency"] or "usd"
    invoice = blank_invoice(state, customer, currency, "manual")
    waiting = [*pending_items(state, customer["id"], currency), *extra]
    invoice["lines"]["data"] = [item_line(state, invoice["id"], item) for item in waiting]
    recount(state, invoice)
    return invoice
