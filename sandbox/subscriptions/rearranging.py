"""Items, trial and billing cycle after a change, and what the change costs. Bills nothing and announces nothing,
so that a preview on a copy of the subscription comes to the same as the change itself."""

from __future__ import annotations

from dataclasses import dataclass, field
from fractions import Fraction

from sandbox.calendar_periods import next_boundary
from sandbox.errors import invalid
from sandbox.invoice_items.objects import ItemDraft
from sandbox.invoices.amounts import price_of
from sandbox.invoices.lines import FREE, WHOLE
from sandbox.parameters import Params, choice, given, instant, integer, mapping, sequence, text
from sandbox.state import Obj, State
from sandbox.subscriptions.items import edit_items
from sandbox.subscriptions.objects import recurring_of, set_period
from sandbox.subscriptions.proration import credits_for, prorations

BEHAVIOURS = ("create_prorations", "always_invoice", "none")
RUNNING = ("active", "past_due", "unpaid")


@dataclass
class Arrangement:
    """`share` of a full period that the subscription's own lines are billed with at once; None bills none of them.

    `at_once` bills `prorations` now instead of with the next invoice.
    """

    prorations: list[ItemDraft] = field(default_factory=list)
    share: Fraction | None = None
    reason: str = "subscription_update"
    at_once: bool = False

    @property
    def bills(self) -> bool:
        return self.share is not None or (self.at_once and bool(self.prorations))


def rearrange(state: State, subscription: Obj, params: Params) -> Arrangement:
    """Carry `items`, `trial_end` and `billing_cycle_anchor` out on the subscription."""
    behaviour = choice(params, "proration_behavior", BEHAVIOURS, "create_prorations")
    at = _proration_date(state, subscription, params)
    before = [dict(item) for item in subscription["items"]["data"]]
    rhythm, cost = _rhythm(subscription), _cost(subscription)
    was_trialing = subscription["status"] == "trialing"
    swaps = edit_items(state, subscription, sequence(params, "items"))
    trial_end = instant(params, "trial_end", state.now) if given(params, "trial_end") else None
    restarts = _rhythm(subscription) != rhythm or _anchors_now(params) or _starts_to_cost(subscription, cost)
    arrangement = Arrangement(at_once=behaviour == "always_invoice")
    if trial_end is not None and trial_end > state.now:
        arrangement.share = FREE
        arrangement.prorations = _unused(state, subscription, before, at, behaviour)
        _begin_trial(state, subscription, trial_end)
    elif given(params, "trial_end") and was_trialing:
        _end_trial(state, subscription)
        arrangement.share, arrangement.reason = WHOLE, "subscription_cycle"
    elif restarts and not was_trialing:
        arrangement.share = WHOLE
        arrangement.prorations = _unused(state, subscription, before, at, behaviour)
        restart_cycle(state, subscription)
    elif behaviour != "none" and subscription["status"] in RUNNING:
        arrangement.prorations = prorations(state, subscription, swaps, at)
    return arrangement


def _proration_date(state: State, subscription: Obj, params: Params) -> int:
    """Now, or the second inside the current period that the caller reckons from."""
    wanted = integer(params, "proration_date")
    if wanted is None:
        return state.now
    period = subscription["items"]["data"][0]
    if not period["current_period_start"] <= wanted <= period["current_period_end"]:
        message = "Invalid proration_date: it must lie within the current billing period."
        raise invalid(message, param="proration_date")
    return wanted


def _rhythm(subscription: Obj) -> tuple[str, int]:
    recurring = recurring_of(subscription)
    return recurring["interval"], recurring["interval_count"]


def _cost(subscription: Obj) -> Fraction:
    rows = subscription["items"]["data"]
    return sum((price_of(row["price"], row["quantity"]) for row in rows), Fraction(0))


def _anchors_now(params: Params) -> bool:
    """`{"type": "now"}`, or the bare word of older versions."""
    given_anchor = params.get("billing_cycle_anchor")
    if isinstance(given_anchor, dict):
        return choice(mapping(params, "billing_cycle_anchor"), "type", ("now", "unchanged")) == "now"
    word = text(params, "billing_cycle_anchor")
    if word not in (None, "now", "unchanged"):
        raise invalid("billing_cycle_anchor is either now or unchanged here.", param="billing_cycle_anchor")
    return word == "now"


def _starts_to_cost(subscription: Obj, cost: Fraction) -> bool:
    """In classic billing a change from free to paid begins a new period."""
    return subscription["billing_mode"]["type"] == "classic" and cost == 0 and _cost(subscription) > 0


def _unused(
    state: State, subscription: Obj, before: list[Obj], at: int, behaviour: str | None
) -> list[ItemDraft]:
    """Credits for all that was paid ahead, as a new period begins."""
    if behaviour == "none" or subscription["status"] not in RUNNING:
        return []
    return [draft for item in before for draft in credits_for(state, subscription, item, at)]


def restart_cycle(state: State, subscription: Obj) -> None:
    """A new anchor and a new period from now on."""
    subscription["billing_cycle_anchor"] = state.now
    set_period(subscription, state.now, next_boundary(state.now, recurring_of(subscription), state.now))


def _begin_trial(state: State, subscription: Obj, trial_end: int) -> None:
    """Free time up to `trial_end`; flexible billing dates the start anew each time it comes back to a trial."""
    fresh = subscription["billing_mode"]["type"] == "flexible" and subscription["status"] != "trialing"
    if fresh or subscription["trial_start"] is None:
        subscription["trial_start"] = state.now
    subscription |= {"trial_end": trial_end, "billing_cycle_anchor": trial_end, "status": "trialing"}
    set_period(subscription, state.now, trial_end)


def _end_trial(state: State, subscription: Obj) -> None:
    subscription |= {"trial_end": state.now, "status": "active"}
    restart_cycle(state, subscription)
