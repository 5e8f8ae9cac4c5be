"""States of mails, actions and tasks."""

from enum import StrEnum


class MailState(StrEnum):
    QUEUED = "queued"
    SENDING = "sending"  # committed before the wire: from here on only one try is ever under way
    SENT = "sent"  # the mail server has accepted it
    RETRY = "retry"  # refused for now, before acceptance: certain not to have left
    FAILED = "failed"  # refused for good
    UNKNOWN = "unknown"  # a crash or a drop after DATA leaves doubt: never sent again, a person is told
    CANCELLED = "cancelled"  # the guard stopped it, or it was withheld (shadow, allowlist)


class MailPurpose(StrEnum):
    """What a mail is for decides what must be true when it leaves."""

    REMINDER = "reminder"  # needs an open case and an unpaid invoice
    THANK_YOU = "thank_you"  # needs a case closed as recovered after a reminder
    LAST_NOTICE = "last_notice"  # needs a case closed as lost and still unpaid
    CONFIRMATION = "confirmation"  # needs nothing
    COPY = "copy"  # a reminder's copy to a second person at the customer; needs what the reminder needs


class BounceKind(StrEnum):
    """What a mail that came back says of its address."""

    HARD = "hard"  # it takes no mail, now or later
    SOFT = "soft"  # not now: mailbox full, server down, or the provider cannot tell


class ActionState(StrEnum):
    QUEUED = "queued"
    SENDING = "sending"
    DONE = "done"
    RETRY = "retry"
    FAILED = "failed"
    UNKNOWN = "unknown"
    CANCELLED = "cancelled"


UNSETTLED = (ActionState.QUEUED, ActionState.SENDING, ActionState.RETRY)
"""A change that is still on its way to the provider."""


class TaskState(StrEnum):
    OPEN = "open"
    DONE = "done"
