"""What opens a case, and what does not."""

import pytest
import stripe

from app.core.db import Database
from tests.scenarios.diary import open_diary

pytestmark = pytest.mark.same_on_both


def test_a_first_checkout_that_fails_opens_no_case(database: Database) -> None:
    """Edge case 16."""
    with open_diary(database) as diary:
        diary.subscriber(start=None, card="4000000000000341", first_charge_must_work=False)
        diary.until("2026-04-20T10:00:00")
        assert len(diary.sandbox.events("invoice.payment_failed")) == 1
        assert diary.cases() == []
        assert diary.mails() == []
        assert diary.tasks() == []


def test_a_renewal_of_nothing_opens_no_case(database: Database) -> None:
    with open_diary(database) as diary:
        ada = diary.failing("lost_card", amount=0)
        diary.until("2026-04-20T10:00:00")
        assert diary.sandbox.get("invoice", diary.newest_invoice(ada))["status"] == "paid"
        assert diary.cases() == []


def test_invoices_that_are_sent_out_are_refused_aloud_once(database: Database) -> None:
    with open_diary(database) as diary:
        ada = diary.failing("lost_card")
        ben = diary.failing("lost_card", email="ben@example.com")
        for someone in (ada, ben):
            diary.merchant.subscriptions.update(
                someone.subscription, {"collection_method": "send_invoice", "days_until_due": 14}
            )
        diary.until("2026-04-01T12:00:00")
        for someone in (ada, ben):  # the merchant tries the card on file by hand
            with pytest.raises(stripe.CardError):
                diary.merchant.invoices.pay(diary.newest_invoice(someone))
        diary.until("2026-05-20T10:00:00")
        assert diary.cases() == []
        assert diary.mails() == []
        assert [t.kind for t in diary.tasks()] == ["not_supported"]


def test_suspected_fraud_is_a_task_and_never_a_mail(database: Database) -> None:
    """Edge cases 22, 54: nobody is written to before a person has looked."""
    with open_diary(database) as diary:
        diary.failing("fraudulent")
        diary.until("2026-04-01T12:00:00")
        assert diary.case().category == "merchant"
        assert [t.kind for t in diary.tasks()] == ["payment_alert"]
        assert diary.says("A person is asked to look at it: decline code fraudulent")

        diary.until("2026-05-10T10:00:00")
        assert diary.case().outcome == "lost"
        assert diary.mails() == []
        assert diary.says("No last notice is sent")


def test_a_payment_that_the_merchants_own_rules_blocked_is_no_customers_matter(database: Database) -> None:
    with open_diary(database) as diary:
        diary.failing("generic_decline", outcome_type="blocked", outcome_reason="rule")
        diary.until("2026-04-07T10:00:00")
        assert diary.case().category == "merchant"
        assert len(diary.tasks()) == 1
        assert diary.mails() == []


def test_a_customer_without_any_payment_method_is_asked_to_add_one(database: Database) -> None:
    """Edge case 23: the button fits the reason."""
    with open_diary(database) as diary:
        ada = diary.subscriber()
        diary.merchant.payment_methods.detach(ada.payment_method)
        diary.until("2026-04-02T10:00:00")
        assert diary.case().category == "hard"
        text = diary.mailbox.text()
        assert "no payment method on file" in text
        assert "Add a payment method" in text


def test_the_first_charge_after_a_trial_has_words_of_its_own_and_is_marked(database: Database) -> None:
    with open_diary(database) as diary:
        ada = diary.failing("lost_card", start="2026-03-18T10:00:00", trial_days=14)
        diary.until("2026-04-01T12:00:00")
        assert diary.sent() == [("04-01", "payment_failed_trial")]
        assert diary.debt(diary.newest_invoice(ada)).first_after_trial
        assert "The first payment after your trial has not gone through." in diary.mailbox.text()


def test_a_plan_change_that_cannot_be_charged_opens_a_case(database: Database) -> None:
    """Billing reason subscription_update."""
    with open_diary(database) as diary:
        ada = diary.failing("lost_card")
        item = diary.sandbox.get("subscription", ada.subscription)["items"]["data"][0]["id"]
        yearly = {"currency": "usd", "unit_amount": 29000, "recurring": {"interval": "year"}}
        price = diary.merchant.prices.create({**yearly, "product": ada.product})  # type: ignore[typeddict-item]
        whole = "none"  # no credit for what is left of the month
        diary.merchant.subscriptions.update(
            ada.subscription, {"items": [{"id": item, "price": price.id}], "proration_behavior": whole}
        )
        diary.tick()
        assert diary.case().state == "open"
        assert diary.sent() == [("03-31", "payment_failed_new_method")]
        assert diary.debt(diary.newest_invoice(ada)).at_risk_minor == 29000


def test_events_of_the_other_mode_are_kept_and_change_nothing(database: Database) -> None:
    """Edge case 50."""
    with open_diary(database, provider_key=False, livemode=True) as diary:
        diary.failing("lost_card")
        diary.until("2026-04-05T10:00:00")
        assert diary.events_by_state() == {"ignored"}
        assert diary.cases() == []
        assert diary.mails() == []
