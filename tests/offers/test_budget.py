"""Any order of shows, accepts, failures and ends: what is booked is what is out, and never over the limit."""

from __future__ import annotations

from datetime import timedelta
from typing import ClassVar

import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    Bundle,
    RuleBasedStateMachine,
    consumes,
    initialize,
    invariant,
    rule,
    run_state_machine_as_test,
)
from sqlalchemy import select

from app.core.db import Database
from app.offers import budget, service
from app.offers import repository as grants
from app.offers.models import Grant, OfferBudget
from app.offers.rules.policy import Offer
from app.offers.states import GrantState
from app.outbox.models import Action
from tests.offers.factories import NOW, offer, shown_grant

LIVE = (GrantState.ACCEPTED, GrantState.APPLIED)


def limited(money: int | None, number: int | None) -> Offer:
    return offer(budget_minor={} if money is None else {"usd": money}, most_per_month=number)


class BudgetMachine(RuleBasedStateMachine):
    """Few subscriptions and a small budget, so that they get into each other's way."""

    db: ClassVar[Database]
    shown: Bundle[str] = Bundle("shown")
    taken: Bundle[str] = Bundle("taken")

    def __init__(self) -> None:
        super().__init__()
        empty_tables(self.db)
        self.now, self.number = NOW, 0
        self.catalogue: dict[str, Offer] = {}

    @initialize(
        money=st.sampled_from([None, None, 0, 2899, 5000, 9000]),
        number=st.sampled_from([None, None, 0, 2, 4]),
    )
    def configure(self, money: int | None, number: int | None) -> None:
        self.money, self.most = money, number
        self.catalogue = {"free": limited(money, number)}

    @rule(target=shown, subscription=st.integers(1, 2), cost=st.sampled_from([0, 1000, 2900]))
    def show(self, subscription: int, cost: int) -> str:
        self.number += 1
        with self.db.write() as session:
            return shown_grant(
                session, self.number, cost_minor=cost, subscription_id=f"sub_{subscription}", now=self.now
            ).id

    @rule(target=taken, grant_id=shown)
    def accept(self, grant_id: str) -> str:
        """Also twice, and after it was declined or has expired."""
        with self.db.write() as session:
            before = grants.get(session, grant_id)
            assert before is not None
            earlier = before.state
            try:
                action = service.accept(session, grant_id, self.catalogue, now=self.now)
            except service.NotAvailable:
                assert before.state in (GrantState.DECLINED, GrantState.EXPIRED, GrantState.FAILED)
            else:
                assert action is not None
                assert earlier == GrantState.SHOWN or before.state == earlier
        return grant_id

    @rule(grant_id=consumes(shown))
    def decline(self, grant_id: str) -> None:
        with self.db.write() as session:
            grant = grants.get(session, grant_id, lock=True)
            assert grant is not None
            service.decline(session, grant, now=self.now)

    @rule(grant_id=taken)
    def apply(self, grant_id: str) -> None:
        with self.db.write() as session:
            grant = grants.get(session, grant_id, lock=True)
            if grant is not None and grant.state == GrantState.ACCEPTED:
                service.applied(session, grant, now=self.now)

    @rule(grant_id=taken)
    def fail(self, grant_id: str) -> None:
        with self.db.write() as session:
            grant = grants.get(session, grant_id, lock=True)
            if grant is not None and grant.state == GrantState.ACCEPTED:
                service.fail(session, grant, "the provider refused", now=self.now)
                budget.release(session, grant)  # a second time gives back nothing

    @rule(hours=st.sampled_from([1, 25]))
    def wait(self, hours: int) -> None:
        """Days of one month: the budget of another month is another budget."""
        if self.now.day < 29:
            self.now += timedelta(hours=hours)

    @invariant()
    def what_is_booked_is_what_is_out(self) -> None:
        with self.db.read() as session:
            rows = list(session.scalars(select(OfferBudget)))
            out = list(session.scalars(select(Grant).where(Grant.state.in_(LIVE))))
            every = list(session.scalars(select(Grant)))
            actions = list(session.scalars(select(Action)))
        assert sum(r.booked_minor for r in rows) == sum(g.cost_minor for g in out)
        assert sum(r.grants for r in rows) == len(out)
        assert all(r.booked_minor >= 0 and r.grants >= 0 for r in rows)
        if self.catalogue:
            assert self.money is None or sum(g.cost_minor for g in out) <= self.money
            assert self.most is None or len(out) <= self.most
        on_their_way = [g.subscription_id for g in out if g.state == GrantState.ACCEPTED]
        assert len(on_their_way) == len(set(on_their_way)), "one accepted a subscription"
        assert {a.params["grant"] for a in actions} == {
            g.id for g in every if g.accepted_at and g.booked_month
        } | {g.id for g in every if g.state == GrantState.FAILED}


def empty_tables(db: Database) -> None:
    with db.write() as session:
        for model in (Grant, OfferBudget, Action):
            session.query(model).delete()


def test_whatever_happens_in_whatever_order_the_budget_adds_up(database: Database) -> None:
    BudgetMachine.db = database
    run_state_machine_as_test(
        BudgetMachine,
        settings=settings(
            max_examples=40, stateful_step_count=20, deadline=None, suppress_health_check=list(HealthCheck)
        ),
    )


@pytest.mark.parametrize(("money", "number"), [(None, None), (0, None), (None, 0), (2899, None)])
def test_a_limit_of_nothing_is_a_limit_and_no_limit_is_none(
    database: Database, money: int | None, number: int | None
) -> None:
    with database.write() as session:
        grant = shown_grant(session, 1)
        booked = budget.book(session, grant, limited(money, number), now=NOW)
    assert booked is (money is None and number is None)


def test_the_number_of_grants_counts_over_currencies_and_the_money_by_currency(database: Database) -> None:
    given = offer(budget_minor={"usd": 2900, "eur": 2900}, most_per_month=2)
    with database.write() as session:
        assert budget.book(session, shown_grant(session, 1, currency="usd"), given, now=NOW)
        assert not budget.book(session, shown_grant(session, 2, currency="usd"), given, now=NOW)
        assert budget.book(session, shown_grant(session, 3, currency="eur"), given, now=NOW)
        assert not budget.book(session, shown_grant(session, 4, currency="gbp"), given, now=NOW)
    with database.read() as session:
        left = budget.left(session, {"free": given}, ["free"], "usd", now=NOW)["free"]
    assert (left.left_minor, left.left_grants) == (0, 0)


def test_a_new_month_is_a_new_budget_and_what_is_given_back_goes_to_the_month_it_came_from(
    database: Database,
) -> None:
    given, april = limited(2900, None), NOW + timedelta(days=22)
    with database.write() as session:
        first, second = shown_grant(session, 1), shown_grant(session, 2)
        assert budget.book(session, first, given, now=NOW)
        assert budget.book(session, second, given, now=april)
        budget.release(session, first)
        assert budget.left(session, {"free": given}, ["free"], "usd", now=NOW)["free"].left_minor == 2900
        assert budget.left(session, {"free": given}, ["free"], "usd", now=april)["free"].left_minor == 0


def test_what_is_not_to_be_had_any_more_is_written_down_with_its_reason(database: Database) -> None:
    """Edge case 22: nothing is left that looks accepted."""
    with database.write() as session:
        grant = shown_grant(session, 1)
        with pytest.raises(service.NotAvailable, match="budget"):
            service.accept(session, grant.id, {"free": limited(0, None)}, now=NOW)
    with database.read() as session:
        kept = session.get_one(Grant, grant.id)
        assert (kept.state, kept.failure, kept.accepted_at) == ("expired", "the budget is used up", None)
        assert list(session.scalars(select(Action))) == []
