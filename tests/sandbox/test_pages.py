"""The customer's pages, used as a browser without scripts would."""

from __future__ import annotations

from typing import Any

import httpx
import pytest

from sandbox.testing import RunningSandbox
from tests.sandbox.conftest import Inbox, Sdk


def setup_session(client: Sdk, customer: str) -> Any:
    return client.v1.checkout.sessions.create(
        {
            "mode": "setup",
            "customer": customer,
            "currency": "usd",
            "metadata": {"case": "17"},
            "success_url": "https://shop.example/done?s={CHECKOUT_SESSION_ID}",
            "cancel_url": "https://shop.example/back",
        }
    )


def test_a_card_saved_on_the_checkout_page_is_attached_and_announced(
    sandbox: RunningSandbox, client: Sdk, inbox: Inbox
) -> None:
    reader = sandbox.subscriber()
    session = setup_session(client, reader.customer)
    shown = httpx.get(session.url)
    assert shown.status_code == 200
    assert "https://shop.example/back" in shown.text
    target = sandbox.use_card(session.url, "5555 5555 5555 4444")
    assert target == f"https://shop.example/done?s={session.id}"
    done = inbox.last("checkout.session.completed")
    assert (done["id"], done["metadata"], done["status"]) == (session.id, {"case": "17"}, "complete")
    intent = client.v1.setup_intents.retrieve(done["setup_intent"])
    method = client.v1.payment_methods.retrieve(str(intent.payment_method))
    assert (method.customer, method.card.brand) == (reader.customer, "mastercard")
    wanted = ["setup_intent.succeeded", "payment_method.attached", "checkout.session.completed"]
    assert set(wanted) <= set(inbox.types())
    settings = client.v1.customers.retrieve(reader.customer).invoice_settings
    assert settings.default_payment_method == reader.payment_method, "saving does not make it default"
    assert httpx.get(session.url).status_code == 410


def test_a_refused_card_leaves_the_page_open_and_says_so(
    sandbox: RunningSandbox, client: Sdk, inbox: Inbox
) -> None:
    reader = sandbox.subscriber()
    session = setup_session(client, reader.customer)
    with pytest.raises(RuntimeError, match="402"):
        sandbox.use_card(session.url, "4000000000009995")
    assert "setup_intent.setup_failed" in inbox.types()
    answer = httpx.post(session.url, data={"number": "4000000000009995"})
    assert "insufficient funds" in answer.text
    assert client.v1.checkout.sessions.retrieve(session.id).status == "open"


def test_a_card_with_3d_secure_is_confirmed_on_the_way(sandbox: RunningSandbox, client: Sdk) -> None:
    reader = sandbox.subscriber()
    session = setup_session(client, reader.customer)
    asked = httpx.post(session.url, data={"number": "4000002500003155"})
    assert "confirm" in asked.text.lower()
    assert client.v1.checkout.sessions.retrieve(session.id).status == "open"
    assert sandbox.use_card(session.url, "4000002500003155").startswith("https://shop.example/done")


def test_an_unused_session_expires_after_a_day(sandbox: RunningSandbox, client: Sdk, inbox: Inbox) -> None:
    session = setup_session(client, sandbox.subscriber().customer)
    sandbox.advance("2026-02-01T10:00:00Z")
    assert inbox.last("checkout.session.expired")["id"] == session.id


def test_the_portal_makes_the_new_card_the_default_and_returns(
    sandbox: RunningSandbox, client: Sdk, inbox: Inbox
) -> None:
    reader = sandbox.subscriber()
    session = client.v1.billing_portal.sessions.create(
        {
            "customer": reader.customer,
            "return_url": "https://shop.example/account",
            "flow_data": {"type": "payment_method_update"},
        }
    )
    assert sandbox.use_card(session.url, "378282246310005") == "https://shop.example/account"
    default = inbox.last("customer.updated")["invoice_settings"]["default_payment_method"]
    method = client.v1.payment_methods.retrieve(default)
    assert method.card.last4 == "0005"


def test_an_open_invoice_is_paid_with_another_card_on_its_page(sandbox: RunningSandbox, client: Sdk) -> None:
    reader = sandbox.subscriber()
    sandbox.decline(reader.payment_method)
    sandbox.advance("2026-02-28T12:00:00Z")
    invoice = sandbox.invoices(reader.subscription)[-1]
    page = httpx.get(invoice["hosted_invoice_url"])
    assert "29.00 USD" in page.text
    sandbox.use_card(invoice["hosted_invoice_url"], "4242424242424242")
    assert client.v1.invoices.retrieve(invoice["id"]).status == "paid"
    assert "Paid" in httpx.get(invoice["hosted_invoice_url"]).text


def test_a_subscription_is_started_through_checkout(
    sandbox: RunningSandbox, client: Sdk, inbox: Inbox
) -> None:
    reader = sandbox.subscriber()
    session = client.v1.checkout.sessions.create(
        {
            "mode": "subscription",
            "customer_email": "new@example.com",
            "line_items": [{"price": reader.price, "quantity": 1}],
            "success_url": "https://shop.example/done",
        }
    )
    sandbox.use_card(session.url, "4242424242424242")
    done = inbox.last("checkout.session.completed")
    assert client.v1.subscriptions.retrieve(done["subscription"]).status == "active"


def test_an_unknown_page_is_a_plain_404(sandbox: RunningSandbox) -> None:
    answer = httpx.get(f"{sandbox.api_base}/pay/cs_test_nothing")
    assert (answer.status_code, "does not exist" in answer.text) == (404, True)
