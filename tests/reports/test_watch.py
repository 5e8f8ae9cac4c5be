"""The report is put down once a month for each owner, and leaves like any other mail."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from email import message_from_bytes, policy
from typing import Any

import pytest
from sqlalchemy import select

from app.billing.live import Live
from app.bootstrap import Application
from app.configuration import Configuration
from app.core import gates
from app.core.brand import Brand
from app.core.db import Database
from app.core.gates import Pause
from app.outbox.models import Mail
from app.proof.models import Proof
from app.reports.policy import ReportPolicy
from app.reports.watch import ReportWatch
from app.settings import Settings
from app.winback.models import Lapse

DUE = datetime(2026, 11, 2, 8, 0, tzinfo=UTC)  # nine in Berlin
BRAND = Brand(name="Northwind", default_time_zone="Europe/Berlin")
OWNERS = ReportPolicy(owner=["ada@northwind.example", "bo@northwind.example"])


@pytest.fixture
def db(database: Database) -> Database:
    with database.write() as session:
        since = datetime(2026, 1, 1, tzinfo=UTC)
        gates.register(session, public_url="https://acme.example", provider_key=None, now=since)
    return database


def watch(db: Database, now: datetime = DUE, owners: ReportPolicy = OWNERS) -> ReportWatch:
    return ReportWatch(db, lambda: now, owners, BRAND, "https://acme.example")


def is_due(one: ReportWatch) -> bool:
    with one.db.read() as session:
        return one.is_due(session, gates.registered(session), one.clock())


def next_due(one: ReportWatch) -> datetime | None:
    with one.db.read() as session:
        return one.next_due(session, gates.registered(session), DUE)


def mails(db: Database) -> list[Mail]:
    with db.read() as session:
        return list(session.scalars(select(Mail).order_by(Mail.key)))


def test_each_owner_gets_one_a_month(db: Database) -> None:
    assert not is_due(watch(db, DUE - timedelta(seconds=1)))
    assert is_due(watch(db))
    assert watch(db).run() == 2
    assert not is_due(watch(db, DUE + timedelta(days=1)))
    assert watch(db, DUE + timedelta(days=1)).run() == 0
    assert [m.key for m in mails(db)] == [
        "report:2026-10:ada@northwind.example",
        "report:2026-10:bo@northwind.example",
    ]
    assert next_due(watch(db)) == datetime(2026, 12, 1, 8, tzinfo=UTC)


def test_without_an_owner_there_is_no_report(db: Database) -> None:
    nobody = watch(db, owners=ReportPolicy())
    assert (is_due(nobody), next_due(nobody)) == (False, None)


def test_an_installation_that_has_seen_nothing_of_the_month_sends_none(database: Database) -> None:
    with database.write() as session:
        gates.register(
            session, public_url="https://acme.example", provider_key=None, now=DUE - timedelta(hours=5)
        )
    assert not is_due(watch(database))


def test_it_counts_who_came_back_in_the_month_and_claims_none_that_came_unasked(db: Database) -> None:
    """By hand: of four returns one was in September, and of the three of October two came by our page."""

    def lapse(name: str, at: datetime, how: str) -> Lapse:
        return Lapse(
            id=name, customer_id="cus_1", kind="voluntary", ends_at=at - timedelta(days=90), running=False,
            state="enrolled", returned_at=at, returned_how=how,
        )  # fmt: skip

    with db.write() as session:
        session.add(lapse("sub_1", datetime(2026, 9, 30, 23, 59, tzinfo=UTC), "offer"))
        session.add(lapse("sub_2", datetime(2026, 10, 1, tzinfo=UTC), "offer"))
        session.add(lapse("sub_3", datetime(2026, 10, 20, tzinfo=UTC), "page"))
        session.add(lapse("sub_4", datetime(2026, 10, 31, 23, 59, tzinfo=UTC), "natural"))
    watch(db).run()
    assert mails(db)[0].context["winback"] == {
        "returned": 3,
        "unasked": 1,
        "page_url": "https://acme.example/ops/winback",
    }


def test_the_proof_is_told_in_its_own_words_and_without_a_number_where_there_is_none(db: Database) -> None:
    common: dict[str, Any] = {
        "experiment": "dunning", "control": "minimal", "look_at": DUE, "looked_at": DUE, "cohorts": [],
        "ratio_p": 1.0, "reminders": 0, "recovered": 0, "guardrails": {},
    }  # fmt: skip
    numbers = {
        "at_risk_minor": 814_000, "collected_minor": 452_000, "incremental_minor": 119_000, "lower_minor": 2_000,
        "upper_minor": 236_000, "tau": 0.146, "half": 0.144, "sd": 0.5,
    }  # fmt: skip
    few = Proof(**common, currency="eur", treated=70, held_out=12, verdict="not_enough")
    proven = Proof(**common, **numbers, currency="usd", treated=171, held_out=43, verdict="proven")
    with db.write() as session:
        session.add_all([few, proven])
    watch(db).run()
    euros, dollars = mails(db)[0].context["proofs"]
    assert (euros["currency"], euros["verdict"], euros["lower"]) == ("EUR", "n = 12 of 30", None)
    assert dollars["verdict"].startswith("proven")
    assert dollars["lower"] == {"amount_minor": 2_000, "currency": "usd"}
    assert dollars["incremental"] == {"amount_minor": 119_000, "currency": "usd"}


def application(db: Database, now: datetime, **settings: Any) -> Application:
    url = db.url.render_as_string(hide_password=False)
    made = Application(
        Settings(database_url=url, secret_keys="k" * 40, public_url="https://acme.example", **settings),
        Configuration(brand=BRAND, reports=OWNERS),
    )
    made.db, made.clock = db, lambda: now
    return made


def test_the_worker_sends_it_as_it_is_and_no_customer_is_named(db: Database, tmp_path: Any) -> None:
    made = application(db, DUE, mail_url=f"file://{tmp_path}")
    made.runner.tick()
    assert [(m.state, m.error) for m in mails(db)] == [("sent", None)] * 2
    raw = mails(db)[0].raw
    assert raw is not None
    letter = message_from_bytes(raw, policy=policy.default)
    assert (letter["To"], letter["Subject"]) == (
        "ada@northwind.example",
        "Northwind: October 2026 at a glance",
    )
    assert "List-Unsubscribe" not in letter
    assert len(list(tmp_path.glob("*.eml"))) == 2
    assert made.runner.tick().mails == 0


def test_in_shadow_it_is_written_and_does_not_leave(db: Database, tmp_path: Any) -> None:
    application(db, DUE, mail_url=f"file://{tmp_path}", sending="shadow").runner.tick()
    assert [(m.state, m.withheld) for m in mails(db)] == [("cancelled", "shadow")] * 2


def test_no_brake_of_a_campaign_and_no_pause_of_campaigns_holds_one_that_is_written(
    db: Database, tmp_path: Any
) -> None:
    watch(db).run()
    with db.write() as session:
        gates.pause(session, Pause.CAMPAIGNS, "test", now=DUE)
    made = application(db, DUE, mail_url=f"file://{tmp_path}")
    made.runner.tick()
    assert [m.state for m in mails(db)] == ["sent", "sent"]
    with db.read() as session:
        guard = made.runner.mails.guard
        assert guard.stop_reason(session, mails(db)[0], Live(), now=DUE) is None


def test_the_key_of_an_owner_is_the_same_however_the_address_is_written(db: Database) -> None:
    loud = replace(watch(db), policy=ReportPolicy(owner=["ADA@northwind.example", "ada@northwind.example"]))
    assert loud.run() == 1
    assert not is_due(loud)
