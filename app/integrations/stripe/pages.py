"""Pages of the provider that a customer is sent to."""

from __future__ import annotations

import stripe

from app.billing.ports import ProviderPage
from app.core.errors import ProviderError
from app.integrations.stripe.client import StripeConnection

OUR_PLACEHOLDER = "{SESSION}"
THEIR_PLACEHOLDER = "{CHECKOUT_SESSION_ID}"
NOT_FOUND = 404


class StripePages:
    """Implements `app.billing.ports.ProviderPages`."""

    def __init__(self, connection: StripeConnection) -> None:
        self._connection = connection

    def card_session(self, *, customer_id: str, currency: str, return_url: str, case_id: str) -> ProviderPage:
        """A page that saves a payment method and charges nothing.

        Whoever turns back comes to `return_url` with an empty session, which names no finished page.
        """
        note = {"reclaim_case_id": case_id}
        with self._connection.call():
            session = self._connection.client.v1.checkout.sessions.create(
                {
                    "mode": "setup",
                    "customer": customer_id,
                    "currency": currency,
                    "metadata": note,
                    "setup_intent_data": {"metadata": note},
                    "success_url": return_url.replace(OUR_PLACEHOLDER, THEIR_PLACEHOLDER),
                    "cancel_url": return_url.replace(OUR_PLACEHOLDER, ""),
                }
            )
        if session.url is None:
            raise ProviderError(f"Stripe: session {session.id} has no page", permanent=False)
        return ProviderPage(session.id, session.url)

    def invoice_page(self, invoice_id: str) -> str | None:
        """The hosted page of an open invoice; read anew each time, because its address expires."""
        with self._connection.call():
            try:
                invoice = self._connection.client.v1.invoices.retrieve(invoice_id)
            except stripe.InvalidRequestError as error:
                if error.http_status == NOT_FOUND:
                    return None
                raise
        return invoice.hosted_invoice_url if invoice.status == "open" else None
