"""Subscription schedules: phases that start, change and end a subscription on a test clock."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest
import stripe

from sandbox.testing import RunningSandbox
from tests.sandbox.conftest import Inbox, Sdk

DAY = 86_400


def at(text: str) -> int:
    return int(datetime.fromisoformat(text).replace(tzinfo=UTC).timestamp())


START = at("2026-06-01T09:00")


class Stage:
    """A customer with a card on a test clock, and prices to plan with."""

    def __init__(self, client: Sdk) -> None:
        self.client = client
        self.clock = client.v1.test_helpers.test_clocks.create({"frozen_time": START}).id
        self.customer = client.v1.customers.create(
            {
                "payment_method": "pm_card_visa",
                "invoice_settings": {"default_payment_method": "pm_card_visa"},
                "test_clock": self.clock,
            }
        ).id
        self.product = client.v1.products.create({"name": "Pro"}).id
        self.small, self.large = self.price(1000), self.price(3000)

    def price(self, amount: int, interval: str = "month") -> str:
        wanted = {
            "product": self.product,
            "unit_amount": amount,
            "currency": "usd",
            "recurring": {"interval": interval},
        }
        return str(self.client.v1.prices.create(wanted).id)

    def advance(self, text: str) -> None:
        self.client.v1.test_helpers.test_clocks.advance(self.clock, {"frozen_time": at(text)})

    def schedule(self, *phases: dict[str, Any], **more: Any) -> Any:
        wanted = {"customer": self.customer, "start_date": "now", "phases": list(phases), **more}
        return self.client.v1.subscription_schedules.create(wanted)

    def again(self, schedule: Any) -> Any:
        return self.client.v1.subscription_schedules.retrieve(schedule.id)

    def subscription(self, schedule: Any) -> Any:
        return self.client.v1.subscriptions.retrieve(schedule.subscription or schedule.released_subscription)

    def amounts(self) -> list[int]:
        """What was invoiced, oldest first."""
        rows = self.client.v1.invoices.list({"customer": self.customer, "limit": 100}).data
        return [row.total for row in reversed(rows)]


@pytest.fixture
def stage(client: Sdk) -> Stage:
    return Stage(client)


def months(price: str, count: int, **more: Any) -> dict[str, Any]:
    return {
        "items": [{"price": price, "quantity": 1}],
        "duration": {"interval": "month", "interval_count": count},
        **more,
    }


def test_a_schedule_that_starts_now_has_a_running_subscription_with_a_draft_invoice(stage: Stage) -> None:
    made = stage.schedule(months(stage.small, 2), months(stage.large, 1))
    assert (made.status, made.test_clock) == ("active", stage.clock)
    assert (made.current_phase.start_date, made.current_phase.end_date) == (START, at("2026-08-01T09:00"))
    assert [phase.end_date for phase in made.phases] == [at("2026-08-01T09:00"), at("2026-09-01T09:00")]
    subscription = stage.subscription(made)
    assert (subscription.status, subscription.schedule) == ("active", made.id)
    invoice = stage.client.v1.invoices.retrieve(subscription.latest_invoice)
    assert (invoice.status, invoice.billing_reason) == ("draft", "subscription_create")
    stage.advance("2026-06-01T10:00")
    assert stage.client.v1.invoices.retrieve(invoice.id).status == "paid"


def test_the_next_phase_is_entered_before_its_first_renewal_and_prorates_nothing(
    stage: Stage, inbox: Inbox
) -> None:
    made = stage.schedule(months(stage.small, 2), months(stage.large, 2))
    stage.advance("2026-07-20T09:00")
    inbox.forget()
    stage.advance("2026-08-02T09:00")
    assert stage.amounts() == [1000, 1000, 3000]
    updated = inbox.of("subscription_schedule.updated")[0]
    assert updated["created"] == at("2026-08-01T09:00")
    assert updated["data"]["previous_attributes"] == {
        "current_phase": {"end_date": at("2026-08-01T09:00"), "start_date": START}
    }
    assert stage.subscription(made)["items"].data[0].price.id == stage.large
    assert "invoiceitem.created" not in inbox.types()


def test_a_phase_that_begins_within_a_period_prorates_as_it_says(stage: Stage) -> None:
    """30 days of June: half of them at the small price come back, half at the large one are charged."""
    middle = {"end_date": at("2026-06-16T09:00"), "items": [{"price": stage.small}]}
    stage.schedule(middle, months(stage.large, 1, proration_behavior="always_invoice"))
    stage.advance("2026-06-20T09:00")
    assert stage.amounts() == [1000, 1500 - 500]


def test_a_schedule_that_releases_leaves_its_subscription_running(stage: Stage, inbox: Inbox) -> None:
    made = stage.schedule(months(stage.small, 1, metadata={"phase": "first"}))
    assert stage.subscription(made).metadata["phase"] == "first"
    stage.advance("2026-06-24T09:00")
    assert inbox.of("subscription_schedule.expiring")[0]["data"]["object"]["id"] == made.id
    stage.advance("2026-07-20T09:00")
    done = stage.again(made)
    assert (done.status, done.completed_at) == ("completed", at("2026-07-01T09:00"))
    assert (done.subscription, done.released_subscription) == (None, made.subscription)
    subscription = stage.subscription(done)
    assert (subscription.status, subscription.schedule) == ("active", None)
    assert stage.amounts() == [1000, 1000]
    assert inbox.last("subscription_schedule.completed")["id"] == made.id


def test_a_schedule_that_cancels_ends_its_subscription_with_its_last_phase(
    stage: Stage, inbox: Inbox
) -> None:
    made = stage.schedule(months(stage.small, 1), months(stage.large, 1), end_behavior="cancel")
    assert stage.subscription(made).cancel_at is None
    stage.advance("2026-07-10T09:00")
    assert stage.subscription(made).cancel_at == at("2026-08-01T09:00")
    stage.advance("2026-08-10T09:00")
    assert stage.subscription(made).status == "canceled"
    assert stage.again(made).status == "completed"
    assert stage.amounts() == [1000, 3000]
    types = inbox.types()
    assert types.index("customer.subscription.deleted") < types.index("subscription_schedule.completed")
    assert "subscription_schedule.canceled" not in types


def test_a_schedule_for_later_starts_when_its_time_comes(stage: Stage, inbox: Inbox) -> None:
    made = stage.schedule(months(stage.small, 1), start_date=at("2026-06-15T00:00"))
    assert (made.status, made.subscription, made.current_phase) == ("not_started", None, None)
    scheduled = stage.client.v1.subscription_schedules.list({"scheduled": True}).data
    assert [row.id for row in scheduled] == [made.id]
    stage.advance("2026-06-16T00:00")
    begun = stage.again(made)
    assert (begun.status, stage.subscription(begun).created) == ("active", at("2026-06-15T00:00"))
    assert stage.amounts() == [1000]
    assert stage.client.v1.subscription_schedules.list({"scheduled": True}).data == []
    before = inbox.of("subscription_schedule.updated")[0]["data"]["previous_attributes"]
    assert before == {"current_phase": None, "status": "not_started", "subscription": None}


def test_a_trial_phase_is_free_and_the_next_one_is_billed(stage: Stage) -> None:
    made = stage.schedule(months(stage.small, 1, trial=True), months(stage.large, 1))
    subscription = stage.subscription(made)
    assert (subscription.status, subscription.trial_end) == ("trialing", at("2026-07-01T09:00"))
    stage.advance("2026-07-02T09:00")
    assert stage.subscription(made).status == "active"
    assert stage.amounts() == [0, 3000]


def test_a_coupon_of_one_phase_is_gone_in_the_next(stage: Stage) -> None:
    stage.client.v1.coupons.create({"id": "HALF", "percent_off": 50, "duration": "forever"})
    stage.schedule(months(stage.small, 1, discounts=[{"coupon": "HALF"}]), months(stage.large, 1))
    stage.advance("2026-07-02T09:00")
    assert stage.amounts() == [500, 3000]


def test_a_schedule_made_from_a_subscription_begins_with_its_current_period(
    stage: Stage, inbox: Inbox
) -> None:
    subscription = stage.client.v1.subscriptions.create(
        {"customer": stage.customer, "items": [{"price": stage.small}]}
    )
    schedules = stage.client.v1.subscription_schedules
    made = schedules.create({"from_subscription": subscription.id})
    phase = made.phases[0]
    assert (made.status, made.subscription) == ("active", subscription.id)
    assert (phase.start_date, phase.end_date) == (START, at("2026-07-01T09:00"))
    assert [(item.price, item.quantity) for item in phase["items"]] == [(stage.small, 1)]
    assert inbox.last("customer.subscription.updated")["schedule"] == made.id
    with pytest.raises(stripe.InvalidRequestError):
        schedules.create({"from_subscription": subscription.id})
    first = {
        "start_date": START,
        "end_date": at("2026-07-01T09:00"),
        "items": [{"price": stage.small, "quantity": 1}],
    }
    changed = schedules.update(made.id, {"phases": [first, months(stage.large, 1)]})
    assert [row.end_date for row in changed.phases] == [at("2026-07-01T09:00"), at("2026-08-01T09:00")]
    stage.advance("2026-07-02T09:00")
    assert stage.amounts() == [1000, 3000]


def test_a_change_of_the_running_phase_takes_effect_at_once(stage: Stage) -> None:
    made = stage.schedule(months(stage.small, 1))
    stage.advance("2026-06-16T09:00")
    changed = months(stage.large, 1, start_date=START)
    stage.client.v1.subscription_schedules.update(
        made.id, {"phases": [changed], "proration_behavior": "always_invoice"}
    )
    assert stage.subscription(made)["items"].data[0].price.id == stage.large
    assert stage.amounts() == [1000, 1000]


def test_an_update_of_metadata_is_told_with_what_was_before(stage: Stage, inbox: Inbox) -> None:
    made = stage.schedule(months(stage.small, 1), metadata={"a": "1"})
    stage.client.v1.subscription_schedules.update(made.id, {"metadata": {"a": "2"}, "end_behavior": "cancel"})
    before = inbox.of("subscription_schedule.updated")[0]["data"]["previous_attributes"]
    assert before == {"end_behavior": "release", "metadata": {"a": "1"}}


def test_releasing_by_hand_lets_the_subscription_go_and_clears_the_planned_end(
    stage: Stage, inbox: Inbox
) -> None:
    made = stage.schedule(months(stage.small, 1), end_behavior="cancel")
    assert stage.subscription(made).cancel_at == at("2026-07-01T09:00")
    released = stage.client.v1.subscription_schedules.release(made.id)
    assert (released.status, released.released_subscription) == ("released", made.subscription)
    assert (stage.subscription(released).cancel_at, stage.subscription(released).schedule) == (None, None)
    assert inbox.types()[-1] == "subscription_schedule.released"
    for call in (
        stage.client.v1.subscription_schedules.release,
        stage.client.v1.subscription_schedules.cancel,
    ):
        with pytest.raises(stripe.InvalidRequestError, match="released"):
            call(made.id)


def test_a_planned_end_can_be_kept_when_a_schedule_is_released(stage: Stage) -> None:
    made = stage.schedule(months(stage.small, 1), end_behavior="cancel")
    stage.client.v1.subscription_schedules.release(made.id, {"preserve_cancel_date": True})
    assert stage.client.v1.subscriptions.retrieve(made.subscription).cancel_at == at("2026-07-01T09:00")


def test_canceling_a_schedule_ends_its_subscription_at_once(stage: Stage, inbox: Inbox) -> None:
    made = stage.schedule(months(stage.small, 1))
    canceled = stage.client.v1.subscription_schedules.cancel(made.id)
    assert (canceled.status, canceled.canceled_at) == ("canceled", START)
    assert stage.subscription(made).status == "canceled"
    assert inbox.types().count("subscription_schedule.canceled") == 1


def test_a_schedule_is_canceled_with_its_subscription_and_aborted_when_nobody_pays(
    sandbox: RunningSandbox, stage: Stage, inbox: Inbox
) -> None:
    first = stage.schedule(months(stage.small, 12))
    stage.client.v1.subscriptions.cancel(first.subscription)
    assert inbox.last("subscription_schedule.canceled")["id"] == first.id
    second = stage.schedule(months(stage.small, 12))
    customer = stage.client.v1.customers.retrieve(stage.customer)
    sandbox.decline(customer.invoice_settings.default_payment_method, "insufficient_funds")
    stage.advance("2026-06-20T09:00")
    aborted = inbox.of("subscription_schedule.aborted")
    assert [event["data"]["object"]["id"] for event in aborted] == [second.id]
    assert stage.again(second).status == "canceled"
    statuses = [
        event["data"]["object"]["status"]
        for event in inbox.of("customer.subscription.updated")
        if "status" in event["data"]["previous_attributes"]
    ]
    assert statuses[0] == "past_due"


def test_older_versions_count_a_phase_in_iterations_and_one_is_the_default(stage: Stage) -> None:
    made = stage.schedule(
        {"items": [{"price": stage.small}], "iterations": 3}, {"items": [{"price": stage.large}]}
    )
    assert [phase.end_date for phase in made.phases] == [at("2026-09-01T09:00"), at("2026-10-01T09:00")]


@pytest.mark.parametrize(
    ("phase", "param"),
    [
        ({"items": [], "end_date": START + DAY}, "phases[0][items]"),
        ({"items": [{"price": "price_none"}]}, "phases[0][items][0][price]"),
        ({"items": [{"price": "small"}], "end_date": START - 1}, "phases[0][end_date]"),
        ({"items": [{"price": "small"}], "trial_end": START + 99 * DAY}, "phases[0][trial_end]"),
    ],
)
def test_a_phase_that_makes_no_sense_is_refused(stage: Stage, phase: dict[str, Any], param: str) -> None:
    rows = [
        {**row, "price": stage.small if row["price"] == "small" else row["price"]} for row in phase["items"]
    ]
    with pytest.raises(stripe.InvalidRequestError) as refused:
        stage.schedule({**phase, "items": rows})
    assert refused.value.param == param


def test_a_schedule_from_a_subscription_takes_nothing_else_in_the_same_call(
    sandbox: RunningSandbox, client: Sdk
) -> None:
    wanted: Any = {"from_subscription": sandbox.subscriber().subscription, "metadata": {"a": "b"}}
    with pytest.raises(stripe.InvalidRequestError, match="from_subscription"):
        client.v1.subscription_schedules.create(wanted)


def test_the_end_of_a_scheduled_subscription_is_its_schedules_business(
    sandbox: RunningSandbox, client: Sdk
) -> None:
    reader = sandbox.subscriber()
    schedule = client.v1.subscription_schedules.create({"from_subscription": reader.subscription})
    with pytest.raises(stripe.InvalidRequestError, match="managed by the subscription schedule"):
        client.v1.subscriptions.update(reader.subscription, {"cancel_at_period_end": True})
    client.v1.subscription_schedules.release(schedule.id)
    assert client.v1.subscriptions.update(reader.subscription, {"cancel_at_period_end": True}).cancel_at


def test_an_archived_price_stays_in_its_phases_and_enters_no_others(
    sandbox: RunningSandbox, client: Sdk
) -> None:
    reader, other = sandbox.subscriber(), sandbox.subscriber(amount=100, plan="Other")
    schedule = client.v1.subscription_schedules.create({"from_subscription": reader.subscription})
    for price in (reader.price, other.price):
        client.v1.prices.update(price, {"active": False})
    start, end = schedule.phases[0].start_date, schedule.phases[0].end_date
    known: Any = {"start_date": start, "end_date": end, "items": [{"price": reader.price}]}
    client.v1.subscription_schedules.update(schedule.id, {"phases": [known]})
    with pytest.raises(stripe.InvalidRequestError, match="inactive"):
        client.v1.subscription_schedules.update(
            schedule.id, {"phases": [known, {"items": [{"price": other.price}]}]}
        )
    with pytest.raises(stripe.InvalidRequestError, match="inactive"):
        client.v1.subscriptions.create({"customer": reader.customer, "items": [{"price": other.price}]})
