"""What a due notice does, and whether a mail may still leave. Both look at the customer again."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import replace
from datetime import datetime, timedelta

from sqlalchemy import select
from sqlalchemy.orm import Session

from app.billing.live import Live, Wanted
from app.campaigns.planner import Stage
from app.cases import service as case_engine
from app.cases.models import Case, Step
from app.cases.standing import standing_of, tell_a_person
from app.cases.states import CaseState, StepKind, StepState
from app.contacts.rules import next_open
from app.contacts.rules.standing import Approach, Standing
from app.contacts.rules.verdict import Ask, Ground, Wait, verdict
from app.contacts.rules.verdict import Skip as Never
from app.contacts.states import Campaign, Purpose
from app.expiring import mails
from app.expiring.contacting import Recipient, people
from app.expiring.desk import KIND, Desk, desks_of, watched_of
from app.expiring.mails import Setup
from app.expiring.rules.cases import ending
from app.expiring.rules.due import RETRY_SOON, Move, Skip, decide_due, decide_leaving
from app.expiring.rules.risks import Risk
from app.expiring.settling import AFTER_CHARGE, settle
from app.inbound import repository as inbound
from app.inbound.states import InboundState
from app.outbox.models import Mail
from app.outbox.ports import Stop
from app.outbox.states import MailPurpose

NOTICE = Approach(Campaign.EXPIRING_CARD, Purpose.SERVICE)
READ_BEFORE = (MailPurpose.REMINDER.value, MailPurpose.COPY.value)
"""Mails before which card and customer are read live."""


def run_steps(
    session: Session, cases: Sequence[Case], due: dict[str, list[Step]], setup: Setup, now: datetime
) -> None:
    """Decide every due step of these cases."""
    desks = {d.customer.id: d for d in desks_of(session, {c.customer_id for c in cases}, setup, now=now)}
    waiting = inbound.unfinished(session, {c: known_refs(d) for c, d in desks.items()})
    people = [d.customer for d in desks.values()]
    standings = standing_of(session, people, [NOTICE], setup.terms, now=now)
    for case in cases:
        desk = desks.get(case.customer_id)
        if desk is not None:
            events = {event.state for event in waiting[case.customer_id]}
            _run_case(desk, case, due[case.id], events, standings[case.customer_id])


def _run_case(
    desk: Desk, case: Case, due: list[Step], waiting: Collection[InboundState], standing: Standing
) -> None:
    over = [s for s in due if s.kind == StepKind.GIVE_UP]
    settle(desk, case, over=bool(over))
    if case.state == CaseState.CLOSED:
        return
    for step in over:  # the charge has moved: look again a day after it
        latest = max(w.charge_at for w in watched_of(case))
        step.due_at = max(latest + AFTER_CHARGE, desk.now + timedelta(hours=1))
    steps = [s for s in due if s.state == StepState.PLANNED and s.due_at <= desk.now]
    if case.state != CaseState.OPEN or not steps:
        return
    unfinished = "dead" if InboundState.DEAD in waiting else "received" if waiting else None
    policy = desk.policy(case)
    decisions = decide_due([s.due_at for s in steps], desk.payer, unfinished, policy, now=desk.now)
    for step, wanted in zip(steps, decisions, strict=True):
        match wanted:
            case Skip(reason):
                _skip(desk, case, step, reason)
            case Move(due_at, reason):
                _move(desk, case, step, due_at, reason)
            case _:
                _ask_contacts(desk, case, step, standing)


def _ask_contacts(desk: Desk, case: Case, step: Step, standing: Standing) -> None:
    """Send, unless the rules of all campaigns together say otherwise."""
    approach = replace(NOTICE, episode_contacts=case.contacts, hours=desk.policy(case).hours)
    told, policy = people(desk), desk.setup.terms.policy
    found = verdict(approach, standing, policy, desk.now)
    while isinstance(found, Never | Ask) and found.ground == Ground.SUPPRESSED and told[1:]:
        told = told[1:]  # the address is closed: the next person gets it in their place
        found = verdict(approach, _standing_at(desk, told[0]), policy, desk.now)
    match found:
        case Wait(until, why):
            _move(desk, case, step, until, why)
        case Never(why):
            _skip(desk, case, step, why)
        case Ask(why) as ask:
            what = f"Notice {step.number + 1} of a card that is to expire"
            customer_id = desk.customer.id
            tell_a_person(
                desk.session, ask, customer_id=customer_id, case_id=case.id, what=what, now=desk.now
            )
            _skip(desk, case, step, f"{why}; a person is asked")
        case _:
            _send(desk, case, step, told)


def _standing_at(desk: Desk, who: Recipient) -> Standing:
    """The customer's standing at another address."""
    customer = who.to.payer.customer
    found = standing_of(desk.session, [customer], [NOTICE], desk.setup.terms, now=desk.now)
    return found[customer.id]


def _send(desk: Desk, case: Case, step: Step, told: Sequence[Recipient]) -> None:
    watched = watched_of(case)
    if not case.details.get("sent") and not case.contacts:
        step.stage = Stage.FIRST  # nobody is reminded of a mail that never went
    for number, who in enumerate(told or [Recipient(desk.addressed)]):
        mails.send_notice(who.to, case, step, watched, copy_for=who.role if number else None)
    case_engine.decide(step, StepState.DONE, None, now=desk.now)
    sent = {k: list(v) for k, v in case.details.get("sent", {}).items()}
    for card in {w.card for w in watched}:
        sent[card] = [*sent.get(card, []), step.number]
    case.details = {**case.details, "sent": sent}
    desk.note(case, "step.decided", f"Notice {step.number + 1} ({step.stage}) is handed to the outbox.")


def _skip(desk: Desk, case: Case, step: Step, reason: str) -> None:
    case_engine.decide(step, StepState.SKIPPED, reason, now=desk.now)
    desk.note(case, "step.skipped", f"Notice {step.number + 1} is not sent: {reason}.")


def _move(desk: Desk, case: Case, step: Step, due_at: datetime, reason: str) -> None:
    step.due_at = due_at
    if step.reason != reason:
        step.reason = reason
        at = f"{due_at:%Y-%m-%d %H:%M} UTC"
        desk.note(case, "step.moved", f"Notice {step.number + 1} waits until {at}: {reason}.")


def known_refs(desk: Desk) -> list[str]:
    """Every provider id that is known to be this customer's."""
    return sorted(set(desk.payer.subscriptions) | set(desk.payer.methods))


def approach_of_mail(case: Case, mail: Mail) -> Approach:
    """A mail of a case that is about to leave. Its hours are this campaign's own to keep."""
    if mail.purpose == MailPurpose.CONFIRMATION:
        return Approach(Campaign.EXPIRING_CARD, Purpose.CONFIRMATION)
    if mail.purpose == MailPurpose.COPY:  # it goes with the notice that counts
        return replace(NOTICE, ask_hours=False, latest=mail.created_at)
    return replace(NOTICE, episode_contacts=case.contacts, ask_hours=False)


def behind(session: Session, mail_ids: Collection[str]) -> Wanted:
    """What to read live before these mails leave: the cards, whose they are, and what will be charged."""
    query = (
        select(Case)
        .join(Mail, Mail.case_id == Case.id)
        .where(Mail.id.in_(sorted(mail_ids)), Mail.purpose.in_(READ_BEFORE), Case.kind == KIND.value)
    )
    objects: set[tuple[str, str]] = set()
    charges: set[str] = set()
    for case in session.scalars(query):
        objects.add(("customer", case.customer_id))
        for watch in watched_of(case):
            objects |= {("subscription", watch.subscription_id), ("payment_method", watch.method_id)}
            charges.add(watch.subscription_id)
    return Wanted(objects=sorted(objects), charges=sorted(charges))


def stop_reason(
    session: Session, case: Case, mail: Mail, setup: Setup, live: Live, now: datetime
) -> Stop | None:
    """Why a mail must not leave now, and until when; None: it may leave.

    Runs in the transaction that writes `sending`; the case is held. `live` counts before our rows.
    """
    if mail.purpose == MailPurpose.CONFIRMATION:
        return None
    desk = next(iter(desks_of(session, [case.customer_id], setup, now=now)), None)
    if desk is None:
        return Stop("its customer is gone")
    if case.state == CaseState.CLOSED:
        return Stop(f"the case is closed: {case.outcome}")
    if case.state == CaseState.HELD:
        return Stop(f"the case is held: {case.held_reason}")
    if inbound.unfinished(session, {case.customer_id: known_refs(desk)})[case.customer_id]:
        return Stop("an event of this customer is still to be processed", now + RETRY_SOON)
    return _leaving(desk, case, mail, live)


def _leaving(desk: Desk, case: Case, mail: Mail, live: Live) -> Stop | None:
    desk.payer = replace(
        desk.payer,
        customer=live.customers.get(case.customer_id, desk.customer),
        subscriptions={k: live.subscriptions.get(k, v) for k, v in desk.payer.subscriptions.items()},
        methods={
            **desk.payer.methods,
            **{k: m for k, m in live.methods.items() if m.customer_id == case.customer_id},
        },
    )
    policy = desk.policy(case)
    found = [ending(w, desk.payer, policy.backup, over=False, now=desk.now) for w in watched_of(case)]
    risks = [r for r in found if isinstance(r, Risk)]
    wanted_at = mail.wanted_at or next_open(mail.created_at, desk.payer.zone, policy.hours)
    match decide_leaving(risks, live.amounts, wanted_at, desk.payer, policy, now=desk.now):
        case Skip(reason):
            return Stop(reason)
        case Move(due_at, reason):
            return Stop(reason, due_at)
        case None:
            return None
