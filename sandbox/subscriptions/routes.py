"""`/v1/subscriptions` and `/v1/subscription_items` (read only)."""

from __future__ import annotations

from sandbox.calendar_periods import next_boundary
from sandbox.cursors import listing
from sandbox.errors import invalid
from sandbox.events.record import changing, emit
from sandbox.invoices.collection import collect
from sandbox.invoices.drafting import draft_invoice, finalize_invoice
from sandbox.parameters import mapping, required_text, text, within
from sandbox.routing import Call, route
from sandbox.state import Obj
from sandbox.subscriptions.changing import apply_changes
from sandbox.subscriptions.objects import period_end, recurring_of, set_period
from sandbox.subscriptions.scheduling import plan_period
from sandbox.subscriptions.standing import end_subscription, pause
from sandbox.subscriptions.starting import start_subscription

SHARED = (
    "items default_payment_method metadata description collection_method days_until_due trial_end"
    " discounts cancel_at cancel_at_period_end payment_behavior proration_behavior payment_settings"
    " off_session trial_settings automatic_tax default_tax_rates default_source invoice_settings"
    " add_invoice_items billing_thresholds"
)
CREATE = (
    SHARED + " customer currency trial_period_days trial_from_plan billing_cycle_anchor backdate_start_date"
    " billing_mode"
)
UPDATE = SHARED + " pause_collection cancellation_details billing_cycle_anchor proration_date"
OVER = ("canceled", "incomplete_expired")


def create(call: Call) -> Obj:
    return start_subscription(call.state, call.params)


def retrieve(call: Call) -> Obj:
    return call.state.get("subscription", call.id)


def update(call: Call) -> Obj:
    subscription = call.state.get("subscription", call.id)
    if subscription["status"] in OVER and set(call.params) - {"metadata", "cancellation_details", "expand"}:
        raise invalid("A canceled subscription can only change its metadata and cancellation details.")
    with changing(call.state, subscription, "customer.subscription.updated"):
        apply_changes(call.state, subscription, call.params)
    return subscription


def cancel(call: Call) -> Obj:
    """End now."""
    subscription = call.state.get("subscription", call.id)
    if subscription["status"] in OVER:
        raise invalid(f"No such subscription: '{call.id}'", param="id", code="resource_missing", status=404)
    details = mapping(call.params, "cancellation_details")
    end_subscription(
        call.state,
        subscription,
        reason="cancellation_requested",
        feedback=text(details, "feedback"),
        comment=text(details, "comment"),
    )
    return subscription


def pause_now(call: Call) -> Obj:
    subscription = call.state.get("subscription", call.id)
    with changing(call.state, subscription, "customer.subscription.updated"):
        pause(call.state, subscription, "pause_requested")
    emit(call.state, "customer.subscription.paused", subscription)
    return subscription


def resume(call: Call) -> Obj:
    """From `paused` to running: a new period from now, billed at once."""
    state, subscription = call.state, call.state.get("subscription", call.id)
    if subscription["status"] != "paused":
        raise invalid(f"The subscription is {subscription['status']}, not paused.", param="id")
    with changing(state, subscription, "customer.subscription.updated"):
        subscription |= {"status": "active", "status_details": None}
        if period_end(subscription) <= state.now:
            subscription["billing_cycle_anchor"] = state.now
            set_period(
                subscription, state.now, next_boundary(state.now, recurring_of(subscription), state.now)
            )
            plan_period(state, subscription)
            period = (state.now, period_end(subscription))
            invoice = draft_invoice(state, subscription, "subscription_update", period, at_once=True)
            finalize_invoice(state, invoice)
            collect(state, invoice, automatic=True)
    emit(state, "customer.subscription.resumed", subscription)
    return subscription


def list_all(call: Call) -> Obj:
    """Canceled ones only when asked for by `status`."""
    state, params = call.state, call.params
    status, customer, price = text(params, "status"), text(params, "customer"), text(params, "price")
    rows = state.rows("subscription")
    if customer:
        rows = [row for row in rows if row["customer"] == customer]
    match status:
        case None:
            rows = [row for row in rows if row["status"] not in OVER]
        case "ended":
            rows = [row for row in rows if row["status"] in OVER]
        case "all":
            pass
        case _:
            rows = [row for row in rows if row["status"] == status]
    if price:
        rows = [row for row in rows if any(item["price"]["id"] == price for item in row["items"]["data"])]
    rows = [row for row in rows if within(row["created"], params, "created")]
    rows = [row for row in rows if within(period_end(row), params, "current_period_end")]
    return listing(rows, params, "/v1/subscriptions")


def list_items(call: Call) -> Obj:
    subscription = call.state.get("subscription", required_text(call.params, "subscription"), "subscription")
    return listing(subscription["items"]["data"], call.params, "/v1/subscription_items")


FILTERS = (
    "limit starting_after ending_before customer status price created current_period_end"
    " current_period_start collection_method"
)
ROUTES = [
    route("POST", "/v1/subscriptions", create, CREATE),
    route("GET", "/v1/subscriptions", list_all, FILTERS),
    route("GET", "/v1/subscriptions/{}", retrieve),
    route("POST", "/v1/subscriptions/{}", update, UPDATE),
    route("DELETE", "/v1/subscriptions/{}", cancel, "cancellation_details invoice_now prorate"),
    route("POST", "/v1/subscriptions/{}/pause", pause_now, "type bill_for invoicing_behavior"),
    route(
        "POST",
        "/v1/subscriptions/{}/resume",
        resume,
        "billing_cycle_anchor payment_behavior proration_behavior",
    ),
    route("GET", "/v1/subscription_items", list_items, "limit starting_after ending_before subscription"),
]
