"""Does the service's own report tell the truth? Whole histories of a small business, judged every month.

The estimator and the guardrails are the service's (`app/proof/rules`); only the customers are simulated.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass

import numpy as np
from rich.box import MARKDOWN
from rich.console import Console
from rich.progress import track
from rich.table import Table

from app.proof.rules.estimate import Estimate, estimate
from app.proof.rules.guardrails import difference
from app.proof.rules.units import Sample
from app.proof.rules.verdict import Verdict, verdict
from simulator.arrays import Bools, Floats
from simulator.ledger import Ledger
from simulator.observation import Policy
from simulator.params import drawn
from simulator.policies.mailing import AfterEveryFailure
from simulator.policies.ours import Ours
from simulator.provenance import commit
from simulator.running import run
from simulator.world import World
from simulator.worlds import HARM, MADE, NULL, held_out

RUNS, MONTHS, FAILURES_A_MONTH = 400, 36, 50
TREATED_SHARE = 0.8


@dataclass(frozen=True, slots=True)
class Story:
    """What is judged: two policies for the same customers. `world`: the world of a run, by its number."""

    name: str
    world: Callable[[int, int], World]
    treated: Policy
    control: Policy


@dataclass(frozen=True, slots=True)
class Judged:
    """One run of a story. `covered`: every interval of every look held the true difference."""

    covered: bool
    covered_zero: bool
    proven: bool
    stopped_after: int | None  # months, by the guardrail on cancellations
    excess: float  # of treated customers who cancelled, over what they had done under the control


def _drawn_world(number: int, people: int) -> World:
    seeds = held_out()
    return World(drawn(seeds[number % len(seeds)]), 100_000 + number, people)


def _made_world(name: str) -> Callable[[int, int], World]:
    return lambda number, people: World(MADE[name], 200_000 + number, people)


OURS, HELD_OUT, LAST_NOTICE = Ours(), Ours(arm="minimal"), Ours(arm="platform")
EAGER = AfterEveryFailure("a mail after every failure")
STORIES = {
    story.name: story
    for story in (
        Story("A/A: both arms alike", _drawn_world, HELD_OUT, HELD_OUT),
        Story("ours against minimal", _drawn_world, OURS, HELD_OUT),
        Story("null world, ours against minimal", _made_world(NULL), OURS, HELD_OUT),
        Story("harm world, ours against platform", _made_world(HARM), OURS, LAST_NOTICE),
        Story("harm world, eager mails against minimal", _made_world(HARM), EAGER, HELD_OUT),
        Story("harm world, ours against minimal", _made_world(HARM), OURS, HELD_OUT),
    )
}


@dataclass(frozen=True, slots=True)
class Verdicts:
    """Shares of the runs of a story. `stopped_after`: months, the median of those that were stopped."""

    covered: float
    covered_zero: float
    proven: float
    stopped: float
    stopped_after: float | None
    excess: float

    @classmethod
    def of(cls, runs: Sequence[Judged]) -> Verdicts:
        after = [r.stopped_after for r in runs if r.stopped_after is not None]
        return cls(
            covered=float(np.mean([r.covered for r in runs])),
            covered_zero=float(np.mean([r.covered_zero for r in runs])),
            proven=float(np.mean([r.proven for r in runs])),
            stopped=len(after) / len(runs),
            stopped_after=float(np.median(after)) if after else None,
            excess=float(np.mean([r.excess for r in runs])),
        )


def judge_many(name: str, runs: int = RUNS) -> Verdicts:
    """So many businesses with one story, over the cores of this machine."""
    with ProcessPoolExecutor() as pool:
        return Verdicts.of(list(pool.map(_judge_one, [name] * runs, range(runs), chunksize=10)))


def _judge_one(name: str, number: int) -> Judged:
    return judge(STORIES[name], number)


def show(console: Console, runs: int) -> None:
    """Print one line a story."""
    table = Table(
        "story",
        box=MARKDOWN,
        title=f"{runs} runs of {MONTHS} monthly looks at {FAILURES_A_MONTH} failures, 20% held out",
    )
    for heading in ("truth covered", "zero covered", "proven", "stopped", "after months", "more cancelled"):
        table.add_column(heading, justify="right")
    for name in track(STORIES, "stories", console=Console(stderr=True)):
        found = judge_many(name, runs)
        after = "" if found.stopped_after is None else f"{found.stopped_after:.0f}"
        shares = (
            f"{share:.1%}" for share in (found.covered, found.covered_zero, found.proven, found.stopped)
        )
        table.add_row(name, *shares, after, f"{found.excess:+.1%}")
    console.print(f"commit {commit()}; each run has a seed of its own, every interval of every look counts")
    console.print(table)


def judge(story: Story, number: int, months: int = MONTHS, a_month: int = FAILURES_A_MONTH) -> Judged:
    """Watch one business for so long, with a look at the end of every month."""
    world = story.world(number, months * a_month)
    treated, control = run(world, story.treated), run(world, story.control)
    lot = np.random.default_rng([number, 4]).random(world.people) < TREATED_SHARE
    shown = control.mixed(treated, lot)
    looks = range(a_month, world.people + 1, a_month)
    sample, cancelled = _sample(world, shown, lot), shown.cancelled
    gain = (treated.value_minor - control.value_minor).astype(float)
    found = [(n, estimate(sample.until(n))) for n in looks]
    said = [(n, e) for n, e in found if e is not None]
    stops = (n // a_month for n in looks if _harms(sample.until(n), cancelled[:n]))
    return Judged(
        covered=all(_holds(e, _true(gain, sample, n)) for n, e in said),
        covered_zero=all(_holds(e, 0.0) for _, e in said),
        proven=any(
            verdict(30, 30, e.effect.lower, e.effect.upper, blocked=False) is Verdict.PROVEN for _, e in said
        ),
        stopped_after=next(stops, None),
        excess=float(treated.cancelled.mean() - control.cancelled.mean()),
    )


def _sample(world: World, shown: Ledger, lot: Bools) -> Sample:
    return Sample(
        treated=lot,
        pi=np.full(world.people, TREATED_SHARE),
        stratum=world.seen.code,
        x=world.seen.amount_minor.astype(float),
        v=shown.value_minor.astype(float),
    )


def _true(gain: Floats, sample: Sample, n: int) -> float:
    """The share of the money at risk that treatment brings: the same customers, the same luck, both policies."""
    return float(gain[:n].sum() / sample.x[:n].sum())


def _holds(found: Estimate, true: float) -> bool:
    return found.effect.lower <= true <= found.effect.upper


def _harms(sample: Sample, cancelled: Bools) -> bool:
    return difference(sample.treated, sample.pi, sample.stratum, cancelled).crossed
