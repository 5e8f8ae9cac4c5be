"""Reading a contract is total: whatever stands where, nothing raises."""

from __future__ import annotations

from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from app.integrations.stripe.objects.contract import bears_coupon, discounts_to_keep, read_contract
from app.integrations.stripe.objects.preview import read_preview
from app.offers.rules.contract import Contract, CouponTerms, Preview
from tests.integrations.stripe.test_translate_total import JSON_VALUES, paths, put

DISCOUNT = {"id": "di_1", "end": 9, "source": {"coupon": {"id": "c", "percent_off": 10, "currency": "usd"}}}
WHOLE: dict[str, Any] = {
    "id": "sub_1",
    "customer": {"id": "cus_1", "discount": DISCOUNT},
    "start_date": 1,
    "status": "active",
    "currency": "usd",
    "billing_mode": {"type": "flexible"},
    "discounts": [DISCOUNT],
    "items": {
        "data": [
            {
                "id": "si_1",
                "quantity": 1,
                "current_period_end": 5,
                "discounts": [DISCOUNT],
                "price": {
                    "id": "price_1",
                    "currency": "usd",
                    "unit_amount": 1,
                    "product": {"name": "Pro"},
                    "recurring": {"interval": "month", "interval_count": 1},
                },
            }
        ]
    },
    "metadata": {"a": "b"},
    "pause_collection": {"behavior": "void", "resumes_at": 7},
    "schedule": {"id": "sub_sched_1", "metadata": {}, "phases": [{}], "end_behavior": "release"},
}
UPCOMING: dict[str, Any] = {
    "total": 119,
    "currency": "usd",
    "period_end": 5,
    "total_taxes": [{"amount": 19, "tax_behavior": "exclusive"}],
}


@given(st.sampled_from(paths(WHOLE)[1:]), JSON_VALUES)
def test_a_subscription_with_anything_anywhere_is_a_contract_or_none(
    path: tuple[Any, ...], value: object
) -> None:
    body = put(WHOLE, path, value)
    assert read_contract(body) is None or isinstance(read_contract(body), Contract)
    assert isinstance(discounts_to_keep(body), tuple)
    assert bears_coupon(body, "c") in (True, False)


@given(st.sampled_from(paths(UPCOMING)[1:]), JSON_VALUES, st.floats(min_value=0.01, max_value=100))
def test_an_upcoming_invoice_with_anything_anywhere_has_a_preview(
    path: tuple[Any, ...], value: object, percent: float
) -> None:
    shown = read_preview(put(UPCOMING, path, value), CouponTerms("c", "Offer", percent_off=percent))
    assert isinstance(shown, Preview)
