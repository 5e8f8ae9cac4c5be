"""What a subscription puts on the agenda, and scheduled ends."""

from __future__ import annotations

from sandbox.clock import DAY
from sandbox.errors import invalid
from sandbox.events.record import emit
from sandbox.parameters import Params, flag, given, instant, text
from sandbox.state import Obj, State
from sandbox.subscriptions.objects import period_end

TRIAL_NOTICE_SECONDS = 3 * DAY
PERIOD_WORDS = ("min_period_end", "max_period_end", "max_billed_until")


def plan_period(state: State, subscription: Obj) -> None:
    """Note the end of the current period and the notices before it."""
    end = period_end(subscription)
    state.agenda.note(end, "renew", subscription["id"])
    upcoming = end - state.policy.upcoming_days * DAY
    if upcoming > state.now:
        state.agenda.note(upcoming, "upcoming", subscription["id"])
    if subscription["status"] == "trialing":
        notice = end - TRIAL_NOTICE_SECONDS
        if notice > state.now:
            state.agenda.note(notice, "trial_notice", subscription["id"])
        else:
            emit(state, "customer.subscription.trial_will_end", subscription)


def schedule_cancel(state: State, subscription: Obj, params: Params) -> None:
    """Set or clear a future end, and see to it that it comes."""
    set_scheduled_end(state, subscription, params)
    if subscription["cancel_at"] is not None:
        state.agenda.note(subscription["cancel_at"], "cancel", subscription["id"])


def set_scheduled_end(state: State, subscription: Obj, params: Params) -> None:
    """Only the fields of a future end; `cancel_at` wins where both ways are given."""
    end: int | None = None
    at_period_end = flag(params, "cancel_at_period_end", subscription["cancel_at_period_end"])
    if given(params, "cancel_at"):
        word = text(params, "cancel_at")
        end = period_end(subscription) if word in PERIOD_WORDS else instant(params, "cancel_at", state.now)
        at_period_end = False
        if end is not None and end <= state.now:
            raise invalid("cancel_at must lie in the future.", param="cancel_at")
    elif at_period_end:
        end = period_end(subscription)
    subscription |= {
        "cancel_at": end,
        "cancel_at_period_end": at_period_end,
        "canceled_at": state.now if end else None,
    }
    subscription["cancellation_details"]["reason"] = "cancellation_requested" if end else None
