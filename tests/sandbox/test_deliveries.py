"""Signed deliveries in three shapes, and everything that can go wrong with them."""

from __future__ import annotations

import json
import threading
import time
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import pytest
import stripe

from sandbox.testing import RunningSandbox, running_sandbox
from tests.sandbox.conftest import Inbox, Sdk, sdk


def test_the_sdk_accepts_the_signature_and_the_body_is_indented(sandbox: RunningSandbox) -> None:
    bodies: list[tuple[bytes, dict[str, str]]] = []
    sandbox.set_sink(lambda body, headers: bodies.append((body, headers)) or 200)  # type: ignore[func-returns-value]
    sandbox.subscriber()
    for body, headers in bodies:
        stripe.Webhook.construct_event(body, headers["Stripe-Signature"], sandbox.webhook_secret)
        assert body == json.dumps(json.loads(body), indent=2, ensure_ascii=False).encode()
        with pytest.raises(stripe.SignatureVerificationError):
            stripe.Webhook.construct_event(body, headers["Stripe-Signature"], "whsec_other")


def renewed(shape: str) -> Inbox:
    """What an endpoint of `shape` hears about one failed and one paid renewal."""
    with running_sandbox(start="2026-01-31T10:00:00Z", shape=shape) as running:
        inbox = Inbox(running.webhook_secret)
        running.set_sink(inbox.receive)
        reader = running.subscriber()
        running.decline(reader.payment_method, "insufficient_funds", until="2026-03-01T00:00:00Z")
        running.advance("2026-03-02T00:00:00Z")
        return inbox


def test_the_new_shape_has_no_old_references() -> None:
    inbox = renewed("new")
    invoice = inbox.last("invoice.paid")
    assert invoice["parent"]["subscription_details"]["subscription"].startswith("sub_")
    assert {"subscription", "payment_intent", "charge", "paid", "payments"}.isdisjoint(invoice)
    assert "invoice" not in inbox.last("charge.succeeded")
    assert "current_period_end" not in inbox.last("customer.subscription.updated")
    assert inbox.events[0]["api_version"] == "2026-10-28.endive"


def test_the_old_shape_reads_as_before_the_moves() -> None:
    inbox = renewed("old")
    invoice, charge = inbox.last("invoice.paid"), inbox.last("charge.succeeded")
    assert invoice["subscription"].startswith("sub_")
    assert invoice["charge"] == charge["id"]
    assert invoice["paid"] is True
    assert charge["invoice"] == invoice["id"]
    assert inbox.last("payment_intent.payment_failed")["invoice"] == invoice["id"]
    assert inbox.last("invoice.payment_failed")["paid"] is False
    line = invoice["lines"]["data"][0]
    assert (line["type"], line["price"]["unit_amount"], line["plan"]["interval"]) == (
        "subscription",
        2900,
        "month",
    )
    assert {"parent", "total_taxes"}.isdisjoint(invoice)
    assert {"parent", "pricing"}.isdisjoint(line)
    updates = inbox.of("customer.subscription.updated")
    subscription = next(e for e in updates if "latest_invoice" in e["data"]["previous_attributes"])
    assert subscription["data"]["object"]["current_period_end"] > 0
    assert "current_period_end" in subscription["data"]["previous_attributes"]
    assert "current_period_end" not in subscription["data"]["object"]["items"]["data"][0]
    assert inbox.events[0]["api_version"] == "2020-03-02"


def test_the_shape_of_both_eras_holds_old_and_new_fields() -> None:
    invoice = renewed("both").last("invoice.paid")
    assert invoice["subscription"] == invoice["parent"]["subscription_details"]["subscription"]
    assert (
        invoice["lines"]["data"][0]["price"]["id"]
        == invoice["lines"]["data"][0]["pricing"]["price_details"]["price"]
    )


def test_a_failed_delivery_comes_again_later_with_the_same_event(
    sandbox: RunningSandbox, inbox: Inbox
) -> None:
    inbox.status = 500
    sdk(sandbox).v1.customers.create({"email": "a@example.com"})
    waiting = sdk(sandbox).v1.events.list({"delivery_success": False}).data
    assert [event.pending_webhooks for event in waiting] == [1]
    inbox.status = 200
    sandbox.advance("2026-01-31T11:00:00Z")
    assert [event["id"] for event in inbox.events] == [waiting[0].id] * 2
    assert sdk(sandbox).v1.events.list({"delivery_success": False}).data == []


def test_paused_deliveries_wait_until_they_are_flushed(sandbox: RunningSandbox, inbox: Inbox) -> None:
    sandbox.pause_deliveries()
    sandbox.subscriber()
    assert inbox.events == []
    assert sandbox.flush() == len(inbox.events) > 5


def test_faults_duplicate_shuffle_drop_and_withhold(sandbox: RunningSandbox, inbox: Inbox) -> None:
    sandbox.pause_deliveries()
    sandbox.control("POST", "deliveries/faults", {"duplicate": 1, "shuffle_seed": 3, "two_signatures": True})
    sandbox.subscriber()
    sandbox.flush()
    ids = [event["id"] for event in inbox.events]
    recorded = [event["id"] for event in sandbox.events()]
    assert sorted(ids) == sorted(recorded * 2)
    assert list(dict.fromkeys(ids)) != recorded
    assert inbox.headers[0]["Stripe-Signature"].count("v1=") == 2
    inbox.forget()
    sandbox.control("POST", "deliveries/faults", {"duplicate": 0, "shuffle_seed": None, "drop_share": 1.0})
    sandbox.resume_deliveries()
    sandbox.subscriber(email="b@example.com")
    assert inbox.events == []
    sandbox.advance("2026-01-31T10:10:00Z")
    assert "invoice.paid" in inbox.types()


def test_a_wrong_secret_is_used_once_and_an_event_can_be_sent_again(
    sandbox: RunningSandbox, inbox: Inbox
) -> None:
    refused: list[int] = []

    def careful(body: bytes, headers: dict[str, str]) -> int:
        try:
            return inbox.receive(body, headers)
        except stripe.SignatureVerificationError:
            refused.append(1)
            return 400

    sandbox.set_sink(careful)
    sandbox.control("POST", "deliveries/faults", {"wrong_secret": 1.0})
    made = sdk(sandbox).v1.customers.create()
    assert (len(refused), inbox.events) == (1, [])
    sandbox.advance("2026-01-31T10:10:00Z")
    assert inbox.last("customer.created")["id"] == made.id
    sandbox.control("POST", "deliveries/faults", {"wrong_secret": 0})
    sandbox.control("POST", f"deliveries/redeliver/{inbox.events[0]['id']}")
    assert len(inbox.events) == 2


def test_a_delayed_delivery_comes_so_much_later_and_only_once(sandbox: RunningSandbox, inbox: Inbox) -> None:
    sandbox.control("POST", "deliveries/faults", {"delay_seconds": 90, "duplicate": 2})
    made = sdk(sandbox).v1.customers.create()
    assert inbox.events == []
    sandbox.advance("2026-01-31T10:01:29Z")
    assert inbox.events == []
    sandbox.advance("2026-01-31T10:01:30Z")
    assert inbox.types() == ["customer.created"] * 3
    assert inbox.last("customer.created")["id"] == made.id
    assert sdk(sandbox).v1.events.list({"delivery_success": False}).data == []


def test_events_of_one_span_carry_the_same_second(sandbox: RunningSandbox, inbox: Inbox) -> None:
    sandbox.subscriber()
    inbox.forget()
    sandbox.control("POST", "deliveries/faults", {"same_second_span": 86_400})
    sandbox.advance("2026-02-28T12:00:00Z")
    renewal = [event for event in inbox.events if event["type"] != "invoice.upcoming"]
    assert len(renewal) > 5
    assert {event["created"] for event in renewal} == {renewal[0]["created"]}
    assert renewal[0]["created"] % 86_400 == 0
    drawn = next(event for event in renewal if event["type"] == "invoice.finalized")
    assert drawn["data"]["object"]["status_transitions"]["finalized_at"] > drawn["created"]


def test_a_dropped_delivery_comes_again_under_a_fresh_signature(
    sandbox: RunningSandbox, inbox: Inbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    real = int(time.time())
    sandbox.control("POST", "deliveries/faults", {"two_signatures": True})
    inbox.status = 500
    monkeypatch.setattr("sandbox.deliveries.real_now", lambda: real - 60)
    sdk(sandbox).v1.customers.create()
    monkeypatch.setattr("sandbox.deliveries.real_now", lambda: real)
    sandbox.advance("2026-01-31T10:10:00Z")
    stamps = [headers["Stripe-Signature"].split(",")[0] for headers in inbox.headers]
    assert stamps == [f"t={real - 60}", f"t={real}"]
    assert inbox.events[0]["id"] == inbox.events[1]["id"]


def test_a_delivery_is_given_up_after_three_days_and_stays_undelivered(
    sandbox: RunningSandbox, inbox: Inbox
) -> None:
    inbox.status = 500
    sdk(sandbox).v1.customers.create()
    sandbox.advance("2026-02-10")
    assert len(inbox.events) == 10
    waiting = sandbox.control("GET", "deliveries")
    assert (waiting["queued"], waiting["waiting_for_retry"]) == ([], [])
    assert waiting["sent"][-1]["at"] - waiting["sent"][0]["at"] < 4 * 86_400
    assert [e.type for e in sdk(sandbox).v1.events.list({"delivery_success": False}).data] == [
        "customer.created"
    ]


def test_a_disabled_endpoint_hears_nothing_also_no_retries(
    sandbox: RunningSandbox, client: Sdk, inbox: Inbox
) -> None:
    endpoint = client.v1.webhook_endpoints.list().data[0].id
    inbox.status = 500
    client.v1.customers.create()
    client.v1.webhook_endpoints.update(endpoint, {"disabled": True})
    client.v1.customers.create()
    sandbox.advance("2026-02-10")
    assert len(inbox.events) == 1
    inbox.status = 200
    client.v1.webhook_endpoints.update(endpoint, {"disabled": False})
    client.v1.customers.create()
    assert len(inbox.events) == 2


def test_each_endpoint_gets_its_own_events_in_its_own_version(sandbox: RunningSandbox, client: Sdk) -> None:
    old = client.v1.webhook_endpoints.create(
        {
            "url": "https://example.com/old",
            "enabled_events": ["invoice.paid", "customer.created"],
            "api_version": "2020-03-02",
        }
    )
    heard: dict[str, list[tuple[str, str, int]]] = {old.secret: [], sandbox.webhook_secret: []}

    def receive(body: bytes, headers: dict[str, str]) -> int:
        for secret, rows in heard.items():
            try:
                stripe.WebhookSignature.verify_header(body.decode(), headers["Stripe-Signature"], secret)
            except stripe.SignatureVerificationError:
                continue
            event = json.loads(body)
            rows.append((event["type"], event["api_version"], event["pending_webhooks"]))
        return 200

    sandbox.set_sink(receive)
    sandbox.subscriber()
    assert heard[old.secret] == [("customer.created", "2020-03-02", 1), ("invoice.paid", "2020-03-02", 1)]
    default = heard[sandbox.webhook_secret]
    assert ("customer.created", "2026-10-28.endive", 2) in default
    assert ("invoice.finalized", "2026-10-28.endive", 1) in default


def test_an_update_tells_nested_values_alone_and_lists_whole(client: Sdk, inbox: Inbox) -> None:
    customer = client.v1.customers.create(
        {
            "email": "a@example.com",
            "preferred_locales": ["de", "fr"],
            "metadata": {"plan": "a", "seats": "3"},
            "address": {"city": "Bonn", "country": "DE", "line1": "Am Markt 1"},
        }
    )
    client.v1.customers.update(
        customer.id,
        {
            "preferred_locales": ["de"],
            "metadata": {"plan": "b", "since": "2026"},
            "address": {"city": "Ulm", "country": "DE", "line1": "Am Markt 1"},
        },
    )
    assert inbox.of("customer.updated")[0]["data"]["previous_attributes"] == {
        "address": {"city": "Bonn"},
        "metadata": {"plan": "a", "since": None},
        "preferred_locales": ["de", "fr"],
    }


def test_an_update_that_changes_nothing_is_no_event(client: Sdk, inbox: Inbox) -> None:
    customer = client.v1.customers.create({"email": "a@example.com"})
    client.v1.customers.update(customer.id, {"email": "a@example.com"})
    assert inbox.types() == ["customer.created"]


def test_an_event_names_its_request_and_time_itself_names_none(
    sandbox: RunningSandbox, client: Sdk, inbox: Inbox
) -> None:
    made = client.v1.customers.create(options={"idempotency_key": "k1"})
    assert inbox.events[0]["request"] == {
        "id": made.last_response.request_id,
        "idempotency_key": "k1",
    }
    sandbox.subscriber()
    inbox.forget()
    sandbox.advance("2026-02-28T12:00:00Z")
    assert [event["request"] for event in inbox.events] == [{"id": None, "idempotency_key": None}] * len(
        inbox.events
    )


def test_events_are_listed_by_type_and_time(sandbox: RunningSandbox, client: Sdk) -> None:
    sandbox.subscriber()
    sandbox.advance("2026-02-28T12:00:00Z")
    paid = client.v1.events.list({"types": ["invoice.paid", "customer.created"], "limit": 2})
    assert [event.type for event in paid.data] == ["invoice.paid", "invoice.paid"]
    assert paid.has_more
    recent = client.v1.events.list({"created": {"gte": sandbox.state.now - 7200}, "type": "invoice.paid"})
    assert len(recent.data) == 1
    assert client.v1.events.retrieve(recent.data[0].id).data.object["object"] == "invoice"
    invoices = client.v1.events.list({"type": "invoice.*", "limit": 100}).data
    assert {event.type.split(".")[0] for event in invoices} == {"invoice"}
    with pytest.raises(stripe.InvalidRequestError):
        client.v1.events.list({"type": "invoice.paid", "types": ["invoice.paid"]})
    with pytest.raises(stripe.InvalidRequestError, match="At most 20"):
        client.v1.events.list({"types": [f"a.{number}" for number in range(21)]})


@pytest.fixture
def receiver() -> Iterator[tuple[str, list[bytes], Callable[[], int]]]:
    """A real HTTP receiver that counts its connections."""
    bodies: list[bytes] = []
    connections: set[Any] = set()

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_POST(self) -> None:
            connections.add(self.client_address)
            bodies.append(self.rfile.read(int(self.headers["Content-Length"])))
            self.send_response(200)
            self.send_header("Content-Length", "0")
            self.end_headers()

        def log_message(self, *args: Any) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True).start()
    yield f"http://127.0.0.1:{server.server_port}/hook", bodies, lambda: len(connections)
    server.shutdown()
    server.server_close()


def test_deliveries_over_http_arrive_in_order_on_one_connection(
    receiver: tuple[str, list[bytes], Callable[[], int]],
) -> None:
    url, bodies, connections = receiver
    with running_sandbox(webhook_url=url) as running:
        running.subscriber()
        arrived = [json.loads(body)["id"] for body in bodies]
        assert arrived == [event["id"] for event in running.events()]
        assert connections() == 1


def test_a_receiver_may_call_the_api_back_from_inside_its_handler(
    sandbox: RunningSandbox, client: Sdk
) -> None:
    seen: list[str] = []

    def receive(body: bytes, headers: dict[str, str]) -> int:
        event = json.loads(body)
        if event["type"] == "invoice.payment_failed":
            invoice = event["data"]["object"]["id"]
            client.v1.invoices.update(invoice, {"metadata": {"seen": "yes"}})
        seen.append(event["type"])
        return 200

    reader = sandbox.subscriber()
    sandbox.decline(reader.payment_method)
    sandbox.set_sink(receive)
    sandbox.advance("2026-02-28T12:00:00Z")
    assert sandbox.invoices(reader.subscription)[-1]["metadata"] == {"seen": "yes"}
    assert seen[-1] == "invoice.updated"
