"""From a submitted card form to a payment method."""

from __future__ import annotations

from sandbox.parameters import text
from sandbox.payment_methods.objects import new_method
from sandbox.state import Obj, State


def method_from_form(state: State, form: Obj, customer_id: str | None) -> Obj:
    """A typed number wins over the picked one; the customer's name and address go onto the method."""
    card: Obj = {"number": text(form, "number") or text(form, "offered") or ""}
    for name in ("exp_month", "exp_year"):
        value = text(form, name)
        if value:
            card[name] = value
    params: Obj = {"type": "card", "card": card}
    customer = state.find("customer", customer_id)
    if customer:
        params["billing_details"] = {"email": customer["email"] or "", "name": customer["name"] or ""}
    return new_method(state, params)
