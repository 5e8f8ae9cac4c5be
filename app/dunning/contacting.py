"""What a dunning mail is to the contact rules, what they say to it, and who gets it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from app.billing.states import CustomerState
from app.campaigns.planner import Stage
from app.cases.models import Case, Step
from app.cases.standing import standing_of, tell_a_person
from app.contacts.rules.place import Language, Place
from app.contacts.rules.standing import Approach, Standing
from app.contacts.rules.verdict import Ask, Go, Ground, Verdict, Wait, verdict
from app.contacts.rules.verdict import Skip as NeverMind
from app.contacts.states import AddresseeRole, Campaign, Purpose
from app.dunning.desk import Desk
from app.dunning.rules.policy import DunningPolicy
from app.dunning.rules.steps import Move, Send, Skip, StepDecision
from app.outbox.models import Mail
from app.outbox.states import MailPurpose

REMINDER = Approach(Campaign.DUNNING, Purpose.SERVICE)


@dataclass(frozen=True, slots=True)
class Recipient:
    """Who gets a reminder. `role`: None for the customer."""

    customer: CustomerState
    place: Place
    role: AddresseeRole | None = None


def approach_of_step(case: Case, policy: DunningPolicy, stage: Stage, due_at: datetime) -> Approach:
    """A reminder that is due. The last warning names a day, so the caps do not push it towards that day."""
    latest = due_at if stage is Stage.LAST_WARNING else None
    return replace(REMINDER, episode_contacts=case.contacts, hours=policy.hours, latest=latest)


def approach_of_mail(case: Case, mail: Mail) -> Approach:
    """A mail of a case that is about to leave. Its hours are dunning's own to keep."""
    match MailPurpose(mail.purpose):
        case MailPurpose.REMINDER:
            warns = mail.context.get("stage") == Stage.LAST_WARNING
            latest = mail.created_at if warns else None
            return replace(REMINDER, episode_contacts=case.contacts, ask_hours=False, latest=latest)
        case MailPurpose.COPY:  # it goes with the reminder that counts
            return replace(REMINDER, ask_hours=False, latest=mail.created_at)
        case MailPurpose.LAST_NOTICE:
            return Approach(Campaign.DUNNING, Purpose.NOTICE)
        case MailPurpose.THANK_YOU | MailPurpose.CONFIRMATION:
            return Approach(Campaign.DUNNING, Purpose.CONFIRMATION)


def standings(desks: Sequence[Desk]) -> dict[str, Standing]:
    """The standing of the desks' customers, for reminders."""
    if not desks:
        return {}
    one = desks[0]
    return standing_of(one.session, [d.customer for d in desks], [REMINDER], one.setup.terms, now=one.now)


def decide_contact(
    desk: Desk, case: Case, step: Step, stage: Stage, standing: Standing
) -> tuple[StepDecision, list[Recipient]]:
    """What the contact rules make of a step that dunning would send now, and who then gets it."""
    approach = approach_of_step(case, desk.policy(case), stage, step.due_at)
    told = people(desk)
    found = _verdict(desk, approach, standing)
    while isinstance(found, NeverMind | Ask) and found.ground == Ground.SUPPRESSED and told[1:]:
        told = told[1:]  # the address is closed: the next person gets it in their place
        found = _verdict(desk, approach, _standing_at(desk, told[0].customer))
    match found:
        case Go():
            return Send(stage), told
        case Wait(until, why):
            return Move(until, why), []
        case NeverMind(why):
            return Skip(why), []
        case Ask(why):
            what = f"Mail {step.number + 1} about a failed payment"
            tell_a_person(
                desk.session, found, customer_id=desk.customer.id, case_id=case.id, what=what, now=desk.now
            )
            return Skip(f"{why}; a person is asked"), []


def _verdict(desk: Desk, approach: Approach, standing: Standing) -> Verdict:
    return verdict(approach, standing, desk.setup.terms.policy, desk.now)


def _standing_at(desk: Desk, customer: CustomerState) -> Standing:
    """The customer's standing at another address."""
    found = standing_of(desk.session, [customer], [REMINDER], desk.setup.terms, now=desk.now)
    return found[customer.id]


def people(desk: Desk) -> list[Recipient]:
    """Everybody at the customer who gets reminders and has an address, the customer first."""
    if desk.customer.deleted:
        return []
    found = [Recipient(desk.customer, desk.place)] if desk.customer.email else []
    for row in desk.shared.addressees.get(desk.customer.id, ()):
        person = replace(desk.customer, email=row.email, name=row.name)
        language = Language(row.language, "facts") if row.language else desk.place.language
        found.append(Recipient(person, replace(desk.place, language=language), AddresseeRole(row.role)))
    return found
