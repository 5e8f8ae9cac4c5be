"""Whatever the stand-in stores, answers or announces fits the official SDK's declarations, down to every hash."""

from __future__ import annotations

import json
import typing
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

import pytest
import stripe

from sandbox.catalogue import API
from sandbox.testing import RunningSandbox, running_sandbox
from tests.sandbox import sdk_schema
from tests.sandbox.conftest import sdk
from tests.sandbox.lived_in import live
from tests.sandbox.sdk_schema import class_of, problems

Json = dict[str, Any]

KINDS = {
    "balance_transaction",
    "billing_portal.configuration",
    "billing_portal.session",
    "card",
    "charge",
    "checkout.session",
    "coupon",
    "customer",
    "customer_balance_transaction",
    "discount",
    "dispute",
    "invoice",
    "invoice_payment",
    "invoiceitem",
    "payment_intent",
    "payment_method",
    "price",
    "product",
    "promotion_code",
    "radar.early_fraud_warning",
    "refund",
    "setup_intent",
    "subscription",
    "subscription_schedule",
    "v2.core.event_destination",
    "webhook_endpoint",
}
# Rows that a list is answered from; no object of the provider's, so nobody sees them as such.
KEPT_BESIDE = {"checkout.session.lines"}
# Lists that want to know of whom; what they hold is stored or announced and thus looked at anyway.
LISTS_OF_ONE_OWNER = {"/v1/payment_methods", "/v1/subscription_items"}


class Listening(stripe.UrllibClient):
    """The SDK's client that keeps every answer it gets, as it came over the wire."""

    def __init__(self) -> None:
        super().__init__()
        self.answers: list[Json] = []

    def request(
        self, method: str, url: str, headers: Any, post_data: Any = None, *, _usage: list[str] | None = None
    ) -> Any:
        body, status, answer_headers = super().request(method, url, headers, post_data)
        self.answers.append(json.loads(body))
        return body, status, answer_headers


@dataclass
class Life:
    """A lived-in sandbox, all it answered and all it announced."""

    sandbox: RunningSandbox
    answers: list[Json]
    events: list[Json] = field(default_factory=list)

    def stored(self) -> Iterator[Json]:
        for kind, rows in self.sandbox.state.objects.items():
            if kind not in KEPT_BESIDE:
                yield from rows.values()


@pytest.fixture(scope="module")
def life() -> Iterator[Life]:
    events: list[Json] = []

    def take(body: bytes, headers: dict[str, str]) -> int:
        event = json.loads(body)
        if event["object"] == "event":
            events.append(event)
        return 200

    with running_sandbox(start="2026-01-31T10:00:00Z", sink=take) as sandbox:
        listening = Listening()
        live(sandbox, sdk(sandbox, http_client=listening))
        yield Life(sandbox, listening.answers, events)


def found_in(bodies: Iterator[Json]) -> dict[str, int]:
    """Problem -> how often."""
    found: dict[str, int] = {}
    for body in bodies:
        for problem in problems(body):
            found[problem] = found.get(problem, 0) + 1
    return found


def in_events(life: Life) -> set[str]:
    """`event type: problem` of the objects that were announced."""
    return {
        f"{event['type']}: {problem}"
        for event in life.events
        for problem in problems(event["data"]["object"], situation=event["type"])
    }


def test_every_kind_of_object_is_there_to_be_looked_at(life: Life) -> None:
    made = {obj["object"] for obj in life.stored()}
    assert made >= KINDS
    assert {kind for kind in made if class_of(kind) is None} == set()


def test_every_stored_object_fits_the_sdk(life: Life) -> None:
    assert found_in(life.stored()) == {}


def test_every_event_and_the_object_it_carries_fit_the_sdk(life: Life) -> None:
    assert found_in(iter(life.events)) == {}
    assert in_events(life) == set()


def test_previous_attributes_name_only_fields_of_the_object(life: Life) -> None:
    wrong = {
        f"{event['type']}: {problem}"
        for event in life.events
        if "previous_attributes" in event["data"]
        for problem in problems(
            {**event["data"]["previous_attributes"], "object": event["data"]["object"]["object"]},
            partial=True,
        )
    }
    assert wrong == set()


def test_every_event_type_is_one_that_the_sdk_knows(life: Life) -> None:
    known = set(typing.get_args(stripe.Event.__annotations__["type"]))
    assert {event["type"] for event in life.events} - known == set()


def test_every_answer_of_the_api_fits_the_sdk(life: Life) -> None:
    assert found_in(answer for answer in life.answers if "object" in answer) == {}


def test_every_list_of_the_api_fits_the_sdk(life: Life) -> None:
    listening = Listening()
    client = sdk(life.sandbox, http_client=listening)
    refused = set()
    for method, path in API.paths:
        if method == "GET" and "{}" not in path and path.startswith("/v1/"):
            try:
                client.raw_request("get", path)
            except stripe.InvalidRequestError:
                refused.add(path)
    assert refused == LISTS_OF_ONE_OWNER
    assert found_in(answer for answer in listening.answers if "object" in answer) == {}


def test_every_thin_event_and_destination_fits_the_sdk(life: Life) -> None:
    listening = Listening()
    client = sdk(life.sandbox, http_client=listening)
    rows = list(client.v2.core.events.list({"limit": 100}).auto_paging_iter())
    client.v2.core.event_destinations.list()
    assert {row.type for row in rows} >= {"v1.invoice.paid", "v1.customer.subscription.past_due"}
    assert found_in(row for answer in listening.answers for row in answer["data"]) == {}


def test_nothing_is_excused_that_needs_no_excuse(life: Life, monkeypatch: pytest.MonkeyPatch) -> None:
    """Take the excuses away: each of them is missed at once."""
    before = in_events(life)
    monkeypatch.setattr(sdk_schema, "SENT_ALTHOUGH_UNDECLARED", {})
    monkeypatch.setattr(sdk_schema, "LEFT_OUT_ALTHOUGH_DECLARED", {})
    missed = {problem.rpartition(".")[2] for problem in in_events(life) - before}
    assert missed == {"total_count: unknown", "id: missing"}


@pytest.mark.parametrize(
    ("path", "value", "problem"),
    [
        ("status", None, "charge.status: null"),
        ("amount", "2900", "charge.amount: '2900' is none of int"),
        ("paid", 1, "charge.paid: 1 is none of bool"),
        ("colour", "red", "charge.colour: unknown"),
        ("outcome.colour", "red", "charge.outcome.colour: unknown"),
        ("payment_method_details.card.brand", 4, "charge.payment_method_details.card.brand: 4 is none of"),
        ("outcome", "fine", "charge.outcome: 'fine' is none of"),
        ("customer", {"object": "customer", "id": "cus_1"}, "charge.customer.created: missing"),
        ("metadata", [], "charge.metadata: a list"),
    ],
)
def test_a_field_that_does_not_fit_is_found_wherever_it_is(
    life: Life, path: str, value: Any, problem: str
) -> None:
    charge = json.loads(json.dumps(life.sandbox.state.rows("charge")[0]))
    assert problems(charge) == []
    *hashes, name = path.split(".")
    inner = charge
    for step in hashes:
        inner = inner[step]
    inner[name] = value
    assert [row for row in problems(charge) if row.startswith(problem)]


def test_a_field_that_is_missing_is_found_wherever_it_should_be(life: Life) -> None:
    charge = json.loads(json.dumps(life.sandbox.state.rows("charge")[0]))
    del charge["status"], charge["payment_method_details"]["type"]
    assert problems(charge) == ["charge.payment_method_details.type: missing", "charge.status: missing"]
