"""Kinds of offers, and the states of a grant."""

from enum import StrEnum


class OfferKind(StrEnum):
    FREE_MONTHS = "free_months"
    PERCENT_OFF = "percent_off"
    AMOUNT_OFF = "amount_off"
    PAUSE = "pause"
    UPGRADE = "upgrade"  # a higher plan at no extra cost for some months
    SWITCH_PLAN = "switch_plan"
    EXTEND_TRIAL = "extend_trial"
    TALK = "talk"  # a person answers
    REDIRECT = "redirect"

    @property
    def changes_the_subscription(self) -> bool:
        return self not in (OfferKind.TALK, OfferKind.REDIRECT)


class Means(StrEnum):
    """How a benefit is brought about."""

    COUPON = "coupon"
    CREDIT = "credit"
    PAUSE = "pause"
    SWITCH = "switch"
    TRIAL = "trial"
    ENTITLEMENT = "entitlement"
    SCHEDULE = "schedule"
    NOTHING = "nothing"


class GrantState(StrEnum):
    SHOWN = "shown"
    ACCEPTED = "accepted"  # booked and on its way to the provider
    APPLIED = "applied"  # the provider, or the merchant's backend, shows it
    FAILED = "failed"
    DECLINED = "declined"
    EXPIRED = "expired"
    KEPT = "kept"  # still subscribed 90 days after the first full-price charge was paid
    LEFT = "left"


ACCEPTED_ONCE = frozenset({GrantState.ACCEPTED, GrantState.APPLIED, GrantState.KEPT, GrantState.LEFT})
"""A person has taken this offer: it counts for cooldowns."""
