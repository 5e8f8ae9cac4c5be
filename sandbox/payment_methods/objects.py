"""The payment method object of every type the sandbox knows."""

from __future__ import annotations

import hashlib
from typing import Any

from sandbox.cards.declines import decline_for
from sandbox.cards.numbers import BY_NAME, CardFacts, card_facts, passes_luhn
from sandbox.clock import as_datetime
from sandbox.errors import card_fault, invalid, missing_object
from sandbox.parameters import Params, given, integer, mapping, merged_metadata, required_text, text
from sandbox.state import Obj, State

TYPES = ("card", "sepa_debit", "us_bank_account", "paypal", "link")
ADDRESS = ("city", "country", "line1", "line2", "postal_code", "state")
YEARS_AHEAD = 4


def fingerprint(number: str) -> str:
    """The same number gives the same 16 characters, as one account at the provider sees it."""
    return hashlib.sha256(number.encode()).hexdigest()[:16]


def new_method(state: State, params: Params) -> Obj:
    """A stored, loose payment method from create parameters."""
    kind = required_text(params, "type")
    if kind not in TYPES:
        raise invalid(f"The sandbox knows the types {', '.join(TYPES)}; not {kind}.", param="type")
    method = _blank(state, kind)
    details = mapping(params, kind)
    if kind == "card":
        facts, number = _facts_of(details)
        method["card"] = card_details(facts, *_expiry(state, details))
        state.hidden.card_numbers[method["id"]] = number
    else:
        method[kind] = _other_details(kind, details)
    apply_billing(method, params)
    method["metadata"] = merged_metadata({}, params)
    return state.insert(method)


def named_method(state: State, name: str) -> Obj:
    """A new method from a magic id: `pm_card_visa`, `tok_visa`, `pm_usBankAccount`, `pm_sepaDebit…`."""
    bare = name.removeprefix("pm_card_").removeprefix("tok_")
    facts = BY_NAME.get(bare)
    if facts is None:
        for prefix, kind in (
            ("pm_usBankAccount", "us_bank_account"),
            ("pm_sepa", "sepa_debit"),
            ("pm_paypal", "paypal"),
        ):
            if name.startswith(prefix):
                return new_method(state, {"type": kind})
        raise missing_object("payment_method", name, "payment_method")
    year = as_datetime(state.now).year + YEARS_AHEAD
    number = {"number": facts.number, "exp_month": 8, "exp_year": year}
    return new_method(state, {"type": "card", "card": number})


def _blank(state: State, kind: str) -> Obj:
    return {
        "id": state.new_id("pm"),
        "object": "payment_method",
        "allow_redisplay": "unspecified",
        "billing_details": {
            "address": dict.fromkeys(ADDRESS),
            "email": None,
            "name": None,
            "phone": None,
            "tax_id": None,
        },
        "created": state.now,
        "customer": None,
        "customer_account": None,
        "livemode": False,
        "metadata": {},
        "type": kind,
    }


def _facts_of(details: Params) -> tuple[CardFacts, str]:
    """The card behind a raw number or a token; a bad check digit is a bad number."""
    token = text(details, "token")
    if token:
        facts = BY_NAME.get(token.removeprefix("tok_"))
        if facts is None:
            raise missing_object("token", token, "card[token]")
        return facts, facts.number
    number = required_text(details, "number").replace(" ", "").replace("-", "")
    known = card_facts(number)
    if (known and known.fails_at == "create") or not number.isdigit() or not passes_luhn(number):
        decline = decline_for("incorrect_number")
        raise card_fault({"code": "incorrect_number", "param": "number", "message": decline.message})
    return known or CardFacts(number), number


def _expiry(state: State, details: Params) -> tuple[int, int]:
    """Month and year, by default in the future; nonsense is refused, a past date declines later."""
    month = integer(details, "exp_month", 8) or 0
    year = integer(details, "exp_year", as_datetime(state.now).year + YEARS_AHEAD) or 0
    year += 2000 if year < 100 else 0
    if not 1 <= month <= 12:
        decline = decline_for("invalid_expiry_month")
        raise card_fault({"code": "invalid_expiry_month", "param": "exp_month", "message": decline.message})
    return month, year


def card_details(facts: CardFacts, month: int, year: int) -> Obj:
    return {
        "brand": facts.brand,
        "checks": {"address_line1_check": None, "address_postal_code_check": None, "cvc_check": "unchecked"},
        "country": facts.country,
        "display_brand": facts.brand,
        "exp_month": month,
        "exp_year": year,
        "fingerprint": fingerprint(facts.number),
        "funding": facts.funding,
        "generated_from": None,
        "last4": facts.last4,
        "networks": {"available": [facts.brand], "preferred": None},
        "regulated_status": "unregulated",
        "three_d_secure_usage": {"supported": True},
        "wallet": None,
    }


def _other_details(kind: str, details: Params) -> Obj:
    match kind:
        case "sepa_debit":
            iban = text(details, "iban") or "DE89370400440532013000"
            return {
                "bank_code": iban[4:12],
                "branch_code": "",
                "country": iban[:2],
                "fingerprint": fingerprint(iban),
                "generated_from": {"charge": None, "setup_attempt": None},
                "last4": iban[-4:],
            }
        case "us_bank_account":
            account = text(details, "account_number") or "000123456789"
            return {
                "account_holder_type": text(details, "account_holder_type", "individual"),
                "account_type": text(details, "account_type", "checking"),
                "bank_name": "SANDBOX TEST BANK",
                "financial_connections_account": None,
                "fingerprint": fingerprint(account),
                "last4": account[-4:],
                "networks": {"preferred": "ach", "supported": ["ach"]},
                "routing_number": text(details, "routing_number", "110000000"),
                "status_details": {},
            }
        case "paypal":
            return {"country": "US", "payer_email": None, "payer_id": None}
        case _:
            return {"email": None}


def apply_billing(method: Obj, params: Params) -> None:
    """Merge the given billing details."""
    details: dict[str, Any] = mapping(params, "billing_details")
    for name in ("email", "name", "phone"):
        if given(details, name):
            method["billing_details"][name] = text(details, name)
    address = mapping(details, "address")
    for name in ADDRESS:
        if given(address, name):
            method["billing_details"]["address"][name] = text(address, name)
