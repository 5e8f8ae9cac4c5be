"""Payment and setup intents through the official SDK: confirming, capturing, canceling, changing, saving."""

from __future__ import annotations

from typing import Any

import httpx
import pytest
import stripe

from sandbox.testing import RunningSandbox
from tests.sandbox.conftest import Inbox, Sdk, details

WEEK_LATER = "2026-02-07T10:00:00Z"


def intent(client: Sdk, **more: Any) -> Any:
    return client.v1.payment_intents.create({"amount": 2000, "currency": "usd", **more})


def held(client: Sdk, **more: Any) -> Any:
    """An intent whose money is authorized and not yet taken."""
    return intent(client, confirm=True, payment_method="pm_card_visa", capture_method="manual", **more)


def test_everything_written_on_an_intent_is_read_back_and_goes_onto_its_charge(client: Sdk) -> None:
    shipping = {"name": "Robin", "address": {"line1": "1 Main St", "country": "US"}}
    made = intent(
        client,
        confirm=True,
        payment_method="pm_card_visa",
        description="A book",
        metadata={"order": "17"},
        receipt_email="robin@example.com",
        shipping=shipping,
        statement_descriptor_suffix="BOOK",
        payment_method_options={"card": {"request_three_d_secure": "automatic"}},
    )
    assert (made.status, made.amount_received, made.shipping.address.country) == ("succeeded", 2000, "US")
    assert made.payment_method_options.card.request_three_d_secure == "automatic"
    charge = client.v1.charges.retrieve(made.latest_charge)
    assert (charge.description, charge.metadata.order, charge.receipt_email) == (
        "A book",
        "17",
        "robin@example.com",
    )
    assert (charge.shipping.name, charge.statement_descriptor_suffix) == ("Robin", "BOOK")
    entry = client.v1.balance_transactions.retrieve(charge.balance_transaction)
    assert (entry.amount, entry.fee, entry.net, entry.source) == (2000, 88, 1912, charge.id)


def test_held_money_is_captured_in_part_and_the_rest_goes_back(client: Sdk, inbox: Inbox) -> None:
    made = held(client)
    assert (made.status, made.amount_capturable, made.amount_received) == ("requires_capture", 2000, 0)
    charge = client.v1.charges.retrieve(made.latest_charge)
    assert (charge.captured, charge.amount_captured, charge.balance_transaction) == (False, 0, None)
    assert charge.payment_method_details.card.capture_before == charge.created + 7 * 86400
    assert inbox.last("payment_intent.amount_capturable_updated")["id"] == made.id
    done = client.v1.payment_intents.capture(made.id, {"amount_to_capture": 1500})
    assert (done.status, done.amount_received, done.amount_capturable) == ("succeeded", 1500, 0)
    captured = inbox.of("charge.captured")[-1]["data"]
    assert captured["object"]["amount_captured"] == 1500
    assert captured["previous_attributes"]["captured"] is False
    with pytest.raises(stripe.InvalidRequestError) as caught:
        client.v1.payment_intents.capture(made.id)
    assert caught.value.code == "payment_intent_unexpected_state"


def test_no_more_than_what_is_held_can_be_captured(client: Sdk) -> None:
    with pytest.raises(stripe.InvalidRequestError) as caught:
        client.v1.payment_intents.capture(held(client).id, {"amount_to_capture": 2001})
    assert caught.value.code == "amount_too_large"


def test_money_that_nobody_captures_is_let_go_after_a_week(
    sandbox: RunningSandbox, client: Sdk, inbox: Inbox
) -> None:
    made = held(client)
    sandbox.advance(WEEK_LATER)
    over = client.v1.payment_intents.retrieve(made.id)
    assert (over.status, over.cancellation_reason) == ("canceled", "automatic")
    assert inbox.last("charge.expired")["refunded"] is True


def test_canceling_releases_what_is_held_and_a_paid_intent_cannot_be_canceled(
    client: Sdk, inbox: Inbox
) -> None:
    over = client.v1.payment_intents.cancel(held(client).id, {"cancellation_reason": "requested_by_customer"})
    assert (over.status, over.cancellation_reason, over.amount_capturable) == (
        "canceled",
        "requested_by_customer",
        0,
    )
    assert inbox.last("charge.refunded")["amount_refunded"] == 2000
    paid = intent(client, confirm=True, payment_method="pm_card_visa")
    with pytest.raises(stripe.InvalidRequestError) as caught:
        client.v1.payment_intents.cancel(paid.id)
    assert caught.value.code == "payment_intent_unexpected_state"
    error: Any = caught.value.error
    assert error.payment_intent.id == paid.id


def test_an_intent_can_be_changed_until_it_is_paid(client: Sdk) -> None:
    made = intent(client)
    assert made.status == "requires_payment_method"
    changed = client.v1.payment_intents.update(
        made.id, {"amount": 3000, "payment_method": "pm_card_visa", "description": "More"}
    )
    assert (changed.amount, changed.status, changed.description) == (3000, "requires_confirmation", "More")
    assert client.v1.payment_intents.confirm(made.id).amount_received == 3000
    with pytest.raises(stripe.InvalidRequestError):
        client.v1.payment_intents.update(made.id, {"amount": 1})
    assert client.v1.payment_intents.update(made.id, {"metadata": {"a": "b"}}).metadata.a == "b"


def test_an_intent_with_a_list_of_types_takes_no_other(client: Sdk) -> None:
    with pytest.raises(stripe.InvalidRequestError) as caught:
        intent(client, payment_method_types=["card"], confirm=True, payment_method="pm_usBankAccount")
    assert caught.value.code == "payment_intent_incompatible_payment_method"
    assert intent(client, allowed_payment_method_types=["card"]).allowed_payment_method_types == ["card"]


def test_a_described_method_pays_and_one_that_is_saved_needs_its_customer(client: Sdk) -> None:
    paid = intent(client, confirm=True, payment_method_data={"type": "card", "card": {"token": "tok_visa"}})
    assert paid.status == "succeeded"
    ada, bob = client.v1.customers.create(), client.v1.customers.create()
    method = client.v1.payment_methods.attach("pm_card_visa", {"customer": ada.id})
    for more in ({}, {"customer": bob.id}):
        with pytest.raises(stripe.InvalidRequestError) as caught:
            intent(client, payment_method=method.id, **more)
        assert caught.value.param == "payment_method"
    assert intent(client, confirm=True, payment_method=method.id, customer=ada.id).status == "succeeded"


def test_a_payment_that_sets_up_later_ones_saves_its_method(client: Sdk, inbox: Inbox) -> None:
    customer = client.v1.customers.create()
    intent(
        client,
        confirm=True,
        customer=customer.id,
        payment_method="pm_card_visa",
        setup_future_usage="off_session",
    )
    assert inbox.last("payment_method.attached")["customer"] == customer.id


def test_a_bank_that_wants_its_cardholder_is_asked_on_a_page_that_leads_back(
    client: Sdk, inbox: Inbox
) -> None:
    made = intent(
        client,
        confirm=True,
        payment_method="pm_card_threeDSecure2Required",
        return_url="https://shop.example/back",
    )
    assert made.status == "requires_action"
    assert inbox.last("payment_intent.requires_action")["id"] == made.id
    page = made.next_action.redirect_to_url
    assert page.return_url == "https://shop.example/back"
    answer = httpx.post(page.url, data={"confirm": "yes"})
    assert answer.headers["location"] == "https://shop.example/back"
    charge = client.v1.charges.retrieve(client.v1.payment_intents.retrieve(made.id).latest_charge)
    assert charge.payment_method_details.card.three_d_secure.result == "authenticated"


def test_a_cardholder_who_refuses_leaves_the_intent_without_a_method(client: Sdk, inbox: Inbox) -> None:
    made = intent(client, confirm=True, payment_method="pm_card_authenticationRequired")
    httpx.post(made.next_action.redirect_to_url.url, data={"confirm": "no"})
    failed = inbox.last("payment_intent.payment_failed")
    assert (failed["id"], failed["status"]) == (made.id, "requires_payment_method")
    assert failed["last_payment_error"]["code"] == "payment_intent_authentication_failure"


@pytest.mark.parametrize("how", ["off_session", "error_on_requires_action"])
def test_where_nobody_can_confirm_the_bank_declines(client: Sdk, inbox: Inbox, how: str) -> None:
    with pytest.raises(stripe.CardError) as caught:
        intent(client, confirm=True, payment_method="pm_card_authenticationRequired", **{how: True})
    error = details(caught)
    assert (error.code, error.decline_code) == ("authentication_required", "authentication_required")
    assert error.payment_intent.status == "requires_payment_method"
    assert inbox.last("charge.failed")["failure_code"] == "authentication_required"


def test_a_declined_intent_takes_another_method_and_forgets_its_error(client: Sdk) -> None:
    with pytest.raises(stripe.CardError) as caught:
        intent(client, confirm=True, payment_method="pm_card_chargeDeclined")
    declined = details(caught).payment_intent
    assert (declined.status, declined.payment_method) == ("requires_payment_method", None)
    paid = client.v1.payment_intents.confirm(declined.id, {"payment_method": "pm_card_visa"})
    assert (paid.status, paid.last_payment_error) == ("succeeded", None)
    statuses = [row.status for row in client.v1.charges.list({"payment_intent": paid.id}).data]
    assert statuses == ["succeeded", "failed"]


def test_what_cannot_be_charged_is_refused_before_anything_exists(client: Sdk, inbox: Inbox) -> None:
    for params, code in (
        ({"amount": 0}, "parameter_invalid_integer"),
        ({"amount": 20}, "amount_too_small"),
        ({"confirm": True}, "parameter_missing"),
    ):
        with pytest.raises(stripe.InvalidRequestError) as caught:
            intent(client, **params)
        assert caught.value.code == code
    assert (client.v1.payment_intents.list().data, inbox.types()) == ([], [])


def test_a_debit_under_way_can_be_called_back(client: Sdk, inbox: Inbox) -> None:
    made = intent(client, confirm=True, payment_method="pm_usBankAccount")
    assert made.status == "processing"
    assert client.v1.payment_intents.cancel(made.id).status == "canceled"
    assert inbox.last("charge.failed")["id"] == made.latest_charge


def test_a_confirmed_setup_saves_the_method_on_its_customer(client: Sdk, inbox: Inbox) -> None:
    customer = client.v1.customers.create()
    made = client.v1.setup_intents.create(
        {"customer": customer.id, "payment_method": "pm_card_visa", "confirm": True, "usage": "on_session"}
    )
    assert (made.status, made.usage) == ("succeeded", "on_session")
    assert client.v1.payment_methods.retrieve(made.payment_method).customer == customer.id
    assert inbox.types()[1:] == ["setup_intent.created", "payment_method.attached", "setup_intent.succeeded"]


def test_a_setup_waits_for_the_bank_and_can_be_changed_or_canceled_before(client: Sdk, inbox: Inbox) -> None:
    waiting = client.v1.setup_intents.create({"payment_method": "pm_card_authenticationRequired"})
    assert waiting.status == "requires_confirmation"
    client.v1.setup_intents.update(waiting.id, {"description": "For later", "metadata": {"a": "b"}})
    asked = client.v1.setup_intents.confirm(waiting.id, {"return_url": "https://shop.example/back"})
    assert (asked.status, asked.description) == ("requires_action", "For later")
    assert inbox.last("setup_intent.requires_action")["id"] == waiting.id
    over = client.v1.setup_intents.cancel(waiting.id, {"cancellation_reason": "abandoned"})
    assert (over.status, over.cancellation_reason, over.next_action) == ("canceled", "abandoned", None)
    with pytest.raises(stripe.InvalidRequestError) as caught:
        client.v1.setup_intents.confirm(waiting.id)
    assert caught.value.code == "setup_intent_unexpected_state"
