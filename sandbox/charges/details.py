"""`payment_method_details` of a charge: the method as it was charged, and what the bank said to it."""

from __future__ import annotations

from sandbox.cards.facts import CardFacts
from sandbox.clock import DAY
from sandbox.state import Obj, State

CARD_FIELDS = ("brand", "country", "exp_month", "exp_year", "fingerprint", "funding", "last4", "wallet")
SEPA_FIELDS = ("bank_code", "branch_code", "country", "fingerprint", "last4")
ACH_FIELDS = ("account_holder_type", "account_type", "bank_name", "fingerprint", "last4", "routing_number")
# How long an uncaptured authorization lasts.
AUTHORIZED_SECONDS = 7 * DAY


def method_details(
    state: State, intent: Obj, method: Obj, facts: CardFacts, *, captured: bool, authenticated: bool
) -> Obj:
    """The hash under the method's own type."""
    kind = method["type"]
    shown = method[kind]
    match kind:
        case "card":
            details = _card(state, intent, shown, facts, captured, authenticated)
        case "sepa_debit":
            details = {
                **{name: shown[name] for name in SEPA_FIELDS},
                "expected_debit_date": None,
                "mandate": None,
            }
        case "us_bank_account":
            details = {
                **{name: shown[name] for name in ACH_FIELDS},
                "expected_debit_date": None,
                "mandate": None,
                "payment_reference": None,
            }
        case "paypal":
            details = {
                **shown,
                "payer_name": None,
                "seller_protection": {"dispute_categories": None, "status": "not_eligible"},
                "transaction_id": None,
            }
        case _:
            details = {"country": None}
    return {kind: details, "type": kind}


def _card(state: State, intent: Obj, card: Obj, facts: CardFacts, captured: bool, authenticated: bool) -> Obj:
    held = state.now + AUTHORIZED_SECONDS
    return {
        **{name: card[name] for name in CARD_FIELDS},
        "amount_authorized": intent["amount"],
        "authorization_code": None,
        **({} if captured else {"capture_before": held}),
        "checks": checks(facts),
        "extended_authorization": {"status": "disabled"},
        "incremental_authorization": {"status": "unavailable"},
        "installments": None,
        "mandate": None,
        "multicapture": {"status": "unavailable"},
        "network": card["brand"],
        "network_token": {"used": False},
        "network_transaction_id": None,
        "overcapture": {"maximum_amount_capturable": intent["amount"], "status": "unavailable"},
        "regulated_status": "unregulated",
        "three_d_secure": _three_d_secure() if authenticated else None,
    }


def checks(facts: CardFacts) -> Obj:
    """What the bank said to the security code and the address; most test cards are asked about the code only."""
    failed = facts.failed_checks
    if "*" in failed:
        return {
            "address_line1_check": "unavailable",
            "address_postal_code_check": "unavailable",
            "cvc_check": "pass",
        }
    return {
        "address_line1_check": "fail" if "line1" in failed else None,
        "address_postal_code_check": "fail" if "zip" in failed else None,
        "cvc_check": "fail" if "cvc" in failed else "pass",
    }


def _three_d_secure() -> Obj:
    return {
        "authentication_flow": "challenge",
        "electronic_commerce_indicator": "05",
        "exemption_indicator": None,
        "result": "authenticated",
        "result_reason": None,
        "transaction_id": None,
        "version": "2.2.0",
    }
