"""Survival curves of the daily look: computed with scipy, kept for pages that must not load it."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime

from sqlalchemy import delete
from sqlalchemy.orm import Session

from app.proof.lives import After, lives
from app.proof.models import Survival
from app.proof.rules.survival import Curve, survival

Curves = Mapping[tuple[After, bool], Curve]


def curves(session: Session, now: datetime) -> Curves:
    """By what they are counted from, and whether the customer was held out. Writes nothing."""
    return {key: survival(mine.durations, mine.ended) for key, mine in lives(session, now).items()}


def keep(session: Session, found: Curves, *, now: datetime) -> None:
    """The new curves in the place of the old ones."""
    session.execute(delete(Survival).execution_options(synchronize_session=False))
    for (after, held_out), curve in found.items():
        session.add(
            Survival(
                after=after,
                held_out=held_out,
                n=curve.n,
                ended=curve.ended,
                steps=[list(step) for step in curve.steps],
                at_risk=list(curve.at_risk),
                made_at=now,
            )
        )
