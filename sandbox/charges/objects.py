"""The charge object and its outcome."""

from __future__ import annotations

from copy import deepcopy

from sandbox.cards.declines import Decline
from sandbox.cards.facts import CardFacts
from sandbox.cards.verdicts import facts_of
from sandbox.charges.balance import book_charge
from sandbox.charges.details import method_details
from sandbox.state import Obj, State

# What a charge takes over from its intent.
FROM_INTENT = (
    "description", "receipt_email", "shipping", "statement_descriptor", "statement_descriptor_suffix",
    "transfer_group",
)  # fmt: skip

# What every new charge starts with.
PLAIN_CHARGE: Obj = {
    "object": "charge",
    "amount_captured": 0,
    "amount_refunded": 0,
    "application": None,
    "application_fee": None,
    "application_fee_amount": None,
    "balance_transaction": None,
    "calculated_statement_descriptor": "SANDBOX",
    "disputed": False,
    "failure_balance_transaction": None,
    "fraud_details": {},
    "livemode": False,
    "on_behalf_of": None,
    "receipt_number": None,
    "receipt_url": None,
    "refunded": False,
    "review": None,
    "source_transfer": None,
    "transfer_data": None,
}


def new_charge(
    state: State,
    intent: Obj,
    method: Obj,
    status: str,
    decline: Decline | None = None,
    *,
    captured: bool = True,
    authenticated: bool = False,
) -> Obj:
    """A stored charge in `succeeded`, `pending` or `failed`; nothing is announced yet.

    A good one that is not `captured` only holds the money.
    """
    facts = facts_of(state, method)
    charge: Obj = {
        **deepcopy(PLAIN_CHARGE),
        **{name: intent[name] for name in FROM_INTENT},
        "id": state.new_id("ch" if method["type"] == "card" else "py"),
        "amount": intent["amount"],
        "billing_details": dict(method["billing_details"]),
        "captured": captured and status != "failed",
        "created": state.now,
        "currency": intent["currency"],
        "customer": intent["customer"],
        "failure_code": decline.code if decline else None,
        "failure_message": decline.message if decline else None,
        "metadata": dict(intent["metadata"]),
        "outcome": failed_outcome(decline) if decline else approved_outcome(method, facts),
        "paid": status == "succeeded",
        "payment_intent": intent["id"],
        "payment_method": method["id"],
        "payment_method_details": method_details(
            state, intent, method, facts, captured=captured, authenticated=authenticated
        ),
        "status": status,
    }
    if status == "succeeded" and captured:
        charge["amount_captured"] = charge["amount"]
        book_charge(state, charge)
    return state.insert(charge)


def approved_outcome(method: Obj, facts: CardFacts) -> Obj:
    card = method["type"] == "card"
    return {
        "advice_code": None,
        "network_advice_code": None,
        "network_decline_code": None,
        "network_status": "approved_by_network",
        "reason": "elevated_risk_level" if facts.risk_level == "elevated" else None,
        "risk_level": facts.risk_level if card else "not_assessed",
        "seller_message": "Payment complete.",
        "type": "manual_review" if facts.risk_level == "elevated" else "authorized",
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
