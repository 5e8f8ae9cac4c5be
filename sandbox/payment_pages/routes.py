"""`/v1/payment_pages`."""

from __future__ import annotations

from sandbox.checkout_sessions.completing import Submission, complete_session
from sandbox.errors import invalid
from sandbox.parameters import integer, required_text, text
from sandbox.payment_methods.attaching import method_from_id
from sandbox.routing import Call, route
from sandbox.state import Obj


def retrieve(call: Call) -> Obj:
    return call.state.get("checkout.session", call.id)


def confirm(call: Call) -> Obj:
    """Pay as a customer on the page would; `expected_amount` is what they were shown, in minor units."""
    state, session = call.state, call.state.get("checkout.session", call.id)
    if session["status"] != "open":
        raise invalid(f"The session is {session['status']}, not open.")
    expected = integer(call.params, "expected_amount")
    if expected is not None and expected != session["amount_total"]:
        raise invalid("The expected amount is not the session's amount.", param="expected_amount",
                      code="checkout_amount_mismatch")  # fmt: skip
    method = method_from_id(state, required_text(call.params, "payment_method"))
    complete_session(state, session, Submission(method=method, email=text(call.params, "email")))
    return session


ROUTES = [
    route("GET", "/v1/payment_pages/{}", retrieve),
    route("POST", "/v1/payment_pages/{}/confirm", confirm, "payment_method expected_amount email"),
]
