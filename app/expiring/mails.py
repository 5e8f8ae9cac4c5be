"""What the notices say: their context, and putting them into the outbox."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time
from typing import Any, Protocol
from zoneinfo import ZoneInfo

from sqlalchemy.orm import Session

from app.cases.models import Case, Step
from app.contacts.rules.place import Place
from app.contacts.rules.policy import Terms
from app.contacts.states import AddresseeRole, Campaign
from app.expiring.models import NOTICE
from app.expiring.rules.cases import Watched
from app.expiring.rules.policy import ExpiringPolicy
from app.expiring.rules.risks import Payer
from app.outbox.service import queue_mail
from app.outbox.states import MailPurpose

CONFIRMATION = "card_expiring_saved"


class Setup(Protocol):
    """What the feature is configured with."""

    @property
    def expiring(self) -> ExpiringPolicy: ...

    @property
    def terms(self) -> Terms: ...

    @property
    def card_link(self) -> Callable[[Case], str]: ...


@dataclass(frozen=True, slots=True)
class Addressed:
    """To whom a mail goes, in which transaction and when."""

    session: Session
    setup: Setup
    payer: Payer
    place: Place
    now: datetime


def context_of(to: Addressed, case: Case, watched: Sequence[Watched], *, stage: str) -> dict[str, Any]:
    """The mail's context, nearest charge first. No amount: what will be billed is not certain yet."""
    ordered = sorted(watched, key=lambda w: (w.charge_at, w.subscription_id))
    return {
        "customer": {"name": to.payer.customer.name},
        "stage": stage,
        "cards": [_line(to, w) for w in ordered],
        "one_card": len({w.method_id for w in ordered}) == 1,
        "action_url": to.setup.card_link(case),
        "time_zone": to.place.zone.name,
    }


def _line(to: Addressed, watch: Watched) -> dict[str, Any]:
    method = to.payer.methods.get(watch.method_id)
    subscription = to.payer.subscriptions.get(watch.subscription_id)
    labels = [i["label"] for i in (subscription.items or []) if i.get("label")] if subscription else []
    zone = to.payer.zone
    return {
        "label": labels[0] if len(labels) == 1 else None,
        "brand": method.brand if method else None,
        "last4": method.last4 if method else None,
        "valid_until": noon_of(watch.valid_until, zone).isoformat(),
        "has_ended": to.now.astimezone(zone).date() > watch.valid_until,
        "charge_at": watch.charge_at.isoformat(),
    }


def noon_of(day: date, zone: ZoneInfo) -> datetime:
    """An instant that falls on this day where the customer lives, for templates that write days."""
    return datetime.combine(day, time(12), zone).astimezone(UTC)


def send_notice(
    to: Addressed,
    case: Case,
    step: Step,
    watched: Sequence[Watched],
    copy_for: AddresseeRole | None = None,
) -> None:
    """Queue a step's notice, or its copy for a second person."""
    queue_mail(
        to.session,
        key=f"{case.id}:{step.key}:{f'copy:{copy_for}' if copy_for else 'mail'}",
        name=NOTICE,
        purpose=MailPurpose.COPY if copy_for else MailPurpose.REMINDER,
        customer_id=case.customer_id,
        case_id=case.id,
        step_id=step.id,
        to_address=to.payer.customer.email or "",
        locale=to.place.language.tag,
        context=context_of(to, case, watched, stage=step.stage or "reminder"),
        due_at=to.now,
        now=to.now,
        campaign=Campaign.EXPIRING_CARD,
    )


def send_confirmation(to: Addressed, case: Case, session_id: str) -> None:
    """Queue the confirmation of a card that the customer has saved on our page: one for each visit."""
    if not to.payer.customer.email:
        return
    queue_mail(
        to.session,
        key=f"{case.id}:saved:{session_id}",
        name=CONFIRMATION,
        purpose=MailPurpose.CONFIRMATION,
        customer_id=case.customer_id,
        case_id=case.id,
        step_id=None,
        to_address=to.payer.customer.email,
        locale=to.place.language.tag,
        context={"customer": {"name": to.payer.customer.name}, "time_zone": to.place.zone.name},
        due_at=to.now,
        now=to.now,
        campaign=Campaign.EXPIRING_CARD,
    )
