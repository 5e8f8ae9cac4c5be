"""Accepting an offer: who is shown which, what is promised, and what then is in place at the provider."""

from __future__ import annotations

from typing import Any

import pytest

from app.core.db import Database
from app.core.links import LinkPurpose
from tests.scenarios.diary import open_diary, unix
from tests.scenarios.leaving import FREE_MONTH, HALF_PRICE, PAUSE, TALK, Leaving, headline, link_for, offering
from tests.scenarios.offered import (
    MARCH,
    before_offer,
    booked,
    break_next,
    coupons,
    ours,
    refused,
    totals,
)

pytestmark = pytest.mark.same_on_both

FREE = offering({"free": FREE_MONTH})
NOTHING = "Cancel your subscription?"
EUROS_OFF: dict[str, Any] = {"kind": "amount_off", "amount_minor": {"eur": 500}, "months": 2}
TRIAL: dict[str, Any] = {"kind": "extend_trial", "days": 14}


def test_an_offer_that_nobody_took_in_a_day_is_gone_and_the_page_begins_anew(database: Database) -> None:
    """Edge case 2."""
    with open_diary(database, start=MARCH, config=FREE) as diary:
        ada = before_offer(diary)
        diary.until("2026-03-11T10:30:00")
        assert headline(ada.press("accept")) == "Cancel your subscription"
        assert [g.state for g in ada.grants()] == ["expired"]
        assert [c.outcome for c in diary.cases()] == ["abandoned"]
        assert (coupons(ada), booked(diary)) == ([], {})


def test_a_link_that_was_tampered_with_changes_nothing(database: Database) -> None:
    """Edge case 2."""
    with open_diary(database, start=MARCH, config=FREE) as diary:
        ada = before_offer(diary)
        token = ada.at.removeprefix("/cancel/").partition("?")[0]
        ada.at = ada.at.replace(token, token[:-2] + ("aa" if token[-2:] != "aa" else "bb"))
        assert ada.post("accept").status_code in (404, 410)
        assert [g.state for g in ada.grants()] == ["shown"]


def test_a_link_opens_nobody_elses_subscription_and_no_other_one_of_the_same_customer(
    database: Database,
) -> None:
    """Edge case 3: neither by another's link nor by a visit's id that was carried over."""
    with open_diary(database, start=MARCH, config=FREE) as diary:
        ada, eve = before_offer(diary), Leaving(diary, diary.subscriber(email="eve@example.com"))
        other = diary.second_plan(ada.someone)
        mine = ada.at.partition("?")[2]
        for path in (eve.path, link_for(diary, LinkPurpose.CANCEL, ada.someone.customer, other)):
            thief = f"{path}?{mine}"
            assert "One month free" not in diary.web.get(thief).text
            diary.web.post(thief, data={"do": "accept"})
        assert [g.state for g in ada.grants()] == ["shown"]
        assert ada.press("cancel")
        assert eve.subscription["cancel_at"] is None
        assert diary.sandbox.get("subscription", other)["cancel_at"] is None


def test_the_terms_are_those_that_were_shown_whatever_the_request_says(database: Database) -> None:
    """Edge case 4."""
    with open_diary(database, start=MARCH, config=offering({"half": HALF_PRICE})) as diary:
        ada = before_offer(diary)
        wish = {"percent": "100", "months": "12", "offer": "free", "grant": "x", "price": "0", "coupon": "x"}
        ada.press("accept", **wish)
        (coupon,) = diary.sandbox.state.rows("coupon")
        told = coupon["percent_off"], coupon["duration_in_months"], coupon["max_redemptions"]
        assert told == (50.0, 3, 1)


def test_what_was_cancelled_elsewhere_meanwhile_gets_no_benefit(database: Database) -> None:
    """Edge cases 5, 17: nothing is saved, the budget has its money back, and cancelling is a press away."""
    with open_diary(database, start=MARCH, config=FREE) as diary:
        ada = before_offer(diary)
        diary.hold_deliveries = True
        diary.merchant.subscriptions.update(ada.someone.subscription, {"cancel_at_period_end": True})
        assert headline(ada.press("accept")) == "That did not work"
        assert headline(ada.press("cancel")) == "Your subscription is cancelled"
        diary.deliver_held()
        assert coupons(ada) == []
        assert [(g.state, g.failure) for g in ada.grants()] == [
            ("failed", "the subscription was cancelled meanwhile")
        ]
        assert booked(diary) == {"free": (0, 0)}
        assert [c.outcome for c in diary.cases()] == ["cancelled"]
        assert "offer_confirmed" not in [name for _, name in diary.sent()]


def test_an_offer_to_somebody_who_was_leaving_already_takes_the_end_back_with_it(database: Database) -> None:
    """Edge case 6."""
    with open_diary(database, start=MARCH, config=FREE) as diary:
        ada = Leaving(diary, diary.subscriber(country="FR"))
        diary.hold_deliveries = True
        diary.merchant.subscriptions.update(ada.someone.subscription, {"cancel_at_period_end": True})
        assert headline(ada.press("answer", reason="too_expensive")) == "One month free"
        assert headline(ada.press("accept")) == "It is done"
        assert ada.subscription["cancel_at"] is None
        assert len(ours(ada)) == 1


def test_a_discount_that_is_there_stays_where_ours_may_stand_beside_it(database: Database) -> None:
    """Edge case 7."""
    with open_diary(
        database, start=MARCH, config=offering({"half": HALF_PRICE | {"stacking": True}})
    ) as diary:
        someone = diary.subscriber(country="FR")
        diary.merchant.coupons.create({"id": "old", "percent_off": 10, "duration": "forever"})
        diary.merchant.subscriptions.update(someone.subscription, {"discounts": [{"coupon": "old"}]})
        ada = Leaving(diary, someone)
        ada.press("answer", reason="too_expensive")
        assert headline(ada.press("accept")) == "It is done"
        assert coupons(ada) == ["old", *ours(ada)]
        assert len(ours(ada)) == 1


@pytest.mark.parametrize(
    ("offers", "wanted", "why"),
    [
        ({"euros": EUROS_OFF}, {}, "the offer has no amount in usd"),
        ({"pause": PAUSE}, {"interval": "year", "start": "2026-01-01T10:00:00"}, "only monthly"),
        ({"pause": PAUSE}, {"trial_days": 60}, "trialing, not active"),
        ({"free": FREE_MONTH}, {"trial_days": 60}, "trialing, not active"),
        ({"trial": TRIAL}, {}, "there is no trial to extend"),
    ],
)
def test_an_offer_that_does_not_fit_the_subscription_is_not_shown(
    database: Database, offers: dict[str, dict[str, Any]], wanted: dict[str, Any], why: str
) -> None:
    """Edge cases 9, 11, 12."""
    with open_diary(database, start=MARCH, config=offering(offers)) as diary:
        ada = before_offer(diary, **wanted)
        assert headline(ada.look()) == NOTHING
        assert ada.grants() == []
        ((sentences),) = refused(diary).values()
        assert any(why in sentence for sentence in sentences), sentences


def test_a_second_discount_is_not_shown_beside_one_in_force(database: Database) -> None:
    """Edge case 8."""
    with open_diary(database, start=MARCH, config=FREE) as diary:
        someone = diary.subscriber(country="FR")
        diary.merchant.coupons.create({"id": "old", "percent_off": 10, "duration": "forever"})
        diary.merchant.subscriptions.update(someone.subscription, {"discounts": [{"coupon": "old"}]})
        ada = Leaving(diary, someone)
        assert headline(ada.press("answer", reason="too_expensive")) == NOTHING
        assert refused(diary) == {"free": ["another discount is in force"]}


def test_a_percentage_is_offered_in_any_currency_and_an_amount_in_its_own(database: Database) -> None:
    """Edge case 9."""
    config = offering({"euros": EUROS_OFF, "half": HALF_PRICE})
    with open_diary(database, start=MARCH, config=config) as diary:
        assert [g.offer for g in before_offer(diary).grants()] == ["half"]
        eve = before_offer(diary, email="eve@example.com", currency="eur")
        assert [g.offer for g in eve.grants()] == ["half", "euros"]


def test_a_free_month_of_a_year_is_credit_on_the_renewal_and_no_coupon(database: Database) -> None:
    """Edge case 10."""
    with open_diary(database, start=MARCH, config=FREE) as diary:
        ada = before_offer(diary, interval="year", amount=12000, start="2025-04-01T10:00:00")
        assert headline(ada.look()) == "$10.00 off your renewal on April 1, 2026"
        assert headline(ada.press("accept")) == "It is done"
        assert coupons(ada) == []
        assert diary.sandbox.get("customer", ada.someone.customer)["balance"] == -1000
        diary.until("2026-04-02T10:00:00")
        (renewal,) = diary.sandbox.invoices(ada.someone.subscription)[-1:]
        assert (renewal["total"], renewal["amount_due"]) == (12000, 11000)


def test_a_trial_is_extended_and_charged_on_the_day_that_was_told(database: Database) -> None:
    """Edge case 12."""
    with open_diary(database, start=MARCH, config=offering({"trial": TRIAL})) as diary:
        ada = before_offer(diary, start=MARCH, trial_days=7)
        assert headline(ada.look()) == "A longer trial, until March 31, 2026"
        ada.press("accept")
        assert ada.subscription["trial_end"] == unix("2026-03-31T10:00:00")
        diary.until("2026-04-01T10:00:00")
        assert totals(ada) == [0, 0, 2900], "the move of a trial's end has an invoice of nothing"


def test_a_provider_that_does_not_answer_after_applying_does_not_apply_twice(database: Database) -> None:
    """Edge case 16."""
    with open_diary(database, start=MARCH, config=FREE) as diary:
        ada = before_offer(diary)
        diary.worker_down = True
        break_next(diary, "lost_answer", f"/v1/subscriptions/{ada.someone.subscription}", count=3)
        page = ada.press("accept")
        assert len(ours(ada)) == 1
        diary.worker_down = False
        diary.until("2026-03-10T12:00:00")
        assert headline(page) in ("We are setting this up", "It is done")
        assert headline(ada.look()) == "It is done"
        assert [c.outcome for c in diary.cases()] == ["saved"]
        diary.until("2026-05-02T10:00:00")
        assert totals(ada)[-2:] == [0, 2900]


def test_a_provider_that_refuses_for_good_leaves_cancelling_one_press_away(database: Database) -> None:
    """Edge case 17."""
    with open_diary(database, start=MARCH, config=FREE) as diary:
        ada = before_offer(diary)
        grant = ada.grants()[0]
        made: Any = {"id": f"reclaim-{grant.id}", "percent_off": 5, "duration": "forever"}
        diary.merchant.coupons.create(made)
        page = ada.press("accept")
        assert headline(page) == "That did not work"
        assert 'value="cancel"' in page
        diary.tick()
        assert [g.state for g in ada.grants()] == ["failed"]
        assert [c.outcome for c in diary.cases()] == [None]
        assert booked(diary) == {"free": (0, 0)}
        assert headline(ada.press("cancel")) == "Your subscription is cancelled"
        diary.tick()
        assert [c.outcome for c in diary.cases()] == ["cancelled"]


@pytest.mark.parametrize(
    ("start", "now", "resumes"),
    [
        ("2026-01-31T10:00:00", "2026-02-10T10:00:00", "2026-03-31T09:00:00"),
        ("2025-12-31T10:00:00", "2026-01-10T10:00:00", "2026-02-28T09:00:00"),
        ("2026-02-20T10:00:00", "2026-03-10T10:00:00", "2026-04-20T09:00:00"),
    ],
)
def test_a_pause_resumes_at_the_stored_instant_and_the_renewal_of_that_day_is_paid(
    database: Database, start: str, now: str, resumes: str
) -> None:
    """Edge cases 18, 19: over a short February and a change of the clocks; told of at least 7 days ahead."""
    with open_diary(database, start=now, config=offering({"pause": PAUSE})) as diary:
        ada = before_offer(diary, start=start)
        ada.press("accept")
        assert ada.subscription["pause_collection"]["resumes_at"] == unix(resumes)
        diary.days(63)
        assert ada.subscription["pause_collection"] is None
        notices = [day for day, name in diary.sent() if name == "benefit_ending"]
        assert len(notices) == 1
        grant = ada.grants()[0]
        assert grant.announced_at is not None
        assert grant.full_charge_at is not None
        assert 7 <= (grant.full_charge_at - grant.announced_at).days <= 21
        assert grant.full_paid_at is not None


def test_who_leaves_within_the_benefit_is_not_told_of_a_charge_that_will_not_come(database: Database) -> None:
    """Edge case 19."""
    with open_diary(database, start=MARCH, config=FREE) as diary:
        ada = before_offer(diary)
        ada.press("accept")
        diary.until("2026-04-05T10:00:00")
        assert headline(Leaving(diary, ada.someone).press("cancel")) == "Your subscription is cancelled"
        diary.until("2026-05-10T10:00:00")
        assert "benefit_ending" not in [name for _, name in diary.sent()]
        assert [g.state for g in ada.grants()] == ["left"]


def test_a_budget_that_is_used_up_leads_to_the_offer_that_costs_nothing(database: Database) -> None:
    """Edge case 22."""
    config = offering(
        {"free": FREE_MONTH | {"budget_minor": {"usd": 3000}}, "talk": TALK},
        {"too_expensive": ["free"]},
        fallback="talk",
    )
    with open_diary(database, start=MARCH, config=config) as diary:
        ada = before_offer(diary)
        eve = before_offer(diary, email="eve@example.com")
        assert headline(ada.press("accept")) == "It is done"
        assert headline(eve.press("accept")) == NOTHING, (
            "shown while there was money, and then there was none"
        )
        assert booked(diary) == {"free": (2900, 1)}
        bob = before_offer(diary, email="bob@example.com", card="5555555555554444")
        assert headline(bob.look()) == "Let us sort it out"
        assert refused(diary)["free"] == ["this month's budget in usd is used up"]
        assert ours(eve) == []


def test_an_offer_that_is_edited_after_it_was_shown_is_given_as_it_was_shown(database: Database) -> None:
    """Edge case 23."""
    with open_diary(database, start=MARCH, config=offering({"free": FREE_MONTH | {"months": 2}})) as diary:
        ada = before_offer(diary)
        assert headline(ada.look()) == "2 months free"
        diary.application.config = FREE
        diary.application.__dict__.pop("setup", None)
        ada.press("accept")
        assert diary.sandbox.state.rows("coupon")[0]["duration_in_months"] == 2


def test_whoever_took_an_offer_lately_gets_none_under_another_customer_of_the_same_address(
    database: Database,
) -> None:
    """Edge case 24: counted over subscriptions and customers of one person."""
    config = offering({"free": FREE_MONTH, "half": HALF_PRICE})
    with open_diary(database, start=MARCH, config=config) as diary:
        before_offer(diary).press("accept")
        diary.tick()
        again = before_offer(diary, email="ADA@example.com")
        assert headline(again.look()) == NOTHING
        assert all(any("ago" in w for w in why) for why in refused(diary).values())


@pytest.mark.parametrize("status", ["unpaid", "incomplete", "canceled"])
def test_a_subscription_that_is_not_running_gets_no_offer(database: Database, status: str) -> None:
    """Edge case 14."""
    with open_diary(database, start=MARCH, config=FREE) as diary:
        someone = diary.subscriber(country="FR")
        ada = Leaving(diary, someone)
        diary.sandbox.state.get("subscription", someone.subscription)["status"] = status
        ada.press("answer", reason="too_expensive")
        assert ada.grants() == []


@pytest.mark.slow
def test_a_lent_plan_goes_back_to_the_old_price_by_itself_and_nothing_is_charged_for_either_move(
    database: Database,
) -> None:
    """Edge cases 20, 21: also where the old price was archived meanwhile."""
    with open_diary(database, start=MARCH) as diary:
        someone = diary.subscriber(country="FR")
        price = diary.merchant.prices.create(
            {
                "currency": "usd",
                "unit_amount": 5900,
                "recurring": {"interval": "month"},
                "product_data": {"name": "Team plan"},
            }
        )
        team = {"kind": "upgrade", "months": 2, "price": price.id, "plan_name": "Team", "features": ["sso"]}
        config = offering({"team": team | {"by_schedule": True}}, {"missing_feature": ["team"]})
        diary.application.config = config
        diary.application.__dict__.pop("setup", None)
        ada = Leaving(diary, someone)
        page = ada.press("answer", reason="missing_feature", missing="sso")
        assert headline(page) == "Team for 2 months, at no extra cost"
        assert headline(ada.press("accept")) == "It is done"
        assert ada.subscription["items"]["data"][0]["price"]["id"] == price.id
        diary.merchant.prices.update(someone.price, {"active": False})
        diary.until("2026-07-02T10:00:00")
        assert ada.subscription["items"]["data"][0]["price"]["id"] == someone.price
        assert set(totals(ada)[-4:]) == {2900}
