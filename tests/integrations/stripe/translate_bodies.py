"""Small hand-written bodies, and where the recorded ones are."""

from __future__ import annotations

import json
import os
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, TypeVar

import pytest

from app.billing.facts import Fact, Translation
from app.integrations.stripe.translate import translate, translate_object

Json = dict[str, Any]
F = TypeVar("F")

CREATED = 1_760_000_000
AT = datetime.fromtimestamp(CREATED, UTC)
LATER = datetime(2026, 1, 5, tzinfo=UTC)


def event(event_type: str, obj: Json, **more: Any) -> Json:
    before = more.pop("previous_attributes", None)
    data: Json = {"object": obj} | ({"previous_attributes": before} if before is not None else {})
    return {"id": "evt_1", "object": "event", "type": event_type, "created": CREATED, "data": data} | more


def told(event_type: str, obj: Json, **more: Any) -> Translation:
    return translate(json.dumps(event(event_type, obj, **more)).encode(), live=False)


def read(obj: Json, event_type: str | None = None) -> tuple[Fact, ...]:
    return translate_object(obj, LATER, True, event_type)


def only(facts: tuple[Fact, ...], kind: type[F]) -> F:
    """The one fact of a kind."""
    (found,) = [fact for fact in facts if isinstance(fact, kind)]
    return found


def invoice(**fields: Any) -> Json:
    return {
        "id": "in_1",
        "object": "invoice",
        "status": "open",
        "customer": "cus_1",
        "currency": "eur",
    } | fields


def subscription(**fields: Any) -> Json:
    return {"id": "sub_1", "object": "subscription", "status": "active", "customer": "cus_1"} | fields


def card_method(**fields: Any) -> Json:
    card = {"brand": "visa", "last4": "4242", "exp_month": 4, "exp_year": 2027, "fingerprint": "fp_1"}
    return {
        "id": "pm_1",
        "object": "payment_method",
        "type": "card",
        "card": card,
        "customer": "cus_1",
    } | fields


def refused_intent(**error: Any) -> Json:
    usual = {"code": "card_declined", "decline_code": "insufficient_funds", "payment_method": card_method()}
    return {
        "id": "pi_1",
        "object": "payment_intent",
        "status": "requires_payment_method",
        "amount": 2900,
        "currency": "eur",
        "customer": "cus_1",
        "latest_charge": "ch_1",
        "last_payment_error": usual | error,
    }


def payment(intent: Any, **fields: Any) -> Json:
    usual = {"id": "inpay_1", "object": "invoice_payment", "invoice": "in_1", "created": CREATED}
    return usual | {"payment": {"type": "payment_intent", "payment_intent": intent}} | fields


def recorded(*folders: str) -> list[Path]:
    """Recorded bodies of some folders, or of all; the test is skipped where they are not at hand."""
    root = os.environ.get("RECLAIM_TEST_BODIES")
    if not root:
        pytest.skip("RECLAIM_TEST_BODIES names no folder of recorded bodies")
    found = [path for path in sorted(Path(root).rglob("*.json")) if _in(path, Path(root), folders)]
    assert found, "the folder of recorded bodies is empty"
    return found


def _in(path: Path, root: Path, folders: tuple[str, ...]) -> bool:
    return not folders or path.relative_to(root).parts[0] in folders
