"""The merchant's billing settings that the engine obeys (the provider keeps them on its dashboard)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from sandbox.clock import HOUR

EndAction = Literal["cancel", "unpaid", "past_due", "pause"]


@dataclass
class BillingPolicy:
    """How renewals are collected and what happens when collection fails.

    `retry_gaps_days` holds one entry a retry: days since the previous attempt. The default is eight
    retries that end fourteen days after the first failure.
    """

    retry_gaps_days: tuple[float, ...] = (1, 1, 2, 2, 2, 2, 2, 2)
    end_action: EndAction = "cancel"
    end_invoice: Literal["open", "uncollectible"] = "open"
    finalize_after_seconds: int = HOUR
    upcoming_days: int = 7
    # For invoices sent to the customer: days before the due date and after it.
    will_be_due_days: int = 3
    overdue_days: int = 0
    # Under the provider's Automations the failure event lacks the next attempt; invoice.updated brings it.
    next_attempt_follows_later: bool = False
    # Cancelling a subscription normally stops the automatic collection of its open invoices.
    cancel_stops_collection: bool = True
    # Every customer's test card has a fingerprint of its own, as cards of different people have.
    cards_of_their_own: bool = False
    sepa_settle_days: int = 3
    ach_settle_days: int = 4
    dispute_evidence_days: int = 9
