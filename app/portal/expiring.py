"""A case about a card that is to expire, as its page needs it. Read without the locks that deciding takes."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy.orm import Session

from app.billing import repository as billing
from app.billing.states import CustomerState, PaymentMethodState, SubscriptionState
from app.cases import repository as case_rows
from app.cases.card_sessions import sessions_of
from app.cases.models import CardSession, Case
from app.cases.states import CardSessionState, CaseKind, CaseState, Outcome
from app.contacts.rules import zone_for
from app.core import gates
from app.expiring.desk import watched_of
from app.expiring.mails import noon_of
from app.expiring.rules.cases import Watched
from app.portal.states import CardView

FALLBACK_CURRENCY = "usd"
"""A setup page wants a currency to know which ways to pay it may offer; nothing is charged in it."""


@dataclass(frozen=True, slots=True)
class CardLine:
    """One charge that is to come and the card it would find."""

    label: str | None
    brand: str | None
    last4: str | None
    valid_until: datetime
    charge_at: datetime


@dataclass(frozen=True, slots=True)
class ExpiringCase:
    """`customer` is None after an erasure."""

    case_id: str
    customer_id: str
    customer: CustomerState | None
    view: CardView
    lines: tuple[CardLine, ...]
    currency: str
    returned_from: str | None = None


def expiring_case(
    session: Session, case: Case, *, default_zone: str, returned_from: str | None
) -> ExpiringCase:
    """The page's picture of a case of this kind."""
    customer = billing.load(session, CustomerState, [case.customer_id]).get(case.customer_id)
    watched = sorted(watched_of(case), key=lambda w: (w.charge_at, w.subscription_id))
    methods = billing.load(session, PaymentMethodState, {w.method_id for w in watched})
    subscriptions = billing.load(session, SubscriptionState, {w.subscription_id for w in watched})
    zone = zone_for(
        customer.time_zone if customer else None, customer.country if customer else None, default_zone
    ).info
    lines = tuple(_line(w, methods, subscriptions, noon_of(w.valid_until, zone)) for w in watched)
    sessions = sessions_of(session, case.id)
    known = returned_from if any(s.id == returned_from for s in sessions) else None
    view = view_of(
        CaseState(case.state), case.outcome, sessions, known, paused=gates.paused(session) is not None
    )
    currency = next((c for s in subscriptions.values() if (c := _currency(s))), None)
    currency = currency or (customer.currency if customer else None) or FALLBACK_CURRENCY
    return ExpiringCase(case.id, case.customer_id, customer, view, lines, currency, known)


def _line(
    watch: Watched,
    methods: dict[str, PaymentMethodState],
    subscriptions: dict[str, SubscriptionState],
    valid_until: datetime,
) -> CardLine:
    method, subscription = methods.get(watch.method_id), subscriptions.get(watch.subscription_id)
    labels = [i["label"] for i in (subscription.items or []) if i.get("label")] if subscription else []
    label = labels[0] if len(labels) == 1 else None
    brand, last4 = (method.brand, method.last4) if method else (None, None)
    return CardLine(label, brand, last4, valid_until, watch.charge_at)


def _currency(subscription: SubscriptionState) -> str | None:
    return next((i["currency"] for i in subscription.items or [] if i.get("currency")), None)


def view_of(
    state: CaseState,
    outcome: str | None,
    sessions: Sequence[CardSession],
    returned_from: str | None,
    *,
    paused: bool,
) -> CardView:
    """What the page says. Sessions newest first; the provider sends people back only from a completed page."""
    named = next((s for s in sessions if s.id == returned_from), None)
    last = named or next((s for s in sessions if s.completed_at), None)
    if last is not None and last.state == CardSessionState.SAVED:
        return CardView.SAVED
    if last is not None and (
        last.state == CardSessionState.CHARGING or (last is named and not last.completed_at)
    ):
        return CardView.SAVING
    if state is CaseState.CLOSED:
        return CardView.SAVED if outcome == Outcome.CARD_UPDATED else CardView.ENDED
    if state is CaseState.HELD:
        return CardView.HELD
    if paused:
        return CardView.PAUSED
    failed = last is not None and last.state == CardSessionState.FAILED
    return CardView.FAILED if failed else CardView.DUE


def handed_over_to(session: Session, case: Case) -> Case | None:
    """The open case of the late payment that an expired card has led to: its page is what the link shows now."""
    if case.state != CaseState.CLOSED or case.outcome != Outcome.EXPIRED:
        return None
    open_ones = [k for _, k in case_rows.open_kinds(session, [case.customer_id])]
    if CaseKind.DUNNING not in open_ones:
        return None
    found = case_rows.listing(session, kind=CaseKind.DUNNING, customer_id=case.customer_id, limit=1)
    return found[0] if found and found[0].state != CaseState.CLOSED else None
