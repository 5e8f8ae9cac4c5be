"""Reading an intent's parameters onto it, shared by payment and setup intents where they agree."""

from __future__ import annotations

from sandbox.errors import invalid
from sandbox.parameters import Params, choice, flag, given, integer, mapping, merged_metadata, sequence, text
from sandbox.payment_methods.objects import ADDRESS
from sandbox.state import Obj, State

TEXTS = (
    "description",
    "receipt_email",
    "statement_descriptor",
    "statement_descriptor_suffix",
    "transfer_group",
)
USAGES = ("off_session", "on_session")
CAPTURES = ("automatic", "automatic_async", "manual")
DEFAULT_MINIMUM = 50
# The least that can be charged, in minor units, where it is not the default.
MINIMUM = {"gbp": 30, "sek": 300, "nok": 300, "dkk": 250, "pln": 200, "chf": 50, "mxn": 1000, "huf": 17_500}


def checked_amount(amount: int, currency: str) -> int:
    """The amount if it can be charged; else the provider's refusal."""
    if amount < 1:
        raise invalid("This value must be greater than or equal to 1.", param="amount",
                      code="parameter_invalid_integer")  # fmt: skip
    if amount < MINIMUM.get(currency, DEFAULT_MINIMUM):
        raise invalid(
            "The amount is below the minimum charge amount.", param="amount", code="amount_too_small"
        )
    return amount


def checked_currency(currency: str) -> str:
    wanted = currency.lower()
    if len(wanted) != 3 or not wanted.isalpha():
        raise invalid(f"Invalid currency: {currency}", param="currency")
    return wanted


def apply_fields(intent: Obj, params: Params) -> None:
    """Write the given plain fields onto a payment intent; method, amount and customer are the caller's."""
    for name in TEXTS:
        if given(params, name):
            intent[name] = text(params, name)
    intent["metadata"] = merged_metadata(intent["metadata"], params)
    if given(params, "shipping"):
        intent["shipping"] = shipping_of(mapping(params, "shipping"))
    if given(params, "setup_future_usage"):
        intent["setup_future_usage"] = choice(params, "setup_future_usage", USAGES)
    if given(params, "capture_method"):
        intent["capture_method"] = choice(params, "capture_method", CAPTURES, "automatic")
    if given(params, "confirmation_method"):
        intent["confirmation_method"] = choice(params, "confirmation_method", ("automatic", "manual"))
    if given(params, "application_fee_amount"):
        intent["application_fee_amount"] = integer(params, "application_fee_amount")
    for name, options in mapping(params, "payment_method_options").items():
        intent["payment_method_options"].setdefault(name, {}).update(options or {})
    apply_types(intent, params)


def apply_types(intent: Obj, params: Params) -> None:
    """Which types may pay: a fixed list, or what the account has on, less the excluded ones."""
    fixed = sequence(params, "payment_method_types") or sequence(params, "allowed_payment_method_types")
    if fixed:
        intent |= {"payment_method_types": [str(kind) for kind in fixed], "automatic_payment_methods": None}
    if given(params, "allowed_payment_method_types"):
        intent["allowed_payment_method_types"] = sequence(params, "allowed_payment_method_types") or None
    if given(params, "excluded_payment_method_types"):
        intent["excluded_payment_method_types"] = sequence(params, "excluded_payment_method_types") or None
    automatic = mapping(params, "automatic_payment_methods")
    if automatic:
        on = flag(automatic, "enabled")
        redirects = text(automatic, "allow_redirects", "always")
        intent["automatic_payment_methods"] = {"allow_redirects": redirects, "enabled": True} if on else None


def default_types(intent: Obj) -> None:
    """Without a list of types the account's own methods are on."""
    intent["automatic_payment_methods"] = {"allow_redirects": "always", "enabled": True}


def shipping_of(wanted: Params) -> Obj | None:
    """The shipping hash with all its fields; None when it was emptied."""
    if not wanted:
        return None
    address = mapping(wanted, "address")
    return {
        "address": {name: text(address, name) for name in ADDRESS},
        "carrier": text(wanted, "carrier"),
        "name": text(wanted, "name"),
        "phone": text(wanted, "phone"),
        "tracking_number": text(wanted, "tracking_number"),
    }


def check_owner(state: State, intent: Obj, method: Obj) -> None:
    """A saved method pays only for its own customer, and the intent must say so."""
    owner = method["customer"]
    if owner is None or owner == intent["customer"]:
        return
    if intent["customer"] is None:
        message = f"The payment method belongs to the customer {owner}; name it in `customer`."
    else:
        message = "The payment method belongs to another customer than the intent."
    raise invalid(message, param="payment_method")
