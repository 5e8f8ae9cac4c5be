"""How long who wanted to leave, was saved, came back or paid late stayed since: the raw material of survival curves."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from functools import cache
from typing import Any

from sqlalchemy import Select, and_, exists, func, literal, select, union_all
from sqlalchemy.orm import Session

from app.billing.models import Invoice, Subscription
from app.billing.states import TERMINAL_SUBSCRIPTION
from app.cancellation.models import CancelVisit
from app.cancellation.rules.policy import HOLDOUT as NO_OFFER
from app.cases.models import Case
from app.cases.states import CaseKind, Outcome
from app.dunning.models import DunningInvoice
from app.dunning.states import DebtResult
from app.experiments.policy import DunningControl
from app.experiments.rules import Period
from app.offers.models import Grant
from app.proof.gathering.drawn import could_be_either, stream
from app.stats.cancellations_raw import CHANGES_NOTHING
from app.winback.models import Lapse
from app.winback.rules.policy import HOLDOUT as NO_MAIL

CONTROL = frozenset({NO_OFFER, NO_MAIL, *(arm.value for arm in DunningControl)})


class After(StrEnum):
    """What a life is counted from."""

    VISIT = "visit"  # the first one to the cancel page, whatever came of it: the arms as they were drawn
    SAVE = "save"  # the accepted offer is in place
    RETURN = "return"
    RECOVERY = "recovery"  # the late payment came


@dataclass(slots=True)
class Lives:
    """Whole days of each life, and whether it then ended; who is still there was watched no longer.

    `drawn`: the customer could have come to either arm. Only these are compared with the other arm.
    """

    durations: list[int] = field(default_factory=list)
    ended: list[bool] = field(default_factory=list)
    drawn: list[bool] = field(default_factory=list)

    def of_the_drawn(self) -> tuple[list[int], list[bool]]:
        """Their durations, and whether they ended."""
        mine = [i for i, drawn in enumerate(self.drawn) if drawn]
        return [self.durations[i] for i in mine], [self.ended[i] for i in mine]


def lives(session: Session, now: datetime) -> dict[tuple[After, bool], Lives]:
    """By what they are counted from, and whether the customer was held out. A life is a subscription's."""
    found: dict[tuple[After, bool], Lives] = {}
    for after, since, arm, period, status, ended_at, canceled_at in stream(session, _LIVES):
        over = status in TERMINAL_SUBSCRIPTION
        until = (ended_at or canceled_at or now) if over else now
        mine = found.setdefault((After(after), arm in CONTROL), Lives())
        mine.durations.append(max((until - since).days, 0))
        mine.ended.append(over)
        mine.drawn.append(_drawn(period))
    return found


@cache
def _drawn(period: str | None) -> bool:
    """Whether who was drawn under this name could have come to either arm."""
    return period is not None and Period.of(period).could_be_either


_ARM = (Case.experiment_arm, Case.experiment)
_SUBSCRIPTION = (Subscription.status, Subscription.ended_at, Subscription.canceled_at)


def _after(after: After) -> Any:
    return literal(after.value).label("after")


def _visited() -> Select[*tuple[Any, ...]]:
    """One a customer and period, of those who could have come to either arm."""
    first = (
        select(Case.customer_id, Case.experiment, func.min(Case.opened_at).label("since"))
        .where(*could_be_either(CaseKind.CANCELLATION), exists().where(CancelVisit.case_id == Case.id))
        .group_by(Case.customer_id, Case.experiment)
        .subquery()
    )
    mine = and_(
        Case.customer_id == first.c.customer_id,
        Case.experiment == first.c.experiment,
        Case.opened_at == first.c.since,
    )
    return (
        select(_after(After.VISIT), Case.opened_at, *_ARM, *_SUBSCRIPTION)
        .select_from(first)
        .join(Case, mine)
        .join(Subscription, Subscription.id == Case.subject_id)
        .where(Case.kind == CaseKind.CANCELLATION.value)
    )


def _saved() -> Select[*tuple[Any, ...]]:
    return (
        select(_after(After.SAVE), Grant.applied_at, *_ARM, *_SUBSCRIPTION)
        .join(Case, Case.id == Grant.case_id)
        .join(Subscription, Subscription.id == Grant.subscription_id)
        .where(
            Case.kind == CaseKind.CANCELLATION.value,
            Case.outcome == Outcome.SAVED,
            Grant.applied_at.is_not(None),
            Grant.kind.not_in(CHANGES_NOTHING),
        )
    )


def _returned() -> Select[*tuple[Any, ...]]:
    return (
        select(_after(After.RETURN), Lapse.returned_at, *_ARM, *_SUBSCRIPTION)
        .join(Case, Case.id == Lapse.case_id)
        .join(Subscription, Subscription.id == Lapse.returned_subscription_id)
        .where(Case.kind == CaseKind.WINBACK.value, Lapse.returned_at.is_not(None))
    )


def _recovered() -> Select[*tuple[Any, ...]]:
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
        select(_after(After.RECOVERY), first.c.since, *_ARM, *_SUBSCRIPTION)
        .select_from(first)
        .join(Case, Case.id == first.c.case_id)
        .join(Invoice, Invoice.id == first.c.invoice_id)
        .join(Subscription, Subscription.id == Invoice.subscription_id)
        .where(first.c.since.is_not(None))
    )


# Built once: building it takes longer than running it where little has happened yet.
_LIVES = union_all(_visited(), _saved(), _returned(), _recovered())
