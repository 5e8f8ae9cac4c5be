"""The subscription schedule object."""

from __future__ import annotations

from copy import deepcopy

from sandbox.errors import invalid
from sandbox.parameters import Params, choice, given, mapping, merged_metadata, text
from sandbox.state import Obj, State
from sandbox.subscription_schedules.phases import PLAIN_PHASE

KIND = "subscription_schedule"
END_BEHAVIORS = ("cancel", "release")
LIVE = ("not_started", "active")
DEFAULT_SETTINGS: Obj = {
    "application_fee_percent": None,
    "automatic_tax": None,
    "billing_cycle_anchor": "automatic",
    "billing_thresholds": None,
    "collection_method": "charge_automatically",
    "default_payment_method": None,
    "description": None,
    "invoice_settings": {
        "account_tax_ids": None,
        "custom_fields": None,
        "days_until_due": None,
        "description": None,
        "footer": None,
        "issuer": {"type": "self"},
    },
    "on_behalf_of": None,
    "transfer_data": None,
}


def new_schedule(state: State, customer_id: str, phases: list[Obj], params: Params) -> Obj:
    """A stored schedule that has not started."""
    schedule: Obj = {
        "id": state.new_id("sub_sched"),
        "object": KIND,
        "application": None,
        "billing_mode": {"flexible": {"proration_discounts": "included"}, "type": "flexible"},
        "canceled_at": None,
        "completed_at": None,
        "created": state.now,
        "current_phase": None,
        "customer": customer_id,
        "customer_account": None,
        "default_settings": deepcopy(DEFAULT_SETTINGS),
        "end_behavior": choice(params, "end_behavior", END_BEHAVIORS, "release"),
        "livemode": False,
        "metadata": merged_metadata({}, params),
        "pause_schedules": [],
        "phases": phases,
        "released_at": None,
        "released_subscription": None,
        "status": "not_started",
        "subscription": None,
        "test_clock": None,
    }
    write_settings(schedule, params)
    return state.insert(schedule)


def write_settings(schedule: Obj, params: Params) -> None:
    """`default_settings`: what phases use that say nothing else."""
    wanted, settings = mapping(params, "default_settings"), schedule["default_settings"]
    for name in ("collection_method", "default_payment_method", "description", "billing_cycle_anchor"):
        if given(wanted, name):
            settings[name] = text(wanted, name) or DEFAULT_SETTINGS[name]


def phase_of_subscription(subscription: Obj) -> Obj:
    """The subscription's current period as the phase that a schedule made from it begins with."""
    rows = subscription["items"]["data"]
    return {
        **deepcopy(PLAIN_PHASE),
        "currency": subscription["currency"],
        "default_payment_method": subscription["default_payment_method"],
        "discounts": [
            {"coupon": None, "discount": name, "promotion_code": None} for name in subscription["discounts"]
        ],
        "end_date": max(row["current_period_end"] for row in rows),
        "items": [
            {
                "billing_thresholds": None,
                "discounts": [],
                "metadata": dict(row["metadata"]),
                "plan": row["price"]["id"],
                "price": row["price"]["id"],
                "quantity": row["quantity"],
                "tax_rates": [],
            }
            for row in rows
        ],
        "metadata": {},
        "proration_behavior": "create_prorations",
        "start_date": min(row["current_period_start"] for row in rows),
        "trial_end": subscription["trial_end"] if subscription["status"] == "trialing" else None,
    }


def phase_at(schedule: Obj, instant: int) -> Obj | None:
    """The phase in which `instant` lies."""
    return next(
        (row for row in schedule["phases"] if row["start_date"] <= instant < row["end_date"]),
        None,
    )


def get_live(state: State, schedule_id: str, doing: str) -> Obj:
    """A schedule that has not ended; 400 for one that has."""
    schedule = state.get(KIND, schedule_id)
    if schedule["status"] not in LIVE:
        raise invalid(f"You cannot {doing} a subscription schedule that is {schedule['status']}.", param="id")
    return schedule
