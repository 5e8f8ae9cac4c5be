"""What the cancel page offers: nothing, something to everybody, or what answers the stated reason."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
from rich.box import MARKDOWN
from rich.console import Console
from rich.progress import track
from rich.table import Table

from app.cancellation.rules.policy import HOLDOUT, CancellationPolicy, Reason
from app.offers.rules.policy import Offer
from app.offers.states import OfferKind
from simulator.leaving.params import FIXABLE, PAUSE, PRICE, REASONS, drawn
from simulator.leaving.sessions import Choice, Outcome, Sessions, run
from simulator.provenance import commit

WORLDS = 60
CATALOGUE = {
    "quarter": Offer(kind=OfferKind.PERCENT_OFF, percent=25, months=3),
    "half": Offer(kind=OfferKind.PERCENT_OFF, percent=50, months=3),
    "pause": Offer(kind=OfferKind.PAUSE, months=2),
    "talk": Offer(kind=OfferKind.TALK),
}
ANSWERED = CancellationPolicy(
    reasons={
        "too_expensive": Reason(offers=["quarter"]),
        "not_using": Reason(offers=["pause"]),
        "temporary": Reason(offers=["pause"]),
        "missing_feature": Reason(offers=["talk"]),
        "poor_service": Reason(offers=["talk"]),
    }
)
EVERYBODY = CancellationPolicy(reasons={reason: Reason(offers=["half"]) for reason in REASONS})


def by_policy(policy: CancellationPolicy, arm: str = "standard") -> Choice:
    """The first offer that the product's own policy names for the stated reason."""
    named = {reason: next(iter(policy.offers_for(reason, arm)), None) for reason in REASONS}
    offers = {reason: CATALOGUE[name] if name else None for reason, name in named.items()}
    return lambda world, row: offers[REASONS[world.reason[row]]]


def oracle(world: Sessions, row: int) -> Offer | None:
    """Knows why somebody leaves and the least discount that keeps them; gives nothing to who stays anyway."""
    kind = world.kind[row]
    if kind == PRICE:
        return Offer(kind=OfferKind.PERCENT_OFF, percent=float(world.persuaded_by[row]), months=3)
    return {PAUSE: CATALOGUE["pause"], FIXABLE: CATALOGUE["talk"]}.get(int(kind))


CHOICES: Mapping[str, Choice] = {
    "plain page": by_policy(ANSWERED, HOLDOUT),
    "what answers the reason": by_policy(ANSWERED),
    "half price to everybody": by_policy(EVERYBODY),
    "oracle": oracle,
}


def compared(seed: int) -> dict[str, Outcome]:
    """Every way of offering in the world of a seed, with the same luck."""
    world = Sessions(drawn(seed), seed)
    return {name: run(world, choice) for name, choice in CHOICES.items()}


def show(console: Console) -> None:
    """Print what is paid after a visit, more than with the plain page."""
    seeds = range(1, WORLDS + 1)
    worlds = [compared(seed) for seed in track(seeds, "worlds", console=Console(stderr=True))]
    table = Table(
        "offered", box=MARKDOWN, title=r"Median \[least .. most]; money in months of the price, a visit"
    )
    for heading in ("accept", "of them would stay anyway", "more in 90 days", "more in a year", "better in"):
        table.add_column(heading, justify="right")
    for name in CHOICES:
        outcomes = [(world[name], world["plain page"]) for world in worlds]
        year = np.array([o.per_session(12) - plain.per_session(12) for o, plain in outcomes])
        quarter = [o.per_session(3) - plain.per_session(3) for o, plain in outcomes]
        table.add_row(
            name,
            f"{np.median([o.accepted.mean() for o, _ in outcomes]):.0%}",
            f"{np.median([o.free_riders for o, _ in outcomes]):.0%}",
            _spread(quarter),
            _spread(year.tolist()),
            f"{np.mean(year > 0):.0%}",
        )
    console.print(f"{WORLDS} worlds drawn by seeds 1 to {WORLDS}, not calibrated; commit {commit()}")
    console.print(table)


def _spread(values: list[float]) -> str:
    return f"{np.median(values):+.2f} [{min(values):+.2f} .. {max(values):+.2f}]"
