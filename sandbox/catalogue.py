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
from sandbox.customers import transactions as customer_balance_transactions
from sandbox.disputes import routes as disputes
from sandbox.event_destinations import routes as event_destinations
from sandbox.events import routes as events
from sandbox.events import v2_routes as v2_events
from sandbox.invoice_items import routes as invoice_items
from sandbox.invoice_payments import routes as invoice_payments
from sandbox.invoices import routes as invoices
from sandbox.payment_intents import routes as payment_intents
from sandbox.payment_methods import routes as payment_methods
from sandbox.payment_pages import routes as payment_pages
from sandbox.plans import routes as plans
from sandbox.prices import routes as prices
from sandbox.products import routes as products
from sandbox.promotion_codes import routes as promotion_codes
from sandbox.refunds import routes as refunds
from sandbox.routing import RouteTable
from sandbox.setup_intents import routes as setup_intents
from sandbox.sources import routes as sources
from sandbox.subscription_items import routes as subscription_items
from sandbox.subscription_schedules import routes as subscription_schedules
from sandbox.subscriptions import routes as subscriptions
from sandbox.test_clocks import routes as test_clocks
from sandbox.webhook_endpoints import routes as webhook_endpoints

API = RouteTable(
    [
        *accounts.ROUTES,
        *billing_portal.ROUTES,
        *charges.ROUTES,
        *checkout_sessions.ROUTES,
        *coupons.ROUTES,
        *customers.ROUTES,
        *customer_balance_transactions.ROUTES,
        *disputes.ROUTES,
        *event_destinations.ROUTES,
        *events.ROUTES,
        *v2_events.ROUTES,
        *invoice_items.ROUTES,
        *invoice_payments.ROUTES,
        *invoices.ROUTES,
        *payment_intents.ROUTES,
        *payment_methods.ROUTES,
        *payment_pages.ROUTES,
        *plans.ROUTES,
        *prices.ROUTES,
        *products.ROUTES,
        *promotion_codes.ROUTES,
        *refunds.ROUTES,
        *setup_intents.ROUTES,
        *sources.ROUTES,
        *subscription_items.ROUTES,
        *subscription_schedules.ROUTES,
        *subscriptions.ROUTES,
        *test_clocks.ROUTES,
        *webhook_endpoints.ROUTES,
    ]
)

CONTROL = RouteTable([*control_clock.ROUTES, *control_deliveries.ROUTES, *control_scenes.ROUTES])
