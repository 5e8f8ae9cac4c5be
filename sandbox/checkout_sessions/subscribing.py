"""A subscription bought on the checkout page."""

from __future__ import annotations

from sandbox.cards.verdicts import Approved, Declined, NeedsAction, judge
from sandbox.checkout_sessions.lines import lines_of
from sandbox.errors import invalid
from sandbox.invoices.collection import collect
from sandbox.parameters import mapping
from sandbox.payment_methods.attaching import attach
from sandbox.payment_methods.declining import decline_facts, declined
from sandbox.state import Obj, State
from sandbox.subscriptions.starting import start_subscription

FREE_WITHOUT_METHOD = "if_required"


def subscribe(state: State, session: Obj, method: Obj | None, *, confirmed: bool) -> Obj | None:
    """Start it with the customer's method as its own; gives the intent of a first payment under way.

    A bank that wants its cardholder has asked them on the page already (`confirmed`), so the first invoice is
    charged with that confirmation.
    """
    if method is None and (
        session["amount_total"] or session["payment_method_collection"] != FREE_WITHOUT_METHOD
    ):
        raise invalid("A payment method is needed.", param="payment_method")
    wants = method is not None and isinstance(judge(state, method, off_session=False), NeedsAction)
    if wants and not confirmed:
        raise invalid("The customer's bank wants a confirmation.", code="payment_intent_action_required")
    if wants and method is not None:
        verdict = judge(state, method, authenticated=True, off_session=False)
        if isinstance(verdict, Declined):
            raise declined(decline_facts(verdict.decline, method))
    subscription = start_subscription(
        state, _params(state, session, method, "default_incomplete" if wants else "error_if_incomplete")
    )
    invoice = state.find("invoice", subscription["latest_invoice"])
    session |= {"subscription": subscription["id"], "invoice": subscription["latest_invoice"]}
    if invoice is not None and wants and invoice["status"] == "open":
        attach_and_pay(state, invoice, method)
    if invoice is None or invoice["status"] == "paid":
        session["payment_status"] = "paid" if session["amount_total"] else "no_payment_required"
        return None
    intent = state.find("payment_intent", state.hidden.intent_of_invoice.get(invoice["id"]))
    if intent is not None:
        state.hidden.session_of_intent[intent["id"]] = session["id"]
    return intent


def attach_and_pay(state: State, invoice: Obj, method: Obj | None) -> None:
    """The first invoice with the confirmation that the customer has given."""
    attempt = collect(state, invoice, automatic=False, method=method, authenticated=True, off_session=False)
    if method is not None and isinstance(attempt.verdict, Approved):
        attach(state, method, state.get("customer", invoice["customer"]))
        state.hidden.authenticated_methods.add(method["id"])


def _params(state: State, session: Obj, method: Obj | None, behaviour: str) -> Obj:
    lines = lines_of(state, session["id"])
    data = mapping(state.hidden.session_params[session["id"]], "subscription_data")
    params: Obj = {
        **data,
        "customer": session["customer"],
        "items": [_item(line) for line in lines if line["price"]["type"] == "recurring"],
        "payment_behavior": behaviour,
        "discounts": [
            {name: value for name, value in entry.items() if value} for entry in session["discounts"]
        ],
    }
    once = [_item(line) for line in lines if line["price"]["type"] == "one_time"]
    if once:
        params["add_invoice_items"] = once
    if method is not None:
        params["default_payment_method"] = method["id"]
    return params


def _item(line: Obj) -> Obj:
    return {"price": line["price"]["id"], "quantity": line["quantity"]}
