"""What stops a campaign before its end: payment, withdrawal, a person, a pause."""

import pytest
import stripe

from app.core.db import Database
from sandbox.events.record import emit
from sandbox.subscriptions.standing import end_subscription
from tests.scenarios.diary import open_diary, unix

pytestmark = pytest.mark.same_on_both


def test_a_payment_of_which_no_event_has_come_yet_stops_the_mail_that_is_due(database: Database) -> None:
    """Edge case 1: the invoice is read live just before the mail would leave."""
    with open_diary(database) as diary:
        ada = diary.failing("insufficient_funds")
        diary.until("2026-04-06T10:00:00")
        diary.hold_deliveries = True
        diary.sandbox.heal(ada.payment_method)
        diary.merchant.invoices.pay(diary.newest_invoice(ada))

        diary.until("2026-04-06T12:00:00")
        assert [(m.name, m.state, m.error) for m in diary.mails()] == [
            ("payment_failed_retrying", "cancelled", "nothing is owed any more")
        ]
        assert diary.case().state == "open"
        assert diary.says("was not sent: nothing is owed any more")

        diary.deliver_held()
        diary.until("2026-04-20T10:00:00")
        assert diary.case().outcome == "recovered"
        assert diary.mailbox.mails == []  # no mail went before, so no thank-you either


def test_an_invoice_paid_by_bank_transfer_closes_the_case_without_a_charge(database: Database) -> None:
    """Edge case 6."""
    with open_diary(database) as diary:
        ada = diary.failing("lost_card")
        diary.until("2026-04-03T10:00:00")
        diary.sandbox.pay_out_of_band(diary.newest_invoice(ada))
        diary.until("2026-04-20T10:00:00")
        assert diary.case().outcome == "recovered"
        assert diary.attempts(diary.newest_invoice(ada)) == 1
        assert diary.debt(diary.newest_invoice(ada)).paid_minor == 2900
        assert diary.sent() == [("04-01", "payment_failed_new_method"), ("04-03", "payment_recovered")]


def test_a_customer_who_cancels_at_once_hears_no_more_of_it(database: Database) -> None:
    """Edge case 3, even though the provider goes on to retry the closing invoice."""
    with open_diary(database) as diary:
        diary.rules(cancel_stops_collection=False)
        ada = diary.failing("insufficient_funds")
        diary.until("2026-04-03T10:00:00")
        diary.merchant.subscriptions.cancel(ada.subscription)
        diary.until("2026-05-20T10:00:00")
        assert diary.case().outcome == "cancelled"
        assert diary.attempts(diary.newest_invoice(ada)) > 2
        assert [name for _, name in diary.sent()] == ["cancellation_question"]
        assert diary.planned() == []


def test_a_customer_who_cancels_to_the_end_of_the_period_hears_no_more_of_it(database: Database) -> None:
    """Edge case 3."""
    with open_diary(database) as diary:
        ada = diary.failing("lost_card")
        diary.until("2026-04-02T10:00:00")
        diary.merchant.subscriptions.update(ada.subscription, {"cancel_at_period_end": True})
        diary.until("2026-05-20T10:00:00")
        assert diary.case().outcome == "cancelled"
        assert [name for _, name in diary.sent()] == ["payment_failed_new_method", "cancellation_question"]


def test_a_voided_invoice_stops_its_campaign_at_once(database: Database) -> None:
    """Edge case 4."""
    with open_diary(database) as diary:
        ada = diary.failing("lost_card")
        diary.until("2026-04-02T10:00:00")
        diary.merchant.invoices.void_invoice(diary.newest_invoice(ada))
        diary.until("2026-04-25T10:00:00")
        assert diary.case().outcome == "voided"
        assert diary.sent() == [("04-01", "payment_failed_new_method")]


def test_an_invoice_that_the_merchant_writes_off_stops_its_campaign_at_once(database: Database) -> None:
    """Edge case 4: and it is not counted as recovered."""
    with open_diary(database) as diary:
        ada = diary.failing("lost_card")
        diary.until("2026-04-02T10:00:00")
        diary.merchant.invoices.mark_uncollectible(diary.newest_invoice(ada))
        diary.until("2026-04-25T10:00:00")
        assert diary.case().outcome == "written_off"
        assert diary.debt(diary.newest_invoice(ada)).paid_minor == 0
        assert diary.sent() == [("04-01", "payment_failed_new_method")]


def test_an_invoice_credited_to_nothing_is_not_counted_as_recovered(database: Database) -> None:
    """Edge cases 4, 7: the provider calls it paid, though nobody has paid."""
    with open_diary(database) as diary:
        ada = diary.failing("lost_card")
        diary.until("2026-04-02T10:00:00")
        state = diary.sandbox.state
        with state.lock:
            invoice = state.get("invoice", diary.newest_invoice(ada))
            invoice |= {"status": "paid", "amount_due": 0, "amount_remaining": 0, "auto_advance": False}
            invoice["pre_payment_credit_notes_amount"] = 2900
            emit(state, "invoice.paid", invoice)
        diary.flush()
        diary.until("2026-04-25T10:00:00")
        assert diary.case().outcome == "voided"
        assert diary.debt(invoice["id"]).paid_minor == 0
        assert diary.sent() == [("04-01", "payment_failed_new_method")]


def test_a_subscription_that_the_provider_ends_over_a_dispute_gets_no_last_notice(database: Database) -> None:
    """Edge case 4."""
    with open_diary(database) as diary:
        ada = diary.failing("insufficient_funds")
        diary.until("2026-04-03T10:00:00")
        state = diary.sandbox.state
        with state.lock:
            end_subscription(state, state.get("subscription", ada.subscription), reason="payment_disputed")
        diary.flush()
        diary.until("2026-05-05T10:00:00")
        assert diary.case().outcome == "disputed"
        assert diary.mailbox.mails == []


def test_a_disputed_earlier_payment_holds_the_case_until_the_dispute_is_decided(database: Database) -> None:
    """Edge case 4."""
    with open_diary(database) as diary:
        ada = diary.failing("insufficient_funds")
        diary.until("2026-04-02T15:00:00")
        charge = diary.charge_of(ada.latest_invoice)
        dispute = diary.sandbox.control("POST", f"charges/{charge}/dispute")
        diary.flush()
        assert diary.case().held_reason == "automatic: the customer disputes a payment"

        diary.until("2026-04-07T10:00:00")
        assert diary.mails() == []
        diary.sandbox.control("POST", f"disputes/{dispute['id']}/outcome", {"outcome": "won"})
        diary.flush()
        assert diary.case().state == "open"
        diary.until("2026-04-13T10:00:00")
        assert diary.sent() == [("04-07", "payment_failed_retrying"), ("04-12", "payment_failed_retrying")]


def test_a_paused_collection_and_a_longer_trial_hold_the_case(database: Database) -> None:
    """Edge case 7."""
    with open_diary(database) as diary:
        ada = diary.failing("lost_card")
        diary.until("2026-04-02T10:00:00")
        diary.merchant.subscriptions.update(
            ada.subscription, {"pause_collection": {"behavior": "keep_as_draft"}}
        )
        diary.until("2026-04-05T10:00:00")
        assert diary.case().held_reason == "automatic: payment collection is paused at the provider"
        assert len(diary.sent()) == 1

        diary.merchant.subscriptions.update(ada.subscription, {"pause_collection": ""})
        diary.tick()
        assert diary.case().state == "open"
        assert len(diary.sent()) == 2  # the step of 4 April is less than a day late
        diary.until("2026-04-05T10:30:00")
        diary.merchant.subscriptions.update(ada.subscription, {"trial_end": unix("2026-05-10T10:00:00")})
        diary.tick()
        assert diary.case().held_reason == "automatic: the trial was extended"


def test_a_case_stopped_by_hand_stays_stopped_when_a_retry_fails(database: Database) -> None:
    """Edge case 5."""
    with open_diary(database) as diary:
        ada = diary.failing("insufficient_funds")
        diary.until("2026-04-02T20:00:00")
        diary.stop_case()
        diary.until("2026-04-14T10:00:00")
        assert diary.attempts(diary.newest_invoice(ada)) == 8
        diary.until("2026-05-20T10:00:00")
        assert diary.case().outcome == "stopped"
        assert diary.mails() == []


def test_nothing_leaves_while_a_person_holds_the_case(database: Database) -> None:
    with open_diary(database) as diary:
        diary.failing("lost_card")
        diary.until("2026-04-02T10:00:00")
        diary.hold_case()
        diary.until("2026-04-08T15:00:00")
        assert len(diary.sent()) == 1
        diary.release_case()
        assert diary.sent()[1:] == [("04-08", "payment_failed_new_method")]
        assert diary.says("Mail 2 is not sent: a later step is due as well, and only the newest is sent")


def test_a_deleted_customer_leaves_nothing_that_could_still_be_sent(database: Database) -> None:
    """Edge case 56."""
    with open_diary(database) as diary:
        ada = diary.failing("lost_card")
        diary.until("2026-04-02T10:00:00")
        diary.merchant.customers.delete(ada.customer)
        diary.until("2026-05-20T10:00:00")
        assert diary.case().outcome == "cancelled"
        assert diary.planned() == []
        assert len(diary.mailbox.mails) == 1


def test_a_customer_without_an_address_becomes_a_task(database: Database) -> None:
    with open_diary(database) as diary:
        diary.failing("lost_card", email=None)
        diary.until("2026-04-05T10:00:00")
        assert diary.mails() == []
        assert [t.kind for t in diary.tasks()] == ["no_address"]
        assert diary.says("Mail 1 is not sent: the customer has no e-mail address")


def test_mails_wait_while_the_provider_cannot_be_asked_and_go_when_it_answers(database: Database) -> None:
    """Edge case 1: nothing is sent on old knowledge."""
    with open_diary(database) as diary:
        diary.failing("insufficient_funds")
        diary.until("2026-04-06T10:00:00")
        fault = {"kind": "500", "path": "/v1/invoices", "method": "GET", "count": 100}
        diary.sandbox.control("POST", "api/faults", fault)
        diary.until("2026-04-06T11:02:00")
        assert [m.state for m in diary.mails()] == ["queued"]
        assert diary.mailbox.mails == []

        diary.sandbox.control("DELETE", "api/faults")
        diary.until("2026-04-06T12:00:00")
        assert diary.sent() == [("04-06", "payment_failed_retrying")]


def test_a_mail_waits_for_an_event_of_its_customer_that_is_not_yet_processed(database: Database) -> None:
    """Edge case 1."""
    with open_diary(database) as diary:
        ada = diary.failing("insufficient_funds")
        diary.until("2026-04-06T10:59:57")  # an event that fails rests five seconds at least
        fault = {"kind": "500", "path": "/v1/invoices", "method": "GET", "count": 100}
        diary.sandbox.control("POST", "api/faults", fault)
        with pytest.raises(stripe.CardError):  # its reason has to be read, and cannot be
            diary.merchant.invoices.pay(diary.newest_invoice(ada))
        diary.until("2026-04-06T11:00:00")
        assert diary.says("an event of this customer is still to be processed")
        assert diary.mails() == []

        diary.sandbox.control("DELETE", "api/faults")
        diary.until("2026-04-06T11:05:00")
        assert diary.sent() == [("04-06", "payment_failed_retrying")]
