"""From a submitted card form to a payment method."""

from __future__ import annotations

from sandbox.parameters import text
from sandbox.payment_methods.objects import created_method
from sandbox.state import Obj, State


def method_from_form(state: State, form: Obj, customer_id: str | None) -> Obj:
    """A typed number wins over the picked one, an IBAN over both; name and address go onto the method."""
    iban = text(form, "iban")
    card: Obj = {"number": text(form, "number") or text(form, "offered") or ""}
    for name in ("exp_month", "exp_year"):
        value = text(form, name)
        if value:
            card[name] = value
    params: Obj = (
        {"type": "card", "card": card}
        if iban is None
        else {"type": "sepa_debit", "sepa_debit": {"iban": iban}}
    )
    customer = state.find("customer", customer_id)
    if customer:
        params["billing_details"] = {"email": customer["email"] or "", "name": customer["name"] or ""}
    elif text(form, "email"):
        params["billing_details"] = {"email": text(form, "email"), "name": text(form, "name") or ""}
    return created_method(state, params)
