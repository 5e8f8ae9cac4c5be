from __future__ import annotations

import itertools
from functools import reduce
from typing import Any

import pytest
from hypothesis import given

from app.billing.facts import CustomerSeen, PaymentMethodSeen, Sight, SubscriptionSeen
from app.billing.projection.objects import customer_after, payment_method_after, subscription_after
from app.billing.states import CustomerState, PaymentMethodState, SubscriptionState
from tests.billing.factories import at, customers, delivered_twice, methods, subscriptions


def project(after: Any, facts: Any) -> Any:
    return reduce(after, facts, None)


@given(delivered_twice(subscriptions))
def test_a_subscription_is_the_same_after_any_order_and_number_of_deliveries(
    deliveries: tuple[list[SubscriptionSeen], list[SubscriptionSeen]],
) -> None:
    once, again = deliveries
    assert project(subscription_after, again) == project(subscription_after, once)


@given(delivered_twice(customers))
def test_a_customer_is_the_same_after_any_order_and_number_of_deliveries(
    deliveries: tuple[list[CustomerSeen], list[CustomerSeen]],
) -> None:
    once, again = deliveries
    assert project(customer_after, again) == project(customer_after, once)


@given(delivered_twice(methods))
def test_a_payment_method_is_the_same_after_any_order_and_number_of_deliveries(
    deliveries: tuple[list[PaymentMethodSeen], list[PaymentMethodSeen]],
) -> None:
    once, again = deliveries
    assert project(payment_method_after, again) == project(payment_method_after, once)


def subscription(seconds: float, status: str, *, live: bool = False) -> SubscriptionSeen:
    return SubscriptionSeen("sub_1", Sight(at(seconds), live), customer_id="cus_1", status=status)


@pytest.mark.parametrize("end", ["canceled", "incomplete_expired"])
def test_a_subscription_that_is_over_stays_over(end: str) -> None:
    pictures = [subscription(0, end), subscription(99, "active", live=True)]
    for order in itertools.permutations(pictures):
        row: SubscriptionState = project(subscription_after, order)
        assert (row.status, row.seen_at) == (end, at(0))


def test_the_picture_at_creation_does_not_overwrite_a_later_stage_of_the_same_second() -> None:
    stages = [subscription(0, s) for s in ("incomplete", "active", "past_due")]
    for order in itertools.permutations(stages):
        assert project(subscription_after, order).status == "past_due"


def test_a_later_picture_counts_even_if_it_goes_back_to_active() -> None:
    for order in itertools.permutations([subscription(0, "past_due"), subscription(1, "active")]):
        assert project(subscription_after, order).status == "active"


def test_of_two_readings_of_one_moment_the_later_one_counts() -> None:
    for order in itertools.permutations(["past_due", "active"]):
        pictures = [subscription(0, status, live=True) for status in order]
        assert project(subscription_after, pictures).status == order[-1]


def test_of_one_second_the_reading_counts_before_the_event() -> None:
    pictures = [subscription(0, "past_due"), subscription(0, "active", live=True)]
    for order in itertools.permutations(pictures):
        assert project(subscription_after, order).status == "active"


def test_a_deleted_customer_stays_deleted_and_loses_name_and_address() -> None:
    known = CustomerSeen("cus_1", Sight(at(9)), email="ada@example.com", name="Ada", phone="1")
    gone = CustomerSeen("cus_1", Sight(at(5)), deleted=True)
    for order in itertools.permutations([known, gone]):
        row: CustomerState = project(customer_after, order)
        assert (row.deleted, row.email, row.name, row.phone) == (True, None, None, None)


def test_a_detached_card_belongs_to_nobody_and_stays_updated() -> None:
    updated = PaymentMethodSeen("pm_1", Sight(at(1)), customer_id="cus_1", auto_updated=True)
    detached = PaymentMethodSeen("pm_1", Sight(at(2)), detached_from="cus_1")
    for order in itertools.permutations([updated, detached]):
        row: PaymentMethodState = project(payment_method_after, order)
        assert (row.customer_id, row.auto_updated_at) == (None, at(1))
