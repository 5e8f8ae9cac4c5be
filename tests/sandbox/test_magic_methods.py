"""The official test cards, accounts and magic ids do what the provider says of them."""

from __future__ import annotations

from typing import Any

import pytest
import stripe

from sandbox.cards.accounts import ACCOUNTS
from sandbox.cards.facts import CardFacts
from sandbox.cards.numbers import ALL_CARDS, BY_NAME, passes_luhn
from sandbox.testing import RunningSandbox
from tests.sandbox.conftest import Inbox, Sdk, details

DECLINING = [card for card in ALL_CARDS if card.decline and card.fails_at == "attach"]


def name_of(card: CardFacts) -> str:
    return card.names[0]


def pay(client: Sdk, method: str, **more: Any) -> Any:
    return client.v1.payment_intents.create(
        {"amount": 2900, "currency": "usd", "confirm": True, "payment_method": method, **more}
    )


def test_every_number_but_the_wrong_one_has_a_right_check_digit() -> None:
    assert [card.number for card in ALL_CARDS if not passes_luhn(card.number)] == ["4242424242424241"]


def test_numbers_and_names_are_given_once() -> None:
    names = [name for card in ALL_CARDS for name in card.names]
    assert len(names) == len(set(names)) == len(BY_NAME)
    assert len({card.number for card in ALL_CARDS}) == len(ALL_CARDS)
    assert len({account.number for account in ACCOUNTS}) == len(ACCOUNTS)


@pytest.mark.parametrize("prefix", ["pm_card_", "tok_"])
def test_every_magic_card_can_be_named_both_ways(client: Sdk, prefix: str) -> None:
    for card in ALL_CARDS:
        if card.fails_at == "create":
            continue
        made = client.v1.payment_methods.retrieve(f"{prefix}{name_of(card)}").card
        assert (made.last4, made.brand, made.country, made.funding) == (
            card.last4,
            card.brand,
            card.country,
            card.funding,
        )


def test_a_token_makes_a_payment_method_and_an_unknown_one_is_refused(client: Sdk) -> None:
    made = client.v1.payment_methods.create({"type": "card", "card": {"token": "tok_mastercard"}})
    assert made.card.brand == "mastercard"
    with pytest.raises(stripe.InvalidRequestError) as caught:
        client.v1.payment_methods.create({"type": "card", "card": {"token": "tok_no_such"}})
    assert caught.value.code == "resource_missing"


@pytest.mark.parametrize("card", DECLINING, ids=name_of)
def test_a_declining_card_can_be_neither_saved_nor_charged(client: Sdk, card: CardFacts) -> None:
    customer = client.v1.customers.create()
    with pytest.raises(stripe.CardError) as saving:
        client.v1.payment_methods.attach(f"pm_card_{name_of(card)}", {"customer": customer.id})
    with pytest.raises(stripe.CardError) as charging:
        pay(client, f"pm_card_{name_of(card)}")
    assert saving.value.code == charging.value.code
    assert getattr(details(saving), "decline_code", None) == getattr(details(charging), "decline_code", None)
    assert client.v1.customers.payment_methods.list(customer.id).data == []


def test_declining_cards_go_by_the_name_with_their_brand_too(client: Sdk) -> None:
    with pytest.raises(stripe.CardError):
        pay(client, "pm_card_visa_chargeDeclinedInsufficientFunds")


def test_expired_cvc_and_processing_cards_have_an_error_code_alone(client: Sdk) -> None:
    for name, code in (("ExpiredCard", "expired_card"), ("IncorrectCvc", "incorrect_cvc")):
        with pytest.raises(stripe.CardError) as caught:
            pay(client, f"pm_card_chargeDeclined{name}")
        assert caught.value.code == code
        assert details(caught).decline_code is None


def test_the_card_that_fails_afterwards_is_saved_and_then_declines(client: Sdk) -> None:
    customer = client.v1.customers.create()
    method = client.v1.payment_methods.attach("pm_card_chargeCustomerFail", {"customer": customer.id})
    with pytest.raises(stripe.CardError):
        pay(client, method.id, customer=customer.id)


def test_bad_card_data_is_refused_when_the_method_is_made(client: Sdk) -> None:
    bad = [
        ({"number": "4242424242424241"}, "incorrect_number"),
        ({"number": "4242424242424242", "exp_month": 13, "exp_year": 2030}, "invalid_expiry_month"),
        ({"number": "4242424242424242", "exp_month": 1, "exp_year": 2020}, "invalid_expiry_year"),
        ({"number": "4242424242424242", "cvc": "99"}, "invalid_cvc"),
    ]
    for card, code in bad:
        with pytest.raises(stripe.CardError) as caught:
            client.v1.payment_methods.create({"type": "card", "card": card})
        assert caught.value.code == code


def test_checks_that_fail_are_seen_on_the_charge_which_goes_through(client: Sdk) -> None:
    def checks(name: str) -> Any:
        charge = client.v1.charges.retrieve(pay(client, f"pm_card_{name}").latest_charge)
        return charge.payment_method_details.card.checks

    assert checks("cvcCheckFail").cvc_check == "fail"
    assert checks("avsZipFail").address_postal_code_check == "fail"
    assert checks("avsUnchecked").address_line1_check == "unavailable"
    assert checks("visa").cvc_check == "pass"


def test_the_risk_cards_are_blocked_or_sent_to_review(client: Sdk) -> None:
    with pytest.raises(stripe.CardError) as caught:
        pay(client, "pm_card_radarBlock")
    outcome = client.v1.charges.retrieve(details(caught).charge).outcome
    assert (outcome.type, outcome.risk_level) == ("blocked", "highest")
    passed = client.v1.charges.retrieve(pay(client, "pm_card_riskLevelElevated").latest_charge).outcome
    assert (passed.type, passed.risk_level) == ("manual_review", "elevated")


def test_a_stolen_looking_charge_brings_an_early_fraud_warning(client: Sdk, inbox: Inbox) -> None:
    intent = pay(client, "pm_card_createIssuerFraudRecord")
    warning = inbox.last("radar.early_fraud_warning.created")
    assert (warning["charge"], warning["actionable"]) == (intent.latest_charge, True)
    listed = client.v1.radar.early_fraud_warnings.list({"payment_intent": intent.id})
    assert [row.id for row in listed.data] == [warning["id"]]


@pytest.mark.parametrize(
    ("account", "status"),
    [
        ("pm_sepaDebit_success_at", "succeeded"),
        ("pm_sepaDebit_failed_at", "requires_payment_method"),
        ("pm_sepaDebit_insufficientFunds_fr", "requires_payment_method"),
        ("pm_usBankAccount_noAccount", "requires_payment_method"),
        ("pm_usBankAccount_processing", "processing"),
        ("pm_usBankAccount", "processing"),
    ],
)
def test_a_test_account_is_processing_first_and_ends_as_its_number_says(
    client: Sdk, account: str, status: str
) -> None:
    intent = pay(client, account, currency="eur" if "sepa" in account else "usd")
    assert intent.status == "processing"
    assert client.v1.payment_intents.retrieve(intent.id).status == status


def test_the_delayed_accounts_take_three_minutes(sandbox: RunningSandbox, client: Sdk) -> None:
    good = pay(client, "pm_sepaDebit_successDelayed_de", currency="eur").id
    bad = pay(client, "pm_sepaDebit_failedDelayed_be", currency="eur").id
    sandbox.advance("2026-01-31T10:02:59Z")
    assert client.v1.payment_intents.retrieve(good).status == "processing"
    sandbox.advance("2026-01-31T10:03:00Z")
    ended = [client.v1.payment_intents.retrieve(row).status for row in (good, bad)]
    assert ended == ["succeeded", "requires_payment_method"]


def test_a_plain_account_settles_after_the_days_of_the_policy(sandbox: RunningSandbox, client: Sdk) -> None:
    intent = pay(client, "pm_usBankAccount_success").id
    sandbox.advance("2026-02-04T09:59:59Z")
    assert client.v1.payment_intents.retrieve(intent).status == "processing"
    sandbox.advance("2026-02-04T10:00:00Z")
    assert client.v1.payment_intents.retrieve(intent).status == "succeeded"


def test_an_account_that_can_never_be_debited_is_refused_at_once(client: Sdk) -> None:
    with pytest.raises(stripe.InvalidRequestError) as caught:
        client.v1.payment_methods.create(
            {"type": "sepa_debit", "sepa_debit": {"iban": "AT511904300000066666"}}
        )
    assert caught.value.code == "bank_account_unusable"


def test_an_old_source_is_a_card_that_pays_as_a_payment_method(client: Sdk, inbox: Inbox) -> None:
    customer = client.v1.customers.create()
    card = client.v1.customers.payment_sources.create(customer.id, {"source": "tok_visa"})
    assert (card.object, card.brand, card.id[:5]) == ("card", "Visa", "card_")
    assert client.v1.customers.retrieve(customer.id).default_source == card.id
    assert pay(client, card.id, customer=customer.id).status == "succeeded"
    client.v1.customers.payment_sources.update(customer.id, card.id, {"exp_year": 2040})
    assert inbox.last("customer.source.updated")["exp_year"] == 2040
    assert client.v1.payment_methods.retrieve(card.id).card.exp_year == 2040
    client.v1.customers.payment_sources.delete(customer.id, card.id)
    assert client.v1.customers.retrieve(customer.id).default_source is None
    assert [event for event in inbox.types() if "source" in event] == [
        "customer.source.created",
        "customer.source.updated",
        "customer.source.deleted",
    ]


def test_an_old_source_pays_a_subscription_where_nothing_newer_is_the_default(client: Sdk) -> None:
    customer = client.v1.customers.create({"source": "tok_visa"})
    price = client.v1.prices.create(
        {
            "currency": "usd",
            "unit_amount": 2900,
            "recurring": {"interval": "month"},
            "product_data": {"name": "Pro"},
        }
    )
    made = client.v1.subscriptions.create({"customer": customer.id, "items": [{"price": price.id}]})
    assert made.status == "active"
