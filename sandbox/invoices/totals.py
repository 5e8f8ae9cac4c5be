"""Adding an invoice up: lines, discounts on them, the customer's balance."""

from __future__ import annotations

from sandbox.coupons.discounting import amounts_off_lines
from sandbox.customers.balance import split_balance
from sandbox.state import Obj, State


def recount(state: State, invoice: Obj) -> None:
    """Totals and amount due of a draft from its lines and discounts and the customer's present balance.

    A line's own discounts come first, the invoice's are shared out over what is left. Prorations carry theirs
    in the amount already.
    """
    lines = invoice["lines"]["data"]
    for line in lines:
        line["discount_amounts"] = []
        _take_off(state, line["discounts"], [line])
    whole = _take_off(state, invoice["discounts"], lines)
    taken_off = _by_discount(lines)
    subtotal = sum(line["amount"] for line in lines)
    total = sum(net_amount(line) for line in lines)
    invoice["lines"]["total_count"] = len(lines)
    invoice |= {
        "discounts": whole,
        "subtotal": subtotal,
        "subtotal_excluding_tax": subtotal,
        "total": total,
        "total_discount_amounts": taken_off,
        "total_excluding_tax": total,
    }
    reckon_due(state, invoice)


def reckon_due(state: State, invoice: Obj) -> None:
    """What the total leaves to pay, given the customer's balance as it is now."""
    starting = usable_balance(state, invoice)
    due, _ = split_balance(starting, invoice["total"])
    invoice |= {"amount_due": due, "amount_remaining": due, "starting_balance": starting}


def _take_off(state: State, discount_ids: list[str], lines: list[Obj]) -> list[str]:
    """Write each discount's piece of what the lines still ask for; gives the ids of the live ones."""
    left = [{**line, "amount": net_amount(line)} for line in lines]
    entries = amounts_off_lines(state, discount_ids, left)
    for entry in entries:
        for line, piece in zip(lines, entry["pieces"], strict=True):
            if line["discountable"]:
                line["discount_amounts"].append({"amount": piece, "discount": entry["discount"]})
    return [entry["discount"] for entry in entries]


def _by_discount(lines: list[Obj]) -> list[Obj]:
    sums: dict[str, int] = {}
    for line in lines:
        for entry in line["discount_amounts"]:
            sums[entry["discount"]] = sums.get(entry["discount"], 0) + entry["amount"]
    return [{"amount": amount, "discount": discount_id} for discount_id, amount in sums.items()]


def usable_balance(state: State, invoice: Obj) -> int:
    """The customer's balance as far as it is in the invoice's currency."""
    customer = state.get("customer", invoice["customer"])
    return int(customer["balance"]) if customer["currency"] in (None, invoice["currency"]) else 0


def net_amount(line: Obj) -> int:
    """What a line really asked for, its discounts taken off."""
    return int(line["amount"] - sum(entry["amount"] for entry in line["discount_amounts"]))
