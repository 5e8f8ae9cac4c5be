"""The few fields of an event that intake stores as columns, for both kinds of event.

Snapshot events (`object: "event"`) carry the object in `data.object`; thin ones
(`object: "v2.core.event"`) only name it. Unknown types and unknown fields pass: they are stored.
"""

from __future__ import annotations

import re
from datetime import UTC, datetime
from typing import Any

import msgspec

from app.core.clock import from_unix
from app.core.errors import BadEvent
from app.inbound.ports import Envelope

_ID = re.compile(r"[A-Za-z0-9_\-]{1,255}")
_TYPE = re.compile(r"[A-Za-z0-9_.\-\[\]]{1,255}")  # brackets: v2.core.account[requirements].updated
_VERSION = re.compile(r"[A-Za-z0-9_.\-]{1,64}")
_EARLIEST = datetime(2000, 1, 1, tzinfo=UTC)
_LATEST = datetime(2100, 1, 1, tzinfo=UTC)
_EARLIEST_UNIX = int(_EARLIEST.timestamp())
_LATEST_UNIX = int(_LATEST.timestamp())


class _Object(msgspec.Struct, gc=False):
    """What we look at in `data.object`. Any: an object of a kind that we do not know may use one of
    these names for something else, and that is no reason to refuse its event."""

    id: Any = None
    object: Any = None
    customer: Any = None
    invoice: Any = None
    subscription: Any = None
    charge: Any = None
    payment_intent: Any = None
    payment_method: Any = None
    setup_intent: Any = None
    latest_invoice: Any = None
    parent: Any = None
    payment: Any = None


class _Data(msgspec.Struct, gc=False):
    object: _Object
    previous_attributes: msgspec.Raw = msgspec.Raw(b"null")


class _Event(msgspec.Struct, gc=False):
    object: str
    id: str
    type: str
    created: int | datetime
    livemode: bool | None = None
    api_version: Any = None
    account: Any = None
    context: Any = None
    data: _Data | msgspec.UnsetType = msgspec.UNSET
    related_object: Any = None


_decode = msgspec.json.Decoder(_Event).decode
_UNREADABLE = (msgspec.MsgspecError, UnicodeDecodeError, RecursionError)


def read_envelope(body: bytes) -> Envelope:
    """The envelope of a delivered body; BadEvent for everything that is not a Stripe event."""
    try:
        return _read(body)
    except _UNREADABLE as error:
        raise BadEvent(f"the body is not an event: {error}"[:200]) from None


def _read(body: bytes) -> Envelope:
    if not body.isascii():
        body.decode()  # the decoder below does not look into strings that it skips
    event = _decode(body)
    if not _ID.fullmatch(event.id) or not _TYPE.fullmatch(event.type):
        raise BadEvent("the event's id or type has characters that no event has")
    if event.object == "event":
        return _snapshot(event)
    if event.object == "v2.core.event":
        return _thin(event)
    raise BadEvent("the body is neither an event nor a thin event")


def _snapshot(event: _Event) -> Envelope:
    created = event.created
    if not isinstance(created, int) or not _EARLIEST_UNIX <= created < _LATEST_UNIX:
        raise BadEvent("`created` is not a believable Unix time")
    if event.data is msgspec.UNSET:
        raise BadEvent("the event has no data.object")
    found = event.data.object
    object_id = _id(found.id)
    customer_id = object_id if found.object == "customer" else _id(found.customer)
    if customer_id is None:
        customer_id = _former_customer(event.data.previous_attributes)
    return Envelope(
        event.id,
        event.type,
        from_unix(created),
        event.livemode,
        _version(event.api_version),
        _account(event.account),
        object_id,
        customer_id,
        _refs(found, customer_id),
    )


def _thin(event: _Event) -> Envelope:
    created = event.created
    if isinstance(created, int) or created.tzinfo is None or not _EARLIEST <= created < _LATEST:
        raise BadEvent("`created` is not a believable instant")
    related = event.related_object
    if related is not None and not isinstance(related, dict):
        raise BadEvent("`related_object` is not an object")
    object_id = _id(related.get("id")) if related else None
    is_customer = related is not None and related.get("type") == "customer"
    return Envelope(
        event.id,
        event.type,
        created.astimezone(UTC),
        event.livemode,
        _version(event.api_version),
        _account(event.context),  # set where the event belongs to another account than the receiver's
        object_id,
        object_id if is_customer else None,
        f" {object_id} " if object_id else " ",
    )


def _id(value: Any) -> str | None:
    """A reference is an id or the expanded object. Odd ids are left out, never stored."""
    if isinstance(value, dict):
        value = value.get("id")
    return value if isinstance(value, str) and _ID.fullmatch(value) else None


def _refs(found: _Object, customer_id: str | None) -> str:
    named = [
        found.id,
        customer_id,
        found.invoice,
        found.subscription,
        found.charge,
        found.payment_intent,
        found.payment_method,
        found.setup_intent,
        found.latest_invoice,
    ]
    if isinstance(found.parent, dict):  # invoices since 2025-03-31.basil
        details = found.parent.get("subscription_details")
        if isinstance(details, dict):
            named.append(details.get("subscription"))
    if isinstance(found.payment, dict):  # invoice_payment
        named.append(found.payment.get("payment_intent"))
        named.append(found.payment.get("charge"))
    ids = [id_ for value in named if value is not None and (id_ := _id(value)) is not None]
    return f" {' '.join(dict.fromkeys(ids))} " if ids else " "


def _former_customer(previous_attributes: msgspec.Raw) -> str | None:
    """A detached payment method names its customer only as what it was before."""
    if b'"customer"' not in bytes(previous_attributes):
        return None
    previous = msgspec.json.decode(previous_attributes)
    return _id(previous.get("customer")) if isinstance(previous, dict) else None


def _version(value: Any) -> str | None:
    return value if isinstance(value, str) and _VERSION.fullmatch(value) else None


def _account(value: Any) -> str | None:
    return None if value is None else value if isinstance(value, str) else ""
