"""Invented mails of cancellations, for the previews and golden files: every mail, and every kind of offer."""

from __future__ import annotations

from typing import Any

from app.outbox.rendering.context import (
    CancelledContext,
    CancellingContext,
    OfferContext,
    OfferLines,
    QuestionContext,
    ReceivedContext,
)

Told = CancellingContext | CancelledContext | ReceivedContext | QuestionContext | OfferContext

LINK = "https://pay.northwind.example/{}/eyJjIjoiY2FzZV8wMjEifQ.sample-token"
ALWAYS: CancellingContext = {
    "customer": {"name": "Anna Keller"},
    "plan": "Pro plan, monthly",
    "time_zone": "Europe/Berlin",
}
RENEWAL = "2026-06-15T06:30:00+00:00"


def _euros(cents: int) -> dict[str, Any]:
    return {"amount_minor": cents, "currency": "eur"}


_MONTHLY: dict[str, Any] = {
    "months": None,
    "percent": None,
    "interval": "month",
    "interval_count": 1,
    "plan_name": None,
    "price_during": _euros(2900),
    "price_after": _euros(2900),
    "saved": None,
    "with_tax": True,
    "next_charge_at": RENEWAL,
    "full_charge_at": RENEWAL,
    "ends_at": None,
    "url": None,
}
_YEARLY: dict[str, Any] = {
    "interval": "year",
    "price_after": _euros(29000),
    "full_charge_at": "2027-06-15T06:30:00+00:00",
    "ends_at": "2027-06-15T06:30:00+00:00",
}


def offer_lines(kind: str, means: str, **changes: Any) -> OfferLines:
    """The terms of an offer on a monthly plan of 29 euros, with what is changed."""
    lines: OfferLines = {**_MONTHLY, "kind": kind, "means": means, **changes}  # type: ignore[typeddict-item]
    return lines


def _until(day: str) -> dict[str, Any]:
    return {"full_charge_at": f"{day}T06:30:00+00:00", "ends_at": f"{day}T06:30:00+00:00"}


OFFERS: dict[str, OfferLines] = {
    "free_months": offer_lines(
        "free_months", "coupon", months=2, percent=100.0, price_during=_euros(0), saved=_euros(5800),
        **_until("2026-08-15"),
    ),
    "free_months_credit": offer_lines(
        "free_months", "credit", months=2, price_during=_euros(24167), saved=_euros(4833), **_YEARLY
    ),
    "percent_off": offer_lines(
        "percent_off", "coupon", months=3, percent=25.0, price_during=_euros(2175), saved=_euros(2175),
        **_until("2026-09-15"),
    ),
    "percent_off_yearly": offer_lines(
        "percent_off", "coupon", percent=12.5, price_during=_euros(25375), saved=_euros(3625), **_YEARLY
    ),
    "amount_off": offer_lines(
        "amount_off", "coupon", months=3, price_during=_euros(1900), saved=_euros(3000), with_tax=False,
        **_until("2026-09-15"),
    ),
    "pause": offer_lines(
        "pause", "pause", months=2, price_during=_euros(0), next_charge_at="2026-08-15T06:30:00+00:00",
        full_charge_at="2026-08-15T06:30:00+00:00", ends_at="2026-08-15T05:30:00+00:00",
    ),
    "upgrade": offer_lines(
        "upgrade", "entitlement", months=3, plan_name="Team plan", ends_at="2026-09-05T08:00:00+00:00"
    ),
    "switch_plan": offer_lines(
        "switch_plan", "switch", plan_name="Basic plan", price_during=_euros(900), price_after=_euros(900),
        with_tax=False,
    ),
    "extend_trial": offer_lines(
        "extend_trial", "trial", next_charge_at="2026-06-29T06:30:00+00:00", with_tax=False,
        **_until("2026-06-29"),
    ),
    "by_use": offer_lines(
        "upgrade", "entitlement", months=1, plan_name="Team plan", price_during=None, price_after=None,
        with_tax=False, full_charge_at=None, ends_at="2026-07-05T08:00:00+00:00",
    ),
}  # fmt: skip


def cancelled_context(**changes: Any) -> CancelledContext:
    """A cancellation to the end of the paid time, with what is changed."""
    context: CancelledContext = {
        **ALWAYS,
        "ends_at": RENEWAL,
        "at_once": False,
        "declared_at": "2026-06-05T08:00:00+00:00",
        "undo_url": LINK.format("undo"),
    }
    context.update(changes)  # type: ignore[typeddict-item]
    return context


def offer_context(offer: OfferLines) -> OfferContext:
    """An accepted offer."""
    return {**ALWAYS, "offer": offer, "cancel_url": LINK.format("cancel")}


def _received(*, undo: bool) -> ReceivedContext:
    return {**ALWAYS, "received_at": "2026-06-05T08:00:00+00:00", "undo": undo}


def _offers() -> dict[str, tuple[str, Told]]:
    """Both mails of every offer; those of the free months bear the plain name of the mail."""
    found: dict[str, tuple[str, Told]] = {}
    for mail in ("offer_confirmed", "benefit_ending"):  # a switch has no end to be told
        found[mail] = (mail, offer_context(OFFERS["free_months"]))
        more = {name: offer for name, offer in OFFERS.items() if name != "free_months"}
        found |= {f"{mail}-{name}": (mail, offer_context(offer)) for name, offer in more.items()}
    del found["benefit_ending-switch_plan"]
    return found


CANCELLING: dict[str, tuple[str, Told]] = {
    "subscription_cancelled": ("subscription_cancelled", cancelled_context()),
    "subscription_cancelled-at_once": (
        "subscription_cancelled",
        cancelled_context(at_once=True, ends_at="2026-06-05T08:00:04+00:00", undo_url=None, plan=None),
    ),
    "subscription_cancelled-elsewhere": (
        "subscription_cancelled",
        cancelled_context(declared_at=None, ends_at=None, undo_url=None, customer={"name": None}),
    ),
    "cancellation_received": ("cancellation_received", _received(undo=False)),
    "cancellation_received-undo": ("cancellation_received", _received(undo=True)),
    "cancellation_undone": ("cancellation_undone", ALWAYS),
    "cancellation_question": ("cancellation_question", {**ALWAYS, "survey_url": LINK.format("survey")}),
    **_offers(),
}
"""A sample's name, its mail and what that is told."""
