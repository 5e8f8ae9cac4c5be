"""The whole way back: the mail in the mailbox, the page, the checkout, the new subscription, the sequence's end."""

from __future__ import annotations

from dataclasses import replace

import pytest

from app.core.db import Database
from app.offers import returning
from app.offers.models import Grant
from tests.scenarios.diary import open_diary
from tests.scenarios.leaving import headline
from tests.scenarios.offered import booked, break_next
from tests.scenarios.returning import HALF_PRICE, SETTINGS, Returning, invited, inviting

pytestmark = pytest.mark.same_on_both


def test_who_follows_the_mail_pays_half_and_is_written_to_no_more(database: Database) -> None:
    with open_diary(database, config=inviting(), **SETTINGS) as diary:
        ada = invited(diary)
        assert "50% off for 3 months" in diary.mailbox.text()
        assert "Unsubscribe" in str(diary.mailbox.mails[-1])
        page = ada.look()
        assert headline(page) == "50% off for 3 months"
        assert "$14.50" in page
        landed = ada.buy(ada.checkout())
        assert headline(diary.web.get(landed).text) == "Welcome back"
        (row,) = ada.sessions()
        assert (row.state, ada.case().outcome) == ("completed", "returned")
        assert row.subscription_id is not None
        assert [i["total"] for i in diary.sandbox.invoices(row.subscription_id)] == [1450]
        (grant,) = ada.grants()
        assert (grant.state, grant.subscription_id) == ("applied", row.subscription_id)
        assert ada.lapse().returned_how == "offer"
        before = len(diary.mailbox.mails)
        diary.days(80)
        assert [s for s in diary.mailbox.subjects()[before:] if "come back" in s] == []


def test_a_double_click_opens_one_page_and_books_once(database: Database) -> None:
    with open_diary(database, config=inviting(), **SETTINGS) as diary:
        ada = invited(diary)
        assert ada.checkout() == ada.checkout()
        assert len(ada.sessions()) == len(ada.grants()) == 1
        assert booked(diary) == {"half": (3 * 1450, 1)}


@pytest.mark.slow
def test_an_answer_that_is_lost_leaves_one_page_when_the_button_is_pressed_again(database: Database) -> None:
    """The provider has made the page, and we never learnt of it."""
    with open_diary(database, config=inviting(), **SETTINGS) as diary:
        ada = invited(diary)
        break_next(diary, "lost_answer", "/v1/checkout/sessions", count=3)
        assert ada.post().status_code == 503
        ada.buy(ada.checkout())
        assert len(list(diary.sandbox.state.rows("checkout.session"))) == 1
        assert len(ada.grants()) == 1


@pytest.mark.slow
def test_a_later_press_leads_to_the_same_page_while_it_is_open(database: Database) -> None:
    with open_diary(database, config=inviting(), **SETTINGS) as diary:
        ada = invited(diary)
        first = ada.checkout()
        diary.days(0.2)
        assert ada.checkout() == first


def test_a_page_that_ran_out_gives_the_budget_back_and_a_fresh_one_is_made(database: Database) -> None:
    with open_diary(database, config=inviting(), **SETTINGS) as diary:
        ada = invited(diary)
        first = ada.checkout()
        path = ada.path
        diary.days(1.2)
        assert (ada.sessions()[0].state, ada.grants()[0].state) == ("expired", "expired")
        assert booked(diary) == {"half": (0, 0)}
        second = ada.checkout(path)
        assert second != first
        ada.buy(second)
        assert ada.case().outcome == "returned"
        assert booked(diary) == {"half": (3 * 1450, 1)}


def test_who_returns_by_another_way_has_the_open_checkout_closed(database: Database) -> None:
    """Edge case 41."""
    with open_diary(database, config=inviting(), **SETTINGS) as diary:
        ada = invited(diary)
        page = ada.checkout()
        diary.merchant.subscriptions.create(
            {"customer": ada.someone.customer, "items": [{"price": ada.someone.price}]}
        )
        diary.tick()
        assert ada.case().outcome == "returned"
        assert ada.page_of(page)["status"] == "expired"
        assert ada.grants()[0].state == "expired"
        assert booked(diary) == {"half": (0, 0)}
        assert headline(ada.look()) == "You are with us already"


@pytest.mark.slow
def test_a_second_tab_on_other_terms_is_closed_when_the_first_is_paid(database: Database) -> None:
    """The offer was over between two presses: the page that still bore it is closed when the other one opens."""
    with open_diary(database, config=inviting(), **SETTINGS) as diary:
        ada = invited(diary)
        path, old = ada.path, ada.checkout()
        setup = diary.application.setup
        diary.application.__dict__["setup"] = replace(setup, offers={})
        with diary.application.db.write() as session:
            returning.let_go(session, session.query(Grant).one(), now=diary.now)
        new = ada.checkout(path)
        diary.tick()
        assert new != old
        assert ada.page_of(old)["status"] == "expired"
        ada.buy(new)
        assert ada.case().outcome == "returned"


@pytest.mark.slow
def test_a_redeemed_link_says_welcome_and_gives_nothing_more(database: Database) -> None:
    """Edge case 47."""
    with open_diary(database, config=inviting(), **SETTINGS) as diary:
        ada = invited(diary)
        path = ada.path
        ada.buy(ada.checkout())
        assert headline(ada.look(path=path)) == "Welcome back"
        assert ada.post(path=path).headers["location"] == path
        assert (len(ada.sessions()), len(ada.grants())) == (1, 1)


def test_a_returner_who_left_again_finds_the_normal_price_under_the_old_link(database: Database) -> None:
    """Edge cases 47 and 50: even where the merchant would make the same offer twice, a link makes it once."""
    generous = inviting({"half": HALF_PRICE | {"cooldown_days": 0, "most_times": 9}}, offer_once_in_days=0)
    with open_diary(database, config=generous, **SETTINGS) as diary:
        ada = invited(diary)
        path = ada.path
        ada.buy(ada.checkout())
        diary.merchant.subscriptions.cancel(ada.sessions()[0].subscription_id or "")
        diary.tick()
        page = ada.look(path=path)
        assert headline(page) == "Start again"
        assert "50% off" not in page
        assert ada.page_of(ada.checkout(path))["amount_total"] == 2900


@pytest.mark.slow
def test_the_last_mail_keeps_its_word_after_the_sequence_is_over(database: Database) -> None:
    with open_diary(database, config=inviting(), **SETTINGS) as diary:
        ada = invited(diary)
        diary.until("2026-08-05T10:00:00")
        assert ada.case().outcome == "exhausted"
        assert headline(ada.look()) == "50% off for 3 months"
        ada.buy(ada.checkout())
        assert [g.state for g in ada.grants()] == ["applied"]


@pytest.mark.parametrize("offered", [True, False])
def test_while_the_paid_time_runs_one_press_takes_the_cancellation_back(
    database: Database, offered: bool
) -> None:
    config = inviting() if offered else inviting({})
    with open_diary(database, config=config, **SETTINGS) as diary:
        someone = diary.subscriber(country="FR")
        diary.until("2026-04-02T10:00:00")
        diary.merchant.subscriptions.update(someone.subscription, {"cancel_at_period_end": True})
        diary.days(6)
        ada = Returning(diary, someone)
        page = ada.look()
        assert headline(page).startswith("Your subscription ends on")
        assert ("50% off for 3 months" in page) is offered
        path = ada.path
        assert ada.post().status_code == 303
        assert headline(ada.look(path=path)) == "Your subscription goes on"
        diary.tick()
        shown = diary.sandbox.get("subscription", someone.subscription)
        assert (shown["cancel_at_period_end"], bool(shown["discounts"])) == (False, offered)
        assert [g.state for g in ada.grants()] == (["applied"] if offered else [])
        confirmed = [m for m in diary.mails() if m.name == "offer_confirmed"]
        assert [m.state for m in confirmed] == (["sent"] if offered else [])
        assert (ada.case().outcome, ada.lapse().returned_how) == (
            "returned",
            "offer" if offered else "stayed",
        )
        assert headline(ada.look(path=path)) in ("You are with us already", "Your subscription goes on")
