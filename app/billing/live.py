"""What the provider shows now of the objects behind some mails. Nothing of it is stored."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field

from sqlalchemy.orm import Session

from app.billing import repository
from app.billing.facts import CustomerSeen, Fact, InvoiceSeen, PaymentMethodSeen, SubscriptionSeen
from app.billing.projection.invoices import invoice_after
from app.billing.projection.objects import customer_after, payment_method_after, subscription_after
from app.billing.states import (
    CustomerState,
    InvoiceState,
    PaymentMethodState,
    SubscriptionState,
)


@dataclass(frozen=True, slots=True)
class Wanted:
    """What to read before mails leave. `objects`: `(kind, id)`; `charges`: subscriptions whose next amount is asked."""

    invoices: Sequence[str] = ()
    objects: Collection[tuple[str, str]] = ()
    charges: Collection[str] = ()


@dataclass(frozen=True, slots=True)
class Live:
    """Rows as they would be after the reading. `amounts`: minor units of a subscription's next charge."""

    invoices: Mapping[str, InvoiceState] = field(default_factory=dict)
    customers: Mapping[str, CustomerState] = field(default_factory=dict)
    subscriptions: Mapping[str, SubscriptionState] = field(default_factory=dict)
    methods: Mapping[str, PaymentMethodState] = field(default_factory=dict)
    amounts: Mapping[str, int] = field(default_factory=dict)


def live_of(session: Session, seen: Sequence[Fact], amounts: Mapping[str, int]) -> Live:
    """Our rows brought up to these pictures, without writing them."""
    invoices = {f.invoice_id: f for f in seen if isinstance(f, InvoiceSeen)}
    customers = {f.customer_id: f for f in seen if isinstance(f, CustomerSeen)}
    subscriptions = {f.subscription_id: f for f in seen if isinstance(f, SubscriptionSeen)}
    methods = {f.payment_method_id: f for f in seen if isinstance(f, PaymentMethodSeen)}
    known = repository.load
    old_invoices = known(session, InvoiceState, invoices)
    old_customers = known(session, CustomerState, customers)
    old_subscriptions = known(session, SubscriptionState, subscriptions)
    old_methods = known(session, PaymentMethodState, methods)
    return Live(
        {k: invoice_after(old_invoices.get(k), f) for k, f in invoices.items()},
        {k: customer_after(old_customers.get(k), f) for k, f in customers.items()},
        {k: subscription_after(old_subscriptions.get(k), f) for k, f in subscriptions.items()},
        {k: payment_method_after(old_methods.get(k), f) for k, f in methods.items()},
        amounts,
    )
