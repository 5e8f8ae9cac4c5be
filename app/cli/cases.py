"""Cases and their timeline: why this mail, why not that one."""

from __future__ import annotations

from datetime import timedelta
from typing import Annotated

import typer
from sqlalchemy.orm import Session

from app.bootstrap import build
from app.cases import repository as rows
from app.cases.models import Case
from app.cases.states import CaseState
from app.cli.output import iso, result, table
from app.core.errors import NotFound
from app.dunning.repository import debts_of
from app.ops.case_actions import CaseAct, act
from app.outbox.repository import mails_of

app = typer.Typer(no_args_is_help=True, help=__doc__)
WHO = "command line"
CaseId = Annotated[str, typer.Argument(help="case_...")]
Reason = Annotated[str | None, typer.Option(help="why; it stays on the timeline and with the act")]


def _get(session: Session, case_id: str) -> Case:
    case = rows.get(session, case_id)
    if case is None:
        raise NotFound(f"there is no case {case_id}")
    return case


@app.command("list")
def list_(
    state: Annotated[CaseState | None, typer.Option(help="only in this state")] = None,
    customer: Annotated[str | None, typer.Option(help="only of this customer")] = None,
    limit: Annotated[int, typer.Option(min=1, max=1000)] = 50,
) -> None:
    """Cases, newest first."""
    with build(make_secret=True).db.read() as session:
        found = rows.listing(session, state=state, customer_id=customer, limit=limit)
    columns = ("case", "kind", "customer", "state", "outcome", "class", "opened", "closed", "mails")
    table(
        columns,
        (
            (
                c.id,
                c.kind,
                c.customer_id,
                c.state,
                c.outcome,
                c.category,
                iso(c.opened_at),
                iso(c.closed_at),
                c.contacts,
            )
            for c in found
        ),
    )


@app.command()
def show(case_id: CaseId) -> None:
    """One case: its invoices, its plan, its mails, and every decision as a sentence."""
    with build(make_secret=True).db.read() as session:
        case = _get(session, case_id)
        state = f"{case.state}, {case.outcome}" if case.outcome else case.state
        if case.held_until:
            state += f" until {iso(case.held_until)}"
        result(f"{case.id} ({case.kind}, {case.category}): {state}; customer {case.customer_id}")
        for debt in debts_of(session, case.id):
            result(
                f"  owes {debt.at_risk_minor} {debt.currency} on {debt.invoice_id}: {debt.result or 'open'}"
            )
        result("\nSteps")
        for step in rows.steps_of(session, case.id):
            result(
                f"  {iso(step.due_at)}  {step.kind} {step.number + 1}  {step.state}  {step.reason or ''}".rstrip()
            )
        result("\nMails")
        for mail in mails_of(session, case.id):
            result(f"  {iso(mail.settled_at)}  {mail.name}  {mail.state}  {mail.error or ''}".rstrip())
        result("\nTimeline")
        for entry in rows.timeline_of(session, case.id):
            result(f"  {iso(entry.at)}  {entry.sentence}")


def _act(what: CaseAct, case_id: str, reason: str | None, days: int | None = None) -> None:
    application = build(make_secret=True)
    now = application.clock()
    until = now + timedelta(days=days) if days else None
    reply_days = application.config.contacts.reply_hold_days
    with application.db.write() as session:
        act(session, what, case_id, who=WHO, reason=reason, now=now, until=until, reply_days=reply_days)


@app.command()
def hold(
    case_id: CaseId,
    reason: Reason = None,
    days: Annotated[int | None, typer.Option(min=1, max=366, help="then it goes on by itself")] = None,
) -> None:
    """Let nothing of the case leave until it is released, or for some days."""
    _act(CaseAct.HOLD, case_id, reason, days)
    result(f"{case_id} is held")


@app.command()
def answered(case_id: CaseId, reason: Reason = None) -> None:
    """The customer has answered: the case waits some days (`reply_hold_days`), and a task asks a person."""
    _act(CaseAct.ANSWERED, case_id, reason)
    result(f"noted: the customer of {case_id} has answered")


@app.command()
def release(case_id: CaseId, reason: Reason = None) -> None:
    """Go on with a held case."""
    _act(CaseAct.RELEASE, case_id, reason)
    result(f"{case_id} goes on")


@app.command()
def close(case_id: CaseId, reason: Reason = None) -> None:
    """Stop a case for good: its invoices never open another one."""
    _act(CaseAct.CLOSE, case_id, reason)
    result(f"{case_id} is stopped")
