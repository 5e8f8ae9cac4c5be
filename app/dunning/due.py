"""What a due step does, and whether a mail may still leave. Both look at the customer again."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from datetime import datetime

from sqlalchemy.orm import Session

from app.billing.live import Live
from app.campaigns.planner import Stage
from app.cases import service as case_engine
from app.cases.deciding import SENT, SKIPPED, log_step
from app.cases.models import Case, Step
from app.cases.states import CaseState, Outcome, StepKind, StepState
from app.contacts import repository as contacts
from app.contacts.rules import next_open
from app.contacts.rules.standing import Standing
from app.dunning import mails
from app.dunning.contacting import Recipient, decide_contact, people, standings
from app.dunning.desk import Desk, course_for, desks_of, frame_of
from app.dunning.rules import cases as rules
from app.dunning.rules.steps import (
    RETRY_SOON,
    Move,
    Send,
    Situation,
    Skip,
    decide_delayed,
    decide_due,
    spoken_stage,
)
from app.dunning.settling import settle
from app.inbound import repository as inbound
from app.inbound.repository import Unfinished
from app.inbound.states import InboundState
from app.outbox.models import Mail
from app.outbox.ports import Stop
from app.outbox.service import open_task
from app.outbox.states import MailPurpose


def run_steps(
    session: Session, cases: Sequence[Case], due: dict[str, list[Step]], setup: mails.Setup, now: datetime
) -> None:
    """Decide every due step of these cases."""
    customer_ids = {c.customer_id for c in cases}
    desks = {d.customer.id: d for d in desks_of(session, customer_ids, setup, now=now)}
    waiting = inbound.unfinished(session, {c: known_refs(d) for c, d in desks.items()})
    contacted = contacts.last_counted(session, desks)
    known = standings(list(desks.values()))
    for case in cases:
        desk = desks.get(case.customer_id)
        if desk is not None:
            events = {event.state for event in waiting[case.customer_id]}
            last_contact_at = contacted.get(case.customer_id)
            _run_case(desk, case, due[case.id], events, last_contact_at, known[case.customer_id])


def _run_case(
    desk: Desk,
    case: Case,
    due: list[Step],
    waiting: Collection[InboundState],
    last_contact_at: datetime | None,
    standing: Standing,
) -> None:
    give_up = [s for s in due if s.kind == StepKind.GIVE_UP]
    if give_up:
        case.details = {**case.details, "gave_up_at": give_up[0].due_at.isoformat()}
        case_engine.decide(give_up[0], StepState.DONE, None, now=desk.now)
    settle(desk, case)
    steps = [s for s in due if s.state == StepState.PLANNED and s.due_at <= desk.now]
    if case.state != CaseState.OPEN or not steps:
        return
    debts = desk.debts(case)
    owed = [d for d in debts if rules.settlement(d) is None]
    situation = Situation(
        now=desk.now,
        frame=frame_of(desk, case, owed),
        last_contact_at=last_contact_at,
        has_address=bool(people(desk)),
        unfinished="dead" if InboundState.DEAD in waiting else "received" if waiting else None,
    )
    policy = desk.policy(case)
    decisions = decide_due([(s.due_at, Stage(s.stage or "reminder")) for s in steps], situation, policy)
    for step, wanted in zip(steps, decisions, strict=True):
        decision, told = wanted, list[Recipient]()
        if isinstance(wanted, Send):
            decision, told = decide_contact(desk, case, step, wanted.stage, standing)
        match decision:
            case Send(stage):
                step.stage = spoken_stage(stage, mails_sent=case.contacts)
                _send(desk, case, step, told)
                log_step(desk.session, case, step, SENT, now=desk.now)
            case Skip(reason):
                case_engine.decide(step, StepState.SKIPPED, reason, now=desk.now)
                desk.note(case, "step.skipped", f"Mail {step.number + 1} is not sent: {reason}.")
                _tell_a_person(desk, case, reason)
                log_step(desk.session, case, step, SKIPPED, reason, now=desk.now)
            case Move(due_at, reason):
                step.due_at = due_at
                if step.reason != reason:
                    step.reason = reason
                    at = f"{due_at:%Y-%m-%d %H:%M} UTC"
                    desk.note(case, "step.moved", f"Mail {step.number + 1} waits until {at}: {reason}.")


def _send(desk: Desk, case: Case, step: Step, told: Sequence[Recipient]) -> None:
    """Hand the mail to the outbox: for the first recipient, and as a copy for the others."""
    owed = [d for d in desk.debts(case) if rules.settlement(d) is None]
    after_trial = all(desk.rows[d.invoice.id].first_after_trial for d in owed)
    for number, who in enumerate(told):
        name = mails.send_reminder(
            desk.session,
            case,
            step,
            course_for(owed),
            who.customer,
            owed,
            desk.policy(case),
            desk.setup,
            who.place,
            first_after_trial=after_trial,
            copy_for=who.role if number else None,
            now=desk.now,
        )
    case_engine.decide(step, StepState.DONE, None, now=desk.now)
    desk.note(case, "step.decided", f"Mail {step.number + 1} ({name}, {step.stage}) is handed to the outbox.")


def _tell_a_person(desk: Desk, case: Case, reason: str) -> None:
    if desk.customer.email:
        return
    open_task(
        desk.session,
        key=f"{case.id}:no_address",
        kind="no_address",
        title="A customer with a failed payment has no e-mail address",
        detail=f"{reason}. Reach the customer by another way.",
        case_id=case.id,
        customer_id=case.customer_id,
        now=desk.now,
    )


def known_refs(desk: Desk) -> list[str]:
    """Every provider id that is known to be this customer's."""
    refs = set(desk.invoices) | set(desk.subscriptions)
    for invoice in desk.invoices.values():
        refs |= {r for r in ((invoice.decline or {}).get("payment_method_id"),) if r}
    return sorted(refs)


def stop_reason(
    session: Session, case: Case, mail: Mail, setup: mails.Setup, live: Live, now: datetime
) -> Stop | None:
    """Why a mail must not leave now, and until when; None: it may leave.

    Runs in the transaction that writes `sending`; the case is held. `live` are invoices as the
    provider shows them now; they count before our rows.
    """
    desk = next(iter(desks_of(session, [case.customer_id], setup, now=now)), None)
    if desk is None:
        return Stop("its customer is gone")
    desk.invoices |= {k: v for k, v in live.invoices.items() if k in desk.invoices}
    reason = _wrong_moment(desk, case, MailPurpose(mail.purpose))
    if reason is not None:
        return Stop(reason)
    if case.state == CaseState.HELD:
        return Stop(f"the case is held: {case.held_reason}")
    unfinished = inbound.unfinished(session, {case.customer_id: known_refs(desk)})[case.customer_id]
    if unfinished:
        _ask_about_dead(desk, case, unfinished)
        return Stop("an event of this customer is still to be processed", now + RETRY_SOON)
    return _delayed(desk, case, mail)


def _delayed(desk: Desk, case: Case, mail: Mail) -> Stop | None:
    """Whether a pause or an outage has kept the mail back too long, or into the night."""
    if mail.purpose == MailPurpose.CONFIRMATION:
        return None
    policy, zone = desk.policy(case), desk.place.zone.info
    wanted_at = mail.wanted_at or next_open(mail.created_at, zone, policy.hours)
    others = None
    if mail.purpose == MailPurpose.REMINDER:
        counted = contacts.last_counted(desk.session, [case.customer_id], besides=mail.id)
        others = counted.get(case.customer_id)
    match decide_delayed(wanted_at, desk.now, zone, policy, others):
        case Skip(reason):
            return Stop(reason)
        case Move(due_at, reason):
            return Stop(reason, due_at)
        case None:
            return None


def _wrong_moment(desk: Desk, case: Case, purpose: MailPurpose) -> str | None:
    debts = desk.debts(case)
    owed = [d for d in debts if rules.settlement(d) is None]
    match purpose:
        case MailPurpose.REMINDER | MailPurpose.COPY:
            if case.state == CaseState.CLOSED:
                return f"the case is closed: {case.outcome}"
            return None if owed else "nothing is owed any more"
        case MailPurpose.THANK_YOU:
            return None if case.outcome == Outcome.RECOVERED else "the case is not recovered"
        case MailPurpose.LAST_NOTICE:
            if case.outcome != Outcome.LOST:
                return "the case is not lost"
            return "it has been paid" if all(d.invoice.status == "paid" for d in debts) else None
        case MailPurpose.CONFIRMATION:
            return None


def _ask_about_dead(desk: Desk, case: Case, unfinished: Sequence[Unfinished]) -> None:
    for event in unfinished:
        if event.state == InboundState.DEAD:
            open_task(
                desk.session,
                key=f"dead_event:{event.id}",
                kind="dead_event",
                title=f"An event could not be processed: {event.type}",
                detail=f"Mails of {case.id} wait for it: `reclaim events show {event.id}`, then replay it.",
                case_id=case.id,
                customer_id=case.customer_id,
                now=desk.now,
            )
