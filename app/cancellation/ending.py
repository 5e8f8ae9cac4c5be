"""End a subscription at the provider, or take a scheduled end back: the executors of two actions.

Both look first: what is there already is not done again.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from typing import Any

from app.cancellation.rules.ending import way_to_end
from app.cancellation.states import Way
from app.offers.ports import ProviderContracts
from app.offers.rules.contract import Contract

CANCEL = "cancel_subscription"
KEEP = "keep_subscription"

Executor = Callable[[dict[str, Any], str], dict[str, Any]]


def canceller(provider: ProviderContracts) -> Executor:
    """Params `subscription`, `feedback`, `metadata`, `void_open`, `at_once`; result `status` cancelled (with `ends_at`,
    `at_once`) or manual (with `why`)."""

    def cancel_subscription(params: dict[str, Any], key: str) -> dict[str, Any]:
        subscription = params["subscription"]
        contract = provider.contract(subscription)
        if contract is None:
            return {"status": "cancelled", "ends_at": None, "at_once": True}
        way, why = way_to_end(contract)
        if params.get("at_once") and not contract.has_ended and way in (Way.PERIOD_END, Way.DONE):
            way = Way.NOW
        told = {"feedback": params["feedback"], "metadata": params["metadata"], "key": key}
        match way:
            case Way.DONE if contract.has_ended and params["void_open"]:
                # A first try may have broken off between the end and the open invoices.
                after = provider.cancel_now(subscription, void_open=True, **told)
            case Way.DONE:
                after = contract
            case Way.PERIOD_END:
                after = provider.cancel_at_period_end(subscription, **told)
            case Way.NOW:
                after = provider.cancel_now(subscription, void_open=params["void_open"], **told)
            case Way.MANUAL:
                return {"status": "manual", "why": why}
        if not after.has_ended and after.cancel_at is None:
            return {"status": "manual", "why": "the provider does not show the cancellation"}
        return {"status": "cancelled", "ends_at": _text(_end_of(after)), "at_once": after.has_ended}

    return cancel_subscription


def keeper(provider: ProviderContracts) -> Executor:
    """Params `subscription`; result `status` kept, ended (too late) or manual."""

    def keep_subscription(params: dict[str, Any], key: str) -> dict[str, Any]:
        contract = provider.contract(params["subscription"])
        if contract is None or contract.has_ended:
            return {"status": "ended"}
        if contract.schedule_id is not None and not contract.schedule_by_us:
            return {"status": "manual", "why": "a schedule of the merchant's own manages it"}
        if contract.cancel_at is not None:
            contract = provider.keep(params["subscription"], key)
        if contract.cancel_at is not None:
            return {"status": "manual", "why": "the provider still shows the cancellation"}
        return {"status": "kept"}

    return keep_subscription


def _end_of(contract: Contract) -> datetime | None:
    return contract.ended_at if contract.has_ended else contract.cancel_at


def _text(instant: datetime | None) -> str | None:
    return instant.isoformat() if instant else None
