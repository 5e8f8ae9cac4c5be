"""Proration: the value of the part of a period that is left, to the second, in whole minor units.

Worked example: 3000 for 31 days, changed to 6000 after 10 days. Credit 3000 * 21/31 = 2032, charge
6000 * 21/31 = 4065. Each amount is rounded once, halves away from zero.

In flexible billing a credit gives back what was really charged for the time, one credit a charge, and nothing
where nothing was charged; in classic billing it is worked out from the item's present price.
"""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction

from sandbox.calendar_periods import boundary, next_boundary
from sandbox.clock import DAY, as_datetime
from sandbox.coupons.discounting import amounts_off
from sandbox.invoice_items.objects import ItemDraft
from sandbox.invoices.amounts import part, price_of, rounded
from sandbox.invoices.lines import product_name
from sandbox.invoices.objects import live_discounts
from sandbox.state import Obj, State
from sandbox.subscriptions.debits import open_debits


@dataclass(frozen=True)
class Swap:
    """A subscription item as it was and as it is now; None for one that was added or removed."""

    before: Obj | None
    after: Obj | None


def prorations(state: State, subscription: Obj, swaps: list[Swap], at: int) -> list[ItemDraft]:
    """Credits and charges of the changed items from `at` to the end of their period.

    `subscription` is as it is after the change, for the charges' discounts.
    """
    drafts: list[ItemDraft] = []
    for swap in swaps:
        if swap.before is not None:
            drafts += credits_for(state, subscription, swap.before, at)
        if swap.after is not None:
            charge = charge_for(state, subscription, swap.after, at)
            drafts += [charge] if charge else []
    return drafts


def credits_for(state: State, subscription: Obj, item: Obj, at: int) -> list[ItemDraft]:
    """What the unused time of an item is worth; nothing once its period is over or while it is on trial."""
    end = item["current_period_end"]
    if at >= end or subscription["status"] == "trialing":
        return []
    words = f"Unused time on {_named(state, item)} after {_day(at)}"
    if subscription["billing_mode"]["type"] == "classic":
        worth = _discounted(state, subscription, item) * Fraction(end - at, full_period(subscription, item))
        return [_draft(item, -rounded(worth), (at, end), words, None)] if worth else []
    return [
        _draft(
            item,
            -part(debit.amount, debit.end - at, debit.end - debit.start),
            (at, debit.end),
            words,
            debit.reference,
        )
        for debit in open_debits(state, subscription, item["id"], at)
        if debit.amount > 0
    ]


def charge_for(state: State, subscription: Obj, item: Obj, at: int) -> ItemDraft | None:
    """What the remaining time of an item costs."""
    end = item["current_period_end"]
    if at >= end:
        return None
    worth = _discounted(state, subscription, item) * Fraction(end - at, full_period(subscription, item))
    words = f"Remaining time on {_named(state, item)} after {_day(at)}"
    return _draft(item, rounded(worth), (at, end), words, None)


def full_period(subscription: Obj, item: Obj) -> int:
    """Seconds of the whole interval that the item's period ends; a shortened first period has it in part."""
    recurring, end = item["price"]["recurring"], item["current_period_end"]
    # A boundary one step before `end` may be off by days at a month's end, so it is looked up from the anchor.
    slack = 4 * DAY if recurring["interval"] in ("month", "year") else 1
    start = next_boundary(
        subscription["billing_cycle_anchor"], recurring, boundary(end, recurring, -1) - slack
    )
    return int(end - start) or int(end - boundary(end, recurring, -1))


def _discounted(state: State, subscription: Obj, item: Obj) -> Fraction:
    """A full period of the item, less its own discounts and its share of the subscription's."""
    gross = price_of(item["price"], item["quantity"])
    own = {"discounts": item["discounts"], "currency": subscription["currency"]}
    left = gross - _off(state, own, rounded(gross))
    customer = state.get("customer", subscription["customer"])
    shared = {**subscription, "discounts": live_discounts(customer, subscription)}
    rows = _with(subscription, item)
    whole = rounded(sum((price_of(row["price"], row["quantity"]) for row in rows), Fraction(0)))
    return left - left * Fraction(_off(state, shared, whole), whole) if whole else left


def _off(state: State, holder: Obj, amount: int) -> int:
    return sum(int(entry["amount"]) for entry in amounts_off(state, holder, amount))


def _with(subscription: Obj, item: Obj) -> list[Obj]:
    """The subscription's items with `item` in place of its present self."""
    return [*(row for row in subscription["items"]["data"] if row["id"] != item["id"]), item]


def _draft(item: Obj, amount: int, period: tuple[int, int], words: str, credited: Obj | None) -> ItemDraft:
    return ItemDraft(
        amount=amount,
        currency=item["price"]["currency"],
        description=words,
        period=period,
        price=item["price"],
        quantity=item["quantity"],
        subscription=item["subscription"],
        subscription_item=item["id"],
        proration=True,
        credited_items=credited,
        discountable=False,
    )


def _named(state: State, item: Obj) -> str:
    name = product_name(state, item["price"])
    return name if item["quantity"] == 1 else f"{item['quantity']} × {name}"


def _day(at: int) -> str:
    return as_datetime(at).strftime("%d %b %Y")
