"""A contract is read live with what offers must know of it."""

from __future__ import annotations

from typing import Any

import pytest

from app.core.errors import ProviderError
from app.integrations.stripe.contracts import StripeContracts
from app.integrations.stripe.objects.preview import read_preview
from app.offers.ports import ProviderContracts
from app.offers.rules.contract import CouponTerms
from sandbox.testing import RunningSandbox
from tests.integrations.stripe.contracts_at_standin import at, sdk
from tests.integrations.stripe.standin import START


def test_the_adapter_is_what_the_port_asks_for(contracts: StripeContracts) -> None:
    port: ProviderContracts = contracts
    assert port.contract("sub_gone") is None
    assert port.preview("sub_gone") is None


def test_a_plain_subscription_is_read_as_one_line(
    sandbox: RunningSandbox, contracts: StripeContracts
) -> None:
    reader = sandbox.subscriber(quantity=3)
    contract = contracts.contract(reader.subscription)
    assert contract is not None
    assert contract.line is not None
    assert contract.line.label == "Pro plan"
    assert contract.price_minor == 3 * 2900
    assert (contract.status, contract.currency, contract.line.interval) == ("active", "usd", "month")
    assert contract.started_at == contract.anchored_at == START
    assert contract.period_end_at == at("2026-04-01T09:00:00")
    assert contract.flexible_billing
    assert contract.discounts == ()


def test_discounts_of_the_subscription_its_items_and_its_customer_are_seen(
    sandbox: RunningSandbox, contracts: StripeContracts
) -> None:
    reader, v1 = sandbox.subscriber(), sdk(sandbox)
    for name in ("own", "items", "customers"):
        v1.coupons.create({"id": name, "percent_off": 10, "duration": "repeating", "duration_in_months": 3})
    v1.customers.update(reader.customer, {"coupon": "customers"})
    seen = contracts.contract(reader.subscription)
    assert seen is not None
    assert [(row.coupon_id, row.percent_off) for row in seen.discounts] == [("customers", 10.0)]
    item = sandbox.get("subscription", reader.subscription)["items"]["data"][0]["id"]
    wanted = {"discounts": [{"coupon": "own"}], "items": [{"id": item, "discounts": [{"coupon": "items"}]}]}
    v1.subscriptions.update(reader.subscription, wanted)
    seen = contracts.contract(reader.subscription)
    assert seen is not None
    assert [row.coupon_id for row in seen.discounts] == ["own", "items"]
    assert seen.discounts[0].ends_at == at("2026-06-01T09:00:00")


def test_a_preview_has_the_discounts_in_force_and_the_day(
    sandbox: RunningSandbox, contracts: StripeContracts
) -> None:
    reader, v1 = sandbox.subscriber(), sdk(sandbox)
    v1.coupons.create({"id": "tenth", "percent_off": 10, "duration": "forever"})
    v1.subscriptions.update(reader.subscription, {"discounts": [{"coupon": "tenth"}]})
    plain = contracts.preview(reader.subscription)
    assert plain is not None
    assert (plain.total_minor, plain.tax_minor, plain.currency) == (2610, 0, "usd")
    assert plain.charged_at == at("2026-04-01T09:00:00")


def test_a_coupon_that_is_not_made_yet_is_previewed_as_it_then_is_billed(
    sandbox: RunningSandbox, contracts: StripeContracts
) -> None:
    reader = sandbox.subscriber()
    terms = CouponTerms("grant_1", "Ten off", amount_off_minor=1000, currency="usd", months=1)
    sandbox.advance("2026-03-10")
    before = contracts.preview(reader.subscription, terms)
    contracts.add_discount(reader.subscription, terms, "key")
    assert before is not None
    assert before.total_minor == 1900
    assert contracts.preview(reader.subscription, terms) == before
    sandbox.advance("2026-04-02")
    assert sandbox.invoices(reader.subscription)[-1]["total"] == 1900


def upcoming(total: int, **taxes: int) -> dict[str, Any]:
    rows = [{"amount": amount, "tax_behavior": behavior} for behavior, amount in taxes.items()]
    return {"total": total, "currency": "eur", "period_end": 1_775_000_000, "total_taxes": rows}


@pytest.mark.parametrize(
    ("body", "terms", "expected"),
    [
        (upcoming(3451, exclusive=551), {"amount_off_minor": 1000, "currency": "eur"}, (2261, 361)),
        (upcoming(3451, inclusive=551), {"amount_off_minor": 1000, "currency": "eur"}, (2451, 391)),
        (upcoming(3451, exclusive=551), {"percent_off": 100.0}, (0, 0)),
        (upcoming(2999), {"percent_off": 50.0}, (1499, 0)),
        (upcoming(900), {"amount_off_minor": 1000, "currency": "eur"}, (0, 0)),
        (upcoming(900), {"amount_off_minor": 100, "currency": "usd"}, (900, 0)),
        (upcoming(0), {"percent_off": 20.0}, (0, 0)),
    ],
)
def test_a_coupon_lowers_the_previewed_tax_with_the_price(
    body: dict[str, Any], terms: dict[str, Any], expected: tuple[int, int]
) -> None:
    shown = read_preview(body, CouponTerms("grant_1", "Offer", **terms))
    assert (shown.total_minor, shown.tax_minor) == expected


def test_a_subscription_that_is_to_end_is_previewed_with_an_offer_only(
    sandbox: RunningSandbox, contracts: StripeContracts
) -> None:
    reader = sandbox.subscriber()
    terms = CouponTerms("grant_1", "Half", percent_off=50, months=1)
    contracts.cancel_at_period_end(reader.subscription, feedback=None, metadata={}, key="key")
    assert contracts.preview(reader.subscription) is None
    offered = contracts.preview(reader.subscription, terms)
    assert offered is not None
    assert offered.total_minor == 1450
    assert sandbox.get("subscription", reader.subscription)["cancel_at"] is not None


def test_what_is_gone_or_over_is_refused_for_good(
    sandbox: RunningSandbox, contracts: StripeContracts
) -> None:
    reader = sandbox.subscriber()
    sdk(sandbox).subscriptions.cancel(reader.subscription)
    for subscription in (reader.subscription, "sub_gone"):
        with pytest.raises(ProviderError) as error:
            contracts.keep(subscription, "key")
        assert error.value.permanent
