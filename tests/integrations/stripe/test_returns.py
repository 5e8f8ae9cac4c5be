"""Checkout pages for people who return, at the stand-in, by the official SDK."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from app.core.errors import ProviderError
from app.integrations.stripe.client import StripeConnection
from app.integrations.stripe.returns import StripeReturns
from app.offers.rules.contract import CouponTerms
from app.winback.ports import Checkout
from sandbox.building import Subscriber
from sandbox.testing import RunningSandbox
from tests.integrations.stripe.contracts_at_standin import break_next, sdk
from tests.integrations.stripe.standin import START

HALF = CouponTerms("reclaim-grant_1", "Discount", percent_off=50, months=3)
CARD = "4242424242424242"


@pytest.fixture
def returns(connection: StripeConnection) -> StripeReturns:
    return StripeReturns(connection)


@pytest.fixture
def someone(sandbox: RunningSandbox) -> Subscriber:
    """Somebody who has paid once and left."""
    found = sandbox.subscriber(email="ada@example.com")
    sdk(sandbox).subscriptions.cancel(found.subscription)
    return found


def wanted(someone: Subscriber, **changes: Any) -> Checkout:
    plain = Checkout(
        customer_id=someone.customer,
        price_id=someone.price,
        case_id="case_1",
        back_url="https://pay.acme.example/return/token?session={SESSION}",
        cancel_url="https://pay.acme.example/return/token",
        expires_at=START + timedelta(hours=23),
    )
    return replace(plain, **changes)


def with_coupon(someone: Subscriber, **changes: Any) -> Checkout:
    return wanted(someone, coupon=HALF, grant_id="grant_1", **changes)


def promotion_codes(sandbox: RunningSandbox) -> list[dict[str, Any]]:
    return list(sandbox.state.rows("promotion_code"))


def test_who_returns_gets_a_page_and_a_subscription_with_the_discount(
    sandbox: RunningSandbox, returns: StripeReturns, someone: Subscriber
) -> None:
    page = returns.start_checkout(with_coupon(someone), "case_1:return:1")
    landed = sandbox.use_card(page.url, CARD)
    session = sandbox.get("checkout.session", page.session_id)
    assert (session["status"], session["customer"]) == ("complete", someone.customer)
    assert session["metadata"] == {"reclaim_case": "case_1", "reclaim_grant": "grant_1"}
    assert page.session_id in landed
    subscription = sandbox.get("subscription", session["subscription"])
    assert subscription["metadata"] == session["metadata"]
    assert [row["total"] for row in sandbox.invoices(session["subscription"])] == [1450]


def test_the_code_is_the_customers_own_for_one_use_and_not_for_first_time_buyers_only(
    sandbox: RunningSandbox, returns: StripeReturns, someone: Subscriber
) -> None:
    """Edge case 48; a code for first-time transactions would refuse everybody who returns."""
    returns.start_checkout(with_coupon(someone), "case_1:return:1")
    (code,) = promotion_codes(sandbox)
    assert (code["customer"], code["max_redemptions"]) == (someone.customer, 1)
    assert code["restrictions"]["first_time_transaction"] is False
    assert code["expires_at"] == int((START + timedelta(hours=23)).timestamp())


def test_somebody_else_cannot_redeem_the_code(
    sandbox: RunningSandbox, returns: StripeReturns, someone: Subscriber
) -> None:
    """Edge case 48."""
    returns.start_checkout(with_coupon(someone), "case_1:return:1")
    (code,) = promotion_codes(sandbox)
    other = sandbox.subscriber(email="eve@example.com")
    params = {
        "mode": "subscription",
        "customer": other.customer,
        "line_items": [{"price": someone.price, "quantity": 1}],
        "success_url": "https://acme.example/",
        "discounts": [{"promotion_code": code["id"]}],
    }
    with pytest.raises(Exception, match="cannot be redeemed by this customer"):
        sdk(sandbox).checkout.sessions.create(params)


def test_the_same_key_gives_the_same_page_and_one_code(
    sandbox: RunningSandbox, returns: StripeReturns, someone: Subscriber
) -> None:
    """A double click."""
    first = returns.start_checkout(with_coupon(someone), "case_1:return:1")
    assert returns.start_checkout(with_coupon(someone), "case_1:return:1") == first
    assert len(promotion_codes(sandbox)) == 1


@pytest.mark.parametrize("path", ["/v1/coupons", "/v1/promotion_codes", "/v1/checkout/sessions"])
def test_an_answer_that_is_lost_makes_nothing_twice(
    sandbox: RunningSandbox, returns: StripeReturns, someone: Subscriber, path: str
) -> None:
    break_next(sandbox, "lost_answer", path)
    returns.start_checkout(with_coupon(someone), "case_1:return:1")
    assert len(promotion_codes(sandbox)) == 1
    assert len(list(sandbox.state.rows("checkout.session"))) == 1
    assert len(list(sandbox.state.rows("coupon"))) == 1


def test_without_an_offer_the_page_asks_the_normal_price(
    sandbox: RunningSandbox, returns: StripeReturns, someone: Subscriber
) -> None:
    page = returns.start_checkout(wanted(someone, quantity=3), "case_1:return:1")
    session = sandbox.get("checkout.session", page.session_id)
    assert (session["discounts"], session["amount_total"]) == ([], 3 * 2900)


def test_a_redeemed_coupon_is_refused_for_good(
    sandbox: RunningSandbox, returns: StripeReturns, someone: Subscriber
) -> None:
    """Edge case 47: never a second discount."""
    page = returns.start_checkout(with_coupon(someone), "case_1:return:1")
    sandbox.use_card(page.url, CARD)
    with pytest.raises(ProviderError) as refused:
        returns.start_checkout(with_coupon(someone), "case_1:return:2")
    assert refused.value.permanent


def test_an_open_page_is_found_again_until_it_is_expired(
    sandbox: RunningSandbox, returns: StripeReturns, someone: Subscriber
) -> None:
    """Edge case 41."""
    page = returns.start_checkout(with_coupon(someone), "case_1:return:1")
    assert returns.open_page(page.session_id) == page
    assert returns.expire_checkout(page.session_id) == "expired"
    assert returns.open_page(page.session_id) is None
    assert returns.expire_checkout(page.session_id) == "expired"


def test_a_completed_page_cannot_be_expired_and_says_so(
    sandbox: RunningSandbox, returns: StripeReturns, someone: Subscriber
) -> None:
    page = returns.start_checkout(wanted(someone), "case_1:return:1")
    sandbox.use_card(page.url, CARD)
    assert returns.expire_checkout(page.session_id) == "complete"
    assert returns.expire_checkout("cs_test_nobody") == "gone"


def test_prices_tell_what_they_cost_and_whether_they_can_be_bought(
    sandbox: RunningSandbox, returns: StripeReturns, someone: Subscriber
) -> None:
    """Edge case 49."""
    plan = returns.prices([someone.price, "price_gone"])[someone.price]
    assert (plan.name, plan.price.amount_minor, plan.price.currency) == ("Pro plan", 2900, "usd")
    assert (plan.price.interval, plan.price.active) == ("month", True)
    assert "price_gone" not in returns.prices(["price_gone"])
    sdk(sandbox).prices.update(someone.price, {"active": False})
    assert not returns.prices([someone.price])[someone.price].price.active


def test_a_price_of_an_archived_product_cannot_be_bought(
    sandbox: RunningSandbox, returns: StripeReturns, someone: Subscriber
) -> None:
    """Edge case 49."""
    sdk(sandbox).products.update(someone.product, {"active": False})
    assert not returns.prices([someone.price])[someone.price].price.active


def test_a_failing_provider_is_told_as_passing(
    sandbox: RunningSandbox, returns: StripeReturns, someone: Subscriber
) -> None:
    sandbox.control(
        "POST", "api/faults", {"kind": "500", "path": "/v1/checkout/sessions", "method": "POST", "count": 9}
    )
    with pytest.raises(ProviderError) as failed:
        returns.start_checkout(wanted(someone), "case_1:return:1")
    assert not failed.value.permanent
