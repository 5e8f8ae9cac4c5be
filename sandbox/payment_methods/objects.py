"""The payment method object of every type the sandbox knows."""

from __future__ import annotations

from typing import Any

from sandbox.cards.accounts import named_account
from sandbox.cards.declines import decline_for, doc_url
from sandbox.cards.facts import CardFacts
from sandbox.cards.numbers import card_facts, named_card, passes_luhn
from sandbox.clock import as_datetime
from sandbox.errors import ApiFault, card_fault, invalid, missing_object
from sandbox.parameters import Params, given, integer, mapping, merged_metadata, required_text, text
from sandbox.payment_methods.accounts import NUMBER_FIELD, account_number, other_details
from sandbox.payment_methods.fingerprints import fingerprint
from sandbox.state import Obj, State

TYPES = ("card", "sepa_debit", "us_bank_account", "paypal", "link")
ADDRESS = ("city", "country", "line1", "line2", "postal_code", "state")
YEARS_AHEAD = 4


def new_method(state: State, params: Params) -> Obj:
    """A stored, loose payment method from create parameters; an expiry in the past is let through."""
    kind = required_text(params, "type")
    if kind not in TYPES:
        raise invalid(f"The sandbox knows the types {', '.join(TYPES)}; not {kind}.", param="type")
    method = _blank(state, kind)
    details = mapping(params, kind)
    if kind == "card":
        facts, number = _facts_of(details)
        method["card"] = card_details(facts, *_expiry(state, details))
    else:
        number = account_number(kind, details)
        method[kind] = other_details(kind, details, number)
    state.hidden.card_numbers[method["id"]] = number
    method["allow_redisplay"] = text(params, "allow_redisplay", "unspecified")
    apply_billing(method, params)
    method["metadata"] = merged_metadata({}, params)
    return state.insert(method)


def created_method(state: State, params: Params) -> Obj:
    """A method as the API and the pages take it: stale card data is refused."""
    card = mapping(params, "card")
    year, month = integer(card, "exp_year"), integer(card, "exp_month")
    if year is not None and month is not None and not text(card, "token"):
        today = as_datetime(state.now)
        if (year + (2000 if year < 100 else 0), month) < (today.year, today.month):
            raise refused_data("invalid_expiry_year")
    cvc = text(card, "cvc")
    if cvc is not None and not (cvc.isdigit() and 3 <= len(cvc) <= 4):
        raise refused_data("invalid_cvc")
    return new_method(state, params)


def refused_data(code: str) -> ApiFault:
    """The 402 for card data that is wrong at first sight."""
    decline = decline_for(code)
    return card_fault({"code": code, "param": decline.param, "message": decline.message,
                       "doc_url": doc_url(code)})  # fmt: skip


def named_method(state: State, name: str) -> Obj:
    """A new method from a magic id: `pm_card_visa`, `tok_visa`, `pm_usBankAccount_…`, `pm_sepaDebit_…`."""
    facts = named_card(name)
    if facts is not None:
        year = as_datetime(state.now).year + YEARS_AHEAD
        card = {"number": facts.number, "exp_month": 8, "exp_year": year}
        return new_method(state, {"type": "card", "card": card})
    account = named_account(name)
    if account is not None:
        kind, number = account
        return new_method(state, {"type": kind, kind: {NUMBER_FIELD[kind]: number}})
    if name.startswith("pm_paypal"):
        return new_method(state, {"type": "paypal"})
    raise missing_object("payment_method", name, "payment_method")


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
        facts = named_card(token)
        if facts is None or not token.startswith("tok_"):
            raise missing_object("token", token, "card[token]")
        return facts, facts.number
    number = required_text(details, "number").replace(" ", "").replace("-", "")
    known = card_facts(number)
    if (known and known.fails_at == "create") or not number.isdigit() or not passes_luhn(number):
        raise refused_data("incorrect_number")
    return known or CardFacts(number), number


def _expiry(state: State, details: Params) -> tuple[int, int]:
    """Month and year, by default in the future; nonsense is refused, a past date declines later."""
    month = integer(details, "exp_month", 8) or 0
    year = integer(details, "exp_year", as_datetime(state.now).year + YEARS_AHEAD) or 0
    year += 2000 if year < 100 else 0
    if not 1 <= month <= 12:
        raise refused_data("invalid_expiry_month")
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
