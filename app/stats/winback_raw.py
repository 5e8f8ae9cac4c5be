"""Lapses out of the database, with their sequences, mails and offers. Definitions: winback_rules.py."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from app.cases.models import Case
from app.offers.models import Grant
from app.outbox.models import Mail
from app.outbox.states import MailState
from app.stats.rollups.report import UNKNOWN_DIMENSION, Key, Rollup, day_table
from app.stats.rules import Window
from app.stats.winback_rules import LapseCase, WinbackFigures, figures_of
from app.winback.models import Lapse
from app.winback.rules.policy import HOLDOUT
from app.winback.states import LapseState

DIMS = ("kind", "reason", "step", "offer", "plan", "currency")
NO_OFFER = "none"


def raw(session: Session, window: Window) -> dict[Key, WinbackFigures]:
    """The lapses of a time, by day and dimensions. An end that was taken back, or is still to come, is none."""
    mails, offers = _mails(session, window), _offers(session, window)
    query = select(Lapse, Case.experiment_arm, Case.details).outerjoin(Case, Case.id == Lapse.case_id)
    found: dict[Key, WinbackFigures] = {}
    for lapse, arm, details in session.execute(query.where(*_ended_in(window))):
        sent = mails.get(lapse.case_id or "", 0)
        key = (
            lapse.ends_at.date(),
            lapse.kind,
            lapse.reason or "no reason told",
            str(sent),
            offers.get(lapse.id, NO_OFFER),
            lapse.price_id or UNKNOWN_DIMENSION,
            lapse.currency or UNKNOWN_DIMENSION,
        )
        figures = figures_of(_case(lapse, arm, details, sent))
        found[key] = found.get(key, WinbackFigures()) + figures
    return found


def _ended_in(window: Window) -> list[Any]:
    return [
        Lapse.ends_at >= window.begins_at,
        Lapse.ends_at < window.ends_at,
        Lapse.running.is_(False),
        Lapse.state != LapseState.UNDONE,
    ]


def _case(lapse: Lapse, arm: str | None, details: Mapping[str, Any] | None, mails: int) -> LapseCase:
    return LapseCase(
        enrolled=arm is not None,
        held_out=arm == HOLDOUT,
        mails=mails,
        clicked=bool((details or {}).get("clicks")),
        how=lapse.returned_how if lapse.returned_at is not None else None,
        paid_minor=lapse.paid_minor,
        outcomes=(lapse.outcome_30, lapse.outcome_60, lapse.outcome_90, lapse.outcome_365),
    )


def _mails(session: Session, window: Window) -> dict[str, int]:
    """How many mails of its steps went, or may have gone, by case."""
    query = (
        select(Mail.case_id, func.count())
        .join(Lapse, Lapse.case_id == Mail.case_id)
        .where(
            *_ended_in(window),
            Mail.step_id.is_not(None),
            Mail.withheld.is_(None),
            Mail.state.in_((MailState.SENT, MailState.UNKNOWN)),
        )
        .group_by(Mail.case_id)
    )
    return {case_id: count for case_id, count in session.execute(query) if case_id}


def _offers(session: Session, window: Window) -> dict[str, str]:
    """The offer that was taken, else the last one that was made, by lapse."""
    query = (
        select(Lapse.id, Lapse.grant_id, Grant.id, Grant.offer)
        .join(Grant, Grant.case_id == Lapse.case_id)
        .where(*_ended_in(window))
        .order_by(Grant.shown_at, Grant.id)
    )
    found: dict[str, str] = {}
    for lapse_id, taken, grant_id, offer in session.execute(query):
        if taken in (None, grant_id):
            found[lapse_id] = offer
    return found


WINBACK = Rollup(
    name="winback",
    dims=DIMS,
    figures=WinbackFigures,
    raw=raw,
    stands_on=Lapse.ends_at,
    customer=Lapse.customer_id,
    told_by=frozenset(t.__tablename__ for t in (Lapse, Case, Mail, Grant)),
    model=day_table("winback", DIMS, WinbackFigures),
)
