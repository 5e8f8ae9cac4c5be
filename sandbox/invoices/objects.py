"""The invoice object."""

from __future__ import annotations

from collections.abc import Sequence
from copy import deepcopy
from fractions import Fraction

from sandbox.clock import DAY
from sandbox.cursors import envelope
from sandbox.invoice_items.objects import pending_items
from sandbox.invoices.lines import WHOLE, item_line, new_line
from sandbox.invoices.totals import recount
from sandbox.state import Obj, State


def subscription_of(state: State, invoice: Obj) -> Obj | None:
    """The subscription an invoice was made for; None for a manual one."""
    details = (invoice["parent"] or {}).get("subscription_details")
    return state.find("subscription", details["subscription"]) if details else None


def invoice_for(
    state: State,
    subscription: Obj,
    reason: str,
    period: tuple[int, int],
    *,
    share: Fraction = WHOLE,
    lines: bool = True,
    extra: Sequence[Obj] = (),
) -> Obj:
    """An invoice of the subscription for a period, not stored and not announced.

    First come the waiting items and the `extra` ones, then, with `lines`, the subscription's own.
    """
    customer = state.get("customer", subscription["customer"])
    invoice = blank_invoice(state, customer, subscription["currency"], reason)
    automatic = subscription["collection_method"] == "charge_automatically"
    invoice |= {
        "collection_method": subscription["collection_method"],
        "discounts": live_discounts(customer, subscription),
        "due_date": None if automatic else state.now + (subscription["days_until_due"] or 30) * DAY,
        "parent": subscription_parent(subscription),
    }
    waiting = pending_items(state, customer["id"], subscription["currency"], subscription["id"])
    rows = [item_line(state, invoice["id"], item) for item in [*waiting, *extra]]
    items: Sequence[Obj] = subscription["items"]["data"] if lines else []
    rows += [new_line(state, invoice["id"], item, period, share) for item in items]
    invoice["lines"]["data"] = rows
    recount(state, invoice)
    return invoice


def live_discounts(customer: Obj, subscription: Obj) -> list[str]:
    """A subscription without discounts of its own gets its customer's."""
    own: list[str] = list(subscription["discounts"])
    return own or ([customer["discount"]["id"]] if customer["discount"] else [])


def subscription_parent(subscription: Obj) -> Obj:
    details = {"metadata": dict(subscription["metadata"]), "subscription": subscription["id"]}
    return {"quote_details": None, "subscription_details": details, "type": "subscription_details"}


# What every new invoice of the sandbox starts with.
UNTOUCHED_INVOICE: Obj = {
    "object": "invoice",
    "account_country": "US",
    "account_name": "Sandbox",
    "account_tax_ids": None,
    "amount_due": 0,
    "amount_overpaid": 0,
    "amount_paid": 0,
    "amount_remaining": 0,
    "amount_shipping": 0,
    "application": None,
    "attempt_count": 0,
    "attempted": False,
    "auto_advance": True,
    "automatic_tax": {
        "disabled_reason": None,
        "enabled": False,
        "liability": None,
        "provider": None,
        "status": None,
    },
    "automatically_finalizes_at": None,
    "billing_reason": None,
    "customer_account": None,
    "customer_tax_ids": [],
    "default_payment_method": None,
    "default_source": None,
    "default_tax_rates": [],
    "description": None,
    "discounts": [],
    "effective_at": None,
    "ending_balance": None,
    "from_invoice": None,
    "hosted_invoice_url": None,
    "invoice_pdf": None,
    "issuer": {"type": "self"},
    "last_finalization_error": None,
    "latest_revision": None,
    "livemode": False,
    "metadata": {},
    "next_payment_attempt": None,
    "number": None,
    "on_behalf_of": None,
    "payment_settings": {
        "default_mandate": None,
        "payment_method_options": None,
        "payment_method_types": None,
    },
    "post_payment_credit_notes_amount": 0,
    "pre_payment_credit_notes_amount": 0,
    "receipt_number": None,
    "rendering": None,
    "shipping_cost": None,
    "shipping_details": None,
    "starting_balance": 0,
    "statement_descriptor": None,
    "status": "draft",
    "status_details": {"uncollectible": None},
    "status_transitions": {
        "finalized_at": None,
        "marked_uncollectible_at": None,
        "paid_at": None,
        "voided_at": None,
    },
    "total_pretax_credit_amounts": [],
    "total_taxes": [],
}


def blank_invoice(state: State, customer: Obj, currency: str, reason: str) -> Obj:
    """A draft for the customer without lines, not stored; it is collected automatically until told otherwise."""
    invoice_id = state.new_id("in")
    return {
        **deepcopy(UNTOUCHED_INVOICE),
        "id": invoice_id,
        "billing_reason": reason,
        "collection_method": "charge_automatically",
        "created": state.now,
        "currency": currency,
        "custom_fields": customer["invoice_settings"]["custom_fields"],
        "customer": customer["id"],
        "customer_address": customer["address"],
        "customer_email": customer["email"],
        "customer_name": customer["name"],
        "customer_phone": customer["phone"],
        "customer_shipping": customer["shipping"],
        "customer_tax_exempt": customer["tax_exempt"],
        "due_date": None,
        "footer": customer["invoice_settings"]["footer"],
        "lines": {**envelope([], f"/v1/invoices/{invoice_id}/lines"), "total_count": 0},
        "parent": None,
        "period_end": state.now,
        "period_start": state.now,
        "test_clock": customer["test_clock"],
        "webhooks_delivered_at": state.now,
    }
