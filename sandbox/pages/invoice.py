"""`/invoice/{id}`, the hosted invoice page: a customer confirms with the bank or pays by another card."""

from __future__ import annotations

from html import escape

from starlette.responses import Response

from sandbox.cards.verdicts import Approved, Settling
from sandbox.clock import as_datetime
from sandbox.errors import ApiFault
from sandbox.invoices.collection import collect
from sandbox.pages.cards import method_from_form
from sandbox.pages.layout import card_form, money, page, problem_box
from sandbox.payment_methods.attaching import attach
from sandbox.state import Obj, State


def show(state: State, invoice_id: str, form: Obj | None) -> Response:
    invoice = state.get("invoice", invoice_id)
    problem = None
    if form is not None and invoice["status"] in ("open", "uncollectible"):
        try:
            problem = _pay(state, invoice, form)
        except ApiFault as fault:
            problem = fault.error["message"]
    content = _summary(invoice)
    if invoice["status"] in ("open", "uncollectible"):
        content += _ways_to_pay(state, invoice, problem)
    return page(f"Invoice {invoice['number'] or ''}", content, 402 if problem else 200)


def _pay(state: State, invoice: Obj, form: Obj) -> str | None:
    """Confirm the waiting payment, or charge a new card; the problem if it did not work."""
    intent = state.get("payment_intent", state.hidden.intent_of_invoice[invoice["id"]])
    if form.get("confirm") == "yes" and intent["status"] == "requires_action":
        method = state.get("payment_method", intent["payment_method"])
    elif form.get("confirm") == "no":
        return "The bank did not confirm the payment."
    else:
        method = method_from_form(state, form, invoice["customer"])
        attach(state, method, state.get("customer", invoice["customer"]))
    attempt = collect(state, invoice, automatic=False, method=method, authenticated=True, off_session=False)
    if isinstance(attempt.verdict, Approved | Settling):
        return None
    return str((intent["last_payment_error"] or {}).get("message", "The payment did not go through."))


def _summary(invoice: Obj) -> str:
    day = as_datetime(invoice["created"]).strftime("%-d %B %Y")
    states = {"paid": '<span class="good">Paid, thank you</span>', "open": "To be paid", "void": "Void"}
    return f"""<h1>Invoice {escape(invoice["number"] or "")}</h1>
<p class="amount">{money(invoice["amount_due"], invoice["currency"])}</p>
<p class="soft">{escape(day)} · {escape(invoice["customer_email"] or "")}</p>
<dl><dt>Status</dt><dd>{states.get(invoice["status"], escape(invoice["status"]))}</dd>
{
        "".join(
            f"<dt>{escape(line['description'])}</dt><dd>{money(line['amount'], line['currency'])}</dd>"
            for line in invoice["lines"]["data"]
        )
    }</dl>"""


def _ways_to_pay(state: State, invoice: Obj, problem: str | None) -> str:
    path = f"/invoice/{invoice['id']}"
    intent = state.find("payment_intent", state.hidden.intent_of_invoice.get(invoice["id"]))
    if intent is None or intent["status"] != "requires_action":
        return card_form(path, "Pay now", problem)
    return f"""{problem_box(problem)}<p>Your bank asks you to confirm this payment.</p>
<form method="post" action="{path}"><button name="confirm" value="yes">Confirm and pay</button>
<button class="quiet" name="confirm" value="no">Refuse</button></form>"""
