"""Draw worlds until enough of them fit what is published; keep their seeds."""

from __future__ import annotations

import json
from concurrent.futures import ProcessPoolExecutor
from itertools import count, islice
from pathlib import Path

from rich.progress import Progress

from simulator.worlds import DEVELOPMENT, HELD_OUT, SEEDS, fits

BATCH = 50


def choose() -> dict[str, list[int]]:
    """The first seeds that fit: for development, then held out. Written beside this file."""
    wanted = DEVELOPMENT + HELD_OUT
    kept: list[int] = []
    drawn = 0
    with ProcessPoolExecutor() as pool, Progress() as progress:
        task = progress.add_task("worlds that fit", total=wanted)
        seeds = count(1)
        while len(kept) < wanted:
            batch = list(islice(seeds, BATCH))
            kept += [seed for seed, fitting in zip(batch, pool.map(fits, batch), strict=True) if fitting]
            drawn = batch[-1]
            progress.update(task, completed=min(wanted, len(kept)), description=f"{len(kept)} of {drawn}")
    chosen = {"development": kept[:DEVELOPMENT], "held_out": kept[DEVELOPMENT:wanted]}
    Path(str(SEEDS)).write_text(json.dumps(chosen) + "\n", "utf-8")
    return chosen
