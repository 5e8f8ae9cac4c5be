"""What a customer has been charged for a subscription item's running time and not been credited yet."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from sandbox.invoices.lines import item_id_of
from sandbox.invoices.totals import net_amount
from sandbox.state import Obj, State


@dataclass(frozen=True)
class Debit:
    """`amount` minor units, discounts taken off, for the time from `start` to `end`.

    `reference` names the charge as `proration_details.credited_items` does.
    """

    amount: int
    start: int
    end: int
    reference: Obj


def open_debits(state: State, subscription: Obj, item_id: str, at: int) -> list[Debit]:
    """Charges for the subscription item that cover `at`, older first. Voided invoices count as never made."""
    rows = [row for row in state.rows("invoiceitem") if row["proration"] and _item_of(row) == item_id]
    spent = {name for row in rows for name in _credited(row)}
    found = [*_period_lines(state, subscription, item_id), *_charged_prorations(state, rows)]
    return [
        debit for debit in found if debit.start <= at < debit.end and not spent & set(_names(debit.reference))
    ]


def _period_lines(state: State, subscription: Obj, item_id: str) -> Iterator[Debit]:
    for invoice_id in state.hidden.invoices_of_subscription.get(subscription["id"], []):
        invoice = state.find("invoice", invoice_id)
        if invoice is None or invoice["status"] == "void":
            continue
        for line in invoice["lines"]["data"]:
            details = line["parent"]["subscription_item_details"]
            if details and details["subscription_item"] == item_id:
                yield _debit(line, net_amount(line), _line_reference(invoice_id, line["id"]))


def _charged_prorations(state: State, rows: list[Obj]) -> Iterator[Debit]:
    for row in rows:
        if row["amount"] < 0:
            continue
        reference: Obj = {
            "invoice_item": row["id"],
            "invoice_line_item_details": None,
            "type": "invoice_item",
        }
        invoice = state.find("invoice", row["invoice"])
        if invoice is not None and invoice["status"] == "void":
            continue
        if invoice is not None:
            line = next(line for line in invoice["lines"]["data"] if item_id_of(line) == row["id"])
            reference = {**_line_reference(invoice["id"], line["id"]), "invoice_item": row["id"]}
        yield _debit(row, row["amount"], reference)


def _debit(row: Obj, amount: int, reference: Obj) -> Debit:
    return Debit(amount, row["period"]["start"], row["period"]["end"], reference)


def _line_reference(invoice_id: str, line_id: str) -> Obj:
    lines = {"invoice": invoice_id, "invoice_line_items": [line_id]}
    return {"invoice_item": None, "invoice_line_item_details": lines, "type": "invoice_line_items"}


def _item_of(row: Obj) -> str | None:
    details = (row["parent"] or {}).get("subscription_details") or {}
    return details.get("subscription_item")


def _credited(row: Obj) -> list[str]:
    return _names((row["proration_details"] or {}).get("credited_items") or {})


def _names(reference: Obj) -> list[str]:
    """The ids by which a charge can be named: its invoice item's and its line's."""
    lines = (reference.get("invoice_line_item_details") or {}).get("invoice_line_items", [])
    return [name for name in [reference.get("invoice_item"), *lines] if name]
