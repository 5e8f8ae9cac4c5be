"""Cancelling at the stand-in provider, in every shape that a subscription has, and taking it back."""

from __future__ import annotations

from typing import Any

import pytest

from app.core.errors import ProviderError
from app.integrations.stripe.client import StripeConnection
from app.integrations.stripe.contracts import StripeContracts
from app.integrations.stripe.contracts.live import LiveContracts, without_end
from app.offers.rules.contract import Contract
from sandbox.testing import RunningSandbox
from tests.integrations.stripe.contracts_at_standin import at, break_next, sdk, totals
from tests.integrations.stripe.standin import late_subscriber

WHY = {"reclaim_reason": "price"}


def leave(contracts: StripeContracts, subscription: str, key: str = "key") -> Contract:
    return contracts.cancel_at_period_end(subscription, feedback="too_expensive", metadata=dict(WHY), key=key)


def leave_now(
    contracts: StripeContracts, subscription: str, *, void_open: bool = True, key: str = "key"
) -> Contract:
    return contracts.cancel_now(
        subscription, feedback="unused", metadata=dict(WHY), void_open=void_open, key=key
    )


def test_a_contract_ends_with_the_paid_time_and_bears_the_reason(
    sandbox: RunningSandbox, contracts: StripeContracts
) -> None:
    reader = sandbox.subscriber()
    for key in ("key", "another"):
        contract = leave(contracts, reader.subscription, key)
        assert contract.cancel_at == contract.period_end_at == at("2026-04-01T09:00:00")
    obj = sandbox.get("subscription", reader.subscription)
    assert obj["cancellation_details"]["feedback"] == "too_expensive"
    assert dict(contract.metadata) == WHY
    sandbox.advance("2026-05-02")
    assert totals(sandbox, reader.subscription) == [2900]
    assert obj["status"] == "canceled"


@pytest.mark.parametrize("mode", ["classic", "flexible"])
def test_a_scheduled_end_is_taken_back_in_either_billing_mode(
    sandbox: RunningSandbox, contracts: StripeContracts, mode: str
) -> None:
    """Edge case 33."""
    reader = sandbox.subscriber()
    made = sdk(sandbox).subscriptions.create(
        {
            "customer": reader.customer,
            "items": [{"price": reader.price}],
            "billing_mode": {"type": mode},
        }
    )
    assert leave(contracts, made.id).cancel_at is not None
    assert sandbox.get("subscription", made.id)["cancel_at_period_end"] == (mode == "classic")
    for key in ("key", "another"):
        assert contracts.keep(made.id, key).cancel_at is None
    sandbox.advance("2026-04-02")
    assert totals(sandbox, made.id) == [2900, 2900]


@pytest.mark.parametrize(
    ("end", "expected"),
    [
        ({"cancel_at_period_end": True}, {"cancel_at_period_end": False}),
        ({"cancel_at": "min_period_end"}, {"cancel_at": ""}),
        ({}, {}),
    ],
)
def test_an_end_is_taken_back_in_the_way_that_it_was_set(
    sandbox: RunningSandbox, connection: StripeConnection, end: dict[str, Any], expected: dict[str, Any]
) -> None:
    """The stand-in takes either for both; the provider says nothing of that."""
    reader = sandbox.subscriber()
    if end:
        sdk(sandbox).subscriptions.update(reader.subscription, end)
    assert without_end(LiveContracts(connection).get(reader.subscription)) == expected


def test_an_earlier_end_is_not_put_off(sandbox: RunningSandbox, contracts: StripeContracts) -> None:
    reader, early = sandbox.subscriber(), at("2026-03-15T00:00:00")
    sdk(sandbox).subscriptions.update(reader.subscription, {"cancel_at": int(early.timestamp())})
    assert leave(contracts, reader.subscription).cancel_at == early


def test_an_end_years_away_is_brought_forward(sandbox: RunningSandbox, contracts: StripeContracts) -> None:
    reader, far = sandbox.subscriber(), at("2028-03-15T00:00:00")
    sdk(sandbox).subscriptions.update(reader.subscription, {"cancel_at": int(far.timestamp())})
    assert leave(contracts, reader.subscription).cancel_at == at("2026-04-01T09:00:00")


def test_several_items_end_together(sandbox: RunningSandbox, contracts: StripeContracts) -> None:
    """Edge case 15."""
    reader = sandbox.subscriber()
    seats = sandbox.subscriber(amount=500, plan="Seats")
    sdk(sandbox).subscriptions.update(
        reader.subscription, {"items": [{"price": seats.price}], "proration_behavior": "none"}
    )
    contract = leave(contracts, reader.subscription)
    assert (len(contract.lines), contract.line) == (2, None)
    sandbox.advance("2026-05-02")
    assert totals(sandbox, reader.subscription) == [2900]


def test_items_that_are_paid_until_different_days_are_a_persons_matter(
    sandbox: RunningSandbox, contracts: StripeContracts
) -> None:
    """Edge case 15: neither the earliest nor the latest day is right."""
    reader = sandbox.subscriber()
    seats = sandbox.subscriber(amount=500, plan="Seats")
    sdk(sandbox).subscriptions.update(reader.subscription, {"items": [{"price": seats.price}]})
    items = sandbox.get("subscription", reader.subscription)["items"]["data"]
    items[1]["current_period_end"] += 86_400
    with pytest.raises(ProviderError, match="different days") as error:
        leave(contracts, reader.subscription)
    assert error.value.permanent


def test_a_trial_that_is_cancelled_is_never_charged(
    sandbox: RunningSandbox, contracts: StripeContracts
) -> None:
    reader = sandbox.subscriber(trial_days=14)
    assert leave(contracts, reader.subscription).cancel_at == at("2026-03-15T09:00:00")
    sandbox.advance("2026-04-02")
    assert totals(sandbox, reader.subscription) == [0]


def test_somebody_elses_schedule_is_left_alone(sandbox: RunningSandbox, contracts: StripeContracts) -> None:
    """Edge case 15: becomes a request that a person carries out."""
    reader = sandbox.subscriber()
    made = sdk(sandbox).subscription_schedules.create({"from_subscription": reader.subscription})
    with pytest.raises(ProviderError, match="managed by a schedule") as error:
        leave(contracts, reader.subscription)
    assert error.value.permanent
    assert sandbox.get("subscription_schedule", made.id)["status"] == "active"


@pytest.mark.parametrize("fault", ["timeout", "500_after"])
def test_a_cancellation_whose_answer_was_lost_is_found_done(
    sandbox: RunningSandbox, impatient: StripeContracts, fault: str
) -> None:
    """Edge cases 16 and 34."""
    reader = sandbox.subscriber()
    break_next(sandbox, fault, "/v1/subscriptions/")
    with pytest.raises(ProviderError) as error:
        leave(impatient, reader.subscription)
    assert not error.value.permanent
    changes = len(sandbox.events("customer.subscription.updated"))
    leave(impatient, reader.subscription, "another")
    assert len(sandbox.events("customer.subscription.updated")) == changes


def test_a_late_customer_is_let_go_and_the_retries_stop(
    sandbox: RunningSandbox, contracts: StripeContracts
) -> None:
    """Edge case 13."""
    reader, late = late_subscriber(sandbox)
    contract = leave_now(contracts, reader.subscription)
    assert (contract.status, contract.has_ended) == ("canceled", True)
    assert dict(contract.metadata) == WHY
    assert sandbox.get("invoice", late)["status"] == "void"
    tried = len(sandbox.events("invoice.payment_failed"))
    sandbox.heal(reader.payment_method)
    sandbox.advance("2026-06-02")
    assert totals(sandbox, reader.subscription) == [2900, 2900]
    assert len(sandbox.events("invoice.payment_failed")) == tried
    assert sandbox.get("invoice", late)["amount_paid"] == 0


def test_a_draft_of_the_hour_after_the_renewal_is_never_collected(
    sandbox: RunningSandbox, contracts: StripeContracts
) -> None:
    """Edge case 13: a subscription's drafts cannot be deleted, so they are made final and void."""
    reader = sandbox.subscriber()
    sandbox.advance("2026-04-01T09:10:00+00:00")
    draft = sandbox.invoices(reader.subscription)[-1]
    assert draft["status"] == "draft"
    leave_now(contracts, reader.subscription)
    sandbox.advance("2026-05-02")
    assert (draft["status"], draft["amount_paid"]) == ("void", 0)


def test_what_is_owed_stays_open_where_it_shall_not_be_forgiven(
    sandbox: RunningSandbox, contracts: StripeContracts
) -> None:
    reader, late = late_subscriber(sandbox)
    leave_now(contracts, reader.subscription, void_open=False)
    sandbox.advance("2026-06-02")
    assert (sandbox.get("invoice", late)["status"], sandbox.get("invoice", late)["amount_paid"]) == (
        "open",
        0,
    )


def test_ending_now_neither_credits_nor_charges(sandbox: RunningSandbox, contracts: StripeContracts) -> None:
    reader = sandbox.subscriber()
    sandbox.advance("2026-03-10")
    leave_now(contracts, reader.subscription)
    sandbox.advance("2026-05-02")
    assert totals(sandbox, reader.subscription) == [2900]
    assert sandbox.get("customer", reader.customer)["balance"] == 0


@pytest.mark.parametrize(
    ("path", "method", "when"),
    [
        ("/v1/subscriptions/", "DELETE", "2026-04-02T00:00:00"),
        ("/void", "POST", "2026-04-02T00:00:00"),
        ("/v1/invoices/", "POST", "2026-04-01T09:10:00"),
        ("/finalize", "POST", "2026-04-01T09:10:00"),
    ],
)
def test_an_end_that_broke_off_is_finished_by_the_next_try(
    sandbox: RunningSandbox, impatient: StripeContracts, path: str, method: str, when: str
) -> None:
    """Edge case 16: also between the end and the voiding of an open invoice or a draft."""
    reader = sandbox.subscriber()
    sandbox.decline(reader.payment_method)
    sandbox.advance(at(when))
    break_next(sandbox, "500_after", path, method)
    with pytest.raises(ProviderError):
        leave_now(impatient, reader.subscription)
    assert leave_now(impatient, reader.subscription, key="another").has_ended
    assert [row["status"] for row in sandbox.invoices(reader.subscription)] == ["paid", "void"]


def test_an_invoice_whose_money_is_on_its_way_does_not_stop_the_end(
    sandbox: RunningSandbox, contracts: StripeContracts
) -> None:
    """The provider refuses to void it; what becomes of the payment is told by an event."""
    reader, late = late_subscriber(sandbox)
    invoice = sandbox.get("invoice", late)
    intent = sandbox.state.hidden.intent_of_invoice[late]
    sandbox.get("payment_intent", intent)["status"] = "processing"
    assert leave_now(contracts, reader.subscription).has_ended
    assert invoice["status"] == "open"
