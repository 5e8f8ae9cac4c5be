"""On which days and at which hours mails leave."""

from datetime import UTC, datetime
from typing import Any

import pytest

from app.core.db import Database
from tests.scenarios.diary import configured, open_diary

pytestmark = pytest.mark.same_on_both

HARD = "payment_failed_new_method"
SOFT = "payment_failed_retrying"


def test_a_first_technical_failure_is_silent_and_a_second_one_counts_as_generic(database: Database) -> None:
    with open_diary(database) as diary:
        diary.failing("processing_error")
        diary.until("2026-04-01T12:00:00")
        assert diary.case().category == "technical"
        assert diary.planned() == ["04-12 11:00"]  # only the notice before the end

        diary.until("2026-04-03T10:00:00")
        assert diary.planned() == ["04-06 11:00", "04-12 11:00"]
        assert diary.sent() == []
        diary.until("2026-04-16T10:00:00")
        assert [day for day, _ in diary.sent()] == ["04-06", "04-12", "04-15"]


def test_a_technical_failure_that_is_not_retried_is_warned_of_before_the_end_all_the_same(
    database: Database,
) -> None:
    """Edge case 24."""
    with open_diary(database) as diary:
        diary.rules(retry_gaps_days=[14])
        diary.failing("processing_error")
        diary.until("2026-04-14T10:00:00")
        assert diary.sent() == [("04-12", SOFT)]
        assert diary.last_context()["stage"] == "last_warning"
        assert diary.last_context()["access_ends_at"].startswith("2026-04-15")


def test_a_soft_decline_that_turns_hard_is_planned_anew_and_sent_mails_count(database: Database) -> None:
    with open_diary(database) as diary:
        ada = diary.failing("insufficient_funds")
        diary.until("2026-04-06T12:00:00")
        assert diary.sent() == [("04-06", SOFT)]
        diary.sandbox.decline(ada.payment_method, "stolen_card")

        diary.until("2026-04-07T12:00:00")
        assert diary.case().category == "hard"
        assert diary.sent() == [("04-06", SOFT), ("04-07", HARD)]
        diary.until("2026-04-13T12:00:00")
        assert diary.sent()[2:] == [("04-08", HARD), ("04-12", HARD)]


def test_a_soft_decline_that_turns_hard_before_any_mail_begins_with_the_first_mail(
    database: Database,
) -> None:
    with open_diary(database) as diary:
        ada = diary.failing("insufficient_funds")
        diary.until("2026-04-04T12:00:00")
        diary.sandbox.decline(ada.payment_method, "stolen_card")
        diary.until("2026-04-05T12:00:00")
        assert diary.sent() == [("04-05", HARD)]
        assert diary.last_context()["stage"] == "first"
        assert "reminder" not in diary.mailbox.text().lower()
        assert diary.planned() == ["04-08 11:00", "04-12 11:00"]


def test_where_the_app_locks_late_payers_out_at_once_no_phase_is_silent(database: Database) -> None:
    """Edge case 24."""
    with open_diary(database, config=configured({"access_while_past_due": False})) as diary:
        diary.failing("insufficient_funds")
        diary.failing("processing_error", email="ben@example.com")
        diary.until("2026-04-01T12:00:00")
        assert diary.sent() == [("04-01", SOFT), ("04-01", SOFT)]


def test_a_retry_window_of_seven_days_still_leaves_three_days_of_warning(database: Database) -> None:
    """Edge case 24."""
    with open_diary(database, config=configured({"retry_window_days": 7})) as diary:
        diary.rules(retry_gaps_days=[1, 2, 2, 2])
        diary.failing("lost_card")
        diary.failing("insufficient_funds", email="ben@example.com")
        diary.until("2026-04-20T12:00:00")
        assert [c.outcome for c in diary.cases()] == ["lost", "lost"]
        assert [d for d, name in diary.sent() if name == HARD] == ["04-01", "04-05"]
        assert [d for d, name in diary.sent() if name == SOFT] == ["04-05"]
        assert [d for d, name in diary.sent() if name == "payment_ended"] == ["04-08", "04-08"]


@pytest.mark.parametrize(
    ("wanted", "hours"),
    [
        # Midnight in Auckland; its summer time ends on 5 April.
        ({"metadata": {"time_zone": "Pacific/Auckland"}}, ["04-01 20:00", "04-04 21:00"]),
        # Four in the morning in Los Angeles.
        ({"metadata": {"time_zone": "America/Los_Angeles"}}, ["04-01 16:00", "04-04 16:00"]),
        # A country of several zones, and a zone that is none: the merchant's own.
        ({"country": "US", "metadata": {"time_zone": "Moon/Crater"}}, ["04-01 11:00", "04-04 11:00"]),
    ],
)
def test_mails_leave_by_day_where_the_customer_lives(
    database: Database, wanted: dict[str, Any], hours: list[str]
) -> None:
    """Edge cases 25, 37."""
    with open_diary(database) as diary:
        diary.failing("lost_card", **wanted)
        diary.until("2026-04-05T10:00:00")
        assert [f"{m.settled_at:%m-%d %H:%M}" for m in diary.mails()] == hours


def test_over_the_weekend_of_summer_time_each_step_is_sent_once_at_the_same_local_hour(
    database: Database,
) -> None:
    """Edge case 37: London goes over to summer time on Sunday 29 March, and mails leave on Sundays too."""
    with open_diary(database, start="2026-03-25T10:00:00") as diary:
        diary.failing("lost_card", country="GB", start="2026-02-26T10:00:00")
        diary.until("2026-04-03T12:00:00")
        assert [f"{m.settled_at:%m-%d %H:%M}" for m in diary.mails()] == [
            "03-26 11:00",
            "03-29 10:00",
            "04-02 10:00",
        ]


def test_a_failure_in_the_evening_waits_for_the_morning(database: Database) -> None:
    """Edge case 37."""
    with open_diary(database) as diary:
        diary.failing("lost_card", start="2026-03-01T17:30:00")
        diary.until("2026-04-05T12:00:00")
        assert [f"{m.settled_at:%m-%d %H:%M}" for m in diary.mails()] == ["04-02 09:00", "04-04 17:59"]


def test_a_case_keeps_the_campaign_that_it_began_with(database: Database) -> None:
    """Edge case 49."""
    with open_diary(database) as diary:
        diary.failing("lost_card")
        diary.until("2026-04-01T12:00:00")
        version = diary.case().policy_version
        diary.reconfigure(configured({"end_action": "unpaid"}, schedules={"hard": [0, 1]}))
        diary.failing("lost_card", email="ben@example.com", start="2026-03-02T10:00:00")
        diary.until("2026-04-05T12:00:00")
        old, new = diary.cases()
        assert old.policy_version == version != new.policy_version
        assert [d for d, _ in diary.sent()] == ["04-01", "04-02", "04-03", "04-04"]
        assert diary.mails()[-1].context["end_action"] == "cancel"


def test_renewal_dates_follow_the_anchor_however_late_the_payment_is(database: Database) -> None:
    """Edge cases 33, 39: no free days, and the end of the month stays the end of the month."""
    with open_diary(database, start="2026-02-27T10:00:00") as diary:
        ada = diary.failing("lost_card", start="2026-01-31T10:00:00")
        diary.until("2026-03-10T10:00:00")
        diary.enter_card(diary.open_card_page())
        assert diary.case().outcome == "recovered"
        diary.until("2026-03-31T12:00:00")
        created = [i["created"] for i in diary.sandbox.invoices(ada.subscription)]
        days = [f"{datetime.fromtimestamp(at, UTC):%m-%d}" for at in created]
        assert days == ["01-31", "02-28", "03-31"]
        assert len(diary.cases()) == 1
