"""Tables of the comparison: the median and the worst world, never the best one alone."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
from rich.box import MARKDOWN
from rich.console import Console
from rich.progress import track
from rich.table import Table

from simulator.arrays import Floats
from simulator.comparison import (
    FIXED,
    HELD_OUT,
    NONE,
    ORACLE,
    OURS,
    PEOPLE,
    PROVIDERS,
    QUICK_B,
    SPREAD,
    Figures,
    in_made_worlds,
    in_worlds,
)
from simulator.policies.retrying import RETRYING
from simulator.provenance import commit

World = Mapping[str, Figures]
ON_TOP = (NONE, HELD_OUT, FIXED, PROVIDERS, SPREAD, OURS, ORACLE)
THEY_RETRY = tuple(policy.name for policy, _ in RETRYING)


def show(console: Console, seeds: list[int], which: str) -> None:
    """Run every policy in every world and print what came of it."""
    worlds = list(track(in_worlds(seeds), "worlds", total=len(seeds), console=Console(stderr=True)))
    tell(console, seeds, which, worlds, dict(in_made_worlds()))


def tell(
    console: Console, seeds: list[int], which: str, worlds: Sequence[World], made: Mapping[str, World]
) -> None:
    """Print the tables. `made`: the worlds made by hand."""
    console.print(
        f"{len(seeds)} {which} worlds of {PEOPLE} failures each, drawn by seeds {seeds[0]} to {seeds[-1]} "
        f"(simulator/seeds.json); commit {commit()}.\nThis is simulation: how policies compare under published "
        "constraints, not what a business will see."
    )
    console.print(_policies("On top of the same retries of the provider", worlds, ON_TOP, NONE))
    console.print(_differences(worlds))
    retrying = "Not ours: they retry the card themselves, for 30 days; headroom from B"
    console.print(_policies(retrying, worlds, (*THEY_RETRY, OURS), QUICK_B))
    console.print(_made_worlds(made))


def column(worlds: Sequence[World], policy: str, figure: str = "recovered") -> Floats:
    """One figure of one policy, an element a world."""
    return np.array([getattr(world[policy], figure) for world in worlds])


def headroom(worlds: Sequence[World], policy: str, floor: str = NONE) -> Floats:
    """How much of the way from the floor to the oracle a policy goes, in shares recovered."""
    low = column(worlds, floor)
    return (column(worlds, policy) - low) / (column(worlds, ORACLE) - low)


def mails_per_added(worlds: Sequence[World], policy: str) -> Floats:
    """Mails for each customer who pays and would not have without any; infinite where there is none."""
    added = column(worlds, policy, "paid") - column(worlds, NONE, "paid")
    mails = column(worlds, policy, "mails")
    return np.divide(mails, added, out=np.full_like(mails, np.inf), where=added > 0)


def _policies(title: str, worlds: Sequence[World], policies: Sequence[str], floor: str) -> Table:
    """One row a policy. `floor`: from where its headroom is counted, and on what its mails add."""
    headings = ["recovered", "mails a recovery", "cancelled", "headroom", "net, 90 days"]
    if floor == NONE:
        headings.append("mails an added recovery")
    table = Table("policy", box=MARKDOWN, title=f"{title}: median (worst world)")
    for heading in headings:
        table.add_column(heading, justify="right")
    for policy in policies:
        share, mails = column(worlds, policy), column(worlds, policy, "mails_per_recovery")
        cancelled, net = column(worlds, policy, "cancelled"), column(worlds, policy, "net_90")
        room, added = headroom(worlds, policy, floor), mails_per_added(worlds, policy)
        cells = [
            f"{np.median(share):.1%} ({share.min():.1%})",
            f"{np.median(mails):.1f} ({mails.max():.1f})",
            f"{np.median(cancelled):.1%} ({cancelled.max():.1%})",
            f"{np.median(room):.2f} ({room.min():.2f})",
            f"{np.median(net):.1%} ({net.min():.1%})",
            f"{np.median(added):.0f} ({added.max():.0f})" if policy != NONE else "",
        ]
        table.add_row(policy, *cells[: len(headings)])
    return table


def _differences(worlds: Sequence[World]) -> Table:
    """Ours minus each other policy, world by world."""
    table = Table(
        "ours minus", box=MARKDOWN, title=r"Paired differences in points of share: median \[least .. most]"
    )
    for name in ("points", "worlds where ours is better", "cancellations", "net, 90 days"):
        table.add_column(name, justify="right")
    for policy in (*ON_TOP, *THEY_RETRY):
        if policy == OURS:
            continue
        gain = column(worlds, OURS) - column(worlds, policy)
        table.add_row(
            policy,
            _spread(gain),
            f"{np.mean(gain > 0):.0%}",
            _spread(column(worlds, OURS, "cancelled") - column(worlds, policy, "cancelled")),
            _spread(column(worlds, OURS, "net_90") - column(worlds, policy, "net_90")),
        )
    return table


def _spread(values: Floats) -> str:
    return f"{np.median(values) * 100:+.1f} [{values.min() * 100:+.1f} .. {values.max() * 100:+.1f}]"


def _made_worlds(made: Mapping[str, World]) -> Table:
    table = Table("world", box=MARKDOWN, title="Worlds made by hand: share recovered (cancelled)")
    shown = (NONE, FIXED, PROVIDERS, SPREAD, OURS, ORACLE)
    for policy in shown:
        table.add_column(policy, justify="right")
    for name, world in made.items():
        cells = (f"{world[p].recovered:.1%} ({world[p].cancelled:.1%})" for p in shown)
        table.add_row(name, *cells)
    return table
