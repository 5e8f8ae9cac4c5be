"""A schedule follows its subscription into the end: canceled with it, or aborted where nobody paid."""

from __future__ import annotations

from sandbox.events.record import emit
from sandbox.state import Obj, State

KIND = "subscription_schedule"


def subscription_ended(state: State, subscription: Obj) -> None:
    """Called once a subscription is canceled; one that its own last phase ended is left to complete."""
    schedule = state.find(KIND, subscription["schedule"])
    if schedule is None or schedule["status"] != "active":
        return
    last = schedule["phases"][-1]["end_date"]
    if schedule["end_behavior"] == "cancel" and last <= state.now:
        return
    unpaid = subscription["cancellation_details"]["reason"] == "payment_failed"
    schedule |= {"canceled_at": state.now, "current_phase": None, "status": "canceled"}
    emit(state, f"subscription_schedule.{'aborted' if unpaid else 'canceled'}", schedule)
