"""A business that has seen everything once: each kind of object exists, and each in several states."""

from __future__ import annotations

from typing import Any

from sandbox.building import Subscriber
from sandbox.testing import RunningSandbox
from tests.sandbox.conftest import Sdk

RENEWED = "2026-03-05T00:00:00Z"


def live(sandbox: RunningSandbox, client: Sdk) -> None:
    """Fill a sandbox whose clock stands on 31 January 2026 and walk it on into March."""
    client.v2.core.event_destinations.create(
        {
            "name": "Thin",
            "type": "webhook_endpoint",
            "event_payload": "thin",
            "enabled_events": ["*"],
            "webhook_endpoint": {"url": "https://example.com/thin"},
        }
    )
    reader = sandbox.subscriber(country="DE", metadata={"plan": "early"})
    sandbox.subscriber(payment_method="pm_sepaDebit", currency="eur")
    sandbox.subscriber(payment_method="pm_usBankAccount", trial_days=5)
    discounts(client, reader)
    changes(client, sandbox.subscriber(email="changes@example.com", default_on="subscription"))
    ends(client, sandbox)
    payments(client)
    pages(client, sandbox, reader)
    planned(client, sandbox, reader)
    trouble(client, sandbox)
    catalogue(client)
    by_hand(client)
    other_plan(client, sandbox)
    sandbox.decline(reader.payment_method, "insufficient_funds")
    asked = sandbox.subscriber(email="asked@example.com")
    sandbox.decline(asked.payment_method, "authentication_required", requires_action=True)
    sandbox.advance(RENEWED)
    money_back(sandbox, client, reader)
    sandbox.control("POST", f"cards/{asked.payment_method}/auto_update")


def discounts(client: Sdk, reader: Subscriber) -> None:
    coupon = client.v1.coupons.create({"percent_off": 10, "duration": "forever", "name": "Ten"})
    client.v1.subscriptions.update(reader.subscription, {"discounts": [{"coupon": coupon.id}]})
    code = client.v1.promotion_codes.create(
        {"promotion": {"type": "coupon", "coupon": coupon.id}, "code": "TEN"}
    )
    client.v1.promotion_codes.update(code.id, {"metadata": {"seen": "yes"}})
    loyal = client.v1.customers.create({"email": "loyal@example.com"})
    client.raw_request("post", f"/v1/customers/{loyal.id}", coupon=coupon.id)
    client.v1.customers.delete_discount(loyal.id)
    gone = client.v1.coupons.create({"amount_off": 500, "currency": "usd", "duration": "once"})
    client.v1.coupons.delete(gone.id)


def changes(client: Sdk, reader: Subscriber) -> None:
    """What a customer and a merchant change while nothing goes wrong."""
    client.v1.customers.update(reader.customer, {"phone": "+4930123456", "metadata": {"seen": "yes"}})
    client.v1.payment_methods.update(reader.payment_method, {"metadata": {"kept": "yes"}})
    spare = client.v1.payment_methods.attach("pm_card_mastercard", {"customer": reader.customer})
    client.v1.payment_methods.detach(spare.id)
    client.v1.products.update(reader.product, {"description": "All of it"})
    client.v1.prices.update(reader.price, {"nickname": "monthly"})
    client.v1.subscriptions.update(reader.subscription, {"cancel_at_period_end": True})


def ends(client: Sdk, sandbox: RunningSandbox) -> None:
    canceled = sandbox.subscriber(email="left@example.com")
    client.v1.subscriptions.cancel(
        canceled.subscription, {"cancellation_details": {"feedback": "too_expensive", "comment": "Sorry"}}
    )
    deleted = sandbox.subscriber(email="deleted@example.com")
    client.v1.customers.delete(deleted.customer)
    paused = sandbox.subscriber(email="paused@example.com")
    client.v1.subscriptions.update(paused.subscription, {"pause_collection": {"behavior": "void"}})


def payments(client: Sdk) -> None:
    """One-off payments and saved methods, without any subscription."""
    customer = client.v1.customers.create({"email": "once@example.com"})
    paying = {"amount": 2000, "currency": "usd", "customer": customer.id}
    client.v1.payment_intents.create({**paying, "payment_method": "pm_card_visa", "confirm": True})
    waiting = client.v1.payment_intents.create(paying)
    client.v1.payment_intents.cancel(waiting.id)
    saving = client.v1.setup_intents.create({"customer": customer.id, "payment_method": "pm_card_visa"})
    client.v1.setup_intents.confirm(saving.id)
    unused = client.v1.setup_intents.create({"customer": customer.id})
    client.v1.setup_intents.cancel(unused.id)


def pages(client: Sdk, sandbox: RunningSandbox, reader: Subscriber) -> None:
    """The provider's pages, and what a customer does there."""
    features = {"invoice_history": {"enabled": True}, "payment_method_update": {"enabled": True}}
    portal = client.v1.billing_portal.configurations.create({"features": features})
    client.v1.billing_portal.configurations.update(portal.id, {"metadata": {"kept": "yes"}})
    client.v1.billing_portal.sessions.create({"customer": reader.customer, "configuration": portal.id})
    back = {"success_url": "https://a.example", "cancel_url": "https://b.example"}
    client.v1.checkout.sessions.create(
        {**back, "mode": "setup", "customer": reader.customer, "currency": "usd"}
    )
    once = {
        "price_data": {"currency": "usd", "unit_amount": 900, "product_data": {"name": "Book"}},
        "quantity": 1,
    }
    bought = client.v1.checkout.sessions.create({**back, "mode": "payment", "line_items": [once]})
    sandbox.use_card(bought.url, "4242424242424242")
    client.v1.checkout.sessions.line_items.list(bought.id)
    monthly = {"price": reader.price, "quantity": 1}
    joined = client.v1.checkout.sessions.create(
        {**back, "mode": "subscription", "line_items": [monthly], "customer_email": "joined@example.com"}
    )
    sandbox.use_card(joined.url, "4242424242424242")
    left = client.v1.checkout.sessions.create({**back, "mode": "payment", "line_items": [once]})
    client.v1.checkout.sessions.expire(left.id)


def catalogue(client: Sdk) -> None:
    """Things to sell, and what becomes of those that nobody buys."""
    unsold = client.v1.products.create({"name": "Unsold", "images": ["https://a.example/1.png"]})
    client.v1.products.delete(unsold.id)
    plan = client.v1.plans.create(
        {"amount": 900, "currency": "usd", "interval": "month", "product": {"name": "Small"}}
    )
    client.v1.plans.delete(plan.id)
    product = client.v1.products.create({"name": "Setup"})
    client.v1.prices.create({"product": product.id, "unit_amount": 5000, "currency": "usd"})


def by_hand(client: Sdk) -> None:
    """Invoices that a person writes: paid, sent, voided, given up, deleted as drafts; and a customer's credit."""
    customer = client.v1.customers.create({"email": "byhand@example.com", "address": {"country": "FR"}}).id
    method = client.v1.payment_methods.attach("pm_card_visa", {"customer": customer})
    client.v1.customers.update(customer, {"invoice_settings": {"default_payment_method": method.id}})
    client.v1.customers.balance_transactions.create(customer, {"amount": -300, "currency": "usd"})
    client.v1.invoices.pay(written(client, customer).id)
    sent = {"collection_method": "send_invoice", "days_until_due": 14}
    client.v1.invoices.send_invoice(written(client, customer, **sent).id)
    client.v1.invoices.void_invoice(client.v1.invoices.finalize_invoice(written(client, customer).id).id)
    given_up = client.v1.invoices.finalize_invoice(written(client, customer, **sent).id)
    client.v1.invoices.mark_uncollectible(given_up.id)
    client.v1.invoices.delete(written(client, customer).id)
    dropped = client.v1.invoice_items.create({"customer": customer, "amount": 700, "currency": "usd"})
    client.v1.invoice_items.delete(dropped.id)


def written(client: Sdk, customer: str, **more: Any) -> Any:
    """A draft with one line of its own."""
    client.v1.invoice_items.create(
        {"customer": customer, "amount": 1500, "currency": "usd", "description": "Work"}
    )
    taken = {"pending_invoice_items_behavior": "include", "auto_advance": False}
    return client.v1.invoices.create({"customer": customer, **taken, **more})


def other_plan(client: Sdk, sandbox: RunningSandbox) -> None:
    """Twice as many from now on; then another clock on which a customer lives."""
    reader = sandbox.subscriber(email="more@example.com")
    (item,) = client.v1.subscription_items.list({"subscription": reader.subscription}).data
    client.v1.invoices.create_preview({"subscription": reader.subscription})
    client.v1.subscription_items.update(item.id, {"quantity": 2})
    clock = client.v1.test_helpers.test_clocks.create({"frozen_time": sandbox.state.now, "name": "Ours"})
    client.v1.customers.create({"email": "clock@example.com", "test_clock": clock.id})
    client.v1.test_helpers.test_clocks.advance(clock.id, {"frozen_time": sandbox.state.now + 86_400})


def planned(client: Sdk, sandbox: RunningSandbox, reader: Subscriber) -> None:
    """Subscriptions with a future: one to come, one released, one that never will be."""
    start = sandbox.state.now + 86_400
    phase = {
        "items": [{"price": reader.price, "quantity": 1}],
        "duration": {"interval": "month", "interval_count": 1},
    }
    to_come = {"customer": reader.customer, "start_date": start, "phases": [phase]}
    client.v1.subscription_schedules.create(to_come)
    client.v1.subscription_schedules.cancel(client.v1.subscription_schedules.create(to_come).id)
    running = sandbox.subscriber(email="planned@example.com")
    schedule = client.v1.subscription_schedules.create({"from_subscription": running.subscription})
    client.v1.subscription_schedules.release(schedule.id)


def trouble(client: Sdk, sandbox: RunningSandbox) -> None:
    """Cards after whose charge something happens, and a legacy card."""
    customer = client.v1.customers.create({"email": "trouble@example.com"}).id
    client.v1.customers.payment_sources.create(customer, {"source": "tok_visa"})
    for name in (
        "createDispute",
        "createDisputeInquiry",
        "createIssuerFraudRecord",
        "refundFail",
        "pendingRefund",
    ):
        paid = client.v1.payment_intents.create(
            {
                "amount": 1000,
                "currency": "usd",
                "customer": customer,
                "payment_method": f"pm_card_{name}",
                "confirm": True,
            }
        )
        if name.lower().endswith(("refund", "fail")):
            client.v1.refunds.create({"payment_intent": paid.id})
    held = client.v1.payment_intents.create(
        {
            "amount": 1000,
            "currency": "usd",
            "payment_method": "pm_card_visa",
            "capture_method": "manual",
            "confirm": True,
        }
    )
    client.v1.payment_intents.capture(held.id, {"amount_to_capture": 700})


def money_back(sandbox: RunningSandbox, client: Sdk, reader: Subscriber) -> None:
    """A part of a payment goes back, and the bank takes the rest back."""
    paid = [
        c
        for c in client.v1.charges.list({"customer": reader.customer, "limit": 100}).data
        if c.status == "succeeded"
    ]
    client.v1.refunds.create({"charge": paid[-1].id, "amount": 1})
    sandbox.control("POST", f"charges/{paid[-1].id}/dispute")
