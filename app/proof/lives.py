"""How long those who were saved, came back or paid late have stayed since: the raw material of survival curves."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from app.billing.models import Invoice, Subscription
from app.billing.states import TERMINAL_SUBSCRIPTION
from app.cancellation.rules.policy import HOLDOUT as NO_OFFER
from app.cases.models import Case
from app.cases.states import CaseKind, Outcome
from app.dunning.models import DunningInvoice
from app.dunning.states import DebtResult
from app.experiments.policy import DunningControl
from app.offers.models import Grant
from app.proof.gathering.drawn import stream
from app.stats.cancellations_raw import CHANGES_NOTHING
from app.winback.models import Lapse
from app.winback.rules.policy import HOLDOUT as NO_MAIL

CONTROL = frozenset({NO_OFFER, NO_MAIL, *(arm.value for arm in DunningControl)})


class After(StrEnum):
    """What a life is counted from."""

    SAVE = "save"  # the accepted offer is in place
    RETURN = "return"
    RECOVERY = "recovery"  # the late payment came


@dataclass(slots=True)
class Lives:
    """Whole days of each life, and whether it then ended; who is still there was watched no longer."""

    durations: list[int] = field(default_factory=list)
    ended: list[bool] = field(default_factory=list)


def lives(session: Session, now: datetime) -> dict[tuple[After, bool], Lives]:
    """By what they are counted from, and whether the customer was held out. A life is a subscription's."""
    found: dict[tuple[After, bool], Lives] = {}
    for after, rows in _queries():
        for since, arm, status, ended_at, canceled_at in stream(session, rows):
            over = status in TERMINAL_SUBSCRIPTION
            until = (ended_at or canceled_at or now) if over else now
            mine = found.setdefault((after, arm in CONTROL), Lives())
            mine.durations.append(max((until - since).days, 0))
            mine.ended.append(over)
    return found


def _queries() -> list[tuple[After, Any]]:
    return [(After.SAVE, _saved()), (After.RETURN, _returned()), (After.RECOVERY, _recovered())]


_SUBSCRIPTION = (Subscription.status, Subscription.ended_at, Subscription.canceled_at)


def _saved() -> Any:
    return (
        select(Grant.applied_at, Case.experiment_arm, *_SUBSCRIPTION)
        .join(Case, Case.id == Grant.case_id)
        .join(Subscription, Subscription.id == Grant.subscription_id)
        .where(
            Case.kind == CaseKind.CANCELLATION.value,
            Case.outcome == Outcome.SAVED,
            Grant.applied_at.is_not(None),
            Grant.kind.not_in(CHANGES_NOTHING),
        )
    )


def _returned() -> Any:
    return (
        select(Lapse.returned_at, Case.experiment_arm, *_SUBSCRIPTION)
        .join(Case, Case.id == Lapse.case_id)
        .join(Subscription, Subscription.id == Lapse.returned_subscription_id)
        .where(Case.kind == CaseKind.WINBACK.value, Lapse.returned_at.is_not(None))
    )


def _recovered() -> Any:
    """One a case: from the first of its late invoices that was paid and kept."""
    row = DunningInvoice
    paid_at = func.coalesce(row.paid_at, row.settled_at)
    first = (
        select(row.case_id, func.min(paid_at).label("since"), func.min(row.invoice_id).label("invoice_id"))
        .where(row.result == DebtResult.PAID, row.paid_minor > row.returned_minor)
        .group_by(row.case_id)
        .subquery()
    )
    return (
        select(first.c.since, Case.experiment_arm, *_SUBSCRIPTION)
        .select_from(first)
        .join(Case, Case.id == first.c.case_id)
        .join(Invoice, Invoice.id == first.c.invoice_id)
        .join(Subscription, Subscription.id == Invoice.subscription_id)
        .where(first.c.since.is_not(None))
    )
