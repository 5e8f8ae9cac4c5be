"""A case follows its invoices: what became of them is written down, then it is closed, held or planned."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from app.billing.projection.order import UNSEEN_AT
from app.cases import service as case_engine
from app.cases.models import Case
from app.cases.states import CaseState, Outcome
from app.dunning import mails
from app.dunning.desk import Desk, course_for, frame_of
from app.dunning.rules import cases as rules
from app.dunning.rules.cases import Debt, Settlement
from app.dunning.rules.decline import DeclineClass
from app.dunning.rules.policy import DunningPolicy, EndAction
from app.dunning.rules.steps import Course, plan_steps
from app.dunning.states import DebtResult
from app.dunning.telling import tell_end, tell_opened
from app.outbox.service import open_task
from app.outbox.states import MailPurpose

AUTOMATIC_HOLD = "automatic: "


def settle(desk: Desk, case: Case) -> None:
    """Write down what became of the case's invoices, then close, hold or plan the case."""
    debts = desk.debts(case)
    if not debts:
        return
    settled = [_book(desk, case, debt) for debt in debts]
    end = rules.verdict(settled)
    _remember(desk, case)
    if case.state == CaseState.CLOSED:
        _amend(desk, case, end)
    elif end is not None:
        _close(desk, case, debts, end)
    else:
        _carry_on(desk, case, debts)


def _remember(desk: Desk, case: Case) -> None:
    """What later events no longer show: bans told by older declines, and which card was the default."""
    if case.state == CaseState.CLOSED:
        return
    known: dict[str, Any] = {"bans": desk.bans()}
    if desk.customer.seen_at > UNSEEN_AT:
        known["default_method"] = desk.customer.default_payment_method_id
    if known != {k: v for k, v in case.details.items() if k in known}:
        case.details = {**case.details, **known}


def _book(desk: Desk, case: Case, debt: Debt) -> Settlement | None:
    """Keep the debt's settlement on its row; in a closed case only an earlier one replaces it."""
    row, invoice = desk.rows[debt.invoice.id], debt.invoice
    row.failed_at = min(row.failed_at, invoice.failed_at or row.failed_at)
    row.at_risk_minor = max(row.at_risk_minor, invoice.amount_due_minor)
    over = rules.settlement(debt)
    stored = Settlement(DebtResult(row.result), row.settled_at) if row.result and row.settled_at else None
    if case.state == CaseState.CLOSED and stored is not None and (over is None or stored.at <= over.at):
        over = stored
    row.result, row.settled_at = (over.result, over.at) if over else (None, None)
    if invoice.status == "paid":
        row.paid_minor = invoice.amount_paid_minor or invoice.amount_due_minor
        row.paid_at = invoice.paid_at
    row.returned_minor = rules.returned(invoice)
    return over


def _amend(desk: Desk, case: Case, end: rules.Verdict | None) -> None:
    """A late delivery may show that a closed case ended otherwise; one stopped by hand stays stopped."""
    if end is None or case.outcome in (Outcome.STOPPED, end.outcome):
        return
    was = case.outcome
    case.outcome, case.closed_at = end.outcome, end.at
    desk.note(case, "amended", f"A late delivery shows that the case ended as {end.outcome}, not as {was}.")
    tell_end(desk, case)


def _close(desk: Desk, case: Case, debts: list[Debt], end: rules.Verdict) -> None:
    policy = desk.policy(case)
    case_engine.close(
        desk.session,
        case,
        desk.planned(case),
        end.outcome,
        closed_at=end.at,
        sentence=_closing_words(end, debts),
        now=desk.now,
    )
    tell_end(desk, case)
    if end.outcome == Outcome.RECOVERED:
        if case.contacts:
            paid = [d for d in debts if d.invoice.status == "paid"]
            _say_goodbye(desk, case, MailPurpose.THANK_YOU, paid, policy)
        else:
            desk.note(case, "thank_you.none", "No thank-you is sent, because no mail went before.")
    elif end.outcome == Outcome.LOST:
        unpaid = [d for d in debts if d.invoice.status != "paid"]
        if policy.provider.end_action == EndAction.PAST_DUE or case.category == DeclineClass.MERCHANT:
            desk.note(case, "last_notice.none", "No last notice is sent: nothing has ended for the customer.")
        else:
            _say_goodbye(desk, case, MailPurpose.LAST_NOTICE, unpaid, policy)


def _say_goodbye(
    desk: Desk, case: Case, purpose: MailPurpose, debts: list[Debt], policy: DunningPolicy
) -> None:
    due_at = mails.send_closing(
        desk.session, case, purpose, desk.customer, debts, policy, desk.setup, desk.place, now=desk.now
    )
    words = "thank-you mail" if purpose == MailPurpose.THANK_YOU else "last notice"
    if due_at is not None:
        desk.note(case, f"{purpose}.queued", f"A {words} is due at {due_at:%Y-%m-%d %H:%M} UTC.")
    else:
        desk.note(case, f"{purpose}.none", f"No {words} can be sent: the customer has no e-mail address.")


def _carry_on(desk: Desk, case: Case, debts: list[Debt]) -> None:
    reason = rules.hold_reason(debts, desk.disputing)
    if reason is not None and case.state == CaseState.OPEN:
        case_engine.hold(desk.session, case, AUTOMATIC_HOLD + reason, now=desk.now)
    elif reason is None and (case.held_reason or "").startswith(AUTOMATIC_HOLD):
        case_engine.release(desk.session, case, "the reason is gone", now=desk.now)
    owed = [d for d in debts if rules.settlement(d) is None]
    course = course_for(owed)
    fresh = {"plan": course.key, "start": case.opened_at.isoformat()}
    known = {k: case.details.get(k) for k in fresh}
    if fresh != known:
        _plan(desk, case, owed, course, first=known["plan"] is None)
        case.details = {**case.details, **fresh, "treatment": course.treatment.treatment}
        if known["plan"] is None:
            tell_opened(desk, case)


def _plan(desk: Desk, case: Case, owed: list[Debt], course: Course, *, first: bool) -> None:
    policy = desk.policy(case)
    case.category = course.category
    frame = frame_of(desk, case, owed)
    steps = plan_steps(
        course, policy, frame, arm=case.experiment_arm, now=desk.now, already_sent=case.contacts
    )
    why = "first plan" if first else f"the failure is now {course.treatment.why}"
    give_up_at = case.opened_at + timedelta(days=policy.give_up_days)
    case_engine.replan(
        desk.session, case, desk.planned(case), steps, give_up_at=give_up_at, why=why, now=desk.now
    )
    dates = ", ".join(f"{s.due_at:%Y-%m-%d %H:%M}" for s in steps) or "none"
    zone = desk.place.zone
    desk.note(
        case,
        "planned",
        f"Planned as {course.category} ({why}); mails due (UTC): {dates}. Zone {zone.name} ({zone.source}).",
        plan=course.key,
    )
    if course.schedule == "none" or course.treatment.alert_operator:
        _alert(desk, case, course)


def _alert(desk: Desk, case: Case, course: Course) -> None:
    open_task(
        desk.session,
        key=f"{case.id}:alert:{course.treatment.code}",
        kind="payment_alert",
        title=f"Look at a failed payment: {course.treatment.code}",
        detail=f"{course.treatment.why}. The customer gets no mail about it from us unless you decide so.",
        case_id=case.id,
        customer_id=case.customer_id,
        now=desk.now,
    )
    desk.note(case, "task", f"A person is asked to look at it: {course.treatment.why}.")


def _closing_words(end: rules.Verdict, debts: list[Debt]) -> str:
    by_hand = any(d.invoice.paid_out_of_band for d in debts)
    return {
        Outcome.RECOVERED: "Paid"
        + (", outside the provider" if by_hand else "")
        + ": the case is recovered.",
        Outcome.LOST: "The provider ended or suspended the plan for non-payment, or our time is over: lost.",
        Outcome.CANCELLED: "The customer has cancelled: no more reminders.",
        Outcome.VOIDED: "The invoice was voided: nothing is owed any more.",
        Outcome.DISPUTED: "The payment is disputed: no more reminders.",
        Outcome.WRITTEN_OFF: "The invoice was written off: no more reminders.",
        Outcome.STOPPED: "Stopped by hand.",
    }[end.outcome]
