"""Coupons and promotion codes: what they take off, for how long, and who may redeem them."""

from __future__ import annotations

from typing import Any

import pytest
import stripe

from sandbox.testing import RunningSandbox
from tests.sandbox.conftest import Inbox, Sdk


def coupon(client: Sdk, **terms: Any) -> Any:
    return client.v1.coupons.create({"percent_off": 20, **terms} if "amount_off" not in terms else terms)


def code(client: Sdk, coupon_id: str, **more: Any) -> Any:
    return client.v1.promotion_codes.create({"promotion": {"type": "coupon", "coupon": coupon_id}, **more})


def totals(sandbox: RunningSandbox, subscription: str) -> list[int]:
    return [invoice["total"] for invoice in sandbox.invoices(subscription)]


def test_a_coupon_needs_whole_and_sensible_terms(client: Sdk) -> None:
    bad = [
        {"duration": "once"},
        {"percent_off": 10, "amount_off": 5, "currency": "usd"},
        {"amount_off": 500},
        {"percent_off": 101},
        {"percent_off": 10, "duration": "repeating"},
        {"percent_off": 10, "redeem_by": 1},
    ]
    for terms in bad:
        with pytest.raises(stripe.InvalidRequestError):
            client.v1.coupons.create(terms)
    assert client.v1.coupons.list().data == []


def test_products_and_currencies_of_a_coupon_are_shown_only_when_asked_for(client: Sdk) -> None:
    product = client.v1.products.create({"name": "Pro"})
    made = coupon(
        client,
        amount_off=500,
        currency="usd",
        applies_to={"products": [product.id]},
        currency_options={"eur": {"amount_off": 450}},
    )
    assert "applies_to" not in made
    assert "currency_options" not in made
    asked = client.v1.coupons.retrieve(made.id, {"expand": ["applies_to", "currency_options"]})
    assert asked.applies_to.products == [product.id]
    assert asked.currency_options.eur.amount_off == 450


def test_a_forever_coupon_takes_its_share_off_every_invoice(sandbox: RunningSandbox, client: Sdk) -> None:
    reader = sandbox.subscriber(amount=2999)
    wanted = {"discounts": [{"coupon": coupon(client, percent_off=33.33, duration="forever").id}]}
    client.v1.subscriptions.update(reader.subscription, wanted)
    sandbox.advance("2026-04-01T00:00:00Z")
    # 33.33 % of 2999 is 999.57.
    assert totals(sandbox, reader.subscription) == [2999, 1999, 1999]


def test_a_coupon_for_once_is_gone_after_one_invoice(
    sandbox: RunningSandbox, client: Sdk, inbox: Inbox
) -> None:
    reader = sandbox.subscriber(amount=3000)
    client.v1.subscriptions.update(reader.subscription, {"discounts": [{"coupon": coupon(client).id}]})
    sandbox.advance("2026-04-01T00:00:00Z")
    assert totals(sandbox, reader.subscription) == [3000, 2400, 3000]
    assert len(inbox.of("customer.discount.deleted")) == 1
    assert client.v1.subscriptions.retrieve(reader.subscription).discounts == []


def test_a_coupon_for_once_is_not_used_up_by_a_free_trial(sandbox: RunningSandbox, client: Sdk) -> None:
    reader = sandbox.subscriber(amount=3000)
    made = client.v1.subscriptions.create(
        {
            "customer": reader.customer,
            "items": [{"price": reader.price}],
            "trial_period_days": 10,
            "discounts": [{"coupon": coupon(client).id}],
        }
    )
    sandbox.advance("2026-03-12T00:00:00Z")
    assert totals(sandbox, made.id) == [0, 2400, 3000]


def test_an_items_own_discount_touches_that_item_only(sandbox: RunningSandbox, client: Sdk) -> None:
    reader = sandbox.subscriber(amount=3000)
    item = client.v1.subscriptions.retrieve(reader.subscription)["items"]["data"][0].id
    wanted = coupon(client, percent_off=50, duration="forever").id
    client.v1.subscriptions.update(
        reader.subscription, {"items": [{"id": item, "discounts": [{"coupon": wanted}]}]}
    )
    client.v1.subscription_items.create(
        {
            "subscription": reader.subscription,
            "price_data": {
                "currency": "usd",
                "unit_amount": 1000,
                "recurring": {"interval": "month"},
                "product": reader.product,
            },
            "proration_behavior": "none",
        }
    )
    sandbox.advance("2026-03-01T00:00:00Z")
    assert totals(sandbox, reader.subscription) == [3000, 2500]


def test_a_repeating_coupon_ends_after_its_months_and_says_so_then(
    sandbox: RunningSandbox, client: Sdk, inbox: Inbox
) -> None:
    reader = sandbox.subscriber(amount=3000)
    made = coupon(client, duration="repeating", duration_in_months=2)
    client.v1.subscriptions.update(reader.subscription, {"discounts": [{"coupon": made.id}]})
    sandbox.advance("2026-03-31T09:59:59Z")
    assert inbox.of("customer.discount.deleted") == []
    sandbox.advance("2026-05-01T00:00:00Z")
    assert totals(sandbox, reader.subscription) == [3000, 2400, 3000, 3000]
    gone = inbox.of("customer.discount.deleted")[0]
    assert gone["created"] == gone["data"]["object"]["end"]
    assert client.v1.subscriptions.retrieve(reader.subscription).discounts == []


def test_an_amount_never_takes_off_more_than_there_is_and_nothing_in_another_currency(
    sandbox: RunningSandbox, client: Sdk
) -> None:
    wanted = coupon(client, amount_off=5000, currency="usd", duration="forever").id
    dollar, euro = sandbox.subscriber(amount=3000), sandbox.subscriber(amount=3000, currency="eur")
    for reader in (dollar, euro):
        client.v1.subscriptions.update(reader.subscription, {"discounts": [{"coupon": wanted}]})
    sandbox.advance("2026-03-01T00:00:00Z")
    assert totals(sandbox, dollar.subscription) == [3000, 0]
    assert totals(sandbox, euro.subscription) == [3000, 3000]


def test_a_coupon_for_one_product_leaves_other_lines_alone(sandbox: RunningSandbox, client: Sdk) -> None:
    reader = sandbox.subscriber(amount=3000)
    other = client.v1.prices.create(
        {
            "currency": "usd",
            "unit_amount": 1000,
            "recurring": {"interval": "month"},
            "product_data": {"name": "Extra"},
        }
    )
    client.v1.subscriptions.update(
        reader.subscription,
        {
            "items": [{"price": other.id}],
            "proration_behavior": "none",
            "discounts": [
                {
                    "coupon": coupon(
                        client, percent_off=50, duration="forever", applies_to={"products": [other.product]}
                    ).id
                }
            ],
        },
    )
    sandbox.advance("2026-03-01T00:00:00Z")
    invoice = sandbox.invoices(reader.subscription)[-1]
    assert invoice["total"] == 3500
    shares = {
        line["pricing"]["price_details"]["price"]: [row["amount"] for row in line["discount_amounts"]]
        for line in invoice["lines"]["data"]
    }
    assert (shares[other.id], sum(shares[reader.price])) == ([500], 0)


def test_used_up_overdue_and_deleted_coupons_are_refused_but_running_discounts_go_on(
    sandbox: RunningSandbox, client: Sdk
) -> None:
    first, second = sandbox.subscriber(amount=3000), sandbox.subscriber(amount=3000)
    single = coupon(client, duration="forever", max_redemptions=1).id
    client.v1.subscriptions.update(first.subscription, {"discounts": [{"coupon": single}]})
    found = client.v1.coupons.retrieve(single)
    assert (found.valid, found.times_redeemed) == (False, 1)
    dated = coupon(client, redeem_by=sandbox.state.now + 60).id
    sandbox.advance("2026-01-31T10:01:00Z")
    assert client.v1.coupons.retrieve(dated).valid is False
    for bad in (single, dated):
        with pytest.raises(stripe.InvalidRequestError) as caught:
            client.v1.subscriptions.update(second.subscription, {"discounts": [{"coupon": bad}]})
        assert caught.value.code == "coupon_expired"
    client.v1.coupons.delete(single)
    with pytest.raises(stripe.InvalidRequestError) as gone:
        client.v1.coupons.retrieve(single)
    assert gone.value.code == "resource_missing"
    sandbox.advance("2026-03-01T00:00:00Z")
    assert totals(sandbox, first.subscription) == [3000, 2400]


def test_a_customers_coupon_counts_where_the_subscription_has_none(
    sandbox: RunningSandbox, client: Sdk, inbox: Inbox
) -> None:
    reader = sandbox.subscriber(amount=3000)
    old, new = coupon(client, duration="forever"), coupon(client, percent_off=50, duration="forever")
    for wanted in (old.id, new.id):
        # The newest SDK no longer declares the parameter; callers on older versions still send it.
        client.raw_request("post", f"/v1/customers/{reader.customer}", coupon=wanted)
    switched = inbox.of("customer.discount.updated")[0]["data"]
    assert switched["previous_attributes"]["source"]["coupon"] == old.id
    assert client.v1.customers.retrieve(reader.customer).discount.source.coupon == new.id
    sandbox.advance("2026-03-01T00:00:00Z")
    assert totals(sandbox, reader.subscription) == [3000, 1500]
    client.v1.customers.delete_discount(reader.customer)
    assert inbox.last("customer.discount.deleted")["source"]["coupon"] == new.id
    assert client.v1.customers.retrieve(reader.customer).discount is None


def test_discounts_of_a_subscription_are_taken_off_by_hand_or_by_an_empty_list(
    sandbox: RunningSandbox, client: Sdk, inbox: Inbox
) -> None:
    reader = sandbox.subscriber()
    wanted = {"discounts": [{"coupon": coupon(client, duration="forever").id}]}
    client.v1.subscriptions.update(reader.subscription, wanted)
    client.v1.subscriptions.delete_discount(reader.subscription)
    client.v1.subscriptions.update(reader.subscription, wanted)
    client.v1.subscriptions.update(reader.subscription, {"discounts": ""})
    assert len(inbox.of("customer.discount.deleted")) == 2
    with pytest.raises(stripe.InvalidRequestError):
        client.v1.subscriptions.delete_discount(reader.subscription)


def test_a_promotion_code_becomes_a_discount_that_names_it(
    sandbox: RunningSandbox, client: Sdk, inbox: Inbox
) -> None:
    reader = sandbox.subscriber()
    made = code(client, coupon(client, duration="forever").id, code="SPRING", metadata={"a": "b"})
    assert (made.active, made.code, made.promotion.type) == (True, "SPRING", "coupon")
    client.v1.subscriptions.update(reader.subscription, {"discounts": [{"promotion_code": made.id}]})
    assert inbox.last("customer.discount.created")["promotion_code"] == made.id
    assert client.v1.promotion_codes.retrieve(made.id).times_redeemed == 1
    assert [row.id for row in client.v1.promotion_codes.list({"code": "spring"}).data] == [made.id]


def test_the_older_way_to_name_the_coupon_of_a_code_works(client: Sdk) -> None:
    made = client.raw_request("post", "/v1/promotion_codes", coupon=coupon(client).id)
    assert stripe.convert_to_stripe_object(made.data, api_mode="V1") is not None


def test_a_word_belongs_to_one_active_code(client: Sdk) -> None:
    wanted = coupon(client).id
    first = code(client, wanted, code="SPRING")
    with pytest.raises(stripe.InvalidRequestError) as caught:
        code(client, wanted, code="spring")
    assert caught.value.param == "code"
    client.v1.promotion_codes.update(first.id, {"active": False})
    assert code(client, wanted, code="spring").active is True


def test_codes_can_be_kept_for_one_customer_for_newcomers_or_for_a_while(
    sandbox: RunningSandbox, client: Sdk
) -> None:
    reader = sandbox.subscriber(amount=3000)
    wanted = coupon(client, duration="forever").id
    elsewhere = client.v1.customers.create().id
    refused = [
        code(client, wanted, customer=elsewhere),
        code(client, wanted, restrictions={"first_time_transaction": True}),
        code(client, wanted, restrictions={"minimum_amount": 3001, "minimum_amount_currency": "usd"}),
        code(client, wanted, expires_at=sandbox.state.now + 60),
        code(client, wanted, active=False),
    ]
    sandbox.advance("2026-01-31T10:01:00Z")
    for made in refused:
        with pytest.raises(stripe.InvalidRequestError):
            client.v1.subscriptions.update(reader.subscription, {"discounts": [{"promotion_code": made.id}]})
        assert client.v1.promotion_codes.retrieve(made.id).times_redeemed == 0
    assert [row.id for row in client.v1.promotion_codes.list({"active": False}).data] == [
        refused[4].id,
        refused[3].id,
    ]


def test_a_code_is_used_up_by_its_redemptions(sandbox: RunningSandbox, client: Sdk) -> None:
    made = code(client, coupon(client, duration="forever").id, max_redemptions=1)
    first, second = sandbox.subscriber(), sandbox.subscriber()
    wanted = {"discounts": [{"promotion_code": made.id}]}
    client.v1.subscriptions.update(first.subscription, wanted)
    with pytest.raises(stripe.InvalidRequestError):
        client.v1.subscriptions.update(second.subscription, wanted)
    assert client.v1.promotion_codes.retrieve(made.id).active is False
