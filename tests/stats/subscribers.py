"""Subscribers with their payments for tests of retention and renewals, made by plain functions."""

from __future__ import annotations

from typing import Any

from app.billing.models import Customer, Invoice, Subscription
from app.contacts.models import CustomerFacts
from app.core.db import Database
from app.core.marks import note
from tests.stats.factories import NOW, day

SEEN = {"seen_at": NOW, "seen_live": False}


def customer(db: Database, name: str, *, currency: str = "usd", flags: tuple[str, ...] = ()) -> None:
    """A customer without a subscription. `flags`: what the merchant tells of them."""
    with db.write() as session:
        session.add(Customer(id=f"cus_{name}", currency=currency, delinquent=False, deleted=False, **SEEN))
        if flags:
            session.add(
                CustomerFacts(
                    customer_id=f"cus_{name}",
                    channels={},
                    flags=list(flags),
                    usage={},
                    opportunity={},
                    updated_at=NOW,
                    updated_by="test",
                )
            )


def subscription(
    db: Database, name: str, began: str, ended: str | None = None, *, key: str = "", **fields: Any
) -> None:
    """A subscription of 20.00 dollars a month that began and perhaps ended; `ended` means by the customer's own wish,
    `cancellation_reason="payment_failed"` by the provider's. Days by `day`."""
    item = {
        "price_id": fields.pop("price", "price_team"),
        "label": None,
        "amount_minor": fields.pop("amount", 2000),
        "currency": fields.pop("currency", "usd"),
        "interval": fields.pop("interval", "month"),
        "interval_count": 1,
        "quantity": 1,
    }
    at = {k: day(fields.pop(k)) for k in ("trial_end_at", "period_end_at", "cancel_at") if k in fields}
    row = {
        "status": "canceled" if ended else "active",
        "paused_collection": False,
        "forces_three_d_secure": False,
    }
    with db.write() as session:
        note(session, "subscriptions", [f"cus_{name}"])  # as whoever writes the provider's rows does
        session.add(
            Subscription(
                id=f"sub_{name}{key}",
                customer_id=f"cus_{name}",
                created_at=day(began),
                ended_at=day(ended) if ended else None,
                items=[item],
                **(row | SEEN | at | fields),
            )
        )


def invoice(
    db: Database,
    name: str,
    on: str,
    amount: int = 2000,
    *,
    key: str = "",
    status: str = "paid",
    **fields: Any,
) -> None:
    """An invoice of a cycle, paid an hour after it was made unless `status` says otherwise."""
    row: dict[str, Any] = {
        "currency": "usd",
        "billing_reason": "subscription_cycle",
        "price_id": "price_team",
        "label": "Team plan",
        "refunded_minor": 0,
    }
    paid = status == "paid"
    with db.write() as session:
        note(session, "invoices", [f"cus_{name}"])
        session.add(
            Invoice(
                id=f"in_{name}{key}_{on}",
                customer_id=f"cus_{name}",
                subscription_id=f"sub_{name}{key}",
                status=status,
                amount_due_minor=amount,
                amount_paid_minor=amount if paid else 0,
                amount_remaining_minor=0 if paid else amount,
                attempt_count=1,
                created_at=day(on),
                paid_at=day(f"{on[:10]}T01:00") if paid else None,
                paid_out_of_band=False,
                needs_action=False,
                **(row | SEEN | fields),
            )
        )


def subscriber(db: Database, name: str, began: str, ended: str | None = None, **fields: Any) -> None:
    """A customer with one subscription and its first payment."""
    customer(db, name, currency=fields.get("currency", "usd"), flags=fields.pop("flags", ()))
    subscription(db, name, began, ended, **fields)
    invoice(
        db, name, began[:10], billing_reason="subscription_create", currency=fields.get("currency", "usd")
    )
