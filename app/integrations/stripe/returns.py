"""The provider's side of the way back: checkout pages with a discount that one customer can redeem once."""

from __future__ import annotations

from collections.abc import Collection
from urllib.parse import quote

import stripe

from app.billing.ports import ProviderPage
from app.core.errors import ProviderError
from app.integrations.stripe.client import StripeConnection
from app.integrations.stripe.contracts.coupons import Coupons
from app.integrations.stripe.contracts.live import LiveContracts, options
from app.integrations.stripe.objects.contract import GRANT
from app.integrations.stripe.objects.session import CASE
from app.integrations.stripe.pages import OUR_PLACEHOLDER, THEIR_PLACEHOLDER
from app.integrations.stripe.read_values import Json, flag, integer, part, reference, text
from app.offers.rules.contract import CouponTerms, Price
from app.winback.ports import Checkout, Plan

MOST_CODES = 100


class StripeReturns:
    """Implements `app.winback.ports.ProviderReturns`."""

    def __init__(self, connection: StripeConnection) -> None:
        self._live = LiveContracts(connection)
        self._connection = connection
        self._v1 = connection.client.v1

    def prices(self, price_ids: Collection[str]) -> dict[str, Plan]:
        found = {}
        for price_id in sorted(set(price_ids)):
            obj = self._live.fetch(f"prices/{quote(price_id, safe='')}", expand=["product"])
            if obj is not None:
                found[price_id] = _plan(price_id, obj)
        return found

    def start_checkout(self, wanted: Checkout, key: str) -> ProviderPage:
        code = self._code(wanted, wanted.coupon, key) if wanted.coupon is not None else None
        params = _params(wanted, code)
        with self._connection.call():
            session = self._v1.checkout.sessions.create(params, options(f"{key}:checkout", params))
        if session.url is None:
            raise ProviderError(f"Stripe: session {session.id} has no page", permanent=False)
        return ProviderPage(session.id, session.url)

    def _code(self, wanted: Checkout, terms: CouponTerms, key: str) -> str:
        """The promotion code of a grant: found by its coupon, which bears the grant's id, or made now."""
        Coupons(self._live).make(terms, key)
        with self._connection.call():
            known = self._v1.promotion_codes.list(
                {
                    "coupon": terms.coupon_id,
                    "customer": wanted.customer_id,
                    "active": True,
                    "limit": MOST_CODES,
                }
            )
        if known.data:
            return known.data[0].id
        params: stripe.params.PromotionCodeCreateParams = {
            "promotion": {"type": "coupon", "coupon": terms.coupon_id},
            "customer": wanted.customer_id,
            "max_redemptions": 1,
            "expires_at": int(wanted.expires_at.timestamp()),
            # A code for first-time buyers refuses exactly those who return.
            "restrictions": {"first_time_transaction": False},
            "metadata": _note(wanted),
        }
        with self._connection.call():
            return self._v1.promotion_codes.create(params, options(f"{key}:code", params)).id

    def open_page(self, session_id: str) -> ProviderPage | None:
        obj = self._live.fetch(f"checkout/sessions/{quote(session_id, safe='')}")
        url = text(obj.get("url")) if obj is not None and obj.get("status") == "open" else None
        return ProviderPage(session_id, url) if url is not None else None

    def expire_checkout(self, session_id: str) -> str:
        try:
            with self._connection.call():
                self._v1.checkout.sessions.expire(session_id)
        except ProviderError as error:
            if not error.permanent:
                raise
        obj = self._live.fetch(f"checkout/sessions/{quote(session_id, safe='')}")
        if obj is None:
            return "gone"
        status = text(obj.get("status")) or ""
        if status == "open":
            raise ProviderError(f"Stripe: session {session_id} is still open", permanent=False)
        return status


def _plan(price_id: str, obj: Json) -> Plan:
    """A price of an archived product can be bought by nobody either."""
    product, recurring = part(obj.get("product")), part(obj.get("recurring"))
    price = Price(
        price_id=price_id,
        amount_minor=integer(obj.get("unit_amount")),
        currency=text(obj.get("currency")) or "",
        interval=text(recurring.get("interval")),
        interval_count=integer(recurring.get("interval_count")) or 1,
        active=flag(obj.get("active")) and product.get("active") is not False and not product.get("deleted"),
    )
    name = text(product.get("name")) or text(obj.get("nickname"))
    return Plan(price, name, reference(obj.get("product")))


def _params(wanted: Checkout, code_id: str | None) -> stripe.params.checkout.SessionCreateParams:
    note = _note(wanted)
    params: stripe.params.checkout.SessionCreateParams = {
        "mode": "subscription",
        "customer": wanted.customer_id,
        "line_items": [{"price": wanted.price_id, "quantity": wanted.quantity}],
        "metadata": note,
        "subscription_data": {"metadata": note},
        "success_url": wanted.back_url.replace(OUR_PLACEHOLDER, THEIR_PLACEHOLDER),
        "cancel_url": wanted.cancel_url,
        "expires_at": int(wanted.expires_at.timestamp()),
    }
    if code_id is not None:
        params["discounts"] = [{"promotion_code": code_id}]
    return params


def _note(wanted: Checkout) -> dict[str, str]:
    return {CASE: wanted.case_id} | ({GRANT: wanted.grant_id} if wanted.grant_id else {})
