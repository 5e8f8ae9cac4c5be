"""Where a customer lives, in the order of the law's presets."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from app.billing import repository as billing
from app.billing.states import CustomerState, PaymentMethodState, SubscriptionState
from app.cancellation.place import whereabouts
from app.cancellation.rules.presets import Whereabouts
from app.core.db import Database
from app.integrations.stripe.translate import translate_object

NOW = datetime(2026, 6, 3, 10, tzinfo=UTC)
CUSTOMER = CustomerState("cus_1", NOW, False)


def method(key: str, **more: Any) -> PaymentMethodState:
    return PaymentMethodState(key, NOW, False, customer_id="cus_1", type="card", **more)


def found(db: Database, *rows: Any) -> Whereabouts:
    with db.write() as session:
        for row in rows:
            billing.save(session, [row])
        return whereabouts(session, "cus_1")


def test_the_customers_own_country_comes_first(database: Database) -> None:
    who = replace(CUSTOMER, country="US", region="MN", country_source="shipping")
    card = method("pm_1", billing_country="DE", card_country="FR")
    assert found(database, who, card) == Whereabouts("US", "MN", "shipping")


def test_then_the_billing_address_and_then_the_cards_country(database: Database) -> None:
    card = method("pm_1", card_country="FR")
    assert found(database, CUSTOMER, card) == Whereabouts("FR", None, "card")
    billed = method("pm_0", billing_country="US", billing_region="CA")
    assert found(database, billed) == Whereabouts("US", "CA", "billing")


@pytest.mark.parametrize("holder", ["customer", "subscription", "source"])
def test_of_two_methods_the_one_that_is_charged_counts(database: Database, holder: str) -> None:
    old = method("pm_charged", billing_country="DE")
    newer = replace(method("pm_newer", billing_country="FR"), seen_at=NOW + timedelta(days=1))
    contract = SubscriptionState("sub_1", NOW, False, customer_id="cus_1", status="active")
    who = CUSTOMER
    if holder == "customer":
        who = replace(who, default_payment_method_id="pm_charged")
    elif holder == "source":
        who = replace(who, default_source_id="pm_charged")
    else:
        contract = replace(contract, default_payment_method_id="pm_charged")
    assert found(database, who, contract, old, newer).country == "DE"


def test_without_a_default_the_one_seen_last_counts(database: Database) -> None:
    newer = replace(method("pm_a", billing_country="FR"), seen_at=NOW + timedelta(days=1))
    assert found(database, CUSTOMER, method("pm_b", billing_country="DE"), newer).country == "FR"


def test_who_is_unknown_lives_nowhere(database: Database) -> None:
    assert found(database) == Whereabouts()
    assert found(database, CUSTOMER) == Whereabouts()


@pytest.mark.parametrize(
    ("address", "shipping", "expected"),
    [
        ({"country": "US", "state": "MN"}, {"country": "DE"}, ("US", "MN", "address")),
        ({"state": "MN"}, {"country": "US", "state": "CA"}, ("US", "CA", "shipping")),
        (None, {"country": "FR", "state": ""}, ("FR", None, "shipping")),
        ({"country": "US", "state": "x" * 101}, None, ("US", None, "address")),
        ({"country": 5, "state": {}}, "nonsense", (None, None, None)),
    ],
)
def test_a_customers_country_and_state_are_of_one_address(address: Any, shipping: Any, expected: Any) -> None:
    obj = {"object": "customer", "id": "cus_1", "address": address, "shipping": {"address": shipping}}
    fact: Any = translate_object(obj, NOW, True)[0]
    assert (fact.country, fact.region, fact.country_source) == expected


@pytest.mark.parametrize(
    ("obj", "expected"),
    [
        (
            {
                "object": "payment_method", "type": "card", "card": {"country": "DE"},
                "billing_details": {"address": {"country": "US", "state": "MN"}},
            },
            ("US", "MN", "DE"),
        ),
        ({"object": "payment_method", "type": "sepa_debit", "sepa_debit": {"country": "FR"}}, (None, None, "FR")),
        ({"object": "card", "country": "US", "address_country": "US", "address_state": "NY"}, ("US", "NY", "US")),
        ({"object": "source", "type": "card", "owner": {"address": {"country": "AT"}}, "card": {}}, ("AT", None, None)),
        ({"object": "payment_method", "type": "link", "link": {}}, (None, None, None)),
    ],
)  # fmt: skip
def test_a_methods_places_are_read_whatever_its_kind(obj: Any, expected: Any) -> None:
    fact: Any = translate_object(obj | {"id": "pm_1", "customer": "cus_1"}, NOW, True)[0]
    assert (fact.billing_country, fact.billing_region, fact.card_country) == expected
