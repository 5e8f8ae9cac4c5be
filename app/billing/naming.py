"""What a customer would call their subscription."""

from __future__ import annotations

from sqlalchemy.orm import Session

from app.billing import repository
from app.billing.states import InvoiceState, SubscriptionState


def plan_of(session: Session, subscription: SubscriptionState | None) -> str | None:
    """The plan's name where there is one plan: by its item, else by the line of its latest invoice.

    Webhook bodies name a product by its id only; the lines of invoices bear the words that customers know.
    """
    if subscription is None:
        return None
    items = subscription.items or []
    labels = [item["label"] for item in items if item.get("label")]
    if len(items) > 1 or len(labels) == 1:
        return labels[0] if len(labels) == 1 else None
    latest = subscription.latest_invoice_id
    invoice = repository.load(session, InvoiceState, [latest]).get(latest) if latest else None
    return invoice.label if invoice else None
