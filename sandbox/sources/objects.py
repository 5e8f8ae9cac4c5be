"""The `card` object. A payment method with the same id stands behind it, so everything that charges works."""

from __future__ import annotations

from sandbox.errors import invalid
from sandbox.events.record import changing, emit
from sandbox.parameters import Params, mapping, text
from sandbox.payment_methods.attaching import refuse_declining_card
from sandbox.payment_methods.objects import created_method, named_method
from sandbox.state import Obj, State

FACTS = ("brand", "country", "exp_month", "exp_year", "fingerprint", "funding", "last4", "regulated_status")
# Field of the card -> field of the method's billing address.
ADDRESS = {
    "address_city": "city", "address_country": "country", "address_line1": "line1", "address_line2": "line2",
    "address_state": "state", "address_zip": "postal_code",
}  # fmt: skip
BRANDS = {
    "amex": "American Express", "diners": "Diners Club", "discover": "Discover", "jcb": "JCB",
    "mastercard": "MasterCard", "unionpay": "UnionPay", "visa": "Visa",
}  # fmt: skip


def add_source(state: State, customer: Obj, params: Params) -> Obj:
    """A stored and announced card from `source`: a `tok_…` id or a hash with the card's data."""
    wanted = params.get("source")
    if isinstance(wanted, dict):
        data = {name: value for name, value in mapping(params, "source").items() if name != "object"}
        method = created_method(state, {"type": "card", "card": data})
    elif isinstance(wanted, str) and wanted.startswith("tok_"):
        method = named_method(state, wanted)
    else:
        raise invalid(f"No such source: '{wanted}'", param="source", code="resource_missing")
    refuse_declining_card(state, method)
    card = _as_card(state, customer, method)
    emit(state, "customer.source.created", card)
    if customer["default_source"] is None:
        with changing(state, customer, "customer.updated"):
            customer["default_source"] = card["id"]
    return card


def add_first_source(state: State, customer: Obj, params: Params) -> None:
    """`source` on a new customer."""
    if params.get("source"):
        add_source(state, customer, params)


def _as_card(state: State, customer: Obj, method: Obj) -> Obj:
    """Give the method a card's id and a card object beside it."""
    card_id = state.new_id("card")
    state.remove("payment_method", method["id"])
    state.hidden.card_numbers[card_id] = state.hidden.card_numbers.pop(method["id"])
    method |= {"id": card_id, "customer": customer["id"]}
    state.insert(method)
    card: Obj = {
        "id": card_id,
        "object": "card",
        "address_line1_check": None,
        "address_zip_check": None,
        **dict.fromkeys(ADDRESS),
        "allow_redisplay": "unspecified",
        "customer": customer["id"],
        "cvc_check": "pass",
        "dynamic_last4": None,
        **{name: method["card"][name] for name in FACTS},
        "metadata": {},
        "name": None,
        "tokenization_method": None,
    }
    # The older API writes brands as on the card.
    card["brand"] = BRANDS.get(card["brand"], card["brand"])
    return state.insert(card)


def follow(state: State, card: Obj) -> None:
    """Bring the method behind a changed card up to date."""
    method = state.get("payment_method", card["id"])
    method["card"] |= {"exp_month": card["exp_month"], "exp_year": card["exp_year"]}
    method["metadata"] = dict(card["metadata"])
    method["billing_details"]["name"] = card["name"]
    method["billing_details"]["address"] |= {field: card[name] for name, field in ADDRESS.items()}


def remove_source(state: State, customer: Obj, card: Obj) -> None:
    """Take the card off; another one becomes the default if this one was."""
    state.remove("card", card["id"])
    state.get("payment_method", card["id"])["customer"] = None
    emit(state, "customer.source.deleted", card)
    if customer["default_source"] == card["id"]:
        left = [row["id"] for row in state.rows("card") if row["customer"] == customer["id"]]
        with changing(state, customer, "customer.updated"):
            customer["default_source"] = left[-1] if left else None


def source_named(state: State, customer_id: str, card_id: str) -> Obj:
    """The customer's card, or the provider's refusal."""
    card = state.find("card", card_id)
    if card is None or card["customer"] != customer_id:
        raise invalid(f"No such source: '{card_id}'", param="id", code="resource_missing", status=404)
    return card


def wanted_text(params: Params, name: str, current: str | None) -> str | None:
    return text(params, name) if name in params else current
