"""Bodies that the provider really sent, in the shapes of twelve years."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

from app.billing.facts import Fact, InvoicePaymentFailed, InvoiceSeen, PaymentSeen
from app.integrations.stripe.translate import translate, translate_object
from tests.integrations.stripe.translate_bodies import LATER, Json, recorded

SAYS_SOMETHING = (
    "invoice.",
    "customer.subscription.",
    "customer.source.",
    "customer.updated",
    "customer.created",
    "customer.deleted",
    "charge.",
    "payment_intent.",
    "payment_method.",
    "setup_intent.succeeded",
    "invoice_payment.",
)
SAYS_NOTHING = ("invoice.upcoming", "charge.refund.updated")


def test_every_recorded_event_is_read_and_every_type_we_need_says_something() -> None:
    for path in recorded("sync-engine", "stripe-ruby-mock", "derived_new_shape"):
        body = path.read_bytes()
        event_type = json.loads(body)["type"]
        facts = translate(body, live=False).facts
        if event_type.startswith(SAYS_SOMETHING) and event_type not in SAYS_NOTHING:
            assert facts, path


def test_every_recorded_object_is_read() -> None:
    known = {"invoice", "subscription", "customer", "charge", "payment_intent", "payment_method", "source"}
    for path in recorded("official-samples", "dj-stripe"):
        obj = json.loads(path.read_bytes())
        facts = translate_object(obj, LATER, True)
        if obj.get("object") in known:
            assert facts, path


def test_an_old_body_and_its_twin_in_the_new_shape_say_the_same() -> None:
    olds = [_read(path) for path in recorded("sync-engine", "stripe-ruby-mock")]
    for path in recorded("derived_new_shape"):
        twin = _read(path)
        old = next(old for old in olds if _key(old) == _key(twin))
        expected = tuple(_without_lost_references(fact) for fact in _facts(old))
        assert _facts(twin) == expected, path


def test_a_failed_attempt_is_found_in_recorded_bodies() -> None:
    found = [
        fact
        for path in recorded("sync-engine", "stripe-ruby-mock")
        for fact in _facts(_read(path))
        if isinstance(fact, InvoicePaymentFailed)
    ]
    assert {fact.needs_action for fact in found} == {True, False}


def _read(path: Path) -> Json:
    found: Json = json.loads(path.read_bytes())
    return found


def _facts(event: Json) -> tuple[Fact, ...]:
    return translate(json.dumps(event).encode(), live=False).facts


def _key(event: Json) -> tuple[object, ...]:
    obj = event["data"]["object"]
    return event["type"], event["id"], event["created"], obj.get("id"), obj.get("amount"), obj.get("number")


def _without_lost_references(fact: Fact) -> Fact:
    """New bodies do not say which payment belongs to which invoice."""
    match fact:
        case InvoiceSeen():
            return replace(fact, charge_id=None, payment_intent_id=None)
        case PaymentSeen():
            return replace(fact, invoice_id=None)
        case _:
            return fact
