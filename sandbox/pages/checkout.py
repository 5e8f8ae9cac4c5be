"""`/pay/{session}`: the hosted checkout page, for paying once, starting a subscription or saving a card."""

from __future__ import annotations

from html import escape

from starlette.responses import Response

from sandbox.checkout_sessions.completing import Submission, apply_code, complete_session
from sandbox.checkout_sessions.lines import lines_of
from sandbox.errors import ApiFault
from sandbox.pages.cards import method_from_form
from sandbox.pages.layout import (
    back_link,
    card_fields,
    checkbox,
    hidden,
    money,
    page,
    problem_box,
    see_other,
    text_field,
)
from sandbox.parameters import text
from sandbox.setup_intents.objects import fail
from sandbox.setup_intents.routes import wants_confirmation
from sandbox.state import Obj, State

TITLES = {"setup": "Save a card", "subscription": "Subscribe", "payment": "Pay"}


def show(state: State, session_id: str, form: Obj | None) -> Response:
    session = state.get("checkout.session", session_id)
    if session["status"] != "open":
        over = f"<h1>This link is no longer open</h1><p>The session is {escape(session['status'])}.</p>"
        return page("Link over", over + back_link(session["cancel_url"], "Go back"), 410)
    problem = None
    if form is not None:
        try:
            answer = _submitted(state, session, form)
        except ApiFault as fault:
            problem = fault.error["message"]
            if session["mode"] == "setup":
                fail(state, state.get("setup_intent", session["setup_intent"]), fault.error)
        else:
            if answer is not None:
                return answer
    return _form(state, session, problem)


def _submitted(state: State, session: Obj, form: Obj) -> Response | None:
    """Apply a code and show the page again (None), ask for the bank's confirmation, or finish."""
    word = text(form, "promotion_code")
    if word:
        apply_code(state, session, word)
        if form.get("apply") == "yes":
            return None
    method = method_from_form(state, form, session["customer"]) if _needs_card(session) else None
    confirmed = form.get("confirmed") == "yes"
    if method is not None and not confirmed and wants_confirmation(state, method):
        return _confirmation(session, form)
    entered = Submission(
        method=method,
        email=text(form, "email"),
        name=text(form, "name"),
        promotions=form.get("promotions") == "yes",
        terms_accepted=form.get("terms") == "yes",
        confirmed=confirmed,
    )
    target = complete_session(state, session, entered)
    if target:
        return see_other(target)
    return page("Done", "<h1>Thank you</h1><p>You can close this page.</p>")


def _needs_card(session: Obj) -> bool:
    """Without anything to pay a card is asked for only where the session always collects one."""
    if session["mode"] == "setup" or session["amount_total"]:
        return True
    return bool(session["payment_method_collection"] == "always")


def _form(state: State, session: Obj, problem: str | None) -> Response:
    title = TITLES[session["mode"]]
    customer = state.find("customer", session["customer"])
    who = f'<p class="soft">{escape(customer["email"] or "")}</p>' if customer else ""
    fields = "" if customer else text_field("email", "Email", session["customer_email"] or "", "email")
    if _needs_card(session):
        fields += card_fields()
        fields += text_field("iban", "Or an IBAN") if "sepa_debit" in session["payment_method_types"] else ""
    button = (
        f"{title} {money(session['amount_total'], session['currency'])}" if session["amount_total"] else title
    )
    content = f"""<h1>{title}</h1>{who}{_summary(state, session)}{problem_box(problem)}{_code_form(session)}
<form method="post" action="/pay/{session["id"]}">{fields}{_consents(session)}
<button>{escape(button)}</button></form>"""
    return page(
        title, content + back_link(session["cancel_url"], "Cancel and go back"), 402 if problem else 200
    )


def _summary(state: State, session: Obj) -> str:
    """Every line, the discount, and what is due now."""
    if session["mode"] == "setup":
        return ""
    currency = session["currency"]
    rows = [
        (f"{line['quantity']} × {line['description']}", money(line["amount_subtotal"], currency))
        for line in lines_of(state, session["id"])
    ]
    off = session["total_details"]["amount_discount"]
    if off:
        rows.append(("Discount", f"−{money(off, currency)}"))
    shown = "".join(f"<dt>{escape(name)}</dt><dd>{escape(amount)}</dd>" for name, amount in rows)
    total = money(session["amount_total"], currency)
    return f'<dl>{shown}<dt class="total">Due today</dt><dd class="total">{total}</dd></dl>'


def _code_form(session: Obj) -> str:
    """A form of its own, so that the return key in another field does not apply a code."""
    if not session["allow_promotion_codes"]:
        return ""
    field = text_field("promotion_code", "Promotion code")
    button = '<button class="quiet" name="apply" value="yes">Apply code</button>'
    return f'<form method="post" action="/pay/{session["id"]}">{field}{button}</form>'


def _consents(session: Obj) -> str:
    asked = session["consent_collection"] or {}
    boxes = ""
    if asked.get("promotions") == "auto":
        boxes += checkbox("promotions", "Send me news and offers")
    if asked.get("terms_of_service") == "required":
        boxes += checkbox("terms", "I accept the terms of service", required=True)
    return boxes


def _confirmation(session: Obj, form: Obj) -> Response:
    """The bank's step between card and checkout."""
    kept = hidden(**{str(name): str(value) for name, value in form.items() if name != "promotion_code"})
    other = back_link(f"/pay/{session['id']}", "Use another card")
    content = f"""<h1>Your bank asks you to confirm</h1><p>This stands for the bank's own page.</p>
<form method="post" action="/pay/{session["id"]}">{kept}
<button name="confirmed" value="yes">Confirm</button></form>{other}"""
    return page("Confirm", content)
