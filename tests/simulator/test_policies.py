"""The compared policies; ours is the product's own code."""

from __future__ import annotations

import numpy as np
import pytest

from app.dunning.rules.policy import DunningPolicy, ProviderBehaviour, Schedules
from simulator.comparison import ORACLE, OURS, SPREAD, compared
from simulator.observation import NO_MAIL
from simulator.params import Params
from simulator.policies.ours import Case, Ours, decide
from simulator.policies.spread import evenly, of_equal_budget
from simulator.running import run
from simulator.world import World
from simulator.worlds import HARM, MADE, NULL

Sent = list[tuple[int, int]]


def mails(code: str, *, hour: int = 10, policy: DunningPolicy | None = None, arm: str = "treated") -> Sent:
    """Day and hour of every mail to somebody who never pays and whose card is not tried again."""
    sent: Sent = []
    last = -1
    for day in range(15):
        at = decide(Case(code, hour, day, 1, len(sent), last), policy or DunningPolicy(), arm)
        if at != NO_MAIL:
            sent.append((day, at))
            last = 24 * day + at
    return sent


@pytest.mark.parametrize(
    ("code", "days"),
    [
        ("insufficient_funds", [5, 11]),
        ("generic_decline", [5, 11]),
        ("lost_card", [0, 3, 7, 11]),
        ("expired_card", [0, 3, 7, 11]),
        ("authentication_required", [0, 1, 3, 7]),
        ("fraudulent", []),
    ],
)
def test_ours_writes_on_the_days_of_the_product_fitted_to_the_providers_two_weeks(
    code: str, days: list[int]
) -> None:
    assert mails(code) == [(day, 10) for day in days]


def test_ours_waits_for_the_morning_where_the_customer_lives() -> None:
    """A card lost at 22:00 is written about at nine, and the last notice leaves before its warning time begins."""
    assert mails("lost_card", hour=22)[:2] == [(1, 9), (3, 17)]
    assert mails("lost_card", hour=3)[0] == (0, 9)


def test_who_is_held_out_gets_one_notice_at_once_and_one_before_access_ends() -> None:
    assert [day for day, _ in mails("insufficient_funds", arm="minimal")] == [0, 11]
    assert [day for day, _ in mails("lost_card", arm="minimal")] == [0, 11]
    assert [day for day, _ in mails("lost_card", arm="platform")] == [11]


def test_ours_follows_the_settings_of_the_product() -> None:
    early = DunningPolicy(schedules=Schedules(soft_funds=[1, 2]))
    assert [day for day, _ in mails("insufficient_funds", policy=early)] == [1, 2]
    week = DunningPolicy(provider=ProviderBehaviour(retry_window_days=7))
    assert [day for day, _ in mails("insufficient_funds", policy=week)] == [4]


def test_the_ablation_sends_as_many_mails_as_ours_within_one_customer() -> None:
    world = World(Params(), seed=3, people=3000)
    ours = run(world, Ours())
    spread = of_equal_budget(world, int(ours.mails.sum()))
    assert abs(int(spread.mails.sum()) - int(ours.mails.sum())) <= 2
    assert evenly(1).on == (0,)
    assert evenly(3).on == (0, 6, 11)


@pytest.mark.parametrize("name", [name for name in MADE if name not in (NULL, HARM)])
def test_nobody_recovers_more_than_the_oracle_and_ours_is_level_with_as_many_mails_spread_evenly(
    name: str,
) -> None:
    found = compared(World(MADE[name], seed=5, people=4000))
    on_top = list(found)[: list(found).index(ORACLE)]
    assert all(found[policy].recovered <= found[ORACLE].recovered for policy in on_top)
    assert found[OURS].recovered >= found[SPREAD].recovered
    assert found[OURS].cancelled <= found[SPREAD].cancelled


def test_equal_cases_are_decided_once() -> None:
    world, ours = World(Params(), seed=1, people=500), Ours()
    first = run(world, ours)
    known = len(ours.decided)
    assert np.array_equal(run(world, ours).mails, first.mails)
    assert len(ours.decided) == known
