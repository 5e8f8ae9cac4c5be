"""Declined renewals that are paid in the end."""

import pytest

from app.core.db import Database
from tests.scenarios.diary import open_diary


@pytest.mark.same_on_both
def test_a_soft_decline_that_heals_by_itself_passes_without_a_word(database: Database) -> None:
    """Edge case 2."""
    with open_diary(database) as diary:
        diary.failing("insufficient_funds", until="2026-04-02T00:00:00")

        diary.until("2026-04-01T12:00:00")
        assert diary.case().state == "open"
        assert diary.planned() == ["04-06 11:00", "04-12 11:00"]

        diary.until("2026-05-01T09:00:00")
        assert diary.case().outcome == "recovered"
        assert diary.case().closed_at is not None
        assert f"{diary.case().closed_at:%m-%d %H:%M}" == "04-02 11:00"
        assert diary.mails() == []
        assert diary.mailbox.mails == []
        assert diary.says("No thank-you is sent, because no mail went before")


def test_a_soft_decline_gets_a_mail_on_day_five_and_a_thank_you_when_the_card_works_again(
    database: Database,
) -> None:
    """Edge cases 2, 11, 19, 21."""
    with open_diary(database) as diary:
        ada = diary.failing("insufficient_funds", until="2026-04-08T00:00:00")

        diary.until("2026-04-06T10:59:00")
        assert diary.attempts(diary.newest_invoice(ada)) == 4
        assert diary.sent() == []

        diary.until("2026-04-06T11:00:00")
        assert diary.sent() == [("04-06", "payment_failed_retrying")]
        first = diary.mailbox.text()
        assert "Hi Ada," in first
        assert "We will try again on Tuesday, April 7;" in first
        assert "* Pro plan: $29.00" in first
        assert "funds" not in first

        diary.until("2026-04-20T09:00:00")
        assert diary.sent() == [("04-06", "payment_failed_retrying"), ("04-09", "payment_recovered")]
        assert diary.mailbox.subjects("ada@example.com") == [
            "Your payment to Acme has not gone through yet",
            "Your payment to Acme has arrived, thank you",
        ]
        assert [s.reason for s in diary.steps() if s.state == "skipped"] == [
            "the case is closed: recovered"
        ] * 2
        assert len(diary.cases()) == 1


def test_a_hard_decline_is_told_at_once_and_paid_through_the_card_page(database: Database) -> None:
    """Edge cases 8, 22, 24, 26."""
    with open_diary(database) as diary:
        ada = diary.failing("stolen_card", country="GB")

        diary.until("2026-04-01T11:00:00")
        assert diary.sent() == [("04-01", "payment_failed_new_method")]
        for word in ("stolen", "lost", "fraud"):
            assert word not in diary.mailbox.mails[0].as_string().lower()
        assert "until at least Wednesday 15 April" in diary.mailbox.text()

        diary.until("2026-04-02T20:00:00")
        page = diary.open_card_page()
        assert diary.case().state == "open"
        diary.enter_card(page)
        assert diary.visits() == ["paid"]
        assert diary.case().outcome == "recovered"
        assert diary.sandbox.get("invoice", diary.newest_invoice(ada))["status"] == "paid"
        customer, subscription = (
            diary.sandbox.get("customer", ada.customer),
            diary.sandbox.get("subscription", ada.subscription),
        )
        new_card = customer["invoice_settings"]["default_payment_method"]
        assert new_card != ada.payment_method
        assert subscription["default_payment_method"] == new_card
        assert len(diary.sent()) == 1  # nine in the evening: the thank-you waits for the morning

        diary.until("2026-04-20T09:00:00")
        assert diary.sent()[1:] == [("04-03", "payment_recovered")]


@pytest.mark.same_on_both
def test_two_subscriptions_that_fail_together_are_one_case_and_one_mail_that_lists_both(
    database: Database,
) -> None:
    """Edge case 12."""
    with open_diary(database) as diary:
        ada = diary.subscriber()
        other = diary.second_plan(ada)
        diary.until("2026-04-01T09:00:00")
        diary.sandbox.decline(ada.payment_method, "expired_card", until="2026-04-06T00:00:00")

        diary.until("2026-04-05T09:00:00")
        assert diary.case().category == "card_data"
        assert diary.sent() == [("04-01", "payment_failed_fix_card"), ("04-04", "payment_failed_fix_card")]
        text = diary.mailbox.text(0)
        assert "* Pro plan: $29.00" in text
        assert "* Backup plan: $9.00" in text
        assert "Total: $38.00" in text
        assert diary.sandbox.get("subscription", other)["status"] == "past_due"

        diary.until("2026-04-20T09:00:00")
        assert diary.case().outcome == "recovered"
        assert [name for _, name in diary.sent()].count("payment_recovered") == 1


@pytest.mark.same_on_both
def test_a_failure_in_the_next_cycle_is_a_new_case_and_begins_with_its_first_mail(database: Database) -> None:
    """Edge cases 11, 13."""
    with open_diary(database) as diary:
        ada = diary.failing("lost_card")
        diary.until("2026-04-02T10:00:00")
        diary.sandbox.heal(ada.payment_method)
        diary.merchant.invoices.pay(diary.newest_invoice(ada))
        diary.until("2026-04-30T10:00:00")
        assert [c.outcome for c in diary.cases()] == ["recovered"]

        diary.sandbox.decline(ada.payment_method, "lost_card")
        diary.until("2026-05-02T10:00:00")
        assert [c.outcome for c in diary.cases()] == ["recovered", None]
        assert diary.sent() == [
            ("04-01", "payment_failed_new_method"),
            ("04-02", "payment_recovered"),
            ("05-01", "payment_failed_new_method"),
        ]
        assert diary.last_context()["stage"] == "first"
        assert diary.cases()[1].contacts == 1


@pytest.mark.same_on_both
def test_a_weekly_plan_that_fails_again_joins_the_open_case(database: Database) -> None:
    """Edge cases 11, 13: the second failure neither restarts the mails nor the grace time."""
    with open_diary(database) as diary:
        diary.failing("lost_card", interval="week", start="2026-03-25T10:00:00")

        diary.until("2026-04-09T09:00:00")
        assert diary.says("failed as well and joins this case")
        assert f"{diary.case().opened_at:%m-%d %H:%M}" == "04-01 11:00"
        assert [day for day, _ in diary.sent()] == ["04-01", "04-04", "04-08"]

        diary.until("2026-04-12T12:00:00")
        assert [day for day, _ in diary.sent()][3:] == ["04-12"]
        assert len(diary.last_context()["invoices"]) == 2
        assert diary.last_context()["access_ends_at"].startswith("2026-04-15")


@pytest.mark.same_on_both
def test_a_card_that_the_network_updates_is_paid_by_the_next_retry_and_closes_the_case(
    database: Database,
) -> None:
    """Edge case 28: the update alone charges nothing and closes nothing."""
    with open_diary(database) as diary:
        ada = diary.failing("expired_card")
        diary.until("2026-04-01T14:00:00")
        diary.sandbox.control("POST", f"cards/{ada.payment_method}/auto_update")
        diary.until("2026-04-02T10:00:00")
        assert diary.case().state == "open"
        assert diary.attempts(diary.newest_invoice(ada)) == 1

        diary.until("2026-04-10T10:00:00")
        assert diary.case().outcome == "recovered"
        assert diary.sent() == [("04-01", "payment_failed_fix_card"), ("04-02", "payment_recovered")]
