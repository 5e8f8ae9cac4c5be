"""The references that old shapes carry and new ones dropped, read at the moment of an event."""

from __future__ import annotations

from sandbox.state import Obj, State


def legacy_references(state: State, obj: Obj) -> Obj:
    """For an invoice its intent and newest charge, for an intent or a charge its invoice."""
    hidden = state.hidden
    match obj["object"]:
        case "invoice" if "id" in obj:
            intent = state.find("payment_intent", hidden.intent_of_invoice.get(obj["id"]))
            if intent is None:
                return {"payment_intent": None, "charge": None}
            return {"payment_intent": intent["id"], "charge": intent["latest_charge"]}
        case "payment_intent":
            return {"invoice": hidden.invoice_of_intent.get(obj["id"])}
        case "charge":
            return {"invoice": hidden.invoice_of_intent.get(obj["payment_intent"] or "")}
        case _:
            return {}
