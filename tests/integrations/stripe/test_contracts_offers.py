"""Discounts, credit, pauses, prices and trials at the stand-in provider."""

from __future__ import annotations

from datetime import datetime, timedelta

import pytest

from app.core.errors import ProviderError
from app.core.money import Money
from app.integrations.stripe.contracts import StripeContracts
from app.offers.rules.contract import CouponTerms
from sandbox.testing import RunningSandbox
from tests.integrations.stripe.contracts_at_standin import (
    FREE_MONTHS,
    ContractsFrom,
    at,
    break_next,
    coupons_in_force,
    sdk,
    totals,
)


def test_free_months_are_as_many_free_invoices_and_then_the_full_price(
    sandbox: RunningSandbox, contracts: StripeContracts
) -> None:
    """Edge case 10."""
    reader = sandbox.subscriber()
    sandbox.advance("2026-03-10")
    contracts.add_discount(reader.subscription, FREE_MONTHS, "key")
    sandbox.advance("2026-06-02")
    assert totals(sandbox, reader.subscription) == [2900, 0, 0, 2900]


def test_a_discount_in_force_stays_and_does_not_start_anew(
    sandbox: RunningSandbox, contracts: StripeContracts
) -> None:
    """Edge case 7."""
    reader, v1 = sandbox.subscriber(), sdk(sandbox)
    v1.coupons.create({"id": "old", "percent_off": 50, "duration": "repeating", "duration_in_months": 2})
    v1.subscriptions.update(reader.subscription, {"discounts": [{"coupon": "old"}]})
    before = sandbox.get("subscription", reader.subscription)["discounts"]
    sandbox.advance("2026-03-20")
    terms = CouponTerms("grant_1", "Ten off", amount_off_minor=1000, currency="usd", months=3)
    after = contracts.add_discount(reader.subscription, terms, "key")
    assert [row.coupon_id for row in after.discounts] == ["old", "grant_1"]
    assert after.discounts[0].discount_id == before[0]
    sandbox.advance("2026-05-02")
    assert totals(sandbox, reader.subscription) == [2900, 450, 1900]


def test_the_customers_own_discount_is_taken_along(
    sandbox: RunningSandbox, contracts: StripeContracts
) -> None:
    """Edge case 7: the first discount of a subscription would shut its customer's out."""
    reader, v1 = sandbox.subscriber(), sdk(sandbox)
    v1.coupons.create({"id": "staff", "percent_off": 50, "duration": "forever"})
    v1.customers.update(reader.customer, {"coupon": "staff"})
    terms = CouponTerms("grant_1", "Ten off", amount_off_minor=1000, currency="usd", months=1)
    sandbox.advance("2026-03-10")
    contracts.add_discount(reader.subscription, terms, "key")
    sandbox.advance("2026-04-02")
    assert totals(sandbox, reader.subscription) == [2900, 450]


def test_an_accepted_discount_takes_a_scheduled_end_back(
    sandbox: RunningSandbox, contracts: StripeContracts
) -> None:
    """Edge case 6, and however the end was set."""
    for params in ({"cancel_at_period_end": True}, {"cancel_at": "min_period_end"}):
        reader = sandbox.subscriber()
        sdk(sandbox).subscriptions.update(reader.subscription, params)
        terms = CouponTerms(f"grant_{reader.subscription}", "Half", percent_off=50, months=1)
        assert contracts.add_discount(reader.subscription, terms, "key").cancel_at is None


@pytest.mark.parametrize("fault", ["timeout", "500_after", "lost_answer"])
@pytest.mark.parametrize("path", ["/v1/coupons", "/v1/subscriptions/"])
def test_a_discount_whose_answer_was_lost_is_not_given_twice(
    sandbox: RunningSandbox, impatient: StripeContracts, fault: str, path: str
) -> None:
    """Edge case 16, also when the key is forgotten by the time of the second try."""
    reader = sandbox.subscriber()
    sandbox.advance("2026-03-10")
    break_next(sandbox, fault, path)
    with pytest.raises(ProviderError) as error:
        impatient.add_discount(reader.subscription, FREE_MONTHS, "key")
    assert not error.value.permanent
    sandbox.advance("2026-03-13")
    impatient.add_discount(reader.subscription, FREE_MONTHS, "key")
    impatient.add_discount(reader.subscription, FREE_MONTHS, "another key")
    assert coupons_in_force(sandbox, reader.subscription) == ["grant_free"]
    sandbox.advance("2026-06-02")
    assert totals(sandbox, reader.subscription) == [2900, 0, 0, 2900]


def test_a_discount_that_has_run_out_is_not_given_again(
    sandbox: RunningSandbox, contracts: StripeContracts
) -> None:
    reader = sandbox.subscriber()
    once = CouponTerms("grant_once", "Ten off", amount_off_minor=1000, currency="usd")
    contracts.add_discount(reader.subscription, once, "key")
    sandbox.advance("2026-04-02")
    assert coupons_in_force(sandbox, reader.subscription) == []
    contracts.add_discount(reader.subscription, once, "key")
    sandbox.advance("2026-05-02")
    assert totals(sandbox, reader.subscription) == [2900, 1900, 2900]


def test_a_discount_that_somebody_else_took_off_is_a_persons_matter(
    sandbox: RunningSandbox, contracts: StripeContracts
) -> None:
    reader = sandbox.subscriber()
    contracts.add_discount(reader.subscription, FREE_MONTHS, "key")
    sdk(sandbox).subscriptions.update(reader.subscription, {"discounts": ""})
    with pytest.raises(ProviderError, match="is gone") as error:
        contracts.add_discount(reader.subscription, FREE_MONTHS, "key")
    assert error.value.permanent


def test_a_coupon_of_other_terms_under_the_grants_id_is_refused(
    sandbox: RunningSandbox, contracts: StripeContracts
) -> None:
    reader = sandbox.subscriber()
    sdk(sandbox).coupons.create({"id": "grant_free", "percent_off": 5, "duration": "once"})
    with pytest.raises(ProviderError, match="other terms"):
        contracts.add_discount(reader.subscription, FREE_MONTHS, "key")
    assert coupons_in_force(sandbox, reader.subscription) == []


def test_a_discount_in_another_currency_takes_nothing_and_is_refused(
    sandbox: RunningSandbox, contracts: StripeContracts
) -> None:
    """Edge case 9: the rules do not offer it; the provider refuses it too."""
    reader = sandbox.subscriber()
    terms = CouponTerms("grant_1", "Ten off", amount_off_minor=1000, currency="eur", months=1)
    with pytest.raises(ProviderError):
        contracts.add_discount(reader.subscription, terms, "key")
    assert coupons_in_force(sandbox, reader.subscription) == []


def test_credit_lowers_the_next_yearly_renewal_once(
    sandbox: RunningSandbox, contracts: StripeContracts
) -> None:
    reader = sandbox.subscriber(amount=29000, interval="year")
    contract = contracts.contract(reader.subscription)
    assert contract is not None
    credit = Money(4833, "usd")
    first = contracts.add_credit(contract, credit, grant_id="grant_1", description="Two months", key="key")
    again = contracts.add_credit(contract, credit, grant_id="grant_1", description="Two months", key="new")
    assert first == again
    sandbox.advance("2028-03-02")
    due = [row["amount_due"] for row in sandbox.invoices(reader.subscription)]
    assert due == [29000, 29000 - 4833, 29000]


def test_credit_is_found_on_a_later_page_after_its_answer_was_lost(
    sandbox: RunningSandbox, impatient: StripeContracts
) -> None:
    """Edge case 16: a balance takes any number of transactions, so the grant's own is looked for."""
    reader, v1 = sandbox.subscriber(), sdk(sandbox)
    v1.subscriptions.update(reader.subscription, {"cancel_at_period_end": True})
    contract = impatient.contract(reader.subscription)
    assert contract is not None
    break_next(sandbox, "500_after", "balance_transactions")
    credit = Money(500, "usd")
    with pytest.raises(ProviderError):
        impatient.add_credit(contract, credit, grant_id="grant_1", description="d", key="key")
    assert sandbox.get("subscription", reader.subscription)["cancel_at"] is not None
    for _ in range(101):
        v1.customers.balance_transactions.create(reader.customer, {"amount": -1, "currency": "usd"})
    impatient.add_credit(contract, credit, grant_id="grant_1", description="d", key="another")
    assert sandbox.get("customer", reader.customer)["balance"] == -500 - 101
    assert sandbox.get("subscription", reader.subscription)["cancel_at"] is None


@pytest.mark.parametrize(
    ("start", "resumes", "charged"),
    [
        ("2026-01-31T10:00:00", "2026-02-28T12:00:00", "2026-03-31T10:00:00"),
        ("2026-03-15T10:00:00", "2026-04-20T00:30:00", "2026-05-15T10:00:00"),
        ("2026-10-10T23:30:00", "2026-11-30T23:30:00", "2026-12-10T23:30:00"),
    ],
)
def test_a_pause_ends_at_its_instant_over_month_ends_and_changes_of_the_clock(
    contracts_from: ContractsFrom, start: str, resumes: str, charged: str
) -> None:
    """Edge case 18: voided while it lasts, resumed at the UTC instant, charged in full at the next renewal."""
    with contracts_from(start) as (sandbox, contracts):
        reader = sandbox.subscriber()
        until = at(resumes)
        paused = contracts.pause(reader.subscription, until, "key")
        assert (paused.pauses_collection, paused.pause_resumes_at) == (True, until)
        sandbox.advance(until - timedelta(seconds=1))
        assert sandbox.get("subscription", reader.subscription)["pause_collection"] is not None
        sandbox.advance(until)
        assert sandbox.get("subscription", reader.subscription)["pause_collection"] is None
        sandbox.advance(at(charged) + timedelta(hours=2))
        rows = sandbox.invoices(reader.subscription)
        assert [row["status"] for row in rows][1:-1] == ["void"] * (len(rows) - 2)
        assert (rows[-1]["status"], rows[-1]["amount_paid"]) == ("paid", 2900)
        assert rows[-1]["created"] == int(at(charged).timestamp())


def test_a_pause_takes_a_scheduled_end_back_and_can_be_ended(
    sandbox: RunningSandbox, contracts: StripeContracts
) -> None:
    """Edge case 6."""
    reader, until = sandbox.subscriber(), datetime.fromisoformat("2026-05-01T09:00:00.123456+00:00")
    contracts.cancel_at_period_end(reader.subscription, feedback=None, metadata={}, key="cancel")
    paused = contracts.pause(reader.subscription, until, "key")
    assert paused.cancel_at is None
    assert contracts.pause(reader.subscription, until, "key") == paused
    for _ in range(2):
        assert not contracts.end_pause(reader.subscription, "end").pauses_collection


def test_a_key_that_is_used_again_for_another_wish_is_not_refused(
    sandbox: RunningSandbox, contracts: StripeContracts
) -> None:
    """A second try may ask for something else, as the subscription has changed in between."""
    reader = sandbox.subscriber()
    for until in (at("2026-05-01T00:00:00"), at("2026-06-01T00:00:00")):
        assert contracts.pause(reader.subscription, until, "key").pause_resumes_at == until


def test_another_price_is_charged_from_the_next_renewal(
    sandbox: RunningSandbox, contracts: StripeContracts
) -> None:
    """Edge case 21: neither charge nor credit now."""
    reader = sandbox.subscriber()
    cheaper = sandbox.subscriber(amount=900, plan="Basic plan")
    contract = contracts.contract(reader.subscription)
    assert contract is not None
    item = contract.lines[0].item_id
    for key in ("key", "another"):
        assert contracts.switch_price(reader.subscription, item, cheaper.price, key).price_minor == 900
    sandbox.advance("2026-05-02")
    assert totals(sandbox, reader.subscription) == [2900, 900, 900]


def test_a_price_that_would_be_charged_at_once_is_refused(
    sandbox: RunningSandbox, contracts: StripeContracts
) -> None:
    reader = sandbox.subscriber()
    yearly = sandbox.subscriber(amount=20000, interval="year")
    contract = contracts.contract(reader.subscription)
    assert contract is not None
    for item, price in ((contract.lines[0].item_id, yearly.price), ("si_gone", reader.price)):
        with pytest.raises(ProviderError) as error:
            contracts.switch_price(reader.subscription, item, price, "key")
        assert error.value.permanent
    assert totals(sandbox, reader.subscription) == [2900]


def test_a_trial_is_extended_while_it_runs_and_not_twice(
    sandbox: RunningSandbox, contracts: StripeContracts
) -> None:
    reader, until = sandbox.subscriber(trial_days=14), at("2026-03-29T09:00:00")
    for key in ("key", "another"):
        assert contracts.extend_trial(reader.subscription, until, key).trial_end_at == until
    with pytest.raises(ProviderError, match="no trial"):
        contracts.extend_trial(reader.subscription, at("2026-03-20T09:00:00"), "shorter")
    sandbox.advance("2026-03-30")
    assert totals(sandbox, reader.subscription) == [0, 0, 2900]
    with pytest.raises(ProviderError, match="no trial"):
        contracts.extend_trial(reader.subscription, at("2026-05-29T09:00:00"), "late")


def test_a_call_that_may_be_tried_again_is_told_from_a_refusal(
    sandbox: RunningSandbox, impatient: StripeContracts
) -> None:
    """Edge case 17."""
    reader = sandbox.subscriber()
    for kind in ("429", "409", "500"):
        break_next(sandbox, kind, "/v1/subscriptions/")
        with pytest.raises(ProviderError) as error:
            impatient.pause(reader.subscription, at("2026-05-01T00:00:00"), "key")
        assert not error.value.permanent
    with pytest.raises(ProviderError) as error:
        impatient.switch_price(reader.subscription, "si_1", "price_gone", "key")
    assert error.value.permanent
