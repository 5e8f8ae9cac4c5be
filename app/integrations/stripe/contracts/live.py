"""Reading a contract live, writing to its subscription, and reading back what became of it.

All changes follow one pattern, so that they are safe to repeat even when the provider has forgotten the
idempotency key after a day: read, write only what is not so yet, read again, check.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, NoReturn
from urllib.parse import quote

import msgspec
import stripe

from app.core.errors import ProviderError
from app.integrations.stripe.client import StripeConnection
from app.integrations.stripe.objects.contract import read_contract
from app.integrations.stripe.read_values import Json, flag
from app.offers.rules.contract import Contract

NOT_FOUND = 404
# The provider expands four steps deep, so the coupons of an item's discounts stay ids.
EXPAND = [
    "discounts.source.coupon",
    "customer.discount.source.coupon",
    "items.data.discounts",
    "items.data.price.product",
    "schedule",
]


@dataclass(frozen=True, slots=True)
class Live:
    """A subscription as just read: the contract, and the body that it was read from."""

    obj: Json
    contract: Contract


class LiveContracts:
    """The provider's subscriptions; shared by all changes."""

    def __init__(self, connection: StripeConnection) -> None:
        self.connection = connection
        self.v1 = connection.client.v1

    def find(self, subscription_id: str) -> Live | None:
        obj = self.fetch(f"subscriptions/{quote(subscription_id, safe='')}", expand=EXPAND)
        contract = read_contract(obj) if obj is not None else None
        return Live(obj, contract) if obj is not None and contract is not None else None

    def get(self, subscription_id: str) -> Live:
        """As `find`; ProviderError where there is no such subscription."""
        live = self.find(subscription_id)
        if live is None:
            refuse(f"no subscription {subscription_id}")
        return live

    def running(self, subscription_id: str) -> Live:
        """As `get`; ProviderError for one that has ended, as nothing brings it back."""
        live = self.get(subscription_id)
        if live.contract.has_ended:
            refuse(f"subscription {subscription_id} has ended")
        return live

    def fetch(self, path: str, **params: Any) -> Json | None:
        """One object as plain JSON, None if there is none."""
        with self.connection.call():
            try:
                answer = self.connection.client.raw_request("get", f"/v1/{path}", **params)
            except stripe.InvalidRequestError as error:
                if error.http_status == NOT_FOUND:
                    return None
                raise
        return msgspec.json.decode(answer.body)  # type: ignore[no-any-return]

    def update(self, subscription_id: str, params: stripe.params.SubscriptionUpdateParams, key: str) -> None:
        with self.connection.call():
            self.v1.subscriptions.update(subscription_id, params, options(key, params))

    def read_back(self, subscription_id: str, holds: Callable[[Live], bool], what: str) -> Contract:
        """The contract as it is now; ProviderError (not permanent) unless the change is to be seen in it."""
        live = self.get(subscription_id)
        if not holds(live):
            raise ProviderError(
                f"Stripe: subscription {subscription_id} does not show {what}", permanent=False
            )
        return live.contract


def options(key: str, params: Mapping[str, object]) -> stripe.RequestOptions:
    """The caller's key made particular to what is asked.

    The provider refuses a known key with other parameters for good. A second try asks for something else when
    the subscription has changed in between, for instance got another discount.
    """
    asked = hashlib.sha256(msgspec.json.encode(params, order="deterministic")).hexdigest()[:16]
    return {"idempotency_key": f"{key}:{asked}"}


def without_end(live: Live) -> stripe.params.SubscriptionUpdateParams:
    """The parameters that take a scheduled end back; none where there is no end.

    Both ways at once are refused, so the one that it was set by is used.
    """
    if live.contract.cancel_at is None:
        return {}
    if flag(live.obj.get("cancel_at_period_end")):
        return {"cancel_at_period_end": False}
    return {"cancel_at": ""}


def refuse_schedule(live: Live) -> None:
    """A schedule would undo what is written to the subscription when its next phase begins."""
    if live.contract.schedule_id is not None:
        refuse(f"subscription {live.contract.subscription_id} is managed by a schedule")


def refuse(why: str) -> NoReturn:
    """Trying again cannot help; a person must look."""
    raise ProviderError(f"Stripe: {why}", permanent=True)
