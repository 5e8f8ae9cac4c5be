"""The report of the proof on 80 customers, from their rows to its amounts, against arithmetic that stands here."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta
from math import ceil, erfc, log, sqrt
from typing import Any, NamedTuple

import pytest

from app.core import gates
from app.core.db import Base, Database
from app.proof import reading
from app.proof.reading import ProofView
from app.proof.watch import ProofWatch
from tests.proof.people import case_of, failing, late, paid_on
from tests.stats.factories import day

pytestmark = pytest.mark.same_on_both

CLOSED = day("2026-05-01T09:00")
EVERY_SECOND: dict[str, Any] = {"experiment": "dunning:2026:0.5:minimal", "propensity": 0.5}


class Kind(NamedTuple):
    """`n` customers alike. `after`: paid so many days after the failure; `back`: of it, refunded since."""

    treated: bool
    category: str
    due: int
    after: int | None
    n: int
    back: int = 0
    cancelled: bool = False


LARGE = Kind(True, "hard", 50000, 3, 1)
TOO_LATE = Kind(True, "soft", 1000, 31, 1)
KINDS = [
    Kind(True, "soft", 1000, 1, 16),
    TOO_LATE,
    Kind(True, "soft", 1000, None, 3, cancelled=True),
    Kind(True, "hard", 3000, 2, 8),
    Kind(True, "hard", 3000, 2, 1, back=1000),
    Kind(True, "hard", 3000, None, 10),
    LARGE,
    Kind(False, "soft", 1000, 1, 10),
    Kind(False, "soft", 1000, None, 10),
    Kind(False, "hard", 3000, 5, 2),
    Kind(False, "hard", 3000, None, 18),
]


def eighty(db: Database) -> None:
    """Forty in each arm, with even chances. They failed in March 2026, one every half an hour."""
    rows: list[Base] = []
    for kind in KINDS:
        for _ in range(kind.n):
            name, at = f"c{len(rows)}", day("2026-03-02") + timedelta(minutes=15 * len(rows))
            failed = f"{at:%Y-%m-%dT%H:%M}"
            came: dict[str, Any] = {"result": "lost"}
            left = {"outcome": "cancelled", "closed_at": at + timedelta(days=9)} if kind.cancelled else {}
            if kind.after:
                paid_at = f"{at + timedelta(days=kind.after):%Y-%m-%dT%H:%M}"
                came = paid_on(paid_at, kind.due, returned_minor=kind.back)
            told = EVERY_SECOND | left | {"category": kind.category, "held_out": not kind.treated}
            rows.append(case_of(name, "dunning", "minimal", failed, **told))
            rows.append(late(name, failed, kind.due, **came))
    with db.write() as session:
        gates.register(session, public_url="https://acme.example", provider_key=None, now=CLOSED)
        session.add_all(rows)


@pytest.fixture
def view(database: Database) -> ProofView:
    eighty(database)
    # Of a month that is open: in no amount, and watched by the guardrails.
    failing(database, "april", "2026-04-02", 90000, paid=3, category="soft", **EVERY_SECOND)
    ProofWatch(database, lambda: CLOSED).run()
    with database.read() as session:
        [found] = reading.latest(session)
    return found


def sd_of(values: Sequence[float]) -> float:
    mean = sum(values) / len(values)
    return sqrt(sum((value - mean) ** 2 for value in values) / (len(values) - 1))


def width(n: int) -> float:
    """Of the interval of docs/proof.md, in standard deviations."""
    r = (-2 * log(0.05) + log(-2 * log(0.05) + 1)) / 300
    return sqrt(2 * (n * r + 1) / (n**2 * r) * log(sqrt(n * r + 1) / 0.05))


def effect_and_spread() -> tuple[float, float]:
    """tau and sd. The 99th percentile of 80 amounts stands at 0.99 x 79 = 78.21: 0.21 of the way from 30.00 to 500.00.
    So the large account counts as 128.70, at risk and paid. Of even chances, what is seen in an arm counts twice."""
    large = 12_870
    soft1, came_soft1 = 20 * 1000, 16 * 1000
    hard1, came_hard1 = 19 * 3000 + large, 8 * 3000 + 2000 + large
    soft0, came_soft0 = 20 * 1000, 10 * 1000
    hard0, came_hard0 = 20 * 3000, 2 * 3000
    mean = (soft1 + hard1 + soft0 + hard0) / 80
    # What a class pays in an arm, as if five customers more with the arm's own rate stood in it.
    five = 5 * mean
    rate1, rate0 = (came_soft1 + came_hard1) / (soft1 + hard1), (came_soft0 + came_hard0) / (soft0 + hard0)
    pays1 = {
        "soft": (came_soft1 + five * rate1) / (soft1 + five),
        "hard": (came_hard1 + five * rate1) / (hard1 + five),
    }
    pays0 = {
        "soft": (came_soft0 + five * rate0) / (soft0 + five),
        "hard": (came_hard0 + five * rate0) / (hard0 + five),
    }
    effects: list[float] = []
    for kind in KINDS:
        x = large if kind is LARGE else kind.due
        came = x - kind.back if kind.after and kind is not TOO_LATE else 0
        m1, m0 = x * pays1[kind.category], x * pays0[kind.category]
        effects += [m1 - m0 + (2 * (came - m1) if kind.treated else -2 * (came - m0))] * kind.n
    return sum(effects) / 80 / mean, sd_of(effects) / mean


def test_the_effect_its_interval_and_the_outlook_are_what_plain_arithmetic_says(view: ProofView) -> None:
    tau, sd = effect_and_spread()
    half = sd * width(80)
    needed = next(n for n in range(80, 10_000) if sd * width(n) < 0.08)  # 8 pp, as planned

    numbers, ahead = view.numbers, view.outlook
    assert numbers is not None
    assert ahead is not None
    assert (numbers.share, numbers.half) == pytest.approx((tau, half))
    assert (round(tau, 4), round(half, 4)) == (0.4182, 0.4463)
    amounts = (numbers.incremental_minor, numbers.lower_minor, numbers.upper_minor)
    assert amounts == (round(tau * 127_000), round((tau - half) * 127_000), round((tau + half) * 127_000))
    assert amounts == (53_114, -3_567, 109_796)
    assert (ahead.per_month, ahead.effect, ahead.months) == (80, 0.08, ceil((needed - 80) / 80))
    assert view.words == (
        "not proven yet. At ~80 failures a month expect an answer in about 30 more months if the true effect is 8 pp."
    )


def test_the_arms_are_counted_and_their_sizes_checked(view: ProofView) -> None:
    """41 and 40 with the open month, 40.5 expected of each: chi-square of one degree of freedom."""
    assert (view.treated, view.held_out, view.open_customers) == (40, 40, 1)
    assert (view.since, view.closed_through) == ("2026-03", "2026-03")
    chi_square = 2 * 0.5**2 / 40.5
    assert view.ratio_p == pytest.approx(erfc(sqrt(chi_square / 2)))


def test_the_amounts_are_those_of_the_treated_as_they_came_and_stayed(view: ProofView) -> None:
    """At risk 20 x 10.00 + 19 x 30.00 + 500.00; collected 16 x 10.00 + 8 x 30.00 + 20.00 + 500.00. Two reminders to
    each of 40, of whom 26 paid in time."""
    numbers = view.numbers
    assert numbers is not None
    assert (numbers.at_risk_minor, numbers.collected_minor) == (127_000, 92_000)
    assert numbers.anyway_minor == 92_000 - numbers.incremental_minor
    assert numbers.anyway_lower_minor == 92_000 - numbers.upper_minor
    assert numbers.anyway_upper_minor == 92_000 - numbers.lower_minor
    assert (view.reminders, view.recovered, view.reminders_per_recovery) == (80, 26, 80 / 26)


def test_the_guardrails_are_what_plain_arithmetic_says(view: ProofView) -> None:
    """Of 41 treated customers, 21 of them soft, three cancelled; of 40 held out nobody. The spread is not less than
    if one more had, and one more had not."""
    soft, hard = (3 + 5 * 3 / 41) / (21 + 5), (0 + 5 * 3 / 41) / (20 + 5)
    treated = [soft + 2 * (1 - soft)] * 3 + [soft + 2 * (0 - soft)] * 18 + [hard + 2 * (0 - hard)] * 20
    effects = treated + [soft] * 20 + [hard] * 20
    likely1, likely0 = 4 / 43, 1 / 42
    least = sqrt(2 * likely1 * (1 - likely1) + 2 * likely0 * (1 - likely0))
    found = view.guardrails["cancellations"]
    assert (found["treated"], found["treated_bad"], found["held_out"], found["held_out_bad"]) == (
        41,
        3,
        40,
        0,
    )
    assert found["difference"] == pytest.approx(sum(effects) / 81)
    assert found["half"] == pytest.approx(max(least, sd_of(effects)) * width(81))
    assert found["alarm"] == "none"
    back = view.guardrails["returned_money"]  # of who paid; 12 are too few for a number
    assert (back["treated"], back["treated_bad"], back["held_out"], back["difference"]) == (27, 1, 12, None)
