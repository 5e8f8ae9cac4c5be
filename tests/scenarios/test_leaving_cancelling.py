"""Cancelling: never more than one press away, in every shape of a subscription, and never said before it is so."""

from __future__ import annotations

import re

import pytest
from sqlalchemy import select

from app.cancellation.models import CancelScreen
from app.core.db import Database
from app.core.links import LinkPurpose
from tests.scenarios.diary import open_diary, unix
from tests.scenarios.leaving import FREE_MONTH, TALK, Leaving, headline, link_for, offering
from tests.scenarios.offered import MARCH, before_offer, booked, break_next, coupons

pytestmark = pytest.mark.same_on_both

CANCELLED = "Your subscription is cancelled"
MONTHS_END = unix("2026-04-01T10:00:00")
FREE = offering({"free": FREE_MONTH})


@pytest.mark.parametrize("steps", [[], ["answer"], ["answer", "permit"], ["answer", "permit", "keep"]])
def test_from_every_screen_one_press_cancels(database: Database, steps: list[str]) -> None:
    """Edge case 26, with and without a reason."""
    with open_diary(database, start=MARCH, config=FREE) as diary:
        ada = Leaving(diary, diary.subscriber())
        for step in steps:
            ada.press(step, reason="too_expensive")
        assert headline(ada.press("cancel")) == CANCELLED
        assert ada.subscription["cancel_at"] == MONTHS_END


def test_the_answer_is_no_condition_and_a_long_comment_is_cut_and_shown_as_text(database: Database) -> None:
    """Edge case 27."""
    with open_diary(database, start=MARCH, config=FREE) as diary:
        ada = Leaving(diary, diary.subscriber())
        assert headline(ada.press("answer", reason="", comment="")) == "Cancel your subscription?"
        comment = "<script>alert(1)</script>" + "x" * 10_000
        eve = Leaving(diary, diary.subscriber(email="eve@example.com"))
        page = eve.press("answer", reason="no such reason", comment=comment)
        assert "<script>alert" not in page
        assert headline(eve.press("cancel")) == CANCELLED
        (visit,) = [v for v in eve.visits() if v.comment]
        assert len(visit.comment or "") == 5000
        assert visit.reason is None


def test_who_closes_the_tab_is_abandoned_and_not_saved(database: Database) -> None:
    """Edge case 28."""
    with open_diary(database, start=MARCH, config=FREE) as diary:
        ada = before_offer(diary)
        diary.days(2)
        assert [c.outcome for c in diary.cases()] == ["abandoned"]
        assert [g.state for g in ada.grants()] == ["expired"]
        assert (ada.subscription["cancel_at"], coupons(ada), booked(diary)) == (None, [], {})
        assert diary.sent() == []


def test_looking_writes_nothing_and_reaches_nobody(database: Database) -> None:
    """Edge case 46, here: a scanner that opens every link changes nothing, whatever it sends along."""
    with open_diary(database, start=MARCH, config=FREE) as diary:
        ada = before_offer(diary)
        calls = len(diary.sandbox.events())
        for path in (ada.path, ada.at, f"{ada.at}&do=accept", f"{ada.path}?do=cancel"):
            assert diary.web.get(path).status_code == 200
            assert diary.web.head(path).status_code == 200
        diary.tick()
        assert [g.state for g in ada.grants()] == ["shown"]
        assert len(ada.visits()) == 1
        assert len(diary.sandbox.events()) == calls


@pytest.mark.parametrize("invoices", ["void", "keep"])
def test_who_owes_a_renewal_is_let_go_at_once_and_no_reminder_follows(
    database: Database, invoices: str
) -> None:
    """Edge case 13."""
    config = offering({"free": FREE_MONTH}, past_due_invoices=invoices)
    with open_diary(database, config=config) as diary:
        someone = diary.failing("insufficient_funds", country="FR")
        diary.until("2026-04-02T12:00:00")
        ada = Leaving(diary, someone)
        assert "it ends right away" in ada.look()
        assert ada.press("answer", reason="too_expensive")
        assert ada.grants() == []
        assert headline(ada.press("cancel")) == CANCELLED
        assert "It has ended" in ada.look()
        diary.tick()
        reminders = [name for _, name in diary.sent()]
        diary.days(30)
        expected = "void" if invoices == "void" else "open"
        newest = diary.sandbox.invoices(someone.subscription)[-1]
        assert newest["status"] == expected
        assert ada.subscription["status"] == "canceled"
        if invoices == "void":
            assert [name for _, name in diary.sent()] == reminders


def test_several_items_end_together_and_get_no_offer(database: Database) -> None:
    """Edge case 15."""
    with open_diary(database, start=MARCH, config=FREE) as diary:
        someone = diary.subscriber(country="FR")
        price = diary.merchant.prices.create(
            {
                "currency": "usd",
                "unit_amount": 500,
                "recurring": {"interval": "month"},
                "product_data": {"name": "Seats"},
            }
        )
        diary.merchant.subscription_items.create({"subscription": someone.subscription, "price": price.id})
        ada = Leaving(diary, someone)
        ada.press("answer", reason="too_expensive")
        assert ada.grants() == []
        assert headline(ada.press("cancel")) == CANCELLED
        assert ada.subscription["cancel_at"] == MONTHS_END


def test_a_schedule_of_the_merchants_is_a_persons_matter_and_the_page_does_not_say_cancelled(
    database: Database,
) -> None:
    """Edge case 15: a task with a deadline, the customer has it in writing; once it is done, that is confirmed."""
    with open_diary(database, start=MARCH, config=FREE) as diary:
        someone = diary.subscriber(country="FR")
        diary.merchant.subscription_schedules.create({"from_subscription": someone.subscription})
        ada = Leaving(diary, someone)
        ada.press("answer", reason="too_expensive")
        assert ada.grants() == []
        page = ada.press("cancel")
        assert headline(page) == "One of us takes care of it"
        assert "is cancelled" not in page
        diary.tick()
        assert [c.outcome for c in diary.cases()] == ["manual"]
        assert [name for _, name in diary.sent()] == ["cancellation_received"]
        (task,) = [t for t in diary.tasks() if t.kind == "manual_request"]
        assert task.due_at is not None
        assert headline(ada.press("cancel")) == "One of us takes care of it"
        diary.merchant.subscriptions.cancel(someone.subscription, {"prorate": False})
        diary.tick()
        assert [c.outcome for c in diary.cases()] == ["cancelled"]
        assert [name for _, name in diary.sent()] == ["cancellation_received", "subscription_cancelled"]


def test_a_provider_that_is_down_leaves_the_cancellation_stored_and_it_is_carried_out_later(
    database: Database,
) -> None:
    """Edge case 15: the page never says "cancelled" before the provider does. One mail in the end."""
    with open_diary(database, start=MARCH) as diary:
        ada = Leaving(diary, diary.subscriber())
        diary.worker_down = True
        break_next(diary, "500", f"/v1/subscriptions/{ada.someone.subscription}", count=3)
        page = ada.press("cancel")
        assert headline(page) == "Your cancellation has arrived"
        assert ada.subscription["cancel_at"] is None
        assert headline(ada.press("cancel")) == "Your cancellation has arrived"
        ada.at = ada.path
        assert headline(ada.look()) == "Your cancellation has arrived"
        diary.worker_down = False
        diary.until("2026-03-10T12:00:00")
        assert ada.subscription["cancel_at"] == MONTHS_END
        assert [name for _, name in diary.sent()] == ["subscription_cancelled"]


@pytest.mark.parametrize("fault", ["lost_answer", "500_after"])
def test_a_cancellation_whose_answer_was_lost_is_one_cancellation(database: Database, fault: str) -> None:
    """Edge cases 16, 34."""
    with open_diary(database, start=MARCH) as diary:
        ada = Leaving(diary, diary.subscriber())
        diary.tick()
        break_next(diary, fault, f"/v1/subscriptions/{ada.someone.subscription}")
        ada.press("cancel")
        diary.until("2026-03-10T12:00:00")
        assert headline(ada.look()) == CANCELLED
        assert ada.subscription["cancel_at"] == MONTHS_END
        assert [name for _, name in diary.sent()] == ["subscription_cancelled"]


def test_the_link_that_takes_a_cancellation_back_works_until_the_end_and_not_after(
    database: Database,
) -> None:
    """Edge case 33."""
    with open_diary(database, start=MARCH) as diary:
        ada = Leaving(diary, diary.subscriber())
        eve = Leaving(diary, diary.subscriber(email="eve@example.com"))
        for one in (ada, eve):
            one.press("cancel")
        diary.tick()
        links = {
            str(mail["to"]): re.search(r"http://testserver(/undo/\S+)", diary.mailbox.text(index))
            for index, mail in enumerate(diary.mailbox.mails)
        }
        paths = {to: found[1] for to, found in links.items() if found}
        (ada_link,) = [path for to, path in paths.items() if "ada" in to]
        (eve_link,) = [path for to, path in paths.items() if "eve" in to]
        diary.until("2026-03-31T10:00:00")
        assert ada.subscription["cancel_at"] == MONTHS_END, "looking is not pressing"
        assert diary.web.get(ada_link).status_code == 200
        assert ada.subscription["cancel_at"] == MONTHS_END
        for _ in range(2):
            assert diary.web.post(ada_link).status_code == 303
            assert headline(diary.web.get(ada_link).text) == "Your subscription goes on"
        diary.until("2026-04-02T10:00:00")
        assert ada.subscription["status"] == "active"
        assert diary.web.post(eve_link).status_code == 303
        assert headline(diary.web.get(eve_link).text) == "This subscription has ended"
        assert [name for _, name in diary.sent()].count("cancellation_undone") == 1


def test_a_colleague_without_rights_over_the_bill_sees_the_page_and_cannot_act(database: Database) -> None:
    """Edge case 38."""
    with open_diary(database, start=MARCH, config=FREE) as diary:
        ada = before_offer(diary)
        someone = ada.someone
        view = link_for(diary, LinkPurpose.CANCEL_VIEW, someone.customer, someone.subscription)
        visit = ada.at.partition("?")[2]
        for path in (view, f"{view}?{visit}"):
            page = diary.web.get(path).text
            assert "<form" not in page
            assert "Only the owner of the account can change this" in page
            for do in ("accept", "cancel", "answer"):
                assert diary.web.post(path, data={"do": do}).status_code == 200
        assert [g.state for g in ada.grants()] == ["shown"]
        assert ada.subscription["cancel_at"] is None
        assert headline(ada.press("cancel")) == CANCELLED


def test_what_was_shown_is_kept_to_the_letter_with_its_time_and_hash(database: Database) -> None:
    with open_diary(database, start=MARCH, config=FREE) as diary:
        ada = before_offer(diary)
        page = ada.look()
        with diary.application.db.read() as session:
            rows = list(session.scalars(select(CancelScreen).order_by(CancelScreen.number)))
        assert [row.screen for row in rows] == ["start", "offer"]
        assert rows[-1].content == page


def test_a_visitor_who_wants_to_talk_gets_an_answer_by_a_deadline_and_stays_free_to_cancel(
    database: Database,
) -> None:
    with open_diary(database, start=MARCH, config=offering({"talk": TALK})) as diary:
        ada = before_offer(diary)
        assert headline(ada.press("accept")) == "We will write to you"
        (task,) = [t for t in diary.tasks() if t.kind == "talk"]
        assert task.due_at is not None
        assert headline(ada.press("cancel")) == CANCELLED
