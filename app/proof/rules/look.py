"""One look at one experiment in one currency: counts, estimate, verdict. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from app.proof.rules import ratio
from app.proof.rules.cohorts import Cohort, cohorts_of, month_of, months_between
from app.proof.rules.estimate import Estimate, estimate
from app.proof.rules.secondary import Secondary, secondary
from app.proof.rules.units import Observed, Sample, sample_of
from app.proof.rules.verdict import Outlook, Verdict, outlook, verdict


@dataclass(frozen=True, slots=True)
class Look:
    """What may be said. `sample`: the customers of closed cohorts; `estimate` None: no number may be said.

    `ratio_p`: how likely arms of such sizes are, over all cohorts, the open ones too. `reminders` went to treated
    customers, of whom so many `recovered`.
    """

    cohorts: Sequence[Cohort]
    sample: Sample
    ratio_p: float
    verdict: Verdict
    estimate: Estimate | None
    outlook: Outlook | None
    reminders: int
    recovered: int
    secondary: Secondary

    @property
    def closed_through(self) -> str | None:
        """The last month that counts."""
        return max((c.month for c in self.cohorts if c.closed), default=None)


def look(experiment: str, observed: Sequence[Observed], now: datetime) -> Look:
    """The look at these customers: of one experiment, one control arm and one currency."""
    cohorts = cohorts_of([(o.unit.at, o.unit.treated) for o in observed], experiment, now)
    done = {c.month for c in cohorts if c.closed}
    closed = [o for o in observed if month_of(o.unit.at) in done]
    sample = sample_of([o.unit for o in closed])
    ratio_p = ratio.sample_ratio(_drawn(observed))
    blocked = ratio.blocked(ratio_p)
    found = None if blocked else estimate(sample)
    lower, upper = (found.effect.lower, found.effect.upper) if found else (None, None)
    said = verdict(sample.n_treated, sample.n_held_out, lower, upper, blocked=blocked)
    treated = [o for o in closed if o.unit.treated]
    return Look(
        cohorts=cohorts,
        sample=sample,
        ratio_p=ratio_p,
        verdict=said,
        estimate=found,
        outlook=_outlook(experiment, found, sorted(done)) if said is Verdict.NOT_YET else None,
        reminders=sum(o.contacts for o in treated),
        recovered=sum(o.recovered for o in treated),
        secondary=Secondary()
        if blocked
        else secondary(experiment, observed, closed, said=found is not None, now=now),
    )


def _drawn(observed: Sequence[Observed]) -> list[ratio.Drawn]:
    counts: dict[float, list[int]] = {}
    for o in observed:
        counts.setdefault(o.unit.pi, [0, 0])[o.unit.treated] += 1
    return [ratio.Drawn(treated=n[1], held_out=n[0], pi=pi) for pi, n in counts.items()]


def _outlook(experiment: str, found: Estimate | None, months: Sequence[str]) -> Outlook | None:
    if found is None:
        return None
    effect = found.effect
    per_month = effect.n / months_between(months[0], months[-1])
    return outlook(
        experiment, n=effect.n, per_month=per_month, tau=effect.tau, sd=effect.sd, half=effect.half
    )
