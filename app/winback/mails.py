"""What the mails of a win-back say: their context, and putting them into the outbox."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Protocol

from sqlalchemy.orm import Session

from app.billing.states import CustomerState
from app.cancellation.mails import offer_lines
from app.cancellation.ports import Setup as CancellationSetup
from app.cases.models import Case, Step
from app.contacts.rules.place import Place
from app.contacts.states import Campaign, Stream
from app.offers.choosing import Chosen
from app.outbox.service import queue_mail
from app.outbox.states import MailPurpose
from app.winback.models import Lapse
from app.winback.rules.policy import WinbackPolicy
from app.winback.states import Anchor, LapseKind

FIX_CARD = "winback_fix_card"
SORRY = "winback_sorry"
OFFER = "winback_offer"
HOW_IS_IT = "winback_how_is_it"
PASS_ON = "winback_pass_on"  # noqa: S105 - a mail's name


class Setup(CancellationSetup, Protocol):
    """What the feature is configured with."""

    @property
    def winback(self) -> WinbackPolicy: ...

    @property
    def return_link(self) -> Callable[[Case], str]: ...


@dataclass(frozen=True, slots=True)
class Addressed:
    """To whom a mail goes, in which transaction and when."""

    session: Session
    setup: Setup
    customer: CustomerState
    place: Place
    now: datetime


def name_of(kind: LapseKind, after: Anchor) -> str:
    """The template of a step."""
    if after is Anchor.CANCELLATION:
        return SORRY
    match kind:
        case LapseKind.INVOLUNTARY:
            return FIX_CARD
        case LapseKind.VOLUNTARY:
            return OFFER
        case LapseKind.SWITCHED:
            return HOW_IS_IT
        case LapseKind.MOVED | LapseKind.CLOSED:
            return PASS_ON


def context_of(to: Addressed, case: Case, lapse: Lapse, offer: Chosen | None) -> dict[str, Any]:
    """The mail's context: what was theirs, and what is offered by the terms of this moment."""
    price = None if lapse.amount_minor is None else lapse.amount_minor * (lapse.quantity or 1)
    return {
        "customer": {"name": to.customer.name},
        "stage": "first" if not case.contacts else "reminder",
        "plan": lapse.plan,
        "price": {"amount_minor": price, "currency": lapse.currency} if price and lapse.currency else None,
        "interval": lapse.interval,
        "interval_count": lapse.interval_count,
        "running": lapse.running,
        "ends_at": lapse.ends_at.isoformat(),
        "reason": lapse.reason,
        "offer": offer_lines(offer.terms) if offer is not None and offer.terms is not None else None,
        "return_url": to.setup.return_link(case),
        "time_zone": to.place.zone.name,
    }


def send(to: Addressed, case: Case, step: Step, name: str, context: dict[str, Any]) -> None:
    """Queue a step's mail: marketing, with a way to unsubscribe."""
    queue_mail(
        to.session,
        key=f"{case.id}:{step.key}:mail",
        name=name,
        purpose=MailPurpose.REMINDER,
        customer_id=case.customer_id,
        case_id=case.id,
        step_id=step.id,
        to_address=to.customer.email or "",
        locale=to.place.language.tag,
        context=context,
        due_at=to.now,
        now=to.now,
        campaign=Campaign.WINBACK,
        stream=Stream.MARKETING,
    )
