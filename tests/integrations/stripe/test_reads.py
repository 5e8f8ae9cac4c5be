"""Reads from the stand-in provider, through the official SDK."""

from __future__ import annotations

from datetime import timedelta

import pytest

from app.billing.facts import InvoicePaymentFailed, InvoiceSeen, PaymentMethodSeen
from app.billing.ports import ProviderPages, ProviderReads, ProviderWrites
from app.core.errors import ProviderError
from app.integrations.stripe.client import StripeConnection
from app.integrations.stripe.pages import StripePages
from app.integrations.stripe.reads import StripeReads
from app.integrations.stripe.translate import translate_object
from app.integrations.stripe.writes import StripeWrites
from sandbox.testing import RunningSandbox
from tests.integrations.stripe.standin import START, late_subscriber


def test_the_adapters_fill_the_ports(connection: StripeConnection) -> None:
    reads: ProviderReads = StripeReads(connection)
    pages: ProviderPages = StripePages(connection)
    writes: ProviderWrites = StripeWrites(connection)
    assert all((reads, pages, writes))


def test_an_invoice_is_read_with_the_reason_of_its_decline(
    sandbox: RunningSandbox, reads: StripeReads
) -> None:
    _, invoice_id = late_subscriber(sandbox)
    obj = reads.fetch("invoice", invoice_id)
    assert obj is not None
    facts = translate_object(obj, sandbox.now, True, "v1.invoice.payment_failed")
    (seen,) = [fact for fact in facts if isinstance(fact, InvoiceSeen)]
    assert seen.decline is not None
    assert (seen.status, seen.decline.decline_code) == ("open", "insufficient_funds")
    assert seen.decline.last4 == "4242"
    assert [fact for fact in facts if isinstance(fact, InvoicePaymentFailed)]


@pytest.mark.parametrize("kind", ["customer", "subscription", "payment_method"])
def test_an_object_is_read_as_plain_json(sandbox: RunningSandbox, reads: StripeReads, kind: str) -> None:
    reader = sandbox.subscriber(default_on="subscription" if kind == "subscription" else "customer")
    object_id = str(getattr(reader, kind))
    obj = reads.fetch(kind, object_id)
    assert obj is not None
    assert (type(obj), obj["id"]) == (dict, object_id)
    seen = [f for f in translate_object(obj, sandbox.now, True) if isinstance(f, PaymentMethodSeen)]
    assert [method.last4 for method in seen] == ["4242"]


def test_an_object_that_is_gone_is_none(reads: StripeReads) -> None:
    assert reads.fetch("invoice", "in_gone") is None
    assert reads.invoice_statuses(["in_gone"]) == {}


def test_a_kind_that_cannot_be_read_is_a_permanent_error(reads: StripeReads) -> None:
    with pytest.raises(ProviderError) as caught:
        reads.fetch("horse", "ho_1")
    assert caught.value.permanent


def test_the_statuses_of_several_invoices_come_by_id(sandbox: RunningSandbox, reads: StripeReads) -> None:
    _, late = late_subscriber(sandbox)
    paid = sandbox.subscriber().latest_invoice
    got = reads.invoice_statuses([late, paid, "in_gone", late])
    assert {key: obj["status"] for key, obj in got.items()} == {late: "open", paid: "paid"}


def test_events_come_oldest_first_over_several_days(sandbox: RunningSandbox, reads: StripeReads) -> None:
    late_subscriber(sandbox)
    events = list(reads.events_since(START))
    created = [event["created"] for event in events]
    assert created == sorted(created)
    assert created[0] < created[-1]
    assert len({event["id"] for event in events}) == len(events)
    assert "invoice.payment_failed" in {event["type"] for event in events}


def test_events_from_a_later_day_leave_out_the_earlier_ones(
    sandbox: RunningSandbox, reads: StripeReads
) -> None:
    late_subscriber(sandbox)
    since = START + timedelta(days=5)
    assert all(event["created"] >= since.timestamp() for event in reads.events_since(since))


def test_no_events_are_an_empty_list(reads: StripeReads) -> None:
    assert list(reads.events_since(START)) == []


def test_only_events_that_were_not_taken_are_listed_on_request(
    sandbox: RunningSandbox, reads: StripeReads
) -> None:
    sandbox.subscriber()
    assert list(reads.events_since(START, undelivered_only=True)) == []
    sandbox.pause_deliveries()
    sandbox.subscriber()
    assert list(reads.events_since(START, undelivered_only=True))


def test_open_invoices_are_listed(sandbox: RunningSandbox, reads: StripeReads) -> None:
    _, late = late_subscriber(sandbox)
    assert [obj["id"] for obj in reads.open_invoices()] == [late]
    assert list(reads.open_invoices(created_since=sandbox.now + timedelta(days=1))) == []


def test_every_page_of_customers_is_listed(sandbox: RunningSandbox, reads: StripeReads) -> None:
    made = {sandbox.subscriber(announce=False).customer for _ in range(130)}
    assert {obj["id"] for obj in reads.customers()} == made


def test_subscriptions_are_listed_by_status(sandbox: RunningSandbox, reads: StripeReads) -> None:
    late, _ = late_subscriber(sandbox)
    fine = sandbox.subscriber()
    assert [obj["id"] for obj in reads.subscriptions(status="past_due")] == [late.subscription]
    assert [obj["id"] for obj in reads.subscriptions(status="active")] == [fine.subscription]


def test_a_payment_is_led_back_to_its_invoice(sandbox: RunningSandbox, reads: StripeReads) -> None:
    _, late = late_subscriber(sandbox)
    obj = reads.fetch("invoice", late)
    assert obj is not None
    intent_id = obj["payments"]["data"][0]["payment"]["payment_intent"]["id"]
    assert reads.invoice_of_payment(intent_id) == late
    assert reads.invoice_of_payment("pi_gone") is None
