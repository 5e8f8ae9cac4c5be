"""As many mails as the product sends, spread evenly over the same time, whatever the reason of the failure.

Without it a policy would be praised for writing more, not for writing better.
"""

from __future__ import annotations

import numpy as np

from simulator.ledger import Ledger
from simulator.policies.mailing import NoMails, OnDays
from simulator.running import run
from simulator.world import World

LAST_DAY = 11  # three days before access ends, as the product's last mail
MOST = 8


def evenly(count: int) -> OnDays:
    """`count` mails from the day of the failure to the last: `evenly(3).on == (0, 6, 11)`."""
    return OnDays(tuple(int(day) for day in np.round(np.linspace(0, LAST_DAY, count))))


def of_equal_budget(world: World, mails: int) -> Ledger:
    """Everybody gets k or k+1 mails, by lot, such that `mails` are sent in all."""
    fewer = run(world, NoMails())
    for count in range(1, MOST + 1):
        more = run(world, evenly(count))
        if more.mails.sum() >= mails:
            break
        fewer = more
    # Customers do not meet, so rows of two runs may be mixed instead of running a third.
    order = np.random.default_rng([world.seed, 3]).permutation(world.people)
    gained = np.cumsum((more.mails - fewer.mails)[order])
    reached = int(np.searchsorted(gained, mails - int(fewer.mails.sum())))
    theirs = np.zeros(world.people, dtype=bool)
    theirs[order[: reached + 1]] = True
    return fewer.mixed(more, theirs)
