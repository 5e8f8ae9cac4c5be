"""Live state, read from the provider in one shape and handed on as plain JSON."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from typing import Any, TypeVar
from urllib.parse import quote

import msgspec
import stripe

from app.core.errors import ProviderError
from app.integrations.stripe.client import StripeConnection

Json = dict[str, Any]
Lister = Callable[..., Any]

PAGE = 100
THREADS = 8
EVENTS_KEPT = timedelta(days=30)
EVENT_WINDOW = timedelta(days=1)
NOT_FOUND = 404
NOTHING_UPCOMING = "invoice_upcoming_none"
Wish = TypeVar("Wish")
Found = TypeVar("Found")

# What is brought along, so that one read tells all: an invoice with the reason of its last decline.
EXPAND = {
    "invoice": ["payments.data.payment.payment_intent"],
    "subscription": ["default_payment_method"],
    "customer": ["invoice_settings.default_payment_method"],
    "payment_intent": ["latest_charge"],
    "refund": ["charge"],
    "checkout.session": ["setup_intent.payment_method"],
    "setup_intent": ["payment_method"],
}

# Legacy cards, sources and bank accounts are readable as payment methods, under their own ids.
PATHS = {
    "invoice": "invoices",
    "subscription": "subscriptions",
    "customer": "customers",
    "payment_intent": "payment_intents",
    "charge": "charges",
    "refund": "refunds",
    "dispute": "disputes",
    "invoice_payment": "invoice_payments",
    "setup_intent": "setup_intents",
    "checkout.session": "checkout/sessions",
    "payment_method": "payment_methods",
    "card": "payment_methods",
    "source": "payment_methods",
    "bank_account": "payment_methods",
}


class StripeReads:
    """Implements `app.billing.ports.ProviderReads`."""

    def __init__(self, connection: StripeConnection) -> None:
        self._connection = connection
        v1 = connection.client.v1
        self._v1 = v1

    def fetch(self, kind: str, object_id: str) -> Json | None:
        path = PATHS.get(kind)
        if path is None:
            raise ProviderError(f"no way to read a {kind}", permanent=True)
        return self._retrieve(path, object_id, EXPAND.get(kind, []))

    def _retrieve(self, path: str, object_id: str, expand: list[str]) -> Json | None:
        """One object as plain JSON. Not by the SDK's classes: making and unmaking them takes half the time."""
        url = f"/v1/{path}/{quote(object_id, safe='')}"
        with self._connection.call():
            try:
                answer = self._connection.client.raw_request(
                    "get", url, **({"expand": expand} if expand else {})
                )
            except stripe.InvalidRequestError as error:
                if error.http_status == NOT_FOUND:
                    return None
                raise
        return msgspec.json.decode(answer.body)  # type: ignore[no-any-return]

    def invoice_statuses(self, invoice_ids: Sequence[str]) -> dict[str, Json]:
        """One call an invoice, as the provider has none for several; a few at a time, at our pace."""
        wanted = list(dict.fromkeys(invoice_ids))
        found = _at_once(self._invoice, wanted)
        return {invoice_id: obj for invoice_id, obj in zip(wanted, found, strict=True) if obj is not None}

    def _invoice(self, invoice_id: str) -> Json | None:
        return self._retrieve("invoices", invoice_id, [])

    def fetch_many(self, wanted: Collection[tuple[str, str]]) -> list[Json]:
        found = _at_once(lambda kind_and_id: self.fetch(*kind_and_id), list(dict.fromkeys(wanted)))
        return [obj for obj in found if obj is not None]

    def next_amounts(self, subscription_ids: Collection[str]) -> dict[str, int]:
        """By the provider's own preview, with discounts, taxes and credit.

        What it will not preview, or not to this key, is no fault that mails must wait for: prices must do then.
        """
        wanted = list(dict.fromkeys(subscription_ids))
        found = _at_once(self._next_amount, wanted)
        return {key: amount for key, amount in zip(wanted, found, strict=True) if amount is not None}

    def _next_amount(self, subscription_id: str) -> int | None:
        with self._connection.call():
            try:
                preview = self._v1.invoices.create_preview({"subscription": subscription_id})
            except stripe.PermissionError:
                return None
            except stripe.InvalidRequestError as error:
                nothing = error.code == NOTHING_UPCOMING or error.http_status == NOT_FOUND
                return 0 if nothing else None
        return preview.amount_due

    def events_since(self, since: datetime, *, undelivered_only: bool = False) -> Iterator[Json]:
        """Day by day, because the provider lists the newest first and we hold one day in memory at most."""
        base: Json = {"delivery_success": False} if undelivered_only else {}
        newest = self._newest_event()
        if newest is None:
            return
        start = max(since, newest - EVENTS_KEPT)
        while start <= newest:
            end = start + EVENT_WINDOW
            window = {"gte": _seconds(start), "lt": _seconds(end)}
            yield from reversed(list(self._all(self._v1.events.list, base | {"created": window})))
            start = end

    def _newest_event(self) -> datetime | None:
        """The end of the list. Asked of the provider, whose clock may be a test clock."""
        with self._connection.call():
            newest = self._v1.events.list({"limit": 1}).data
        return datetime.fromtimestamp(newest[0].created, UTC) if newest else None

    def open_invoices(self, *, created_since: datetime | None = None) -> Iterator[Json]:
        params: Json = {"status": "open", "expand": ["data.payments"]}
        if created_since is not None:
            params["created"] = {"gte": _seconds(created_since)}
        return self._all(self._v1.invoices.list, params)

    def subscriptions(self, *, status: str) -> Iterator[Json]:
        params = {"status": status, "expand": ["data.default_payment_method"]}
        return self._all(self._v1.subscriptions.list, params)

    def customers(self) -> Iterator[Json]:
        params = {"expand": ["data.invoice_settings.default_payment_method"]}
        return self._all(self._v1.customers.list, params)

    def invoice_of_payment(self, payment_intent_id: str) -> str | None:
        with self._connection.call():
            rows = self._v1.invoice_payments.list(
                {"payment": {"type": "payment_intent", "payment_intent": payment_intent_id}, "limit": 1}
            ).data
        if not rows:
            return None
        invoice = rows[0].invoice
        return invoice if isinstance(invoice, str) else invoice.id

    def _all(self, lister: Lister, params: Json) -> Iterator[Json]:
        """Every page, each a call of its own at our pace."""
        cursor: Json = {}
        while True:
            with self._connection.call():
                page = lister(params | cursor | {"limit": PAGE})
            rows = [row.to_dict(for_json=True) for row in page.data]
            yield from rows
            if not page.has_more or not rows:
                return
            cursor = {"starting_after": rows[-1]["id"]}


def _at_once(read: Callable[[Wish], Found], wanted: list[Wish]) -> list[Found]:
    """A few readings at the same time, at our pace; in the order of `wanted`."""
    if len(wanted) <= 1:
        return [read(wish) for wish in wanted]
    with ThreadPoolExecutor(min(THREADS, len(wanted))) as pool:
        return list(pool.map(read, wanted))


def _seconds(at: datetime) -> int:
    return int(at.timestamp())
