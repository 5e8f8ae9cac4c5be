"""Money that goes back: refunds of every ending, chargebacks and inquiries."""

from __future__ import annotations

from typing import Any

import pytest
import stripe

from sandbox.testing import RunningSandbox
from tests.sandbox.conftest import Inbox, Sdk


def paid(client: Sdk, method: str = "pm_card_visa", **more: Any) -> Any:
    return client.v1.payment_intents.create(
        {"amount": 2000, "currency": "usd", "confirm": True, "payment_method": method, **more}
    )


def test_a_charge_is_refunded_bit_by_bit_and_no_further(client: Sdk, inbox: Inbox) -> None:
    made = paid(client)
    first = client.v1.refunds.create(
        {"payment_intent": made.id, "amount": 500, "reason": "duplicate", "metadata": {"a": "b"}}
    )
    assert (first.status, first.amount, first.reason) == ("succeeded", 500, "duplicate")
    assert inbox.last("refund.created")["metadata"] == {"a": "b"}
    assert inbox.of("charge.refunded")[0]["data"]["previous_attributes"] == {"amount_refunded": 0}
    client.v1.refunds.create({"charge": made.latest_charge})
    charge = client.v1.charges.retrieve(made.latest_charge, {"expand": ["refunds"]})
    assert (charge.amount_refunded, charge.refunded, len(charge.refunds.data)) == (2000, True, 2)
    with pytest.raises(stripe.InvalidRequestError) as caught:
        client.v1.refunds.create({"charge": made.latest_charge})
    assert caught.value.code == "charge_already_refunded"
    entry = client.v1.balance_transactions.retrieve(first.balance_transaction)
    assert (entry.amount, entry.type, entry.source) == (-500, "refund", first.id)


def test_a_refund_of_more_than_is_left_is_refused(client: Sdk) -> None:
    with pytest.raises(stripe.InvalidRequestError) as caught:
        client.v1.refunds.create({"payment_intent": paid(client).id, "amount": 2001})
    assert caught.value.param == "amount"


def test_some_refunds_pend_before_they_succeed(sandbox: RunningSandbox, client: Sdk, inbox: Inbox) -> None:
    refund = client.v1.refunds.create({"payment_intent": paid(client, "pm_card_pendingRefund").id})
    assert (refund.status, refund.pending_reason) == ("pending", "processing")
    sandbox.advance("2026-01-31T11:00:00Z")
    updated = inbox.of("refund.updated")[-1]["data"]
    assert updated["object"]["status"] == "succeeded"
    assert updated["previous_attributes"]["status"] == "pending"
    assert inbox.last("charge.refund.updated")["id"] == refund.id


def test_a_refund_can_fail_after_it_seemed_good_and_the_charge_is_whole_again(
    sandbox: RunningSandbox, client: Sdk, inbox: Inbox
) -> None:
    refund = client.v1.refunds.create({"payment_intent": paid(client, "pm_card_refundFail").id})
    assert refund.status == "succeeded"
    sandbox.advance("2026-01-31T11:00:00Z")
    failed = inbox.last("refund.failed")
    assert (failed["status"], failed["failure_reason"]) == ("failed", "expired_or_canceled_card")
    assert failed["failure_balance_transaction"].startswith("txn_")
    charge = client.v1.charges.retrieve(refund.charge)
    assert (charge.amount_refunded, charge.refunded) == (0, False)


def test_only_a_refunds_metadata_changes_and_a_card_refund_is_never_canceled(
    client: Sdk, inbox: Inbox
) -> None:
    refund = client.v1.refunds.create({"payment_intent": paid(client).id})
    client.v1.refunds.update(refund.id, {"metadata": {"order": "9"}})
    assert {"refund.updated", "charge.refund.updated"} <= set(inbox.types())
    with pytest.raises(stripe.InvalidRequestError):
        client.v1.refunds.cancel(refund.id)


def test_the_disputing_card_takes_the_money_back_at_once(client: Sdk, inbox: Inbox) -> None:
    made = paid(client, "pm_card_createDispute")
    dispute = client.v1.disputes.list({"payment_intent": made.id}).data[0]
    assert (dispute.status, dispute.reason, dispute.amount) == ("needs_response", "fraudulent", 2000)
    entry = dispute.balance_transactions[0]
    assert (entry.amount, entry.fee, entry.net) == (-2000, 1500, -3500)
    assert client.v1.charges.retrieve(made.latest_charge).disputed is True
    wanted = ["charge.dispute.created", "charge.dispute.funds_withdrawn"]
    assert [event for event in inbox.types() if "dispute" in event] == wanted
    with pytest.raises(stripe.InvalidRequestError) as caught:
        client.v1.refunds.create({"payment_intent": made.id})
    assert caught.value.code == "charge_disputed"


def test_a_dispute_waits_until_the_money_is_captured(client: Sdk) -> None:
    made = paid(client, "pm_card_createDispute", capture_method="manual")
    assert client.v1.disputes.list({"payment_intent": made.id}).data == []
    client.v1.payment_intents.capture(made.id)
    assert len(client.v1.disputes.list({"payment_intent": made.id}).data) == 1


@pytest.mark.parametrize(
    ("words", "status", "events"),
    [
        ("winning_evidence", "won", ["funds_reinstated", "closed"]),
        ("losing_evidence", "lost", ["closed"]),
        ("Here is the receipt", "under_review", []),
    ],
)
def test_evidence_is_submitted_and_the_official_words_decide(
    client: Sdk, inbox: Inbox, words: str, status: str, events: list[str]
) -> None:
    made = paid(client, "pm_card_createDispute")
    dispute = client.v1.disputes.list({"charge": made.latest_charge}).data[0]
    inbox.forget()
    after = client.v1.disputes.update(dispute.id, {"evidence": {"uncategorized_text": words}})
    assert (after.status, after.evidence_details.submission_count) == (status, 1)
    endings = [event.removeprefix("charge.dispute.") for event in inbox.types()]
    assert [event for event in endings if event != "updated"] == events


def test_evidence_that_is_not_submitted_is_only_kept(client: Sdk) -> None:
    made = paid(client, "pm_card_createDispute")
    dispute = client.v1.disputes.list({"charge": made.latest_charge}).data[0]
    after = client.v1.disputes.update(
        dispute.id, {"evidence": {"customer_name": "Robin"}, "submit": False, "metadata": {"a": "b"}}
    )
    assert (after.status, after.evidence_details.has_evidence) == ("needs_response", True)
    assert (after.evidence.customer_name, after.metadata.a) == ("Robin", "b")


def test_an_inquiry_takes_no_money_and_allows_a_refund(client: Sdk, inbox: Inbox) -> None:
    made = paid(client, "pm_card_createDisputeInquiry")
    inquiry = client.v1.disputes.list({"payment_intent": made.id}).data[0]
    assert (inquiry.status, inquiry.is_charge_refundable) == ("warning_needs_response", True)
    assert inquiry.payment_method_details.card.case_type == "inquiry"
    assert "charge.dispute.funds_withdrawn" not in inbox.types()
    assert client.v1.refunds.create({"payment_intent": made.id, "amount": 500}).status == "succeeded"
    closed = client.v1.disputes.close(inquiry.id)
    assert closed.status == "warning_closed"
    assert inbox.last("charge.dispute.closed")["id"] == inquiry.id


def test_an_inquiry_can_become_a_chargeback(client: Sdk, inbox: Inbox) -> None:
    made = paid(client, "pm_card_createDisputeInquiry")
    inquiry = client.v1.disputes.list({"payment_intent": made.id}).data[0]
    after = client.v1.disputes.update(
        inquiry.id, {"evidence": {"uncategorized_text": "escalate_inquiry_evidence"}}
    )
    assert (after.status, after.is_charge_refundable) == ("needs_response", False)
    assert inbox.last("charge.dispute.funds_withdrawn")["id"] == inquiry.id
    with pytest.raises(stripe.InvalidRequestError):
        client.v1.refunds.create({"payment_intent": made.id})


def test_one_card_disputes_twice(client: Sdk) -> None:
    made = paid(client, "pm_card_createMultipleDisputes")
    assert len(client.v1.disputes.list({"payment_intent": made.id}).data) == 2


def test_accepting_a_dispute_loses_it_for_good(client: Sdk) -> None:
    made = paid(client, "pm_card_createDisputeProductNotReceived")
    dispute = client.v1.disputes.list({"charge": made.latest_charge}).data[0]
    assert dispute.reason == "product_not_received"
    assert client.v1.disputes.close(dispute.id).status == "lost"
    with pytest.raises(stripe.InvalidRequestError):
        client.v1.disputes.close(dispute.id)


def test_a_charge_keeps_notes_that_can_be_changed(client: Sdk, inbox: Inbox) -> None:
    made = paid(client)
    changed = client.v1.charges.update(
        made.latest_charge, {"description": "Book", "fraud_details": {"user_report": "safe"}}
    )
    assert (changed.description, changed.fraud_details.user_report) == ("Book", "safe")
    assert inbox.last("charge.updated")["id"] == made.latest_charge
