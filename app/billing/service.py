"""Bring facts onto rows: lock the customers concerned, load in bulk, project, write what changed."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace

from sqlalchemy.orm import Session

from app.billing import repository
from app.billing.facts import (
    CustomerSeen,
    DisputeSeen,
    Fact,
    InvoiceDeleted,
    InvoicePaymentFailed,
    InvoicePaymentLinked,
    InvoiceSeen,
    PaymentMethodSeen,
    PaymentSeen,
    SubscriptionSeen,
)
from app.billing.projection import invoices, objects, payments
from app.billing.projection.order import UNSEEN_AT
from app.billing.states import (
    CustomerState,
    InvoiceState,
    PaymentMethodState,
    PaymentState,
    ProviderState,
    SubscriptionState,
)


@dataclass
class Books:
    """The rows that a batch of facts concerns, as they were and as they are now."""

    customers: dict[str, CustomerState] = field(default_factory=dict)
    subscriptions: dict[str, SubscriptionState] = field(default_factory=dict)
    invoices: dict[str, InvoiceState] = field(default_factory=dict)
    payments: dict[str, PaymentState] = field(default_factory=dict)
    methods: dict[str, PaymentMethodState] = field(default_factory=dict)

    def touched_customers(self) -> set[str]:
        """Every customer that one of these rows belongs to."""
        named: Iterable[str | None] = (
            row.customer_id
            for rows in (self.subscriptions, self.invoices, self.payments, self.methods)
            for row in rows.values()
        )
        return set(self.customers) | {c for c in named if c}


def project(session: Session, facts: Sequence[Fact]) -> Books:
    """Apply facts to our rows within the caller's transaction; returns the rows concerned."""
    before = _load(session, facts)
    books = replace(before, **{name: dict(rows) for name, rows in vars(before).items()})
    for fact in facts:
        _apply(books, fact)
    _link(session, books, before)
    for name, rows in vars(books).items():
        old: dict[str, ProviderState] = getattr(before, name)
        repository.save(session, [row for key, row in rows.items() if old.get(key) != row], old)
    return books


def _load(session: Session, facts: Sequence[Fact]) -> Books:
    keys = _Keys.of(facts)
    by_charge = repository.payments_by_charge(session, keys.charges)
    keys.payments |= set(by_charge)
    keys.resolve(session)
    repository.lock_customers(session, [CustomerState(c, UNSEEN_AT, False) for c in keys.customers])
    return Books(
        customers=repository.load(session, CustomerState, keys.customers),
        subscriptions=repository.load(session, SubscriptionState, keys.subscriptions),
        invoices=repository.load(session, InvoiceState, keys.invoices),
        payments=repository.load(session, PaymentState, keys.payments),
        methods=repository.load(session, PaymentMethodState, keys.methods),
    )


@dataclass
class _Keys:
    customers: set[str] = field(default_factory=set)
    subscriptions: set[str] = field(default_factory=set)
    invoices: set[str] = field(default_factory=set)
    payments: set[str] = field(default_factory=set)
    methods: set[str] = field(default_factory=set)
    charges: set[str] = field(default_factory=set)

    @classmethod
    def of(cls, facts: Sequence[Fact]) -> _Keys:
        keys = cls()
        for fact in facts:
            for names, found in (
                (("customer_id",), keys.customers),
                (("invoice_id",), keys.invoices),
                (("payment_id", "payment_intent_id"), keys.payments),
                (("charge_id",), keys.charges),
            ):
                found |= {v for n in names if (v := getattr(fact, n, None))}
            if isinstance(fact, SubscriptionSeen):
                keys.subscriptions.add(fact.subscription_id)
            if isinstance(fact, PaymentMethodSeen):
                keys.methods.add(fact.payment_method_id)
                if fact.detached_from:
                    keys.customers.add(fact.detached_from)
        keys.payments |= keys.charges  # a payment without an intent is kept under its charge's id
        return keys

    def resolve(self, session: Session) -> None:
        """Find the customers of facts that name only a payment or an invoice."""
        paid = repository.load(session, PaymentState, self.payments)
        self.invoices |= {p.invoice_id for p in paid.values() if p.invoice_id}
        billed = repository.load(session, InvoiceState, self.invoices)
        owners = [row.customer_id for rows in (paid, billed) for row in rows.values()]
        self.customers |= {c for c in owners if c}


def _apply(books: Books, fact: Fact) -> None:
    match fact:
        case CustomerSeen(customer_id=key):
            books.customers[key] = objects.customer_after(books.customers.get(key), fact)
        case SubscriptionSeen(subscription_id=key):
            books.subscriptions[key] = objects.subscription_after(books.subscriptions.get(key), fact)
        case InvoiceSeen(invoice_id=key):
            books.invoices[key] = invoices.invoice_after(books.invoices.get(key), fact)
            _link_told(books, fact)
            _address_told(books, fact)
        case InvoiceDeleted(invoice_id=key):
            books.invoices[key] = invoices.invoice_deleted(books.invoices.get(key), fact)
        case InvoicePaymentFailed(invoice_id=key):
            books.invoices[key] = invoices.invoice_failed(books.invoices.get(key), fact)
        case PaymentMethodSeen(payment_method_id=key):
            books.methods[key] = objects.payment_method_after(books.methods.get(key), fact)
        case PaymentSeen(payment_id=key):
            books.payments[key] = payments.payment_after(books.payments.get(key), fact)
        case InvoicePaymentLinked():
            row = payments.payment_linked(_payment(books, fact.payment_intent_id, fact.charge_id), fact)
            books.payments[row.id] = row
        case DisputeSeen():
            row = payments.payment_disputed(_payment(books, fact.payment_intent_id, fact.charge_id), fact)
            books.payments[row.id] = row
        case _:
            pass  # sessions and setups are for the features, not for these rows


def _payment(books: Books, intent_id: str | None, charge_id: str | None) -> PaymentState | None:
    if intent_id and intent_id in books.payments:
        return books.payments[intent_id]
    return next((p for p in books.payments.values() if charge_id and p.charge_id == charge_id), None)


def _link_told(books: Books, seen: InvoiceSeen) -> None:
    """Old bodies, and readings with payments, name the invoice's payment themselves."""
    if seen.payment_intent_id or seen.charge_id:
        linked = InvoicePaymentLinked(
            seen.invoice_id, seen.sight.at, payment_intent_id=seen.payment_intent_id, charge_id=seen.charge_id
        )
        row = payments.payment_linked(_payment(books, seen.payment_intent_id, seen.charge_id), linked)
        books.payments[row.id] = row


def _address_told(books: Books, seen: InvoiceSeen) -> None:
    """Of a customer who has not been seen yet, an invoice at least names the address."""
    row = books.customers.get(seen.customer_id or "")
    if row is not None and row.seen_at == UNSEEN_AT and row.email is None:
        books.customers[row.id] = replace(row, email=seen.customer_email)


def _link(session: Session, books: Books, before: Books) -> None:
    """Match payments to invoices where nobody told, and carry onto invoices what payments tell."""
    changed = {k for k, v in books.invoices.items() if before.invoices.get(k) != v}
    loose = {p.customer_id for p in books.payments.values() if p.customer_id and not p.invoice_id}
    loose |= {c for k in changed if books.invoices[k].failed_at and (c := books.invoices[k].customer_id)}
    if loose:
        for key, row in repository.invoices_of(session, loose).items():
            books.invoices.setdefault(key, row)
            before.invoices.setdefault(key, row)
        for key, payment in repository.unlinked_payments(session, loose).items():
            books.payments.setdefault(key, payment)
            before.payments.setdefault(key, payment)
        for key, payment in list(books.payments.items()):
            books.payments[key] = payments.inferred_link(payment, books.invoices.values())
    told = {p.invoice_id for p in books.payments.values() if p.invoice_id} | changed
    told |= {
        p.invoice_id for p in before.payments.values() if p.invoice_id
    }  # perhaps linked wrongly till now
    for key, row in repository.load(session, InvoiceState, told - set(books.invoices)).items():
        books.invoices[key] = row
        before.invoices[key] = row
    stored = repository.payments_of_invoices(session, told)
    by_invoice: dict[str, list[PaymentState]] = {}
    for payment in {**stored, **books.payments}.values():
        if payment.invoice_id:
            by_invoice.setdefault(payment.invoice_id, []).append(payment)
    for key in told & set(books.invoices):
        books.invoices[key] = payments.invoice_with_payments(books.invoices[key], by_invoice.get(key, ()))
