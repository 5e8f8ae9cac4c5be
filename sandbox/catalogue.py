"""Every route of the sandbox, one line a resource."""

from __future__ import annotations

from sandbox.accounts import routes as accounts
from sandbox.billing_portal import routes as billing_portal
from sandbox.charges import routes as charges
from sandbox.checkout_sessions import routes as checkout_sessions
from sandbox.control import clock as control_clock
from sandbox.control import deliveries as control_deliveries
from sandbox.control import scenes as control_scenes
from sandbox.coupons import routes as coupons
from sandbox.customers import routes as customers
from sandbox.disputes import routes as disputes
from sandbox.events import routes as events
from sandbox.invoice_payments import routes as invoice_payments
from sandbox.invoices import routes as invoices
from sandbox.payment_intents import routes as payment_intents
from sandbox.payment_methods import routes as payment_methods
from sandbox.prices import routes as prices
from sandbox.products import routes as products
from sandbox.refunds import routes as refunds
from sandbox.routing import RouteTable
from sandbox.setup_intents import routes as setup_intents
from sandbox.subscriptions import routes as subscriptions
from sandbox.webhook_endpoints import routes as webhook_endpoints

API = RouteTable(
    [
        *accounts.ROUTES,
        *billing_portal.ROUTES,
        *charges.ROUTES,
        *checkout_sessions.ROUTES,
        *coupons.ROUTES,
        *customers.ROUTES,
        *disputes.ROUTES,
        *events.ROUTES,
        *invoice_payments.ROUTES,
        *invoices.ROUTES,
        *payment_intents.ROUTES,
        *payment_methods.ROUTES,
        *prices.ROUTES,
        *products.ROUTES,
        *refunds.ROUTES,
        *setup_intents.ROUTES,
        *subscriptions.ROUTES,
        *webhook_endpoints.ROUTES,
    ]
)

CONTROL = RouteTable([*control_clock.ROUTES, *control_deliveries.ROUTES, *control_scenes.ROUTES])
