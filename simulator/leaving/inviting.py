"""What is sent to lapsed subscribers: nothing, the product's dated steps, a discount with them, or a lot."""

from __future__ import annotations

from collections.abc import Mapping
from concurrent.futures import ProcessPoolExecutor

import numpy as np
from rich.box import MARKDOWN
from rich.console import Console
from rich.table import Table

from app.winback.rules.policy import WinbackPolicy
from simulator.leaving.returning import DAYS, Invitations, Lapses, Returned, drawn, run

WORLDS = 60
OFTEN = (3, 14, 30, 45, 60, 90)
NONE, OURS = "no mail", "ours, without a discount"
INVITATIONS: Mapping[str, Invitations] = {
    NONE: Invitations(),
    OURS: Invitations.of(WinbackPolicy(), percent=0),
    "ours, 25% off for price leavers": Invitations.of(WinbackPolicy(), percent=25),
    "six mails, half price for everybody who left": Invitations(OFTEN, OFTEN, 50, percent_for_all=True),
}


def compared(seed: int) -> dict[str, Returned]:
    """Every way of inviting in the world of a seed, with the same luck."""
    world = Lapses(drawn(seed), seed)
    return {name: run(world, invite) for name, invite in INVITATIONS.items()}


def show(console: Console) -> None:
    """Print what is paid in the year after an end, more than without a mail."""
    with ProcessPoolExecutor() as pool:
        worlds = list(pool.map(compared, range(1, WORLDS + 1)))
    title = rf"{WORLDS} worlds of lapsed subscribers: median \[least .. most]; money in months of the price"
    table = Table("sent", box=MARKDOWN, title=title)
    for heading in ("back in a year", "mails a lapse", "more paid in a year", "better in"):
        table.add_column(heading, justify="right")
    for name in INVITATIONS:
        more = np.array([world[name].cash.mean() - world[NONE].cash.mean() for world in worlds])
        back = [(world[name].day < DAYS).mean() for world in worlds]
        table.add_row(
            name,
            f"{np.median(back):.1%}",
            f"{np.median([world[name].mails.mean() for world in worlds]):.1f}",
            f"{np.median(more):+.3f} [{more.min():+.3f} .. {more.max():+.3f}]",
            f"{np.mean(more > 0):.0%}",
        )
    console.print(table)
