from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from app.core.money import Money
from app.offers.rules.contract import Contract, Line
from app.offers.rules.eligibility import Applicant
from app.offers.rules.forecast import Candidate, Leaving, forecast, leaving_of
from app.offers.rules.policy import Offer
from app.offers.states import OfferKind

NOW = datetime(2026, 6, 10, 10, 0, tzinfo=UTC)
FREE = Offer(kind=OfferKind.FREE_MONTHS, months=1)
MONTHLY = Contract(
    subscription_id="sub_1",
    customer_id="cus_1",
    status="active",
    collection_method="charge_automatically",
    currency="usd",
    lines=(Line("si_1", "price_1", "prod_1", "Team", 2000, "usd", "month"),),
    started_at=NOW - timedelta(days=400),
    period_end_at=NOW + timedelta(days=10),
    anchored_at=NOW + timedelta(days=10),
)
IN_EUROS = replace(MONTHLY, currency="eur", lines=(replace(MONTHLY.lines[0], currency="eur"),))
LATE = replace(MONTHLY, status="past_due")


def people(*contracts: Contract) -> list[Candidate]:
    return [Candidate(c, Applicant("DE")) for c in contracts]


def test_cost_is_the_share_that_leaves_times_the_share_that_accepts_times_the_price() -> None:
    found = forecast(
        {"free": FREE}, people(*[MONTHLY] * 100), Leaving(8, "history"), accept_rate=0.25, now=NOW
    )
    line = found.lines[0]
    assert line.eligible == 100
    assert line.grants == pytest.approx(2.0)
    assert line.cost == (Money(4000, "usd"),)


def test_who_may_not_have_it_now_costs_nothing_and_currencies_stay_apart() -> None:
    candidates = people(*[MONTHLY] * 50, *[IN_EUROS] * 25, *[LATE] * 25)
    line = forecast({"free": FREE}, candidates, Leaving(4, "history"), accept_rate=0.5, now=NOW).lines[0]
    assert line.eligible == 75
    assert line.cost == (Money(2000, "usd"), Money(1000, "eur"))


def test_a_limit_on_the_number_of_grants_caps_the_cost() -> None:
    offer = FREE.model_copy(update={"most_per_month": 1})
    line = forecast(
        {"free": offer}, people(*[MONTHLY] * 100), Leaving(8, "history"), accept_rate=0.25, now=NOW
    ).lines[0]
    assert (line.grants, line.cost) == (1.0, (Money(2000, "usd"),))


def test_a_cost_beyond_the_budget_is_named_by_its_currency() -> None:
    offer = FREE.model_copy(update={"budget_minor": {"usd": 3999}})
    line = forecast(
        {"free": offer}, people(*[MONTHLY] * 100), Leaving(8, "history"), accept_rate=0.25, now=NOW
    ).lines[0]
    assert line.over == ("usd",)


def test_an_upgrade_is_reckoned_for_who_misses_what_it_has() -> None:
    offer = Offer(
        kind=OfferKind.UPGRADE,
        months=2,
        price="price_pro",
        plan_name="Pro",
        features=["Reports"],
        by_schedule=True,
        cost_minor={"usd": 300},
    )
    line = forecast({"pro": offer}, people(MONTHLY), Leaving(1, "history"), accept_rate=1, now=NOW).lines[0]
    assert (line.eligible, line.cost) == (1, (Money(300, "usd"),))


def test_few_cancellations_are_no_history() -> None:
    recent = [NOW - timedelta(days=9 * n) for n in range(9)]
    assert leaving_of(recent, 200, now=NOW) == Leaving(6.0, "assumed")
    old = [NOW - timedelta(days=90)] * 50
    assert leaving_of(recent + old, 200, now=NOW).source == "assumed"


def test_enough_cancellations_speak_for_themselves() -> None:
    found = leaving_of([NOW - timedelta(days=3 * n) for n in range(30)], 10_000, now=NOW)
    assert found.source == "history"
    assert found.a_month == pytest.approx(30 / 90 * 365 / 12)


def test_without_subscriptions_nothing_is_expected() -> None:
    line = forecast({"free": FREE}, [], Leaving(0, "assumed"), accept_rate=0.25, now=NOW).lines[0]
    assert (line.eligible, line.grants, line.cost) == (0, 0.0, ())
