"""What the return page says, and what its buttons do."""

from enum import StrEnum


class View(StrEnum):
    RETURN = "return"  # the plan they had, or its successor, with or without an offer
    ENDING = "ending"  # the paid time still runs: the cancellation can be taken back
    KEEPING = "keeping"  # that is on its way to the provider
    KEPT = "kept"
    FAILED = "failed"  # the offer could not be applied; taking the cancellation back is still open
    MANUAL = "manual"  # a person carries it out
    OWED = "owed"  # a payment is open: the card page is the way
    STARTING = "starting"  # paid at the provider, and not heard of yet
    WELCOME = "welcome"
    BACK = "back"  # a subscription of theirs runs, by whatever way
    GONE = "gone"  # the old price is no longer sold, and nothing is named in its place
    ASKED = "asked"  # and a person has been told that they would return
    DECLINED = "declined"


class Do(StrEnum):
    RETURN = "return"
    KEEP = "keep"  # take the cancellation back without the offer
    NO = "no"


WAITING = frozenset({View.STARTING, View.KEEPING})
"""The page looks again by itself."""
