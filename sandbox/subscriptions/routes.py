"""`/v1/subscriptions`."""

from __future__ import annotations

from sandbox.cursors import listing
from sandbox.errors import invalid
from sandbox.parameters import Params, flag, given, mapping, sequence, text, within
from sandbox.prices.routes import refuse_archived
from sandbox.routing import Call, route
from sandbox.state import Obj
from sandbox.subscriptions.billing import bill_leftovers, keep_drafts
from sandbox.subscriptions.changing import change_subscription
from sandbox.subscriptions.objects import period_end
from sandbox.subscriptions.pausing import pause_now, resume
from sandbox.subscriptions.proration import credits_for
from sandbox.subscriptions.standing import end_subscription
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
    refuse_archived(call.state, sequence(call.params, "items"))
    return start_subscription(call.state, call.params)


def retrieve(call: Call) -> Obj:
    return call.state.get("subscription", call.id)


def update(call: Call) -> Obj:
    subscription = call.state.get("subscription", call.id)
    if subscription["status"] in OVER and set(call.params) - {"metadata", "cancellation_details", "expand"}:
        raise invalid("A canceled subscription can only change its metadata and cancellation details.")
    _refuse_end_of_scheduled(subscription, call.params)
    in_use = [item["price"]["id"] for item in subscription["items"]["data"]]
    refuse_archived(call.state, sequence(call.params, "items"), in_use)
    change_subscription(call.state, subscription, call.params)
    return subscription


def _refuse_end_of_scheduled(subscription: Obj, params: Params) -> None:
    """How a subscription ends is its schedule's business while it has one."""
    if subscription["schedule"] and (given(params, "cancel_at") or given(params, "cancel_at_period_end")):
        raise invalid(
            f"The subscription is managed by the subscription schedule `{subscription['schedule']}`, and updating"
            " any cancelation behavior directly is not allowed. Please update the schedule instead."
        )


def cancel(call: Call) -> Obj:
    """End now; `prorate` credits the unused time, `invoice_now` bills what still waits."""
    state, subscription = call.state, call.state.get("subscription", call.id)
    if subscription["status"] in OVER:
        raise invalid(f"No such subscription: '{call.id}'", param="id", code="resource_missing", status=404)
    details = mapping(call.params, "cancellation_details")
    if flag(call.params, "prorate"):
        items = subscription["items"]["data"]
        unused = [draft for item in items for draft in credits_for(state, subscription, item, state.now)]
        keep_drafts(state, subscription, unused)
    end_subscription(
        state,
        subscription,
        reason="cancellation_requested",
        feedback=text(details, "feedback"),
        comment=text(details, "comment"),
    )
    if flag(call.params, "invoice_now"):
        bill_leftovers(state, subscription, at_once=True)
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
        "billing_cycle_anchor payment_behavior proration_behavior proration_date",
    ),
]
