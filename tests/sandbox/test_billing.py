"""Renewals, declines, retries and ends, driven by the clock and seen through the official SDK."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest
import stripe

from sandbox.testing import RunningSandbox
from tests.sandbox.conftest import Inbox, Sdk, details


def ts(text: str) -> int:
    return int(datetime.fromisoformat(text).replace(tzinfo=UTC).timestamp())


def period_end(subscription: Any) -> int:
    return int(subscription["items"]["data"][0]["current_period_end"])


def test_a_subscription_made_by_the_sdk_is_active_and_its_first_invoice_paid(
    client: Sdk, inbox: Inbox
) -> None:
    customer = client.v1.customers.create({"email": "a@example.com"})
    method = client.v1.payment_methods.attach("pm_card_visa", {"customer": customer.id})
    client.v1.customers.update(customer.id, {"invoice_settings": {"default_payment_method": method.id}})
    product = client.v1.products.create({"name": "Pro"})
    price = client.v1.prices.create(
        {"product": product.id, "unit_amount": 2900, "currency": "usd", "recurring": {"interval": "month"}}
    )
    made = client.v1.subscriptions.create(
        {"customer": customer.id, "items": [{"price": price.id}], "expand": ["latest_invoice.payments"]}
    )
    assert made.status == "active"
    assert made.latest_invoice.status == "paid"
    assert made.latest_invoice.billing_reason == "subscription_create"
    assert made.latest_invoice.payments.data[0].payment.payment_intent.startswith("pi_")
    wanted = [
        "customer.created",
        "payment_method.attached",
        "customer.updated",
        "invoice.paid",
        "charge.succeeded",
    ]
    assert set(wanted) <= set(inbox.types())
    update = inbox.of("customer.updated")[0]
    assert update["data"]["previous_attributes"] == {"invoice_settings": {"default_payment_method": None}}


def test_monthly_periods_clamp_to_the_month_and_come_back_to_the_anchor_day(
    sandbox: RunningSandbox, client: Sdk
) -> None:
    reader = sandbox.subscriber()
    ends = []
    for _ in range(4):
        subscription = client.v1.subscriptions.retrieve(reader.subscription)
        ends.append(period_end(subscription))
        sandbox.advance(ends[-1])
    assert ends == [
        ts("2026-02-28T10:00"),
        ts("2026-03-31T10:00"),
        ts("2026-04-30T10:00"),
        ts("2026-05-31T10:00"),
    ]


def test_a_renewal_is_a_draft_for_an_hour_and_then_paid(sandbox: RunningSandbox, inbox: Inbox) -> None:
    reader = sandbox.subscriber()
    sandbox.advance("2026-02-28T10:30:00Z")
    draft = sandbox.invoices(reader.subscription)[-1]
    assert (draft["status"], draft["billing_reason"]) == ("draft", "subscription_cycle")
    inbox.forget()
    sandbox.advance("2026-02-28T11:00:00Z")
    assert sandbox.invoices(reader.subscription)[-1]["status"] == "paid"
    assert {"invoice.finalized", "invoice.paid", "invoice.payment_succeeded", "invoice_payment.paid"} <= set(
        inbox.types()
    )


def test_a_declined_renewal_is_retried_and_recovers_when_the_bank_allows_it(
    sandbox: RunningSandbox, client: Sdk, inbox: Inbox
) -> None:
    reader = sandbox.subscriber()
    sandbox.decline(
        reader.payment_method, "insufficient_funds", until="2026-03-02T00:00:00Z", network_advice_code="24"
    )
    sandbox.advance("2026-02-28T12:00:00Z")
    failed = inbox.last("invoice.payment_failed")
    assert (failed["attempt_count"], failed["status"]) == (1, "open")
    assert failed["next_payment_attempt"] == ts("2026-03-01T11:00")
    assert inbox.last("customer.subscription.updated")["status"] == "past_due"
    assert inbox.last("customer.updated")["delinquent"] is True
    invoice = client.v1.invoices.retrieve(failed["id"], {"expand": ["payments.data.payment.payment_intent"]})
    error = invoice.payments.data[0].payment.payment_intent.last_payment_error
    assert (error.code, error.decline_code, error.advice_code) == (
        "card_declined",
        "insufficient_funds",
        "try_again_later",
    )
    assert (error.network_decline_code, error.network_advice_code) == ("51", "24")
    assert error.payment_method.card.last4 == "4242"
    sandbox.advance("2026-03-02T12:00:00Z")
    assert inbox.last("invoice.paid")["attempt_count"] == 3
    assert client.v1.subscriptions.retrieve(reader.subscription).status == "active"
    assert inbox.last("customer.updated")["delinquent"] is False


def test_after_the_last_retry_the_subscription_is_canceled_for_payment_failure(
    sandbox: RunningSandbox, inbox: Inbox
) -> None:
    reader = sandbox.subscriber()
    sandbox.decline(reader.payment_method, "generic_decline")
    sandbox.advance("2026-03-20T00:00:00Z")
    failures = inbox.of("invoice.payment_failed")
    assert [event["data"]["object"]["attempt_count"] for event in failures] == list(range(1, 10))
    assert failures[-1]["data"]["object"]["next_payment_attempt"] is None
    assert failures[-1]["created"] - failures[0]["created"] == 14 * 86400
    gone = inbox.last("customer.subscription.deleted")
    assert (gone["status"], gone["cancellation_details"]["reason"]) == ("canceled", "payment_failed")
    assert sandbox.invoices(reader.subscription)[-1]["status"] == "open"


@pytest.mark.parametrize("action", ["unpaid", "past_due"])
def test_other_end_actions_leave_the_subscription_standing(sandbox: RunningSandbox, action: str) -> None:
    sandbox.control("POST", "policy", {"end_action": action, "retry_gaps_days": [1, 2]})
    reader = sandbox.subscriber()
    sandbox.decline(reader.payment_method)
    sandbox.advance("2026-03-10T00:00:00Z")
    assert sandbox.get("subscription", reader.subscription)["status"] == action
    sandbox.advance("2026-04-02T00:00:00Z")
    newest = sandbox.invoices(reader.subscription)[-1]
    assert newest["status"] == ("draft" if action == "unpaid" else "open")


def test_a_hard_decline_is_counted_but_not_charged_until_there_is_a_new_method(
    sandbox: RunningSandbox, client: Sdk, inbox: Inbox
) -> None:
    reader = sandbox.subscriber()
    sandbox.decline(reader.payment_method, "stolen_card")
    sandbox.advance("2026-03-06T00:00:00Z")
    assert len(inbox.of("charge.failed")) == 1
    assert sandbox.invoices(reader.subscription)[-1]["attempt_count"] > 2
    method = client.v1.payment_methods.attach("pm_card_mastercard", {"customer": reader.customer})
    client.v1.customers.update(reader.customer, {"invoice_settings": {"default_payment_method": method.id}})
    sandbox.advance("2026-03-08T12:00:00Z")
    assert sandbox.invoices(reader.subscription)[-1]["status"] == "paid"


def test_the_subscriptions_own_method_is_charged_before_the_customers(
    sandbox: RunningSandbox, client: Sdk
) -> None:
    reader = sandbox.subscriber(default_on="subscription")
    sandbox.decline(reader.payment_method)
    good = client.v1.payment_methods.attach("pm_card_visa", {"customer": reader.customer})
    client.v1.customers.update(reader.customer, {"invoice_settings": {"default_payment_method": good.id}})
    sandbox.advance("2026-02-28T12:00:00Z")
    invoice = sandbox.invoices(reader.subscription)[-1]
    assert invoice["status"] == "open"
    client.v1.subscriptions.update(reader.subscription, {"default_payment_method": good.id})
    assert client.v1.invoices.pay(invoice["id"]).status == "paid"


def test_paying_by_hand_with_a_declining_card_raises_a_full_card_error(
    sandbox: RunningSandbox, client: Sdk
) -> None:
    reader = sandbox.subscriber()
    sandbox.decline(reader.payment_method, "do_not_honor")
    sandbox.advance("2026-02-28T12:00:00Z")
    invoice = sandbox.invoices(reader.subscription)[-1]
    with pytest.raises(stripe.CardError) as caught:
        client.v1.invoices.pay(invoice["id"])
    error = details(caught)
    assert (caught.value.http_status, error.code, error.decline_code) == (
        402,
        "card_declined",
        "do_not_honor",
    )
    assert error.charge.startswith("ch_")
    assert error.payment_intent.id.startswith("pi_")
    assert error.payment_method.id == reader.payment_method
    assert invoice["attempt_count"] == 1, "a try by hand does not move the schedule"
    charge = client.v1.charges.retrieve(error.charge)
    assert (charge.outcome.type, charge.outcome.reason) == ("issuer_declined", "do_not_honor")


def test_paying_twice_is_a_400_that_says_so(sandbox: RunningSandbox, client: Sdk) -> None:
    reader = sandbox.subscriber()
    with pytest.raises(stripe.InvalidRequestError) as caught:
        client.v1.invoices.pay(reader.latest_invoice)
    assert caught.value.code == "invoice_already_paid"


def test_a_card_with_3d_secure_asks_the_customer_who_confirms_on_the_invoice_page(
    sandbox: RunningSandbox, client: Sdk, inbox: Inbox
) -> None:
    reader = sandbox.subscriber()
    sandbox.control("POST", f"payment_methods/{reader.payment_method}/behaviour", {"requires_action": True})
    sandbox.advance("2026-02-28T12:00:00Z")
    asked = inbox.last("invoice.payment_action_required")
    assert inbox.last("invoice.payment_failed")["id"] == asked["id"]
    assert inbox.last("payment_intent.requires_action")["next_action"]["type"] == "redirect_to_url"
    with pytest.raises(stripe.CardError) as caught:
        client.v1.invoices.pay(asked["id"])
    assert caught.value.code == "invoice_payment_intent_requires_action"
    sandbox.confirm_payment(asked["hosted_invoice_url"])
    assert client.v1.invoices.retrieve(asked["id"]).status == "paid"
    assert client.v1.subscriptions.retrieve(reader.subscription).status == "active"


def test_a_card_that_ran_out_declines_as_expired_and_heals_by_the_networks_update(
    sandbox: RunningSandbox, client: Sdk, inbox: Inbox
) -> None:
    reader = sandbox.subscriber(exp=(2, 2026))
    sandbox.advance("2026-03-01T00:00:00Z")
    assert sandbox.invoices(reader.subscription)[-1]["status"] == "paid", "valid to the end of its month"
    sandbox.advance("2026-03-31T12:00:00Z")
    assert inbox.last("payment_intent.payment_failed")["last_payment_error"]["code"] == "expired_card"
    sandbox.control("POST", f"cards/{reader.payment_method}/auto_update", {"exp_month": 5, "exp_year": 2030})
    updated = inbox.of("payment_method.automatically_updated")[0]
    assert updated["data"]["previous_attributes"]["card"] == {"exp_month": 2, "exp_year": 2026}
    assert updated["request"]["id"] is None
    sandbox.advance("2026-04-02T00:00:00Z")
    assert sandbox.invoices(reader.subscription)[-1]["status"] == "paid"


def test_a_trial_is_announced_three_days_before_it_ends_and_then_billed(
    sandbox: RunningSandbox, inbox: Inbox
) -> None:
    reader = sandbox.subscriber(trial_days=14)
    assert sandbox.get("subscription", reader.subscription)["status"] == "trialing"
    sandbox.advance("2026-02-11T10:00:00Z")
    assert len(inbox.of("customer.subscription.trial_will_end")) == 1
    sandbox.advance("2026-02-14T12:00:00Z")
    invoice = sandbox.invoices(reader.subscription)[-1]
    assert (invoice["billing_reason"], invoice["amount_paid"]) == ("subscription_cycle", 2900)
    assert sandbox.get("subscription", reader.subscription)["status"] == "active"


def test_a_failing_first_charge_leaves_an_incomplete_subscription_that_expires(
    sandbox: RunningSandbox, client: Sdk
) -> None:
    reader = sandbox.subscriber(card="4000000000000341", first_charge_must_work=False)
    assert sandbox.get("subscription", reader.subscription)["status"] == "incomplete"
    sandbox.advance("2026-02-02T00:00:00Z")
    assert client.v1.subscriptions.retrieve(reader.subscription).status == "incomplete_expired"
    assert client.v1.invoices.retrieve(reader.latest_invoice).status == "void"


def test_a_cancel_at_period_end_can_be_undone_or_happens(
    sandbox: RunningSandbox, client: Sdk, inbox: Inbox
) -> None:
    reader = sandbox.subscriber()
    set_ = client.v1.subscriptions.update(
        reader.subscription,
        {"cancel_at_period_end": True, "cancellation_details": {"feedback": "too_expensive"}},
    )
    assert set_.cancel_at == period_end(set_)
    undone = client.v1.subscriptions.update(reader.subscription, {"cancel_at_period_end": False})
    assert (undone.cancel_at, undone.canceled_at) == (None, None)
    client.v1.subscriptions.update(reader.subscription, {"cancel_at": "max_period_end"})
    sandbox.advance("2026-03-01T00:00:00Z")
    gone = inbox.last("customer.subscription.deleted")
    assert gone["cancellation_details"]["reason"] == "cancellation_requested"
    assert len(sandbox.invoices(reader.subscription)) == 1


def test_a_paused_collection_voids_the_renewal_and_resumes_by_itself(
    sandbox: RunningSandbox, client: Sdk, inbox: Inbox
) -> None:
    reader = sandbox.subscriber()
    pause = {"behavior": "void", "resumes_at": ts("2026-03-15T00:00")}
    client.v1.subscriptions.update(reader.subscription, {"pause_collection": pause})
    sandbox.advance("2026-03-01T00:00:00Z")
    assert sandbox.invoices(reader.subscription)[-1]["status"] == "void"
    assert sandbox.get("subscription", reader.subscription)["status"] == "active"
    sandbox.advance("2026-03-15T00:00:00Z")
    assert sandbox.get("subscription", reader.subscription)["pause_collection"] is None
    assert (
        inbox.of("customer.subscription.updated")[-1]["data"]["previous_attributes"]["pause_collection"]
        == pause
    )


def test_a_coupon_takes_its_share_off_the_next_invoices(sandbox: RunningSandbox, client: Sdk) -> None:
    reader = sandbox.subscriber(amount=1000)
    sandbox.advance("2026-02-01T00:00:00Z")
    coupon = client.v1.coupons.create({"percent_off": 50, "duration": "repeating", "duration_in_months": 2})
    client.v1.subscriptions.update(reader.subscription, {"discounts": [{"coupon": coupon.id}]})
    sandbox.advance("2026-05-02T00:00:00Z")
    assert [row["amount_paid"] for row in sandbox.invoices(reader.subscription)] == [1000, 500, 500, 1000]


def test_money_paid_outside_settles_the_invoice_and_the_subscription(
    sandbox: RunningSandbox, inbox: Inbox
) -> None:
    reader = sandbox.subscriber()
    sandbox.decline(reader.payment_method)
    sandbox.advance("2026-02-28T12:00:00Z")
    sandbox.pay_out_of_band(sandbox.invoices(reader.subscription)[-1]["id"])
    assert inbox.types()[-3:] == ["invoice.paid", "customer.subscription.updated", "customer.updated"]
    assert sandbox.get("subscription", reader.subscription)["status"] == "active"


def test_a_bank_debit_fails_days_after_it_was_sent(sandbox: RunningSandbox, inbox: Inbox) -> None:
    reader = sandbox.subscriber(payment_method="pm_sepaDebit", currency="eur")
    assert sandbox.get("subscription", reader.subscription)["status"] == "active"
    sandbox.advance("2026-02-10T00:00:00Z")
    assert sandbox.invoices(reader.subscription)[-1]["status"] == "paid"
    sandbox.decline(reader.payment_method, "account_closed")
    sandbox.advance("2026-03-01T00:00:00Z")
    assert sandbox.invoices(reader.subscription)[-1]["status"] == "open"
    assert "invoice.payment_failed" not in inbox.types()
    sandbox.advance("2026-03-04T00:00:00Z")
    assert inbox.last("charge.failed")["failure_code"] == "account_closed"
    assert inbox.last("invoice.payment_failed")["attempt_count"] == 1


def test_a_subscriber_with_a_past_has_paid_invoices_and_no_events(
    sandbox: RunningSandbox, inbox: Inbox
) -> None:
    reader = sandbox.subscriber(start="2025-10-31T08:00:00Z")
    assert [row["status"] for row in sandbox.invoices(reader.subscription)] == ["paid"] * 4
    assert inbox.events == []
    assert sandbox.next_due == datetime(2026, 2, 21, 8, tzinfo=UTC), (
        "the notice seven days before the renewal"
    )
    sandbox.advance("2026-02-28T10:30:00Z")
    assert sandbox.invoices(reader.subscription)[-1]["status"] == "paid"


def test_the_clock_stops_at_every_due_instant_after_its_deliveries(
    sandbox: RunningSandbox, inbox: Inbox
) -> None:
    sandbox.subscriber()
    steps: list[tuple[str, int]] = []
    sandbox.advance("2026-03-01T00:00:00Z", lambda now: steps.append((now.isoformat(), len(inbox.events))))
    assert [step[0][:16] for step in steps] == ["2026-02-21T10:00", "2026-02-28T10:00", "2026-02-28T11:00"]
    assert steps[0][1] < steps[1][1] < steps[2][1]
    assert inbox.last("invoice.upcoming").get("id") is None
