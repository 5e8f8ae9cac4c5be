"""How a trial ends where the customer left no payment method."""

from __future__ import annotations

from sandbox.state import Obj, State


def ending_without_method(state: State, subscription: Obj) -> str | None:
    """`cancel` or `pause` when the trial's end must do that; None when it can be billed or shall be anyway."""
    behaviour = str(subscription["trial_settings"]["end_behavior"]["missing_payment_method"])
    customer = state.get("customer", subscription["customer"])
    has_method = (
        subscription["default_payment_method"] or customer["invoice_settings"]["default_payment_method"]
    )
    return None if has_method or behaviour == "create_invoice" else behaviour
