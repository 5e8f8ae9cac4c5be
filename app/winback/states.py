"""Words of win-back: kinds of lapses, why somebody is not invited, by which way they come back."""

from enum import StrEnum


class LapseKind(StrEnum):
    INVOLUNTARY = "involuntary"  # the payment failed
    VOLUNTARY = "voluntary"  # they left, with or without a reason
    SWITCHED = "switched"  # to another service
    MOVED = "moved"
    CLOSED = "closed"  # their business


class LapseState(StrEnum):
    WAITING = "waiting"  # looked at again: today was full, or something is still missing
    LEFT_OUT = "left_out"  # for a reason; most are looked at again, as reasons pass
    ENROLLED = "enrolled"
    UNDONE = "undone"  # its end was taken back before it came


class LeftOut(StrEnum):
    """Why a lapse begins no sequence. The first that applies is the reason."""

    SWITCHED_OFF = "switched_off"  # this kind has no steps
    DELETED = "deleted"  # at the provider, or erased here
    CONTACT_BAN = "contact_ban"  # do not contact, legal hold, deceased
    DISPUTED = "disputed"  # now or ever
    FRAUD = "fraud"
    REFUNDED = "refunded"  # the last payment was given back in full
    OWN_ACCOUNT = "own_account"  # staff and tests
    BY_HAND = "by_hand"  # VIP and excluded customers: a person writes
    COMPLAINT = "complaint"
    ACTIVE = "active"  # another subscription of the same person runs
    NEVER_PAID = "never_paid"
    TOO_OLD = "too_old"
    DECLINED = "declined"  # they said that they are not interested
    HAD_ONE = "had_one"  # a sequence in the time that is between two
    TWIN = "twin"  # the same person has one as another customer
    LATE_PAYMENT = "late_payment"  # is still being followed up
    NO_ADDRESS = "no_address"
    SUPPRESSED = "suppressed"
    NO_CONSENT = "no_consent"
    NOT_READY = "not_ready"  # postal address, old suppressions: the merchant's to mend
    YIELDS = "yields"  # to a campaign that goes first
    TODAY_FULL = "today_full"  # the cap of a day, or of the first run


class Channel(StrEnum):
    """By which way a step goes; the two others than mail are tasks for a person."""

    MAIL = "mail"
    LETTER = "letter"
    CALL = "call"


class Anchor(StrEnum):
    """From when the days of a step are counted."""

    END = "end"
    CANCELLATION = "cancellation"  # only while the paid time still runs


class How(StrEnum):
    """By which way somebody came back."""

    OFFER = "offer"  # through our checkout, with what we offered
    PAGE = "page"  # through our page, or after they were there, without an offer
    STAYED = "stayed"  # took their cancellation back after they were at our page
    NATURAL = "natural"  # not claimed


class ReturnState(StrEnum):
    OPEN = "open"
    COMPLETED = "completed"
    EXPIRED = "expired"


class LifeOutcome(StrEnum):
    """Whether a returned subscription was still there, so many days after its first full-price charge."""

    KEPT = "kept"
    LEFT = "left"
