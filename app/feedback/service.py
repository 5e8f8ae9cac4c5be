"""What follows from what came back. Told again, nothing happens twice; the order of telling does not matter.

The times of the tellers are real time; under a test clock they would lie ahead, so `now` is the latest.
"""

from __future__ import annotations

from datetime import datetime

from sqlalchemy.orm import Session

from app.cases import repository as case_rows
from app.cases import service as case_engine
from app.cases.models import Case
from app.cases.states import CaseKind, CaseState
from app.contacts import repository as contact_rows
from app.contacts import service as contacts
from app.contacts.models import Suppression
from app.contacts.states import ConsentBasis, SuppressionReason, SuppressionScope
from app.feedback import brake, repository
from app.feedback.facts import MailBounced, MailComplained, MailResubscribed, MailUnsubscribed, Told
from app.feedback.rules import SOFT_WINDOW, rests_until
from app.outbox.models import Mail
from app.outbox.ports import Stop
from app.outbox.service import open_task
from app.outbox.states import BounceKind, MailPurpose

CALLED_SPAM = "the customer has called a mail of ours spam"
# A cancellation is the customer's own wish; its confirmations go out whatever they think of our mails.
QUIETED = (CaseKind.DUNNING, CaseKind.EXPIRING_CARD, CaseKind.WINBACK)


def bounced(session: Session, fact: MailBounced, _setup: object, *, now: datetime) -> None:
    """Hard: nothing goes to the address any more, and a person is asked. Soft: it rests when they add up."""
    mail, address = _about(session, fact, now)
    if contacts.hashed(session, address) is None:
        return
    worse = mail is not None and (mail.bounced_at is None or mail.bounce_kind == BounceKind.SOFT)
    if mail is not None and worse and mail.bounce_kind != fact.kind:
        mail.bounced_at, mail.bounce_kind = min(fact.at, now), fact.kind
        session.flush()
        _note(session, mail, "mail.bounced", f"came back ({fact.kind}): {fact.detail or 'no words'}", now)
    if fact.kind is BounceKind.HARD:
        scope, reason = SuppressionScope.ALL, SuppressionReason.HARD_BOUNCE
        row = contacts.suppress(session, address, scope, reason, fact.source, now)
        _ask_for_another_way(session, mail, fact, row, now)
    elif mail is not None:
        until = rests_until(repository.soft_bounces(session, address, now - 2 * SOFT_WINDOW), now)
        if until is not None:
            scope, reason = SuppressionScope.ALL, SuppressionReason.SOFT_BOUNCE
            contacts.suppress(session, address, scope, reason, fact.source, now, until)


def complained(session: Session, fact: MailComplained, _setup: object, *, now: datetime) -> None:
    """No marketing ever again; what is under way is held for a person; the campaign's brake is looked at."""
    mail, address = _about(session, fact, now)
    if contacts.hashed(session, address) is None:
        return
    scope, reason = SuppressionScope.MARKETING, SuppressionReason.COMPLAINT
    contacts.suppress(session, address, scope, reason, fact.source, now)
    if mail is None or mail.complained_at is not None:
        return
    mail.complained_at = min(fact.at, now)
    session.flush()
    _note(session, mail, "mail.complained", "was called spam by the customer", now)
    for case in _open_cases(session, mail.customer_id):
        case_engine.hold(session, case, CALLED_SPAM, now=now)
    open_task(
        session,
        key=f"complaint:{mail.id}",
        kind="complaint",
        title="A customer has called a mail of ours spam",
        detail=f"{mail.name}, {mail.id}. Open cases are held, marketing is over for good. Reach them another way, "
        "then release or close what is held.",
        case_id=mail.case_id,
        customer_id=mail.customer_id,
        now=now,
    )
    if mail.campaign:
        brake.check(session, mail.campaign, now=now)


def unsubscribed(session: Session, fact: MailUnsubscribed, _setup: object, *, now: datetime) -> None:
    """No marketing to the address, unless the person has asked for it again since."""
    mail, address = _about(session, fact, now)
    hashed = contacts.hashed(session, address)
    if hashed is None:
        return
    if mail is not None and mail.unsubscribed_at is None:
        mail.unsubscribed_at = min(fact.at, now)
        _note(session, mail, "mail.unsubscribed", "led to an unsubscription", now)
    consents = contact_rows.consents_of(session, hashes=[hashed])
    if any(c.basis == ConsentBasis.CONSENT and c.given_at > fact.at for c in consents):
        return
    scope, reason = SuppressionScope.MARKETING, SuppressionReason.UNSUBSCRIBE
    # Since the teller's time: a consent that was given between it and now takes it back.
    contacts.suppress(session, address, scope, reason, fact.source, min(fact.at, now))


def resubscribed(session: Session, fact: MailResubscribed, _setup: object, *, now: datetime) -> None:
    """The person asks for marketing again: a consent, which lifts what they may take back."""
    mail, address = _about(session, fact, now)
    if contacts.hashed(session, address) is None:
        return
    at = min(fact.at, now)
    contacts.record_consent(
        session,
        basis=ConsentBasis.CONSENT,
        source=fact.source,
        proof=f"{fact.source}: subscribed again at {at.isoformat(timespec='seconds')}",
        given_at=at,
        now=now,
        customer_id=mail.customer_id if mail else None,
        address=address,
    )


def stop_reason(session: Session, mail: Mail, *, now: datetime) -> Stop | None:
    """Why a mail must not leave for what came back before: its campaign is stopped, or nobody wants thanks."""
    if mail.purpose == MailPurpose.THANK_YOU:
        hashed = contacts.hashed(session, mail.to_address)
        known = contact_rows.suppressions_of(session, [hashed])[hashed] if hashed else []
        if any(s.reason == SuppressionReason.COMPLAINT and s.lifted_at is None for s in known):
            return Stop(CALLED_SPAM)
    return brake.stop_reason(session, mail, now=now)


def _about(session: Session, fact: Told, now: datetime) -> tuple[Mail | None, str]:
    """The mail, and the address that we would write to again."""
    mail = repository.mail_of(session, fact, now)
    return mail, mail.to_address if mail else fact.address


def _open_cases(session: Session, customer_id: str) -> list[Case]:
    found = [case_rows.cases_of(session, kind, [customer_id])[customer_id] for kind in QUIETED]
    return [case for cases in found for case in cases if case.state != CaseState.CLOSED]


def _note(session: Session, mail: Mail, code: str, words: str, now: datetime) -> None:
    case = case_rows.get(session, mail.case_id or "", lock=True)
    if case is not None:
        case_engine.note(session, case, code, f"Mail {mail.name} {words}.", now=now, mail=mail.id)


def _ask_for_another_way(
    session: Session, mail: Mail | None, fact: MailBounced, row: Suppression, now: datetime
) -> None:
    """One task a customer for as long as the address is closed."""
    if mail is None:
        return
    open_task(
        session,
        key=f"no_working_email:{mail.customer_id}:{row.id}:{row.since:%Y%m%dT%H%M%S}",
        kind="no_working_email",
        title="A customer has no working e-mail address",
        detail=f"{mail.name}, {mail.id}, came back: {fact.detail or 'no words'}. Nothing goes to that address "
        "any more; reach the customer by another way, or correct the address at the provider.",
        case_id=mail.case_id,
        customer_id=mail.customer_id,
        now=now,
    )
