"""Products, prices, plans and customers as people and scripts write them."""

from __future__ import annotations

import pytest
import stripe

from sandbox.testing import RunningSandbox
from tests.sandbox.conftest import Inbox, Sdk

MONTHLY = {"currency": "usd", "unit_amount": 900, "recurring": {"interval": "month"}}


def test_a_product_goes_only_once_it_has_no_prices(client: Sdk, inbox: Inbox) -> None:
    busy = client.v1.products.create({"name": "Busy", "default_price_data": MONTHLY})
    assert client.v1.prices.retrieve(busy.default_price).product == busy.id
    with pytest.raises(stripe.InvalidRequestError, match="user-created prices"):
        client.v1.products.delete(busy.id)
    idle = client.v1.products.create({"name": "Idle"})
    assert client.v1.products.delete(idle.id).deleted
    assert inbox.last("product.deleted")["id"] == idle.id


def test_a_lookup_key_belongs_to_one_price_until_it_is_handed_on(client: Sdk) -> None:
    old = client.v1.prices.create({**MONTHLY, "product_data": {"name": "A"}, "lookup_key": "pro"})
    new = {**MONTHLY, "product": old.product, "lookup_key": "pro"}
    with pytest.raises(stripe.InvalidRequestError, match="lookup key"):
        client.v1.prices.create(new)
    held = client.v1.prices.create({**new, "transfer_lookup_key": True})
    assert client.v1.prices.list({"lookup_keys": ["pro"]}).data[0].id == held.id
    assert client.v1.prices.retrieve(old.id).lookup_key is None


def test_a_plan_and_a_recurring_price_are_the_same_thing(client: Sdk, inbox: Inbox) -> None:
    plan = client.v1.plans.create(
        {"currency": "usd", "interval": "year", "amount": 2000, "product": {"name": "Old"}, "id": "gold"}
    )
    price = client.v1.prices.retrieve("gold")
    assert (price.unit_amount, price.recurring.interval) == (2000, "year")
    assert inbox.types() == ["product.created", "plan.created", "price.created"]
    inbox.forget()
    client.v1.plans.update("gold", {"metadata": {"foo": "bar"}})
    assert inbox.types() == ["price.updated", "plan.updated"]
    assert inbox.of("plan.updated")[0]["data"]["previous_attributes"] == {"metadata": {"foo": None}}
    inbox.forget()
    assert client.v1.plans.delete(plan.id).deleted
    assert inbox.types() == ["plan.deleted", "price.deleted"]
    once = client.v1.prices.create({"product": price.product, "unit_amount": 1, "currency": "usd"})
    with pytest.raises(stripe.InvalidRequestError, match="No such plan"):
        client.v1.plans.retrieve(once.id)


def test_a_subscription_can_bring_its_price_along_or_name_an_old_plan(
    sandbox: RunningSandbox, client: Sdk
) -> None:
    reader = sandbox.subscriber()
    data = {**MONTHLY, "product": reader.product}
    made = client.v1.subscriptions.create({"customer": reader.customer, "items": [{"price_data": data}]})
    assert (made.status, made["items"]["data"][0].price.unit_amount) == ("active", 900)
    named = client.v1.subscriptions.create({"customer": reader.customer, "items": [{"plan": reader.price}]})
    assert named["items"]["data"][0].price.id == reader.price


def test_customers_are_found_by_their_address_and_time(sandbox: RunningSandbox, client: Sdk) -> None:
    first = client.v1.customers.create({"email": "a@example.com", "tax_exempt": "reverse", "balance": -700})
    sandbox.advance("2026-02-02T00:00:00Z")
    client.v1.customers.create({"email": "b@example.com"})
    assert [row.id for row in client.v1.customers.list({"email": "a@example.com"}).data] == [first.id]
    later = client.v1.customers.list({"created": {"gt": first.created}}).data
    assert [row.email for row in later] == ["b@example.com"]
    assert (first.tax_exempt, first.balance) == ("reverse", -700)
    assert client.v1.customers.balance_transactions.list(first.id).data[0].type == "initial"


def test_a_deleted_customer_has_no_running_subscription_and_no_invoice_that_goes_on(
    sandbox: RunningSandbox, client: Sdk
) -> None:
    reader = sandbox.subscriber()
    client.v1.invoices.create({"customer": reader.customer, "auto_advance": True})
    client.v1.customers.delete(reader.customer)
    assert client.v1.subscriptions.retrieve(reader.subscription).status == "canceled"
    sandbox.advance("2026-04-01T00:00:00Z")
    assert [row["status"] for row in sandbox.state.rows("invoice")] == ["paid", "draft"]


@pytest.mark.parametrize(("behaviour", "status"), [("cancel", "canceled"), ("pause", "paused")])
@pytest.mark.parametrize("by_hand", [True, False])
def test_a_trial_without_a_method_ends_as_its_settings_say(
    sandbox: RunningSandbox, client: Sdk, inbox: Inbox, behaviour: str, status: str, by_hand: bool
) -> None:
    customer = client.v1.customers.create({"email": "a@example.com"})
    made = client.v1.subscriptions.create(
        {
            "customer": customer.id,
            "items": [{"price": client.v1.prices.create({**MONTHLY, "product_data": {"name": "A"}}).id}],
            "trial_period_days": 7,
            "trial_settings": {"end_behavior": {"missing_payment_method": behaviour}},
        }
    )
    if by_hand:
        client.v1.subscriptions.update(made.id, {"trial_end": "now"})
    else:
        sandbox.advance("2026-02-08T00:00:00Z")
    assert client.v1.subscriptions.retrieve(made.id).status == status
    event = "customer.subscription.deleted" if behaviour == "cancel" else "customer.subscription.paused"
    assert inbox.types().count(event) == 1
    assert len(sandbox.invoices(made.id)) == 1
