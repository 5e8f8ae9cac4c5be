"""The type-specific details of methods that are no cards: bank debits, PayPal, Link."""

from __future__ import annotations

from sandbox.cards.accounts import PLAIN
from sandbox.errors import invalid
from sandbox.parameters import Params, text
from sandbox.payment_methods.fingerprints import fingerprint
from sandbox.state import Obj

# Type -> the parameter that holds its account number.
NUMBER_FIELD = {"sepa_debit": "iban", "us_bank_account": "account_number"}
# IBANs whose bank does not take part, and whose account cannot be debited.
UNUSABLE = {
    "AT271904300000055555": "sepa_debit_bank_not_supported",
    "AT511904300000066666": "bank_account_unusable",
}


def account_number(kind: str, details: Params) -> str:
    """The account behind a debit; the plain test account when none is given, empty for wallets."""
    field = NUMBER_FIELD.get(kind)
    if field is None:
        return ""
    number = (text(details, field) or PLAIN[kind]).replace(" ", "")
    if number in UNUSABLE:
        raise invalid("This bank account cannot be debited.", param=f"{kind}[{field}]", code=UNUSABLE[number])
    return number


def other_details(kind: str, details: Params, number: str) -> Obj:
    """What the method shows of its account."""
    match kind:
        case "sepa_debit":
            return {
                "bank_code": number[4:12],
                "branch_code": "",
                "country": number[:2],
                "fingerprint": fingerprint(number),
                "generated_from": {"charge": None, "setup_attempt": None},
                "last4": number[-4:],
            }
        case "us_bank_account":
            return {
                "account_holder_type": text(details, "account_holder_type", "individual"),
                "account_type": text(details, "account_type", "checking"),
                "bank_name": "SANDBOX TEST BANK",
                "financial_connections_account": None,
                "fingerprint": fingerprint(number),
                "last4": number[-4:],
                "networks": {"preferred": "ach", "supported": ["ach"]},
                "routing_number": text(details, "routing_number", "110000000"),
                "status_details": {},
            }
        case "paypal":
            return {"country": "US", "payer_email": None, "payer_id": None}
        case _:
            return {"email": None}
