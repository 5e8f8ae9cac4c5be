"""Cases that end without the money, money that comes late, and money that goes back."""

from datetime import timedelta

import pytest

from app.core.db import Database
from tests.scenarios.diary import Diary, configured, open_diary

pytestmark = pytest.mark.same_on_both

HARD = "payment_failed_new_method"


def recovered(diary: Diary) -> str:
    """A hard decline, paid on 3 April after one mail; the invoice."""
    ada = diary.failing("lost_card")
    diary.until("2026-04-03T10:00:00")
    diary.sandbox.heal(ada.payment_method)
    invoice = diary.newest_invoice(ada)
    diary.merchant.invoices.pay(invoice)
    diary.until("2026-04-04T10:00:00")
    assert diary.case().outcome == "recovered"
    return invoice


def test_a_case_is_lost_when_the_provider_ends_the_subscription_and_the_last_notice_goes_at_once(
    database: Database,
) -> None:
    """Edge cases 18, 24: three days before the end a mail has named its date."""
    with open_diary(database) as diary:
        diary.failing("lost_card", country="GB")
        diary.until("2026-04-15T10:59:00")
        assert [day for day, _ in diary.sent()] == ["04-01", "04-04", "04-08", "04-12"]
        assert diary.last_context()["stage"] == "last_warning"
        assert diary.mailbox.subjects()[-1] == "Your Acme subscription ends on Wednesday 15 April"

        diary.until("2026-04-15T11:00:00")
        assert diary.case().outcome == "lost"
        assert diary.sent()[4:] == [("04-15", "payment_ended")]
        notice = diary.mailbox.text()
        assert "has ended" in notice
        assert "Subscribe again" in notice
        assert "card" not in notice.split("http")[0]

        diary.until("2026-06-15T11:00:00")
        assert len(diary.mailbox.mails) == 5


def test_a_soft_case_is_warned_three_days_before_the_end_too(database: Database) -> None:
    """Edge case 24."""
    with open_diary(database) as diary:
        diary.failing("generic_decline")
        diary.until("2026-06-15T11:00:00")
        assert diary.sent() == [
            ("04-06", "payment_failed_retrying"),
            ("04-12", "payment_failed_retrying"),
            ("04-15", "payment_ended"),
        ]
        assert diary.case().outcome == "lost"


def test_a_subscription_that_is_left_unpaid_is_lost_as_well(database: Database) -> None:
    """Edge case 18: it says what has happened."""
    with open_diary(database, config=configured({"end_action": "unpaid"})) as diary:
        diary.rules(end_action="unpaid")
        diary.failing("lost_card")
        diary.until("2026-04-15T12:00:00")
        assert diary.case().outcome == "lost"
        assert diary.sent()[-1] == ("04-15", "payment_ended")
        assert diary.mailbox.subjects()[-1] == "Your Acme subscription is paused"
        assert "Pay and continue" in diary.mailbox.text()


def test_where_the_provider_ends_nothing_the_case_is_given_up_after_28_days_without_a_last_notice(
    database: Database,
) -> None:
    with open_diary(database, config=configured({"end_action": "past_due"})) as diary:
        diary.rules(end_action="past_due")
        diary.failing("lost_card", interval="year", start="2025-04-01T10:00:00")
        diary.until("2026-04-29T10:59:00")
        assert diary.case().state == "open"
        assert [day for day, _ in diary.sent()] == ["04-01", "04-04", "04-08", "04-15"]
        assert all("ends on" not in subject for subject in diary.mailbox.subjects())

        diary.until("2026-05-15T11:00:00")
        assert diary.case().outcome == "lost"
        assert f"{diary.case().closed_at:%m-%d %H:%M}" == "04-29 11:00"
        assert len(diary.mailbox.mails) == 4
        assert diary.says("No last notice is sent: nothing has ended for the customer")


def test_money_that_comes_after_the_case_was_lost_is_late_money_and_reopens_nothing(
    database: Database,
) -> None:
    """Edge case 32, as far as it is ours."""
    with open_diary(database) as diary:
        ada = diary.failing("lost_card")
        diary.until("2026-04-20T10:00:00")
        assert diary.case().outcome == "lost"
        diary.sandbox.pay_out_of_band(ada_invoice := diary.newest_invoice(ada))
        diary.until("2026-05-20T10:00:00")
        assert diary.case().outcome == "lost"
        debt = diary.debt(ada_invoice)
        assert (debt.result, debt.paid_minor) == ("lost", 2900)
        assert debt.paid_at is not None
        assert debt.paid_at > diary.case().closed_at + timedelta(days=4)  # type: ignore[operator]
        assert diary.sent()[-1] == ("04-15", "payment_ended")  # and no thank-you


def test_the_last_notice_is_not_sent_to_somebody_who_has_paid_meanwhile(database: Database) -> None:
    """Edge cases 1, 18: the last notice looks at the live invoice as well."""
    with open_diary(database) as diary:
        ada = diary.failing("lost_card", metadata={"time_zone": "Pacific/Auckland"})
        diary.until("2026-04-15T11:30:00")
        assert diary.case().outcome == "lost"  # eleven in the evening in Auckland
        before = len(diary.sent())
        diary.hold_deliveries = True
        diary.sandbox.pay_out_of_band(diary.newest_invoice(ada))
        diary.until("2026-04-17T11:00:00")
        assert len(diary.sent()) == before
        assert diary.mails()[-1].error == "it has been paid"


@pytest.mark.parametrize("amount", [2900, 1000])
def test_a_refund_takes_the_money_out_of_what_was_recovered(database: Database, amount: int) -> None:
    with open_diary(database) as diary:
        invoice = recovered(diary)
        diary.merchant.refunds.create({"charge": diary.charge_of(invoice), "amount": amount})
        diary.until("2026-04-20T10:00:00")
        assert diary.debt(invoice).returned_minor == amount
        assert diary.case().outcome == "recovered"
        assert [name for _, name in diary.sent()] == [HARD, "payment_recovered"]


@pytest.mark.parametrize(
    ("opened", "outcome", "returned"),
    [
        ("2026-04-20T10:00:00", None, 2900),
        ("2026-05-20T10:00:00", None, 0),
        ("2026-05-20T10:00:00", "lost", 2900),
        ("2026-04-20T10:00:00", "won", 0),
    ],
)
def test_an_early_or_a_lost_dispute_takes_the_money_out_of_what_was_recovered(
    database: Database, opened: str, outcome: str | None, returned: int
) -> None:
    """Edge case 4: and it never starts a campaign."""
    with open_diary(database) as diary:
        invoice = recovered(diary)
        diary.until(opened)
        charge = diary.charge_of(invoice)
        dispute = diary.sandbox.control("POST", f"charges/{charge}/dispute")
        if outcome:
            diary.sandbox.control("POST", f"disputes/{dispute['id']}/outcome", {"outcome": outcome})
        diary.until("2026-06-10T10:00:00")
        assert diary.debt(invoice).returned_minor == returned
        assert len(diary.cases()) == 1
        assert [name for _, name in diary.sent()] == [HARD, "payment_recovered"]
