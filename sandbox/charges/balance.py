"""Balance transactions: what a charge, a refund or a dispute does to the merchant's money."""

from __future__ import annotations

from sandbox.clock import DAY
from sandbox.state import Obj, State

# The provider's usual fee: a share in millionths of the amount, and a fixed part in minor units.
FEE_SHARE, FEE_FIXED = 29_000, 30
DISPUTE_FEE = 1_500
AVAILABLE_AFTER = 2 * DAY


def charge_fee(amount: int) -> int:
    return (amount * FEE_SHARE + 500_000) // 1_000_000 + FEE_FIXED


def book(
    state: State,
    *,
    amount: int,
    currency: str,
    kind: str,
    source: str,
    fee: int = 0,
    about: str | None = None,
) -> Obj:
    """A stored balance transaction; `amount` is signed from the merchant's side, in minor units."""
    details = {"amount": fee, "application": None, "currency": currency, "description": "Processing fees",
               "type": "stripe_fee"}  # fmt: skip
    return state.insert(
        {
            "id": state.new_id("txn"),
            "object": "balance_transaction",
            "amount": amount,
            "available_on": state.now + AVAILABLE_AFTER,
            "balance_type": "payments",
            "created": state.now,
            "currency": currency,
            "description": about,
            "exchange_rate": None,
            "fee": fee,
            "fee_details": [details] if fee else [],
            "net": amount - fee,
            "reporting_category": "dispute" if kind == "adjustment" else kind,
            "source": source,
            "status": "pending",
            "type": kind,
        }
    )


def book_charge(state: State, charge: Obj) -> None:
    """The captured money of a charge, its fee taken off."""
    captured = charge["amount_captured"]
    kind = "charge" if charge["id"].startswith("ch_") else "payment"
    entry = book(state, amount=captured, currency=charge["currency"], kind=kind, source=charge["id"],
                 fee=charge_fee(captured), about=charge["description"])  # fmt: skip
    charge["balance_transaction"] = entry["id"]
