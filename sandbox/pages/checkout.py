"""`/pay/{session}`: the hosted checkout page, for saving a card or starting a subscription."""

from __future__ import annotations

from html import escape

from starlette.responses import Response

from sandbox.cards.numbers import card_facts
from sandbox.checkout_sessions.objects import complete_session
from sandbox.errors import ApiFault
from sandbox.pages.cards import method_from_form
from sandbox.pages.layout import back_link, card_form, page, see_other
from sandbox.setup_intents.objects import fail
from sandbox.state import Obj, State


def show(state: State, session_id: str, form: Obj | None) -> Response:
    session = state.get("checkout.session", session_id)
    if session["status"] != "open":
        text = f"<h1>This link is no longer open</h1><p>The session is {escape(session['status'])}.</p>"
        return page("Link over", text + back_link(session["cancel_url"], "Go back"), 410)
    problem = None
    if form is not None:
        try:
            method = method_from_form(state, form, session["customer"])
            if _must_confirm(state, session, method) and form.get("confirmed") != "yes":
                return _confirmation(session, form)
            return see_other(complete_session(state, session, method))
        except ApiFault as fault:
            problem = fault.error["message"]
            if session["mode"] == "setup":
                fail(state, state.get("setup_intent", session["setup_intent"]), fault.error)
    customer = state.find("customer", session["customer"])
    who = f'<p class="soft">{escape(customer["email"] or "")}</p>' if customer else ""
    title = "Save a card" if session["mode"] == "setup" else "Subscribe"
    content = f"<h1>{title}</h1>{who}{card_form(f'/pay/{session_id}', title, problem)}"
    return page(
        title, content + back_link(session["cancel_url"], "Cancel and go back"), 402 if problem else 200
    )


def _must_confirm(state: State, session: Obj, method: Obj) -> bool:
    facts = card_facts(state.hidden.card_numbers[method["id"]])
    return session["mode"] == "setup" and facts is not None and facts.authentication != "never"


def _confirmation(session: Obj, form: Obj) -> Response:
    """The bank's step between card and checkout."""
    kept = "".join(
        f'<input type="hidden" name="{escape(name)}" value="{escape(str(value))}">'
        for name, value in form.items()
    )
    other = back_link(f"/pay/{session['id']}", "Use another card")
    content = f"""<h1>Your bank asks you to confirm</h1><p>This stands for the bank's own page.</p>
<form method="post" action="/pay/{session["id"]}">{kept}
<button name="confirmed" value="yes">Confirm</button></form>{other}"""
    return page("Confirm", content)
