"""States and sources of an inbound event."""

from enum import StrEnum


class InboundState(StrEnum):
    RECEIVED = "received"  # stored, not yet processed (or waiting for its next try)
    DONE = "done"
    IGNORED = "ignored"  # of the other live mode, or of another account
    DEAD = "dead"  # ten tries failed; a person must look and replay


class Source(StrEnum):
    STRIPE = "stripe"  # a signed webhook
    BACKFILL = "backfill"  # the provider's event list
    LIVE = "live"  # an object read from the provider (refetch, reconcile, import)
    OUTBOX = "outbox"  # what became of one of our own effects
    RESEND = "resend"  # a callback of the mail provider: a bounce, a complaint, a subscription
    POSTMARK = "postmark"
    SES = "ses"  # through Amazon SNS


CALLBACKS = frozenset({Source.RESEND, Source.POSTMARK, Source.SES})
