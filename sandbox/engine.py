"""Moving time: from due instant to due instant, delivering in between, so that a receiver can act in time.

Order within one instant is the agenda's: ends before renewals, then in the order things were planned.
"""

from __future__ import annotations

from collections.abc import Callable

from sandbox.agenda import Entry
from sandbox.checkout_sessions.objects import expire_session
from sandbox.deliveries import deliver, redeliver
from sandbox.invoices.collection import collect, collect_settled
from sandbox.invoices.drafting import finalize_invoice
from sandbox.payment_intents.charging import settle_intent
from sandbox.state import Obj, State
from sandbox.subscriptions import renewal

SUBSCRIPTION_STEPS: dict[str, Callable[[State, Obj], None]] = {
    "cancel": renewal.cancel_due,
    "expire_incomplete": renewal.expire_incomplete,
    "renew": renewal.renew,
    "resume_collection": renewal.resume_collection,
    "trial_notice": renewal.trial_notice,
    "upcoming": renewal.upcoming,
}


def advance(state: State, to: int, on_step: Callable[[int], None] | None = None) -> None:
    """Walk to `to`. After each instant at which something was due, deliveries go out and `on_step` is called.

    Whatever `on_step` or a receiver does through the API happens at that instant of sandbox time.
    """
    with state.moving:
        deliver(state)
        while True:
            with state.lock:
                due = state.agenda.next_instant()
                if due is None or due > to:
                    break
                state.clock.move_to(due)
                while (entry := state.agenda.take(state.now)) is not None:
                    carry_out(state, entry)
            deliver(state)
            if on_step is not None:
                on_step(state.now)
        with state.lock:
            state.clock.move_to(to)
    deliver(state)


def carry_out(state: State, entry: Entry) -> None:
    """One agenda entry; objects that are gone or changed meanwhile are left alone."""
    if entry.kind in SUBSCRIPTION_STEPS:
        subscription = state.find("subscription", entry.object_id)
        if subscription:
            SUBSCRIPTION_STEPS[entry.kind](state, subscription)
        return
    match entry.kind:
        case "finalize":
            _finalize(state, entry.object_id)
        case "collect" | "collect_first":
            _collect(state, entry)
        case "settle":
            _settle(state, entry.object_id)
        case "expire_session":
            _expire_session(state, entry.object_id)
        case "redeliver":
            redeliver(state, entry.object_id)


def _finalize(state: State, invoice_id: str) -> None:
    invoice = state.find("invoice", invoice_id)
    if invoice is None or invoice["status"] != "draft" or invoice["automatically_finalizes_at"] != state.now:
        return
    finalize_invoice(state, invoice)
    if invoice["collection_method"] == "charge_automatically":
        collect(state, invoice, automatic=True)


def _collect(state: State, entry: Entry) -> None:
    invoice = state.find("invoice", entry.object_id)
    if invoice is None or invoice["status"] not in ("open", "uncollectible") or not invoice["auto_advance"]:
        return
    if entry.kind == "collect_first" and invoice["attempted"]:
        return
    if entry.kind == "collect" and invoice["next_payment_attempt"] != state.now:
        return
    collect(state, invoice, automatic=True)


def _settle(state: State, intent_id: str) -> None:
    intent = state.find("payment_intent", intent_id)
    if intent is None or intent["status"] != "processing":
        return
    verdict = settle_intent(state, intent)
    invoice = state.find("invoice", state.hidden.invoice_of_intent.get(intent_id))
    if invoice is not None and invoice["status"] == "open":
        collect_settled(state, invoice, verdict)


def _expire_session(state: State, session_id: str) -> None:
    session = state.find("checkout.session", session_id)
    if session is not None and session["status"] == "open":
        expire_session(state, session)
