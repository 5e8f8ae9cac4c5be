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
    STOPPED = "stopped"  # by hand or erasure; the same invoices never reopen it


class StepState(StrEnum):
    PLANNED = "planned"
    DONE = "done"
    SKIPPED = "skipped"  # always with a reason


class StepKind(StrEnum):
    MAIL = "mail"
    GIVE_UP = "give_up"  # the campaign's time is over
