"""The two mails about declarations. They go to the address on file and repeat nothing that a stranger may type."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, datetime, time
from typing import Any

from sqlalchemy.orm import Session

from app.billing.states import CustomerState, SubscriptionState
from app.cancellation.declarations import Declaration
from app.cancellation.declarations_matching import Match
from app.cases.standing import contact_stop, place_of
from app.contacts import repository as contact_rows
from app.contacts.rules.place import Place
from app.contacts.rules.policy import Terms
from app.contacts.rules.standing import Approach
from app.contacts.states import Purpose
from app.outbox.models import Mail
from app.outbox.ports import Stop
from app.outbox.service import queue_mail
from app.outbox.states import MailPurpose

DECLARED = "cancel_declared"
WITHDRAWN = "cancel_withdrawn"
MAILS = frozenset({DECLARED, WITHDRAWN})
"""Mails without a case: a declaration is no campaign's."""


@dataclass(frozen=True, slots=True)
class CancelLinks:
    """Makers of signed addresses: `cancel(customer_id, subscription_id)`, `not_me(customer_id, declaration_id)`."""

    cancel: Callable[[str, str], str]
    not_me: Callable[[str, str], str]


def ask_to_confirm(
    session: Session, row: Declaration, found: Match, links: CancelLinks, terms: Terms, *, now: datetime
) -> None:
    """Queue the mail with a signed link for each contract that may be meant, and "this was not me"."""
    contracts = [
        {"label": label_of(contract), "cancel_url": links.cancel(contract.customer_id or "", contract.id)}
        for contract in found.contracts
    ]
    context = {
        "received_at": row.received_at.isoformat(),
        "kind": row.content.get("kind"),
        "wanted_end": _noon(row.content.get("end"), living_in(session, found.customer, terms)),
        "contracts": contracts,
        "action_url": contracts[0]["cancel_url"],
        "not_me_url": links.not_me(found.customer.id, row.id),
    }
    _queue(session, DECLARED, row, found.customer, context, terms, now)


def acknowledge(
    session: Session,
    row: Declaration,
    customer: CustomerState,
    contract: SubscriptionState,
    terms: Terms,
    *,
    now: datetime,
) -> None:
    """Queue the acknowledgement of a withdrawal: what was declared, its date and time."""
    context = {
        "received_at": row.received_at.isoformat(),
        "contract": label_of(contract) or contract.id,
        "declared_by": row.content.get("name"),  # behind a signed link, so not by a stranger
    }
    _queue(session, WITHDRAWN, row, customer, context, terms, now)


def label_of(contract: SubscriptionState) -> str | None:
    """What the customer would call it: the plan's name, where there is one plan."""
    labels = [item["label"] for item in contract.items or [] if item.get("label")]
    return labels[0] if len(labels) == 1 else None


def living_in(session: Session, customer: CustomerState, terms: Terms) -> Place:
    """The customer's zone and language."""
    facts = contact_rows.facts_of(session, [customer.id]).get(customer.id)
    return place_of(customer, facts, terms)


def _noon(day: str | None, place: Place) -> str | None:
    """An instant that falls on this day where the customer lives, for templates that write days."""
    if not day:
        return None
    return datetime.combine(date.fromisoformat(day), time(12), place.zone.info).isoformat()


def stop_reason(session: Session, mail: Mail, terms: Terms, *, now: datetime) -> Stop | None:
    """Why such a mail must not leave: only a ban or a dead address stops a confirmation."""
    return contact_stop(session, None, mail, Approach(None, Purpose.CONFIRMATION), terms, now=now)


def _queue(
    session: Session,
    name: str,
    row: Declaration,
    customer: CustomerState,
    context: dict[str, Any],
    terms: Terms,
    now: datetime,
) -> None:
    place = living_in(session, customer, terms)
    queue_mail(
        session,
        key=f"{row.id}:{name}",
        name=name,
        purpose=MailPurpose.CONFIRMATION,
        customer_id=customer.id,
        case_id=None,
        step_id=None,
        to_address=customer.email or "",
        locale=place.language.tag,
        context={"customer": {"name": customer.name}, "time_zone": place.zone.name, **context},
        due_at=now,
        now=now,
    )
