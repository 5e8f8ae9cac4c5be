"""What people do with a mail, by how many they have had before."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from simulator.arrays import Bools, Floats
from simulator.world import MAILS, World


@dataclass(frozen=True)
class Readings:
    """Customer x mail: what the mail makes of it, if it reaches somebody who is still late."""

    pays: Bools
    cancels: Bools
    unsubscribes: Bools
    complains: Bools


def readings(world: World) -> Readings:
    """Open, click, complete or leave, or complain: all of it settled by the world's luck."""
    params, luck = world.params, world.luck
    indifferent = world.latent.indifferent[:, None]
    clicked = luck.reading < _by_mail(params.clicks)
    opened = ~clicked & (luck.reading < _by_mail(params.opens))
    completes = np.where(indifferent, params.indifferent_completes, params.completes)
    pays = clicked & (luck.deciding < completes)
    leaves = clicked & ~pays & (luck.deciding < completes + params.cancels_on_click)
    leaves |= opened & (luck.deciding < params.cancels_on_open)
    complains = luck.leaving < params.complains
    return Readings(
        pays=pays,
        cancels=leaves & (indifferent | params.everyone_cancels),
        unsubscribes=~complains & (luck.leaving < params.complains + params.unsubscribes),
        complains=complains,
    )


def _by_mail(shares: tuple[float, ...]) -> Floats:
    """The share of each mail in turn; later ones are read as the last published one."""
    return np.asarray(shares)[np.minimum(np.arange(MAILS), len(shares) - 1)]
