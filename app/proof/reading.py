"""What the proof says now, for pages, tables and reports: plain values, and no statistics to load."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, fields
from datetime import datetime
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from app.proof import repository
from app.proof.models import Proof, Survival
from app.proof.rules.cohorts import Cohort
from app.proof.rules.told import Cancelled, NetKept, Parts, Year
from app.proof.rules.verdict import Outlook, Verdict, words


@dataclass(frozen=True, slots=True)
class Numbers:
    """What may be said in numbers, of treated customers of closed cohorts, in minor units. `share`: of the money at
    risk; `half`: of its always-valid 95% interval."""

    at_risk_minor: int
    collected_minor: int
    incremental_minor: int
    lower_minor: int
    upper_minor: int
    share: float
    half: float

    @property
    def collected_share(self) -> float:
        return self.collected_minor / self.at_risk_minor

    @property
    def anyway_minor(self) -> int:
        """What would have come anyway: `collected - incremental`."""
        return self.collected_minor - self.incremental_minor

    @property
    def anyway_lower_minor(self) -> int:
        """The interval mirrored: the more was incremental, the less would have come."""
        return self.collected_minor - self.upper_minor

    @property
    def anyway_upper_minor(self) -> int:
        return self.collected_minor - self.lower_minor


@dataclass(frozen=True, slots=True)
class ProofView:
    """One experiment against one control arm in one currency. `treated`, `held_out`: of closed cohorts.

    `numbers` None: no number may be said, and `words` say why. `guardrails`: by name, each with its `alarm` (none,
    look, warn, stop) and the figures behind it, of all customers up to `looked_at`. `self_check_covered`: of a hundred
    intervals between equals, so many included zero.
    The last three are secondary: they have no verdict, and stand for themselves (rules/told.py).
    """

    experiment: str
    control: str
    currency: str
    look_at: datetime
    looked_at: datetime
    closed_through: str | None
    cohorts: tuple[Cohort, ...]
    treated: int
    held_out: int
    verdict: Verdict
    words: str
    numbers: Numbers | None
    outlook: Outlook | None
    ratio_p: float
    self_check_covered: int | None
    self_check_passed_at: datetime | None
    reminders: int
    recovered: int
    guardrails: Mapping[str, Mapping[str, Any]]
    net_kept: NetKept | None = None
    cancelled: Cancelled | None = None
    year: Year | None = None

    @property
    def since(self) -> str | None:
        """The first month that counts."""
        return min((c.month for c in self.cohorts if c.closed), default=None)

    @property
    def open_customers(self) -> int:
        """Of months that have not closed: counted, and in no number."""
        return sum(c.treated + c.held_out for c in self.cohorts if not c.closed)

    @property
    def reminders_per_recovery(self) -> float | None:
        """Sent to treated customers, for each of them who paid; None where nobody has."""
        return self.reminders / self.recovered if self.recovered else None


def latest(session: Session, currency: str | None = None) -> list[ProofView]:
    """The newest look at every experiment, control arm and currency; none before somebody was held out."""
    wanted = currency.lower() if currency else None
    return [view_of(row) for row in repository.newest(session, wanted).values()]


def history(session: Session, experiment: str, control: str, currency: str) -> list[ProofView]:
    """Every look at one of them whose numbers differed from the one before, the oldest first."""
    return [view_of(row) for row in repository.looks(session, (experiment, control, currency.lower()))]


def view_of(row: Proof) -> ProofView:
    """A row as it may be shown."""
    found, ahead = Verdict(row.verdict), _outlook(row)
    return ProofView(
        experiment=row.experiment,
        control=row.control,
        currency=row.currency,
        look_at=row.look_at,
        looked_at=row.looked_at,
        closed_through=row.closed_through,
        cohorts=tuple(Cohort(**c) for c in row.cohorts),
        treated=row.treated,
        held_out=row.held_out,
        verdict=found,
        words=words(found, row.experiment, row.treated, row.held_out, ahead),
        numbers=_numbers(row),
        outlook=ahead,
        ratio_p=row.ratio_p,
        self_check_covered=row.self_check_covered,
        self_check_passed_at=row.self_check_passed_at,
        reminders=row.reminders,
        recovered=row.recovered,
        guardrails=row.guardrails,
        net_kept=_net_kept(row),
        cancelled=_cancelled(row),
        year=Year(**row.year) if row.year else None,
    )


def _numbers(row: Proof) -> Numbers | None:
    """All of them stand there, or none."""
    if row.tau is None:
        return None
    return Numbers(**{f.name: getattr(row, _COLUMNS.get(f.name, f.name)) for f in fields(Numbers)})


_COLUMNS = {"share": "tau"}


def _net_kept(row: Proof) -> NetKept | None:
    """The parts of what was incremental; None for late payments, and where no number may be said."""
    numbers = _numbers(row)
    if numbers is None or row.received_minor is None or row.in_kind_minor is None:
        return None
    return NetKept(
        Parts(row.received_minor, row.in_kind_minor, row.discount_minor or 0), numbers.anyway_minor
    )


def _cancelled(row: Proof) -> Cancelled | None:
    if row.cancelled_treated is None or row.cancelled_held_out is None:
        return None
    return Cancelled(row.cancelled_treated, row.cancelled_held_out)


def _outlook(row: Proof) -> Outlook | None:
    if row.per_month is None or row.effect is None:
        return None
    return Outlook(row.per_month, row.effect, row.months)


@dataclass(frozen=True, slots=True)
class SurvivalView:
    """How many are still there after a visit, a save, a return or a recovery. `steps`: from this day on, this share;
    `at_risk`: so many were still there and watched, at each of the days of rules/survival.py. `compared`: who could
    have come to either arm; `logrank_p`: of the two curves of these, a secondary figure that decides nothing."""

    after: str
    held_out: bool
    n: int
    ended: int
    steps: tuple[tuple[float, float], ...]
    at_risk: tuple[int, ...]
    compared: int
    logrank_p: float | None
    made_at: datetime


def survivals(session: Session) -> list[SurvivalView]:
    """The newest curves; none where nobody was saved, came back or paid late yet."""
    rows = session.scalars(select(Survival).order_by(Survival.after, Survival.held_out))
    return [
        SurvivalView(
            row.after,
            row.held_out,
            row.n,
            row.ended,
            tuple((day, share) for day, share in row.steps),
            tuple(row.at_risk),
            row.compared or 0,
            row.logrank_p,
            row.made_at,
        )
        for row in rows
    ]
