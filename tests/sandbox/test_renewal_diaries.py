"""Five diaries of subscriptions on a test clock, told by their events: which, when, in what order, saying what.

Everything is done with the official SDK alone, as against the provider. An entry is the event's time and type and
the fields of its object that matter; times are in UTC. The renewal falls on the 30th at ten, as the anchor is
31 March; its invoice is charged an hour later.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

import pytest
import stripe

from tests.sandbox.conftest import Inbox, Sdk

# What is told of each kind of object.
TOLD: dict[str, tuple[str, ...]] = {
    "charge": ("status", "failure_code"),
    "customer": ("delinquent",),
    "invoice": ("status", "billing_reason", "amount_due", "attempt_count", "next_payment_attempt"),
    "invoice_payment": ("status",),
    "invoiceitem": ("amount", "proration"),
    "payment_intent": ("status",),
    "subscription": ("status", "cancel_at", "cancel_at_period_end"),
}
OTHERS = ("test_helpers.", "price.", "plan.")
INSTANTS = ("next_payment_attempt", "cancel_at")


def at(text: str) -> int:
    return int(datetime.fromisoformat(text).replace(tzinfo=UTC).timestamp())


def written(instant: int) -> str:
    return datetime.fromtimestamp(instant, UTC).strftime("%m-%d %H:%M")


class Diary:
    """One customer on a test clock that stands at 31 March 2026, ten o'clock."""

    def __init__(self, client: Sdk, inbox: Inbox) -> None:
        self.client, self.inbox = client, inbox
        self.clock = client.v1.test_helpers.test_clocks.create({"frozen_time": at("2026-03-31T10:00")}).id
        self.customer = client.v1.customers.create({"email": "a@example.com", "test_clock": self.clock}).id
        self.product = client.v1.products.create({"name": "Pro"}).id
        self.price = self.new_price(3000)
        inbox.forget()

    def new_price(self, amount: int) -> str:
        recurring = {"interval": "month"}
        wanted = {"product": self.product, "unit_amount": amount, "currency": "usd", "recurring": recurring}
        return str(self.client.v1.prices.create(wanted).id)

    def pays_with(self, card: str) -> str:
        """The customer's default from now on."""
        method = self.client.v1.payment_methods.attach(card, {"customer": self.customer}).id
        settings = {"invoice_settings": {"default_payment_method": method}}
        self.client.v1.customers.update(self.customer, settings)
        self.inbox.forget()
        return str(method)

    def subscribes(self, **more: Any) -> Any:
        wanted = {"customer": self.customer, "items": [{"price": self.price}], **more}
        return self.client.v1.subscriptions.create(wanted)

    def goes_to(self, text: str) -> None:
        self.client.v1.test_helpers.test_clocks.advance(self.clock, {"frozen_time": at(text)})

    def tells(self) -> list[str]:
        """The entries since the last time; the clock's own events and second thoughts of invoices are left out."""
        events = [event for event in self.inbox.events if not event["type"].startswith(OTHERS)]
        self.inbox.forget()
        return [self._entry(event) for event in events if event["type"] != "invoice.updated"]

    @staticmethod
    def _entry(event: dict[str, Any]) -> str:
        obj = event["data"]["object"]
        fields = {
            name: obj[name]
            for name in TOLD[obj["object"]]
            if obj[name] is not None and obj[name] is not False
        }
        dated = {name: written(value) if name in INSTANTS else value for name, value in fields.items()}
        words = [f"{name}={value}" for name, value in dated.items()]
        return " ".join([written(event["created"]), event["type"], *words])


@pytest.fixture
def diary(client: Sdk, inbox: Inbox) -> Diary:
    return Diary(client, inbox)


def signup(status: str, attempts: int) -> str:
    """What the first invoice says."""
    return f"status={status} billing_reason=subscription_create amount_due=3000 attempt_count={attempts}"


FIRST_PERIOD = [
    "03-31 10:00 customer.subscription.created status=incomplete",
    f"03-31 10:00 invoice.created {signup('draft', 0)}",
    "03-31 10:00 payment_intent.created status=requires_payment_method",
    f"03-31 10:00 invoice.finalized {signup('open', 0)}",
    "03-31 10:00 charge.succeeded status=succeeded",
    "03-31 10:00 payment_intent.succeeded status=succeeded",
    "03-31 10:00 invoice_payment.paid status=paid",
    f"03-31 10:00 invoice.paid {signup('paid', 1)}",
    f"03-31 10:00 invoice.payment_succeeded {signup('paid', 1)}",
    "03-31 10:00 customer.subscription.updated status=active",
]


def cycle(amount: int, attempts: int, status: str, due: str | None = None) -> str:
    """What an invoice of a renewal says."""
    told = f"status={status} billing_reason=subscription_cycle amount_due={amount} attempt_count={attempts}"
    return f"{told} next_payment_attempt={due}" if due else told


def drafted(amount: int, day: str = "04-30") -> list[str]:
    """The renewal up to the finalised invoice: announced a week before, drafted, final after an hour."""
    due = f"{day} 11:00"
    return [
        f"{day} 10:00 invoice.created {cycle(amount, 0, 'draft', due)}",
        f"{day} 10:00 customer.subscription.updated status=active",
        f"{due} payment_intent.created status=requires_payment_method",
        f"{due} invoice.finalized {cycle(amount, 0, 'open', due)}",
    ]


def paid(amount: int, time: str, attempts: int = 1) -> list[str]:
    return [
        f"{time} charge.succeeded status=succeeded",
        f"{time} payment_intent.succeeded status=succeeded",
        f"{time} invoice_payment.paid status=paid",
        f"{time} invoice.paid {cycle(amount, attempts, 'paid')}",
        f"{time} invoice.payment_succeeded {cycle(amount, attempts, 'paid')}",
    ]


def upcoming(amount: int, day: str = "04-23", due: str = "04-30 11:00") -> str:
    told = f"status=draft billing_reason=upcoming amount_due={amount} attempt_count=0"
    return f"{day} 10:00 invoice.upcoming {told} next_payment_attempt={due}"


def test_a_renewal_is_announced_drafted_finalised_and_paid(diary: Diary) -> None:
    diary.pays_with("pm_card_visa")
    diary.subscribes()
    assert diary.tells() == FIRST_PERIOD
    diary.goes_to("2026-05-01T10:00")
    assert diary.tells() == [upcoming(3000), *drafted(3000), *paid(3000, "04-30 11:00")]
    diary.goes_to("2026-06-01T10:00")
    again = [upcoming(3000, "05-24", "05-31 11:00"), *drafted(3000, "05-31"), *paid(3000, "05-31 11:00")]
    assert diary.tells() == again


def failed(time: str, attempts: int, due: str | None) -> list[str]:
    return [
        f"{time} charge.failed status=failed failure_code=card_declined",
        f"{time} payment_intent.payment_failed status=requires_payment_method",
        f"{time} invoice.payment_failed {cycle(3000, attempts, 'open', due)}",
    ]


RETRIES = ("05-01", "05-02", "05-04", "05-06", "05-08", "05-10", "05-12", "05-14")


def test_a_failed_renewal_is_retried_eight_times_and_then_the_subscription_ends(diary: Diary) -> None:
    diary.pays_with("pm_card_visa")
    subscription = diary.subscribes()
    diary.pays_with("pm_card_chargeCustomerFail")
    diary.goes_to("2026-05-20T10:00")
    times = [f"{day} 11:00" for day in ("04-30", *RETRIES)]
    tries = [
        failed(time, number + 1, due)
        for number, (time, due) in enumerate(zip(times, [*times[1:], None], strict=True))
    ]
    late = [
        "04-30 11:00 customer.subscription.updated status=past_due",
        "04-30 11:00 customer.updated delinquent=True",
    ]
    retried = [entry for entries in tries[1:] for entry in entries]
    told = diary.tells()
    head = [upcoming(3000), *drafted(3000), *tries[0], *late, *retried]
    assert told[: len(head)] == head
    assert told[len(head) :][0] == "05-14 11:00 customer.subscription.deleted status=canceled"
    ended = diary.client.v1.subscriptions.retrieve(subscription.id)
    assert (ended.status, ended.cancellation_details.reason) == ("canceled", "payment_failed")
    invoice = diary.client.v1.invoices.retrieve(ended.latest_invoice)
    assert (invoice.status, invoice.auto_advance, invoice.attempt_count) == ("open", False, 9)


def test_a_good_card_in_between_recovers_the_subscription(diary: Diary) -> None:
    diary.pays_with("pm_card_visa")
    diary.subscribes()
    diary.pays_with("pm_card_chargeCustomerFail")
    diary.goes_to("2026-05-03T10:00")
    diary.pays_with("pm_card_mastercard")
    diary.goes_to("2026-05-20T10:00")
    assert diary.tells() == [
        *paid(3000, "05-04 11:00", attempts=4),
        "05-04 11:00 customer.subscription.updated status=active",
        "05-04 11:00 customer.updated",
    ]


@pytest.mark.parametrize(
    ("mode", "ask", "undo", "told"),
    [
        ("classic", {"cancel_at_period_end": True}, {"cancel_at_period_end": False}, True),
        ("flexible", {"cancel_at": "min_period_end"}, {"cancel_at": ""}, False),
    ],
)
def test_a_cancellation_at_the_periods_end_is_told_twice_and_bills_nothing_more(
    diary: Diary, mode: str, ask: dict[str, Any], undo: dict[str, Any], told: bool
) -> None:
    diary.pays_with("pm_card_visa")
    subscription = diary.subscribes(billing_mode={"type": mode})
    diary.tells()
    diary.goes_to("2026-04-10T10:00")
    update: Callable[..., Any] = diary.client.v1.subscriptions.update
    flag = " cancel_at_period_end=True" if told else ""
    asked = f"04-10 10:00 customer.subscription.updated status=active cancel_at=04-30 10:00{flag}"
    update(subscription.id, ask)
    update(subscription.id, undo)
    update(subscription.id, {**ask, "cancellation_details": {"feedback": "too_expensive"}})
    assert diary.tells() == [asked, "04-10 10:00 customer.subscription.updated status=active", asked]
    diary.goes_to("2026-05-20T10:00")
    ended = f"04-30 10:00 customer.subscription.deleted status=canceled cancel_at=04-30 10:00{flag}"
    assert diary.tells() == [ended]
    over = diary.client.v1.subscriptions.retrieve(subscription.id)
    assert (over.cancellation_details.reason, over.cancellation_details.feedback) == (
        "cancellation_requested",
        "too_expensive",
    )
    assert over.canceled_at == at("2026-04-10T10:00")
    assert over.ended_at == at("2026-04-30T10:00")


def test_a_plan_change_is_settled_with_the_next_invoice(diary: Diary) -> None:
    """Ten days of the thirty are gone: 2000 of 3000 come back, two thirds of 9000 are charged, to the minor unit."""
    diary.pays_with("pm_card_visa")
    subscription = diary.subscribes()
    diary.goes_to("2026-04-10T10:00")
    diary.tells()
    large = diary.new_price(9000)
    item = subscription["items"].data[0].id
    diary.client.v1.subscriptions.update(subscription.id, {"items": [{"id": item, "price": large}]})
    assert diary.tells() == [
        "04-10 10:00 invoiceitem.created amount=-2000 proration=True",
        "04-10 10:00 invoiceitem.created amount=6000 proration=True",
        "04-10 10:00 customer.subscription.updated status=active",
    ]
    diary.goes_to("2026-05-01T10:00")
    total = 9000 - 2000 + 6000
    assert diary.tells() == [upcoming(total), *drafted(total), *paid(total, "04-30 11:00")]
    invoice = diary.client.v1.invoices.list({"customer": diary.customer, "limit": 1}).data[0]
    assert sorted(line.amount for line in invoice.lines.data) == [-2000, 6000, 9000]


def test_a_plan_change_billed_at_once_is_paid_at_once(diary: Diary) -> None:
    diary.pays_with("pm_card_visa")
    subscription = diary.subscribes()
    diary.goes_to("2026-04-10T10:00")
    large = diary.new_price(9000)
    diary.tells()
    change = {"items": [{"id": subscription["items"].data[0].id, "price": large}]}
    diary.client.v1.subscriptions.update(subscription.id, {**change, "proration_behavior": "always_invoice"})
    told = [entry.split(" ")[2] for entry in diary.tells()]
    assert told == [
        "invoiceitem.created",
        "invoiceitem.created",
        "invoice.created",
        "payment_intent.created",
        "invoice.finalized",
        "customer.subscription.updated",
        "charge.succeeded",
        "payment_intent.succeeded",
        "invoice_payment.paid",
        "invoice.paid",
        "invoice.payment_succeeded",
    ]
    invoice = diary.client.v1.invoices.list({"customer": diary.customer, "limit": 1}).data[0]
    assert (invoice.total, invoice.billing_reason) == (4000, "subscription_update")


def test_a_signup_that_waits_for_its_card_runs_once_that_is_charged(diary: Diary) -> None:
    subscription = diary.subscribes(payment_behavior="default_incomplete")
    assert (subscription.status, diary.tells()) == ("incomplete", FIRST_PERIOD[:4])
    method = diary.pays_with("pm_card_visa")
    diary.client.v1.invoices.pay(subscription.latest_invoice, {"payment_method": method})
    assert diary.tells() == FIRST_PERIOD[4:]
    diary.goes_to("2026-04-02T10:00")
    assert diary.tells() == []


def test_a_signup_whose_card_fails_is_saved_by_a_good_one(diary: Diary) -> None:
    bad = diary.pays_with("pm_card_chargeCustomerFail")
    subscription = diary.subscribes(payment_behavior="allow_incomplete", default_payment_method=bad)
    assert subscription.status == "incomplete"
    assert diary.tells() == [
        *FIRST_PERIOD[:4],
        "03-31 10:00 charge.failed status=failed failure_code=card_declined",
        "03-31 10:00 payment_intent.payment_failed status=requires_payment_method",
        f"03-31 10:00 invoice.payment_failed {signup('open', 1)}",
    ]
    good = diary.pays_with("pm_card_visa")
    diary.goes_to("2026-04-01T08:59")
    diary.client.v1.invoices.pay(subscription.latest_invoice, {"payment_method": good})
    told = [entry.split(" ")[2] for entry in diary.tells()]
    assert told == [entry.split(" ")[2] for entry in FIRST_PERIOD[4:]]
    diary.goes_to("2026-04-05T10:00")
    assert diary.client.v1.subscriptions.retrieve(subscription.id).status == "active"


def test_a_signup_nobody_pays_for_expires_after_twenty_three_hours(diary: Diary) -> None:
    diary.pays_with("pm_card_chargeCustomerFail")
    subscription = diary.subscribes(payment_behavior="allow_incomplete")
    diary.tells()
    diary.goes_to("2026-04-01T08:59:59")
    assert diary.tells() == []
    diary.goes_to("2026-04-05T10:00")
    assert diary.tells() == [
        "04-01 09:00 customer.subscription.updated status=incomplete_expired",
        "04-01 09:00 payment_intent.canceled status=canceled",
        f"04-01 09:00 invoice.voided {signup('void', 1)}",
    ]
    over = diary.client.v1.subscriptions.retrieve(subscription.id)
    with pytest.raises(stripe.InvalidRequestError):
        diary.client.v1.invoices.pay(over.latest_invoice)
