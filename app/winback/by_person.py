"""Letters and calls: a task with the facts at hand. A person decides, and does it."""

from __future__ import annotations

from datetime import timedelta

from app.cases.models import Case, Step
from app.core.money import Money
from app.outbox.service import open_task
from app.winback.mails import Addressed
from app.winback.models import Lapse
from app.winback.states import LapseKind

DONE_WITHIN = timedelta(days=7)
LETTER, CALL = "winback_letter", "winback_call"


def ask_to_write(to: Addressed, case: Case, lapse: Lapse, step: Step) -> None:
    """A letter to print. Who has moved is not written to: the letter is for the new occupant."""
    moved = lapse.kind in (LapseKind.MOVED, LapseKind.CLOSED)
    title = "Send a letter to the new occupant" if moved else "Send a letter to a former customer"
    _ask(to, case, step, LETTER, title, f"{facts_of(lapse)} The letter: /ops/letters/{case.id}")


def ask_to_call(to: Addressed, case: Case, lapse: Lapse, step: Step) -> None:
    """A call, with what one must know before."""
    _ask(to, case, step, CALL, "Call a former customer", facts_of(lapse))


def facts_of(lapse: Lapse) -> str:
    """What is known of the lapse, in a line; whoever calls sees name and number on the customer's page."""
    end = "ends" if lapse.running else "ended"
    parts = [f"{lapse.plan or lapse.id} {end} on {lapse.ends_at:%Y-%m-%d} ({lapse.kind})"]
    parts.append(f"reason: {lapse.reason or 'none given'}")
    if lapse.missing:
        parts.append(f"missing: {lapse.missing}")
    if lapse.started_at is not None:
        parts.append(f"customer since {lapse.started_at:%Y-%m-%d}")
    if lapse.currency:
        received = Money(lapse.received_minor, lapse.currency).to_decimal()
        parts.append(f"paid in all {received} {lapse.currency.upper()}")
    return "; ".join(parts) + "."


def _ask(to: Addressed, case: Case, step: Step, kind: str, title: str, detail: str) -> None:
    open_task(
        to.session,
        key=f"{case.id}:{step.key}:{kind}",
        kind=kind,
        title=title,
        detail=detail,
        case_id=case.id,
        customer_id=case.customer_id,
        due_at=to.now + DONE_WITHIN,
        now=to.now,
    )
