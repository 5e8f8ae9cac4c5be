"""A campaign with too many complaints stops; an operator lets it go on."""

from __future__ import annotations

from datetime import timedelta

import pytest

from app.core.acts import OperatorAct
from app.core.db import Database
from app.core.errors import Conflict
from app.feedback import brake, repository
from app.feedback.rules import Alarm, Tally
from tests.feedback.factories import NOW, add, mail, started, tasks


def sent(
    db: Database, number: int, *, complaints: int = 0, campaign: str = "dunning", **more: object
) -> None:
    rows = [
        mail(f"{campaign}{i}", campaign=campaign, complained_at=NOW if i < complaints else None, **more)
        for i in range(number)
    ]
    add(db, *rows)


@pytest.fixture
def db(database: Database) -> Database:
    started(database)
    return database


def test_three_in_a_thousand_stop_the_campaign_and_no_other(db: Database) -> None:
    sent(db, 1000, complaints=3)
    sent(db, 10, campaign="winback")
    reminder, invitation = mail("q1"), mail("q2", campaign="winback")
    with db.write() as session:
        for _ in range(2):
            assert brake.check(session, "dunning", now=NOW) is Alarm.STOP
        assert tasks(session) == ["complaints_stop"]
        stop = brake.stop_reason(session, reminder, now=NOW)
        assert stop is not None
        assert stop.until is not None
        assert "0.30% (3 of 1,000 mails)" in stop.reason
        assert brake.stop_reason(session, invitation, now=NOW) is None
        assert brake.stop_reason(session, mail("q3", purpose="confirmation"), now=NOW) is None


def test_one_in_a_thousand_only_asks_a_person(db: Database) -> None:
    sent(db, 1000, complaints=1)
    with db.write() as session:
        assert brake.check(session, "dunning", now=NOW) is Alarm.WARN
        assert tasks(session) == ["complaints_warn"]
        assert brake.stop_reason(session, mail("q"), now=NOW) is None


def test_below_a_thousand_mails_two_complaints_are_shown_to_a_person(db: Database) -> None:
    sent(db, 20, complaints=2)
    with db.write() as session:
        assert brake.check(session, "dunning", now=NOW) is Alarm.LOOK
        assert tasks(session) == ["complaints_look"]
        assert brake.stop_reason(session, mail("q"), now=NOW) is None


def test_a_week_later_the_same_complaints_count_no_more(db: Database) -> None:
    sent(db, 5, complaints=2)
    with db.read() as session:
        assert repository.tallies(session, NOW) == {"dunning": Tally(5, 2)}
        assert repository.tally(session, "dunning", NOW + timedelta(days=8)) == Tally(0, 0)


def test_what_was_withheld_refused_or_still_waits_is_not_sent(db: Database) -> None:
    for state in ("cancelled", "failed", "queued", "unknown"):
        add(db, mail(state, state=state))
    with db.read() as session:
        assert repository.tally(session, "dunning", NOW) == Tally(0, 0)


def test_an_operator_lets_it_go_on_and_is_remembered(db: Database) -> None:
    sent(db, 1000, complaints=3)
    with db.write() as session:
        brake.check(session, "dunning", now=NOW)
        brake.resume(session, "dunning", who="mira", why="a wrong list", now=NOW + timedelta(hours=1))
        assert brake.stop_reason(session, mail("q"), now=NOW) is None
        assert brake.check(session, "dunning", now=NOW + timedelta(hours=2)) is Alarm.NONE
        act = session.query(OperatorAct).one()
        assert (act.act, act.who, act.subject, act.why) == (
            "campaign.resume",
            "mira",
            "dunning",
            "a wrong list",
        )
        with pytest.raises(Conflict):
            brake.resume(session, "dunning", who="mira", why="again", now=NOW)
