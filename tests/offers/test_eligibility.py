"""Who may have an offer: each refusal on its own, and none without a reason."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from app.offers.rules.contract import Contract, Discount
from app.offers.rules.eligibility import Applicant, Budget, Earlier, refusals
from app.offers.rules.policy import Offer
from app.offers.states import OfferKind
from tests.offers.factories import LINE, MONTHLY, NOW, at, contract, offer

ANYBODY = Applicant(country="FR")
TRIALING = contract(status="trialing", trial_end_at=at("2026-04-01T10:00:00"))
OLD = Discount("di_1", "old", percent_off=10)


def why_not(
    given: Offer, to: Contract = MONTHLY, who: Applicant = ANYBODY, *, cost: int = 0, **more: Any
) -> list[str]:
    return refusals("it", given, to, who, cost_minor=cost, now=more.pop("now", NOW))


@pytest.mark.parametrize("kind", [k for k in OfferKind if k not in ("upgrade", "extend_trial")])
def test_a_plain_monthly_customer_may_have_it(kind: OfferKind) -> None:
    assert why_not(offer(kind)) == []


def test_a_trial_is_extended_for_whom_it_runs_and_nobody_else() -> None:
    """Edge case 12."""
    assert why_not(offer("extend_trial"), TRIALING) == []
    assert "there is no trial to extend" in why_not(offer("extend_trial"))
    for kind in ("free_months", "percent_off", "amount_off", "pause", "switch_plan"):
        assert "the subscription is trialing, not active" in why_not(offer(kind), TRIALING)


def test_an_upgrade_is_for_who_misses_what_it_has_and_whose_merchant_can_grant_it() -> None:
    who = replace(ANYBODY, missing="sso", consumes_entitlements=True)
    assert why_not(offer("upgrade"), who=who) == []
    missing = "the higher plan does not have what they said is missing"
    assert missing in why_not(offer("upgrade"), who=replace(who, missing=None))
    assert missing in why_not(offer("upgrade"), who=replace(who, missing="an app"))
    deaf = replace(who, consumes_entitlements=False)
    assert why_not(offer("upgrade"), who=deaf) == [
        "no backend of the merchant has acknowledged entitlements of late"
    ]
    assert why_not(offer("upgrade", by_schedule=True), who=deaf) == []
    same = contract(line={"price_id": "price_9"})
    assert "they have this plan already" in why_not(offer("upgrade"), same, who)


@pytest.mark.parametrize(
    ("to", "why"),
    [
        (contract(status="canceled"), "the subscription is canceled"),
        (contract(status="incomplete"), "the subscription is incomplete"),
        (contract(status="unpaid"), "the subscription is unpaid"),
        (contract(status="past_due"), "the subscription is past_due, not active"),
        (contract(schedule_id="sub_sched_1"), "a schedule manages the subscription"),
        (contract(schedule_id="sub_sched_1", schedule_by_us=True), "a schedule manages the subscription"),
        (contract(lines=(LINE, replace(LINE, item_id="si_2"))), "the subscription has several items"),
        (contract(lines=()), "the subscription has several items"),
        (contract(line={"metered": True}), "the subscription is billed by usage"),
        (contract(collection_method="send_invoice"), "the subscription is paid by invoice"),
        (contract(line={"amount_minor": None}), "the price is not a fixed amount"),
        (contract(period_end_at=None), "the next renewal is not known"),
        (contract(pauses_collection=True), "the subscription is paused already"),
    ],
)
@pytest.mark.parametrize("kind", ["free_months", "percent_off", "amount_off", "pause", "switch_plan"])
def test_a_shape_that_we_do_not_touch_is_refused_for_whatever_changes_it(
    to: Contract, why: str, kind: str
) -> None:
    """Edge cases 11, 14, 15. Talking and showing the way is for everybody."""
    assert why in why_not(offer(kind), to)
    assert why_not(offer("talk"), to) == why_not(offer("redirect"), to) == []


def test_a_second_discount_is_refused_unless_stacking_is_meant() -> None:
    """Edge case 8. It stands in nobody else's way."""
    held = contract(discounts=(OLD,))
    for kind in ("free_months", "percent_off", "amount_off"):
        assert why_not(offer(kind), held) == ["another discount is in force"]
        assert why_not(offer(kind, stacking=True), held) == []
    assert why_not(offer("pause"), held) == []


def test_an_amount_is_for_its_currencies_and_a_percentage_for_all() -> None:
    """Edge case 9."""
    pounds = contract(currency="gbp", line={"currency": "gbp"})
    assert why_not(offer("amount_off"), pounds) == ["the offer has no amount in gbp"]
    assert why_not(offer("percent_off"), pounds) == []


@pytest.mark.parametrize(("interval", "count"), [("year", 1), ("week", 1), ("day", 1), ("month", 3)])
def test_only_months_are_paused(interval: str, count: int) -> None:
    """Edge case 11."""
    other = contract(line={"interval": interval, "interval_count": count})
    assert "only monthly subscriptions can be paused" in why_not(offer("pause"), other)
    assert why_not(offer("free_months"), other) == []


def test_what_costs_nothing_gets_nothing_off() -> None:
    assert why_not(offer("free_months"), contract(line={"amount_minor": 0})) == [
        "the subscription costs nothing"
    ]


def test_where_the_calendar_would_give_another_number_of_months_the_offer_waits_a_day() -> None:
    """On 31 January "one month" is over on 28 February, and so are renewals of the 28th and of the 1st."""
    born = contract(period_end_at=at("2026-03-01T10:00:00"), anchored_at=at("2025-03-01T10:00:00"))
    assert why_not(offer("free_months"), born, now=at("2026-01-31T12:00:00"))
    assert why_not(offer("free_months"), born, now=at("2026-02-01T12:00:00")) == []


@pytest.mark.parametrize(
    ("more", "why"),
    [
        ({"plans": ["price_7"]}, "not for this plan"),
        ({"intervals": ["year"]}, "not for this billing interval"),
        ({"min_tenure_days": 400}, "a customer for less than 400 days"),
        ({"max_tenure_days": 100}, "a customer for more than 100 days"),
        ({"min_price_minor": {"usd": 5000}}, "the plan costs too little"),
        ({"min_price_minor": {"eur": 100}}, "the offer names no least price in usd"),
        ({"countries": ["DE", "at"]}, "not for this country"),
    ],
)
def test_an_offer_is_for_whom_it_is_configured(more: dict[str, Any], why: str) -> None:
    assert why_not(offer(**more)) == [why]


@pytest.mark.parametrize(
    "more",
    [
        {"plans": ["prod_1"]},
        {"plans": ["price_1"]},
        {"intervals": ["month"]},
        {"min_tenure_days": 374},
        {"max_tenure_days": 375},
        {"min_price_minor": {"usd": 2900}},
        {"countries": ["fr"]},
    ],
)
def test_a_limit_that_is_just_met_lets_them_have_it(more: dict[str, Any]) -> None:
    assert why_not(offer(**more)) == []


def test_nobody_who_disputes_a_payment_gets_anything() -> None:
    assert why_not(offer(), who=replace(ANYBODY, in_dispute=True)) == ["a payment is disputed"]


def test_an_offer_rests_after_any_that_cost_something_and_until_the_day() -> None:
    """Edge case 24."""
    took = Earlier("half", OfferKind.PERCENT_OFF, NOW - timedelta(days=180), 1450)
    assert why_not(offer(cooldown_days=181), who=replace(ANYBODY, earlier=[took])) != []
    assert why_not(offer(cooldown_days=180), who=replace(ANYBODY, earlier=[took])) == []
    free = replace(took, cost_minor=0)
    assert why_not(offer(cooldown_days=999), who=replace(ANYBODY, earlier=[free])) == []


def test_a_pause_rests_after_a_pause_and_not_after_a_discount() -> None:
    paused = Earlier("other", OfferKind.PAUSE, NOW - timedelta(days=10), 0)
    assert len(why_not(offer("pause"), who=replace(ANYBODY, earlier=[paused]))) == 1
    half = replace(paused, kind=OfferKind.PERCENT_OFF, cost_minor=900)
    assert why_not(offer("pause"), who=replace(ANYBODY, earlier=[half])) == []


def test_the_same_offer_is_had_as_often_as_it_says() -> None:
    long_ago = Earlier("it", OfferKind.FREE_MONTHS, NOW - timedelta(days=1000), 2900)
    assert why_not(offer(), who=replace(ANYBODY, earlier=[long_ago])) == ["they have had this offer before"]
    assert why_not(offer(most_times=2), who=replace(ANYBODY, earlier=[long_ago])) == []


def test_what_the_budget_does_not_bear_is_refused_to_the_minor_unit() -> None:
    """Edge case 22."""
    who = replace(ANYBODY, budgets={"it": Budget(left_minor=2900)})
    assert why_not(offer(), who=who, cost=2900) == []
    assert why_not(offer(), who=who, cost=2901) == ["this month's budget in usd is used up"]
    none = replace(ANYBODY, budgets={"it": Budget(left_grants=0)})
    assert why_not(offer(), who=none) == ["this month's number of grants is used up"]


def test_every_reason_is_told_and_not_only_the_first() -> None:
    to = contract(status="past_due", schedule_id="s", collection_method="send_invoice")
    assert len(why_not(offer(countries=["US"]), to)) == 4
