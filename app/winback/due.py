"""What a due contact does, and whether a mail may still leave. Both look at the person again."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import replace
from datetime import datetime, timedelta

from sqlalchemy import select
from sqlalchemy.orm import Session

from app.billing.live import Live, Wanted
from app.billing.states import CustomerState, SubscriptionState
from app.cases import service as case_engine
from app.cases.deciding import SENT, SKIPPED, log_step
from app.cases.models import Case, Step
from app.cases.standing import place_of, standing_of, tell_a_person
from app.cases.states import CaseKind, CaseState, Outcome, StepKind, StepState
from app.contacts import repository as contacts
from app.contacts.rules.standing import Approach
from app.contacts.rules.verdict import Ask, Go, Wait, verdict
from app.contacts.rules.verdict import Skip as Never
from app.contacts.states import Campaign, Purpose
from app.contacts.states import Channel as ContactChannel
from app.inbound import repository as inbound
from app.outbox.models import Mail
from app.outbox.ports import Stop
from app.outbox.states import MailPurpose
from app.winback import benefits, mails, repository, service, settling
from app.winback.by_person import ask_to_call, ask_to_write
from app.winback.desk import policy_of
from app.winback.gathering import People, people_of
from app.winback.mails import Addressed, Setup
from app.winback.models import Lapse
from app.winback.reacting import settle_all
from app.winback.rules.policy import HOLDOUT
from app.winback.states import Anchor, LapseKind

RETRY_SOON = timedelta(minutes=5)
INVITATION = Approach(Campaign.WINBACK, Purpose.MARKETING)
WAYS = {
    StepKind.MAIL: ContactChannel.MAIL,
    StepKind.LETTER: ContactChannel.POST,
    StepKind.CALL: ContactChannel.CALL,
}


def run_steps(
    session: Session, cases: Sequence[Case], due: dict[str, list[Step]], setup: Setup, now: datetime
) -> None:
    """Decide every due step of these cases."""
    settle_all(session, cases, setup, now)
    session.flush()
    going_on = [c for c in cases if c.state == CaseState.OPEN]
    people = people_of(session, {c.customer_id for c in going_on})
    lapses = repository.lapses(session, {c.subject_id for c in going_on})
    waiting = inbound.unfinished(session, {c.customer_id: _refs(people, c.customer_id) for c in going_on})
    for case in going_on:
        lapse = lapses.get(case.subject_id)
        steps = [s for s in due[case.id] if s.state == StepState.PLANNED and s.due_at <= now]
        if lapse is None:
            settling.close(session, case, Outcome.STOPPED, "What it was about is gone.", now=now)
        elif any(s.kind == StepKind.GIVE_UP for s in steps):
            settling.close(session, case, Outcome.EXHAUSTED, "All was said, and they are not back.", now=now)
        elif waiting[case.customer_id]:
            for step in steps:
                step.due_at = now + RETRY_SOON
        else:
            customer = people.customers.get(case.customer_id)
            for step in steps:
                _decide(session, case, lapse, customer, step, setup, now)


def _refs(people: People, customer_id: str) -> list[str]:
    """Every provider id that is known to be this person's."""
    return sorted({s.id for s in people.theirs(customer_id)})


def _decide(
    session: Session,
    case: Case,
    lapse: Lapse,
    customer: CustomerState | None,
    step: Step,
    setup: Setup,
    now: datetime,
) -> None:
    policy = policy_of(session, case, setup)
    if case.experiment_arm == HOLDOUT:
        _skip(session, case, step, "hold-out: they hear nothing, and are measured on the same dates", now)
        return
    if case.contacts >= policy.stop_after and not case.details.get("clicks"):
        _skip(session, case, step, f"{policy.stop_after} contacts without a click are enough", now)
        return
    if customer is None:
        _skip(session, case, step, "the customer is gone", now)
        return
    channel = WAYS[StepKind(step.kind)]
    wanted_at = case.details.get("wanted", {}).get(step.key)
    approach = replace(
        INVITATION,
        channel=channel,
        episode_contacts=case.contacts,
        wanted_at=datetime.fromisoformat(wanted_at) if wanted_at else step.due_at,
    )
    standing = standing_of(session, [customer], [approach], setup.terms, now=now)[customer.id]
    match verdict(approach, standing, setup.terms.policy, now):
        case Wait(until, why):
            _move(session, case, step, until, why, now)
        case Never(why):
            _skip(session, case, step, why, now)
        case Ask(why) as ask:
            what = f"An invitation to come back to {lapse.plan or 'their plan'}"
            tell_a_person(session, ask, customer_id=customer.id, case_id=case.id, what=what, now=now)
            _skip(session, case, step, f"{why}; a person is asked", now)
        case Go():
            _go(session, case, lapse, customer, step, setup, now)


def _go(
    session: Session,
    case: Case,
    lapse: Lapse,
    customer: CustomerState,
    step: Step,
    setup: Setup,
    now: datetime,
) -> None:
    facts = contacts.facts_of(session, [customer.id]).get(customer.id)
    to = Addressed(session, setup, customer, place_of(customer, facts, setup.terms), now)
    match StepKind(step.kind):
        case StepKind.LETTER:
            ask_to_write(to, case, lapse, step)
            words = f"Contact {step.number + 1}: a person is asked to send a letter."
        case StepKind.CALL:
            ask_to_call(to, case, lapse, step)
            words = f"Contact {step.number + 1}: a person is asked to call."
        case _:
            name = _template(case, lapse, step)
            mails.send(to, case, step, name, _context(to, case, lapse))
            words = f"Contact {step.number + 1} is handed to the outbox ({name})."
    _decided(case, step)
    case_engine.decide(step, StepState.DONE, None, now=now)
    case_engine.note(session, case, "step.decided", words, now=now)
    log_step(session, case, step, SENT, now=now)
    session.flush()


def _template(case: Case, lapse: Lapse, step: Step) -> str:
    after = Anchor(case.details.get("after", {}).get(str(step.number), Anchor.END))
    return mails.name_of(LapseKind(lapse.kind), after)


def _context(to: Addressed, case: Case, lapse: Lapse) -> dict[str, object]:
    return mails.context_of(to, case, lapse, service.offer_for(to.session, case, to.setup, to.now))


def _decided(case: Case, step: Step) -> None:
    case.details = {**case.details, "decided": [*case.details.get("decided", []), step.number]}


def _skip(session: Session, case: Case, step: Step, reason: str, now: datetime) -> None:
    _decided(case, step)
    case_engine.decide(step, StepState.SKIPPED, reason, now=now)
    case_engine.note(
        session, case, "step.skipped", f"Contact {step.number + 1} is not made: {reason}.", now=now
    )
    log_step(session, case, step, SKIPPED, reason, now=now)


def _move(session: Session, case: Case, step: Step, due_at: datetime, reason: str, now: datetime) -> None:
    wanted = {step.key: step.due_at.isoformat()} | case.details.get("wanted", {})
    case.details = {**case.details, "wanted": wanted}
    step.due_at = due_at
    if step.reason != reason:
        step.reason = reason
        at = f"{due_at:%Y-%m-%d %H:%M} UTC"
        case_engine.note(
            session, case, "step.moved", f"Contact {step.number + 1} waits until {at}: {reason}.", now=now
        )


def approach_of_mail(case: Case, mail: Mail) -> Approach:
    """A mail of a case that is about to leave. Its hours are this campaign's own to keep."""
    if mail.name == benefits.BENEFIT_ENDING:
        return Approach(None, Purpose.NOTICE)
    if mail.purpose == MailPurpose.CONFIRMATION:
        return Approach(None, Purpose.CONFIRMATION)
    return replace(INVITATION, episode_contacts=case.contacts)


def behind(session: Session, mail_ids: Collection[str]) -> Wanted:
    """What to read live before these mails leave: the subscription that they are about, and whose it was."""
    query = (
        select(Case)
        .join(Mail, Mail.case_id == Case.id)
        .where(
            Mail.id.in_(sorted(mail_ids)),
            Mail.purpose == MailPurpose.REMINDER.value,
            Mail.campaign == Campaign.WINBACK.value,
            Case.kind == CaseKind.WINBACK.value,
        )
    )
    objects: set[tuple[str, str]] = set()
    for case in session.scalars(query):
        objects |= {("customer", case.customer_id), ("subscription", case.subject_id)}
    return Wanted(objects=sorted(objects))


def stop_reason(
    session: Session, case: Case, mail: Mail, setup: Setup, live: Live, now: datetime
) -> Stop | None:
    """Why a mail must not leave now, and until when; None: it may leave. `live` counts before our rows."""
    if mail.name == benefits.BENEFIT_ENDING:
        return benefits.stop_reason(session, case, mail, live)
    if mail.purpose == MailPurpose.CONFIRMATION:
        return None
    if case.state == CaseState.HELD:
        return Stop(f"the case is held: {case.held_reason}")
    people, lapse = people_of(session, [case.customer_id]), repository.lapse(session, case.subject_id)
    customer = live.customers.get(case.customer_id) or people.customers.get(case.customer_id)
    if lapse is None or customer is None or customer.deleted:
        return Stop("its customer, or what it was about, is gone")
    settling.settle(session, case, lapse, _theirs(people, case, live.subscriptions), now)
    if case.state == CaseState.CLOSED:
        return Stop(f"the case is closed: {case.outcome}")
    if inbound.unfinished(session, {case.customer_id: _refs(people, case.customer_id)})[case.customer_id]:
        return Stop("an event of this customer is still to be processed", now + RETRY_SOON)
    return _as_things_are_now(session, case, lapse, customer, mail, setup, now)


def _theirs(people: People, case: Case, live: Mapping[str, SubscriptionState]) -> list[SubscriptionState]:
    return [live.get(s.id, s) for s in people.theirs(case.customer_id)]


def _as_things_are_now(
    session: Session,
    case: Case,
    lapse: Lapse,
    customer: CustomerState,
    mail: Mail,
    setup: Setup,
    now: datetime,
) -> Stop | None:
    """The terms that a mail names are those of the moment in which it leaves."""
    if "unsubscribe_url" in mail.context:
        return None  # it was made ready before: a second try is the same to the letter
    if mail.name == mails.SORRY and not lapse.running:
        return Stop("the paid time is over by now")
    facts = contacts.facts_of(session, [customer.id]).get(customer.id)
    to = Addressed(session, setup, customer, place_of(customer, facts, setup.terms), now)
    fresh = _context(to, case, lapse)
    mail.context = {**fresh, "return_url": mail.context["return_url"]}
    return None
