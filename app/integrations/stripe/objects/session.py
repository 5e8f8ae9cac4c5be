"""A payment method saved on a provider's page: checkout sessions of mode setup, and setup intents."""

from __future__ import annotations

from app.billing.facts import CardSessionCompleted, Fact, MarketingAllowed, SetupSucceeded, Sight
from app.integrations.stripe.objects.method import expanded_methods
from app.integrations.stripe.read_values import Json, part, reference, text
from app.integrations.stripe.read_words import email


def read_session(obj: Json, sight: Sight, event_type: str) -> tuple[Fact, ...]:
    """A completed setup session, and in any session a consent to marketing (`consent.promotions`)."""
    session_id = text(obj.get("id"))
    done = event_type == "checkout.session.completed" or obj.get("status") == "complete"
    if session_id is None or not done:
        return ()
    consent = _consent(obj, session_id, sight)
    if obj.get("mode") != "setup":
        return consent
    setup = part(obj.get("setup_intent"))
    method = setup.get("payment_method")
    return (
        CardSessionCompleted(
            session_id=session_id,
            at=sight.at,
            customer_id=reference(obj.get("customer")) or reference(setup.get("customer")),
            setup_intent_id=reference(obj.get("setup_intent")),
            payment_method_id=reference(method),
        ),
        *expanded_methods((method,), sight),
        *consent,
    )


def _consent(obj: Json, session_id: str, sight: Sight) -> tuple[Fact, ...]:
    if part(obj.get("consent")).get("promotions") != "opt_in":
        return ()
    told = part(obj.get("customer_details")).get("email") or obj.get("customer_email")
    return (MarketingAllowed(session_id, sight.at, reference(obj.get("customer")), email(told)),)


def read_setup(obj: Json, sight: Sight) -> tuple[Fact, ...]:
    """A setup intent that succeeded: the payment method may be charged from now on."""
    setup_id = text(obj.get("id"))
    if setup_id is None or obj.get("status") != "succeeded":
        return ()
    method = obj.get("payment_method")
    return (
        SetupSucceeded(
            setup_intent_id=setup_id,
            at=sight.at,
            customer_id=reference(obj.get("customer")),
            payment_method_id=reference(method),
        ),
        *expanded_methods((method,), sight),
    )
