"""Bring a benefit about at the provider: look, change, look again. The executor of `apply_grant`."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from app.core.money import Money
from app.offers.ports import ProviderContracts
from app.offers.rules.contract import Contract
from app.offers.rules.terms import Terms, coupon_of, terms_from_json
from app.offers.states import Means


def executor(provider: ProviderContracts) -> Callable[[dict[str, Any], str], dict[str, Any]]:
    """Does one grant: params `grant`, `subscription`, `terms`; result `status` applied or refused with `why`."""

    def apply_grant(params: dict[str, Any], key: str) -> dict[str, Any]:
        terms, grant_id = terms_from_json(params["terms"]), params["grant"]
        contract = provider.contract(params["subscription"])
        if contract is not None and _has_coupon(contract, terms, grant_id):
            # An earlier try has come through and its answer was lost: whatever came after, the benefit is there.
            return {"status": "applied", "discounts": [d.coupon_id for d in contract.discounts]}
        why = _refusal(contract, terms) or _other_price(provider, contract, terms)
        if contract is None or why is not None:
            return {"status": "refused", "why": why}
        return {"status": "applied", **_apply(provider, contract, terms, grant_id, key)}

    return apply_grant


def _has_coupon(contract: Contract, terms: Terms, grant_id: str) -> bool:
    if terms.means is not Means.COUPON:
        return False
    return coupon_of(grant_id, terms).coupon_id in {d.coupon_id for d in contract.discounts}


def _refusal(contract: Contract | None, terms: Terms) -> str | None:
    """What has changed since the offer was shown, and stands against it now."""
    if contract is None or contract.has_ended:
        return "the subscription has ended"
    if contract.cancel_at is not None and not terms.was_ending:
        return "the subscription was cancelled meanwhile"
    if contract.schedule_id is not None and not contract.schedule_by_us:
        return "a schedule manages the subscription"
    if terms.means is not Means.TRIAL and contract.status != "active":
        return f"the subscription is {contract.status}"
    if contract.currency != terms.currency:
        return "the currency has changed"
    return None


def _other_price(provider: ProviderContracts, contract: Contract | None, terms: Terms) -> str | None:
    """What stands against the other plan: it must cost what was shown, in the same rhythm."""
    if terms.means is not Means.SWITCH or contract is None or contract.line is None:
        return None
    line, price = contract.line, provider.price(terms.price_id or "")
    if line.price_id == terms.price_id:
        return None  # a first try has come through
    if price is None or not price.active:
        return "the other plan is gone"
    quantity = line.quantity if line.quantity is not None else 1
    promised = (terms.currency, terms.interval, terms.interval_count, terms.charged_minor)
    amount = None if price.amount_minor is None else price.amount_minor * quantity
    if (price.currency, price.interval, price.interval_count, amount) != promised:
        return "the other plan does not cost what was shown"
    return None


def _apply(
    provider: ProviderContracts, contract: Contract, terms: Terms, grant_id: str, key: str
) -> dict[str, Any]:
    subscription = contract.subscription_id
    match terms.means:
        case Means.COUPON:
            after = provider.add_discount(subscription, coupon_of(grant_id, terms), key)
            return {"discounts": [d.coupon_id for d in after.discounts]}
        case Means.CREDIT:
            amount = Money(terms.saved_minor, terms.currency)
            words = "Credit for your next renewal"
            credit = provider.add_credit(contract, amount, grant_id=grant_id, description=words, key=key)
            return {"credit": credit}
        case Means.PAUSE:
            assert terms.ends_at is not None
            after = provider.pause(subscription, terms.ends_at, key)
            resumes = after.pause_resumes_at
            return {"resumes_at": resumes.isoformat() if resumes else None}
        case Means.SWITCH:
            after = provider.switch_price(subscription, terms.item_id or "", terms.price_id or "", key)
            return {"price": after.line.price_id if after.line else None}
        case Means.TRIAL:
            assert terms.ends_at is not None
            after = provider.extend_trial(subscription, terms.ends_at, key)
            return {"trial_end": after.trial_end_at.isoformat() if after.trial_end_at else None}
        case Means.SCHEDULE:
            after = provider.upgrade_by_schedule(
                subscription, terms.price_id or "", months=terms.months or 1, grant_id=grant_id, key=key
            )
            return {"schedule": after.schedule_id}
        case Means.ENTITLEMENT | Means.NOTHING:
            return {}


def dropper(provider: ProviderContracts) -> Callable[[dict[str, Any], str], dict[str, Any]]:
    """The executor of `drop_upgrade`: params `grant`, `subscription`; the schedule is let go, the plan stays."""

    def drop_upgrade(params: dict[str, Any], key: str) -> dict[str, Any]:
        after = provider.drop_upgrade(params["subscription"], grant_id=params["grant"], key=key)
        return {"status": "dropped", "schedule": after.schedule_id}

    return drop_upgrade
