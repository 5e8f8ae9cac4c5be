"""Tying methods to customers and off again."""

from __future__ import annotations

from sandbox.cards.declines import decline_for
from sandbox.cards.numbers import card_facts
from sandbox.cards.verdicts import OWN_CODE_ONLY
from sandbox.errors import invalid
from sandbox.events.record import changing, emit
from sandbox.parameters import Params, given, mapping, text
from sandbox.payment_methods.declining import decline_facts, declined
from sandbox.payment_methods.fingerprints import fingerprint
from sandbox.payment_methods.objects import created_method, named_method
from sandbox.state import Obj, State

MAGIC = ("pm_card_", "tok_", "pm_usBankAccount", "pm_sepaDebit", "pm_paypal")


def method_from_id(state: State, method_id: str, param: str = "payment_method") -> Obj:
    """A stored method, or a new one from a magic id such as `pm_card_visa`."""
    found = state.find("payment_method", method_id)
    if found:
        return found
    if method_id.startswith(MAGIC):
        return named_method(state, method_id)
    return state.get("payment_method", method_id, param)


def method_from_params(state: State, params: Params) -> Obj | None:
    """The method that an intent's parameters name by id or describe whole; None when they do neither."""
    if given(params, "payment_method_data"):
        return created_method(state, mapping(params, "payment_method_data"))
    wanted = text(params, "payment_method")
    return method_from_id(state, wanted) if wanted else None


def refuse_declining_card(state: State, method: Obj) -> None:
    """402 for test cards whose bank does not even let them be saved."""
    facts = card_facts(state.hidden.card_numbers.get(method["id"], ""))
    if facts is None or facts.decline is None or facts.fails_at != "attach":
        return
    decline = decline_for(facts.decline, hide_decline_code=facts.decline in OWN_CODE_ONLY)
    raise declined(decline_facts(decline, method))


def attach(state: State, method: Obj, customer: Obj) -> Obj:
    """Put the method on the customer; it does not become anybody's default by that."""
    if method["customer"] not in (None, customer["id"]):
        raise invalid("The payment method is attached to another customer already.", param="customer")
    refuse_declining_card(state, method)
    if method["customer"] is None and method.get("card") and state.policy.cards_of_their_own:
        method["card"]["fingerprint"] = fingerprint(f"{method['card']['fingerprint']} of {customer['id']}")
    if method["customer"] is None:
        method["customer"] = customer["id"]
        emit(state, "payment_method.attached", method)
    return method


def detach(state: State, method: Obj) -> Obj:
    """Take the method off; defaults that pointed at it are emptied."""
    if method["customer"] is None:
        raise invalid("The payment method is not attached to a customer.", param="payment_method")
    customer = state.get("customer", method["customer"])
    with changing(state, method, "payment_method.detached"):
        method["customer"] = None
    settings = customer["invoice_settings"]
    if settings["default_payment_method"] == method["id"]:
        with changing(state, customer, "customer.updated"):
            settings["default_payment_method"] = None
    for subscription in state.rows("subscription"):
        if subscription["default_payment_method"] == method["id"]:
            with changing(state, subscription, "customer.subscription.updated"):
                subscription["default_payment_method"] = None
    return method
