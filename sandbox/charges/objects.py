"""The charge object and its outcome."""

from __future__ import annotations

from copy import deepcopy

from sandbox.cards.declines import Decline
from sandbox.state import Obj, State

CARD_FIELDS = (
    "brand",
    "checks",
    "country",
    "exp_month",
    "exp_year",
    "fingerprint",
    "funding",
    "last4",
    "wallet",
)


# What every new charge starts with.
PLAIN_CHARGE: Obj = {
    "object": "charge",
    "amount_refunded": 0,
    "application": None,
    "application_fee": None,
    "application_fee_amount": None,
    "calculated_statement_descriptor": "SANDBOX",
    "disputed": False,
    "failure_balance_transaction": None,
    "fraud_details": {},
    "livemode": False,
    "metadata": {},
    "on_behalf_of": None,
    "receipt_email": None,
    "receipt_number": None,
    "receipt_url": None,
    "refunded": False,
    "review": None,
    "shipping": None,
    "source_transfer": None,
    "statement_descriptor": None,
    "statement_descriptor_suffix": None,
    "transfer_data": None,
    "transfer_group": None,
}


def new_charge(state: State, intent: Obj, method: Obj, status: str, decline: Decline | None = None) -> Obj:
    """A stored charge in `succeeded`, `pending` or `failed`; nothing is announced yet."""
    good = status == "succeeded"
    charge: Obj = {
        **deepcopy(PLAIN_CHARGE),
        "id": state.new_id("ch" if method["type"] == "card" else "py"),
        "amount": intent["amount"],
        "amount_captured": intent["amount"] if good else 0,
        "balance_transaction": state.new_id("txn") if good else None,
        "billing_details": dict(method["billing_details"]),
        "captured": status != "failed",
        "created": state.now,
        "currency": intent["currency"],
        "customer": intent["customer"],
        "description": intent["description"],
        "failure_code": decline.code if decline else None,
        "failure_message": decline.message if decline else None,
        "outcome": failed_outcome(decline) if decline else approved_outcome(method),
        "paid": status != "failed",
        "payment_intent": intent["id"],
        "payment_method": method["id"],
        "payment_method_details": _details(method),
        "status": status,
    }
    return state.insert(charge)


def approved_outcome(method: Obj) -> Obj:
    return {
        "advice_code": None,
        "network_advice_code": None,
        "network_decline_code": None,
        "network_status": "approved_by_network",
        "reason": None,
        "risk_level": "normal" if method["type"] == "card" else "not_assessed",
        "seller_message": "Payment complete.",
        "type": "authorized",
    }


def failed_outcome(decline: Decline) -> Obj:
    """A block or an invalid request never reached the bank; the rest came back from it."""
    reached = decline.outcome_type == "issuer_declined"
    return {
        "advice_code": decline.advice_code,
        "network_advice_code": decline.network_advice_code,
        "network_decline_code": decline.network_decline_code,
        "network_status": "declined_by_network" if reached else "not_sent_to_network",
        "reason": decline.reason,
        "risk_level": "highest" if decline.reason == "highest_risk_level" else "normal",
        "seller_message": "The bank declined the payment."
        if reached
        else "The payment was not sent to the bank.",
        "type": decline.outcome_type,
    }


def _details(method: Obj) -> Obj:
    kind = method["type"]
    if kind != "card":
        return {kind: dict(method[kind]), "type": kind}
    card = {name: method["card"][name] for name in CARD_FIELDS}
    card |= {
        "authorization_code": None,
        "installments": None,
        "mandate": None,
        "network": method["card"]["brand"],
        "network_token": {"used": False},
        "regulated_status": "unregulated",
        "three_d_secure": None,
    }
    return {"card": card, "type": "card"}
