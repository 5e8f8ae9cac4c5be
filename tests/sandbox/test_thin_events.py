"""Thin events: notifications that name an object, read by the official SDK, and the v2 API behind them."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from typing import Any

import pytest
import stripe
from sqlalchemy import select

from app.core.db import Database
from app.inbound.models import InboundEvent
from sandbox.testing import RunningSandbox
from tests.sandbox.conftest import Inbox, Sdk
from tests.scenarios.diary import open_diary

THIN_FAILURE = "v1.invoice.payment_failed"


class ThinInbox:
    """Notifications as the SDK parses them; each was verified with the destination's own secret."""

    def __init__(self, client: Sdk) -> None:
        self.client = client
        self.secrets: list[str] = []
        self.notifications: list[Any] = []
        self.bodies: list[dict[str, Any]] = []
        self.status = 200

    def receive(self, body: bytes, headers: dict[str, str]) -> int:
        for secret in self.secrets:
            try:
                self.notifications.append(
                    self.client.parse_event_notification(body, headers["Stripe-Signature"], secret)
                )
            except stripe.SignatureVerificationError:
                continue
            self.bodies.append(json.loads(body))
            return self.status
        return 200

    def types(self) -> list[str]:
        return [row.type for row in self.notifications]

    def of(self, event_type: str) -> list[Any]:
        return [row for row in self.notifications if row.type == event_type]


@pytest.fixture
def thin(sandbox: RunningSandbox, client: Sdk) -> ThinInbox:
    box = ThinInbox(client)
    sandbox.set_sink(box.receive)
    return box


def destination(client: Sdk, box: ThinInbox | None = None, **more: Any) -> Any:
    made = client.v2.core.event_destinations.create(
        {
            "name": "Ours",
            "type": "webhook_endpoint",
            "event_payload": "thin",
            "enabled_events": ["*"],
            "webhook_endpoint": {"url": "https://example.com/thin"},
            "include": ["webhook_endpoint.signing_secret", "webhook_endpoint.url"],
            **more,
        }
    )
    if box is not None:
        box.secrets.append(made.webhook_endpoint.signing_secret)
    return made


def test_a_failed_renewal_arrives_as_a_notification_whose_event_and_object_the_sdk_fetches(
    sandbox: RunningSandbox, client: Sdk, thin: ThinInbox
) -> None:
    destination(client, thin, enabled_events=["v1.invoice.payment_failed"])
    reader = sandbox.subscriber()
    sandbox.decline(reader.payment_method, "insufficient_funds")
    sandbox.advance("2026-02-28T12:00:00Z")
    told = thin.notifications[0]
    assert thin.types() == ["v1.invoice.payment_failed"]
    assert type(told).__name__ == "V1InvoicePaymentFailedEventNotification"
    assert thin.bodies[0] == {
        "id": told.id,
        "object": "v2.core.event",
        "context": None,
        "created": "2026-02-28T11:00:00.000Z",
        "livemode": False,
        "reason": None,
        "related_object": {
            "id": told.related_object.id,
            "type": "invoice",
            "url": f"/v1/invoices/{told.related_object.id}",
        },
        "type": "v1.invoice.payment_failed",
    }
    invoice = told.fetch_related_object()
    assert (invoice.object, invoice.status, invoice.attempt_count) == ("invoice", "open", 1)
    event = told.fetch_event()
    assert (event.id, event.type) == (told.id, told.type)
    snapshot = client.v1.events.retrieve(event.snapshot_event)
    assert (snapshot.type, snapshot.data.object.id) == ("invoice.payment_failed", invoice.id)
    assert event.fetch_related_object().id == invoice.id


def test_a_change_of_status_has_a_thin_type_that_snapshot_events_lack(
    sandbox: RunningSandbox, client: Sdk, thin: ThinInbox
) -> None:
    reader = sandbox.subscriber()
    destination(client, thin)
    sandbox.decline(reader.payment_method, "insufficient_funds", until="2026-03-01T00:00:00Z")
    sandbox.advance("2026-03-02T00:00:00Z")
    statuses = [name for name in thin.types() if name.endswith((".past_due", ".active"))]
    assert statuses == ["v1.customer.subscription.past_due", "v1.customer.subscription.active"]
    late = thin.of("v1.customer.subscription.past_due")[0]
    assert late.fetch_related_object().id == reader.subscription
    assert late.fetch_event().snapshot_event is None


@pytest.mark.parametrize(
    ("change", "expected"),
    [
        ({"cancel_at": 1_900_000_000}, ["cancel_at_changed"]),
        ({"metadata": {"a": "b"}}, []),
        ({"default_payment_method": "other"}, ["default_payment_method_changed"]),
        ({"items": "two of it"}, ["item_quantity_changed"]),
    ],
)
def test_each_kind_of_change_of_a_subscription_is_told_by_its_own_type(
    sandbox: RunningSandbox, client: Sdk, thin: ThinInbox, change: dict[str, Any], expected: list[str]
) -> None:
    reader = sandbox.subscriber()
    destination(client, thin, enabled_events=["*"])
    if "default_payment_method" in change:
        change = {"default_payment_method": reader.payment_method}
    if "items" in change:
        item = client.v1.subscriptions.retrieve(reader.subscription)["items"].data[0].id
        change = {"items": [{"id": item, "quantity": 2}], "proration_behavior": "none"}
    client.v1.subscriptions.update(reader.subscription, change)
    found = [name for name in thin.types() if name.startswith("v1.customer.subscription.")]
    assert found == [f"v1.customer.subscription.{name}" for name in ["updated", *expected]]


def test_a_notification_names_the_request_that_caused_it(client: Sdk, thin: ThinInbox) -> None:
    destination(client, thin)
    client.v1.customers.create({"email": "a@example.com"}, options={"idempotency_key": "key-1"})
    reason = thin.of("v1.customer.created")[0].reason
    assert (reason.type, reason.request.idempotency_key) == ("request", "key-1")
    assert reason.request.id.startswith("req_")


def test_an_event_about_nothing_that_exists_has_no_related_object(
    sandbox: RunningSandbox, client: Sdk, thin: ThinInbox
) -> None:
    destination(client, thin, enabled_events=["v1.invoice.upcoming"])
    reader = sandbox.subscriber()
    sandbox.advance("2026-02-27")
    assert thin.types() == ["v1.invoice.upcoming"]
    assert "related_object" not in thin.bodies[0]
    data = thin.notifications[0].fetch_event().data
    assert (data.customer, data.subscription) == (reader.customer, reader.subscription)


def test_a_refused_notification_comes_again_with_the_same_id(
    sandbox: RunningSandbox, client: Sdk, thin: ThinInbox
) -> None:
    destination(client, thin)
    thin.status = 500
    client.v1.customers.create()
    thin.status = 200
    sandbox.advance("2026-01-31T10:10:00Z")
    first, second = thin.of("v1.customer.created")
    assert first.id == second.id


def test_thin_events_are_listed_by_object_type_and_time_in_pages(
    sandbox: RunningSandbox, client: Sdk
) -> None:
    reader = sandbox.subscriber()
    sandbox.advance("2026-02-28T12:00:00Z")
    events = client.v2.core.events
    everything = list(events.list({"limit": 7}).auto_paging_iter())
    assert len(everything) >= len(sandbox.events()) > 20
    assert everything[0].created > everything[-1].created
    assert len({row.id for row in everything}) == len(everything)
    about = events.list({"object_id": reader.subscription, "limit": 100}).data
    assert {row.related_object.id for row in about} == {reader.subscription}
    paid = events.list({"types": ["v1.invoice.paid"], "limit": 1})
    assert [row.type for row in paid.data] == ["v1.invoice.paid"]
    assert len(list(paid.auto_paging_iter())) == 2
    after = datetime(2026, 2, 28, tzinfo=UTC).isoformat()
    recent = events.list({"types": ["v1.invoice.paid"], "created": {"gte": after}})
    assert [row.created for row in recent.data] == ["2026-02-28T11:00:00.000Z"]
    assert recent.next_page_url is None


def test_errors_under_v2_have_a_code_and_a_message(client: Sdk, sandbox: RunningSandbox) -> None:
    with pytest.raises(stripe.InvalidRequestError) as missing:
        client.v2.core.events.retrieve("evt_test_65Anothing")
    assert (missing.value.http_status, missing.value.code) == (404, "not_found")
    assert set(json.loads(missing.value.http_body or "")["error"]) == {"code", "message", "type"}
    with pytest.raises(stripe.InvalidRequestError):
        client.v2.core.events.list({"limit": 1000})


def test_a_destination_shows_secret_and_address_only_when_asked(client: Sdk) -> None:
    made = destination(client, metadata={"team": "billing"}, description="thin ones")
    assert made.webhook_endpoint.signing_secret.startswith("whsec_")
    assert (made.event_payload, made.snapshot_api_version, made.status) == ("thin", None, "enabled")
    destinations = client.v2.core.event_destinations
    plain = destinations.retrieve(made.id)
    assert (plain.webhook_endpoint.signing_secret, plain.webhook_endpoint.url) == (None, None)
    asked = destinations.retrieve(made.id, {"include": ["webhook_endpoint.url"]})
    assert asked.webhook_endpoint.url == "https://example.com/thin"
    assert [row.id for row in destinations.list().data] == [made.id]


def test_a_destination_is_changed_switched_off_and_on_and_deleted(client: Sdk, thin: ThinInbox) -> None:
    destinations = client.v2.core.event_destinations
    made = destination(client, thin)
    changed = destinations.update(made.id, {"name": "Theirs", "metadata": {"a": "b"}})
    assert (changed.name, changed.metadata["a"]) == ("Theirs", "b")
    off = destinations.disable(made.id)
    assert (off.status, off.status_details.disabled.reason) == ("disabled", "user")
    client.v1.customers.create()
    assert thin.types() == []
    assert destinations.enable(made.id).status_details is None
    client.v1.customers.create()
    assert thin.types() == ["v1.customer.created"]
    assert destinations.delete(made.id).id == made.id
    client.v1.customers.create()
    assert thin.types() == ["v1.customer.created"]


def test_a_ping_reaches_the_destination_whatever_it_subscribed_to(client: Sdk, thin: ThinInbox) -> None:
    made = destination(client, thin, enabled_events=["v1.invoice.paid"])
    sent = client.v2.core.event_destinations.ping(made.id)
    assert thin.types() == ["v2.core.event_destination.ping"]
    assert thin.notifications[0].id == sent.id
    assert thin.notifications[0].fetch_related_object().id == made.id
    assert client.v1.events.list().data == []


def test_a_destination_may_take_snapshots_in_a_version_of_its_own(
    sandbox: RunningSandbox, client: Sdk
) -> None:
    made = destination(
        client, event_payload="snapshot", snapshot_api_version="2020-03-02", enabled_events=["invoice.paid"]
    )
    inbox = Inbox(made.webhook_endpoint.signing_secret)
    ours: list[str] = []

    def receive(body: bytes, headers: dict[str, str]) -> int:
        try:
            return inbox.receive(body, headers)
        except stripe.SignatureVerificationError:
            ours.append(json.loads(body)["api_version"])
            return 200

    sandbox.set_sink(receive)
    reader = sandbox.subscriber()
    assert inbox.types() == ["invoice.paid"]
    assert inbox.events[0]["api_version"] == "2020-03-02"
    assert inbox.last("invoice.paid")["subscription"] == reader.subscription
    assert set(ours) == {"2026-10-28.endive"}


def test_thin_events_have_no_version_and_other_transports_are_refused(client: Sdk) -> None:
    with pytest.raises(stripe.InvalidRequestError, match="no version"):
        destination(client, snapshot_api_version="2020-03-02")
    with pytest.raises(stripe.InvalidRequestError, match="type"):
        destination(client, type="amazon_eventbridge")


def test_reclaim_stores_a_thin_failure_reads_the_invoice_and_writes_to_the_customer(
    database: Database,
) -> None:
    """The whole service behind a thin endpoint does what it does behind a snapshot endpoint."""
    with open_diary(database, shape="thin") as diary:
        ada = diary.failing("insufficient_funds", until="2026-04-08T00:00:00")
        diary.until("2026-04-01T12:00:00")
        with database.read() as session:
            stored = session.scalars(select(InboundEvent).where(InboundEvent.type == THIN_FAILURE)).one()
        body = json.loads(stored.body)
        assert (body["object"], body["related_object"]["type"]) == ("v2.core.event", "invoice")
        assert (diary.case().state, diary.attempts(diary.newest_invoice(ada))) == ("open", 1)
        diary.until("2026-04-20T09:00:00")
        assert diary.sent() == [("04-06", "payment_failed_retrying"), ("04-09", "payment_recovered")]
        assert diary.case().outcome == "recovered"
