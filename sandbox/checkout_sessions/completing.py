"""What happens when the customer submits the page: saving, paying or subscribing, and the session's end."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from sandbox.cards.verdicts import Declined, NeedsAction
from sandbox.checkout_sessions.objects import recount
from sandbox.checkout_sessions.subscribing import subscribe
from sandbox.customers.routes import new_customer
from sandbox.errors import ApiFault, invalid
from sandbox.events.record import emit, forget_except
from sandbox.parameters import mapping
from sandbox.payment_intents.charging import charge_intent, declined_fault, new_intent
from sandbox.payment_intents.fields import apply_fields, apply_types
from sandbox.payment_intents.settling import settle_if_due
from sandbox.promotion_codes.redeeming import code_named, redeemed_code, usable_code
from sandbox.setup_intents.objects import succeed
from sandbox.state import Obj, State


@dataclass(frozen=True)
class Submission:
    """What the customer entered; `confirmed` says that their bank asked and they agreed."""

    method: Obj | None = None
    email: str | None = None
    name: str | None = None
    promotions: bool = False
    terms_accepted: bool = False
    confirmed: bool = False


def complete_session(state: State, session: Obj, entered: Submission) -> str:
    """Carry it out and give the address to send the customer to; a refused card leaves the session open."""
    session["consent"] = _consent(session, entered)
    known, guest = set(state.events), session["customer"] is None
    try:
        _find_customer(state, session, entered)
        pending = _carry_out(state, session, entered)
    except ApiFault:
        if guest and session["customer"]:
            state.remove("customer", session["customer"])
            forget_except(state, known, ("charge.", "payment_intent.", "setup_intent."))
            session["customer"] = None
        raise
    session |= {"status": "complete", "url": None}
    session["customer_details"] = _details(state, session, entered)
    session["collected_information"] = {
        "business_name": None,
        "individual_name": None,
        "shipping_details": None,
    }
    emit(state, "checkout.session.completed", session)
    if pending is not None:
        settle_if_due(state, pending)
    return address_after(session)


def address_after(session: Obj) -> str:
    url = str(session["success_url"] or session.get("return_url") or "")
    return url.replace("{CHECKOUT_SESSION_ID}", session["id"])


def _carry_out(state: State, session: Obj, entered: Submission) -> Obj | None:
    """Do what the mode says; gives the intent of a payment that is still under way."""
    if session["mode"] == "setup":
        succeed(state, state.get("setup_intent", session["setup_intent"]), _method(entered))
        return None
    if session["mode"] == "subscription":
        return subscribe(state, session, entered.method, confirmed=entered.confirmed)
    for entry in session["discounts"]:
        _count_redemption(state, session, entry)
    return _pay(state, session, _method(entered), entered.confirmed) if session["amount_total"] else None


def _method(entered: Submission) -> Obj:
    if entered.method is None:
        raise invalid("A payment method is needed.", param="payment_method")
    return entered.method


def _pay(state: State, session: Obj, method: Obj, confirmed: bool) -> Obj | None:
    """One charge; a session whose first card was refused goes on with the same intent."""
    intent = state.find("payment_intent", session["payment_intent"]) or _new_intent(state, session)
    verdict = charge_intent(state, intent, method, authenticated=confirmed, off_session=False)
    if isinstance(verdict, Declined):
        raise declined_fault(intent)
    if isinstance(verdict, NeedsAction):
        raise invalid("The customer's bank wants a confirmation.", code="payment_intent_action_required")
    if intent["status"] in ("succeeded", "requires_capture"):
        session["payment_status"] = "paid" if intent["status"] == "succeeded" else "unpaid"
        return None
    return intent


def _new_intent(state: State, session: Obj) -> Obj:
    params = state.hidden.session_params[session["id"]]
    intent = new_intent(
        state, amount=session["amount_total"], currency=session["currency"], customer=session["customer"],
        description=None,
    )  # fmt: skip
    apply_types(intent, {"payment_method_types": list(session["payment_method_types"])})
    apply_fields(intent, mapping(params, "payment_intent_data"))
    session["payment_intent"] = intent["id"]
    state.hidden.session_of_intent[intent["id"]] = session["id"]
    emit(state, "payment_intent.created", intent)
    return intent


def _count_redemption(state: State, session: Obj, entry: dict[str, Any]) -> None:
    if entry["promotion_code"]:
        holder = {"object": "checkout.session", "id": session["id"], "customer": session["customer"]}
        promotion = redeemed_code(state, entry["promotion_code"], holder, "promotion_code")
        state.get("coupon", promotion["promotion"]["coupon"])["times_redeemed"] += 1
    else:
        state.get("coupon", entry["coupon"])["times_redeemed"] += 1


def apply_code(state: State, session: Obj, word: str) -> None:
    """The customer typed a promotion code: it becomes the session's discount and the totals change."""
    if not session["allow_promotion_codes"]:
        raise invalid("This session takes no promotion codes.", param="promotion_code")
    found = code_named(state, word)
    if found is None:
        raise invalid("This code is invalid.", param="promotion_code", code="promotion_code_invalid")
    code = usable_code(state, found["id"], session["customer"], "promotion_code")
    floor = code["restrictions"]["minimum_amount"]
    if floor is not None and (session["amount_subtotal"] or 0) < floor:
        raise invalid("The amount is below this code's minimum.", param="promotion_code")
    session["discounts"] = [{"coupon": None, "promotion_code": code["id"]}]
    recount(state, session, state.hidden.session_params[session["id"]])


def _find_customer(state: State, session: Obj, entered: Submission) -> None:
    """A new customer where the session makes one; a one-off payment may stay a guest's."""
    email = session["customer_email"] or entered.email
    if session["customer"] is None and session["customer_creation"] == "always":
        customer = new_customer(state, {"email": email or "", "name": entered.name or ""})
        emit(state, "customer.created", customer)
        session["customer"] = customer["id"]


def _consent(session: Obj, entered: Submission) -> Obj | None:
    asked = session["consent_collection"]
    if asked is None:
        return None
    terms = asked["terms_of_service"] == "required"
    if terms and not entered.terms_accepted:
        raise invalid("The terms of service have to be accepted.", param="consent[terms_of_service]")
    chosen = "opt_in" if entered.promotions else "opt_out"
    return {
        "promotions": chosen if asked["promotions"] == "auto" else None,
        "terms_of_service": "accepted" if terms else None,
    }


def _details(state: State, session: Obj, entered: Submission) -> Obj:
    customer = state.find("customer", session["customer"]) or {}
    billing = entered.method["billing_details"] if entered.method else {}
    return {
        "address": customer.get("address") or billing.get("address"),
        "business_name": None,
        "email": customer.get("email") or session["customer_email"] or entered.email or billing.get("email"),
        "individual_name": None,
        "name": customer.get("name") or entered.name or billing.get("name"),
        "phone": customer.get("phone"),
        "tax_exempt": "none",
        "tax_ids": [],
    }
