"""What a page of the portal says, and what its button does."""

from enum import StrEnum


class View(StrEnum):
    """What has become of the payment, as one page."""

    OWED = "owed"
    CHARGING = "charging"  # a new card is saved and on its way
    PAUSED = "paused"  # nothing may leave this installation at the moment
    HELD = "held"
    SETTLED = "settled"
    PAID_LATE = "paid_late"  # paid, but after the case had ended otherwise
    ENDED = "ended"
    SUSPENDED = "suspended"
    STILL_OPEN = "still_open"  # we have stopped asking, it can still be paid
    CANCELLED = "cancelled"
    VOIDED = "voided"
    WRITTEN_OFF = "written_off"
    DISPUTED = "disputed"
    STOPPED = "stopped"


class Notice(StrEnum):
    """What came of the newest card that the customer gave us on the provider's page."""

    NONE = "none"
    DECLINED = "declined"
    CONFIRM = "confirm"  # saved; the bank wants a confirmation
    BANNED = "banned"  # the very card that its network forbids to charge
    FAILED = "failed"
    SAVED = "saved"  # and charged once payments go on
    PART_PAID = "part_paid"  # one invoice is paid, others are open


class Remedy(StrEnum):
    """What the button does."""

    NONE = "none"
    CONFIRM = "confirm"  # the provider's page of the invoice, where the bank asks
    UPDATE_CARD = "update_card"  # the provider's page for a new card, which we then charge
    UPDATE_METHOD = "update_method"  # the same, for whom it was no card
    ADD_METHOD = "add_method"  # the same, where there was nothing to charge
    PAY = "pay"  # the provider's page of the invoice, after our case has ended

    @property
    def is_paid_on_invoice_page(self) -> bool:
        return self in (Remedy.CONFIRM, Remedy.PAY)


class CardView(StrEnum):
    """What a page about a card that is to expire says."""

    DUE = "due"  # another card is wanted; nothing is to be paid yet
    SAVING = "saving"  # a new card is saved and being set
    SAVED = "saved"
    FAILED = "failed"  # the new card could not be set; another try is open
    PAUSED = "paused"
    HELD = "held"
    ENDED = "ended"  # nothing to do here any more
