"""Any order of presses, faults and late webhooks: never two benefits, never a lost discount, never a false word."""

from __future__ import annotations

import itertools
from typing import Any, ClassVar

from hypothesis import HealthCheck, Phase, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    invariant,
    precondition,
    rule,
    run_state_machine_as_test,
)

from app.core.db import Database
from tests.scenarios.diary import Diary, open_diary
from tests.scenarios.leaving import HALF_PRICE, Leaving, headline, offering
from tests.scenarios.offered import MARCH, booked, break_next, coupons, ours, own_card

CONFIG = offering({"half": HALF_PRICE | {"stacking": True}})
CANCELLED, DONE, GOES_ON = "Your subscription is cancelled", "It is done", "Your subscription goes on"
NUMBERS = itertools.count(1)
FAULTS = ("500", "429", "500_after", "lost_answer")


class OnePerson(RuleBasedStateMachine):
    """Two windows of one person, a provider that stumbles, a merchant who gives a discount of their own."""

    diary: ClassVar[Diary]

    def __init__(self) -> None:
        super().__init__()
        number = next(NUMBERS)
        someone = self.diary.subscriber(
            email=f"reader{number}@example.com", card=own_card(number), country="FR"
        )
        self.windows = [Leaving(self.diary, someone) for _ in range(2)]
        self.one = self.windows[0]
        self.foreign: str | None = None

    @rule(
        window=st.integers(0, 1),
        do=st.sampled_from(["answer", "accept", "cancel", "undo", "keep"]),
        times=st.integers(1, 2),
    )
    def press(self, window: int, do: str, times: int) -> None:
        at = self.windows[window]
        for _ in range(times):
            says = headline(at.press(do, reason="too_expensive"))
            if says == CANCELLED:
                assert self.is_ending
            elif says == DONE:
                assert len(ours(self.one)) == 1
            elif says == GOES_ON:
                assert not self.is_ending

    @rule(window=st.integers(0, 1))
    def open_the_link_anew(self, window: int) -> None:
        self.windows[window].at = self.one.path

    @rule(kind=st.sampled_from(FAULTS), path=st.sampled_from(["/v1/coupons", "/v1/subscriptions/"]))
    def stumble(self, kind: str, path: str) -> None:
        self.diary.sandbox.state.api_faults.waiting.clear()
        break_next(self.diary, kind, path, count=3)

    @rule()
    def hold_webhooks(self) -> None:
        self.diary.hold_deliveries = True

    @rule(seed=st.integers(0, 9), times=st.integers(1, 2))
    def deliver_late(self, seed: int, times: int) -> None:
        self.diary.deliver_held(times=times, seed=seed)

    @rule()
    def work(self) -> None:
        self.diary.tick()

    @precondition(lambda self: self.foreign is None)
    @rule()
    def a_discount_of_the_merchants(self) -> None:
        self.diary.sandbox.state.api_faults.waiting.clear()
        coupon = self.diary.merchant.coupons.create({"percent_off": 5, "duration": "forever"})
        kept = [{"discount": row} for row in self.one.subscription["discounts"]]
        wanted: Any = {"discounts": [*kept, {"coupon": coupon.id}]}
        self.diary.merchant.subscriptions.update(self.one.someone.subscription, wanted)
        self.foreign = coupon.id

    @property
    def is_ending(self) -> bool:
        subscription = self.one.subscription
        return subscription["cancel_at"] is not None or subscription["status"] == "canceled"

    @property
    def granted(self) -> list[str]:
        customer = self.one.someone.customer
        return [g.state for g in self.one.grants() if g.customer_id == customer]

    @invariant()
    def never_two_benefits_and_never_a_lost_discount(self) -> None:
        assert len(ours(self.one)) <= 1
        assert self.foreign is None or self.foreign in coupons(self.one)
        if "applied" in self.granted:
            assert len(ours(self.one)) == 1

    def teardown(self) -> None:
        """The provider recovers, everything arrives, and a worker does what is due."""
        diary = self.diary
        diary.sandbox.state.api_faults.waiting.clear()
        diary.deliver_held()
        diary.until(diary.now.replace(microsecond=0))
        diary.days(0.05)
        states, customer = self.granted, self.one.someone.customer
        assert "accepted" not in states
        assert states.count("applied") <= 1
        cases = [c for c in diary.cases() if c.customer_id == customer]
        if any(c.outcome == "saved" for c in cases):
            assert len(ours(self.one)) == 1
        if cases and cases[-1].outcome == "cancelled":
            assert self.is_ending
        if self.is_ending:
            assert any(c.outcome == "cancelled" for c in cases)
        everybody = [g for g in self.one.grants() if g.state == "applied"]
        if everybody or booked(diary):
            assert booked(diary)["half"] == (sum(g.cost_minor for g in everybody), len(everybody))


def test_nothing_that_people_providers_and_webhooks_do_gives_two_benefits_or_a_false_word(
    database: Database,
) -> None:
    """Edge cases 1, 7, 16, 17, 33, 34, 54."""
    with open_diary(database, start=MARCH, config=CONFIG) as diary:
        OnePerson.diary = diary
        run_state_machine_as_test(
            OnePerson,
            settings=settings(
                max_examples=6,
                stateful_step_count=14,
                deadline=None,
                phases=[Phase.explicit, Phase.generate],  # shrinking a story takes minutes
                suppress_health_check=list(HealthCheck),
                database=None,
            ),
        )
