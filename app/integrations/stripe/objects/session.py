"""A payment method saved on a provider's page: checkout sessions of mode setup, and setup intents."""

from __future__ import annotations

from app.billing.facts import CardSessionCompleted, Fact, SetupSucceeded, Sight
from app.integrations.stripe.objects.method import expanded_methods
from app.integrations.stripe.read_values import Json, part, reference, text


def read_session(obj: Json, sight: Sight, event_type: str) -> tuple[Fact, ...]:
    """A completed setup session. Sessions that sell something are no concern of ours."""
    session_id = text(obj.get("id"))
    done = event_type == "checkout.session.completed" or obj.get("status") == "complete"
    if session_id is None or obj.get("mode") != "setup" or not done:
        return ()
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
    )


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
