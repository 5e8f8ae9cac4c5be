"""A plan lent for some months by a schedule at the stand-in provider."""

from __future__ import annotations

import pytest

from app.core.errors import ProviderError
from app.integrations.stripe.contracts import StripeContracts
from app.offers.rules.contract import Contract
from sandbox.building import Subscriber
from sandbox.testing import RunningSandbox
from tests.integrations.stripe.contracts_at_standin import at, break_next, coupons_in_force, sdk, totals


@pytest.fixture
def reader(sandbox: RunningSandbox) -> Subscriber:
    """Somebody on a plan of 29, nine days into the month."""
    reader = sandbox.subscriber()
    sandbox.advance("2026-03-10")
    return reader


@pytest.fixture
def large(sandbox: RunningSandbox, reader: Subscriber) -> str:
    """The price of the plan above: 49."""
    return sandbox.subscriber(amount=4900, plan="Large plan").price


def lend(
    contracts: StripeContracts, reader: Subscriber, large: str, *, months: int = 2, key: str = "key"
) -> Contract:
    return contracts.upgrade_by_schedule(
        reader.subscription, large, months=months, grant_id="grant_up", key=key
    )


def price_of(sandbox: RunningSandbox, reader: Subscriber) -> str:
    return str(sandbox.get("subscription", reader.subscription)["items"]["data"][0]["price"]["id"])


def test_a_lent_plan_is_billed_at_the_old_amount_and_goes_back(
    sandbox: RunningSandbox, contracts: StripeContracts, reader: Subscriber, large: str
) -> None:
    """Edge cases 20 and 21, with the old price archived in between."""
    contract = lend(contracts, reader, large)
    assert contract.schedule_by_us
    assert (contract.price_minor, contract.metadata) == (4900, ())
    sdk(sandbox).prices.update(reader.price, {"active": False})
    sandbox.advance("2026-05-09")
    assert price_of(sandbox, reader) == large
    sandbox.advance("2026-05-10T00:00:01")
    assert price_of(sandbox, reader) == reader.price
    sandbox.advance("2026-07-02")
    assert totals(sandbox, reader.subscription) == [2900, 2900, 2900, 2900, 2900]
    assert coupons_in_force(sandbox, reader.subscription) == []
    after = contracts.contract(reader.subscription)
    assert after is not None
    assert after.schedule_id is None


def test_a_discount_in_force_goes_through_the_loan_as_if_there_were_none(
    sandbox: RunningSandbox, contracts: StripeContracts, reader: Subscriber, large: str
) -> None:
    """Edge case 7: neither lost, nor started anew, nor taken of the higher price."""
    v1 = sdk(sandbox)
    v1.coupons.create({"id": "half", "percent_off": 50, "duration": "repeating", "duration_in_months": 3})
    v1.subscriptions.update(reader.subscription, {"discounts": [{"coupon": "half"}]})
    lend(contracts, reader, large, months=1)
    sandbox.advance("2026-07-02")
    assert totals(sandbox, reader.subscription) == [2900, 1450, 1450, 1450, 2900]


def test_a_discount_that_ends_during_the_loan_does_not_come_back_after_it(
    sandbox: RunningSandbox, contracts: StripeContracts, reader: Subscriber, large: str
) -> None:
    v1 = sdk(sandbox)
    v1.coupons.create({"id": "half", "percent_off": 50, "duration": "repeating", "duration_in_months": 1})
    v1.subscriptions.update(reader.subscription, {"discounts": [{"coupon": "half"}]})
    schedule = lend(contracts, reader, large, months=2).schedule_id
    lent, back = sandbox.get("subscription_schedule", str(schedule))["phases"]
    assert (len(lent["discounts"]), back["discounts"]) == (2, [])
    sandbox.advance("2026-06-02")
    assert totals(sandbox, reader.subscription) == [2900, 1450, 2900, 2900]


@pytest.mark.parametrize(
    ("path", "kind"),
    [
        ("/v1/coupons", "500_after"),
        ("/v1/subscriptions/", "500_after"),
        ("/v1/subscription_schedules", "500_after"),
        ("/v1/subscription_schedules/sub_sched", "500_after"),
        ("/v1/subscription_schedules/sub_sched", "500"),
        ("/v1/subscription_schedules/sub_sched", "timeout"),
    ],
)
def test_a_loan_that_broke_off_at_any_step_is_finished_by_the_next_try(
    sandbox: RunningSandbox,
    impatient: StripeContracts,
    reader: Subscriber,
    large: str,
    path: str,
    kind: str,
) -> None:
    """Edge case 16; a bare schedule is known by the mark on its subscription."""
    break_next(sandbox, kind, path)
    with pytest.raises(ProviderError) as error:
        lend(impatient, reader, large)
    assert not error.value.permanent
    for key in ("key", "another"):
        assert lend(impatient, reader, large, key=key).price_minor == 4900
    assert coupons_in_force(sandbox, reader.subscription) == ["grant_up"]
    sandbox.advance("2026-06-02")
    assert totals(sandbox, reader.subscription) == [2900, 2900, 2900, 2900]
    assert price_of(sandbox, reader) == reader.price


def test_a_loan_that_is_over_is_not_given_again(
    sandbox: RunningSandbox, contracts: StripeContracts, reader: Subscriber, large: str
) -> None:
    lend(contracts, reader, large, months=1)
    sandbox.advance("2026-05-02")
    assert lend(contracts, reader, large, months=1, key="late").price_minor == 2900


def test_a_bare_schedule_of_somebody_else_is_not_taken_over(
    sandbox: RunningSandbox, contracts: StripeContracts, reader: Subscriber, large: str
) -> None:
    sdk(sandbox).subscription_schedules.create({"from_subscription": reader.subscription})
    with pytest.raises(ProviderError, match="managed by a schedule") as error:
        lend(contracts, reader, large)
    assert error.value.permanent
    assert price_of(sandbox, reader) == reader.price


def test_a_customer_who_chose_a_higher_plan_keeps_it_and_the_discount(
    sandbox: RunningSandbox, contracts: StripeContracts, reader: Subscriber, large: str
) -> None:
    """Edge case 20."""
    lend(contracts, reader, large)
    choose(sandbox, reader, sandbox.subscriber(amount=9900, plan="Largest plan").price)
    for key in ("drop", "again"):
        after = contracts.drop_upgrade(reader.subscription, grant_id="grant_up", key=key)
        assert (after.schedule_id, after.price_minor) == (None, 9900)
    sandbox.advance("2026-06-02")
    assert totals(sandbox, reader.subscription) == [2900, 7900, 7900, 9900]


def test_the_discount_of_a_loan_is_not_taken_along_to_a_cheaper_plan(
    sandbox: RunningSandbox, contracts: StripeContracts, reader: Subscriber, large: str
) -> None:
    """Edge case 20: reckoned for the lent price, it would make the cheaper one free."""
    lend(contracts, reader, large)
    choose(sandbox, reader, sandbox.subscriber(amount=1900, plan="Small plan").price)
    contracts.drop_upgrade(reader.subscription, grant_id="grant_up", key="drop")
    sandbox.advance("2026-05-02")
    assert totals(sandbox, reader.subscription) == [2900, 1900, 1900]


def choose(sandbox: RunningSandbox, reader: Subscriber, price: str) -> None:
    """As a customer does in the merchant's own pages."""
    item = sandbox.get("subscription", reader.subscription)["items"]["data"][0]["id"]
    sdk(sandbox).subscriptions.update(
        reader.subscription, {"items": [{"id": item, "price": price}], "proration_behavior": "none"}
    )


def test_another_grants_schedule_is_not_dropped(
    contracts: StripeContracts, reader: Subscriber, large: str
) -> None:
    lend(contracts, reader, large)
    after = contracts.drop_upgrade(reader.subscription, grant_id="grant_other", key="drop")
    assert after.schedule_by_us


@pytest.mark.parametrize("archived", [False, True])
def test_who_leaves_during_a_loan_leaves_from_the_plan_they_pay_for(
    sandbox: RunningSandbox, contracts: StripeContracts, reader: Subscriber, large: str, archived: bool
) -> None:
    """Edge case 15: a schedule of ours is released first; staying after all costs what it did."""
    lend(contracts, reader, large)
    if archived:
        sdk(sandbox).prices.update(reader.price, {"active": False})
    left = contracts.cancel_at_period_end(reader.subscription, feedback=None, metadata={}, key="cancel")
    assert left.cancel_at == at("2026-04-01T09:00:00")
    assert (left.schedule_id, left.price_minor, left.discounts) == (None, 2900, ())
    assert sandbox.state.rows("invoiceitem") == []
    contracts.keep(reader.subscription, "keep")
    sandbox.advance("2026-07-02")
    assert totals(sandbox, reader.subscription) == [2900, 2900, 2900, 2900, 2900]


def test_an_end_at_once_takes_the_schedule_off_too(
    sandbox: RunningSandbox, contracts: StripeContracts, reader: Subscriber, large: str
) -> None:
    lend(contracts, reader, large)
    after = contracts.cancel_now(
        reader.subscription, feedback=None, metadata={}, void_open=True, key="cancel"
    )
    assert (after.has_ended, after.schedule_id) == (True, None)


def test_what_a_schedule_would_undo_is_refused_while_there_is_one(
    sandbox: RunningSandbox, contracts: StripeContracts, reader: Subscriber, large: str
) -> None:
    contract = lend(contracts, reader, large)
    with pytest.raises(ProviderError, match="managed by a schedule"):
        contracts.switch_price(reader.subscription, contract.lines[0].item_id, reader.price, "key")


@pytest.mark.parametrize("interval", ["year", "week"])
def test_a_price_of_another_interval_is_not_lent(
    sandbox: RunningSandbox, contracts: StripeContracts, reader: Subscriber, interval: str
) -> None:
    other = sandbox.subscriber(amount=4900, plan="Other", interval=interval).price
    with pytest.raises(ProviderError, match="not billed every"):
        lend(contracts, reader, other)
    assert sandbox.get("subscription", reader.subscription)["schedule"] is None


def test_a_scheduled_end_is_taken_back_before_the_schedule_is_made(
    sandbox: RunningSandbox, contracts: StripeContracts, reader: Subscriber, large: str
) -> None:
    """Edge case 6."""
    contracts.cancel_at_period_end(reader.subscription, feedback=None, metadata={}, key="cancel")
    assert lend(contracts, reader, large).cancel_at is None
