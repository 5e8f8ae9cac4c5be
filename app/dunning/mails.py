"""What the mails of a case say: their context, and putting them into the outbox."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from sqlalchemy.orm import Session

from app.alerts.policy import AlertPolicy
from app.billing.facts import Decline
from app.billing.states import CustomerState, InvoiceState
from app.cases import repository as case_rows
from app.cases.models import Case, Step
from app.cases.service import note
from app.contacts.rules import SendingHours, Zone, next_open, zone_for
from app.contacts.rules.place import Place
from app.contacts.rules.policy import Terms
from app.contacts.states import AddresseeRole, Campaign
from app.core.money import Money, total
from app.dunning.rules.cases import Debt, settlement
from app.dunning.rules.decline import classify
from app.dunning.rules.policy import DunningPolicy
from app.dunning.rules.steps import Course, ends_at, mail_name
from app.experiments.policy import ExperimentPolicy
from app.outbox.facts import MailSettled
from app.outbox.repository import reminders_sent
from app.outbox.service import queue_mail
from app.outbox.states import MailPurpose, MailState

LABELS = {  # payment methods that have a name of their own
    "sepa_debit": "SEPA Direct Debit",
    "us_bank_account": "ACH direct debit",
    "bacs_debit": "Bacs Direct Debit",
    "acss_debit": "pre-authorized debit",
    "au_becs_debit": "BECS Direct Debit",
    "apple_pay": "Apple Pay",
    "google_pay": "Google Pay",
    "link": "Link",
    "amazon_pay": "Amazon Pay",
    "cashapp": "Cash App Pay",
}


@dataclass(frozen=True, slots=True)
class Setup:
    """What the feature is configured with. `card_link` makes a fresh signed link for a case."""

    policy: DunningPolicy
    terms: Terms
    card_link: Callable[[Case], str]
    alerts: AlertPolicy = field(default_factory=AlertPolicy)
    experiments: ExperimentPolicy = field(default_factory=ExperimentPolicy)


def zone_of(customer: CustomerState | None, setup: Setup) -> Zone:
    """The zone as far as the provider knows it: for pages, which do not read the merchant's facts."""
    own, country = (customer.time_zone, customer.country) if customer else (None, None)
    return zone_for(own, country, setup.terms.default_zone)


def decline_of(invoice: InvoiceState) -> Decline | None:
    return Decline(**invoice.decline) if invoice.decline else None


def context_of(
    case: Case,
    customer: CustomerState,
    debts: Sequence[Debt],
    policy: DunningPolicy,
    setup: Setup,
    place: Place,
    *,
    stage: str,
    now: datetime,
) -> dict[str, Any]:
    """The mail's context, from the debts it is about; the newest failure gives method and reason."""
    newest = max((d.invoice for d in debts), key=lambda i: (i.last_failed_at or i.seen_at, i.id))
    decline = decline_of(newest)
    treatment = classify(decline, needs_action=newest.needs_action)
    first_failed_at = min(d.invoice.failed_at or now for d in debts)
    retries = [d.invoice.next_payment_attempt_at for d in debts if d.invoice.next_payment_attempt_at]
    end = ends_at(first_failed_at, policy)
    money = [Money(_amount(d.invoice), d.invoice.currency) for d in debts]
    return {
        "customer": {"name": customer.name},
        "stage": stage,
        "message": treatment.message,
        "method": {
            "kind": treatment.method.value,
            "brand": decline.brand if decline else None,
            "last4": decline.last4 if decline else None,
            "label": LABELS.get(decline.wallet or decline.method_type or "") if decline else None,
        },
        "invoices": [_line(d.invoice) for d in debts],
        "totals": [_money(m) for m in total(money)],
        "access_ends_at": end.isoformat() if end and end > now else None,
        "next_retry_at": min(retries).isoformat() if retries and min(retries) > now else None,
        "action_url": setup.card_link(case),
        "end_action": policy.provider.end_action.value,
        "time_zone": place.zone.name,
    }


def _line(invoice: InvoiceState) -> dict[str, Any]:
    return {
        "label": invoice.label,
        "amount": _money(Money(_amount(invoice), invoice.currency)),
        "failed_at": invoice.failed_at.isoformat() if invoice.failed_at else None,
        "number": invoice.number,
    }


def _amount(invoice: InvoiceState) -> int:
    """What remains to be paid, or, once it is settled, what was due."""
    return invoice.amount_remaining_minor or invoice.amount_due_minor


def _money(money: Money) -> dict[str, Any]:
    return {"amount_minor": money.amount_minor, "currency": money.currency}


def send_reminder(
    session: Session,
    case: Case,
    step: Step,
    course: Course,
    customer: CustomerState,
    debts: Sequence[Debt],
    policy: DunningPolicy,
    setup: Setup,
    place: Place,
    *,
    first_after_trial: bool,
    copy_for: AddresseeRole | None = None,
    now: datetime,
) -> str:
    """Queue a step's mail, or its copy for a second person; returns the template's name."""
    owed = [d for d in debts if settlement(d) is None]
    name = mail_name(course, first_after_trial=first_after_trial)
    queue_mail(
        session,
        key=f"{case.id}:{step.key}:{f'copy:{copy_for}' if copy_for else 'mail'}",
        name=name,
        purpose=MailPurpose.COPY if copy_for else MailPurpose.REMINDER,
        customer_id=case.customer_id,
        case_id=case.id,
        step_id=step.id,
        to_address=customer.email or "",
        locale=place.language.tag,
        context=context_of(
            case, customer, owed, policy, setup, place, stage=step.stage or "reminder", now=now
        ),
        due_at=now,
        now=now,
        campaign=Campaign.DUNNING,
    )
    return name


def send_closing(
    session: Session,
    case: Case,
    purpose: MailPurpose,
    customer: CustomerState,
    debts: Sequence[Debt],
    policy: DunningPolicy,
    setup: Setup,
    place: Place,
    *,
    now: datetime,
) -> datetime | None:
    """Queue the thank-you or the last notice for the next minute inside the sending hours."""
    names = {MailPurpose.THANK_YOU: "payment_recovered", MailPurpose.LAST_NOTICE: "payment_ended"}
    if not customer.email or not debts:
        return None
    hours: SendingHours = policy.hours
    due_at = next_open(now, place.zone.info, hours)
    mail = queue_mail(
        session,
        key=f"{case.id}:{purpose}",
        name=names[purpose],
        purpose=purpose,
        customer_id=case.customer_id,
        case_id=case.id,
        step_id=None,
        to_address=customer.email,
        locale=place.language.tag,
        context=context_of(case, customer, debts, policy, setup, place, stage="reminder", now=now),
        due_at=due_at,
        now=now,
        campaign=Campaign.DUNNING,
    )
    return due_at if mail else None


def settled(session: Session, fact: MailSettled, setup: Setup, *, now: datetime) -> None:
    """Write what became of a mail onto its case."""
    case = case_rows.get(session, fact.case_id or "", lock=True)
    if case is None:
        return
    case.contacts, case.first_contact_at = reminders_sent(session, case.id)
    sentences = {
        MailState.SENT: f"Mail {fact.name} was handed over.",
        MailState.FAILED: f"Mail {fact.name} was refused: {fact.detail}.",
        MailState.UNKNOWN: f"Nobody knows whether mail {fact.name} left: {fact.detail}. It is not sent again.",
        MailState.CANCELLED: f"Mail {fact.name} was not sent: {fact.detail}.",
    }
    if fact.withheld:
        sentence = f"Mail {fact.name} was decided and recorded, but not sent ({fact.withheld})."
    else:
        sentence = sentences[MailState(fact.state)]
    note(session, case, f"mail.{fact.state}", sentence, now=now, mail=fact.mail_id)
