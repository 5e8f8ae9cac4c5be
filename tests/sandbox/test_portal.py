"""The billing portal: configurations, flows, and what customers do on its page."""

from __future__ import annotations

from typing import Any

import httpx
import pytest
import stripe

from sandbox.building import Subscriber
from sandbox.testing import RunningSandbox
from tests.sandbox.conftest import Inbox, Sdk

HOME = "https://shop.example/account"


def portal(client: Sdk, customer: str, **more: Any) -> Any:
    return client.v1.billing_portal.sessions.create({"customer": customer, "return_url": HOME, **more})


def cancel_flow(reader: Subscriber, **more: Any) -> dict[str, Any]:
    return {
        "flow_data": {
            "type": "subscription_cancel",
            "subscription_cancel": {"subscription": reader.subscription, **more},
            "after_completion": {"type": "redirect", "redirect": {"return_url": f"{HOME}?gone"}},
        }
    }


def do(session: Any, action: str, **fields: str) -> httpx.Response:
    return httpx.post(session.url, data={"do": action, **fields})


def period_end(client: Sdk, reader: Subscriber) -> int:
    item = client.v1.subscriptions.retrieve(reader.subscription)["items"]["data"][0]
    return int(item["current_period_end"])


def test_a_session_is_announced_and_names_the_default_configuration(
    sandbox: RunningSandbox, client: Sdk, inbox: Inbox
) -> None:
    session = portal(client, sandbox.subscriber().customer)
    assert inbox.last("billing_portal.session.created")["id"] == session.id
    default = client.v1.billing_portal.configurations.list({"is_default": True}).data
    assert [row.id for row in default] == [session.configuration]


def test_a_configuration_is_made_changed_and_found_again(client: Sdk, inbox: Inbox) -> None:
    made = client.v1.billing_portal.configurations.create(
        {
            "business_profile": {"headline": "Hello"},
            "features": {"subscription_cancel": {"enabled": True, "mode": "immediately"}},
            "metadata": {"a": "b"},
        }
    )
    cancel = made.features.subscription_cancel
    assert (cancel.enabled, cancel.mode, made.features.invoice_history.enabled) == (
        True,
        "immediately",
        False,
    )
    changed = client.v1.billing_portal.configurations.update(made.id, {"active": False, "name": "Old"})
    assert (changed.active, changed.name, changed.business_profile.headline) == (False, "Old", "Hello")
    wanted = ["billing_portal.configuration.created", "billing_portal.configuration.updated"]
    assert inbox.types() == wanted
    assert [row.id for row in client.v1.billing_portal.configurations.list({"active": False}).data] == [
        made.id
    ]
    with pytest.raises(stripe.InvalidRequestError):
        client.v1.billing_portal.configurations.create({"features": {"time_travel": {"enabled": True}}})


def test_the_home_page_shows_subscription_card_and_invoices(sandbox: RunningSandbox, client: Sdk) -> None:
    reader = sandbox.subscriber()
    text = httpx.get(portal(client, reader.customer).url).text
    for shown in ("Pro plan, 29.00 USD every month", "Next payment on 28 February 2026", "ending 4242", HOME):
        assert shown in text
    assert sandbox.invoices(reader.subscription)[0]["hosted_invoice_url"] in text


def test_canceling_sets_the_date_and_keeps_what_was_said(
    sandbox: RunningSandbox, client: Sdk, inbox: Inbox
) -> None:
    reader = sandbox.subscriber()
    session = portal(client, reader.customer, **cancel_flow(reader))
    assert "Why do you leave?" in httpx.get(session.url).text
    answer = do(
        session,
        "subscription_cancel",
        subscription=reader.subscription,
        feedback="too_expensive",
        comment="Too dear",
    )
    assert answer.headers["location"] == f"{HOME}?gone"
    update = inbox.last("customer.subscription.updated")
    assert (update["cancel_at"], update["cancel_at_period_end"]) == (period_end(client, reader), False)
    assert (update["status"], update["canceled_at"]) == ("active", sandbox.state.now)
    said = update["cancellation_details"]
    assert (said["reason"], said["feedback"], said["comment"]) == (
        "cancellation_requested",
        "too_expensive",
        "Too dear",
    )
    sandbox.advance("2026-03-01T00:00:00Z")
    assert inbox.last("customer.subscription.deleted")["cancellation_details"]["feedback"] == "too_expensive"


def test_classic_billing_gets_the_old_flag(sandbox: RunningSandbox, client: Sdk) -> None:
    reader = sandbox.subscriber()
    made = client.v1.subscriptions.create(
        {
            "customer": reader.customer,
            "items": [{"price": reader.price}],
            "billing_mode": {"type": "classic"},
        }
    )
    session = portal(client, reader.customer)
    do(session, "subscription_cancel", subscription=made.id)
    after = client.v1.subscriptions.retrieve(made.id)
    assert after.cancel_at_period_end is True


def test_a_cancellation_can_be_undone_and_is_not_offered_twice(sandbox: RunningSandbox, client: Sdk) -> None:
    reader = sandbox.subscriber()
    session = portal(client, reader.customer)
    do(session, "subscription_cancel", subscription=reader.subscription, feedback="unused")
    with pytest.raises(stripe.InvalidRequestError):
        portal(client, reader.customer, **cancel_flow(reader))
    assert "Do not cancel" in httpx.get(session.url).text
    do(session, "keep", subscription=reader.subscription)
    after = client.v1.subscriptions.retrieve(reader.subscription)
    assert (after.cancel_at, after.canceled_at, after.cancellation_details.feedback) == (None, None, None)


def test_a_configuration_may_cancel_at_once_or_not_at_all(
    sandbox: RunningSandbox, client: Sdk, inbox: Inbox
) -> None:
    reader = sandbox.subscriber()
    made = client.v1.billing_portal.configurations.create(
        {"features": {"subscription_cancel": {"enabled": True, "mode": "immediately"}}}
    )
    session = portal(client, reader.customer, configuration=made.id)
    do(session, "subscription_cancel", subscription=reader.subscription)
    assert inbox.last("customer.subscription.deleted")["id"] == reader.subscription
    none = client.v1.billing_portal.configurations.create(
        {"features": {"invoice_history": {"enabled": True}}}
    )
    other = sandbox.subscriber()
    with pytest.raises(stripe.InvalidRequestError):
        portal(client, other.customer, configuration=none.id, **cancel_flow(other))
    closed = portal(client, other.customer, configuration=none.id)
    assert do(closed, "subscription_cancel", subscription=other.subscription).status_code == 402
    assert client.v1.subscriptions.retrieve(other.subscription).cancel_at is None


def test_nobody_touches_somebody_elses_subscription(sandbox: RunningSandbox, client: Sdk) -> None:
    reader, other = sandbox.subscriber(), sandbox.subscriber()
    session = portal(client, reader.customer)
    do(session, "subscription_cancel", subscription=other.subscription)
    assert client.v1.subscriptions.retrieve(other.subscription).cancel_at is None
    with pytest.raises(stripe.InvalidRequestError):
        portal(client, reader.customer, **cancel_flow(other))


def test_a_retention_offer_is_taken_as_a_discount(sandbox: RunningSandbox, client: Sdk) -> None:
    reader = sandbox.subscriber()
    coupon = client.v1.coupons.create({"percent_off": 30, "duration": "once"})
    offer = {"type": "coupon_offer", "coupon_offer": {"coupon": coupon.id}}
    session = portal(client, reader.customer, **cancel_flow(reader, retention=offer))
    assert "30 % off" in httpx.get(session.url).text
    do(session, "accept_offer", subscription=reader.subscription)
    after = client.v1.subscriptions.retrieve(reader.subscription, {"expand": ["discounts"]})
    assert (after.cancel_at, after.discounts[0].source.coupon) == (None, coupon.id)


def test_a_finished_card_flow_may_thank_instead_of_leading_back(sandbox: RunningSandbox, client: Sdk) -> None:
    reader = sandbox.subscriber()
    confirmation = {"type": "hosted_confirmation", "hosted_confirmation": {"custom_message": "All set."}}
    session = portal(
        client,
        reader.customer,
        flow_data={"type": "payment_method_update", "after_completion": confirmation},
    )
    assert "All set." in httpx.post(session.url, data={"number": "5555555555554444"}).text
    assert httpx.post(session.url, data={"number": "4000000000000002"}).status_code == 402


def test_a_plan_is_changed_to_one_that_is_offered(sandbox: RunningSandbox, client: Sdk, inbox: Inbox) -> None:
    reader = sandbox.subscriber()
    dear = client.v1.prices.create(
        {
            "product": reader.product,
            "unit_amount": 4900,
            "currency": "usd",
            "recurring": {"interval": "month"},
        }
    )
    made = client.v1.billing_portal.configurations.create(
        {
            "features": {
                "subscription_update": {
                    "enabled": True,
                    "default_allowed_updates": ["price"],
                    "products": [{"product": reader.product, "prices": [reader.price, dear.id]}],
                    "proration_behavior": "always_invoice",
                }
            }
        }
    )
    flow = {"type": "subscription_update", "subscription_update": {"subscription": reader.subscription}}
    session = portal(client, reader.customer, configuration=made.id, flow_data=flow)
    assert "49.00 USD every month" in httpx.get(session.url).text
    do(session, "subscription_update", subscription=reader.subscription, price="price_elsewhere")
    do(session, "subscription_update", subscription=reader.subscription, price=dear.id)
    after = client.v1.subscriptions.retrieve(reader.subscription)
    assert after["items"]["data"][0].price.id == dear.id
    assert inbox.last("invoice.paid")["amount_paid"] == 2000
    back = {
        "type": "subscription_update_confirm",
        "subscription_update_confirm": {
            "subscription": reader.subscription,
            "items": [{"id": after["items"]["data"][0].id, "price": reader.price, "quantity": 2}],
        },
    }
    confirming = portal(client, reader.customer, configuration=made.id, flow_data=back)
    assert "58.00 USD every month" in httpx.get(confirming.url).text
    assert do(confirming, "subscription_update_confirm").status_code == 303
    item = client.v1.subscriptions.retrieve(reader.subscription)["items"]["data"][0]
    assert (item.price.id, item.quantity) == (reader.price, 2)


def test_a_subscription_is_paused_and_taken_up_again(
    sandbox: RunningSandbox, client: Sdk, inbox: Inbox
) -> None:
    reader = sandbox.subscriber()
    made = client.v1.billing_portal.configurations.create(
        {"features": {"subscription_pause": {"enabled": True}}}
    )
    session = portal(client, reader.customer, configuration=made.id)
    do(session, "subscription_pause", subscription=reader.subscription)
    assert client.v1.subscriptions.retrieve(reader.subscription).status == "paused"
    do(session, "resume", subscription=reader.subscription)
    assert client.v1.subscriptions.retrieve(reader.subscription).status == "active"


def test_a_customer_changes_their_email(sandbox: RunningSandbox, client: Sdk, inbox: Inbox) -> None:
    reader = sandbox.subscriber()
    do(portal(client, reader.customer), "customer_update", email="new@example.com")
    assert inbox.last("customer.updated")["email"] == "new@example.com"
