"""The end of a bank debit, and who hears of it: its invoice, its checkout session."""

from __future__ import annotations

from sandbox.cards.accounts import account_facts
from sandbox.checkout_sessions.async_payments import announce_end
from sandbox.invoices.collection import collect_settled
from sandbox.payment_intents.charging import settle_intent
from sandbox.state import Obj, State


def settle(state: State, intent_id: str) -> None:
    """An agenda step: the debit of this intent is due to end."""
    intent = state.find("payment_intent", intent_id)
    if intent is None or intent["status"] != "processing":
        return
    verdict = settle_intent(state, intent)
    invoice = state.find("invoice", state.hidden.invoice_of_intent.get(intent_id))
    if invoice is not None and invoice["status"] == "open":
        collect_settled(state, invoice, verdict)
    announce_end(state, intent)


def settle_if_due(state: State, intent: Obj) -> None:
    """Test accounts whose debits end at once need no walk of the clock."""
    if intent["status"] == "processing":
        method = state.get("payment_method", intent["payment_method"])
        if account_facts(state, method).settles == "at_once":
            settle(state, intent["id"])
