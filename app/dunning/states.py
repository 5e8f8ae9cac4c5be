"""What became of one late invoice."""

from enum import StrEnum


class DebtResult(StrEnum):
    """How an invoice ceased to be owed."""

    PAID = "paid"
    VOIDED = "voided"
    WRITTEN_OFF = "written_off"
    DISPUTED = "disputed"
    CANCELLED = "cancelled"  # the customer left
    LOST = "lost"  # the provider ended or suspended the subscription, or our time was over
