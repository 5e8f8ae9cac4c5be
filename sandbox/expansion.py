"""`expand[]`: ids replaced by the objects they name, along paths of at most four steps (`data` is one too).

Worked example: `payments.data.payment.payment_intent` on an invoice adds the list `payments`, walks into
its rows and their `payment` hash, and puts the intent in place of its id.
"""

from __future__ import annotations

from typing import Any

import msgspec

from sandbox.checkout_sessions.lines import lines_of, list_url
from sandbox.coupons.objects import terms_of
from sandbox.cursors import envelope
from sandbox.errors import invalid
from sandbox.state import Obj, State

MAX_DEPTH = 4
# Field name -> kind of the object its id names.
REFERENCES = {
    "balance_transaction": "balance_transaction",
    "charge": "charge",
    "configuration": "billing_portal.configuration",
    "coupon": "coupon",
    "customer": "customer",
    "default_payment_method": "payment_method",
    "default_price": "price",
    "discount": "discount",
    "discounts": "discount",
    "failure_balance_transaction": "balance_transaction",
    "invoice": "invoice",
    "latest_charge": "charge",
    "latest_invoice": "invoice",
    "payment_intent": "payment_intent",
    "payment_method": "payment_method",
    "pending_setup_intent": "setup_intent",
    "price": "price",
    "product": "product",
    "promotion_code": "promotion_code",
    "released_subscription": "subscription",
    "schedule": "subscription_schedule",
    "setup_intent": "setup_intent",
    "subscription": "subscription",
    "test_clock": "test_helpers.test_clock",
}


def expanded(state: State, obj: Obj, paths: list[Any]) -> Obj:
    """A copy of `obj` with every path expanded (`obj` itself without paths); 400 for a path that cannot be."""
    if not paths:
        return obj
    copy: Obj = msgspec.json.decode(msgspec.json.encode(obj))
    for path in paths:
        steps = str(path).split(".")
        if len(steps) > MAX_DEPTH:
            raise invalid(
                f"You cannot expand more than {MAX_DEPTH} levels of a property. Property: {path}",
                param="expand",
            )
        _walk(state, copy, steps, str(path))
    return copy


def _walk(state: State, node: Any, steps: list[str], path: str) -> None:
    if not steps or node is None:
        return
    if isinstance(node, list):
        for row in node:
            _walk(state, row, steps, path)
        return
    if not isinstance(node, dict):
        raise invalid(f"This property cannot be expanded ({path}).", param="expand")
    name, rest = steps[0], steps[1:]
    if name not in node:
        _add_listed(state, node, name, path)
    node[name] = _resolved(state, name, node[name])
    if not rest and not isinstance(node[name], dict | list) and node[name] is not None:
        raise invalid(f"This property cannot be expanded ({path}).", param="expand")
    _walk(state, node[name], rest, path)


def _resolved(state: State, name: str, value: Any) -> Any:
    kind = REFERENCES.get(name)
    if kind is None:
        return value
    if isinstance(value, list):
        return [_resolved(state, name, row) for row in value]
    if isinstance(value, str):
        found = state.find(kind, value)
        return msgspec.json.decode(msgspec.json.encode(found)) if found else value
    return value


def _add_listed(state: State, node: Obj, name: str, path: str) -> None:
    """Fields that exist only when asked for: an invoice's payments, a customer's subscriptions, and so on."""
    match node.get("object"), name:
        case "invoice", "payments":
            ids = state.hidden.payments_of_invoice.get(node["id"], [])
            rows = [state.get("invoice_payment", row) for row in ids]
            url = f"/v1/invoices/{node['id']}/payments"
        case "invoice", "confirmation_secret":
            intent = state.find("payment_intent", state.hidden.intent_of_invoice.get(node["id"]))
            secret = intent and {"client_secret": intent["client_secret"], "type": "payment_intent"}
            node[name] = secret
            return
        case "customer", "subscriptions":
            alive = [row for row in state.rows("subscription") if row["customer"] == node["id"]]
            rows = [row for row in alive if row["status"] != "canceled"]
            url = f"/v1/customers/{node['id']}/subscriptions"
        case "charge", "refunds":
            rows = [row for row in state.rows("refund") if row["charge"] == node["id"]]
            url = f"/v1/charges/{node['id']}/refunds"
        case "checkout.session", "line_items":
            rows, url = lines_of(state, node["id"]), list_url(node["id"])
        case "coupon", "applies_to" | "currency_options":
            node[name] = terms_of(state, node["id"])[name]
            return
        case _:
            raise invalid(f"This property cannot be expanded ({path}).", param="expand")
    node[name] = msgspec.json.decode(msgspec.json.encode(envelope(rows, url)))
