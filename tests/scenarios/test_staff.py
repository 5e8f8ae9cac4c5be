"""Staff who cancel for a customer or give them an offer: one benefit, one cancellation, whoever comes at once."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor, wait
from datetime import timedelta
from typing import Any

import pytest
from httpx2 import Response
from sqlalchemy import select

from app.cancellation.desk import Visitor, open_desk
from app.cases.models import Case
from app.core import acts
from app.core.acts import OperatorAct
from app.core.auth import Scope, add_key
from app.core.db import Database
from app.offers.models import OfferBudget
from app.outbox.models import Action
from tests.scenarios.diary import Diary, open_diary, unix
from tests.scenarios.leaving import FREE_MONTH, HALF_PRICE, PAUSE, TALK, Leaving, headline, offering

pytestmark = pytest.mark.same_on_both


class Desk:
    """A member of staff with a key."""

    def __init__(self, diary: Diary, ada: Leaving, name: str = "mira") -> None:
        self.diary, self.ada, self.name = diary, ada, name
        with diary.application.db.write() as session:
            self.key = add_key(session, name, Scope.OPERATE, now=diary.now)

    def post(self, what: str, **body: Any) -> Response:
        someone = self.ada.someone
        told = {"subscription": someone.subscription, "why": "asked by telephone"} | body
        path = f"/api/customers/{someone.customer}/{what}"
        headers = {"Authorization": f"Bearer {self.key}"}
        return self.diary.web.post(path, json=told, headers=headers)

    def acts(self) -> list[OperatorAct]:
        with self.diary.application.db.read() as session:
            return list(session.scalars(select(acts.OperatorAct).order_by(acts.OperatorAct.id)))


def rows(diary: Diary, kind: Any) -> list[Any]:
    with diary.application.db.read() as session:
        return list(session.scalars(select(kind)))


def test_staff_cancel_on_the_customers_word_and_the_act_is_kept(database: Database) -> None:
    """Edge case 36."""
    with open_diary(database) as diary:
        ada = Leaving(diary, diary.subscriber())
        mira = Desk(diary, ada)
        answer = mira.post("cancellations", reason="too_expensive", comment="Budget is gone")
        assert answer.status_code == 201, answer.text
        assert (answer.json()["status"], answer.json()["again"]) == ("cancelled", False)
        assert answer.json()["ends_at"] == "2026-04-01T10:00:00Z"
        assert ada.subscription["cancel_at"] == unix("2026-04-01T10:00:00")
        assert [(v.entry, v.reason, v.comment) for v in ada.visits()] == [
            ("mira", "too_expensive", "Budget is gone")
        ]
        diary.tick()
        assert [name for _, name in diary.sent()] == ["subscription_cancelled"]
        assert diary.case().outcome == "cancelled"
        act = mira.acts()[-1]
        assert (act.act, act.who, act.why) == ("cancellation.by_staff", "mira", "asked by telephone")
        assert act.subject == ada.someone.customer


def test_a_cancellation_that_is_made_is_not_made_again(database: Database) -> None:
    with open_diary(database) as diary:
        ada = Leaving(diary, diary.subscriber())
        mira = Desk(diary, ada)
        first = mira.post("cancellations").json()
        again = mira.post("cancellations").json()
        assert (again["case_id"], again["status"], again["again"]) == (first["case_id"], "cancelled", True)
        diary.tick()
        later = mira.post("cancellations").json()
        assert (later["case_id"], later["again"]) == (first["case_id"], True)
        diary.tick()
        assert [name for _, name in diary.sent()] == ["subscription_cancelled"]
        assert len(rows(diary, Case)) == 1


def test_what_was_cancelled_elsewhere_is_told_and_left_alone(database: Database) -> None:
    with open_diary(database) as diary:
        ada = Leaving(diary, diary.subscriber())
        diary.until("2026-03-31T12:00:00")
        diary.merchant.subscriptions.update(ada.someone.subscription, {"cancel_at_period_end": True})
        diary.until("2026-03-31T13:00:00")
        answer = Desk(diary, ada).post("cancellations")
        assert (answer.status_code, "is cancelled already" in answer.json()["detail"]) == (409, True)
        assert rows(diary, Action) == []


def test_staff_can_end_it_now_also_where_its_end_is_scheduled(database: Database) -> None:
    with open_diary(database) as diary:
        ada = Leaving(diary, diary.subscriber())
        mira = Desk(diary, ada)
        mira.post("cancellations")
        soon = mira.post("cancellations", when="now")
        assert (soon.status_code, "ask again" in soon.json()["detail"]) == (409, True)
        diary.until("2026-03-31T12:00:00")
        answer = mira.post("cancellations", when="now")
        assert answer.json()["status"] == "cancelled"
        assert ada.subscription["status"] == "canceled"
        diary.tick()
        assert mira.post("cancellations", when="now").json()["again"] is True


def test_staff_give_the_offer_that_the_page_would_give_booked_on_the_same_budget(database: Database) -> None:
    """Edge case 37."""
    config = offering({"free": FREE_MONTH | {"budget_minor": {"usd": 3000}}})
    with open_diary(database, config=config) as diary:
        ada = Leaving(diary, diary.subscriber())
        mira = Desk(diary, ada)
        answer = mira.post("offers", offer="free", reason="too_expensive")
        assert answer.status_code == 201, answer.text
        assert answer.json()["status"] == "applied"
        diary.tick()
        grant = ada.grants()[0]
        assert (grant.state, grant.given_by, grant.reason) == ("applied", "mira", "too_expensive")
        assert [b.booked_minor for b in rows(diary, OfferBudget)] == [2900]
        assert diary.case().outcome == "saved"
        assert [name for _, name in diary.sent()] == ["offer_confirmed"]
        second = mira.post("offers", offer="free")
        assert second.status_code == 409
        detail = second.json()["detail"]
        assert "another discount is in force" in detail
        assert "they have had this offer before" in detail
        assert [a.act for a in mira.acts()] == ["offer.by_staff"]


def test_what_is_refused_leaves_no_row_behind(database: Database) -> None:
    config = offering({"yearly": FREE_MONTH | {"intervals": ["year"]}})
    with open_diary(database, config=config) as diary:
        ada = Leaving(diary, diary.subscriber())
        mira = Desk(diary, ada)
        answer = mira.post("offers", offer="yearly")
        assert (answer.status_code, answer.json()["detail"]) == (
            409,
            "yearly: not for this billing interval",
        )
        assert not [*rows(diary, Case), *ada.visits(), *ada.grants(), *mira.acts()]


def test_the_hold_out_gets_no_offer_from_staff_either(database: Database) -> None:
    often = FREE_MONTH | {"most_times": 12, "cooldown_days": 0}  # they all pay by the same card: one person
    config = offering({"free": often}, holdout_share=0.5)
    with open_diary(database, config=config) as diary:
        found = set()
        for number in range(12):
            ada = Leaving(diary, diary.subscriber(email=f"ada{number}@example.com"))
            answer = Desk(diary, ada, f"mira{number}").post("offers", offer="free")
            found.add(answer.status_code)
            if answer.status_code == 409:
                assert "hold-out" in answer.json()["detail"]
        assert found == {201, 409}


@pytest.mark.parametrize("other", ["half", "free"])
def test_staff_take_over_what_stands_on_the_page(database: Database, other: str) -> None:
    """The customer who presses afterwards gets nothing besides."""
    config = offering({"free": FREE_MONTH, "half": HALF_PRICE})
    with open_diary(database, config=config) as diary:
        ada = Leaving(diary, diary.subscriber())
        ada.press("answer", reason="too_expensive")
        ada.press("permit")
        answer = Desk(diary, ada).post("offers", offer=other)
        assert answer.json()["status"] == "applied", answer.text
        ada.press("accept")
        diary.tick()
        assert len(ada.subscription["discounts"]) == 1
        taken = [g.offer for g in ada.grants() if g.state == "applied"]
        assert taken == [other]


def test_a_talk_is_given_without_the_provider(database: Database) -> None:
    with open_diary(database, config=offering({"talk": TALK})) as diary:
        ada = Leaving(diary, diary.subscriber())
        answer = Desk(diary, ada).post("offers", offer="talk").json()
        assert answer["status"] == "applied"
        assert rows(diary, Action) == []


def test_of_two_staff_at_once_one_gives_and_the_other_is_told(database: Database) -> None:
    """Edge case 39: one benefit, though the offer might be had twice."""
    offer = FREE_MONTH | {"most_times": 5, "cooldown_days": 0, "stacking": True}
    with open_diary(database, config=offering({"free": offer})) as diary:
        ada = Leaving(diary, diary.subscriber())
        desks = [Desk(diary, ada, name) for name in ("mira", "noah", "zoe")]
        with ThreadPoolExecutor(3) as pool:
            codes = sorted(pool.map(lambda d: d.post("offers", offer="free").status_code, desks))
        assert codes == [201, 409, 409]
        assert len(ada.subscription["discounts"]) == 1


def test_staff_and_the_customer_at_once_make_one_cancellation(database: Database) -> None:
    """Edge case 39."""
    with open_diary(database) as diary:
        ada = Leaving(diary, diary.subscriber())
        desks = [Desk(diary, ada, name) for name in ("mira", "noah")]
        with ThreadPoolExecutor(3) as pool:
            staff = [pool.submit(d.post, "cancellations") for d in desks]
            own = pool.submit(ada.post, "cancel")
        assert own.result().status_code == 303
        assert [f.result().status_code for f in staff] == [201, 201]
        diary.tick()
        assert len(rows(diary, Action)) == 1
        assert [name for _, name in diary.sent()] == ["subscription_cancelled"]


@pytest.mark.parametrize(
    ("body", "status", "words"),
    [
        ({"subscription": "sub_nope"}, 404, "no subscription"),
        ({"why": ""}, 422, "why"),
        ({"why": "\u200b"}, 422, "why"),
        ({"reason": "bored"}, 422, "must be one of too_expensive"),
        ({"when": "tomorrow"}, 422, "when"),
    ],
)
def test_a_cancellation_that_cannot_be_says_why(
    database: Database, body: dict[str, str], status: int, words: str
) -> None:
    with open_diary(database) as diary:
        answer = Desk(diary, Leaving(diary, diary.subscriber())).post("cancellations", **body)
        assert (answer.status_code, words in answer.json()["detail"]) == (status, True), answer.text


def test_nobody_cancels_what_belongs_to_another(database: Database) -> None:
    with open_diary(database) as diary:
        ada = Leaving(diary, diary.subscriber())
        bob = Leaving(diary, diary.subscriber(email="bob@example.com"))
        mira = Desk(diary, ada)
        for what, more in (("cancellations", {}), ("offers", {"offer": "free"})):
            answer = mira.post(what, subscription=bob.someone.subscription, **more)
            assert answer.status_code in (409, 422)
        assert bob.subscription["cancel_at"] is None


def test_while_all_is_paused_it_is_stored_and_the_answer_says_so(database: Database) -> None:
    with open_diary(database, config=offering({"pause": PAUSE})) as diary:
        ada = Leaving(diary, diary.subscriber())
        diary.pause()
        answer = Desk(diary, ada).post("offers", offer="pause").json()
        assert answer["status"] == "pending"
        diary.resume()
        diary.until(diary.now + timedelta(minutes=5))
        assert [g.state for g in ada.grants()] == ["applied"]


def test_the_page_says_that_it_is_cancelled_by_whomever(database: Database) -> None:
    with open_diary(database) as diary:
        ada = Leaving(diary, diary.subscriber())
        diary.until("2026-03-31T12:00:00")
        Desk(diary, ada).post("cancellations")
        diary.tick()
        assert headline(ada.look()) == "Your subscription is cancelled"


def test_who_comes_second_waits_for_the_case_of_who_came_first(database: Database) -> None:
    """Edge case 39, to the letter: the second opens no case of their own."""
    with open_diary(database) as diary, ThreadPoolExecutor(1) as pool:
        someone = Leaving(diary, diary.subscriber()).someone
        application = diary.application

        def visit(entry: str, meanwhile: Callable[[], None] = lambda: None) -> str:
            who = Visitor(someone.customer, someone.subscription, entry, "en")
            with application.db.write() as session:
                case = open_desk(session, who, None, None, application.cancelling, now=diary.now).case
                session.flush()
                meanwhile()
                return case.id

        second: list[Future[str]] = []

        def come_in_between() -> None:
            second.append(pool.submit(visit, "page"))
            wait(second, timeout=2)

        first = visit("mira", come_in_between)
        assert second[0].result(timeout=20) == first
