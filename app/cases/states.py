"""Kinds, states and outcomes of cases; states of steps."""

from enum import StrEnum


class CaseKind(StrEnum):
    DUNNING = "dunning"
    EXPIRING_CARD = "expiring_card"
    CANCELLATION = "cancellation"
    WINBACK = "winback"


class CaseState(StrEnum):
    OPEN = "open"
    HELD = "held"  # nothing leaves until it is released
    CLOSED = "closed"


class Outcome(StrEnum):
    RECOVERED = "recovered"
    LOST = "lost"
    CANCELLED = "cancelled"  # the customer left
    VOIDED = "voided"
    DISPUTED = "disputed"
    WRITTEN_OFF = "written_off"
    CARD_UPDATED = "card_updated"  # expiring_card: before the charge that would have failed
    EXPIRED = "expired"  # expiring_card: nobody gave another card in time
    NOT_NEEDED = "not_needed"  # expiring_card: nothing is charged that would have failed
    SAVED = "saved"  # cancellation: the offer is in place at the provider
    UNDONE = "undone"  # cancellation: taken back before the end
    ABANDONED = "abandoned"  # cancellation: no decision; nothing was changed
    MANUAL = "manual"  # cancellation: a person carries it out
    RETURNED = "returned"  # winback: by whatever way
    EXHAUSTED = "exhausted"  # winback: all was said
    STOPPED = "stopped"  # by hand or erasure; the same invoices never reopen it


class CardSessionState(StrEnum):
    """A provider page minted by our card page for one case."""

    OPEN = "open"
    CHARGING = "charging"  # a card was saved there; it is being set and charged
    PAID = "paid"
    SAVED = "saved"  # set for the charges to come; nothing was due
    DECLINED = "declined"
    FAILED = "failed"  # refused by our own rules or by the provider; a person is told


class StepState(StrEnum):
    PLANNED = "planned"
    DONE = "done"
    SKIPPED = "skipped"  # always with a reason


class StepKind(StrEnum):
    MAIL = "mail"
    LETTER = "letter"  # a person prints it: a task
    CALL = "call"  # a person calls: a task
    GIVE_UP = "give_up"  # the campaign's time is over
