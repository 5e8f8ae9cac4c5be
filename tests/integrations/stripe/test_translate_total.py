"""Translation is total: whatever stands where, nothing raises."""

from __future__ import annotations

import json
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from app.billing.facts import Translation
from app.integrations.stripe.translate import translate
from tests.integrations.stripe.translate_bodies import (
    Json,
    card_method,
    event,
    invoice,
    payment,
    refused_intent,
    subscription,
)

JSON_VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3),
    max_leaves=8,
)
WHOLE: tuple[tuple[str, Json], ...] = (
    (
        "invoice.payment_failed",
        invoice(
            amount_due=1,
            lines={"data": [{"id": "il_1", "pricing": {"price_details": {"price": "p"}}, "parent": {}}]},
            parent={"subscription_details": {"subscription": "sub_1"}},
            payments={"data": [payment(refused_intent(), is_default=True)]},
            status_transitions={"paid_at": 1},
        ),
    ),
    (
        "customer.subscription.updated",
        subscription(
            items={"data": [{"id": "si_1", "price": {"id": "p", "recurring": {}}, "current_period_end": 5}]},
            latest_invoice=invoice(payment_intent=refused_intent()),
            pause_collection={"resumes_at": 3},
            status_details={"paused": {"subscription": {"type": "system"}}},
        ),
    ),
    ("payment_method.automatically_updated", card_method()),
    ("payment_intent.payment_failed", refused_intent()),
    (
        "customer.updated",
        {
            "id": "cus_1",
            "object": "customer",
            "preferred_locales": ["de"],
            "address": {"country": "DE"},
            "metadata": {"time_zone": "Europe/Berlin"},
            "invoice_settings": {"default_payment_method": card_method()},
            "sources": {"data": [{"id": "card_1", "object": "card"}]},
        },
    ),
    (
        "checkout.session.completed",
        {"id": "cs_1", "object": "checkout.session", "mode": "setup", "setup_intent": {"payment_method": {}}},
    ),
    (
        "charge.failed",
        {
            "id": "ch_1",
            "object": "charge",
            "status": "failed",
            "outcome": {"type": "issuer_declined"},
            "payment_method_details": {"type": "card", "card": {"wallet": {"type": "link"}}},
        },
    ),
)


def paths(value: Any, at: tuple[Any, ...] = ()) -> list[tuple[Any, ...]]:
    """Every place in a body."""
    keys = value.keys() if isinstance(value, dict) else range(len(value)) if isinstance(value, list) else ()
    return [at, *(path for key in keys for path in paths(value[key], (*at, key)))]


def put(value: Any, path: tuple[Any, ...], new: Any) -> Any:
    """A copy of a body with another value at one place."""
    if not path:
        return new
    copy = dict(value) if isinstance(value, dict) else list(value)
    copy[path[0]] = put(value[path[0]], path[1:], new)
    return copy


@given(st.data())
def test_no_value_of_a_wrong_type_raises(data: st.DataObject) -> None:
    event_type, obj = data.draw(st.sampled_from(WHOLE))
    body: Any = event(event_type, obj, previous_attributes={"customer": "cus_0"}, request={"id": None})
    for _ in range(data.draw(st.integers(1, 4))):
        body = put(body, data.draw(st.sampled_from(paths(body))), data.draw(JSON_VALUES))
    assert isinstance(translate(json.dumps(body).encode(), live=False), Translation)
