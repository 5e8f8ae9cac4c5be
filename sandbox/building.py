"""Building a subscriber in one call, also one whose past lies before the sandbox's start."""

from __future__ import annotations

from dataclasses import dataclass, replace

from sandbox.calendar_periods import next_boundary
from sandbox.customers.routes import new_customer
from sandbox.events.record import emit
from sandbox.invoices.collection import collect
from sandbox.invoices.drafting import finalize_invoice
from sandbox.payment_methods.attaching import attach
from sandbox.payment_methods.objects import named_method, new_method
from sandbox.prices.routes import new_price
from sandbox.state import Obj, State
from sandbox.subscriptions.objects import period_end, recurring_of
from sandbox.subscriptions.renewal import bill_period
from sandbox.subscriptions.scheduling import plan_period
from sandbox.subscriptions.starting import start_subscription


@dataclass(frozen=True)
class Subscriber:
    """The ids of what was built."""

    customer: str
    payment_method: str
    product: str
    price: str
    subscription: str
    latest_invoice: str


@dataclass(frozen=True)
class Wanted:
    """What to build; the defaults are a plain monthly subscriber in dollars.

    `start` is the anchor: now by default; in the past, earlier periods are billed and paid without events and
    the current one is running. `payment_method` takes a magic id instead of a card number, `price` an
    existing price instead of a new one. `default_on` is `customer` or `subscription`. `announce=False` builds without
    any event. `first_charge_must_work=False` lets a declining card start an incomplete subscription.
    """

    email: str | None = "reader@example.com"
    name: str | None = "Robin Reader"
    card: str | None = "4242424242424242"
    exp: tuple[int, int] | None = None
    payment_method: str | None = None
    amount: int = 2900
    currency: str = "usd"
    interval: str = "month"
    interval_count: int = 1
    start: int | None = None
    country: str | None = None
    region: str | None = None
    plan: str = "Pro plan"
    price: str | None = None
    quantity: int = 1
    trial_days: int | None = None
    default_on: str = "customer"
    locale: str | None = None
    metadata: dict[str, str] | None = None
    announce: bool = True
    first_charge_must_work: bool = True


def build_subscriber(state: State, wanted: Wanted) -> Subscriber:
    """A customer with a saved method and a running subscription."""
    present = state.now
    anchor = present if wanted.start is None else wanted.start
    if anchor > present:
        raise ValueError("a subscriber starts now or in the past; advance the clock for later ones")
    if anchor == present and wanted.announce:
        return _build(state, wanted)
    state.clock.now = anchor
    try:
        with state.silently():
            built = _build(state, wanted)
            _live_until(state, state.get("subscription", built.subscription), present)
    finally:
        state.clock.now = present
        state.agenda.forget_before(present)
    latest = state.get("subscription", built.subscription)["latest_invoice"]
    return replace(built, latest_invoice=latest)


def _build(state: State, wanted: Wanted) -> Subscriber:
    customer = new_customer(state, {"email": wanted.email or "", "name": wanted.name or ""})
    if wanted.country:
        customer["address"] = {
            **dict.fromkeys(("city", "line1", "line2", "postal_code")),
            "country": wanted.country,
            "state": wanted.region,
        }
    customer["preferred_locales"] = [wanted.locale] if wanted.locale else []
    customer["metadata"] = dict(wanted.metadata or {})
    emit(state, "customer.created", customer)
    method = attach(state, _method(state, wanted), customer)
    state.hidden.authenticated_methods.add(method["id"])
    price = state.get("price", wanted.price) if wanted.price else _price(state, wanted)
    params: Obj = {
        "customer": customer["id"],
        "items": [{"price": price["id"], "quantity": wanted.quantity}],
        "payment_behavior": "error_if_incomplete" if wanted.first_charge_must_work else "allow_incomplete",
    }
    if wanted.trial_days:
        params["trial_period_days"] = wanted.trial_days
    if wanted.default_on == "subscription":
        params["default_payment_method"] = method["id"]
    else:
        customer["invoice_settings"]["default_payment_method"] = method["id"]
    subscription = start_subscription(state, params)
    return Subscriber(
        customer=customer["id"],
        payment_method=method["id"],
        product=price["product"],
        price=price["id"],
        subscription=subscription["id"],
        latest_invoice=subscription["latest_invoice"],
    )


def _method(state: State, wanted: Wanted) -> Obj:
    if wanted.payment_method:
        return named_method(state, wanted.payment_method)
    card: Obj = {"number": wanted.card or ""}
    if wanted.exp:
        card |= {"exp_month": wanted.exp[0], "exp_year": wanted.exp[1]}
    billing = {
        "email": wanted.email or "",
        "name": wanted.name or "",
        "address": {"country": wanted.country or ""},
    }
    return new_method(state, {"type": "card", "card": card, "billing_details": billing})


def _price(state: State, wanted: Wanted) -> Obj:
    """A price for the wish; the same wish finds the same price again."""
    for price in state.rows("price"):
        recurring = price["recurring"] or {}
        product = state.get("product", price["product"])
        same = (
            price["unit_amount"],
            price["currency"],
            recurring.get("interval"),
            recurring.get("interval_count"),
        )
        if product["name"] == wanted.plan and same == (
            wanted.amount, wanted.currency, wanted.interval, wanted.interval_count
        ):  # fmt: skip
            return price
    return new_price(
        state,
        {
            "currency": wanted.currency,
            "unit_amount": wanted.amount,
            "recurring": {"interval": wanted.interval, "interval_count": wanted.interval_count},
            "product_data": {"name": wanted.plan},
        },
    )


def _live_until(state: State, subscription: Obj, present: int) -> None:
    """Bill and pay every period up to the present, quietly; the one that is running is planned for real."""
    while period_end(subscription) <= present:
        start = period_end(subscription)
        state.clock.now = start
        subscription["status"] = "active"
        end = next_boundary(subscription["billing_cycle_anchor"], recurring_of(subscription), start)
        invoice = bill_period(state, subscription, "subscription_cycle", start, end)
        finalize_invoice(state, invoice)
        state.clock.now = min(present, start + state.policy.finalize_after_seconds)
        collect(state, invoice, automatic=True)
    state.clock.now = present
    plan_period(state, subscription)
