"""A customer's balance: every move of it is a transaction. Negative is credit, positive is owed."""

from __future__ import annotations

from sandbox.events.record import changing
from sandbox.state import Obj, State


def move_balance(
    state: State,
    customer: Obj,
    amount: int,
    kind: str,
    currency: str,
    *,
    invoice: str | None = None,
    description: str | None = None,
    metadata: dict[str, str] | None = None,
) -> Obj:
    """Add `amount` minor units to the balance and keep the transaction; announced as an updated customer.

    `kind` is one of the provider's types, as `adjustment`, `applied_to_invoice`, `unapplied_from_invoice`.
    """
    with changing(state, customer, "customer.updated"):
        customer["balance"] += amount
        customer["currency"] = customer["currency"] or currency
    return state.insert(
        {
            "id": state.new_id("cbtxn"),
            "object": "customer_balance_transaction",
            "amount": amount,
            "checkout_session": None,
            "created": state.now,
            "credit_note": None,
            "currency": currency,
            "customer": customer["id"],
            "customer_account": None,
            "description": description,
            "ending_balance": customer["balance"],
            "invoice": invoice,
            "livemode": False,
            "metadata": metadata or {},
            "type": kind,
        }
    )


def split_balance(balance: int, total: int) -> tuple[int, int]:
    """(amount due, balance afterwards) for an invoice over `total`; what it cannot ask for stays as credit.

    >>> split_balance(-1000, 2900), split_balance(0, -500), split_balance(200, 2900)
    ((1900, 0), (0, -500), (3100, 0))
    """
    together = balance + total
    return max(0, together), min(0, together)
