"""Ends of a contract: with the paid time, at once, and taking a scheduled one back."""

from __future__ import annotations

import stripe

from app.integrations.stripe.contracts.invoices import void_what_is_open
from app.integrations.stripe.contracts.live import Live, LiveContracts, options, refuse, without_end
from app.integrations.stripe.contracts.releasing import release_ours
from app.integrations.stripe.read_values import parts
from app.offers.rules.contract import Contract

Metadata = dict[str, str]


def cancel_at_period_end(
    contracts: LiveContracts, subscription_id: str, *, feedback: str | None, metadata: Metadata, key: str
) -> Contract:
    """End it with the paid time; an earlier end that is scheduled already stays.

    Items that are paid until different days have no such time in common: what to give back is a person's matter.
    """
    live = contracts.running(subscription_id)
    if not _ends_with_period(live):
        if len({item.get("current_period_end") for item in parts(live.obj.get("items"))}) > 1:
            refuse(f"the items of {subscription_id} are paid until different days")
        live = release_ours(contracts, live, key)
        params: stripe.params.SubscriptionUpdateParams = {"metadata": metadata}
        if feedback is not None:
            params["cancellation_details"] = {"feedback": feedback}
        if live.contract.flexible_billing:
            params["cancel_at"] = "min_period_end"
        else:
            params["cancel_at_period_end"] = True
        contracts.update(subscription_id, params, f"{key}:cancel")
    return contracts.read_back(subscription_id, _ends_with_period, "its scheduled end")


def cancel_now(
    contracts: LiveContracts,
    subscription_id: str,
    *,
    feedback: str | None,
    metadata: Metadata,
    void_open: bool,
    key: str,
) -> Contract:
    """End it first and void afterwards: what is owed is forgiven only to somebody who has left."""
    live = contracts.get(subscription_id)
    if not live.contract.has_ended:
        live = release_ours(contracts, live, key)
        _note(contracts, live, metadata, key)
        _cancel(contracts, subscription_id, feedback, key)
    if void_open:
        void_what_is_open(contracts, subscription_id, key)
    return contracts.read_back(subscription_id, lambda now: now.contract.has_ended, "its end")


def keep(contracts: LiveContracts, subscription_id: str, key: str) -> Contract:
    """Take a scheduled end back; there is nothing to write where none is scheduled."""
    live = contracts.running(subscription_id)
    if live.contract.cancel_at is None:
        return live.contract
    contracts.update(subscription_id, without_end(live), f"{key}:keep")
    return contracts.read_back(subscription_id, lambda now: now.contract.cancel_at is None, "no end")


def _ends_with_period(live: Live) -> bool:
    end, paid_until = live.contract.cancel_at, live.contract.period_end_at
    if live.contract.has_ended:
        return True
    return end is not None and (paid_until is None or end <= paid_until)


def _note(contracts: LiveContracts, live: Live, metadata: Metadata, key: str) -> None:
    """In a call of its own, as the provider's cancelling takes no metadata."""
    if not metadata.items() <= dict(live.contract.metadata).items():
        contracts.update(live.contract.subscription_id, {"metadata": metadata}, f"{key}:note")


def _cancel(contracts: LiveContracts, subscription_id: str, feedback: str | None, key: str) -> None:
    params: stripe.params.SubscriptionCancelParams = {"invoice_now": False, "prorate": False}
    if feedback is not None:
        params["cancellation_details"] = {"feedback": feedback}
    with contracts.connection.call():
        contracts.v1.subscriptions.cancel(subscription_id, params, options(f"{key}:cancel", params))
