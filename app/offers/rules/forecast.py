"""What the catalogue would cost, said before it is published. Pure; a forecast, not a promise.

For each offer: of the subscriptions that are active, the share that might have it; of the people who are
expected to ask to leave in a month, that share; of those, who accept; times what a grant costs.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from app.core.money import Money, total
from app.offers.rules.contract import Contract
from app.offers.rules.eligibility import Applicant, refusals
from app.offers.rules.policy import Catalogue
from app.offers.rules.terms import terms_of

ASSUMED_CHURN = 0.03  # a month, where nobody has left yet
LOOK_BACK = timedelta(days=90)
FEWEST = 10
"""Cancellations that make a history; a forecast from fewer would say more than is known."""
DAYS_A_MONTH = 365 / 12


@dataclass(frozen=True, slots=True)
class Leaving:
    """How many ask to leave a month, and where the figure is from: `history` or `assumed`."""

    a_month: float
    source: str


@dataclass(frozen=True, slots=True)
class Candidate:
    """An active subscription as our rows know it, and the person behind it."""

    contract: Contract
    person: Applicant


@dataclass(frozen=True, slots=True)
class Line:
    """One offer. `cost`: a month, by currency; `over`: the currencies in which that is beyond the budget."""

    offer: str
    eligible: int
    grants: float
    cost: tuple[Money, ...]
    budget: Mapping[str, int]
    over: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Forecast:
    active: int
    leaving: Leaving
    accept_rate: float
    lines: tuple[Line, ...]


def leaving_of(asked_at: Sequence[datetime], active: int, *, now: datetime) -> Leaving:
    """From the cancellations of the last 90 days if they are enough, else an assumed 3% of the active a month."""
    recent = sum(now - LOOK_BACK < at <= now for at in asked_at)
    if recent < FEWEST:
        return Leaving(active * ASSUMED_CHURN, "assumed")
    return Leaving(recent / LOOK_BACK.days * DAYS_A_MONTH, "history")


def forecast(
    catalogue: Catalogue,
    candidates: Sequence[Candidate],
    leaving: Leaving,
    *,
    accept_rate: float,
    now: datetime,
) -> Forecast:
    """The expected grants and cost of each offer in a month, each as if it were the only one."""
    people = len(candidates)
    lines = [
        _line(name, catalogue, candidates, leaving.a_month / people if people else 0, accept_rate, now)
        for name in catalogue
    ]
    return Forecast(people, leaving, accept_rate, tuple(lines))


def _line(
    name: str,
    catalogue: Catalogue,
    candidates: Sequence[Candidate],
    churn: float,
    accept_rate: float,
    now: datetime,
) -> Line:
    offer, costs = catalogue[name], list[Money]()
    for one in candidates:
        # Who would be shown an upgrade has said that they miss what it has.
        person = replace(one.person, missing=next(iter(offer.features), None))
        if refusals(name, offer, one.contract, person, cost_minor=0, now=now):
            continue
        terms = terms_of(offer, one.contract, feature=person.missing, now=now)
        costs.append(Money(terms.cost_minor, terms.currency))
    taken = churn * accept_rate
    grants = len(costs) * taken
    if offer.most_per_month is not None and grants > offer.most_per_month:
        taken, grants = taken * offer.most_per_month / grants, float(offer.most_per_month)
    cost = tuple(Money(round(m.amount_minor * taken), m.currency) for m in total(costs) if m.amount_minor)
    over = tuple(
        m.currency for m in cost if m.amount_minor > offer.budget_minor.get(m.currency, m.amount_minor)
    )
    return Line(name, len(costs), grants, cost, offer.budget_minor, over)
