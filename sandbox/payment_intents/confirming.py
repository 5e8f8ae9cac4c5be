"""Confirming an intent: charge it now, as its invoice where it belongs to one."""

from __future__ import annotations

from sandbox.cards.verdicts import Declined, NeedsAction, Verdict
from sandbox.errors import invalid, missing_param
from sandbox.events.record import emit, restore, snapshot
from sandbox.invoices.collection import collect
from sandbox.parameters import Params, flag, text
from sandbox.payment_intents.capturing import unexpected_state
from sandbox.payment_intents.charging import action_fault, charge_intent, declined_fault
from sandbox.payment_intents.fields import apply_fields, check_owner
from sandbox.payment_intents.objects import takes_type
from sandbox.payment_intents.settling import settle_if_due
from sandbox.payment_methods.attaching import method_from_params
from sandbox.state import Obj, State

CONFIRMABLE = ("requires_payment_method", "requires_confirmation", "requires_action")
# Besides true and false the provider takes two words for charges without the customer.
OFF_SESSION = ("true", "one_off", "recurring")


def confirm_intent(state: State, intent: Obj, params: Params) -> Obj:
    """The intent as it stands right after the attempt; 402 when it was declined.

    A debit that ends at once (official test accounts) is shown as `processing` and settled after that.
    """
    if intent["status"] not in CONFIRMABLE:
        raise unexpected_state(intent, "confirmed")
    apply_fields(intent, params)
    method = method_from_params(state, params) or state.find("payment_method", intent["payment_method"])
    if method is None:
        raise missing_param("payment_method")
    check_method(state, intent, method)
    off_session = text(params, "off_session") in OFF_SESSION
    silent = off_session or flag(params, "error_on_requires_action")
    verdict = _attempt(state, intent, method, off_session, silent)
    if isinstance(verdict, Declined):
        raise declined_fault(intent)
    if isinstance(verdict, NeedsAction):
        if silent:
            raise action_fault(intent, method, "authentication_required")
        intent["next_action"]["redirect_to_url"]["return_url"] = text(params, "return_url")
    answer: Obj = restore(snapshot(intent))
    settle_if_due(state, intent)
    return answer


def check_method(state: State, intent: Obj, method: Obj) -> None:
    """Refuse a method of another customer, or of a type that the intent does not take."""
    check_owner(state, intent, method)
    if intent["id"] not in state.hidden.invoice_of_intent and not takes_type(intent, method["type"]):
        kinds = ", ".join(intent["payment_method_types"])
        raise invalid(f"The PaymentMethod provided ({method['type']}) is not allowed; types allowed: {kinds}.",
                      param="payment_method", code="payment_intent_incompatible_payment_method")  # fmt: skip


def _attempt(state: State, intent: Obj, method: Obj, off_session: bool, silent: bool) -> Verdict | None:
    invoice = state.find("invoice", state.hidden.invoice_of_intent.get(intent["id"]))
    if invoice:
        return collect(state, invoice, automatic=False, method=method, off_session=off_session).verdict
    return charge_intent(state, intent, method, off_session=off_session, action_declines=silent)


def refuse_action(state: State, intent: Obj) -> None:
    """The cardholder did not confirm at the bank."""
    intent |= {
        "status": "requires_payment_method",
        "payment_method": None,
        "next_action": None,
        "last_payment_error": {
            "type": "invalid_request_error",
            "code": "payment_intent_authentication_failure",
            "message": "The provided payment method has failed authentication.",
            "payment_method": restore(snapshot(state.get("payment_method", intent["payment_method"]))),
        },
    }
    emit(state, "payment_intent.payment_failed", intent)
