"""Invoices: the status only moves forward; what failed, why, and what was given back is kept."""

from __future__ import annotations

from dataclasses import asdict, replace
from datetime import datetime
from typing import Any

from app.billing.facts import InvoiceDeleted, InvoicePaymentFailed, InvoiceSeen
from app.billing.projection.order import UNSEEN_AT, newer, pictured, same_moment
from app.billing.states import InvoiceState

RANK = {"draft": 0, "open": 1, "uncollectible": 2, "paid": 3, "void": 3, "deleted": 3}
RECORD = (  # filled by failures, payments and disputes, never by a picture of the invoice
    "failed_at",
    "last_failed_at",
    "needs_action",
    "decline",
    "decline_at",
    "refunded_minor",
    "disputed_at",
    "dispute_status",
)
LASTING = (  # what an older picture can still add: references and names, never amounts or dates
    "customer_id",
    "subscription_id",
    "billing_reason",
    "collection_method",
    "created_at",
    "number",
    "label",
    "price_id",
    "product_id",
    "hosted_url",
)
MERGED = (*RECORD, *LASTING, "currency", "settled_at", "paid_at")
"""What a row may have from several pictures, so that it cannot tell which of two is the later."""


def _rank(state: InvoiceState) -> int:
    return RANK.get(state.status, 1)


def invoice_after(now: InvoiceState | None, seen: InvoiceSeen) -> InvoiceState:
    """The invoice's row after a picture of it."""
    status = seen.status or (now.status if now else "open")
    settled_at = (seen.paid_at or seen.sight.at) if RANK.get(status, 1) >= 2 else None
    paid_at = settled_at if status == "paid" else None
    new = pictured(
        InvoiceState,
        seen.invoice_id,
        seen,
        status=status,
        paid_at=paid_at,
        settled_at=settled_at,
        next_payment_attempt_at=None if settled_at else seen.next_payment_attempt_at,
        decline=None,
    )
    state = new if now is None else _merged(now, new) if now.status != "deleted" else _buried(now, new)
    return with_decline(state, asdict(seen.decline), seen.sight.at) if seen.decline else state


def _merged(now: InvoiceState, new: InvoiceState) -> InvoiceState:
    front, back = (new, now) if _advances(now, new) else (now, new)
    changes: dict[str, Any] = {name: getattr(now, name) for name in RECORD}
    changes |= {name: getattr(back, name) for name in LASTING if getattr(front, name) is None}
    changes["currency"] = front.currency or back.currency
    if front.settled_at and back.settled_at and _rank(front) == _rank(back):
        changes["settled_at"] = min(front.settled_at, back.settled_at)
        changes["paid_at"] = changes["settled_at"] if front.status == "paid" else None
    return replace(front, **changes)


def _buried(now: InvoiceState, new: InvoiceState) -> InvoiceState:
    """A picture of a draft that is known to be deleted tells what it was, not that it still is."""
    if _rank(new) > RANK["draft"]:
        return _merged(replace(now, seen_at=UNSEEN_AT), new)
    seen = _merged(replace(now, status=new.status, settled_at=None), new)
    return replace(seen, status="deleted", settled_at=now.settled_at, amount_remaining_minor=0)


def _advances(now: InvoiceState, new: InvoiceState) -> bool:
    if now.seen_at == UNSEEN_AT:
        return True
    if _rank(new) != _rank(now):
        return _rank(new) > _rank(now)
    progress = (new.attempt_count, new.amount_paid_minor), (now.attempt_count, now.amount_paid_minor)
    if same_moment(new, now) and progress[0] != progress[1]:
        return progress[0] > progress[1]
    return newer(new, now, apart_from=MERGED)


def invoice_deleted(now: InvoiceState | None, deleted: InvoiceDeleted) -> InvoiceState:
    """A deleted draft is over; nothing is owed on it. Only drafts can be deleted."""
    state = now or _unseen(deleted.invoice_id)
    if now is not None and now.seen_at != UNSEEN_AT and now.status not in ("draft", "deleted"):
        return now
    settled_at = min(state.settled_at or deleted.at, deleted.at)
    return replace(state, status="deleted", settled_at=settled_at, amount_remaining_minor=0)


def _unseen(invoice_id: str) -> InvoiceState:
    """A row for what happened to an invoice of which no picture has come yet."""
    return InvoiceState(id=invoice_id, seen_at=UNSEEN_AT, seen_live=False, status="open")


def invoice_failed(now: InvoiceState | None, failed: InvoicePaymentFailed) -> InvoiceState:
    """Remember that an attempt failed; says nothing about the status, which only pictures tell."""
    state = now or _unseen(failed.invoice_id)
    needs_action = state.needs_action
    if state.last_failed_at is None or failed.at > state.last_failed_at:
        needs_action = failed.needs_action
    elif failed.at == state.last_failed_at:
        # One attempt may be told twice in one second: as failed, and as in need of confirmation.
        needs_action = failed.needs_action or state.needs_action
    return replace(
        state,
        failed_at=min(state.failed_at or failed.at, failed.at),
        last_failed_at=max(state.last_failed_at or failed.at, failed.at),
        needs_action=needs_action,
        # With a picture its own count is right; one that came late must not look like a later stage.
        attempt_count=max(state.attempt_count, failed.attempt_count)
        if state.seen_at == UNSEEN_AT
        else state.attempt_count,
    )


def with_decline(state: InvoiceState, decline: dict[str, Any], at: datetime) -> InvoiceState:
    """The newest reason counts; a told reason beats an inferred one of the same or a later time."""
    if state.decline is not None and state.decline_at is not None:
        told_before, told_now = not state.decline.get("inferred"), not decline.get("inferred")
        overtaken = state.last_failed_at is not None and state.decline_at < state.last_failed_at
        if told_before and not told_now and not overtaken:
            return state
        if at < state.decline_at and told_before >= told_now:
            return state
        if at == state.decline_at and (told_before, repr(state.decline)) > (told_now, repr(decline)):
            return state
    return replace(state, decline=decline, decline_at=at)
