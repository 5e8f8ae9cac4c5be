"""Which card, whose charge, when to tell, how it ends: the rules without a database."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from app.cases.states import Outcome
from app.expiring.rules.cards import last_day, order_of_charge
from app.expiring.rules.cases import Ending, Past, ending, refusal, watched
from app.expiring.rules.due import Move, Skip, decide_leaving
from app.expiring.rules.plans import Plan, place, plan_card, plan_subscription
from app.expiring.rules.policy import ExpiringPolicy
from app.expiring.rules.risks import Risk, judge
from app.expiring.rules.stages import plan_notices
from app.expiring.states import Anchor, BackupRule, By, LeftOut
from tests.expiring.factories import at, card, payer, subscription

POLICY = ExpiringPolicy()
NAMED = BackupRule.NAMED


def risk_of(**more: Any) -> Risk:
    found = judge(subscription(), payer(**more), NAMED)
    assert isinstance(found, Risk)
    return found


@pytest.mark.parametrize(
    ("year", "month", "last"),
    [(2026, 6, date(2026, 6, 30)), (2028, 2, date(2028, 2, 29)), (2026, 12, date(2026, 12, 31))],
)
def test_a_card_is_good_through_the_last_day_of_its_month(year: int, month: int, last: date) -> None:
    """Edge cases 39, 40."""
    assert last_day(card(year=year, month=month)) == last


@pytest.mark.parametrize(
    ("charge_at", "zone", "at_risk"),
    [
        ("2026-06-30T23:30", "UTC", False),
        ("2026-07-01T00:30", "UTC", True),
        ("2026-07-01T03:00", "America/New_York", False),  # there it is still 30 June
        ("2026-06-30T13:00", "Pacific/Auckland", True),  # there it is 1 July
    ],
)
def test_the_last_day_is_that_of_the_place_where_the_customer_lives(
    charge_at: str, zone: str, at_risk: bool
) -> None:
    found = judge(subscription(charge_at), payer(zone=zone), NAMED)
    assert isinstance(found, Risk) is at_risk
    assert at_risk or found is LeftOut.STILL_VALID


def test_the_provider_charges_the_first_of_four_and_falls_back_to_no_other() -> None:
    """Edge case 42."""
    one = subscription(default_payment_method_id="pm_a", default_source_id="card_b")
    who = payer(default_payment_method_id="pm_c", default_source_id="card_d").customer
    assert order_of_charge(one, who) == ["pm_a", "card_b", "pm_c", "card_d"]
    assert order_of_charge(replace(one, default_payment_method_id=None), who)[0] == "card_b"


@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        ({"status": "canceled"}, LeftOut.NOT_RENEWING),
        ({"status": "incomplete"}, LeftOut.NOT_RENEWING),
        ({"cancel_at": at("2026-07-01T10:00")}, LeftOut.NOT_RENEWING),
        ({"collection_method": "send_invoice"}, LeftOut.BY_INVOICE),
        ({"paused_collection": True}, LeftOut.PAUSED),
        ({"paused_collection": True, "pause_resumes_at": at("2026-07-02")}, LeftOut.PAUSED),
        ({"items": [{"amount_minor": 0, "quantity": 3}]}, LeftOut.FREE),
        ({"items": [{"amount_minor": 900, "quantity": 0}]}, LeftOut.FREE),
        ({"period_end_at": at("2026-06-15")}, LeftOut.STILL_VALID),
        ({"default_payment_method_id": "pm_unknown"}, LeftOut.UNREAD),
    ],
)
def test_nobody_is_told_where_no_charge_will_fail(changes: dict[str, Any], reason: LeftOut) -> None:
    """Edge case 41."""
    one = subscription(**changes)
    assert judge(one, payer(subscriptions=(one,)), NAMED) is reason


@pytest.mark.parametrize(
    "changes",
    [
        {"cancel_at": at("2026-09-01")},
        {"paused_collection": True, "pause_resumes_at": at("2026-06-20")},
        {"items": [{"amount_minor": None, "quantity": 1}]},
        {"items": [{"amount_minor": 5, "quantity": None, "metered": True}]},
        {"items": []},
        {"status": "trialing"},
    ],
)
def test_a_charge_that_may_come_counts(changes: dict[str, Any]) -> None:
    one = subscription(**changes)
    assert isinstance(judge(one, payer(subscriptions=(one,)), NAMED), Risk)


@pytest.mark.parametrize(
    ("method", "reason"),
    [
        (card(wallet="apple_pay"), LeftOut.WALLET),
        (card(type="sepa_debit", exp_year=None, exp_month=None), LeftOut.NOT_A_CARD),
        (card(exp_year=None), LeftOut.UNREAD),
    ],
)
def test_what_does_not_expire_like_a_card_is_left_alone(method: Any, reason: LeftOut) -> None:
    """Edge case 44."""
    assert judge(subscription(), payer(method), NAMED) is reason


def test_a_card_behind_a_wallet_that_hands_it_over_expires_like_any_other() -> None:
    assert isinstance(judge(subscription(), payer(card(wallet="link")), NAMED), Risk)


def test_a_backup_counts_if_the_customer_has_named_it() -> None:
    """Edge case 42; every saved card counts only where the merchant says so."""
    one = subscription(default_payment_method_id="pm_1")
    fresh, stale = card("pm_2", 2030), card("pm_2", 2026, 6)
    named = payer(card(), fresh, subscriptions=(one,), default_payment_method_id="pm_2")
    saved = payer(card(), fresh, subscriptions=(one,), default_payment_method_id=None)
    old = payer(card(), stale, subscriptions=(one,), default_payment_method_id="pm_2")
    assert judge(one, named, NAMED) is LeftOut.BACKUP
    assert judge(one, saved, BackupRule.ATTACHED) is LeftOut.BACKUP
    for who, rule in ((saved, NAMED), (old, NAMED), (named, BackupRule.NONE)):
        assert isinstance(judge(one, who, rule), Risk)


def test_stages_lead_up_to_the_end_of_the_card_or_to_the_charge() -> None:
    near = place(risk_of(), payer(), POLICY, now=at("2026-06-01T12:00"))
    assert isinstance(near, Plan)
    assert near.anchor is Anchor.EXPIRY
    yearly = subscription("2027-03-10T10:00")
    who = payer(subscriptions=(yearly,))
    assert plan_subscription(yearly, who, POLICY, now=at("2026-06-20")) is LeftOut.TOLD_LATER
    later = plan_subscription(yearly, who, POLICY, now=at("2027-02-05"))
    assert isinstance(later, Plan)
    assert later.anchor is Anchor.CHARGE


def test_who_pays_late_in_the_month_is_told_before_the_charge_instead() -> None:
    one = subscription("2026-07-28T10:00")
    found = plan_subscription(one, payer(subscriptions=(one,)), POLICY, now=at("2026-06-28T11:00"))
    assert isinstance(found, Plan)
    assert found.anchor is Anchor.CHARGE
    assert [n.days for n in found.notices] == [14, 3]


def test_a_stage_that_has_passed_is_dropped_and_after_the_last_nothing_is_said() -> None:
    one = subscription("2026-07-01T10:00")
    who = payer(subscriptions=(one,))
    assert plan_subscription(one, who, POLICY, now=at("2026-06-30T20:00")) is LeftOut.TOO_LATE


def test_a_plan_has_its_own_stages_or_none() -> None:
    own = ExpiringPolicy(plans={"price_1": [5]})
    found = plan_subscription(subscription(), payer(), own, now=at("2026-06-01"))
    assert isinstance(found, Plan)
    assert [n.days for n in found.notices] == [5]
    off = ExpiringPolicy(plans={"prod_1": []})
    assert plan_subscription(subscription(), payer(), off, now=at("2026-06-01")) is LeftOut.SWITCHED_OFF
    assert plan_card(card("pm_9"), payer(), POLICY, now=at("2026-06-01")) is LeftOut.NOT_CHARGED


@pytest.mark.parametrize("stages", [[3, 14], [14, 14], [0], [91]])
def test_stages_fall_and_are_days(stages: list[int]) -> None:
    with pytest.raises(ValidationError):
        ExpiringPolicy(stages=stages)


ZONES = (
    "America/New_York", "Europe/Berlin", "Europe/London", "Australia/Lord_Howe", "Asia/Kathmandu", "Pacific/Apia",
    "Pacific/Chatham", "Africa/Casablanca", "America/Sao_Paulo", "Asia/Tehran", "Pacific/Auckland", "UTC",
)  # fmt: skip


@given(
    st.lists(st.integers(1, 60), min_size=1, max_size=5, unique=True).map(lambda d: sorted(d, reverse=True)),
    st.dates(date(2026, 1, 1), date(2030, 12, 31)),
    st.sampled_from(ZONES),
    st.text(min_size=1, max_size=8),
)
def test_stages_keep_their_order_and_never_go_later_than_their_day(
    stages: list[int], before: date, zone: str, customer: str
) -> None:
    info = ZoneInfo(zone)
    notices = plan_notices(stages, before, customer, info, POLICY.hours, spread_days=7, now=at("2020-01-01"))
    days = [n.due_at.astimezone(info).date() for n in notices]
    assert [n.number for n in notices] == list(range(len(stages)))
    assert days == sorted(set(days))
    for day, stage in zip(days, stages, strict=True):
        assert timedelta(stage) <= before - day < timedelta(stage + 7)
    assert all(9 <= n.due_at.astimezone(info).hour < 18 for n in notices)


def test_a_watched_charge_ends_by_what_became_of_the_card() -> None:
    """Edge case 43: the updater's word, the customer's, or a reading that does not say whose."""
    watch = watched(risk_of())
    later = at("2026-06-05")
    fresh = card(year=2030)
    for method, by in (
        (replace(fresh, auto_updated_at=later), By.UPDATER),
        (fresh, By.CUSTOMER),
        (replace(fresh, seen_live=True), By.UNKNOWN),
    ):
        found = ending(watch, payer(method), NAMED, over=False, now=later)
        assert isinstance(found, Ending)
        assert (found.outcome, found.by) == (Outcome.CARD_UPDATED, by)
    other = ending(watch, payer(card("pm_2", 2030), card()), NAMED, over=False, now=later)
    assert isinstance(other, Ending)
    assert (other.outcome, other.by) == (Outcome.CARD_UPDATED, By.CUSTOMER)


def test_after_its_charge_a_case_waits_for_the_end_of_it() -> None:
    watch = watched(risk_of())
    now = at("2026-07-01T10:30")

    def after(status: str, period_end: str, *, over: bool = False) -> Any:
        one = subscription(period_end, status=status)
        return ending(watch, payer(subscriptions=(one,)), NAMED, over=over, now=now)

    assert after("active", "2026-08-01T10:00") is None
    assert after("past_due", "2026-08-01T10:00").outcome == Outcome.EXPIRED
    went_through = after("active", "2026-08-01T10:00", over=True)
    assert (went_through.outcome, went_through.for_good) == (Outcome.NOT_NEEDED, True)


def test_a_card_of_which_all_is_said_opens_no_other_case() -> None:
    stopped = Past(True, frozenset({"pm_1:2026-06"}), frozenset(), {})
    done = Past(False, frozenset({"pm_1:2026-06"}), frozenset({"pm_1:2026-06"}), {})
    left = Past(False, frozenset({"pm_1:2026-06"}), frozenset(), {})
    assert refusal("pm_1:2026-06", [stopped]) is LeftOut.STOPPED
    assert refusal("pm_1:2026-06", [left, done]) is LeftOut.TOLD
    assert refusal("pm_1:2026-06", [left]) is None
    assert refusal("pm_1:2030-06", [stopped, done]) is None


def test_a_notice_leaves_only_on_fresh_knowledge_and_in_the_day() -> None:
    """Edge case 43."""
    now = at("2026-06-10T12:00")
    fresh = replace(risk_of(), method=card(seen_at=now - timedelta(hours=47)))
    stale = replace(risk_of(), method=card(seen_at=now - timedelta(hours=49)))

    def leaving(risks: list[Risk], amounts: dict[str, int] | None = None, moment: Any = now) -> Any:
        return decide_leaving(risks, amounts or {}, moment, payer(), POLICY, now=moment)

    assert leaving([fresh]) is None
    assert isinstance(leaving([stale]), Skip)
    assert isinstance(leaving([]), Skip)
    assert isinstance(leaving([fresh], {"sub_1": 0}), Skip)
    assert leaving([fresh], {"sub_1": 2900}) is None
    night = at("2026-06-10T22:00")
    tonight = replace(fresh, method=card(seen_at=night))
    assert isinstance(leaving([tonight], moment=night), Move)
