"""Survival curves of the daily look: computed with scipy, kept for pages that must not load it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import delete
from sqlalchemy.orm import Session

from app.proof.lives import After, Lives, lives
from app.proof.models import Survival
from app.proof.rules.survival import Curve, logrank, survival
from app.proof.rules.verdict import ENOUGH


@dataclass(frozen=True, slots=True)
class Kept:
    """A curve. `compared`: of its lives, those who could have come to either arm; `logrank_p`: against the other arm's,
    None below 30 in an arm, as no number is said then."""

    curve: Curve
    compared: int
    logrank_p: float | None


Curves = Mapping[tuple[After, bool], Kept]


def curves(session: Session, now: datetime) -> Curves:
    """By what they are counted from, and whether the customer was held out. Writes nothing."""
    found = lives(session, now)
    p_values = {after: _apart(found, after) for after in After}
    return {
        (after, held_out): Kept(survival(mine.durations, mine.ended), sum(mine.drawn), p_values[after])
        for (after, held_out), mine in found.items()
    }


def _apart(found: Mapping[tuple[After, bool], Lives], after: After) -> float | None:
    """The p-value of the log-rank test, treated against held out. Who was there before anybody was held out is
    compared with nobody: they differ in time as well."""
    treated, held_out = (found.get((after, arm), Lives()).of_the_drawn() for arm in (False, True))
    if min(len(treated[0]), len(held_out[0])) < ENOUGH:
        return None
    return logrank(*treated, *held_out)


def keep(session: Session, found: Curves, *, now: datetime) -> None:
    """The new curves in the place of the old ones."""
    session.execute(delete(Survival).execution_options(synchronize_session=False))
    for (after, held_out), kept in found.items():
        curve = kept.curve
        session.add(
            Survival(
                after=after,
                held_out=held_out,
                n=curve.n,
                ended=curve.ended,
                steps=[list(step) for step in curve.steps],
                at_risk=list(curve.at_risk),
                compared=kept.compared,
                logrank_p=kept.logrank_p,
                made_at=now,
            )
        )
