"""What we ask the provider to do: set a payment method, pay an invoice. And who we are to it, for doctor.

Every write carries the caller's idempotency key, so that a repeated one has no second effect.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum

import stripe

from app.billing.ports import PaymentResult
from app.core.errors import ProviderError
from app.integrations.stripe.client import StripeConnection, provider_error
from app.integrations.stripe.objects.decline import decline_of_error

NEEDS_THE_CUSTOMER = frozenset(
    (
        "authentication_required",
        "invoice_payment_intent_requires_action",
        "payment_intent_action_required",
        "payment_intent_authentication_failure",
    )
)


class PaymentStatus(StrEnum):
    """The words of `PaymentResult.status`."""

    PAID = "paid"
    PROCESSING = "processing"  # a bank debit is on its way; the outcome comes as an event
    DECLINED = "declined"
    NEEDS_ACTION = "needs_action"  # the customer must confirm on the invoice's page
    ALREADY_PAID = "already_paid"  # somebody was faster


@dataclass(frozen=True, slots=True)
class Account:
    account_id: str
    livemode: bool
    name: str | None = None


@dataclass(frozen=True, slots=True)
class Endpoint:
    """A webhook endpoint of the account. `api_version` None: the account's default."""

    endpoint_id: str
    url: str
    status: str
    api_version: str | None
    event_types: tuple[str, ...]


class StripeWrites:
    """Implements `app.billing.ports.ProviderWrites`."""

    def __init__(self, connection: StripeConnection) -> None:
        self._connection = connection
        self._v1 = connection.client.v1

    def set_default_payment_method(
        self, customer_id: str, subscription_ids: Sequence[str], payment_method_id: str, key: str
    ) -> None:
        """Charge this method from now on.

        A subscription's own method goes before the customer's, so it is set on both. A subscription that
        is gone or has ended refuses it; nothing will be charged there, so the others go on.
        """
        with self._connection.call():
            self._v1.customers.update(
                customer_id,
                {"invoice_settings": {"default_payment_method": payment_method_id}},
                {"idempotency_key": f"{key}:{customer_id}"},
            )
        for subscription_id in subscription_ids:
            self._set_on_subscription(subscription_id, payment_method_id, key)

    def _set_on_subscription(self, subscription_id: str, payment_method_id: str, key: str) -> None:
        with self._connection.call():
            try:
                self._v1.subscriptions.update(
                    subscription_id,
                    {"default_payment_method": payment_method_id},
                    {"idempotency_key": f"{key}:{subscription_id}"},
                )
            except stripe.InvalidRequestError as error:
                if not provider_error(error).permanent:
                    raise

    def pay_invoice(
        self, invoice_id: str, payment_method_id: str | None, idempotency_key: str
    ) -> PaymentResult:
        """One attempt to collect an invoice now, with this method or the default one."""
        params: stripe.params.InvoicePayParams = {}
        if payment_method_id is not None:
            params["payment_method"] = payment_method_id
        with self._connection.call():
            try:
                invoice = self._v1.invoices.pay(invoice_id, params, {"idempotency_key": idempotency_key})
            except stripe.CardError as error:
                return _refused(error)
            except stripe.InvalidRequestError as error:
                if self._is_paid(invoice_id):
                    return PaymentResult(PaymentStatus.ALREADY_PAID)
                raise error
        paid = invoice.status == "paid"
        return PaymentResult(PaymentStatus.PAID if paid else PaymentStatus.PROCESSING)

    def _is_paid(self, invoice_id: str) -> bool:
        """Why the provider refused to collect: looked up, as its error has no code for it."""
        return self._v1.invoices.retrieve(invoice_id).status == "paid"

    def account(self) -> Account:
        with self._connection.call():
            found = self._v1.accounts.retrieve_current()
        profile = found.business_profile
        return Account(found.id, self._connection.livemode, profile.name if profile else None)

    def webhook_endpoints(self) -> tuple[Endpoint, ...]:
        """The account's endpoints; up to a hundred, more than the provider allows."""
        with self._connection.call():
            rows = self._v1.webhook_endpoints.list({"limit": 100}).data
        return tuple(
            Endpoint(row.id, row.url, row.status, row.api_version, tuple(row.enabled_events)) for row in rows
        )


def _refused(error: stripe.CardError) -> PaymentResult:
    told = error.error.to_dict(for_json=True) if error.error is not None else {}
    decline = decline_of_error(told)
    if decline is None:
        raise ProviderError("Stripe: a refused payment without a reason", permanent=False) from error
    waits = {decline.code, decline.decline_code} & NEEDS_THE_CUSTOMER
    return PaymentResult(PaymentStatus.NEEDS_ACTION if waits else PaymentStatus.DECLINED, decline)
