"""What we read from the payment provider, and the pages we ask it for. Adapters raise ProviderError."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Protocol

from app.billing.facts import Decline, Fact, Translation


class Translator(Protocol):
    """Turns a stored body into facts. Total: an unknown type gives an empty translation."""

    def __call__(self, body: bytes, *, live: bool) -> Translation: ...


@dataclass(frozen=True, slots=True)
class ProviderPage:
    """A fresh page of the provider for one customer, for now."""

    session_id: str
    url: str


class ProviderReads(Protocol):
    """Live state. Every method may raise ProviderError; a missing object is None or absent."""

    def fetch(self, kind: str, object_id: str) -> dict[str, Any] | None:
        """The object in our pinned version (invoices with their payments), or None if it is gone."""
        ...

    def invoice_statuses(self, invoice_ids: Sequence[str]) -> dict[str, dict[str, Any]]:
        """Invoices as they are now, by id; absent ones are gone."""
        ...

    def fetch_many(self, wanted: Collection[tuple[str, str]]) -> list[dict[str, Any]]:
        """As `fetch` for each `(kind, id)`; what is gone is absent."""
        ...

    def next_amounts(self, subscription_ids: Collection[str]) -> dict[str, int]:
        """What the next charge of each comes to, in minor units; absent where the provider does not say."""
        ...

    def events_since(self, since: datetime, *, undelivered_only: bool = False) -> Iterator[dict[str, Any]]:
        """Events the provider still lists (30 days), oldest first."""
        ...

    def open_invoices(self, *, created_since: datetime | None = None) -> Iterator[dict[str, Any]]: ...

    def subscriptions(self, *, status: str) -> Iterator[dict[str, Any]]: ...

    def customers(self) -> Iterator[dict[str, Any]]: ...

    def invoice_of_payment(self, payment_intent_id: str) -> str | None:
        """Which invoice a payment intent pays; new bodies do not say."""
        ...


class ProviderPages(Protocol):
    """Sessions that a customer is sent to."""

    def card_session(self, *, customer_id: str, currency: str, return_url: str, case_id: str) -> ProviderPage:
        """A page that saves a new payment method; `{SESSION}` in `return_url` becomes its id."""
        ...

    def invoice_page(self, invoice_id: str) -> str | None:
        """Where an open invoice is confirmed or paid, fresh; None if there is none."""
        ...


@dataclass(frozen=True, slots=True)
class PaymentResult:
    """What came of charging an invoice. `status`: paid, declined, needs_action or already_paid."""

    status: str
    decline: Decline | None = None


class ProviderWrites(Protocol):
    """Changes at the provider. Every call carries our idempotency key; all may raise ProviderError."""

    def set_default_payment_method(
        self, customer_id: str, subscription_ids: Sequence[str], payment_method_id: str, key: str
    ) -> None:
        """Make a card the one that the customer and these subscriptions are charged with."""
        ...

    def pay_invoice(self, invoice_id: str, payment_method_id: str, idempotency_key: str) -> PaymentResult: ...


class ObjectTranslator(Protocol):
    """Turns an object that we read ourselves into facts; `event_type` adds what happened."""

    def __call__(
        self,
        obj: dict[str, Any],
        at: datetime,
        live: bool,
        event_type: str | None = None,
        happened_at: datetime | None = None,
    ) -> tuple[Fact, ...]: ...
