"""Everything that decides whether lapsed people are invited, gathered for many lapses at once."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from app.billing import repository as billing
from app.billing.states import CustomerState, InvoiceState, SubscriptionState
from app.cases.models import Case
from app.cases.standing import standing_of
from app.cases.states import CaseKind, CaseState, Outcome
from app.contacts.rules.standing import Standing
from app.core import gates
from app.winback import repository
from app.winback.mails import Setup
from app.winback.models import Lapse
from app.winback.persons import twins_of
from app.winback.rules import enrolment
from app.winback.rules.enrolment import INVITING, Lapsed
from app.winback.rules.outcome import runs_besides
from app.winback.settling import departure_of, held
from app.winback.states import LapseKind

FRAUD = frozenset({"fraudulent", "merchant_blacklist"})


@dataclass(frozen=True, slots=True)
class People:
    """Customers with the others that are the same person, and all their subscriptions."""

    customers: Mapping[str, CustomerState]
    twins: Mapping[str, frozenset[str]]
    subscriptions: Mapping[str, Sequence[SubscriptionState]]

    def selves(self, customer_id: str) -> frozenset[str]:
        return self.twins.get(customer_id, frozenset()) | {customer_id}

    def theirs(self, customer_id: str) -> list[SubscriptionState]:
        return [s for c in sorted(self.selves(customer_id)) for s in self.subscriptions.get(c, ())]


def people_of(session: Session, customer_ids: Collection[str]) -> People:
    """These customers with all that is the same person's."""
    customers = billing.load(session, CustomerState, customer_ids)
    twins = twins_of(session, customers)
    everybody = {*customer_ids, *(t for others in twins.values() for t in others)}
    grouped: dict[str, list[SubscriptionState]] = {}
    for row in billing.subscriptions_of(session, everybody).values():
        grouped.setdefault(row.customer_id or "", []).append(row)
    return People(customers, twins, grouped)


def lapsed_of(
    session: Session, lapses: Sequence[Lapse], people: People, setup: Setup, *, now: datetime
) -> dict[str, Lapsed]:
    """What the rules of enrolment decide on, by the lapse's id. Writes nothing."""
    ids = {row.customer_id for row in lapses}
    standings = standing_of(session, people.customers.values(), [INVITING], setup.terms, now=now)
    everybody = {s for c in ids for s in people.selves(c)}
    sequences = _sequences(session, everybody)
    disputed = repository.disputed_ever(session, everybody)
    fraud = _suspected(billing.invoices_of(session, ids).values())
    paid = billing.paid_invoices_of(session, ids).values()
    refunded = _refunded(paid)
    watching = gates.registered(session)
    since = watching.watching_since if watching else None
    return {
        row.id: _lapsed(row, people, standings, sequences, disputed, fraud, refunded, since) for row in lapses
    }


def _lapsed(
    row: Lapse,
    people: People,
    standings: Mapping[str, Standing],
    sequences: Mapping[str, Sequence[Case]],
    disputed: Collection[str],
    fraud: Collection[str],
    refunded: Collection[str],
    watching_since: datetime | None,
) -> Lapsed:
    customer = people.customers.get(row.customer_id)
    theirs = people.theirs(row.customer_id)
    own = next((s for s in theirs if s.id == row.id), None)
    return Lapsed(
        kind=LapseKind(row.kind),
        ends_at=row.ends_at,
        received_minor=row.received_minor,
        seen_whole=_seen_whole(row, own, watching_since),
        known=customer is not None and not customer.deleted,
        has_address=customer is not None and bool(customer.email),
        cancellation_reason=own.cancellation_reason if own else None,
        disputed=bool(people.selves(row.customer_id) & set(disputed)),
        fraud=row.customer_id in fraud,
        refunded=row.id in refunded,
        runs_elsewhere=runs_besides(departure_of(row), [held(s) for s in theirs]),
        sequences=tuple(
            _sequence(case, row.customer_id)
            for c in sorted(people.selves(row.customer_id))
            for case in sequences.get(c, ())
        ),
        standing=standings.get(row.customer_id),
    )


def _seen_whole(row: Lapse, own: SubscriptionState | None, watching_since: datetime | None) -> bool:
    """Of a subscription that began before we watched we have not seen what was paid."""
    if own is not None and own.trial_end_at is not None and own.trial_end_at >= row.ends_at:
        return True
    return row.started_at is not None and watching_since is not None and row.started_at >= watching_since


def _sequences(session: Session, customer_ids: Collection[str]) -> dict[str, list[Case]]:
    query = select(Case).where(
        Case.kind == CaseKind.WINBACK.value, Case.customer_id.in_(sorted(customer_ids))
    )
    found: dict[str, list[Case]] = {}
    for case in session.scalars(query.order_by(Case.opened_at, Case.id)):
        found.setdefault(case.customer_id, []).append(case)
    return found


def _sequence(case: Case, customer_id: str) -> enrolment.Sequence:
    return enrolment.Sequence(
        began_at=case.opened_at,
        twin=case.customer_id != customer_id,
        open=case.state != CaseState.CLOSED,
        returned=case.outcome == Outcome.RETURNED,
        declined="declined" in case.details,
    )


def _suspected(invoices: Iterable[InvoiceState]) -> set[str]:
    """Customers with a payment that was refused as fraudulent."""
    return {
        i.customer_id
        for i in invoices
        if i.customer_id and i.decline and (i.decline.get("decline_code") in FRAUD)
    }


def _refunded(paid: Iterable[InvoiceState]) -> set[str]:
    """Subscriptions whose last payment was given back in full."""
    latest: dict[str, InvoiceState] = {}
    for invoice in sorted(paid, key=lambda i: (i.paid_at is not None, i.paid_at, i.id)):
        if invoice.subscription_id and invoice.amount_paid_minor > 0:
            latest[invoice.subscription_id] = invoice
    return {key for key, i in latest.items() if i.refunded_minor >= i.amount_paid_minor}
