"""Objects hold every field that the SDK declares as always present, and no field it does not know."""

from __future__ import annotations

import ast
import functools
import inspect
from typing import Any

import pytest
import stripe

from sandbox.testing import RunningSandbox
from tests.sandbox.conftest import Sdk

# Fields the provider still sends though the SDK no longer declares them.
UNDECLARED_BUT_SENT = {
    "invoice": {"webhooks_delivered_at", "shipping_details"},
    "list": {"total_count"},
}


@functools.cache
def declared(cls: type) -> dict[str, bool]:
    """Field -> required, read from the annotations in the SDK's source."""
    tree = ast.parse(inspect.getsource(cls))
    body = tree.body[0].body  # type: ignore[attr-defined]
    fields = [node for node in body if isinstance(node, ast.AnnAssign)]
    rows = {ast.unparse(node.target): ast.unparse(node.annotation) for node in fields}
    return {
        name: not kind.startswith(("Optional[", "NotRequired["))
        for name, kind in rows.items()
        if name.islower()
    }


def problems(obj: dict[str, Any], cls: type) -> list[str]:
    fields = declared(cls)
    known = set(fields) | UNDECLARED_BUT_SENT.get(obj["object"], set())
    missing = [name for name, required in fields.items() if required and name not in obj]
    return [f"missing {name}" for name in missing] + [f"unknown {name}" for name in obj if name not in known]


KINDS: dict[str, type] = {
    "charge": stripe.Charge,
    "checkout.session": stripe.checkout.Session,
    "coupon": stripe.Coupon,
    "customer": stripe.Customer,
    "discount": stripe.Discount,
    "dispute": stripe.Dispute,
    "invoice": stripe.Invoice,
    "invoice_payment": stripe.InvoicePayment,
    "payment_intent": stripe.PaymentIntent,
    "payment_method": stripe.PaymentMethod,
    "price": stripe.Price,
    "product": stripe.Product,
    "refund": stripe.Refund,
    "setup_intent": stripe.SetupIntent,
    "subscription": stripe.Subscription,
    "webhook_endpoint": stripe.WebhookEndpoint,
    "billing_portal.session": stripe.billing_portal.Session,
}


@pytest.fixture
def lived_in(sandbox: RunningSandbox, client: Sdk) -> RunningSandbox:
    """A sandbox in which every kind of object exists."""
    reader = sandbox.subscriber()
    sandbox.subscriber(payment_method="pm_sepaDebit", currency="eur")
    sandbox.subscriber(payment_method="pm_usBankAccount", trial_days=5)
    coupon = client.v1.coupons.create({"percent_off": 10, "duration": "forever"})
    client.v1.subscriptions.update(reader.subscription, {"discounts": [{"coupon": coupon.id}]})
    sandbox.decline(reader.payment_method)
    sandbox.advance("2026-03-05T00:00:00Z")
    charge = client.v1.charges.list({"customer": reader.customer}).data[-1]
    client.v1.refunds.create({"charge": charge.id, "amount": 1})
    sandbox.control("POST", f"charges/{charge.id}/dispute")
    client.v1.billing_portal.sessions.create({"customer": reader.customer})
    client.v1.checkout.sessions.create(
        {"mode": "setup", "customer": reader.customer, "currency": "usd", "success_url": "https://a.example"}
    )
    return sandbox


def test_every_object_fits_the_sdks_declarations(lived_in: RunningSandbox) -> None:
    wrong = {}
    for kind, cls in KINDS.items():
        rows = lived_in.state.rows(kind)
        assert rows, f"no {kind} was made"
        for row in rows:
            found = problems(row, cls)
            if found:
                wrong[kind] = found
    assert wrong == {}


def test_the_parts_of_objects_fit_too(lived_in: RunningSandbox, client: Sdk) -> None:
    invoice = client.v1.invoices.list({"limit": 1}).data[0].to_dict()
    assert problems(invoice["lines"]["data"][0], stripe.InvoiceLineItem) == []
    item = client.v1.subscriptions.list({"limit": 1}).data[0].to_dict()["items"]["data"][0]
    assert problems(item, stripe.SubscriptionItem) == []
    assert problems(item["plan"], stripe.Plan) == []
    event = client.v1.events.list({"limit": 1}).data[0].to_dict()
    assert problems(event, stripe.Event) == []
