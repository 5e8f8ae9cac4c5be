"""Every decline that Reclaim knows can be produced, and carries the whole error object of the provider."""

from __future__ import annotations

import tomllib
from pathlib import Path
from typing import Any

import pytest
import stripe

from sandbox.cards.declines import CODES
from sandbox.testing import RunningSandbox
from tests.sandbox.conftest import Inbox, Sdk, details

TABLE = tomllib.loads((Path(__file__).parents[2] / "app/dunning/rules/declines.toml").read_text())
# Not the provider's word but Reclaim's own: nothing was charged at all.
OURS = {"no_payment_method"}


def method_with(client: Sdk, kind: str = "card", **wanted: str) -> Any:
    """A method whose bank behaves as its metadata says."""
    own: dict[str, Any] = {"card": {"number": "4242424242424242"}} if kind == "card" else {kind: {}}
    metadata = {f"sandbox_{name}": value for name, value in wanted.items()}
    return client.v1.payment_methods.create({"type": kind, **own, "metadata": metadata})


def refused(client: Sdk, method: str, currency: str = "usd") -> Any:
    """The error of a confirmed intent that this method pays."""
    with pytest.raises(stripe.CardError) as caught:
        client.v1.payment_intents.create(
            {"amount": 2900, "currency": currency, "confirm": True, "payment_method": method}
        )
    return details(caught)


def charge_of(client: Sdk, error: Any) -> Any:
    return client.v1.charges.retrieve(error.charge)


@pytest.mark.parametrize("code", sorted(TABLE["decline"]))
def test_each_decline_code_comes_as_the_whole_error_with_a_charge_that_says_the_same(
    client: Sdk, code: str
) -> None:
    error = refused(client, method_with(client, decline_code=code).id)
    advice, network, _ = CODES[code]
    assert (error.type, error.decline_code) == ("card_error", code)
    assert error.code in ("card_declined", code)
    assert error.message
    assert error.doc_url.endswith(error.code.replace("_", "-"))
    assert "/logs?object=req_" in error.request_log_url
    assert getattr(error, "advice_code", None) == advice
    assert getattr(error, "network_decline_code", None) == network
    assert error.payment_method.card.last4 == "4242"
    assert error.payment_intent.status == "requires_payment_method"
    assert error.payment_intent.last_payment_error.decline_code == code
    charge = charge_of(client, error)
    assert (charge.status, charge.failure_code, charge.payment_intent) == (
        "failed",
        error.code,
        error.payment_intent.id,
    )
    outcome = charge.outcome
    assert (outcome.type, outcome.reason, outcome.network_status) == (
        "issuer_declined",
        code,
        "declined_by_network",
    )
    assert (outcome.advice_code, outcome.network_decline_code) == (advice, network)


@pytest.mark.parametrize("code", sorted(TABLE["debit"]))
def test_each_failure_of_a_bank_debit_comes_when_the_debit_settles(
    sandbox: RunningSandbox, client: Sdk, inbox: Inbox, code: str
) -> None:
    method = method_with(client, "us_bank_account", decline_code=code)
    intent = client.v1.payment_intents.create(
        {"amount": 2900, "currency": "usd", "confirm": True, "payment_method": method.id}
    )
    assert intent.status == "processing"
    sandbox.advance("2026-02-10T00:00:00Z")
    error = inbox.last("payment_intent.payment_failed")["last_payment_error"]
    assert (error["code"], error["payment_method_type"]) == (code, "us_bank_account")
    assert inbox.last("charge.failed")["failure_code"] == code


@pytest.mark.parametrize("advice", sorted(TABLE["advice"]))
def test_each_advice_can_come_with_any_decline(client: Sdk, advice: str) -> None:
    error = refused(client, method_with(client, decline_code="do_not_honor", advice_code=advice).id)
    assert (error.advice_code, charge_of(client, error).outcome.advice_code) == (advice, advice)


@pytest.mark.parametrize("advice", sorted(TABLE["network_advice"]))
def test_each_advice_of_the_network_can_come_with_any_decline(client: Sdk, advice: str) -> None:
    error = refused(client, method_with(client, network_advice_code=advice).id)
    assert (error.decline_code, error.network_advice_code) == ("generic_decline", advice)
    assert charge_of(client, error).outcome.network_advice_code == advice


@pytest.mark.parametrize("outcome", sorted(TABLE["outcome"]))
def test_each_outcome_that_never_reached_the_bank_can_be_had(client: Sdk, outcome: str) -> None:
    wanted = (
        {"outcome_type": outcome}
        if outcome in ("blocked", "invalid")
        else {"outcome_type": "blocked", "outcome_reason": outcome}
    )
    error = refused(client, method_with(client, **wanted).id)
    found = charge_of(client, error).outcome
    assert outcome in (found.type, found.reason)
    assert found.network_status == "not_sent_to_network"
    assert error.network_decline_code is None


@pytest.mark.parametrize("code", sorted(set(TABLE["error"]) - OURS))
def test_each_error_that_is_no_banks_decline_comes_without_a_decline_code(client: Sdk, code: str) -> None:
    error = refused(client, method_with(client, error_code=code).id)
    assert (error.code, error.payment_intent.last_payment_error.code) == (code, code)
    assert error.decline_code is None


def test_wrong_card_data_names_its_parameter(client: Sdk) -> None:
    assert refused(client, "pm_card_chargeDeclinedExpiredCard").param == "exp_month"
    assert refused(client, "pm_card_chargeDeclinedIncorrectCvc").param == "cvc"
    assert refused(client, "pm_card_chargeDeclined").param is None


def test_a_control_call_wins_over_metadata_and_healing_brings_metadata_back(
    sandbox: RunningSandbox, client: Sdk
) -> None:
    method = method_with(client, decline_code="lost_card").id
    sandbox.decline(method, "insufficient_funds")
    assert refused(client, method).decline_code == "insufficient_funds"
    sandbox.heal(method)
    assert refused(client, method).decline_code == "lost_card"


def test_a_decline_until_a_date_is_over_then(sandbox: RunningSandbox, client: Sdk) -> None:
    method = method_with(client, decline_code="lost_card", until="2026-02-02").id
    refused(client, method)
    sandbox.advance("2026-02-02T00:00:00Z")
    intent = client.v1.payment_intents.create(
        {"amount": 2900, "currency": "usd", "confirm": True, "payment_method": method}
    )
    assert intent.status == "succeeded"


def test_a_refused_setup_carries_its_setup_intent(client: Sdk, inbox: Inbox) -> None:
    with pytest.raises(stripe.CardError) as caught:
        client.v1.setup_intents.create({"confirm": True, "payment_method": "pm_card_chargeDeclined"})
    error = details(caught)
    assert (error.code, error.decline_code) == ("card_declined", "generic_decline")
    assert error.setup_intent.status == "requires_payment_method"
    assert error.setup_intent.last_setup_error.decline_code == "generic_decline"
    assert inbox.last("setup_intent.setup_failed")["id"] == error.setup_intent.id
