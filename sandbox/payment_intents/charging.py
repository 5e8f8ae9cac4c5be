"""Carrying out one charge of an intent and announcing how it went."""

from __future__ import annotations

from copy import deepcopy

from sandbox.cards.declines import Decline
from sandbox.cards.verdicts import Approved, Declined, NeedsAction, Settling, Verdict, judge, settled_verdict
from sandbox.charges.objects import failed_outcome, new_charge
from sandbox.disputes.opening import open_dispute
from sandbox.errors import ApiFault, card_fault
from sandbox.events.record import emit, restore, snapshot
from sandbox.state import Obj, State

# What every intent starts with.
NEW_INTENT: Obj = {
    "object": "payment_intent",
    "amount_capturable": 0,
    "amount_details": {"tip": {}},
    "amount_received": 0,
    "application": None,
    "application_fee_amount": None,
    "automatic_payment_methods": None,
    "canceled_at": None,
    "cancellation_reason": None,
    "capture_method": "automatic",
    "confirmation_method": "automatic",
    "customer_account": None,
    "excluded_payment_method_types": None,
    "last_payment_error": None,
    "latest_charge": None,
    "livemode": False,
    "metadata": {},
    "next_action": None,
    "on_behalf_of": None,
    "payment_method": None,
    "payment_method_configuration_details": None,
    "payment_method_options": {},
    "payment_method_types": ["card"],
    "processing": None,
    "receipt_email": None,
    "review": None,
    "setup_future_usage": None,
    "shipping": None,
    "source": None,
    "statement_descriptor": None,
    "statement_descriptor_suffix": None,
    "status": "requires_payment_method",
    "transfer_data": None,
    "transfer_group": None,
}


def new_intent(
    state: State, *, amount: int, currency: str, customer: str | None, description: str | None
) -> Obj:
    intent_id = state.new_id("pi")
    intent: Obj = {
        **deepcopy(NEW_INTENT),
        "id": intent_id,
        "amount": amount,
        "client_secret": f"{intent_id}_secret_{state.identifiers.token(24)}",
        "created": state.now,
        "currency": currency,
        "customer": customer,
        "description": description,
    }
    state.insert(intent)
    return intent


def charge_intent(
    state: State, intent: Obj, method: Obj, *, authenticated: bool = False, off_session: bool = True
) -> Verdict:
    """Ask the method's bank for the intent's amount; intent, charge and events follow the answer."""
    verdict = judge(state, method, authenticated=authenticated, off_session=off_session)
    match verdict:
        case NeedsAction():
            _ask_customer(state, intent, method)
        case Settling(settles_at):
            _send_debit(state, intent, method, settles_at)
        case Approved(dispute):
            _succeed(state, intent, new_charge(state, intent, method, "succeeded"))
            if dispute:
                open_dispute(state, state.get("charge", intent["latest_charge"]), dispute)
        case Declined(decline):
            _fail(state, intent, method, decline, new_charge(state, intent, method, "failed", decline))
    return verdict


def settle_intent(state: State, intent: Obj) -> Verdict:
    """A bank debit comes to its end: the pending charge becomes good or is returned."""
    method = state.get("payment_method", intent["payment_method"])
    charge = state.get("charge", intent["latest_charge"])
    verdict = settled_verdict(state, method)
    if isinstance(verdict, Declined):
        decline = verdict.decline
        charge |= {"status": "failed", "paid": False, "captured": False, "amount_captured": 0}
        charge |= {
            "failure_code": decline.code,
            "failure_message": decline.message,
            "outcome": failed_outcome(decline),
        }
        _fail(state, intent, method, decline, charge)
    else:
        charge |= {
            "status": "succeeded",
            "amount_captured": charge["amount"],
            "balance_transaction": state.new_id("txn"),
        }
        _succeed(state, intent, charge)
    return verdict


def _ask_customer(state: State, intent: Obj, method: Obj) -> None:
    invoice_id = state.hidden.invoice_of_intent.get(intent["id"])
    path = f"/invoice/{invoice_id}" if invoice_id else f"/authenticate/{intent['id']}"
    intent |= {
        "status": "requires_action",
        "payment_method": method["id"],
        "payment_method_types": [method["type"]],
        "last_payment_error": None,
        "next_action": {
            "type": "redirect_to_url",
            "redirect_to_url": {"return_url": None, "url": state.public_base + path},
        },
    }
    emit(state, "payment_intent.requires_action", intent)


def _send_debit(state: State, intent: Obj, method: Obj, settles_at: int) -> None:
    charge = new_charge(state, intent, method, "pending")
    intent |= {
        "status": "processing",
        "payment_method": method["id"],
        "payment_method_types": [method["type"]],
        "latest_charge": charge["id"],
        "last_payment_error": None,
        "next_action": None,
    }
    emit(state, "charge.pending", charge)
    emit(state, "payment_intent.processing", intent)
    state.agenda.note(settles_at, "settle", intent["id"])


def _succeed(state: State, intent: Obj, charge: Obj) -> None:
    intent |= {
        "status": "succeeded",
        "amount_received": intent["amount"],
        "payment_method": charge["payment_method"],
        "payment_method_types": [charge["payment_method_details"]["type"]],
        "latest_charge": charge["id"],
        "last_payment_error": None,
        "next_action": None,
    }
    emit(state, "charge.succeeded", charge)
    emit(state, "payment_intent.succeeded", intent)


def _fail(state: State, intent: Obj, method: Obj, decline: Decline, charge: Obj) -> None:
    intent |= {
        "status": "requires_payment_method",
        "payment_method": None,
        "payment_method_types": [method["type"]],
        "latest_charge": charge["id"],
        "last_payment_error": {
            "type": "card_error",
            **decline_facts(decline, method),
            "charge": charge["id"],
        },
        "next_action": None,
    }
    emit(state, "charge.failed", charge)
    emit(state, "payment_intent.payment_failed", intent)


def decline_facts(decline: Decline, method: Obj) -> Obj:
    """The fields that an error and `last_payment_error` share; what is not known is left out."""
    facts: Obj = {
        "advice_code": decline.advice_code,
        "code": decline.code,
        "decline_code": decline.decline_code,
        "doc_url": f"https://stripe.com/docs/error-codes/{decline.code.replace('_', '-')}",
        "message": decline.message,
        "network_advice_code": decline.network_advice_code,
        "network_decline_code": decline.network_decline_code,
        "payment_method": restore(snapshot(method)),
        "payment_method_type": method["type"],
    }
    return {name: value for name, value in facts.items() if value is not None}


def declined_fault(intent: Obj) -> ApiFault:
    """The 402 for an intent whose last charge failed."""
    error = dict(intent["last_payment_error"])
    error.pop("type")
    return card_fault({**error, "payment_intent": restore(snapshot(intent))})


def action_fault(intent: Obj, method: Obj, code: str) -> ApiFault:
    """The 402 for a charge that the cardholder has to confirm first."""
    error = {
        "code": code,
        "message": "The payment needs the customer's confirmation before it can be completed.",
    }
    if code == "authentication_required":
        error["decline_code"] = code
    return card_fault(
        {**error, "payment_intent": restore(snapshot(intent)), "payment_method": restore(snapshot(method))}
    )
