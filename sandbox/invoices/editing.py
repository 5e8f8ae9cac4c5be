"""Changing what a draft bills: its item lines, then its totals."""

from __future__ import annotations

from sandbox.events.record import changing
from sandbox.invoices.lines import item_id_of, item_line
from sandbox.invoices.totals import recount
from sandbox.state import Obj, State


def take_item(state: State, invoice: Obj, item: Obj) -> None:
    """A line for the item, and new totals; announced as an updated invoice."""
    with changing(state, invoice, "invoice.updated"):
        invoice["lines"]["data"].append(item_line(state, invoice["id"], item))
        recount(state, invoice)


def refresh_item(state: State, invoice: Obj, item: Obj) -> None:
    """The item's line says what the item says now; the line keeps its id."""
    with changing(state, invoice, "invoice.updated"):
        for line in invoice["lines"]["data"]:
            if item_id_of(line) == item["id"]:
                line |= {**item_line(state, invoice["id"], item), "id": line["id"]}
        recount(state, invoice)


def drop_item(state: State, invoice: Obj, item: Obj) -> None:
    with changing(state, invoice, "invoice.updated"):
        kept = [line for line in invoice["lines"]["data"] if item_id_of(line) != item["id"]]
        invoice["lines"]["data"] = kept
        recount(state, invoice)
