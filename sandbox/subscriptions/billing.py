"""Billing a subscription out of turn: what a change costs, now or with the next invoice."""

from __future__ import annotations

from sandbox.events.record import emit
from sandbox.invoice_items.drafts import draft_from
from sandbox.invoice_items.objects import (
    ItemDraft,
    item_object,
    keep_item,
    pending_items,
    subscription_of_item,
)
from sandbox.invoices.collection import Attempt, collect
from sandbox.invoices.drafting import draft_invoice, finalize_invoice
from sandbox.invoices.lines import WHOLE
from sandbox.parameters import Params, sequence
from sandbox.state import Obj, State
from sandbox.subscriptions.rearranging import Arrangement


def keep_drafts(state: State, subscription: Obj, drafts: list[ItemDraft]) -> list[Obj]:
    """The drafts become waiting invoice items of the subscription's customer."""
    customer = state.get("customer", subscription["customer"])
    items = [keep_item(state, item_object(state, customer, draft)) for draft in drafts]
    for item in items:
        emit(state, "invoiceitem.created", item)
    return items


def added_items(state: State, subscription: Obj, params: Params) -> list[ItemDraft]:
    """`add_invoice_items`: single charges that go on the next invoice."""
    entries = sequence(params, "add_invoice_items")
    return [
        draft_from(
            state,
            {**entry, "subscription": subscription["id"]},
            currency=subscription["currency"],
            name=f"add_invoice_items[{number}]",
        )
        for number, entry in enumerate(entries)
    ]


def bill_arrangement(state: State, subscription: Obj, arrangement: Arrangement) -> Obj | None:
    """The invoice of a change where it has one; drafted, and final already if it is to be charged."""
    keep_drafts(state, subscription, arrangement.prorations)
    if not arrangement.bills:
        return None
    item = subscription["items"]["data"][0]
    automatic = subscription["collection_method"] == "charge_automatically"
    invoice = draft_invoice(
        state,
        subscription,
        arrangement.reason,
        (item["current_period_start"], item["current_period_end"]),
        share=WHOLE if arrangement.share is None else arrangement.share,
        lines=arrangement.share is not None,
        at_once=automatic,
    )
    if automatic:
        finalize_invoice(state, invoice)
    return invoice


def collect_now(state: State, invoice: Obj | None) -> Attempt:
    """Charge what `bill_arrangement` has made; nothing happens without an open invoice."""
    if (
        invoice is None
        or invoice["status"] != "open"
        or invoice["collection_method"] != "charge_automatically"
    ):
        return Attempt(None, None)
    return collect(state, invoice, automatic=True)


def bill_leftovers(state: State, subscription: Obj, *, at_once: bool = False) -> Obj | None:
    """A last invoice over the waiting items of a subscription that has ended; None where there are none."""
    waiting = pending_items(state, subscription["customer"], subscription["currency"], subscription["id"])
    if not any(subscription_of_item(item) == subscription["id"] for item in waiting):
        return None
    period = subscription["items"]["data"][0]
    invoice = draft_invoice(
        state,
        subscription,
        "subscription_update",
        (period["current_period_start"], period["current_period_end"]),
        lines=False,
        at_once=at_once,
    )
    if at_once:
        finalize_invoice(state, invoice)
        collect_now(state, invoice)
    return invoice
