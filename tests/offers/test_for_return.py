"""What may be offered for returning, and what it comes to from the checkout on."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from app.offers.rules.eligibility import Applicant, Budget, Earlier
from app.offers.rules.for_return import LastPlan, refusals_for_return, terms_for_return
from app.offers.rules.policy import Offer
from app.offers.states import Means, OfferKind

NOW = datetime(2026, 1, 31, 10, tzinfo=UTC)
MONTHLY = LastPlan("price_1", "prod_1", 2900, "usd", "month", tenure=timedelta(days=200))
YEARLY = replace(MONTHLY, amount_minor=29000, interval="year")
FREE = {"kind": "free_months", "months": 2}
HALF = {"kind": "percent_off", "percent": 50, "months": 3}
PRO: dict[str, Any] = {
    "kind": "upgrade",
    "months": 3,
    "price": "price_pro",
    "plan_name": "Pro",
    "features": ["reports"],
    "cost_minor": {"usd": 500},
}


def why_not(offer: dict[str, Any], last: LastPlan = MONTHLY, who: Applicant | None = None) -> list[str]:
    found = Offer(**offer)
    return refusals_for_return("welcome", found, last, who or Applicant("US"), cost_minor=1000, now=NOW)


def test_free_months_count_from_the_checkout_on() -> None:
    terms = terms_for_return(Offer(**FREE), MONTHLY, feature=None, now=NOW)
    assert (terms.means, terms.percent, terms.months, terms.charged_minor) == (Means.COUPON, 100.0, 2, 0)
    assert (terms.saved_minor, terms.cost_minor) == (5800, 5800)
    assert terms.full_charge_at == datetime(2026, 3, 31, 10, tzinfo=UTC)


def test_free_months_of_a_yearly_plan_take_their_share_off_the_first_year() -> None:
    """A coupon counted in months would make the whole year free."""
    terms = terms_for_return(Offer(**FREE), YEARLY, feature=None, now=NOW)
    assert (terms.percent, terms.charged_minor, terms.saved_minor) == (None, 24167, 4833)
    assert terms.full_charge_at == datetime(2027, 1, 31, 10, tzinfo=UTC)


def test_a_percentage_is_taken_off_each_of_the_months() -> None:
    terms = terms_for_return(Offer(**HALF), MONTHLY, feature=None, now=NOW)
    assert (terms.charged_minor, terms.saved_minor, terms.next_charge_at) == (1450, 4350, NOW)


def test_a_higher_plan_is_an_entitlement_at_the_old_price() -> None:
    terms = terms_for_return(Offer(**PRO), MONTHLY, feature="reports", now=NOW)
    assert (terms.means, terms.charged_minor, terms.cost_minor) == (Means.ENTITLEMENT, 2900, 500)
    assert terms.ends_at == datetime(2026, 4, 30, 10, tzinfo=UTC)


@pytest.mark.parametrize(
    "offer",
    [
        {"kind": "pause", "months": 1},
        {"kind": "extend_trial", "days": 7},
        {"kind": "talk"},
        {"kind": "switch_plan", "price": "p", "plan_name": "S", "price_minor": {"usd": 900}},
    ],
)
def test_what_needs_a_running_subscription_is_not_offered(offer: dict[str, Any]) -> None:
    assert "it needs a running subscription" in why_not(offer)


@pytest.mark.parametrize(
    ("last", "words"),
    [
        (replace(MONTHLY, amount_minor=None), "the last price is not known"),
        (replace(MONTHLY, amount_minor=0), "the subscription cost nothing"),
        (replace(MONTHLY, currency="eur"), "the offer has no amount in eur"),
    ],
)
def test_the_last_price_must_bear_it(last: LastPlan, words: str) -> None:
    assert words in why_not({"kind": "amount_off", "months": 1, "amount_minor": {"usd": 500}}, last)


def test_the_plan_the_tenure_and_the_budget_are_asked() -> None:
    assert "not for this plan" in why_not(FREE | {"plans": ["price_9"]})
    assert "was a customer for less than 300 days" in why_not(FREE | {"min_tenure_days": 300})
    assert "this month's budget in usd is used up" in why_not(
        FREE, who=Applicant("US", budgets={"welcome": Budget(left_minor=999)})
    )


def test_who_took_an_offer_lately_is_not_made_another() -> None:
    """Edge case 50."""
    taken = Earlier("other", OfferKind.PERCENT_OFF, NOW - timedelta(days=60), 900)
    (why,) = why_not(FREE, who=Applicant("US", earlier=[taken]))
    assert why.startswith("they took an offer on")


def test_a_higher_plan_answers_what_was_missing_only() -> None:
    told = Applicant("US", missing="reports", consumes_entitlements=True)
    assert why_not(PRO, who=told) == []
    assert "they had this plan already" in why_not(PRO, replace(MONTHLY, price_id="price_pro"), told)
    assert why_not(PRO, who=replace(told, missing="calls")) != []
