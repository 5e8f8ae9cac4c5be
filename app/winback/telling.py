"""What the merchant's systems are told by webhook of who came back: ids, the way, price and offer; no person."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy.orm import Session

from app.billing import repository as billing
from app.billing.states import SubscriptionState
from app.hooks import service as hooks
from app.hooks.states import HookType
from app.offers.models import Grant
from app.winback.models import Lapse
from app.winback.rules.contract import contract_of


def tell_returned(session: Session, lapse: Lapse, grant: Grant | None, *, now: datetime) -> None:
    """Once a return and way: told again where it turns out to have been another way than was told.

    Also of who came back without a sequence, or after it was over.
    """
    assert lapse.returned_at is not None
    hooks.announce(
        session,
        type=HookType.SUBSCRIPTION_RETURNED,
        key=f"{lapse.id}:returned:{lapse.returned_at.isoformat()}:{lapse.returned_how}",
        customer_id=lapse.customer_id,
        data={
            "case": lapse.case_id,
            "customer": lapse.customer_id,
            "lapsed_subscription": lapse.id,
            "subscription": lapse.returned_subscription_id,
            "returned_at": lapse.returned_at,
            "how": lapse.returned_how,
            "price": _price(session, lapse.returned_subscription_id or ""),
            "offer": {"grant": grant.id, "offer": grant.offer, "kind": grant.kind} if grant else None,
        },
        now=now,
    )


def _price(session: Session, subscription_id: str) -> dict[str, Any] | None:
    """A period of what they came back to, before discounts and tax; it may be another currency than before."""
    row = billing.load(session, SubscriptionState, [subscription_id]).get(subscription_id)
    contract = contract_of(row) if row is not None else None
    if contract is None:
        return None
    return {"amount_minor": contract.price_minor, "currency": contract.currency}
