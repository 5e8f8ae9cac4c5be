"""Signed deliveries of 3 to 8 KB for the intake benchmark: made up, in the shape and mix of real ones."""

from __future__ import annotations

import json
import random
from collections.abc import Iterator
from typing import Any

from app.core.clock import real_seconds
from app.integrations.stripe.signature import sign

SECRET = b"whsec_benchmark"
DUPLICATES = 0.10


def signed_requests(number: int, *, seed: int, path: str = "/webhooks/stripe") -> tuple[list[bytes], int]:
    """`number` HTTP requests, a tenth of them repeats, and how many events are different.

    Half of the repeats come at once, half 100 to 1,000 requests later.
    """
    chance = random.Random(seed)
    now = int(real_seconds())
    bodies: list[bytes] = []
    later: dict[int, list[bytes]] = {}
    unique = 0
    while len(bodies) < number:
        repeats = later.pop(len(bodies), None)
        if repeats:
            bodies += repeats
            continue
        body = _event(f"evt_{seed}_{unique:09d}", unique, now, chance)
        unique += 1
        bodies.append(body)
        if chance.random() < DUPLICATES:
            if chance.random() < 0.5:
                bodies.append(body)
            else:
                later.setdefault(len(bodies) + chance.randint(100, 1000), []).append(body)
    return [_request(body, sign(body, SECRET, now), path) for body in bodies], unique


def bodies(number: int, *, seed: int) -> Iterator[bytes]:
    """Event bodies alone, in the mix of the requests, of 5,000 customers."""
    chance = random.Random(seed)
    now = int(real_seconds())
    for index in range(number):
        yield _event(f"evt_{seed:08d}{index:08d}", seed + index, now, chance)


def _request(body: bytes, signature: bytes, path: str) -> bytes:
    return (
        b"POST %b HTTP/1.1\r\nHost: 127.0.0.1\r\nUser-Agent: benchmark\r\nAccept: */*\r\n"
        b"Content-Type: application/json; charset=utf-8\r\nStripe-Signature: %b\r\n"
        b"Content-Length: %d\r\n\r\n%b" % (path.encode(), signature, len(body), body)
    )


def _event(event_id: str, number: int, now: int, chance: random.Random) -> bytes:
    customer = f"cus_{number % 5000:014d}"
    kind = chance.choices(("invoice", "subscription", "payment_method"), (0.5, 0.3, 0.2))[0]
    made = {"invoice": _invoice, "subscription": _subscription, "payment_method": _payment_method}[kind]
    type_, target = made(number, customer, now)
    event = {
        "id": event_id,
        "object": "event",
        "api_version": "2026-10-28.endive",
        "created": now,
        "data": {"object": target},
        "livemode": False,
        "pending_webhooks": 1,
        "request": {"id": None, "idempotency_key": None},
        "type": type_,
    }
    filler = target["metadata"]
    wanted = chance.randint(3000, 8000)
    body = json.dumps(event, indent=2).encode()
    lines = max(0, wanted - len(body)) // 60
    filler.update({f"note_{line:03d}": "x" * 34 for line in range(lines)})
    return json.dumps(event, indent=2).encode()


def _invoice(number: int, customer: str, now: int) -> tuple[str, dict[str, Any]]:
    return "invoice.payment_failed", {
        "id": f"in_{number:024d}",
        "object": "invoice",
        "amount_due": 2900,
        "amount_paid": 0,
        "amount_remaining": 2900,
        "attempt_count": 1,
        "attempted": True,
        "auto_advance": True,
        "billing_reason": "subscription_cycle",
        "collection_method": "charge_automatically",
        "currency": "usd",
        "customer": customer,
        "customer_email": f"{customer}@example.com",
        "hosted_invoice_url": "https://invoice.example.com/i/" + "a" * 60,
        "lines": {"object": "list", "data": [_line(number, line) for line in range(2)], "has_more": False},
        "metadata": {},
        "next_payment_attempt": now + 86400,
        "parent": {
            "type": "subscription_details",
            "quote_details": None,
            "subscription_details": {"metadata": {}, "subscription": f"sub_{number % 5000:024d}"},
        },
        "status": "open",
        "status_transitions": {"finalized_at": now, "paid_at": None, "voided_at": None},
    }


def _line(number: int, line: int) -> dict[str, Any]:
    return {
        "id": f"il_{number:020d}{line:04d}",
        "object": "line_item",
        "amount": 1450,
        "currency": "usd",
        "description": "1 x Plan (at $14.50 / month)",
        "period": {"end": 1_800_000_000, "start": 1_797_000_000},
        "pricing": {"price_details": {"price": "price_1", "product": "prod_1"}, "type": "price_details"},
        "quantity": 1,
    }


def _subscription(number: int, customer: str, now: int) -> tuple[str, dict[str, Any]]:
    return "customer.subscription.updated", {
        "id": f"sub_{number % 5000:024d}",
        "object": "subscription",
        "cancel_at": None,
        "cancel_at_period_end": False,
        "collection_method": "charge_automatically",
        "created": now - 86400,
        "currency": "usd",
        "customer": customer,
        "default_payment_method": f"pm_{number:024d}",
        "items": {"object": "list", "data": [_line(number, 0)], "has_more": False},
        "latest_invoice": f"in_{number:024d}",
        "metadata": {},
        "status": "past_due",
    }


def _payment_method(number: int, customer: str, now: int) -> tuple[str, dict[str, Any]]:
    return "payment_method.attached", {
        "id": f"pm_{number:024d}",
        "object": "payment_method",
        "card": {"brand": "visa", "exp_month": 4, "exp_year": 2030, "last4": "4242"},
        "created": now,
        "customer": customer,
        "metadata": {},
        "type": "card",
    }
