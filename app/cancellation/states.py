"""What a visit to the cancel page shows, and how a subscription ends."""

from enum import StrEnum


class Screen(StrEnum):
    START = "start"  # the plan, the reasons, the cancel button
    PERMISSION = "permission"  # may we show you options?
    OFFER = "offer"
    CONFIRM = "confirm"  # nothing to offer: cancel or keep
    BARE = "bare"  # Germany: the statutory fields and the button, nothing else
    CANCELLING = "cancelling"  # stored, and on its way to the provider
    CANCELLED = "cancelled"  # the provider shows it
    APPLYING = "applying"
    APPLIED = "applied"
    FAILED = "failed"  # the offer could not be applied; cancelling is one press away
    MANUAL = "manual"  # a person carries it out
    TALK = "talk"  # a person will answer
    UNDOING = "undoing"
    UNDONE = "undone"
    KEPT = "kept"  # the customer stays, nothing was changed
    ENDED = "ended"  # it had ended before


STORED = frozenset({Screen.PERMISSION, Screen.OFFER, Screen.CONFIRM, Screen.BARE})
"""Screens that are shown again to the letter; the others tell how things stand now."""


class Do(StrEnum):
    """What a button of the cancel page asks for."""

    ANSWER = "answer"
    PERMIT = "permit"
    REFUSE = "refuse"  # no options, please: cancel
    ACCEPT = "accept"
    CONFIRM = "confirm"  # Germany: on to the statutory page
    CANCEL = "cancel"
    KEEP = "keep"
    UNDO = "undo"


class Way(StrEnum):
    """How a subscription is ended at the provider."""

    PERIOD_END = "period_end"
    NOW = "now"
    MANUAL = "manual"  # a shape that we do not touch
    DONE = "done"  # it has ended, or its end is scheduled


class Feedback(StrEnum):
    """The provider's eight words for a reason (`cancellation_details.feedback`)."""

    CUSTOMER_SERVICE = "customer_service"
    LOW_QUALITY = "low_quality"
    MISSING_FEATURES = "missing_features"
    OTHER = "other"
    SWITCHED_SERVICE = "switched_service"
    TOO_COMPLEX = "too_complex"
    TOO_EXPENSIVE = "too_expensive"
    UNUSED = "unused"
