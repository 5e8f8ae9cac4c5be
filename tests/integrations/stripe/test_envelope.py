"""The envelope: what intake reads of an event, and what it refuses."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.core.errors import BadEvent
from app.inbound.ports import Envelope
from app.integrations.stripe.envelope import read_envelope

CREATED = 1_795_000_000


def snapshot(target: Any, **fields: Any) -> bytes:
    event = {
        "id": "evt_1",
        "object": "event",
        "type": "invoice.paid",
        "created": CREATED,
        "livemode": True,
        "api_version": "2026-10-28.endive",
        "data": {"object": target},
    }
    return json.dumps({**event, **fields}).encode()


def thin(**fields: Any) -> bytes:
    event = {
        "id": "evt_test_1",
        "object": "v2.core.event",
        "type": "v1.invoice.payment_failed",
        "created": "2026-11-21T12:00:00.500Z",
        "livemode": False,
        "related_object": {"id": "in_1", "type": "invoice", "url": "/v1/invoices/in_1"},
    }
    return json.dumps({**event, **fields}).encode()


def test_a_snapshot_event_is_read() -> None:
    body = snapshot({"id": "in_1", "object": "invoice", "customer": "cus_1"})
    assert read_envelope(body) == Envelope(
        id="evt_1",
        type="invoice.paid",
        created=datetime.fromtimestamp(CREATED, UTC),
        livemode=True,
        api_version="2026-10-28.endive",
        account=None,
        object_id="in_1",
        customer_id="cus_1",
        refs=" in_1 cus_1 ",
    )


def test_a_thin_event_is_read() -> None:
    assert read_envelope(thin()) == Envelope(
        id="evt_test_1",
        type="v1.invoice.payment_failed",
        created=datetime(2026, 11, 21, 12, 0, 0, 500_000, UTC),
        livemode=False,
        api_version=None,
        account=None,
        object_id="in_1",
        customer_id=None,
        refs=" in_1 ",
    )


def test_a_thin_event_may_be_about_nothing_or_about_a_customer() -> None:
    nothing = read_envelope(thin(related_object=None, type="v2.core.account[requirements].updated"))
    assert (nothing.object_id, nothing.refs) == (None, " ")
    customer = read_envelope(thin(related_object={"id": "cus_1", "type": "customer", "url": "/"}))
    assert (customer.customer_id, customer.refs) == ("cus_1", " cus_1 ")


@pytest.mark.parametrize(
    ("target", "refs"),
    [
        ({"id": "in_1", "customer": {"id": "cus_1", "object": "customer"}}, " in_1 cus_1 "),
        ({"id": "cus_1", "object": "customer"}, " cus_1 "),
        ({"id": "in_1", "subscription": "sub_1", "payment_intent": "pi_1", "charge": "ch_1"},
         " in_1 sub_1 ch_1 pi_1 "),
        ({"id": "in_1", "parent": {"subscription_details": {"subscription": {"id": "sub_1"}}}}, " in_1 sub_1 "),
        ({"id": "sub_1", "latest_invoice": {"id": "in_1"}}, " sub_1 in_1 "),
        ({"id": "inpay_1", "invoice": "in_1", "payment": {"type": "payment_intent", "payment_intent": "pi_1"}},
         " inpay_1 in_1 pi_1 "),
        ({"id": "inpay_1", "payment": {"type": "charge", "charge": {"id": "ch_1"}}}, " inpay_1 ch_1 "),
        ({"id": "cs_1", "setup_intent": "seti_1", "payment_method": "pm_1"}, " cs_1 pm_1 seti_1 "),
        ({"id": "in_1", "invoice": "in_1"}, " in_1 "),
        ({}, " "),
        ({"id": "bad\x00id", "customer": "two words", "invoice": "x" * 256, "charge": ""}, " "),
        ({"id": 7, "customer": ["cus_1"], "parent": "sku_1", "payment": "p", "latest_invoice": {"id": None}}, " "),
        ({"id": "in_1", "parent": {"subscription_details": None}, "payment": None}, " in_1 "),
    ],
)  # fmt: skip
def test_every_provider_id_at_a_known_place_is_a_reference(target: dict[str, Any], refs: str) -> None:
    assert read_envelope(snapshot(target)).refs == refs


def test_an_upcoming_invoice_has_no_id_of_its_own() -> None:
    envelope = read_envelope(snapshot({"object": "invoice", "customer": "cus_1", "subscription": "sub_1"}))
    assert (envelope.object_id, envelope.refs) == (None, " cus_1 sub_1 ")


def test_a_detached_payment_method_names_its_former_customer() -> None:
    data = {"object": {"id": "pm_1", "customer": None}, "previous_attributes": {"customer": "cus_1"}}
    envelope = read_envelope(snapshot({}, data=data))
    assert (envelope.customer_id, envelope.refs) == ("cus_1", " pm_1 cus_1 ")
    data["previous_attributes"] = ["customer"]
    assert read_envelope(snapshot({}, data=data)).customer_id is None


def test_an_event_of_a_connected_account_says_so() -> None:
    assert read_envelope(snapshot({}, account="acct_1")).account == "acct_1"
    assert read_envelope(snapshot({}, account=7)).account == ""
    assert read_envelope(thin(context="acct_1")).account == "acct_1"


def test_an_unknown_type_version_and_field_are_no_reason_to_refuse() -> None:
    envelope = read_envelope(snapshot({"id": "zz_1"}, type="zebra.striped", api_version=None, extra=[1, {}]))
    assert (envelope.type, envelope.api_version) == ("zebra.striped", None)
    assert read_envelope(snapshot({}, api_version="a b")).api_version is None


MALFORMED = [
    b"",
    b"null",
    b"[]",
    b"{}",
    b"1",
    b'"event"',
    b"NaN",
    b'{"object": "charge"}',
    b"\xef\xbb\xbf" + snapshot({"id": "in_1"}),
    snapshot({"id": "in_1"}) + b"{}",
    snapshot({"id": "in_1"})[:-1],
    snapshot({"id": "in_1"}).replace(b"in_1", b"\xff\xfe"),
    snapshot({"id": "in_1"}, note="?").replace(b"?", b"\xff"),
    snapshot({"id": "in_1"}, note="?").replace(b"?", b"\\ud800"),
    snapshot({"id": "in_1"}, note=float("nan")),
    snapshot({"id": "in_1"}, note=float("inf")),
    b"[" * 100_000,
    b"[" * 100_000 + b"]" * 100_000,
    snapshot("@").replace(b'"@"', b"[" * 100_000 + b"]" * 100_000),
    snapshot({"id": "@"}).replace(b'"@"', b"[" * 100_000 + b"]" * 100_000),
    snapshot({}, note="@").replace(b'"@"', b'{"a":' * 50_000 + b"1" + b"}" * 50_000),
    snapshot([]),
    snapshot(None),
    snapshot("in_1"),
    snapshot({}, data=None),
    snapshot({}, data={}),
    snapshot({}, data=[]),
    snapshot({}, object="list"),
    snapshot({}, object=None),
    snapshot({}, id="evt\x00"),
    snapshot({}, id="evt 1"),
    snapshot({}, id="evt_1\n"),
    snapshot({}, id="\u0435vt_1"),
    snapshot({}, id=""),
    snapshot({}, id="e" * 256),
    snapshot({}, id=1),
    snapshot({}, id=None),
    snapshot({}, type="invoice.\x00"),
    snapshot({}, type="<script>"),
    snapshot({}, type=""),
    snapshot({}, created=-1),
    snapshot({}, created=10**10),
    snapshot({}, created=10**30),
    snapshot({}, created=1.5),
    snapshot({}, created=True),
    snapshot({}, created=None),
    snapshot({}, created="2026-11-21T12:00:00Z"),
    snapshot({}, created="yesterday"),
    snapshot({}, livemode="yes"),
    thin(created=CREATED),
    thin(created="2026-11-21T12:00:00"),
    thin(created="1826-11-21T12:00:00Z"),
    thin(created="9999-12-31T23:59:59Z"),
    thin(created="2026-13-41"),
    thin(related_object="in_1"),
]


@pytest.mark.parametrize("body", MALFORMED, ids=range(len(MALFORMED)))
def test_a_body_that_is_no_event_is_refused(body: bytes) -> None:
    with pytest.raises(BadEvent):
        read_envelope(body)


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=20),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3),
    max_leaves=10,
)
NAMES = st.sampled_from(["id", "object", "customer", "invoice", "parent", "payment", "charge"])


@given(target=st.dictionaries(NAMES, JSON, max_size=7), previous=JSON)
def test_whatever_an_object_holds_its_references_are_clean(target: dict[str, Any], previous: Any) -> None:
    envelope = read_envelope(snapshot({}, data={"object": target, "previous_attributes": previous}))
    assert envelope.refs.startswith(" ")
    assert envelope.refs.endswith(" ")
    assert all(c.isascii() and (c.isalnum() or c in "_- ") for c in envelope.refs)


@given(body=st.binary(max_size=200))
def test_no_body_crashes_the_reader(body: bytes) -> None:
    with pytest.raises(BadEvent):
        read_envelope(body)
