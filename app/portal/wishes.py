"""What a person wants to get from us: no marketing, marketing again, another language.

The link stands for the address that its mail went to. A forwarded one can do no more than this, and shows no
address and no name.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy.orm import Session

from app.billing import repository as billing
from app.billing.states import CustomerState
from app.contacts import repository as contact_rows
from app.contacts import service as contacts
from app.contacts.models import CustomerFacts
from app.contacts.states import WITHDRAWING, ConsentBasis, SuppressionReason, SuppressionScope
from app.core.links import LinkPurpose, LinkSubject
from app.feedback import service as feedback
from app.feedback.facts import MailUnsubscribed
from app.outbox.models import Mail
from app.portal.ports import PortalApplication

SOURCE = "customer"
WORDING = "preferences page: offers and news by e-mail, switched on by the customer"


@dataclass(frozen=True, slots=True)
class Wishes:
    """What is in force. `for_good`: the person has called a mail spam, and only they can ask us by hand."""

    customer_id: str
    address: str | None
    language: str | None
    marketing: bool
    for_good: bool


def open_link(application: PortalApplication, purpose: LinkPurpose, token: str) -> tuple[LinkSubject, Wishes]:
    """Whom a token is about, and what they want now; raises LinkInvalid."""
    subject = application.links.read(purpose, token)
    with application.db.read() as session:
        return subject, wishes_of(session, subject, application.clock())


def wishes_of(session: Session, subject: LinkSubject, now: datetime) -> Wishes:
    address = _address(session, subject)
    hashed = contacts.hashed(session, address)
    known = contact_rows.suppressions_of(session, [hashed])[hashed] if hashed else []
    said_no = {
        SuppressionReason(s.reason)
        for s in known
        if s.lifted_at is None
        and s.reason in WITHDRAWING
        and s.scope in (SuppressionScope.MARKETING, SuppressionScope.ALL)
        and (s.expires_at is None or s.expires_at > now)
    }
    facts = contact_rows.facts_of(session, [subject.customer_id]).get(subject.customer_id)
    customer = _customer(session, subject)
    language = (facts.language if facts else None) or (customer.locale if customer else None)
    for_good = SuppressionReason.COMPLAINT in said_no
    return Wishes(subject.customer_id, address, language, not said_no, for_good)


def unsubscribe(session: Session, subject: LinkSubject, *, now: datetime) -> None:
    """No more marketing; done before is done."""
    address = _address(session, subject)
    if address is None:
        return
    mail = _mail(session, subject)
    message_id = mail.message_id.strip("<>") if mail and mail.message_id else None
    fact = MailUnsubscribed(address=address, at=now, source=SOURCE, message_id=message_id)
    feedback.unsubscribed(session, fact, None, now=now)


def subscribe(session: Session, subject: LinkSubject, *, now: datetime) -> None:
    """Marketing again: a consent, with the page and the mail that led to it as its proof."""
    address = _address(session, subject)
    if address is None:
        return
    contacts.record_consent(
        session,
        basis=ConsentBasis.CONSENT,
        source="preferences",
        proof=f"preferences page, from {subject.subject_id}, {now.isoformat(timespec='seconds')}",
        wording=WORDING,
        given_at=now,
        now=now,
        customer_id=subject.customer_id,
        address=address,
    )


def speak(session: Session, subject: LinkSubject, language: str, *, now: datetime) -> None:
    """The language that the customer has chosen; it comes before the provider's.

    Of a customer who is gone nothing is kept: the link of an old mail must not bring back who was erased.
    """
    if _customer(session, subject) is None:
        return
    row = session.get(CustomerFacts, subject.customer_id, with_for_update=True)
    if row is None:
        row = CustomerFacts(customer_id=subject.customer_id, channels={}, flags=[], usage={}, opportunity={})
        session.add(row)
    row.language, row.updated_at, row.updated_by = language, now, SOURCE


def _address(session: Session, subject: LinkSubject) -> str | None:
    """Where the link's mail went; once that mail is forgotten, the customer's present address."""
    mail = _mail(session, subject)
    if mail is not None and mail.to_address:
        return mail.to_address
    customer = _customer(session, subject)
    return customer.email if customer else None


def _mail(session: Session, subject: LinkSubject) -> Mail | None:
    mail = session.get(Mail, subject.subject_id)
    return mail if mail is not None and mail.customer_id == subject.customer_id else None


def _customer(session: Session, subject: LinkSubject) -> CustomerState | None:
    return billing.load(session, CustomerState, [subject.customer_id]).get(subject.customer_id)
