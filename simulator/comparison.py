"""The same failures, the same luck, one policy after the other."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from functools import cache

import numpy as np

from simulator.ledger import Ledger
from simulator.policies.mailing import AfterEveryFailure, NoMails, OnDays
from simulator.policies.oracle import Oracle
from simulator.policies.ours import Ours
from simulator.policies.retrying import RETRYING
from simulator.policies.spread import of_equal_budget
from simulator.running import run
from simulator.world import World
from simulator.worlds import MADE, world_of

PEOPLE = 8000
OURS, NONE, ORACLE = "ours", "no mails", "oracle"
PROVIDERS, SPREAD = "provider's mail on every failure", "as many mails, evenly spread"
FIXED, HELD_OUT = "mails on days 0, 3, 7", "our held-out arm, minimal"
QUICK_B = RETRYING[1][0].name
STAYS, INDIFFERENT_STAYS = 0.92, 0.75  # a month, after a recovery


@dataclass(frozen=True, slots=True)
class Figures:
    """What one policy did in one world. Shares are of the money that failed, or of its customers."""

    recovered: float
    paid: float  # of the customers
    mails: float  # a customer
    mails_per_recovery: float
    cancelled: float
    net_90: float  # money of three cycles, of what three cycles of everybody would bring

    @classmethod
    def of(cls, world: World, ledger: Ledger) -> Figures:
        stays = np.where(world.latent.indifferent, INDIFFERENT_STAYS, STAYS)
        cycles = ledger.value_minor * (1 + stays + stays**2)
        return cls(
            ledger.share_recovered,
            float(ledger.paid.mean()),
            float(ledger.mails.mean()),
            ledger.mails_per_recovery,
            ledger.share_cancelled,
            float(cycles.sum() / (3 * ledger.amount_minor.sum())),
        )


@cache
def _ours(arm: str) -> Ours:
    """Kept for every world of this process, with what it has decided."""
    return Ours(arm=arm)


def compared(world: World) -> dict[str, Figures]:
    """Every policy by name: on top of the provider's own retries, then those that retry themselves."""
    ours = run(world, _ours("treated"))
    ledgers = {
        NONE: run(world, NoMails()),
        FIXED: run(world, OnDays((0, 3, 7))),
        PROVIDERS: run(world, AfterEveryFailure()),
        HELD_OUT: run(world, _ours("minimal")),
        SPREAD: of_equal_budget(world, int(ours.mails.sum())),
        OURS: ours,
        ORACLE: run(world, Oracle.of(world)),
    }
    ledgers |= {policy.name: run(world, policy, retries) for policy, retries in RETRYING}
    return {name: Figures.of(world, ledger) for name, ledger in ledgers.items()}


def of_drawn(seed: int) -> dict[str, Figures]:
    """The comparison in the drawn world of a seed."""
    return compared(world_of(seed, PEOPLE))


def of_made(name: str) -> dict[str, Figures]:
    """The comparison in a world made by hand."""
    return compared(World(MADE[name], 1, PEOPLE))


def in_worlds(seeds: list[int]) -> Iterator[dict[str, Figures]]:
    """One comparison a world, in the order of the seeds."""
    with ProcessPoolExecutor() as pool:
        yield from pool.map(of_drawn, seeds)


def in_made_worlds() -> Iterator[tuple[str, Mapping[str, Figures]]]:
    with ProcessPoolExecutor() as pool:
        yield from zip(MADE, pool.map(of_made, MADE), strict=True)
