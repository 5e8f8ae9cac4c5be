"""Many presses at one moment: one benefit each, never more than the budget bears."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from threading import Barrier

import pytest

from app.core.db import Database
from sandbox.building import Subscriber
from tests.scenarios.diary import Diary, open_diary, unix
from tests.scenarios.leaving import FREE_MONTH, Leaving, headline, offering
from tests.scenarios.offered import MARCH, before_offer, booked, ours

PRESSES = 50
LIMIT = 10
DONE, ON_ITS_WAY, NO_OFFER = "It is done", "We are setting this up", "Cancel your subscription?"


def together(acts: list[Callable[[], str]]) -> list[str]:
    """All at one moment, each in a thread of its own."""
    gate = Barrier(len(acts))

    def run(act: Callable[[], str]) -> str:
        gate.wait()
        return act()

    with ThreadPoolExecutor(len(acts)) as pool:
        return list(pool.map(run, acts))


def twin(ada: Leaving) -> Leaving:
    """The same person at the same screen, in another window."""
    other = object.__new__(Leaving)
    other.diary, other.someone, other.path, other.at = ada.diary, ada.someone, ada.path, ada.at
    return other


def before_offers(diary: Diary, crowd: int) -> list[Leaving]:
    """So many people, all shown the offer before anybody has taken it; webhooks wait."""
    diary.hold_deliveries = diary.worker_down = True
    people = [
        Leaving(diary, diary.subscriber(email=f"reader{n}@example.com", country="FR")) for n in range(crowd)
    ]
    diary.worker_down = False
    diary.tick()
    for person in people:
        assert person.post("answer", reason="too_expensive").status_code == 303
    visits = {v.customer_id: v.id for v in people[0].visits()}
    for person in people:
        person.at = f"{person.path}?visit={visits[person.someone.customer]}"
    return people


def test_fifty_presses_on_accept_at_one_moment_give_one_benefit(database: Database) -> None:
    """Edge case 1: one coupon at the provider, one booking, every press is answered."""
    with open_diary(database, start=MARCH, config=offering({"free": FREE_MONTH})) as diary:
        ada = before_offer(diary)
        diary.hold_deliveries = True
        windows = [twin(ada) for _ in range(PRESSES)]
        answers = together([lambda w=w: headline(w.press("accept")) for w in windows])  # type: ignore[misc]
        assert set(answers) <= {DONE, ON_ITS_WAY}
        assert headline(ada.look()) == DONE
        assert len(diary.sandbox.state.rows("coupon")) == 1
        diary.deliver_held()
        assert len(ours(ada)) == 1
        assert [g.state for g in ada.grants()] == ["applied"]
        assert booked(diary) == {"free": (2900, 1)}
        assert [name for _, name in diary.sent()] == ["offer_confirmed"]


@pytest.fixture(params=[LIMIT + 5, pytest.param(50, marks=pytest.mark.slow)])
def crowd(request: pytest.FixtureRequest) -> int:
    """How many want what ten can have; fifty of them take some ten seconds."""
    return int(request.param)


@pytest.mark.parametrize("limit", [{"budget_minor": {"usd": LIMIT * 2900}}, {"most_per_month": LIMIT}])
def test_a_crowd_that_accepts_at_one_moment_shares_a_budget_for_ten(
    database: Database, limit: dict[str, object], crowd: int
) -> None:
    """Edge case 22: exactly ten are applied; the others see a page without an offer and cost nothing."""
    with open_diary(database, start=MARCH, config=offering({"free": FREE_MONTH | limit})) as diary:
        people = before_offers(diary, crowd)
        answers = together([lambda p=p: headline(p.press("accept")) for p in people])  # type: ignore[misc]
        diary.deliver_held()
        assert sum(a in (DONE, ON_ITS_WAY) for a in answers) == LIMIT
        assert answers.count(NO_OFFER) == crowd - LIMIT
        assert booked(diary) == {"free": (LIMIT * 2900, LIMIT)}
        assert sum(len(ours(p)) for p in people) == LIMIT
        states = sorted(g.state for g in people[0].grants())
        assert states == ["applied"] * LIMIT + ["expired"] * (crowd - LIMIT)


def test_the_first_press_of_many_windows_is_one_cancellation_and_one_mail(database: Database) -> None:
    """Edge case 34: nobody has a visit yet."""
    with open_diary(database, start=MARCH) as diary:
        ada = Leaving(diary, diary.subscriber())
        diary.hold_deliveries = True
        windows = [twin(ada) for _ in range(12)]
        answers = together([lambda w=w: headline(w.press("cancel")) for w in windows])  # type: ignore[misc]
        assert set(answers) <= {"Your subscription is cancelled", "Your cancellation has arrived"}
        diary.deliver_held()
        assert ada.subscription["cancel_at"] == unix("2026-04-01T10:00:00")
        assert [c.outcome for c in diary.cases()] == ["cancelled"]
        assert [name for _, name in diary.sent()] == ["subscription_cancelled"]


def test_accepting_in_one_window_and_cancelling_in_another_leaves_one_truth(database: Database) -> None:
    """Whichever is first: the page, the case and the provider tell the same in the end."""
    with open_diary(database, start=MARCH, config=offering({"free": FREE_MONTH})) as diary:
        people = before_offers(diary, 6)
        together(
            [lambda p=p, do=do: headline(twin(p).press(do)) for p in people for do in ("accept", "cancel")]  # type: ignore[misc]
        )
        diary.deliver_held()
        diary.days(1)
        for person in people:
            _agrees(diary, person.someone)


def _agrees(diary: Diary, someone: Subscriber) -> None:
    (case,) = [c for c in diary.cases() if c.customer_id == someone.customer]
    subscription = diary.sandbox.get("subscription", someone.subscription)
    assert case.outcome == ("cancelled" if subscription["cancel_at"] else "saved")
    if case.outcome == "saved":
        assert len(subscription["discounts"]) == 1
