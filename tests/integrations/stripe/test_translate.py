"""Envelopes: snapshot, thin and live events, and bodies that are none of these."""

from __future__ import annotations

import json

import pytest

from app.billing.facts import (
    CustomerSeen,
    InvoiceDeleted,
    InvoicePaymentFailed,
    InvoiceSeen,
    PaymentSeen,
    Translation,
)
from app.integrations.stripe.translate import EPOCH, translate, translate_object
from tests.integrations.stripe.translate_bodies import (
    AT,
    LATER,
    event,
    invoice,
    only,
    read,
    told,
)


def thin(event_type: str, kind: str, object_id: str = "in_1") -> Translation:
    body = {
        "id": "evt_1",
        "object": "v2.core.event",
        "type": event_type,
        "created": "2025-10-09T08:53:20.000Z",
        "related_object": {"id": object_id, "type": kind, "url": f"/v1/{kind}s/{object_id}"},
    }
    return translate(json.dumps(body).encode(), live=False)


def test_a_thin_event_asks_for_its_object_and_keeps_its_type() -> None:
    got = thin("v1.invoice.payment_failed", "invoice")
    assert got == Translation(
        (), "invoice", "in_1", wants_live=True, event_type="invoice.payment_failed", at=AT
    )


def test_what_a_thin_event_reports_is_told_after_the_read_with_the_time_of_the_event() -> None:
    facts = translate_object(invoice(attempt_count=3), LATER, True, "v1.invoice.payment_failed", AT)
    assert only(facts, InvoiceSeen).sight.at == LATER
    assert only(facts, InvoicePaymentFailed) == InvoicePaymentFailed("in_1", AT, 3)


def test_a_thin_event_about_a_deleted_invoice_needs_no_read() -> None:
    assert thin("v1.invoice.deleted", "invoice").facts == (InvoiceDeleted("in_1", AT),)
    assert not thin("v1.invoice.deleted", "invoice").wants_live


def test_a_thin_event_about_something_that_says_nothing_to_us_is_not_read() -> None:
    assert not thin("v1.product.updated", "product", "prod_1").wants_live
    assert not thin("v1.invoice.upcoming", "invoice").wants_live


def test_a_live_object_is_marked_as_read_now() -> None:
    body = event("reclaim.live", invoice())
    facts = translate(json.dumps(body).encode(), live=True).facts
    assert only(facts, InvoiceSeen).sight.live
    assert only(facts, InvoiceSeen).sight.at == AT


def test_a_live_deleted_customer_is_seen_as_deleted() -> None:
    assert only(read({"id": "cus_1", "object": "customer", "deleted": True}), CustomerSeen).deleted


def test_a_body_without_a_time_never_replaces_a_picture() -> None:
    seen = only(told("invoice.updated", invoice(), created="yesterday").facts, InvoiceSeen)
    assert seen.sight.at == EPOCH


@pytest.mark.parametrize(
    "body", [b"", b"null", b"[]", b"7", b'"x"', b"{}", b"\xff", b"[" * 9000, b'{"type":7}']
)
def test_what_is_no_event_says_nothing(body: bytes) -> None:
    assert translate(body, live=False).facts == ()


def test_an_unknown_type_says_nothing() -> None:
    got = told("subscription_schedule.updated", {"id": "s_1", "object": "subscription_schedule"})
    assert got.facts == ()
    assert not got.wants_live


def test_a_new_type_about_an_invoice_is_still_a_picture_of_it() -> None:
    assert only(told("invoice.of_next_year", invoice()).facts, InvoiceSeen).invoice_id == "in_1"


def test_a_mandate_says_nothing() -> None:
    assert told("mandate.updated", {"id": "mandate_1", "object": "mandate", "status": "inactive"}).facts == ()


def test_a_refund_that_is_taken_back_has_its_charge_read_again() -> None:
    refund = {"id": "re_1", "object": "refund", "charge": "ch_1", "status": "failed", "amount": 100}
    got = told("refund.failed", refund)
    assert (got.object_kind, got.object_id, got.wants_live) == ("charge", "ch_1", True)
    assert not told("refund.created", refund | {"status": "succeeded"}).wants_live


def test_a_refund_that_was_read_brings_its_charge() -> None:
    charge = {"id": "ch_1", "object": "charge", "status": "succeeded", "amount": 500, "amount_refunded": 200}
    refund = {"id": "re_1", "object": "refund", "charge": charge}
    assert only(read(refund), PaymentSeen).refunded_minor == 200
