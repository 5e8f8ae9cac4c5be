"""What became of one late invoice, and of one visit to the card page."""

from enum import StrEnum


class DebtResult(StrEnum):
    """How an invoice ceased to be owed."""

    PAID = "paid"
    VOIDED = "voided"
    WRITTEN_OFF = "written_off"
    DISPUTED = "disputed"
    CANCELLED = "cancelled"  # the customer left
    LOST = "lost"  # the provider ended or suspended the subscription, or our time was over


class CardSessionState(StrEnum):
    """A provider page minted by our card page for one case."""

    OPEN = "open"
    CHARGING = "charging"  # a card was saved there; it is being set and charged
    PAID = "paid"
    DECLINED = "declined"
    FAILED = "failed"  # refused by our own rules or by the provider; a person is told
