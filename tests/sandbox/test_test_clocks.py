"""Test clocks: customers whose time is moved by the official SDK, apart from everybody else's."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

import pytest
import stripe

from sandbox.testing import RunningSandbox
from tests.sandbox.conftest import Inbox, Sdk

START = int(datetime(2026, 5, 31, 12, tzinfo=UTC).timestamp())
DAY = 86_400
CARD = "pm_card_visa"


@pytest.fixture
def clock(client: Sdk) -> Any:
    return client.v1.test_helpers.test_clocks.create({"frozen_time": START, "name": "a year of Ada"})


@pytest.fixture
def subscribe(client: Sdk) -> Callable[..., Any]:
    """A paying customer, on a test clock or on the sandbox's own time."""

    def made(interval: str = "month", method: str = CARD, **more: Any) -> Any:
        customer = client.v1.customers.create(
            {"payment_method": method, "invoice_settings": {"default_payment_method": method}, **more}
        )
        product = client.v1.products.create({"name": "Pro"})
        price = client.v1.prices.create(
            {
                "product": product.id,
                "unit_amount": 2900,
                "currency": "usd",
                "recurring": {"interval": interval},
            }
        )
        return client.v1.subscriptions.create({"customer": customer.id, "items": [{"price": price.id}]})

    return made


def test_a_clock_stands_where_it_was_set_and_is_listed_and_named(client: Sdk, clock: Any) -> None:
    assert (clock.frozen_time, clock.status, clock.name) == (START, "ready", "a year of Ada")
    assert clock.deletes_after == clock.created + 30 * DAY
    assert client.v1.test_helpers.test_clocks.retrieve(clock.id).id == clock.id
    assert [row.id for row in client.v1.test_helpers.test_clocks.list().data] == [clock.id]


def test_what_is_made_with_a_clock_lives_in_its_time_and_shows_its_id(
    client: Sdk, clock: Any, subscribe: Callable[..., Any]
) -> None:
    subscription = subscribe(test_clock=clock.id)
    assert (subscription.test_clock, subscription.created, subscription.status) == (clock.id, START, "active")
    invoice = client.v1.invoices.retrieve(subscription.latest_invoice)
    assert (invoice.test_clock, invoice.created) == (clock.id, START)
    assert client.v1.customers.retrieve(subscription.customer).test_clock == clock.id
    with pytest.raises(stripe.InvalidRequestError, match="unknown parameter"):
        client.v1.customers.update(subscription.customer, {"test_clock": clock.id})


def test_advancing_answers_advancing_and_is_ready_when_everything_was_delivered(
    client: Sdk, clock: Any, subscribe: Callable[..., Any], inbox: Inbox
) -> None:
    subscription = subscribe(test_clock=clock.id)
    inbox.forget()
    moving = client.v1.test_helpers.test_clocks.advance(clock.id, {"frozen_time": START + 31 * DAY})
    assert moving.status == "advancing"
    assert moving.status_details.advancing.target_frozen_time == START + 31 * DAY
    assert moving.frozen_time == START
    types = inbox.types()
    done = client.v1.test_helpers.test_clocks.retrieve(clock.id)
    assert (done.status, done.frozen_time) == ("ready", START + 31 * DAY)
    assert types[0] == "test_helpers.test_clock.advancing"
    assert types[-1] == "test_helpers.test_clock.ready"
    assert types.index("invoice.upcoming") < types.index("invoice.created") < types.index("invoice.paid")
    paid = inbox.of("invoice.paid")[0]
    assert paid["created"] == START + 30 * DAY + 3600
    assert paid["data"]["object"]["parent"]["subscription_details"]["subscription"] == subscription.id


def test_nobody_elses_time_moves_with_a_clock_and_a_clock_does_not_move_with_the_sandbox(
    sandbox: RunningSandbox, client: Sdk, clock: Any, subscribe: Callable[..., Any]
) -> None:
    on_clock, free = subscribe(test_clock=clock.id), subscribe()
    before = sandbox.now
    client.v1.test_helpers.test_clocks.advance(clock.id, {"frozen_time": START + 40 * DAY})
    assert sandbox.now == before
    assert len(sandbox.invoices(on_clock.id)) == 2
    assert len(sandbox.invoices(free.id)) == 1
    sandbox.advance("2027-03-01")
    assert len(sandbox.invoices(on_clock.id)) == 2
    assert len(sandbox.invoices(free.id)) == 14


def test_two_clocks_run_apart(client: Sdk, sandbox: RunningSandbox, subscribe: Callable[..., Any]) -> None:
    clocks = [client.v1.test_helpers.test_clocks.create({"frozen_time": START}) for _ in range(2)]
    first, second = [subscribe(test_clock=clock.id) for clock in clocks]
    client.v1.test_helpers.test_clocks.advance(clocks[1].id, {"frozen_time": START + 45 * DAY})
    assert (len(sandbox.invoices(first.id)), len(sandbox.invoices(second.id))) == (1, 2)


def test_a_clock_only_moves_forward(client: Sdk, clock: Any) -> None:
    for target in (START - 1, START):
        with pytest.raises(stripe.InvalidRequestError, match="after the test clock"):
            client.v1.test_helpers.test_clocks.advance(clock.id, {"frozen_time": target})


@pytest.mark.parametrize(
    ("interval", "allowed"),
    [("day", 2), ("week", 14), ("month", 61), ("year", 731)],
)
def test_a_clock_goes_at_most_two_of_its_shortest_intervals_ahead(
    client: Sdk, clock: Any, subscribe: Callable[..., Any], interval: str, allowed: int
) -> None:
    """From 31 May two months lead to 31 July, which is 61 days away."""
    subscribe("year", test_clock=clock.id)
    subscribe(interval, test_clock=clock.id)
    clocks = client.v1.test_helpers.test_clocks
    with pytest.raises(stripe.InvalidRequestError, match="two intervals"):
        clocks.advance(clock.id, {"frozen_time": START + allowed * DAY + 1})
    assert clocks.advance(clock.id, {"frozen_time": START + allowed * DAY}).status == "advancing"


def test_a_clock_without_subscriptions_goes_two_years_ahead(client: Sdk, clock: Any) -> None:
    clocks = client.v1.test_helpers.test_clocks
    with pytest.raises(stripe.InvalidRequestError):
        clocks.advance(clock.id, {"frozen_time": START + 732 * DAY})
    assert clocks.advance(clock.id, {"frozen_time": START + 731 * DAY}).status == "advancing"


def test_calls_during_the_walk_happen_at_its_instant_and_a_second_advance_is_refused(
    sandbox: RunningSandbox, client: Sdk, clock: Any, subscribe: Callable[..., Any]
) -> None:
    subscription = subscribe(test_clock=clock.id)
    seen: list[tuple[str, int]] = []

    def receive(body: bytes, headers: dict[str, str]) -> int:
        if b'"invoice.created"' in body:
            with pytest.raises(stripe.RateLimitError):
                client.v1.test_helpers.test_clocks.advance(clock.id, {"frozen_time": START + 59 * DAY})
            status = client.v1.test_helpers.test_clocks.retrieve(clock.id).status
            made = client.v1.customers.create({"test_clock": clock.id})
            seen.append((status, made.created))
        return 200

    sandbox.set_sink(receive)
    client.v1.test_helpers.test_clocks.advance(clock.id, {"frozen_time": START + 40 * DAY})
    assert seen == [("advancing", START + 30 * DAY)]
    assert len(sandbox.invoices(subscription.id)) == 2


def test_deleting_a_clock_deletes_its_customers_and_ends_their_subscriptions(
    client: Sdk, clock: Any, subscribe: Callable[..., Any], inbox: Inbox
) -> None:
    gone, stays = subscribe(test_clock=clock.id), subscribe()
    inbox.forget()
    assert client.v1.test_helpers.test_clocks.delete(clock.id).deleted
    assert inbox.types()[0] == "customer.subscription.deleted"
    assert inbox.types()[-2:] == ["customer.deleted", "test_helpers.test_clock.deleted"]
    assert client.v1.customers.retrieve(gone.customer).deleted
    assert client.v1.subscriptions.retrieve(stays.id).status == "active"
    with pytest.raises(stripe.InvalidRequestError) as missing:
        client.v1.test_helpers.test_clocks.retrieve(clock.id)
    assert missing.value.code == "resource_missing"


def test_a_clock_is_deleted_by_itself_after_thirty_days(
    sandbox: RunningSandbox, client: Sdk, clock: Any, inbox: Inbox
) -> None:
    sandbox.advance(clock.deletes_after)
    assert inbox.types()[-1] == "test_helpers.test_clock.deleted"
    assert client.v1.test_helpers.test_clocks.list().data == []


def test_an_existing_customer_can_be_taken_along_before_they_subscribe(
    client: Sdk, subscribe: Callable[..., Any]
) -> None:
    early, late = client.v1.customers.create(), subscribe()
    clocks = client.v1.test_helpers.test_clocks
    clock = clocks.create({"frozen_time": START, "customer": early.id})
    assert client.v1.customers.retrieve(early.id).test_clock == clock.id
    for customer in (early.id, late.customer):
        with pytest.raises(stripe.InvalidRequestError):
            clocks.create({"frozen_time": START, "customer": customer})


def test_a_walk_is_the_same_as_the_sandboxs_own(
    sandbox: RunningSandbox, client: Sdk, subscribe: Callable[..., Any], inbox: Inbox
) -> None:
    """The same failing renewal, once on a clock and once without, is told by the same events."""

    def told(subscription: Any, move: Callable[[], Any]) -> list[tuple[str, int]]:
        inbox.forget()
        move()
        own = [event for event in inbox.events if not event["type"].startswith("test_helpers.")]
        return [(event["type"], event["created"] - subscription.created) for event in own]

    here = sandbox.state.now

    def failing(**more: Any) -> Any:
        subscription = subscribe(**more)
        customer = client.v1.customers.retrieve(subscription.customer)
        sandbox.decline(customer.invoice_settings.default_payment_method)
        return subscription

    free = failing()
    own = told(free, lambda: sandbox.advance(here + 50 * DAY))
    clocks = client.v1.test_helpers.test_clocks
    clock = clocks.create({"frozen_time": here})
    on_clock = failing(test_clock=clock.id)
    assert told(on_clock, lambda: clocks.advance(clock.id, {"frozen_time": here + 50 * DAY})) == own
    assert [kind for kind, _ in own].count("invoice.payment_failed") == 9
    assert own[-1][0] == "invoice.updated"
