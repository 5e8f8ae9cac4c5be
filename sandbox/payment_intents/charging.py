"""Carrying out one charge of an intent and announcing how it went."""

from __future__ import annotations

from sandbox.cards.declines import Decline, decline_for, doc_url
from sandbox.cards.verdicts import Approved, Declined, NeedsAction, Settling, Verdict, judge, settled_verdict
from sandbox.charges.balance import book_charge
from sandbox.charges.details import AUTHORIZED_SECONDS
from sandbox.charges.objects import failed_outcome, new_charge
from sandbox.disputes.magic import after_the_charge
from sandbox.errors import ApiFault
from sandbox.events.record import emit
from sandbox.payment_intents.objects import new_intent, takes_type
from sandbox.payment_methods.attaching import attach
from sandbox.payment_methods.declining import decline_facts, declined
from sandbox.state import Obj, State

__all__ = ["action_fault", "charge_intent", "declined_fault", "new_intent", "settle_intent"]


def charge_intent(
    state: State,
    intent: Obj,
    method: Obj,
    *,
    authenticated: bool = False,
    off_session: bool = True,
    action_declines: bool = False,
) -> Verdict:
    """Ask the method's bank for the intent's amount; intent, charge and events follow the answer.

    With `action_declines` there is nobody to confirm: a bank that wants its cardholder counts as a decline.
    """
    verdict = judge(state, method, authenticated=authenticated, off_session=off_session)
    if isinstance(verdict, NeedsAction) and action_declines:
        verdict = Declined(decline_for("authentication_required"))
    match verdict:
        case NeedsAction():
            _ask_customer(state, intent, method)
        case Settling(settles_at):
            _send_debit(state, intent, method, settles_at)
        case Approved():
            captured = intent["capture_method"] != "manual"
            charge = new_charge(
                state, intent, method, "succeeded", captured=captured, authenticated=authenticated
            )
            if captured:
                _succeed(state, intent, charge)
            else:
                _authorize(state, intent, charge)
            _save_method(state, intent, method)
            if captured:
                after_the_charge(state, charge, method)
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
        charge |= {
            "status": "failed",
            "paid": False,
            "captured": False,
            "failure_code": decline.code,
            "failure_message": decline.message,
            "outcome": failed_outcome(decline),
        }
        _fail(state, intent, method, decline, charge)
    else:
        charge |= {"status": "succeeded", "paid": True, "amount_captured": charge["amount"]}
        book_charge(state, charge)
        _succeed(state, intent, charge)
        after_the_charge(state, charge, method)
    return verdict


def _used(intent: Obj, method: Obj) -> Obj:
    """What every use of a method leaves on the intent."""
    kind = method["type"]
    kept = kind in intent["payment_method_types"] and takes_type(intent, kind)
    return {
        "payment_method_types": intent["payment_method_types"] if kept else [kind],
        "last_payment_error": None,
        "next_action": None,
    }


def _ask_customer(state: State, intent: Obj, method: Obj) -> None:
    invoice_id = state.hidden.invoice_of_intent.get(intent["id"])
    path = f"/invoice/{invoice_id}" if invoice_id else f"/authenticate/{intent['id']}"
    intent |= {
        **_used(intent, method),
        "status": "requires_action",
        "payment_method": method["id"],
        "next_action": {
            "type": "redirect_to_url",
            "redirect_to_url": {"return_url": None, "url": state.public_base + path},
        },
    }
    emit(state, "payment_intent.requires_action", intent)


def _send_debit(state: State, intent: Obj, method: Obj, settles_at: int | None) -> None:
    charge = new_charge(state, intent, method, "pending")
    intent |= {
        **_used(intent, method),
        "status": "processing",
        "payment_method": method["id"],
        "latest_charge": charge["id"],
    }
    _save_method(state, intent, method)
    emit(state, "charge.pending", charge)
    emit(state, "payment_intent.processing", intent)
    if settles_at is not None:
        state.agenda.note(settles_at, "settle", intent["id"])


def _authorize(state: State, intent: Obj, charge: Obj) -> None:
    """The bank holds the money until it is captured, or seven days."""
    intent |= {
        **_used(intent, state.get("payment_method", charge["payment_method"])),
        "status": "requires_capture",
        "amount_capturable": intent["amount"],
        "payment_method": charge["payment_method"],
        "latest_charge": charge["id"],
    }
    emit(state, "charge.succeeded", charge)
    emit(state, "payment_intent.amount_capturable_updated", intent)
    state.agenda.note(state.now + AUTHORIZED_SECONDS, "expire_authorization", intent["id"])


def _succeed(state: State, intent: Obj, charge: Obj) -> None:
    intent |= {
        **_used(intent, state.get("payment_method", charge["payment_method"])),
        "status": "succeeded",
        "amount_received": charge["amount_captured"],
        "payment_method": charge["payment_method"],
        "latest_charge": charge["id"],
    }
    emit(state, "charge.succeeded", charge)
    emit(state, "payment_intent.succeeded", intent)


def _fail(state: State, intent: Obj, method: Obj, decline: Decline, charge: Obj) -> None:
    facts = {"type": "card_error", **decline_facts(decline, method), "charge": charge["id"]}
    intent |= {
        **_used(intent, method),
        "status": "requires_payment_method",
        "payment_method": None,
        "latest_charge": charge["id"],
        "last_payment_error": facts,
    }
    emit(state, "charge.failed", charge)
    emit(state, "payment_intent.payment_failed", intent)


def _save_method(state: State, intent: Obj, method: Obj) -> None:
    """A payment that sets up later ones leaves its method on the customer, good for off-session charges."""
    if intent["setup_future_usage"] is None:
        return
    if intent["customer"]:
        attach(state, method, state.get("customer", intent["customer"]))
    state.hidden.authenticated_methods.add(method["id"])


def declined_fault(intent: Obj) -> ApiFault:
    """The 402 for an intent whose last charge failed."""
    return declined(intent["last_payment_error"], payment_intent=intent)


def action_fault(intent: Obj, method: Obj, code: str) -> ApiFault:
    """The 402 for an invoice's charge that the cardholder has to confirm first."""
    facts = {
        "code": code,
        "doc_url": doc_url(code),
        "message": "The payment needs the customer's confirmation before it can be completed.",
    }
    if code == "authentication_required":
        facts["decline_code"] = code
    return declined(facts, payment_intent=intent, payment_method=method)
