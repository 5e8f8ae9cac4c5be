"""One story in the three shapes in which the provider delivers it must read the same."""

from __future__ import annotations

from dataclasses import replace

import pytest

from app.billing.facts import Fact, InvoicePaymentFailed, InvoiceSeen, PaymentSeen, SubscriptionSeen
from app.integrations.stripe.translate import translate
from sandbox.testing import running_sandbox
from tests.integrations.stripe.standin import FAILED_ON, START


def story(shape: str) -> list[Fact]:
    """A subscriber is declined, and pays when the card works again."""
    facts: list[Fact] = []

    def receive(body: bytes, headers: dict[str, str]) -> int:
        facts.extend(translate(body, live=False).facts)
        return 200

    with running_sandbox(start=START, shape=shape, sink=receive) as sandbox:
        reader = sandbox.subscriber()
        sandbox.decline(reader.payment_method, "insufficient_funds")
        sandbox.advance(FAILED_ON)
        sandbox.heal(reader.payment_method)
        sandbox.advance("2026-05-02T00:00:00+00:00")
    return facts


def told(fact: Fact) -> Fact:
    """A fact without what only old bodies carry, and without the stand-in's own address."""
    match fact:
        case InvoiceSeen():
            return replace(fact, payment_intent_id=None, charge_id=None, hosted_url=None)
        case PaymentSeen():
            # Old intents hold their charges, and with them the outcome.
            reason = fact.decline and replace(fact.decline, outcome_type=None, outcome_reason=None)
            return replace(fact, invoice_id=None, decline=reason)
        case _:
            return fact


@pytest.mark.parametrize("shape", ["old", "both"])
def test_every_shape_tells_the_same_story(shape: str) -> None:
    assert [told(fact) for fact in story(shape)] == [told(fact) for fact in story("new")]


def test_the_story_is_told() -> None:
    facts = story("new")
    assert [fact for fact in facts if isinstance(fact, InvoicePaymentFailed)]
    assert {"open", "paid"} <= {fact.status for fact in facts if isinstance(fact, InvoiceSeen)}
    assert {"active", "past_due"} <= {fact.status for fact in facts if isinstance(fact, SubscriptionSeen)}
    declines = [fact.decline for fact in facts if isinstance(fact, PaymentSeen) and fact.failed]
    assert {decline.decline_code for decline in declines if decline} == {"insufficient_funds"}
