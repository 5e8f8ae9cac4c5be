"""Where a customer lives, as far as our rows tell, for the law of the cancel page."""

from __future__ import annotations

from sqlalchemy.orm import Session

from app.billing import repository as billing
from app.billing.states import TERMINAL_SUBSCRIPTION, CustomerState, PaymentMethodState, SubscriptionState
from app.cancellation.rules.presets import Whereabouts


def whereabouts(session: Session, customer_id: str) -> Whereabouts:
    """The customer's address, else shipping, else a payment method's billing address, else the card's country.

    Of several payment methods the one that is charged by default counts first.
    """
    customer = billing.load(session, CustomerState, [customer_id]).get(customer_id)
    if customer is not None and customer.country:
        return Whereabouts(customer.country, customer.region, customer.country_source or "address")
    methods = _methods(session, customer_id, customer)
    for method in methods:
        if method.billing_country:
            return Whereabouts(method.billing_country, method.billing_region, "billing")
    issued = next((method.card_country for method in methods if method.card_country), None)
    return Whereabouts(issued, None, "card") if issued else Whereabouts()


def _methods(session: Session, customer_id: str, customer: CustomerState | None) -> list[PaymentMethodState]:
    """Those charged by default first, then the one seen last."""
    contracts = billing.subscriptions_of(session, [customer_id]).values()
    living = [contract for contract in contracts if contract.status not in TERMINAL_SUBSCRIPTION]
    holders: list[SubscriptionState | CustomerState] = [*living, *([customer] if customer else [])]
    defaults = {held.default_payment_method_id or held.default_source_id for held in holders}
    methods = billing.methods_of(session, [customer_id]).values()
    by_age = sorted(methods, key=lambda method: (method.seen_at, method.id), reverse=True)
    return sorted(by_age, key=lambda method: method.id not in defaults)
