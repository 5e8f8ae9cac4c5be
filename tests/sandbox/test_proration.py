"""What changing a subscription in the middle of a period costs, to the second and to the cent."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest
import stripe
from hypothesis import given
from hypothesis import strategies as st

from sandbox.building import Subscriber
from sandbox.invoices.amounts import part, spread
from sandbox.testing import RunningSandbox
from tests.sandbox.conftest import Inbox, Sdk

# Anchored on 1 March at midnight: 31 days, so 10 days on 21/31 of the period are left.
ANCHOR = "2026-03-01T00:00:00Z"
TEN_DAYS_ON = "2026-03-11T00:00:00Z"


def ts(text: str) -> int:
    return int(datetime.fromisoformat(text).replace(tzinfo=UTC).timestamp())


@pytest.fixture
def reader(sandbox: RunningSandbox) -> Subscriber:
    """Pays 3000 a month, paid up from 1 March; today is 11 March."""
    sandbox.advance(ANCHOR)
    built = sandbox.subscriber(amount=3000)
    sandbox.advance(TEN_DAYS_ON)
    return built


def item_id(client: Sdk, reader: Subscriber) -> str:
    return str(client.v1.subscription_items.list({"subscription": reader.subscription}).data[0].id)


def price(client: Sdk, reader: Subscriber, amount: int, **recurring: Any) -> str:
    wanted = {"product": reader.product, "unit_amount": amount, "currency": "usd"}
    return str(client.v1.prices.create({**wanted, "recurring": {"interval": "month", **recurring}}).id)


def change(client: Sdk, reader: Subscriber, entry: dict[str, Any], **more: Any) -> Any:
    items = [{"id": item_id(client, reader), **entry}]
    return client.v1.subscriptions.update(reader.subscription, {"items": items, **more})


def waiting(client: Sdk, reader: Subscriber) -> list[Any]:
    rows = client.v1.invoice_items.list({"customer": reader.customer, "pending": True}).data
    return list(reversed(rows))


def test_a_dearer_price_credits_the_unused_time_and_charges_the_remaining_time(
    client: Sdk, reader: Subscriber, inbox: Inbox
) -> None:
    change(client, reader, {"price": price(client, reader, 6000)})
    credit, charge = waiting(client, reader)
    assert (credit.amount, charge.amount) == (-2032, 4065)
    assert (credit.description, charge.description) == (
        "Unused time on Pro plan after 11 Mar 2026",
        "Remaining time on Pro plan after 11 Mar 2026",
    )
    assert (charge.period.start, charge.period.end) == (ts("2026-03-11T00:00"), ts("2026-04-01T00:00"))
    assert (credit.proration, charge.proration) == (True, True)
    assert credit.parent.subscription_details.subscription == reader.subscription
    credited = credit.proration_details.credited_items
    assert credited.invoice_line_item_details.invoice == reader.latest_invoice
    assert inbox.types().count("invoiceitem.created") == 2
    assert "invoice.created" not in inbox.types()


def test_prorations_wait_for_the_renewal_and_are_billed_with_it(
    sandbox: RunningSandbox, client: Sdk, reader: Subscriber
) -> None:
    change(client, reader, {"price": price(client, reader, 6000)})
    sandbox.advance("2026-04-01T12:00:00Z")
    renewal = sandbox.invoices(reader.subscription)[-1]
    assert [line["amount"] for line in renewal["lines"]["data"]] == [-2032, 4065, 6000]
    assert (renewal["status"], renewal["amount_paid"]) == ("paid", 8033)
    kinds = [line["parent"]["type"] for line in renewal["lines"]["data"]]
    assert kinds == ["invoice_item_details", "invoice_item_details", "subscription_item_details"]
    assert waiting(client, reader) == []


def test_always_invoice_bills_the_difference_at_once_and_keeps_the_period(
    sandbox: RunningSandbox, client: Sdk, reader: Subscriber, inbox: Inbox
) -> None:
    updated = change(client, reader, {"quantity": 3}, proration_behavior="always_invoice")
    invoice = client.v1.invoices.retrieve(updated.latest_invoice)
    assert (invoice.billing_reason, invoice.status, invoice.total) == (
        "subscription_update",
        "paid",
        6097 - 2032,
    )
    assert updated["items"]["data"][0].current_period_end == ts("2026-04-01T00:00")
    assert inbox.types().count("customer.subscription.updated") == 1
    previous = inbox.of("customer.subscription.updated")[0]["data"]["previous_attributes"]
    assert previous["latest_invoice"] == reader.latest_invoice


def test_no_proration_changes_the_next_invoice_only(
    sandbox: RunningSandbox, client: Sdk, reader: Subscriber
) -> None:
    change(client, reader, {"quantity": 2}, proration_behavior="none")
    assert waiting(client, reader) == []
    sandbox.advance("2026-04-01T12:00:00Z")
    assert sandbox.invoices(reader.subscription)[-1]["amount_paid"] == 6000


def test_a_cheaper_price_leaves_credit_on_the_customers_balance(
    sandbox: RunningSandbox, client: Sdk, reader: Subscriber, inbox: Inbox
) -> None:
    change(client, reader, {"price": price(client, reader, 1000)}, proration_behavior="always_invoice")
    invoice = sandbox.invoices(reader.subscription)[-1]
    assert (invoice["total"], invoice["amount_due"], invoice["status"]) == (677 - 2032, 0, "paid")
    assert inbox.last("customer.updated")["balance"] == -1355
    sandbox.advance("2026-04-01T12:00:00Z")
    renewal = sandbox.invoices(reader.subscription)[-1]
    assert (renewal["starting_balance"], renewal["amount_paid"], renewal["ending_balance"]) == (
        -1355,
        0,
        -355,
    )
    kept = client.v1.customers.balance_transactions.list(reader.customer).data
    assert [(row.type, row.amount) for row in kept] == [
        ("applied_to_invoice", 1000),
        ("applied_to_invoice", -1355),
    ]


def test_a_second_change_credits_what_the_first_one_charged(
    sandbox: RunningSandbox, client: Sdk, reader: Subscriber
) -> None:
    change(client, reader, {"quantity": 2})
    sandbox.advance("2026-03-21T00:00:00Z")
    change(client, reader, {"quantity": 3})
    amounts = [row.amount for row in waiting(client, reader)]
    # 11 days are left: of the charge of 4065 for 21 days, 2129 are unused.
    assert amounts == [-2032, 4065, -2129, 3194]
    third = waiting(client, reader)[2]
    assert third.proration_details.credited_items.invoice_item == waiting(client, reader)[1].id


def test_flexible_billing_credits_only_what_was_charged_and_classic_the_present_price(
    sandbox: RunningSandbox, client: Sdk, reader: Subscriber
) -> None:
    change(client, reader, {"quantity": 5}, proration_behavior="none")
    change(client, reader, {"quantity": 1})
    assert [row.amount for row in waiting(client, reader)] == [-2032, 2032]

    sandbox.advance("2026-04-15T00:00:00Z")
    made = {
        "customer": reader.customer,
        "items": [{"price": reader.price}],
        "billing_mode": {"type": "classic"},
    }
    classic = client.v1.subscriptions.create(made)
    only = classic["items"]["data"][0].id
    for quantity, behaviour in ((5, "none"), (1, "create_prorations")):
        entry = {"id": only, "quantity": quantity}
        client.v1.subscriptions.update(classic.id, {"items": [entry], "proration_behavior": behaviour})
    assert [row.amount for row in waiting(client, reader)] == [-15000, 3000]


def test_a_discounted_subscriber_is_credited_and_charged_the_discounted_amounts(
    sandbox: RunningSandbox, client: Sdk
) -> None:
    sandbox.advance(ANCHOR)
    built = sandbox.subscriber(amount=3000)
    coupon = client.v1.coupons.create({"percent_off": 50, "duration": "forever"})
    client.v1.subscriptions.update(built.subscription, {"discounts": [{"coupon": coupon.id}]})
    sandbox.advance("2026-04-11T00:00:00Z")
    change(client, built, {"quantity": 2})
    assert [(row.amount, row.discountable) for row in waiting(client, built)] == [
        (-1000, False),
        (2000, False),
    ]


def test_another_interval_starts_a_new_period_and_bills_it_less_the_unused_time(
    sandbox: RunningSandbox, client: Sdk, reader: Subscriber
) -> None:
    updated = change(client, reader, {"price": price(client, reader, 30000, interval="year")})
    invoice = sandbox.invoices(reader.subscription)[-1]
    assert (invoice["billing_reason"], invoice["amount_paid"]) == ("subscription_update", 30000 - 2032)
    assert updated.billing_cycle_anchor == ts("2026-03-11T00:00")
    assert updated["items"]["data"][0].current_period_end == ts("2027-03-11T00:00")


def test_an_anchor_reset_to_now_bills_a_full_period_less_the_unused_time(
    sandbox: RunningSandbox, client: Sdk, reader: Subscriber
) -> None:
    updated = client.v1.subscriptions.update(reader.subscription, {"billing_cycle_anchor": {"type": "now"}})
    assert sandbox.invoices(reader.subscription)[-1]["amount_paid"] == 3000 - 2032
    assert updated["items"]["data"][0].current_period_end == ts("2026-04-11T00:00")


@pytest.mark.parametrize("behaviour", ["create_prorations", "always_invoice"])
def test_a_preview_shows_exactly_what_the_change_then_bills(
    sandbox: RunningSandbox, client: Sdk, reader: Subscriber, behaviour: str
) -> None:
    dearer = price(client, reader, 4321)
    entry = {"id": item_id(client, reader), "price": dearer, "quantity": 2}
    how = {"items": [entry], "proration_behavior": behaviour, "proration_date": ts("2026-03-10T12:34:56")}
    known = len(sandbox.events())
    preview = client.v1.invoices.create_preview(
        {"subscription": reader.subscription, "subscription_details": how}
    )
    assert len(sandbox.events()) == known, "a preview announces nothing"
    assert waiting(client, reader) == []
    client.v1.subscriptions.update(reader.subscription, how)
    sandbox.advance("2026-04-01T12:00:00Z" if behaviour == "create_prorations" else "2026-03-12T00:00:00Z")
    billed = sandbox.invoices(reader.subscription)[-1]
    assert [line["amount"] for line in billed["lines"]["data"]] == [
        line.amount for line in preview.lines.data
    ]
    assert billed["amount_due"] == preview.amount_due
    assert preview.id.startswith("upcoming_in_")


def test_a_preview_with_a_price_made_on_the_spot_leaves_no_price_behind(
    client: Sdk, reader: Subscriber, sandbox: RunningSandbox
) -> None:
    data = {
        "currency": "usd",
        "product": reader.product,
        "unit_amount": 500,
        "recurring": {"interval": "month"},
    }
    known = [row["id"] for row in sandbox.state.rows("price")]
    details = {"items": [{"price_data": data, "quantity": 4}]}
    preview = client.v1.invoices.create_preview(
        {"customer": reader.customer, "subscription_details": details}
    )
    assert preview.amount_due == 2000
    assert [row["id"] for row in sandbox.state.rows("price")] == known


def test_a_change_during_a_trial_costs_nothing(sandbox: RunningSandbox, client: Sdk) -> None:
    built = sandbox.subscriber(trial_days=14)
    change(client, built, {"quantity": 4})
    assert waiting(client, built) == []


def test_ending_a_trial_bills_the_first_period_at_once(sandbox: RunningSandbox, client: Sdk) -> None:
    built = sandbox.subscriber(trial_days=14, amount=2900)
    ended = client.v1.subscriptions.update(built.subscription, {"trial_end": "now"})
    invoice = client.v1.invoices.retrieve(ended.latest_invoice)
    assert (ended.status, invoice.amount_paid, invoice.billing_reason) == (
        "active",
        2900,
        "subscription_cycle",
    )


def test_a_trial_given_to_a_paying_subscriber_credits_the_unused_time(
    sandbox: RunningSandbox, client: Sdk, reader: Subscriber
) -> None:
    updated = client.v1.subscriptions.update(reader.subscription, {"trial_end": ts("2026-03-20T00:00")})
    invoice = client.v1.invoices.retrieve(updated.latest_invoice)
    assert (updated.status, invoice.total, invoice.status) == ("trialing", -2032, "paid")
    sandbox.advance("2026-03-20T12:00:00Z")
    assert sandbox.invoices(reader.subscription)[-1]["amount_paid"] == 3000 - 2032


def test_a_charge_refused_with_error_if_incomplete_leaves_everything_as_it_was(
    sandbox: RunningSandbox, client: Sdk, reader: Subscriber, inbox: Inbox
) -> None:
    sandbox.decline(reader.payment_method, "insufficient_funds")
    before = client.v1.subscriptions.retrieve(reader.subscription).to_dict()
    with pytest.raises(stripe.CardError):
        change(
            client,
            reader,
            {"quantity": 9},
            proration_behavior="always_invoice",
            payment_behavior="error_if_incomplete",
        )
    assert client.v1.subscriptions.retrieve(reader.subscription).to_dict() == before
    assert len(sandbox.invoices(reader.subscription)) == 1
    assert waiting(client, reader) == []
    assert {"customer.subscription.updated", "invoiceitem.created", "invoice.created"} & set(
        inbox.types()
    ) == set()
    assert "charge.failed" in inbox.types()


def test_a_charge_refused_otherwise_keeps_the_change_and_makes_the_subscription_late(
    sandbox: RunningSandbox, client: Sdk, reader: Subscriber, inbox: Inbox
) -> None:
    sandbox.decline(reader.payment_method, "insufficient_funds")
    changed = change(client, reader, {"quantity": 9}, proration_behavior="always_invoice")
    assert (changed.status, changed["items"]["data"][0].quantity) == ("past_due", 9)
    first, second = inbox.of("customer.subscription.updated")
    assert first["data"]["object"]["status"] == "active"
    assert second["data"]["previous_attributes"] == {"status": "active"}


def test_items_can_be_added_changed_and_removed_by_themselves(
    sandbox: RunningSandbox, client: Sdk, reader: Subscriber
) -> None:
    extra = price(client, reader, 620)
    added = client.v1.subscription_items.create({"subscription": reader.subscription, "price": extra})
    assert [row.amount for row in waiting(client, reader)] == [420]
    assert client.v1.subscription_items.retrieve(added.id).quantity == 1
    client.v1.subscription_items.update(added.id, {"quantity": 2, "proration_behavior": "none"})
    assert client.v1.subscription_items.delete(added.id).deleted
    assert [row.amount for row in waiting(client, reader)] == [420, -420]
    with pytest.raises(stripe.InvalidRequestError, match="at least one"):
        client.v1.subscription_items.delete(item_id(client, reader))


def test_a_proration_date_outside_the_period_is_refused(client: Sdk, reader: Subscriber) -> None:
    with pytest.raises(stripe.InvalidRequestError, match="proration_date"):
        change(client, reader, {"quantity": 2}, proration_date=ts("2026-02-01T00:00"))


def test_canceling_with_proration_and_a_last_invoice_gives_the_unused_time_back(
    sandbox: RunningSandbox, client: Sdk, reader: Subscriber
) -> None:
    client.v1.subscriptions.cancel(reader.subscription, {"prorate": True, "invoice_now": True})
    assert sandbox.invoices(reader.subscription)[-1]["total"] == -2032
    assert client.v1.customers.retrieve(reader.customer).balance == -2032


def test_what_waits_when_a_subscription_ends_with_its_period_is_still_billed(
    sandbox: RunningSandbox, client: Sdk, reader: Subscriber
) -> None:
    change(client, reader, {"quantity": 2})
    client.v1.subscriptions.update(reader.subscription, {"cancel_at_period_end": True})
    sandbox.advance("2026-04-01T12:00:00Z")
    last = sandbox.invoices(reader.subscription)[-1]
    assert (last["amount_paid"], last["status"]) == (2033, "paid")


def test_a_pause_on_request_credits_the_unused_time_and_a_resumption_starts_anew(
    sandbox: RunningSandbox, client: Sdk, reader: Subscriber, inbox: Inbox
) -> None:
    paused = client.v1.subscriptions.pause(reader.subscription)
    assert (paused.status, paused.status_details.paused.subscription.type) == ("paused", "pause_requested")
    assert [row.amount for row in waiting(client, reader)] == [-2032]
    sandbox.advance("2026-05-05T00:00:00Z")
    assert len(sandbox.invoices(reader.subscription)) == 1, "nothing is billed meanwhile"
    resumed = client.v1.subscriptions.resume(reader.subscription)
    assert (resumed.status, resumed.billing_cycle_anchor) == ("active", ts("2026-05-05T00:00"))
    assert sandbox.invoices(reader.subscription)[-1]["amount_paid"] == 3000 - 2032
    assert {"customer.subscription.paused", "customer.subscription.resumed"} <= set(inbox.types())


def test_a_resumption_that_waits_for_its_payment_stays_paused_until_then(
    sandbox: RunningSandbox, client: Sdk, reader: Subscriber, inbox: Inbox
) -> None:
    client.v1.subscriptions.pause(reader.subscription, {"bill_for": {"unused_time_from": {"type": "none"}}})
    sandbox.decline(reader.payment_method, "insufficient_funds")
    how = {"payment_behavior": "resume_on_payment_success"}
    assert client.v1.subscriptions.resume(reader.subscription, how).status == "paused"
    sandbox.control("DELETE", f"payment_methods/{reader.payment_method}/behaviour")
    client.v1.invoices.pay(sandbox.invoices(reader.subscription)[-1]["id"])
    assert client.v1.subscriptions.retrieve(reader.subscription).status == "active"
    assert inbox.types().count("customer.subscription.resumed") == 1


def test_a_change_that_waits_for_its_payment_takes_effect_with_it(
    sandbox: RunningSandbox, client: Sdk, reader: Subscriber, inbox: Inbox
) -> None:
    sandbox.decline(reader.payment_method, "insufficient_funds")
    how = {"proration_behavior": "always_invoice", "payment_behavior": "pending_if_incomplete"}
    held = change(client, reader, {"quantity": 3}, **how)
    assert (held.status, held["items"]["data"][0].quantity) == ("active", 1)
    assert held.pending_update.subscription_items[0].quantity == 3
    sandbox.control("DELETE", f"payment_methods/{reader.payment_method}/behaviour")
    client.v1.invoices.pay(held.latest_invoice)
    changed = client.v1.subscriptions.retrieve(reader.subscription)
    assert (changed["items"]["data"][0].quantity, changed.pending_update) == (3, None)
    assert inbox.types().count("customer.subscription.pending_update_applied") == 1


def test_a_change_that_waits_for_its_payment_too_long_is_dropped(
    sandbox: RunningSandbox, client: Sdk, reader: Subscriber, inbox: Inbox
) -> None:
    sandbox.decline(reader.payment_method, "insufficient_funds")
    how = {"proration_behavior": "always_invoice", "payment_behavior": "pending_if_incomplete"}
    held = change(client, reader, {"quantity": 3}, **how)
    sandbox.advance("2026-03-12T00:00:00Z")
    kept = client.v1.subscriptions.retrieve(reader.subscription)
    assert (kept["items"]["data"][0].quantity, kept.pending_update) == (1, None)
    assert client.v1.invoices.retrieve(held.latest_invoice).status == "void"
    assert inbox.types().count("customer.subscription.pending_update_expired") == 1


@given(st.integers(-(10**8), 10**8), st.integers(0, 10**8), st.integers(1, 10**8))
def test_a_credit_mirrors_its_charge_and_is_never_more_than_half_a_cent_off(
    amount: int, seconds: int, whole: int
) -> None:
    seconds = min(seconds, whole)
    assert part(-amount, seconds, whole) == -part(amount, seconds, whole)
    assert abs(2 * (part(amount, seconds, whole) * whole - amount * seconds)) <= whole


@given(st.integers(0, 10**6), st.lists(st.integers(0, 10**6), min_size=1, max_size=9))
def test_an_amount_shared_out_adds_up_to_itself(amount: int, weights: list[int]) -> None:
    assert sum(spread(amount, weights)) == (amount if sum(weights) else 0)


def test_half_a_cent_is_rounded_away_from_zero() -> None:
    assert [part(amount, 1, 2) for amount in (1, 5, -1, -5)] == [1, 3, -1, -3]
