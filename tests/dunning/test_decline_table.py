"""The table of declines: every code by name."""

from __future__ import annotations

import pytest

from app.dunning.rules.decline import TABLE, DeclineClass, Row

HARD = DeclineClass.HARD
CARD_DATA = DeclineClass.CARD_DATA
ACTION = DeclineClass.ACTION
FUNDS = DeclineClass.SOFT_FUNDS
GENERIC = DeclineClass.SOFT_GENERIC
TECHNICAL = DeclineClass.TECHNICAL
MERCHANT = DeclineClass.MERCHANT

# code, class, variant, what the customer is told
DECLINE_CODES = (
    ("lost_card", HARD, "mask", "use_other_card"),
    ("stolen_card", HARD, "mask", "use_other_card"),
    ("pickup_card", HARD, "mask", "use_other_card"),
    ("restricted_card", HARD, "mask", "use_other_card"),
    ("fraudulent", MERCHANT, "mask", "use_other_card"),
    ("security_violation", MERCHANT, "mask", "use_other_card"),
    ("merchant_blacklist", MERCHANT, "mask", "use_other_card"),
    ("revocation_of_authorization", HARD, "consent_gone", "consent_stopped"),
    ("revocation_of_all_authorizations", HARD, "consent_gone", "consent_stopped"),
    ("stop_payment_order", HARD, "consent_gone", "consent_stopped"),
    ("incorrect_number", HARD, "dead_card", "card_no_longer_works"),
    ("invalid_number", HARD, "dead_card", "card_no_longer_works"),
    ("invalid_account", HARD, "dead_card", "card_no_longer_works"),
    ("new_account_information_available", HARD, "dead_card", "card_no_longer_works"),
    ("do_not_try_again", HARD, "neutral", "use_other_card"),
    ("authentication_required", ACTION, "confirm", "confirm"),
    ("authentication_not_handled", ACTION, "confirm", "confirm"),
    ("mobile_device_authentication_required", ACTION, "confirm", "confirm"),
    ("expired_card", CARD_DATA, "expired", "card_expired"),
    ("invalid_expiry_month", CARD_DATA, "expired", "card_expired"),
    ("invalid_expiry_year", CARD_DATA, "expired", "card_expired"),
    ("incorrect_cvc", CARD_DATA, "details", "details_mismatch"),
    ("invalid_cvc", CARD_DATA, "details", "details_mismatch"),
    ("incorrect_zip", CARD_DATA, "details", "details_mismatch"),
    ("incorrect_address", CARD_DATA, "details", "details_mismatch"),
    ("card_not_supported", HARD, "wrong_kind", "card_not_accepted_here"),
    ("currency_not_supported", HARD, "wrong_kind", "card_not_accepted_here"),
    ("transaction_not_allowed", HARD, "wrong_kind", "card_not_accepted_here"),
    ("not_permitted", HARD, "wrong_kind", "card_not_accepted_here"),
    ("service_not_allowed", HARD, "wrong_kind", "card_not_accepted_here"),
    ("incorrect_pin", HARD, "pin", "use_other_card"),
    ("invalid_pin", HARD, "pin", "use_other_card"),
    ("offline_pin_required", HARD, "pin", "use_other_card"),
    ("online_or_offline_pin_required", HARD, "pin", "use_other_card"),
    ("pin_try_exceeded", HARD, "pin", "use_other_card"),
    ("insufficient_funds", FUNDS, "funds", "not_yet"),
    ("card_velocity_exceeded", FUNDS, "funds", "not_yet"),
    ("withdrawal_count_limit_exceeded", FUNDS, "funds", "not_yet"),
    ("generic_decline", GENERIC, "generic", "bank_declined"),
    ("do_not_honor", GENERIC, "generic", "bank_declined"),
    ("call_issuer", GENERIC, "generic", "bank_declined"),
    ("no_action_taken", GENERIC, "generic", "bank_declined"),
    ("try_again_later", GENERIC, "generic", "bank_declined"),
    ("processing_error", TECHNICAL, "technical", "technical"),
    ("issuer_not_available", TECHNICAL, "technical", "technical"),
    ("reenter_transaction", TECHNICAL, "technical", "technical"),
    ("approve_with_id", TECHNICAL, "technical", "technical"),
    ("duplicate_transaction", MERCHANT, "operator", None),
    ("invalid_amount", MERCHANT, "operator", None),
    ("testmode_decline", MERCHANT, "operator", None),
)
NOT_RETRIED_BY_THE_PROVIDER = {
    "lost_card",
    "stolen_card",
    "pickup_card",
    "revocation_of_authorization",
    "revocation_of_all_authorizations",
    "incorrect_number",
    "authentication_required",
    "transaction_not_allowed",
}
DEBIT_CODES = (
    ("insufficient_funds", FUNDS, "funds"),
    ("refer_to_customer", GENERIC, "generic"),
    ("generic_could_not_process", GENERIC, "generic"),
    ("account_closed", HARD, "bank_details"),
    ("bank_account_closed", HARD, "bank_details"),
    ("no_account", HARD, "bank_details"),
    ("branch_does_not_exist", HARD, "bank_details"),
    ("incorrect_account_holder_name", CARD_DATA, "bank_details"),
    ("debit_not_authorized", HARD, "mandate_lost"),
    ("authorization_revoked", HARD, "mandate_lost"),
    ("debit_authorization_not_match", HARD, "mandate_lost"),
    ("debit_disputed", MERCHANT, "disputed"),
    ("recipient_deceased", MERCHANT, "deceased"),
)
# Mastercard's code, class, days without a charge, hours before the next try, hours without a mail
NETWORK_CODES = (
    ("01", HARD, 0, 0, 24),
    ("02", GENERIC, 0, 72, 0),
    ("03", HARD, 30, 0, 0),
    ("04", TECHNICAL, 0, 0, 0),
    ("21", HARD, 30, 0, 0),
    ("22", MERCHANT, 0, 0, 0),
    ("24", FUNDS, 0, 1, 0),
    ("25", FUNDS, 0, 24, 0),
    ("26", FUNDS, 0, 48, 0),
    ("27", FUNDS, 0, 96, 0),
    ("28", FUNDS, 0, 144, 0),
    ("29", FUNDS, 0, 192, 0),
    ("30", FUNDS, 0, 240, 0),
    ("40", HARD, 0, 0, 0),
    ("41", HARD, 0, 0, 0),
    ("43", HARD, 0, 0, 0),
)
ROWS = [row for rows in TABLE.values() for row in rows.values()]


def test_the_table_has_all_fifty_decline_codes_and_no_other() -> None:
    assert len(DECLINE_CODES) == 50
    assert set(TABLE["decline"]) == {code for code, *_ in DECLINE_CODES}


@pytest.mark.parametrize(("code", "category", "variant", "message"), DECLINE_CODES)
def test_each_decline_code_has_its_class_and_words(
    code: str, category: DeclineClass, variant: str, message: str | None
) -> None:
    row = TABLE["decline"][code]
    assert (row.decline_class, row.treatment, row.message) == (category, variant, message)


def test_the_codes_that_the_provider_never_retries_are_marked() -> None:
    marked = {code for code, row in TABLE["decline"].items() if row.hard_at_provider}
    assert marked == NOT_RETRIED_BY_THE_PROVIDER


@pytest.mark.parametrize(("code", "category", "variant"), DEBIT_CODES)
def test_each_bank_debit_code_has_its_class(code: str, category: DeclineClass, variant: str) -> None:
    row = TABLE["debit"][code]
    assert (row.decline_class, row.treatment) == (category, variant)


@pytest.mark.parametrize(("code", "category", "days", "hours", "silence"), NETWORK_CODES)
def test_each_network_advice_has_its_class_and_limits(
    code: str, category: DeclineClass, days: int, hours: int, silence: int
) -> None:
    row = TABLE["network_advice"][code]
    assert (row.decline_class, row.no_charge_days) == (category, days)
    assert (row.retry_after_hours, row.mail_wait_hours) == (hours, silence)


def test_the_table_has_no_other_network_advice() -> None:
    assert set(TABLE["network_advice"]) == {code for code, *_ in NETWORK_CODES}


def test_the_table_has_the_three_advice_codes() -> None:
    got = {code: row.decline_class for code, row in TABLE["advice"].items()}
    assert got == {"do_not_try_again": HARD, "confirm_card_data": CARD_DATA, "try_again_later": GENERIC}


@pytest.mark.parametrize("row", ROWS, ids=lambda row: f"{row.kind}.{row.code}")
def test_every_row_names_its_source_and_its_address(row: Row) -> None:
    assert row.source
    assert TABLE[row.kind][row.code] is row


@pytest.mark.parametrize("row", ROWS, ids=lambda row: f"{row.kind}.{row.code}")
def test_a_matter_of_the_operator_always_raises_an_alert(row: Row) -> None:
    assert row.alert_operator or row.decline_class is not MERCHANT


def test_a_masked_row_says_nothing_but_the_neutral_words() -> None:
    assert {row.message for row in ROWS if row.treatment == "mask"} == {"use_other_card"}
