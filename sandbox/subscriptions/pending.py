"""`pending_if_incomplete`: a change that takes effect only once what it bills is paid, within 23 hours."""

from __future__ import annotations

from copy import deepcopy

from sandbox.clock import HOUR
from sandbox.errors import invalid
from sandbox.parameters import Params
from sandbox.state import Obj, State
from sandbox.subscriptions.scheduling import plan_period

PENDING_SECONDS = 23 * HOUR
SUPPORTED = {
    "expand", "payment_behavior", "proration_behavior", "proration_date", "billing_cycle_anchor", "items",
    "trial_end", "trial_from_plan", "add_invoice_items", "off_session",
}  # fmt: skip
# Of the subscription, what a change may touch.
TOUCHED = ("billing_cycle_anchor", "items", "status", "trial_end", "trial_start", "cancel_at")


def refuse_unsupported(params: Params) -> None:
    """A change that waits for money can only be about what costs money."""
    for name in params:
        if name not in SUPPORTED:
            message = f"When `payment_behavior` is `pending_if_incomplete`, {name} cannot be changed."
            raise invalid(message, param=name)


def hold_back(state: State, subscription: Obj, before: Obj) -> None:
    """Put the subscription back to `before`; the change waits in `pending_update`."""
    wanted = deepcopy({name: subscription[name] for name in TOUCHED})
    subscription |= {name: before[name] for name in TOUCHED}
    subscription["pending_update"] = {
        "billing_cycle_anchor": _if_new(wanted, before, "billing_cycle_anchor"),
        "expires_at": state.now + PENDING_SECONDS,
        "subscription_items": wanted["items"]["data"],
        "trial_end": _if_new(wanted, before, "trial_end"),
        "trial_from_plan": None,
    }
    state.agenda.note(state.now + PENDING_SECONDS, "expire_pending_update", subscription["id"])


def _if_new(wanted: Obj, before: Obj, name: str) -> int | None:
    return wanted[name] if wanted[name] != before[name] else None


def apply_pending(state: State, subscription: Obj) -> None:
    """Its invoice is paid: the change takes effect."""
    update = subscription["pending_update"]
    subscription["items"]["data"] = update["subscription_items"]
    subscription["items"]["total_count"] = len(update["subscription_items"])
    for name in ("billing_cycle_anchor", "trial_end"):
        if update[name] is not None:
            subscription[name] = update[name]
    subscription["pending_update"] = None
    plan_period(state, subscription)
