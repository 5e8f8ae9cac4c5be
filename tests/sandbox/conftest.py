"""A running sandbox, the official SDK pointed at it, and a list of what was delivered."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

import pytest
import stripe

from sandbox.testing import RunningSandbox, running_sandbox

stripe.enable_telemetry = False

# The SDK types every reference as "id or object or None"; tests know which one they asked for.
Sdk = Any


@dataclass
class Inbox:
    """Deliveries as a receiver got them; each was verified by the SDK before it was kept."""

    secret: str
    events: list[dict[str, Any]] = field(default_factory=list)
    headers: list[dict[str, str]] = field(default_factory=list)
    status: int = 200

    def receive(self, body: bytes, headers: dict[str, str]) -> int:
        event = stripe.Webhook.construct_event(body, headers["Stripe-Signature"], self.secret)
        assert event.id
        self.events.append(json.loads(body))
        self.headers.append(headers)
        return self.status

    def types(self) -> list[str]:
        return [event["type"] for event in self.events]

    def of(self, event_type: str) -> list[dict[str, Any]]:
        return [event for event in self.events if event["type"] == event_type]

    def last(self, event_type: str) -> dict[str, Any]:
        found: dict[str, Any] = self.of(event_type)[-1]["data"]["object"]
        return found

    def forget(self) -> None:
        self.events.clear()


def details(caught: pytest.ExceptionInfo[stripe.CardError]) -> Any:
    """The error object behind a 402."""
    return caught.value.error


def sdk(sandbox: RunningSandbox, **more: Any) -> Sdk:
    return stripe.StripeClient(sandbox.api_key, base_addresses={"api": sandbox.api_base}, **more)


@pytest.fixture
def sandbox() -> Iterator[RunningSandbox]:
    with running_sandbox(start="2026-01-31T10:00:00Z") as running:
        yield running


@pytest.fixture
def inbox(sandbox: RunningSandbox) -> Inbox:
    box = Inbox(sandbox.webhook_secret)
    sandbox.set_sink(box.receive)
    return box


@pytest.fixture
def client(sandbox: RunningSandbox) -> Sdk:
    return sdk(sandbox)
