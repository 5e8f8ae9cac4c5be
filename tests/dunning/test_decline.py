"""Which signal of a decline decides, and what follows."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.billing.facts import Decline
from app.dunning.rules.decline import TABLE, DeclineClass, MethodKind, classify, method_kind

SIGNALS = [*(code for rows in TABLE.values() for code in rows), "of_next_year", "", None]


def card(code: str | None = None, **more: str) -> Decline:
    plain = Decline("card_declined", code, method_type="card", last4="4242")
    return replace(plain, **more)  # type: ignore[arg-type]


def test_the_decline_code_decides_where_there_is_no_advice() -> None:
    got = classify(card("insufficient_funds"))
    assert (got.decline_class, got.signal, got.code) == (
        DeclineClass.SOFT_FUNDS,
        "decline_code",
        "insufficient_funds",
    )
    assert got.why == "decline code insufficient_funds"


def test_advice_decides_before_the_decline_code() -> None:
    got = classify(card("do_not_honor", advice_code="do_not_try_again"))
    assert (got.decline_class, got.no_charge_days) == (DeclineClass.HARD, 30)
    assert got.why == "advice code do_not_try_again"
    assert (
        classify(card("do_not_honor", advice_code="confirm_card_data")).decline_class
        is DeclineClass.CARD_DATA
    )


def test_network_advice_decides_before_the_decline_code() -> None:
    got = classify(card("do_not_honor", network_advice_code="03"))
    assert (got.decline_class, got.no_charge_days, got.message) == (DeclineClass.HARD, 30, "use_other_card")


def test_advice_decides_before_network_advice() -> None:
    got = classify(card("do_not_honor", advice_code="do_not_try_again", network_advice_code="24"))
    assert (got.decline_class, got.signal) == (DeclineClass.HARD, "advice_code")


@pytest.mark.parametrize("code", ["lost_card", "stolen_card", "pickup_card", "restricted_card"])
@pytest.mark.parametrize("advice", ["do_not_try_again", "confirm_card_data", "try_again_later", None])
@pytest.mark.parametrize("network", ["02", "03", "24", None])
def test_a_card_in_wrong_hands_stays_masked_and_hard_whatever_is_advised(
    code: str, advice: str | None, network: str | None
) -> None:
    got = classify(Decline(decline_code=code, advice_code=advice, network_advice_code=network))
    assert (got.decline_class, got.treatment, got.message) == (DeclineClass.HARD, "mask", "use_other_card")


@pytest.mark.parametrize("code", ["fraudulent", "security_violation", "merchant_blacklist"])
@pytest.mark.parametrize("advice", ["do_not_try_again", "confirm_card_data", "try_again_later", None])
def test_suspected_fraud_stays_a_matter_of_the_operator(code: str, advice: str | None) -> None:
    got = classify(Decline(decline_code=code, advice_code=advice))
    assert got.decline_class is DeclineClass.MERCHANT
    assert got.alert_operator


def test_a_forbidden_retry_stays_forbidden_when_the_class_is_the_operators() -> None:
    assert classify(card("fraudulent", advice_code="do_not_try_again")).no_charge_days == 30


@pytest.mark.parametrize(
    ("code", "category"),
    [
        ("expired_card", DeclineClass.CARD_DATA),
        ("authentication_required", DeclineClass.ACTION),
        ("card_not_supported", DeclineClass.HARD),
        ("duplicate_transaction", DeclineClass.MERCHANT),
        ("insufficient_funds", DeclineClass.SOFT_FUNDS),
        ("processing_error", DeclineClass.TECHNICAL),
        ("do_not_honor", DeclineClass.SOFT_GENERIC),
        ("of_next_year", DeclineClass.SOFT_GENERIC),
        (None, DeclineClass.SOFT_GENERIC),
    ],
)
def test_leave_to_try_again_does_not_undo_what_must_happen_first(
    code: str | None, category: DeclineClass
) -> None:
    assert classify(Decline(decline_code=code, advice_code="try_again_later")).decline_class is category
    assert classify(Decline(decline_code=code, network_advice_code="02")).decline_class is category


def test_leave_to_try_again_does_not_lift_the_networks_ban() -> None:
    got = classify(card("do_not_honor", advice_code="try_again_later", network_advice_code="03"))
    assert (got.decline_class, got.no_charge_days) == (DeclineClass.HARD, 30)


def test_the_networks_waiting_time_holds_beside_a_more_exact_code() -> None:
    got = classify(card("insufficient_funds", network_advice_code="02"))
    assert (got.decline_class, got.retry_after_hours) == (DeclineClass.SOFT_FUNDS, 72)
    assert classify(card("do_not_honor", network_advice_code="27")).decline_class is DeclineClass.SOFT_FUNDS


def test_advice_without_words_of_its_own_borrows_those_of_the_code() -> None:
    stopped = classify(card("expired_card", advice_code="do_not_try_again"))
    assert (stopped.decline_class, stopped.message) == (DeclineClass.HARD, "card_expired")
    wrong = classify(card("incorrect_number", advice_code="confirm_card_data"))
    assert (wrong.decline_class, wrong.message) == (DeclineClass.CARD_DATA, "card_no_longer_works")


@pytest.mark.parametrize(
    "code", ["insufficient_funds", "do_not_honor", "processing_error", "authentication_not_handled"]
)
def test_a_ban_never_promises_another_try(code: str) -> None:
    got = classify(card(code, advice_code="do_not_try_again"))
    assert (got.decline_class, got.message) == (DeclineClass.HARD, "use_other_card")


def test_a_withdrawn_consent_is_not_answered_with_a_request_for_card_data() -> None:
    got = classify(card("stop_payment_order", advice_code="confirm_card_data"))
    assert (got.decline_class, got.treatment) == (DeclineClass.HARD, "consent_gone")


def test_a_new_card_at_the_bank_is_given_a_day_to_arrive() -> None:
    assert classify(card("new_account_information_available")).mail_wait_hours == 24
    assert classify(card("do_not_honor", network_advice_code="01")).mail_wait_hours == 24


@pytest.mark.parametrize("outcome", ["blocked", "invalid"])
def test_what_never_reached_the_bank_is_a_matter_of_the_operator(outcome: str) -> None:
    got = classify(card("lost_card", outcome_type=outcome, advice_code="try_again_later"))
    assert (got.decline_class, got.signal, got.message) == (DeclineClass.MERCHANT, "outcome", None)
    assert got.alert_operator


def test_the_reason_of_a_block_is_named() -> None:
    got = classify(card("generic_decline", outcome_type="blocked", outcome_reason="highest_risk_level"))
    assert got.why == "not sent to the bank: highest_risk_level"
    assert got.hard_at_provider
    rule = classify(card("generic_decline", outcome_type="blocked", outcome_reason="rule"))
    assert (rule.decline_class, rule.code) == (DeclineClass.MERCHANT, "rule")
    excess = Decline(outcome_type="blocked", outcome_reason="previously_declined_do_not_retry")
    assert classify(excess).no_charge_days == 30


def test_a_decline_by_the_bank_is_no_block() -> None:
    assert classify(card("do_not_honor", outcome_type="issuer_declined")).signal == "decline_code"


def test_the_error_code_decides_where_there_is_nothing_else() -> None:
    assert classify(Decline(code="expired_card")).decline_class is DeclineClass.CARD_DATA
    assert classify(Decline(code="incorrect_cvc")).treatment == "details"
    got = classify(Decline(code="payment_intent_authentication_failure"))
    assert (got.decline_class, got.signal) == (DeclineClass.ACTION, "code")


def test_an_unknown_code_is_soft_and_named() -> None:
    got = classify(Decline(decline_code="of_next_year", method_type="card"))
    assert (got.decline_class, got.message) == (DeclineClass.SOFT_GENERIC, "bank_declined")
    assert got.why == "unknown code of_next_year"


def test_no_reason_at_all_is_soft_and_says_nothing_about_a_bank() -> None:
    got = classify(None)
    assert (got.decline_class, got.message, got.why) == (DeclineClass.SOFT_GENERIC, None, "no reason known")
    assert got.method is MethodKind.UNKNOWN


def test_nothing_to_charge_is_hard() -> None:
    got = classify(Decline(code="no_payment_method"))
    assert (got.decline_class, got.treatment, got.method) == (DeclineClass.HARD, "no_method", MethodKind.NONE)


@pytest.mark.parametrize("code", [None, "do_not_honor", "insufficient_funds", "processing_error"])
def test_an_invoice_that_waits_for_the_customer_is_confirmed(code: str | None) -> None:
    got = classify(Decline(decline_code=code), needs_action=True)
    assert (got.decline_class, got.message) == (DeclineClass.ACTION, "confirm")


@pytest.mark.parametrize("code", ["lost_card", "expired_card", "fraudulent", "stop_payment_order"])
def test_a_request_to_confirm_does_not_undo_a_firm_decline(code: str) -> None:
    assert classify(Decline(decline_code=code), needs_action=True) == classify(Decline(decline_code=code))


@pytest.mark.parametrize(
    ("decline", "kind"),
    [
        (None, MethodKind.UNKNOWN),
        (Decline(), MethodKind.UNKNOWN),
        (Decline(code="no_payment_method"), MethodKind.NONE),
        (Decline(method_type="card"), MethodKind.CARD),
        (Decline(last4="4242"), MethodKind.CARD),
        (Decline(method_type="card", wallet="apple_pay"), MethodKind.WALLET),
        (Decline(method_type="link"), MethodKind.WALLET),
        (Decline(method_type="paypal"), MethodKind.PAYPAL),
        (Decline(method_type="sepa_debit"), MethodKind.BANK_DEBIT),
        (Decline(method_type="us_bank_account"), MethodKind.BANK_DEBIT),
        (Decline(method_type="bacs_debit"), MethodKind.BANK_DEBIT),
        (Decline(method_type="acss_debit"), MethodKind.BANK_DEBIT),
        (Decline(method_type="au_becs_debit"), MethodKind.BANK_DEBIT),
    ],
)
def test_a_decline_knows_with_what_was_paid(decline: Decline | None, kind: MethodKind) -> None:
    assert method_kind(decline) is kind


def test_a_bank_account_is_never_spoken_of_as_a_card() -> None:
    def debit(code: str) -> Decline:
        return Decline(decline_code=code, method_type="sepa_debit")

    assert classify(debit("account_closed")).message == "debit_failed"
    assert classify(debit("debit_not_authorized")).message == "mandate_lost"
    assert classify(debit("of_next_year")).message == "debit_failed"
    assert classify(Decline(code="of_next_year", method_type="paypal")).message == "paypal_failed"


@pytest.mark.parametrize("code", ["debit_disputed", "recipient_deceased"])
def test_a_machine_does_not_write_about_a_dispute_or_a_death(code: str) -> None:
    got = classify(Decline(code=code, method_type="sepa_debit"))
    assert (got.decline_class, got.message, got.alert_operator) == (DeclineClass.MERCHANT, None, True)


@given(
    st.builds(
        Decline,
        code=st.sampled_from(SIGNALS) | st.text(),
        decline_code=st.sampled_from(SIGNALS) | st.text(),
        advice_code=st.sampled_from(SIGNALS) | st.text(),
        network_advice_code=st.sampled_from(SIGNALS) | st.text(),
        outcome_type=st.sampled_from(("blocked", "invalid", "issuer_declined", "authorized", None)),
        outcome_reason=st.sampled_from(SIGNALS) | st.text(),
        method_type=st.none() | st.sampled_from(("card", "sepa_debit", "paypal", "link")) | st.text(),
        wallet=st.none() | st.text(),
    ),
    st.booleans(),
)
def test_every_decline_has_a_treatment(decline: Decline, needs_action: bool) -> None:
    got = classify(decline, needs_action=needs_action)
    assert got.decline_class in DeclineClass
    assert got.why
    assert got.alert_operator or got.decline_class is not DeclineClass.MERCHANT
    banned = decline.advice_code == "do_not_try_again" or decline.network_advice_code in ("03", "21")
    if banned and decline.outcome_type not in ("blocked", "invalid"):
        assert got.no_charge_days == 30
        assert got.decline_class in (DeclineClass.HARD, DeclineClass.MERCHANT, DeclineClass.CARD_DATA)
