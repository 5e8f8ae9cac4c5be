"""Who comes back after their sequence is over, or was never invited; who leaves again; the caps of all campaigns."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from zoneinfo import ZoneInfo

import pytest

from app.contacts.models import ContactLog
from app.contacts.telling import Told, tell
from app.core.db import Database
from app.outbox.models import Mail
from app.winback import service
from tests.scenarios.diary import Diary, open_diary
from tests.scenarios.winback import (
    FREE_MONTH,
    READY,
    invitations,
    inviting,
    lapses,
    leave,
    sequences,
    subscribe_anew,
    the_lapse,
    the_sequence,
)

pytestmark = pytest.mark.same_on_both


@pytest.fixture
def diary(database: Database) -> Iterator[Diary]:
    config = inviting({"welcome": FREE_MONTH})
    with open_diary(database, start="2026-03-10T10:00:00", config=config, **READY) as opened:
        yield opened


def who_left(diary: Diary, country: str = "US") -> str:
    """Somebody who paid for a month and left at once."""
    someone = diary.subscriber("ada@example.com", country=country, start=None)
    diary.flush()
    leave(diary, someone, feedback="too_expensive")
    return str(someone.customer)


def test_who_returns_when_all_was_said_is_noted_and_the_sequence_stays_exhausted(diary: Diary) -> None:
    ada = who_left(diary)
    diary.until("2026-07-20T10:00:00")
    assert the_sequence(diary).outcome == "exhausted"
    new = subscribe_anew(diary, ada)
    lapse = the_lapse(diary)
    assert (lapse.returned_how, lapse.returned_subscription_id) == ("natural", new)
    assert lapse.returned_at == diary.now
    assert the_sequence(diary).outcome == "exhausted"
    diary.until("2026-09-25T10:00:00")
    lapse = the_lapse(diary)
    assert (lapse.paid_minor, lapse.outcome_30, lapse.outcome_60, lapse.outcome_90) == (
        8700,
        "kept",
        "kept",
        None,
    )


@pytest.mark.slow
def test_who_was_not_interested_and_returns_after_a_click_is_noted_as_by_the_page(diary: Diary) -> None:
    ada = who_left(diary)
    diary.until("2026-05-01T10:00:00")
    with diary.application.db.write() as session:
        case = session.merge(the_sequence(diary))
        service.clicked(session, case, diary.now)
        service.not_interested(session, case, diary.now)
    subscribe_anew(diary, ada)
    assert (the_lapse(diary).returned_how, the_sequence(diary).outcome) == ("page", "stopped")


def test_who_was_never_invited_and_returns_is_noted_as_natural(diary: Diary) -> None:
    ada = who_left(diary, country="DE")  # nothing is known of a consent
    diary.until("2026-05-01T10:00:00")
    assert sequences(diary) == []
    subscribe_anew(diary, ada)
    assert (the_lapse(diary).returned_how, sequences(diary)) == ("natural", [])


@pytest.mark.slow
def test_a_new_subscription_within_a_day_is_a_change_of_plan_and_no_return(diary: Diary) -> None:
    ada = who_left(diary, country="DE")
    subscribe_anew(diary, ada, amount=4900)
    diary.until("2026-05-01T10:00:00")
    assert the_lapse(diary).returned_at is None


@pytest.mark.slow
def test_who_stayed_and_leaves_after_all_is_not_invited_a_second_time(diary: Diary) -> None:
    """A subscription lapses once; its second end is told by its second life."""
    someone = diary.subscriber("ada@example.com", country="US", start=None)
    diary.flush()
    diary.until("2026-03-10T12:00:00")
    leave(diary, someone, at_once=False, feedback="unused")
    diary.until("2026-03-12T10:00:00")
    with diary.application.db.write() as session:
        service.clicked(session, session.merge(the_sequence(diary)), diary.now)
    diary.merchant.subscriptions.update(someone.subscription, {"cancel_at_period_end": False})
    diary.tick()
    assert the_lapse(diary).returned_how == "stayed"
    diary.until("2026-04-20T10:00:00")
    before = len(invitations(diary))
    leave(diary, someone)
    diary.until("2026-09-01T10:00:00")
    (lapse,) = lapses(diary)
    assert len(sequences(diary)) == 1
    assert len(invitations(diary)) == before
    assert (lapse.outcome_30, lapse.returned_how) == ("left", "stayed")


def test_an_invitation_waits_for_the_cap_of_all_campaigns_and_for_the_hours_of_the_recipient(
    diary: Diary,
) -> None:
    """Edge case 52: a mail of another campaign went shortly before it was due."""
    ada, zone = who_left(diary), ZoneInfo("America/New_York")
    with diary.application.db.write() as session:
        told = Told(places={"time_zone": zone.key})
        tell(session, ada, told, who="test", why=None, now=diary.now)
    diary.until("2026-04-09T08:00:00")
    assert invitations(diary) == []
    with diary.application.db.write() as session:
        session.add(
            ContactLog(
                customer_id=ada,
                at=diary.now,
                channel="mail",
                name="payment_failed",
                mail_id="mail_other",
                counted=True,
                campaign="dunning",
            )
        )
    last = diary.now
    diary.until("2026-04-14T13:00:00")
    with diary.application.db.read() as session:
        (mail,) = [m for m in session.query(Mail) if m.name == "winback_offer"]
    assert mail.settled_at is not None
    assert mail.settled_at - last >= timedelta(hours=20)
    assert 9 <= mail.settled_at.astimezone(zone).hour < 18
