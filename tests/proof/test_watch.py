"""The daily look: what is kept, what is told and what is stopped, each once."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from math import sqrt

import pytest
from sqlalchemy import select, update

from app.bootstrap import Application
from app.configuration import Configuration
from app.core import gates
from app.core.db import Database
from app.dunning.models import DunningInvoice
from app.feedback import brake
from app.feedback.models import CampaignBrake
from app.outbox.models import Task
from app.proof import reading
from app.proof.models import Proof
from app.proof.reading import ProofView
from app.proof.rules.sequence import width
from app.proof.rules.verdict import Verdict
from app.proof.watch import ProofWatch
from app.settings import Settings
from app.stats.rollups.keeper import FigureKeeper
from tests.feedback.factories import mail
from tests.proof.people import add, crowd, failing
from tests.stats.factories import day

CLOSED = day("2026-05-01T09:00")
"""March has closed at midnight: thirty days after its last instant."""


@pytest.fixture
def db(database: Database) -> Database:
    with database.write() as session:
        gates.register(session, public_url="https://acme.example", provider_key=None, now=CLOSED)
    return database


def look(db: Database, now: datetime = CLOSED) -> int:
    return ProofWatch(db, lambda: now).run()


def views(db: Database) -> list[ProofView]:
    with db.read() as session:
        return reading.latest(session)


def rows(db: Database) -> Sequence[Proof]:
    with db.read() as session:
        return session.scalars(select(Proof).order_by(Proof.id)).all()


def tasks(db: Database) -> list[str]:
    with db.read() as session:
        return list(session.scalars(select(Task.kind).order_by(Task.id)))


def a_clear_case(db: Database) -> None:
    """160 treated, of whom 120 paid; 40 held out, of whom 8 did: 75% and 20%."""
    crowd(db, False, 160, paid=120)
    crowd(db, True, 40, paid=8)


def test_a_closed_month_is_an_estimate_with_its_interval(db: Database) -> None:
    """One class and one price: tau is 0.75 - 0.20. psi is tau + 0.25/0.8, tau - 0.75/0.8, tau - 0.8/0.2 and
    tau + 0.2/0.2 for who paid or not of the treated, and of the held out."""
    a_clear_case(db)
    assert look(db) == 1
    [view] = views(db)
    assert (view.verdict, view.treated, view.held_out, view.since) == (Verdict.PROVEN, 160, 40, "2026-03")
    numbers = view.numbers
    assert numbers is not None
    sd = sqrt((120 * 0.3125**2 + 40 * 0.9375**2 + 8 * 4**2 + 32 * 1**2) / 199)
    assert (numbers.share, numbers.half) == pytest.approx((0.55, sd * width(200)))
    assert (numbers.at_risk_minor, numbers.collected_minor) == (160_000, 120_000)
    assert (numbers.incremental_minor, numbers.anyway_minor) == (88_000, 32_000)
    assert numbers.lower_minor == round((0.55 - sd * width(200)) * 160_000)
    assert numbers.anyway_upper_minor == 120_000 - numbers.lower_minor
    assert (view.reminders, view.recovered, view.reminders_per_recovery) == (320, 120, 320 / 120)
    assert view.ratio_p == 1


def test_before_a_month_closes_its_customers_are_counted_only(db: Database) -> None:
    a_clear_case(db)
    assert look(db, day("2026-04-30T23:00")) == 1
    [view] = views(db)
    assert (view.verdict, view.words) == (Verdict.NOT_ENOUGH, "n = 0 of 30")
    assert (view.closed_through, view.numbers, view.open_customers) == (None, None, 200)
    assert tasks(db) == []


def test_a_day_without_news_keeps_the_look_and_its_date(db: Database) -> None:
    a_clear_case(db)
    look(db)
    failing(db, "new", "2026-04-28")
    assert look(db, CLOSED + timedelta(hours=23)) == 0  # once a day
    assert look(db, CLOSED + timedelta(days=1)) == 1
    [row] = rows(db)
    assert (row.look_at, row.looked_at) == (CLOSED, CLOSED + timedelta(days=1))
    assert [(c["month"], c["treated"], c["closed"]) for c in row.cohorts] == [
        ("2026-03", 160, True),
        ("2026-04", 1, False),
    ]
    assert tasks(db) == ["verdict_proven"]


def test_a_refund_in_a_closed_month_makes_another_look(db: Database) -> None:
    """Money that goes back later stays in the month of its failure."""
    a_clear_case(db)
    look(db)
    with db.write() as session:
        session.execute(
            update(DunningInvoice).where(DunningInvoice.invoice_id == "in_t0_0").values(returned_minor=400)
        )
    look(db, CLOSED + timedelta(days=1))
    assert [row.collected_minor for row in rows(db)] == [120_000, 119_600]
    with db.read() as session:
        past = reading.history(session, "dunning", "minimal", "USD")
    assert [view.numbers.collected_minor for view in past if view.numbers] == [120_000, 119_600]
    assert tasks(db) == ["verdict_proven"]  # the verdict is the same: told once


def test_every_change_of_a_verdict_is_told_once(db: Database) -> None:
    a_clear_case(db)
    for days in range(-2, 3):
        look(db, CLOSED + timedelta(days=days))
    assert [row.verdict for row in rows(db)] == ["not_enough", "proven"]
    assert tasks(db) == ["verdict_proven"]
    with db.write() as session:
        session.execute(update(DunningInvoice).values(returned_minor=1000))
    look(db, CLOSED + timedelta(days=3))
    assert [row.verdict for row in rows(db)] == ["not_enough", "proven", "not_yet"]


def test_arms_of_the_wrong_sizes_say_no_number_and_ask_a_person(db: Database) -> None:
    crowd(db, False, 160, paid=120)
    crowd(db, True, 90, paid=8)  # 200 treated and 50 held out were to be expected
    look(db)
    [view] = views(db)
    assert (view.verdict, view.numbers) == (Verdict.BLOCKED, None)
    assert tasks(db) == ["verdict_blocked"]


def test_every_currency_has_a_report_of_its_own(db: Database) -> None:
    a_clear_case(db)
    crowd(db, False, 3, first=500, currency="eur")
    look(db)
    assert [(v.currency, v.treated, v.verdict) for v in views(db)] == [
        ("eur", 3, Verdict.NOT_ENOUGH),
        ("usd", 160, Verdict.PROVEN),
    ]
    with db.read() as session:
        assert [v.currency for v in reading.latest(session, "EUR")] == ["eur"]


def test_mails_that_make_customers_cancel_stop_until_an_operator_resumes_them(db: Database) -> None:
    """40 of 160 treated customers cancelled, nobody of 40 held out."""
    crowd(db, False, 160, paid=60, cancelled=40)
    crowd(db, True, 40, paid=15)
    for days in range(3):  # of an open month: harm does not wait for it to close
        look(db, day("2026-04-10") + timedelta(days=days))
    assert tasks(db) == ["guardrail_stop"]
    with db.write() as session:
        stop = brake.stop_reason(session, mail("q"), now=CLOSED)
        assert stop is not None
        assert "cancellations: 40 of 160 treated customers" in stop.reason
        brake.resume(session, "dunning", who="ada", why="the text was mended", now=day("2026-04-14"))
    look(db, day("2026-04-15"))
    with db.read() as session:
        assert session.get_one(CampaignBrake, "dunning").stopped_at is None
    assert views(db)[0].guardrails["cancellations"]["treated"] == 0  # what was before counts no more


def test_cancellations_as_in_the_hold_out_stop_nothing(db: Database) -> None:
    crowd(db, False, 160, paid=60, cancelled=40)
    crowd(db, True, 40, paid=15, cancelled=10)
    look(db)
    assert tasks(db) == []
    assert views(db)[0].guardrails["cancellations"]["alarm"] == "none"


def test_payments_that_go_back_more_often_than_without_it_stop_the_campaign(db: Database) -> None:
    crowd(db, False, 160, paid=160, returned_minor=300)
    crowd(db, True, 40, paid=40)
    look(db)
    assert "guardrail_stop" in tasks(db)
    with db.read() as session:
        assert (session.get_one(CampaignBrake, "dunning").reason or "").startswith(
            "returned money: 160 of 160"
        )


@pytest.mark.same_on_both
def test_slightly_too_many_complaints_for_a_long_time_stop_the_campaign(db: Database) -> None:
    """20 of 1,000: no week of them would have."""
    a_clear_case(db)
    at = day("2026-03-20")
    mails = [mail(f"m{i}", settled_at=at, complained_at=at if i < 20 else None) for i in range(1000)]
    add(db, *mails[:1])
    with db.write() as session:
        session.add_all(mails[1:])
    FigureKeeper(db, lambda: CLOSED).refresh()
    look(db)
    assert "guardrail_stop" in tasks(db)
    figures = views(db)[0].guardrails["complaints"]
    assert (figures["sent"], figures["complained"], figures["alarm"]) == (1000, 20, "stop")
    with db.write() as session:
        brake.resume(session, "dunning", who="ada", why="the list was cleaned", now=CLOSED)
    look(db, CLOSED + timedelta(days=1))
    assert views(db)[0].guardrails["complaints"]["sent"] == 0  # what was before counts no more


def test_before_there_is_a_case_nobody_looks(db: Database) -> None:
    watch = ProofWatch(db, lambda: CLOSED)
    with db.read() as session:
        here = gates.registered(session)
        assert not watch.is_due(session, here, CLOSED)
        assert watch.next_due(session, here, CLOSED) is None
    failing(db, "a", experiment="dunning:2026:0", propensity=1.0)
    assert look(db) == 1
    assert rows(db) == []  # nobody is held out: nothing to be said
    with db.read() as session:
        here = gates.registered(session)
        assert watch.next_due(session, here, CLOSED) is None  # lives go on, but wake nobody up
        assert not watch.is_due(session, here, CLOSED + timedelta(hours=23))
        assert watch.is_due(session, here, CLOSED + timedelta(days=1))
    failing(db, "b", experiment="dunning:2026:0.2:minimal", propensity=0.8)
    with db.read() as session:
        assert watch.next_due(session, here, CLOSED) == CLOSED + timedelta(days=1)


def test_the_worker_looks_once_a_day(db: Database) -> None:
    a_clear_case(db)
    url = db.url.render_as_string(hide_password=False)
    application = Application(Settings(database_url=url, secret_keys="k" * 40), Configuration())
    application.db, application.clock = db, lambda: CLOSED
    application.runner.tick()
    application.runner.tick()
    assert [(row.verdict, row.looked_at) for row in rows(db)] == [("proven", CLOSED)]
