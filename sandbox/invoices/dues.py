"""Invoices that customers pay by themselves: the notices around their due date."""

from __future__ import annotations

from sandbox.clock import DAY
from sandbox.events.record import emit
from sandbox.state import Obj, State
from sandbox.subscriptions.standing import payment_failed


def plan_due_notices(state: State, invoice: Obj) -> None:
    """Note the due date, and the notice before it as far as it still lies ahead."""
    notice = invoice["due_date"] - state.policy.will_be_due_days * DAY
    if notice > state.now:
        state.agenda.note(notice, "will_be_due", invoice["id"])
    state.agenda.note(invoice["due_date"] + state.policy.overdue_days * DAY, "overdue", invoice["id"])


def will_be_due(state: State, invoice: Obj) -> None:
    if _awaited(invoice):
        emit(state, "invoice.will_be_due", invoice)


def overdue(state: State, invoice: Obj) -> None:
    """The due date passed unpaid: announced, and a subscription counts as late from now on."""
    if _awaited(invoice):
        emit(state, "invoice.overdue", invoice)
        payment_failed(state, invoice)


def _awaited(invoice: Obj) -> bool:
    return (invoice["status"], invoice["collection_method"]) == ("open", "send_invoice")
