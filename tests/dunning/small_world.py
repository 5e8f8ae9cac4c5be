"""A payment provider in miniature: one customer, two subscriptions; what happens there comes as facts."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import Any

from app.billing.facts import (
    CustomerSeen,
    Decline,
    DisputeSeen,
    Fact,
    InvoicePaymentFailed,
    InvoiceSeen,
    PaymentSeen,
    Sight,
    SubscriptionSeen,
)

CODES = (
    "insufficient_funds",
    "expired_card",
    "incorrect_number",
    "do_not_honor",
    "processing_error",
    "fraudulent",
)


@dataclass
class SmallWorld:
    """Each method lets something happen and returns what a delivery about it says."""

    now: datetime
    subscriptions: dict[str, SubscriptionSeen] = field(default_factory=dict)
    invoices: dict[str, InvoiceSeen] = field(default_factory=dict)
    payments: dict[str, PaymentSeen] = field(default_factory=dict)
    disputes: dict[str, DisputeSeen] = field(default_factory=dict)

    @property
    def sight(self) -> Sight:
        return Sight(self.now)

    def begin(self) -> list[Fact]:
        for key in ("sub_1", "sub_2"):
            self.subscriptions[key] = SubscriptionSeen(key, self.sight, "cus_1", "active")
        customer = CustomerSeen("cus_1", self.sight, email="ada@example.com", country="GB")
        return [customer, *self.subscriptions.values()]

    def open_invoice(self, subscription: str) -> InvoiceSeen | None:
        mine = [i for i in self.invoices.values() if i.subscription_id == subscription]
        return next((i for i in mine if i.status == "open"), None)

    def present(self, place: str) -> str:
        """The subscription that now has this place; after a cancelled one the customer takes another."""
        mine = [key for key in self.subscriptions if key.startswith(place)]
        if self.subscriptions[mine[-1]].status == "canceled":
            mine.append(f"{place}_{len(mine)}")
            self.subscriptions[mine[-1]] = SubscriptionSeen(mine[-1], self.sight, "cus_1", "active")
        return mine[-1]

    def fail(self, subscription: str, code: str) -> list[Fact]:
        """A renewal fails, or the open one fails once more."""
        before = self.open_invoice(subscription) or InvoiceSeen(
            f"in_{len(self.invoices)}",
            self.sight,
            customer_id="cus_1",
            subscription_id=subscription,
            status="open",
            billing_reason="subscription_cycle",
            collection_method="charge_automatically",
            currency="usd",
            amount_due_minor=2900,
            amount_remaining_minor=2900,
            created_at=self.now,
        )
        decline = Decline(code="card_declined", decline_code=code, last4="4242", brand="visa")
        after = replace(before, sight=self.sight, attempt_count=before.attempt_count + 1, decline=decline)
        self.invoices[after.invoice_id] = after
        failed = InvoicePaymentFailed(after.invoice_id, self.now, after.attempt_count)
        return [after, failed, self._subscription(subscription, status="past_due")]

    def _subscription(self, key: str, **changes: Any) -> SubscriptionSeen:
        if self.subscriptions[key].status != "canceled":
            self.subscriptions[key] = replace(self.subscriptions[key], sight=self.sight, **changes)
        return self.subscriptions[key]

    def end_invoice(self, key: str, status: str) -> list[Fact]:
        """Paid, void or uncollectible; only an open one can end, and an uncollectible one be paid."""
        before = self.invoices[key]
        if before.status != "open" and (before.status, status) != ("uncollectible", "paid"):
            return [before]
        paid = status == "paid"
        amount = before.amount_due_minor if paid else 0
        after = replace(
            before,
            sight=self.sight,
            status=status,
            paid_at=self.now if paid else None,
            amount_paid_minor=amount,
        )
        self.invoices[key] = after
        facts: list[Fact] = [after]
        if paid:
            payment = PaymentSeen(
                f"pi_{key}", self.sight, "cus_1", key, status="succeeded", amount_minor=2900, currency="usd"
            )
            self.payments[key] = payment
            facts += [payment, self._subscription(before.subscription_id or "", status="active")]
        return facts

    def refund(self, key: str, amount: int) -> list[Fact]:
        if key not in self.payments:
            return []
        total = min(2900, self.payments[key].refunded_minor + amount)
        self.payments[key] = replace(self.payments[key], sight=self.sight, refunded_minor=total)
        return [self.payments[key]]

    def dispute(self, key: str, status: str) -> list[Fact]:
        if key not in self.payments:
            return []
        seen = DisputeSeen(f"dp_{key}", self.sight, payment_intent_id=f"pi_{key}", status=status)
        self.disputes[key] = seen
        return [seen]

    def cancel(self, key: str, reason: str) -> list[Fact]:
        changes = {"status": "canceled", "cancellation_reason": reason, "ended_at": self.now}
        return [self._subscription(key, **changes, canceled_at=self.now)]

    def schedule_end(self, key: str, *, wanted: bool) -> list[Fact]:
        """The customer asks for the end of the period, or takes it back."""
        end = self.now + timedelta(days=20) if wanted else None
        reason = "cancellation_requested" if wanted else None
        at = self.now if wanted else None
        return [self._subscription(key, cancel_at=end, canceled_at=at, cancellation_reason=reason)]

    def pause(self, key: str, *, paused: bool) -> list[Fact]:
        return [self._subscription(key, paused_collection=paused)]
