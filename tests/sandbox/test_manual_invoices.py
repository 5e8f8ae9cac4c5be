"""Invoices written by hand: drafts, their ends, and the customer's balance on them."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest
import stripe

from sandbox.building import Subscriber
from sandbox.testing import RunningSandbox
from tests.sandbox.conftest import Inbox, Sdk


def ts(text: str) -> int:
    return int(datetime.fromisoformat(text).replace(tzinfo=UTC).timestamp())


@pytest.fixture
def reader(sandbox: RunningSandbox) -> Subscriber:
    return sandbox.subscriber(amount=2900)


def charge(client: Sdk, customer: str, amount: int = 2000) -> Any:
    return client.v1.invoice_items.create({"customer": customer, "amount": amount, "currency": "usd"})


def draft(client: Sdk, customer: str, **more: Any) -> Any:
    wanted = {"customer": customer, "pending_invoice_items_behavior": "include"}
    return client.v1.invoices.create({**wanted, **more})


def refused(action: Any, *args: Any) -> str:
    with pytest.raises(stripe.InvalidRequestError) as caught:
        action(*args)
    return str(caught.value.code)


def test_a_new_invoice_takes_the_waiting_items_only_when_asked(client: Sdk, reader: Subscriber) -> None:
    charge(client, reader.customer)
    assert client.v1.invoices.create({"customer": reader.customer}).total == 0
    made = draft(client, reader.customer, description="Extras", footer="Thanks")
    assert (made.total, made.status, made.billing_reason) == (2000, "draft", "manual")
    assert (made.description, made.footer, made.auto_advance, made.parent) == (
        "Extras",
        "Thanks",
        False,
        None,
    )


def test_a_draft_rests_until_somebody_finalises_it(
    sandbox: RunningSandbox, client: Sdk, reader: Subscriber, inbox: Inbox
) -> None:
    charge(client, reader.customer)
    made = draft(client, reader.customer)
    sandbox.advance("2026-02-05T00:00:00Z")
    assert client.v1.invoices.retrieve(made.id).status == "draft"
    final = client.v1.invoices.finalize_invoice(made.id)
    assert (final.status, final.amount_due) == ("open", 2000)
    assert final.number.endswith("-0002")
    assert client.v1.invoices.pay(made.id).status == "paid"
    wanted = [
        "invoiceitem.created",
        "invoice.created",
        "payment_intent.created",
        "invoice.finalized",
        "invoice.paid",
    ]
    seen = [kind for kind in inbox.types() if kind in wanted]
    assert seen == wanted


def test_an_advancing_draft_is_final_and_collected_after_an_hour(
    sandbox: RunningSandbox, client: Sdk, reader: Subscriber
) -> None:
    charge(client, reader.customer)
    made = draft(client, reader.customer, auto_advance=True)
    assert made.automatically_finalizes_at == ts("2026-01-31T11:00")
    sandbox.advance("2026-01-31T11:00:00Z")
    assert client.v1.invoices.retrieve(made.id).status == "paid"


def test_a_deleted_draft_lets_its_items_wait_again(client: Sdk, reader: Subscriber, inbox: Inbox) -> None:
    item = charge(client, reader.customer)
    made = draft(client, reader.customer)
    assert client.v1.invoices.delete(made.id).deleted
    assert inbox.last("invoice.deleted")["id"] == made.id
    assert client.v1.invoice_items.retrieve(item.id).invoice is None
    assert refused(client.v1.invoices.delete, reader.latest_invoice) == "invoice_not_editable"


def test_a_final_invoice_keeps_what_the_customer_was_shown(client: Sdk, reader: Subscriber) -> None:
    charge(client, reader.customer)
    made = draft(client, reader.customer)
    client.v1.invoices.finalize_invoice(made.id)
    assert refused(client.v1.invoices.update, made.id, {"description": "Other"}) == "invoice_not_editable"
    assert client.v1.invoices.update(made.id, {"metadata": {"a": "b"}}).metadata.a == "b"


def test_an_invoice_without_anything_due_is_paid_as_soon_as_it_is_final(
    client: Sdk, reader: Subscriber
) -> None:
    made = client.v1.invoices.create({"customer": reader.customer})
    assert client.v1.invoices.finalize_invoice(made.id).status == "paid"


def test_a_sent_invoice_is_announced_before_and_after_its_due_date(
    sandbox: RunningSandbox, client: Sdk, reader: Subscriber, inbox: Inbox
) -> None:
    charge(client, reader.customer)
    made = draft(client, reader.customer, collection_method="send_invoice", days_until_due=7)
    assert made.due_date == ts("2026-02-07T10:00")
    inbox.forget()
    client.v1.invoices.send_invoice(made.id)
    assert inbox.types().count("invoice.sent") == 1
    sandbox.advance("2026-02-08T00:00:00Z")
    notices = [
        (e["type"], e["created"]) for e in inbox.events if e["type"].startswith(("invoice.w", "invoice.o"))
    ]
    assert notices == [
        ("invoice.will_be_due", ts("2026-02-04T10:00")),
        ("invoice.overdue", ts("2026-02-07T10:00")),
    ]
    assert client.v1.invoices.list({"due_date": {"lte": made.due_date}}).data[0].id == made.id


def test_a_sent_invoice_needs_a_due_date(client: Sdk, reader: Subscriber) -> None:
    with pytest.raises(stripe.InvalidRequestError, match="days_until_due"):
        client.v1.invoices.create({"customer": reader.customer, "collection_method": "send_invoice"})


def test_a_subscription_billed_by_mail_is_late_once_an_invoice_is_overdue(
    sandbox: RunningSandbox, client: Sdk, reader: Subscriber
) -> None:
    how = {"collection_method": "send_invoice", "days_until_due": 5}
    made = client.v1.subscriptions.create(
        {"customer": reader.customer, "items": [{"price": reader.price}], **how}
    )
    sandbox.advance("2026-02-04T00:00:00Z")
    assert client.v1.subscriptions.retrieve(made.id).status == "active"
    sandbox.advance("2026-02-06T00:00:00Z")
    assert client.v1.subscriptions.retrieve(made.id).status == "past_due"
    client.v1.invoices.pay(made.latest_invoice, {"paid_out_of_band": True})
    assert client.v1.subscriptions.retrieve(made.id).status == "active"


def test_an_open_invoice_can_be_voided_or_given_up(client: Sdk, reader: Subscriber, inbox: Inbox) -> None:
    charge(client, reader.customer)
    first = draft(client, reader.customer)
    assert refused(client.v1.invoices.void_invoice, first.id) == "invoice_not_open"
    client.v1.invoices.finalize_invoice(first.id)
    assert client.v1.invoices.void_invoice(first.id).status == "void"
    charge(client, reader.customer)
    second = draft(client, reader.customer)
    client.v1.invoices.finalize_invoice(second.id)
    given_up = client.v1.invoices.mark_uncollectible(second.id)
    assert given_up.status_details.uncollectible.reason == "user_forgiven"
    assert {"invoice.voided", "invoice.marked_uncollectible"} <= set(inbox.types())


def test_a_coupon_on_one_invoice_takes_its_share_off_every_line(
    client: Sdk, reader: Subscriber, inbox: Inbox
) -> None:
    charge(client, reader.customer, 1000)
    charge(client, reader.customer, 505)
    coupon = client.v1.coupons.create({"percent_off": 10, "duration": "once"})
    inbox.forget()
    made = draft(client, reader.customer, discounts=[{"coupon": coupon.id}])
    assert (made.subtotal, made.total) == (1505, 1354)
    assert [line.discount_amounts[0].amount for line in made.lines.data] == [100, 51]
    assert inbox.types() == ["invoice.created"]


def test_discounts_of_a_line_come_before_those_of_the_invoice(client: Sdk, reader: Subscriber) -> None:
    half = client.v1.coupons.create({"percent_off": 50, "duration": "once"})
    made = {
        "customer": reader.customer,
        "amount": 1000,
        "currency": "usd",
        "discounts": [{"coupon": half.id}],
    }
    client.v1.invoice_items.create(made)
    charge(client, reader.customer, 1000)
    billed = draft(client, reader.customer, discounts=[{"coupon": half.id}])
    assert (billed.subtotal, billed.total) == (2000, 750)
    taken = [[row.amount for row in line.discount_amounts] for line in billed.lines.data]
    assert taken == [[500, 250], [500]]


def test_a_subscriptions_waiting_items_can_be_invoiced_by_hand(
    sandbox: RunningSandbox, client: Sdk, reader: Subscriber
) -> None:
    assert refused(
        client.v1.invoices.create, {"customer": reader.customer, "subscription": reader.subscription}
    ) == ("invoice_no_subscription_line_items")
    charge(client, reader.customer)
    item = client.v1.subscription_items.list({"subscription": reader.subscription}).data[0]
    sandbox.advance("2026-02-14T10:00:00Z")
    client.v1.subscription_items.update(item.id, {"quantity": 2})
    made = client.v1.invoices.create({"customer": reader.customer, "subscription": reader.subscription})
    assert made.total == 1450
    assert made.parent.subscription_details.subscription == reader.subscription


def test_credit_on_the_balance_pays_first_and_comes_back_when_the_invoice_is_voided(
    client: Sdk, reader: Subscriber, inbox: Inbox
) -> None:
    client.v1.customers.balance_transactions.create(reader.customer, {"amount": -500, "currency": "usd"})
    assert inbox.last("customer.updated")["balance"] == -500
    charge(client, reader.customer)
    made = draft(client, reader.customer)
    assert (made.starting_balance, made.amount_due, made.ending_balance) == (-500, 1500, None)
    final = client.v1.invoices.finalize_invoice(made.id)
    assert (final.amount_due, final.ending_balance, final.total) == (1500, 0, 2000)
    client.v1.invoices.void_invoice(made.id)
    rows = client.v1.customers.balance_transactions.list(reader.customer).data
    assert [(row.type, row.amount, row.ending_balance) for row in rows] == [
        ("unapplied_from_invoice", -500, -500),
        ("applied_to_invoice", 500, 0),
        ("adjustment", -500, -500),
    ]
    assert client.v1.customers.balance_transactions.retrieve(reader.customer, rows[0].id).invoice == made.id


def test_credit_given_after_the_draft_is_used_when_it_becomes_final(client: Sdk, reader: Subscriber) -> None:
    charge(client, reader.customer)
    made = draft(client, reader.customer)
    client.v1.customers.balance_transactions.create(reader.customer, {"amount": -2500, "currency": "usd"})
    final = client.v1.invoices.finalize_invoice(made.id)
    assert (final.starting_balance, final.amount_due, final.status) == (-2500, 0, "paid")
    assert client.v1.customers.retrieve(reader.customer).balance == -500


def test_lines_of_a_draft_can_be_added_and_removed(client: Sdk, reader: Subscriber) -> None:
    item = charge(client, reader.customer)
    made = client.v1.invoices.create({"customer": reader.customer})
    lines = [{"invoice_item": item.id}, {"amount": 300, "description": "Stamps"}]
    full = client.v1.invoices.add_lines(made.id, {"lines": lines})
    assert (full.total, [line.description for line in full.lines.data]) == (2300, [None, "Stamps"])
    first, second = full.lines.data
    removed = [{"id": first.id, "behavior": "unassign"}, {"id": second.id, "behavior": "delete"}]
    assert client.v1.invoices.remove_lines(made.id, {"lines": removed}).total == 0
    assert [row.id for row in client.v1.invoice_items.list({"customer": reader.customer}).data] == [item.id]


def test_money_owed_on_the_balance_is_asked_for_with_the_next_invoice(
    client: Sdk, reader: Subscriber
) -> None:
    client.v1.customers.update(reader.customer, {"balance": 300})
    charge(client, reader.customer)
    made = client.v1.invoices.finalize_invoice(draft(client, reader.customer).id)
    assert (made.amount_due, client.v1.customers.retrieve(reader.customer).balance) == (2300, 0)


def test_a_preview_of_what_waits_for_a_customer(client: Sdk, reader: Subscriber) -> None:
    charge(client, reader.customer)
    extra = {"amount": 100, "currency": "usd", "description": "One more"}
    seen = client.v1.invoices.create_preview({"customer": reader.customer, "invoice_items": [extra]})
    assert [line.amount for line in seen.lines.data] == [2000, 100]


def test_there_is_no_preview_for_a_subscription_that_ends(client: Sdk, reader: Subscriber) -> None:
    client.v1.subscriptions.update(reader.subscription, {"cancel_at_period_end": True})
    preview = client.v1.invoices.create_preview
    assert refused(preview, {"subscription": reader.subscription}) == "invoice_upcoming_none"
