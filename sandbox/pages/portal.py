"""`/portal/{session}`: the billing portal's card change. The new card becomes the customer's default."""

from __future__ import annotations

from html import escape

from starlette.responses import Response

from sandbox.errors import ApiFault
from sandbox.events.record import changing
from sandbox.pages.cards import method_from_form
from sandbox.pages.layout import back_link, card_form, page, see_other
from sandbox.setup_intents.objects import new_setup_intent, succeed
from sandbox.state import Obj, State


def show(state: State, session_id: str, form: Obj | None) -> Response:
    session = state.get("billing_portal.session", session_id)
    customer = state.get("customer", session["customer"])
    problem = None
    if form is not None:
        try:
            _change_card(state, customer, form)
        except ApiFault as fault:
            problem = fault.error["message"]
        else:
            return see_other(_return_url(session) or f"/portal/{session_id}?done=1")
    current = state.find("payment_method", customer["invoice_settings"]["default_payment_method"])
    shown = ""
    if current and current["type"] == "card":
        card = current["card"]
        valid = f"valid to {card['exp_month']}/{card['exp_year']}"
        shown = f"<p>Now: {escape(card['brand'])} ending {card['last4']}, {valid}</p>"
    content = f"""<h1>Your card</h1><p class="soft">{escape(customer["email"] or "")}</p>{shown}
{card_form(f"/portal/{session_id}", "Use this card from now on", problem)}"""
    return page("Your card", content + back_link(_return_url(session), "Go back"), 402 if problem else 200)


def _change_card(state: State, customer: Obj, form: Obj) -> None:
    method = method_from_form(state, form, customer["id"])
    succeed(state, new_setup_intent(state, customer["id"], {}), method)
    with changing(state, customer, "customer.updated"):
        customer["invoice_settings"]["default_payment_method"] = method["id"]


def _return_url(session: Obj) -> str | None:
    """The flow's own way back comes before the session's."""
    after = ((session["flow"] or {}).get("after_completion") or {}).get("redirect") or {}
    url: str | None = after.get("return_url") or session["return_url"]
    return url
