"""Checkout sessions: a payment method saved, a subscription bought on a page of ours; and setup intents."""

from __future__ import annotations

from app.billing.facts import (
    CardSessionCompleted,
    CheckoutCompleted,
    CheckoutExpired,
    Fact,
    MarketingAllowed,
    SetupSucceeded,
    Sight,
)
from app.integrations.stripe.objects.method import expanded_methods
from app.integrations.stripe.read_values import Json, part, reference, text
from app.integrations.stripe.read_words import email

CASE = "reclaim_case"
"""The metadata of a checkout page of ours: the case that it was opened for."""


def read_session(obj: Json, sight: Sight, event_type: str) -> tuple[Fact, ...]:
    """A completed setup session, a checkout of ours and its end, and in any session a consent to marketing."""
    session_id = text(obj.get("id"))
    if session_id is None:
        return ()
    if event_type != "checkout.session.completed" and obj.get("status") != "complete":
        return _unused(obj, session_id, sight)
    consent = _consent(obj, session_id, sight)
    if obj.get("mode") == "subscription" and CASE in part(obj.get("metadata")):
        customer, subscription = reference(obj.get("customer")), reference(obj.get("subscription"))
        return (CheckoutCompleted(session_id, sight.at, customer, subscription), *consent)
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


def _unused(obj: Json, session_id: str, sight: Sight) -> tuple[Fact, ...]:
    ours = obj.get("mode") == "subscription" and CASE in part(obj.get("metadata"))
    if not ours or obj.get("status") != "expired":
        return ()
    return (CheckoutExpired(session_id, sight.at, reference(obj.get("customer"))),)


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
