"""What is told, and the states of a message."""

from enum import StrEnum


class HookType(StrEnum):
    """The public names of what is told; docs/hooks.md says what each carries."""

    ENTITLEMENT_CHANGED = "entitlement.changed"
    OFFER_ACCEPTED = "offer.accepted"
    OFFER_APPLIED = "offer.applied"
    OFFER_FAILED = "offer.failed"
    SUBSCRIPTION_CANCELLED = "subscription.cancelled"
    CANCELLATION_UNDONE = "subscription.cancellation_undone"
    SUBSCRIPTION_RETURNED = "subscription.returned"
    CASE_OPENED = "case.opened"
    CASE_RECOVERED = "case.recovered"
    CASE_LOST = "case.lost"
    GUARDRAIL_CROSSED = "guardrail.crossed"
    VERDICT_CHANGED = "verdict.changed"
    PING = "ping"  # a test of an endpoint; it goes to that one only


class EndpointKind(StrEnum):
    STANDARD = "standard"  # a system of the merchant's: signed, the types that it asked for
    CHAT = "chat"  # a chat's incoming webhook (RECLAIM_ALERT_URLS): a sentence for people, nothing signed


ALERT = "alert"
"""The type of what a chat is told. No endpoint of the other kind can ask for it."""

HEARD_BACK = frozenset({HookType.ENTITLEMENT_CHANGED})
"""Whoever told these waits for the acknowledgement: what became of them re-enters by the front door."""


class HookState(StrEnum):
    QUEUED = "queued"
    SENDING = "sending"
    RETRY = "retry"
    SENT = "sent"  # answered with 2xx: that is the acknowledgement
    FAILED = "failed"  # every try failed, or its endpoint was given up
    CANCELLED = "cancelled"  # shadow mode, a removed endpoint, an erased person


HOPEFUL = frozenset({HookState.QUEUED, HookState.SENDING, HookState.RETRY, HookState.SENT})
"""States of a message that has been, or may still be, acknowledged."""
