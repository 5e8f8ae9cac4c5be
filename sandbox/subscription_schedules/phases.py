"""Phases as they are asked for, made into phases with dates: each begins where the one before ends.

Worked example: `start_date` 1 January, phases `iterations=3` of a monthly price and `duration` of one year give
1 January to 1 April and 1 April to 1 April of the next year.
"""

from __future__ import annotations

from copy import deepcopy

from sandbox.calendar_periods import boundary
from sandbox.errors import invalid, missing_param
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
from sandbox.state import Obj, State

PRORATIONS = ("create_prorations", "always_invoice", "none")
INTERVALS = ("day", "week", "month", "year")
# What every phase starts with.
PLAIN_PHASE: Obj = {
    "add_invoice_items": [],
    "application_fee_percent": None,
    "automatic_tax": None,
    "billing_cycle_anchor": None,
    "billing_thresholds": None,
    "collection_method": None,
    "default_payment_method": None,
    "default_tax_rates": [],
    "description": None,
    "discounts": [],
    "invoice_settings": None,
    "metadata": {},
    "on_behalf_of": None,
    "transfer_data": None,
    "trial_end": None,
}


def phases_from(state: State, entries: list[Params], start: int) -> list[Obj]:
    """All phases in order from `start`; at least one."""
    if not entries:
        raise missing_param("phases")
    phases: list[Obj] = []
    for number, entry in enumerate(entries):
        begins = instant(entry, "start_date", state.now)
        if phases and begins not in (None, start):
            raise invalid("A phase starts when the one before ends.", param=f"phases[{number}][start_date]")
        phases.append(_phase(state, entry, start if begins is None else begins, f"phases[{number}]"))
        start = phases[-1]["end_date"]
    return phases


def _phase(state: State, entry: Params, start: int, name: str) -> Obj:
    rows = sequence(entry, "items")
    if not rows:
        raise missing_param(f"{name}[items]")
    prices = [price_for_item(state, row, f"{name}[items][{n}]") for n, row in enumerate(rows)]
    end = _end(state, entry, start, prices[0]["recurring"], name)
    return {
        **deepcopy(PLAIN_PHASE),
        "add_invoice_items": [_added(row) for row in sequence(entry, "add_invoice_items")],
        "billing_cycle_anchor": choice(entry, "billing_cycle_anchor", ("automatic", "phase_start")),
        "collection_method": choice(entry, "collection_method", ("charge_automatically", "send_invoice")),
        "currency": prices[0]["currency"],
        "default_payment_method": text(entry, "default_payment_method"),
        "description": text(entry, "description"),
        "discounts": [_discount(row) for row in sequence(entry, "discounts")],
        "end_date": end,
        "items": [_item(row, price) for row, price in zip(rows, prices, strict=True)],
        "metadata": merged_metadata({}, entry),
        "proration_behavior": choice(entry, "proration_behavior", PRORATIONS, "create_prorations"),
        "start_date": start,
        "trial_end": _trial_end(state, entry, start, end, name),
    }


def _end(state: State, entry: Params, start: int, rhythm: Obj, name: str) -> int:
    """By `end_date`, by `duration`, or by `iterations` of the first price (older versions), once by default."""
    duration = mapping(entry, "duration")
    if given(entry, "end_date"):
        end = instant(entry, "end_date", state.now) or start
    elif duration:
        interval = choice(duration, "interval", INTERVALS)
        if interval is None:
            raise missing_param(f"{name}[duration][interval]")
        length = {"interval": interval, "interval_count": integer(duration, "interval_count", 1) or 1}
        end = boundary(start, length, 1)
    else:
        end = boundary(start, rhythm, integer(entry, "iterations", 1) or 1)
    if end <= start:
        raise invalid("A phase must end after it starts.", param=f"{name}[end_date]")
    return end


def _trial_end(state: State, entry: Params, start: int, end: int, name: str) -> int | None:
    if flag(entry, "trial"):
        return end
    trial_end = instant(entry, "trial_end", state.now)
    if trial_end is not None and not start < trial_end <= end:
        raise invalid("A trial must end within its phase.", param=f"{name}[trial_end]")
    return trial_end


def _item(row: Params, price: Obj) -> Obj:
    return {
        "billing_thresholds": None,
        "discounts": [_discount(entry) for entry in sequence(row, "discounts")],
        "metadata": merged_metadata({}, row),
        "plan": price["id"],
        "price": price["id"],
        "quantity": integer(row, "quantity", 1),
        "tax_rates": [],
    }


def _discount(row: Params) -> Obj:
    return {name: text(row, name) for name in ("coupon", "discount", "promotion_code")}


def _added(row: Params) -> Obj:
    return {
        "discountable": None,
        "discounts": [_discount(entry) for entry in sequence(row, "discounts")],
        "metadata": merged_metadata({}, row),
        "period": {"end": {"type": "phase_end"}, "start": {"type": "phase_start"}},
        "price": text(row, "price"),
        "quantity": integer(row, "quantity", 1),
        "tax_rates": [],
    }
