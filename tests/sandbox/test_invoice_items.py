"""Single charges and credits: how they are made, wait, and land on an invoice."""

from __future__ import annotations

import pytest
import stripe

from sandbox.building import Subscriber
from sandbox.testing import RunningSandbox
from tests.sandbox.conftest import Inbox, Sdk


@pytest.fixture
def reader(sandbox: RunningSandbox) -> Subscriber:
    return sandbox.subscriber(amount=2900)


def test_an_amount_becomes_an_item_with_an_inactive_price_of_its_own(
    client: Sdk, reader: Subscriber, inbox: Inbox
) -> None:
    made = {"customer": reader.customer, "amount": 2000, "currency": "usd", "description": "Workshop"}
    item = client.v1.invoice_items.create(made)
    assert (item.amount, item.quantity, item.invoice, item.parent) == (2000, 1, None, None)
    behind = client.v1.prices.retrieve(item.pricing.price_details.price)
    assert (behind.active, behind.type, behind.unit_amount) == (False, "one_time", 2000)
    assert [event["type"] for event in inbox.events] == ["invoiceitem.created"]


def test_a_price_and_a_quantity_make_the_amount(client: Sdk, reader: Subscriber) -> None:
    once = client.v1.prices.create({"product": reader.product, "unit_amount": 150, "currency": "usd"})
    item = client.v1.invoice_items.create(
        {"customer": reader.customer, "pricing": {"price": once.id}, "quantity": 4}
    )
    assert (item.amount, item.pricing.price_details.price) == (600, once.id)
    half = {"currency": "usd", "product": reader.product, "unit_amount_decimal": "0.5"}
    cheap = client.v1.invoice_items.create({"customer": reader.customer, "price_data": half, "quantity": 3})
    assert cheap.amount == 2


def test_a_recurring_price_is_refused(client: Sdk, reader: Subscriber) -> None:
    with pytest.raises(stripe.InvalidRequestError, match="one-time"):
        client.v1.invoice_items.create({"customer": reader.customer, "pricing": {"price": reader.price}})


def test_waiting_items_land_on_the_next_renewal(
    sandbox: RunningSandbox, client: Sdk, reader: Subscriber
) -> None:
    item = client.v1.invoice_items.create({"customer": reader.customer, "amount": 500, "currency": "usd"})
    client.v1.invoice_items.create({"customer": reader.customer, "amount": -200, "currency": "usd"})
    upcoming = client.v1.invoices.create_preview({"subscription": reader.subscription})
    assert upcoming.total == 3200
    sandbox.advance("2026-03-01T00:00:00Z")
    renewal = sandbox.invoices(reader.subscription)[-1]
    assert renewal["amount_paid"] == 3200
    assert client.v1.invoice_items.retrieve(item.id).invoice == renewal["id"]
    assert client.v1.invoice_items.list({"customer": reader.customer, "pending": True}).data == []


def test_an_item_of_a_subscription_waits_for_that_subscription(
    sandbox: RunningSandbox, client: Sdk, reader: Subscriber
) -> None:
    other = client.v1.subscriptions.create(
        {"customer": reader.customer, "items": [{"price": reader.price}], "trial_period_days": 60}
    )
    mine = {"customer": reader.customer, "amount": 700, "currency": "usd", "subscription": other.id}
    item = client.v1.invoice_items.create(mine)
    assert item.parent.subscription_details.subscription == other.id
    sandbox.advance("2026-03-01T00:00:00Z")
    assert sandbox.invoices(reader.subscription)[-1]["amount_paid"] == 2900
    sandbox.advance("2026-04-02T00:00:00Z")
    assert sandbox.invoices(other.id)[-1]["amount_paid"] == 3600


def test_an_item_in_another_currency_waits_on(
    sandbox: RunningSandbox, client: Sdk, reader: Subscriber
) -> None:
    client.v1.invoice_items.create({"customer": reader.customer, "amount": 500, "currency": "eur"})
    sandbox.advance("2026-03-01T00:00:00Z")
    assert sandbox.invoices(reader.subscription)[-1]["amount_paid"] == 2900
    assert len(client.v1.invoice_items.list({"customer": reader.customer, "pending": True}).data) == 1


def test_changes_to_an_item_on_a_draft_change_the_drafts_total(
    client: Sdk, reader: Subscriber, inbox: Inbox
) -> None:
    draft = client.v1.invoices.create({"customer": reader.customer})
    item = client.v1.invoice_items.create(
        {"customer": reader.customer, "amount": 500, "currency": "usd", "invoice": draft.id}
    )
    assert client.v1.invoices.retrieve(draft.id).total == 500
    client.v1.invoice_items.update(item.id, {"amount": 800, "description": "More"})
    lines = client.v1.invoices.line_items.list(draft.id).data
    assert [(line.amount, line.description) for line in lines] == [(800, "More")]
    client.v1.invoice_items.delete(item.id)
    assert client.v1.invoices.retrieve(draft.id).total == 0
    assert inbox.types().count("invoice.updated") == 3
    assert inbox.last("invoiceitem.deleted")["id"] == item.id


def test_an_item_on_a_final_invoice_cannot_be_changed(client: Sdk, reader: Subscriber) -> None:
    item = client.v1.invoice_items.create({"customer": reader.customer, "amount": 500, "currency": "usd"})
    draft = client.v1.invoices.create(
        {"customer": reader.customer, "pending_invoice_items_behavior": "include"}
    )
    client.v1.invoices.finalize_invoice(draft.id)
    with pytest.raises(stripe.InvalidRequestError, match="finalized") as caught:
        client.v1.invoice_items.update(item.id, {"amount": 1})
    assert caught.value.code == "invoice_not_editable"
    with pytest.raises(stripe.InvalidRequestError, match="finalized"):
        client.v1.invoice_items.delete(item.id)


def test_items_given_with_a_new_subscription_are_on_its_first_invoice(
    client: Sdk, reader: Subscriber
) -> None:
    once = client.v1.prices.create({"product": reader.product, "unit_amount": 1000, "currency": "usd"})
    made = client.v1.subscriptions.create(
        {
            "customer": reader.customer,
            "items": [{"price": reader.price}],
            "add_invoice_items": [{"price": once.id, "quantity": 2}],
            "expand": ["latest_invoice"],
        }
    )
    assert made.latest_invoice.amount_paid == 4900
