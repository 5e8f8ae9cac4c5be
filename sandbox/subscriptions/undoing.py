"""`error_if_incomplete`: a charge that fails leaves everything as it was, but for the charge itself."""

from __future__ import annotations

from typing import NoReturn

from sandbox.cards.verdicts import Declined
from sandbox.errors import ApiFault, invalid
from sandbox.events.record import forget_except, restore, snapshot
from sandbox.invoice_items.objects import forget_item, unassign_item
from sandbox.invoices.closing import void
from sandbox.invoices.collection import Attempt
from sandbox.invoices.lines import item_id_of
from sandbox.payment_intents.charging import action_fault, declined_fault
from sandbox.state import Obj, State

# What the bank was asked stays on record.
KEPT_EVENTS = ("charge.", "payment_intent.", "payment_method.")


class Undo:
    """The subscription and its customer before a change, and the events known by then."""

    def __init__(self, state: State, subscription: Obj) -> None:
        self._state = state
        self._customer = state.get("customer", subscription["customer"])
        self._subscription = subscription
        self._before = snapshot(subscription), snapshot(self._customer)
        self._known = set(state.events)
        self._items = set(state.objects["invoiceitem"])

    def refuse(self, invoice: Obj, attempt: Attempt) -> NoReturn:
        """Take the change back and raise what its charge has failed with."""
        state = self._state
        fault = payment_fault(state, invoice, attempt)
        with state.silently():
            void(state, invoice)
            for line in invoice["lines"]["data"]:
                self._put_back(item_id_of(line))
        state.remove("invoice", invoice["id"])
        state.hidden.invoices_of_subscription[self._subscription["id"]].remove(invoice["id"])
        for obj, before in zip((self._subscription, self._customer), self._before, strict=True):
            obj.clear()
            obj.update(restore(before))
        forget_except(state, self._known, KEPT_EVENTS)
        raise fault

    def _put_back(self, item_id: str | None) -> None:
        """An item that waited before waits again; one that the change made is gone."""
        item = self._state.find("invoiceitem", item_id)
        if item is None:
            return
        if item["id"] not in self._items:
            forget_item(self._state, item)
            return
        unassign_item(self._state, item)


def payment_fault(state: State, invoice: Obj, attempt: Attempt) -> ApiFault:
    """The refusal of a call whose charge did not go through."""
    intent = state.get("payment_intent", state.hidden.intent_of_invoice[invoice["id"]])
    if attempt.method is None:
        return invalid("The customer has no payment method to charge.", code="resource_missing")
    if isinstance(attempt.verdict, Declined):
        return declined_fault(intent)
    return action_fault(intent, attempt.method, "subscription_payment_intent_requires_action")
