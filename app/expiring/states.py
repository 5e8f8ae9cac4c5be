"""Why a card that will expire is not written about, and how a case about one ends."""

from enum import StrEnum


class LeftOut(StrEnum):
    """Why no notice goes. The first that applies is the reason; the report counts them."""

    SWITCHED_OFF = "switched_off"  # by configuration, or for this plan
    CUSTOMER_GONE = "customer_gone"  # deleted at the provider, or not known to us
    NO_SUBSCRIPTION = "no_subscription"  # nothing is charged at all
    NOT_CHARGED = "not_charged"  # the provider would charge another method
    NOT_RENEWING = "not_renewing"  # ended, ending before the charge, never begun
    PAUSED = "paused"
    BY_INVOICE = "by_invoice"  # send_invoice: paid by hand
    FREE = "free"
    NOT_A_CARD = "not_a_card"
    WALLET = "wallet"  # the wallet's network token is renewed without the customer
    UNREAD = "unread"  # a card whose dates we have never seen
    STILL_VALID = "still_valid"  # the next charge falls before the end of the card
    BACKUP = "backup"  # another method of the customer is good beyond the charge
    TOLD_LATER = "told_later"  # the charge is far away: told near it
    TOO_LATE = "too_late"  # found when every stage had passed
    UPDATED_BY_UPDATER = "updated_by_updater"
    UPDATED_BY_CUSTOMER = "updated_by_customer"
    UPDATED = "updated"  # new dates, and nobody told us through whom
    STOPPED = "stopped"  # closed by hand; the same card never opens another case
    TOLD = "told"  # this card has had its notices
    SKIPPED = "skipped"  # a planned notice did not go; its step says why


class NoticeResult(StrEnum):
    """What became of one notice that a plain rule would have sent."""

    PENDING = "pending"
    SENT = "sent"
    LEFT_OUT = "left_out"  # always with a reason


class By(StrEnum):
    """Through whom a card was updated."""

    CUSTOMER = "customer"
    UPDATER = "updater"
    UNKNOWN = "unknown"


class BackupRule(StrEnum):
    """Which other methods of a customer stand in for an expiring card."""

    NAMED = "named"  # those that come after it in the provider's order of four
    ATTACHED = "attached"  # every saved one: for merchants whose billing falls back by itself
    NONE = "none"


class Anchor(StrEnum):
    """What the stages lead up to; stored as the case's category."""

    EXPIRY = "expiry"
    CHARGE = "charge"
