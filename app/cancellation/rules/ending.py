"""How a subscription of this shape is ended."""

from __future__ import annotations

from app.cancellation.states import Way
from app.offers.rules.contract import Contract

LATE = frozenset({"past_due", "unpaid", "incomplete", "paused"})
"""Ended now: with the period's end the provider would go on to collect, or there is no paid time to keep."""


def way_to_end(contract: Contract) -> tuple[Way, str]:
    """The way, and a sentence that says why."""
    if contract.has_ended:
        return Way.DONE, "it has ended already"
    if contract.schedule_id is not None and not contract.schedule_by_us:
        return Way.MANUAL, "a schedule of the merchant's own manages it"
    if contract.status in LATE:
        return Way.NOW, f"it is {contract.status}"
    if contract.cancel_at is not None:
        return Way.DONE, "its end is scheduled already"
    rhythms = {(line.interval, line.interval_count) for line in contract.lines}
    if len(rhythms) > 1:
        return Way.MANUAL, "its items renew at different times"
    if contract.period_end_at is None:
        return Way.MANUAL, "the provider does not say when its time ends"
    return Way.PERIOD_END, "the paid time is kept"
