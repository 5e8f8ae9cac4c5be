"""Coupons made for one grant each: once redeemable, under an id that we chose."""

from __future__ import annotations

from dataclasses import dataclass
from urllib.parse import quote

import stripe

from app.integrations.stripe.contracts.live import LiveContracts, options, refuse
from app.integrations.stripe.objects.contract import GRANT
from app.integrations.stripe.read_values import Json, integer, part, parts, reference, text
from app.offers.rules.contract import CouponTerms

ALREADY_EXISTS = "resource_already_exists"
MAX_NAME = 40  # the provider's limit
PAGE = 100


@dataclass(frozen=True, slots=True)
class Coupon:
    coupon_id: str
    redeemed: bool


class Coupons:
    def __init__(self, contracts: LiveContracts) -> None:
        self._contracts = contracts

    def find(self, coupon_id: str) -> Json | None:
        return self._contracts.fetch(f"coupons/{quote(coupon_id, safe='')}")

    def make(self, terms: CouponTerms, key: str) -> Coupon:
        """The coupon, made now or found; ProviderError where one of other terms has its id."""
        found = self.find(terms.coupon_id)
        if found is None and not self._create(terms, key):
            found = self.find(terms.coupon_id)
        if found is None:
            return Coupon(terms.coupon_id, redeemed=False)
        if not _same(found, terms):
            refuse(f"coupon {terms.coupon_id} exists with other terms")
        return Coupon(terms.coupon_id, redeemed=bool(integer(found.get("times_redeemed"))))

    def _create(self, terms: CouponTerms, key: str) -> bool:
        """False where somebody was faster: another try of ours, as the id is the grant's."""
        params = _params(terms)
        with self._contracts.connection.call():
            try:
                self._contracts.v1.coupons.create(params, options(f"{key}:coupon", params))
            except stripe.InvalidRequestError as error:
                if error.code == ALREADY_EXISTS:
                    return False
                raise
        return True

    def was_used(self, subscription_id: str, coupon_id: str) -> bool:
        """Whether an invoice of the subscription was lowered by it: so it was given, and has run out since."""
        with self._contracts.connection.call():
            page = self._contracts.v1.invoices.list(
                {
                    "subscription": subscription_id,
                    "limit": PAGE,
                    "expand": ["data.total_discount_amounts.discount"],
                }
            )
        return any(
            _made_from(part(entry.get("discount")), coupon_id)
            for invoice in page.data
            for entry in parts(invoice.to_dict(for_json=True).get("total_discount_amounts"))
        )


def _params(terms: CouponTerms) -> stripe.params.CouponCreateParams:
    params: stripe.params.CouponCreateParams = {
        "id": terms.coupon_id,
        "name": terms.name[:MAX_NAME],
        "max_redemptions": 1,
        "duration": "repeating" if terms.months is not None else "once",
        "metadata": {GRANT: terms.coupon_id},
    }
    if terms.months is not None:
        params["duration_in_months"] = terms.months
    if terms.percent_off is not None:
        params["percent_off"] = terms.percent_off
    if terms.amount_off_minor is not None:
        params["amount_off"] = terms.amount_off_minor
        params["currency"] = terms.currency or ""
    return params


def _same(found: Json, terms: CouponTerms) -> bool:
    return (
        found.get("percent_off") == terms.percent_off
        and found.get("amount_off") == terms.amount_off_minor
        and found.get("duration_in_months") == terms.months
        and (terms.amount_off_minor is None or found.get("currency") == terms.currency)
    )


def _made_from(discount: Json, coupon_id: str) -> bool:
    source = part(discount.get("source"))
    return text(coupon_id) == (reference(source.get("coupon")) or reference(discount.get("coupon")))
