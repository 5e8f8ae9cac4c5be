"""What every number of the renewals means. Pure.

The unit is one term of one subscription, in the month (UTC) in which it ends. Every term that ends is due, cancelled
early or not. How terms are known: the invoice of a new cycle is made when a term ends; and where a subscription has
ended, the term that it was in ends on the day until which it was paid for. A term that nobody paid for is none: its
own invoice is already counted as not paid. Trials are no terms, nor is the first charge after one a renewal.

Limits: the length of a term is that of the subscription as it is now; a term that a change of plan cuts short is not
due; a subscription that is ended for another one of the same customer counts as cancelled here, not in retention.
"""

from __future__ import annotations

from dataclasses import dataclass, fields
from datetime import datetime, timedelta
from enum import StrEnum

from app.stats.cancellations_rules import Share

AFTER_TRIAL = timedelta(days=2)
"""So long after the end of a trial an invoice is still its first charge."""


class RenewalBy(StrEnum):
    """What the rows of a report are grouped by; always by the length of the term as well."""

    MONTH = "month"
    REASON = "reason"  # why it was not renewed
    PLAN = "plan"


class Place(StrEnum):
    """Where one term is counted."""

    RENEWED = "renewed"
    PENDING = "pending"  # the next term is not paid, and may be
    WAIVED = "waived"  # nothing was asked for: a pause, or the merchant let it be
    CANCELLED = "cancelled"
    UNPAID = "unpaid"


@dataclass(frozen=True, slots=True)
class Subscribed:
    """A subscription as it is now. `involuntary`: it ended for non-payment; None where it goes on."""

    over: bool
    involuntary: bool | None = None
    reason: str | None = None
    trial_end_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class RenewalFigures:
    """Counts of terms. due = renewed + pending + waived + cancelled + unpaid."""

    renewed: int = 0
    pending: int = 0
    waived: int = 0
    cancelled: int = 0
    unpaid: int = 0

    def __add__(self, other: RenewalFigures) -> RenewalFigures:
        return RenewalFigures(*(getattr(self, f.name) + getattr(other, f.name) for f in fields(self)))

    @property
    def due(self) -> int:
        """Every term that ended, cancelled early or not."""
        return self.renewed + self.pending + self.waived + self.cancelled + self.unpaid

    @property
    def rate(self) -> Share:
        """`renewed / due`, due being every term that ended, cancelled early or not. What is pending counts as not
        renewed until it is paid."""
        return Share(self.renewed, self.due)


def by_cycle(created_at: datetime, invoice: str, subscription: Subscribed) -> Place | None:
    """Where the term is counted that ended when the invoice of the next one was made; None: that was a trial.

    `invoice`: its status. What the subscription's end says counts only where the invoice was not paid.
    """
    trial = subscription.trial_end_at
    if trial is not None and created_at <= trial + AFTER_TRIAL:
        return None
    if invoice == "paid":
        return Place.RENEWED
    if subscription.over:
        return Place.UNPAID if subscription.involuntary else Place.CANCELLED
    if invoice == "uncollectible":
        return Place.UNPAID
    return Place.WAIVED if invoice in ("void", "deleted") else Place.PENDING


def by_end(paid_until: datetime, last_invoice: str | None, subscription: Subscribed) -> Place | None:
    """Where the last term of a subscription that has ended is counted; None: it was a trial, or nobody paid for it.

    `last_invoice`: the status of the subscription's latest invoice, None where it is not known.
    """
    trial = subscription.trial_end_at
    if trial is not None and paid_until <= trial + AFTER_TRIAL:
        return None
    if last_invoice is not None and last_invoice != "paid":
        return None
    return Place.UNPAID if subscription.involuntary else Place.CANCELLED


def reason_of(place: Place, subscription: Subscribed) -> str:
    """Why it was not renewed; the place itself where there is nothing more to say."""
    if place is Place.CANCELLED:
        return subscription.reason or "no reason told"
    return "payment failed" if place is Place.UNPAID else place.value
