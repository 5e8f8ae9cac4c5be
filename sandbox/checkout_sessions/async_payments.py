"""Checkout with a method that settles later: the session is complete at once, its payment ends afterwards."""

from __future__ import annotations

from sandbox.events.record import emit
from sandbox.state import Obj, State


def announce_end(state: State, intent: Obj) -> None:
    """Tell how the payment of a session went, if the intent belongs to one."""
    session = state.find("checkout.session", state.hidden.session_of_intent.get(intent["id"]))
    if session is None or session["payment_status"] != "unpaid":
        return
    if intent["status"] == "succeeded":
        session["payment_status"] = "paid"
        emit(state, "checkout.session.async_payment_succeeded", session)
    else:
        emit(state, "checkout.session.async_payment_failed", session)
