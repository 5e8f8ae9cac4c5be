"""Which mail a fact is about, and what a campaign's mails have drawn."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta

from sqlalchemy import func, or_, select
from sqlalchemy.orm import Session

from app.contacts.models import ContactLog
from app.feedback.facts import Told
from app.feedback.models import CampaignBrake
from app.feedback.rules import Tally, counting_from
from app.outbox.models import COMPLAINED, Mail, Task
from app.outbox.states import BounceKind, MailState, TaskState

BY_ADDRESS_FOR = timedelta(days=30)
"""How old a mail may be that is found by its address alone."""
WENT = (MailState.SENT, MailState.UNKNOWN)

# A server's words ("OK", "2.0.0 Ok: queued as 7F3A") and not an id, which is one long word everywhere.
_NAMELESS = or_(
    Mail.provider_id.is_(None), Mail.provider_id.contains(" "), func.length(Mail.provider_id) < 16
)


def mail_of(session: Session, told: Told, now: datetime) -> Mail | None:
    """Our mail that was told about, held until the transaction ends; None if it is not ours.

    By the provider's id, by our Message-ID, else the newest one to the address. That last way is for mails whose
    provider's id we never learnt, as it is with SMTP: a mail with an id of its own is not the one of another id.
    """
    mails = select(Mail).with_for_update()
    if told.provider_id:
        found = session.scalars(mails.where(Mail.provider_id == told.provider_id).limit(1)).first()
        if found is not None:
            return found
    if told.message_id:
        found = session.scalars(mails.where(Mail.message_id == f"<{told.message_id}>").limit(1)).first()
        if found is not None:
            return found
    addresses = sorted({told.address, told.address.lower()})
    newest = (
        mails.where(Mail.to_address.in_(addresses), Mail.created_at > now - BY_ADDRESS_FOR)
        .where(Mail.state.in_(WENT))
        .order_by(Mail.created_at.desc(), Mail.id.desc())
        .limit(1)
    )
    return session.scalars(newest.where(_NAMELESS) if told.provider_id else newest).first()


def mail_answered(session: Session, message_ids: Sequence[str]) -> Mail | None:
    """Our mail that one of these Message-IDs names, the first that does.

    Some providers put a Message-ID of their own in the place of ours, made of the id that they told us.
    """
    for message_id in message_ids:
        names = select(Mail).where(
            or_(Mail.message_id == f"<{message_id}>", Mail.provider_id == message_id.partition("@")[0])
        )
        found = session.scalars(names.order_by(Mail.created_at).limit(1)).first()
        if found is not None:
            return found
    return None


def written_to(session: Session, address_hash: str) -> set[str]:
    """The customers to whom a mail has gone at this address."""
    query = select(ContactLog.customer_id).where(ContactLog.address_hash == address_hash)
    return set(session.scalars(query.distinct()))


def asks_already(session: Session, customer_id: str, kind: str) -> bool:
    """Whether a task of the kind is open for the customer."""
    query = select(Task.id).where(
        Task.customer_id == customer_id, Task.kind == kind, Task.state == TaskState.OPEN
    )
    return session.scalars(query.limit(1)).first() is not None


def soft_bounces(session: Session, address: str, since: datetime) -> list[datetime]:
    """When mails to this address came back softly, of those made since then."""
    query = select(Mail.bounced_at).where(
        Mail.to_address == address, Mail.created_at >= since, Mail.bounce_kind == BounceKind.SOFT
    )
    return [at for at in session.scalars(query) if at is not None]


def brake_of(session: Session, campaign: str | None) -> CampaignBrake | None:
    return session.get(CampaignBrake, campaign) if campaign else None


def stopped(session: Session) -> list[CampaignBrake]:
    """Campaigns that wait for an operator."""
    brakes = session.scalars(select(CampaignBrake).order_by(CampaignBrake.campaign))
    return [brake for brake in brakes if brake.stopped_at is not None]


def tallies(session: Session, now: datetime) -> dict[str, Tally]:
    """Every campaign's tally that has sent something within the window."""
    earliest = counting_from(now, None)
    query = (
        select(Mail.campaign)
        .where(Mail.settled_at >= earliest, Mail.state == MailState.SENT, Mail.campaign.is_not(None))
        .distinct()
    )
    return {name: tally(session, name, now) for name in sorted(n for n in session.scalars(query) if n)}


def tally(session: Session, campaign: str, now: datetime) -> Tally:
    """What a campaign has sent and drawn within the window."""
    brake = brake_of(session, campaign)
    since = counting_from(now, brake.counting_from if brake else None)
    sent = select(func.count()).where(
        Mail.settled_at >= since, Mail.state == MailState.SENT, Mail.campaign == campaign
    )
    complaints = select(func.count()).where(
        COMPLAINED, Mail.complained_at >= since, Mail.campaign == campaign
    )
    return Tally(session.scalar(sent) or 0, session.scalar(complaints) or 0)
