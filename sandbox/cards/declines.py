"""The provider's card decline codes: error code, advice and network codes for each.

The code lists are facts of the provider's public API; texts are our own, short and plain.
"""

from __future__ import annotations

from dataclasses import dataclass

# Codes after which the provider does not charge the same method again on its own.
HARD = frozenset({
    "authentication_required", "highest_risk_level", "incorrect_number", "lost_card", "pickup_card",
    "revocation_of_all_authorizations", "revocation_of_authorization", "stolen_card",
    "transaction_not_allowed",
})  # fmt: skip

# Decline codes that are also the error's own `code`; all others come under `card_declined`.
OWN_ERROR_CODE = frozenset({
    "authentication_required", "expired_card", "incorrect_address", "incorrect_cvc", "incorrect_number",
    "incorrect_zip", "invalid_cvc", "invalid_expiry_month", "invalid_expiry_year", "invalid_number",
    "processing_error", "card_decline_rate_limit_exceeded",
})  # fmt: skip

# Error code -> the parameter it is about.
PARAMS = {
    "expired_card": "exp_month", "incorrect_address": "address_line1", "incorrect_cvc": "cvc",
    "incorrect_number": "number", "incorrect_zip": "address_zip", "invalid_cvc": "cvc",
    "invalid_expiry_month": "exp_month", "invalid_expiry_year": "exp_year", "invalid_number": "number",
}  # fmt: skip

DO_NOT_TRY = "do_not_try_again"
LATER = "try_again_later"
CONFIRM = "confirm_card_data"

# Decline code -> (advice code, ISO 8583 answer of the network, what the cardholder is told).
CODES: dict[str, tuple[str | None, str | None, str]] = {
    "approve_with_id": (LATER, "08", "The payment cannot be authorized."),
    "authentication_not_handled": (None, None, "The payment needs authentication that could not be done."),
    "authentication_required": (None, "1A", "This payment needs to be authenticated."),
    "call_issuer": (LATER, "01", "Your card was declined."),
    "card_not_supported": (DO_NOT_TRY, "57", "Your card is not supported."),
    "card_velocity_exceeded": (LATER, "61", "Your card was declined for going over its limit."),
    "currency_not_supported": (DO_NOT_TRY, "57", "Your card does not support this currency."),
    "do_not_honor": (LATER, "05", "Your card was declined."),
    "do_not_try_again": (DO_NOT_TRY, "R0", "Your card was declined."),
    "duplicate_transaction": (DO_NOT_TRY, "94", "A payment with the same amount was made very recently."),
    "expired_card": (CONFIRM, "54", "Your card has expired."),
    "fraudulent": (DO_NOT_TRY, "59", "Your card was declined."),
    "generic_decline": (LATER, "05", "Your card was declined."),
    "highest_risk_level": (DO_NOT_TRY, None, "Your card was declined."),
    "incorrect_address": (CONFIRM, None, "Your card's address is incorrect."),
    "incorrect_cvc": (CONFIRM, "N7", "Your card's security code is incorrect."),
    "incorrect_number": (CONFIRM, "14", "Your card number is incorrect."),
    "incorrect_pin": (CONFIRM, "55", "Your card's PIN is incorrect."),
    "incorrect_zip": (CONFIRM, None, "Your card's postal code is incorrect."),
    "insufficient_funds": (LATER, "51", "Your card has insufficient funds."),
    "invalid_account": (DO_NOT_TRY, "14", "Your card's account is invalid."),
    "invalid_amount": (DO_NOT_TRY, "13", "Your card does not support this amount."),
    "invalid_cvc": (CONFIRM, "82", "Your card's security code is invalid."),
    "invalid_expiry_month": (CONFIRM, "54", "Your card's expiration month is invalid."),
    "invalid_expiry_year": (CONFIRM, "54", "Your card's expiration year is invalid."),
    "invalid_number": (CONFIRM, "14", "Your card number is invalid."),
    "invalid_pin": (CONFIRM, "55", "Your card's PIN is invalid."),
    "issuer_not_available": (LATER, "91", "Your card's issuer could not be reached."),
    "lost_card": (DO_NOT_TRY, "41", "Your card was declined."),
    "merchant_blacklist": (DO_NOT_TRY, None, "Your card was declined."),
    "mobile_device_authentication_required": (None, "1A", "This payment needs to be authenticated."),
    "new_account_information_available": (CONFIRM, "14", "Your card was declined."),
    "no_action_taken": (LATER, "21", "Your card was declined."),
    "not_permitted": (DO_NOT_TRY, "57", "The payment is not permitted."),
    "offline_pin_required": (CONFIRM, "70", "Your card needs a PIN."),
    "online_or_offline_pin_required": (CONFIRM, "70", "Your card needs a PIN."),
    "pickup_card": (DO_NOT_TRY, "04", "Your card was declined."),
    "pin_try_exceeded": (DO_NOT_TRY, "75", "Too many PIN tries."),
    "processing_error": (LATER, "96", "An error occurred while processing your card."),
    "reenter_transaction": (LATER, "19", "The payment could not be processed."),
    "restricted_card": (DO_NOT_TRY, "62", "Your card was declined."),
    "revocation_of_all_authorizations": (DO_NOT_TRY, "R1", "Your card was declined."),
    "revocation_of_authorization": (DO_NOT_TRY, "R0", "Your card was declined."),
    "security_violation": (DO_NOT_TRY, "63", "Your card was declined."),
    "service_not_allowed": (DO_NOT_TRY, "57", "Your card was declined."),
    "stolen_card": (DO_NOT_TRY, "43", "Your card was declined."),
    "stop_payment_order": (DO_NOT_TRY, "R0", "Your card was declined."),
    "testmode_decline": (DO_NOT_TRY, None, "Your card is a test card and was declined."),
    "transaction_not_allowed": (DO_NOT_TRY, "57", "Your card does not support this type of purchase."),
    "try_again_later": (LATER, "91", "Your card was declined."),
    "withdrawal_count_limit_exceeded": (LATER, "65", "Your card was declined for going over its limit."),
}


@dataclass(frozen=True)
class Decline:
    """Why one charge failed, in the provider's terms.

    `outcome_type` is `issuer_declined`, or `blocked` and `invalid` for what never reached the bank.
    `code` is the error's code; bank debits use their failure code there and have no decline code.
    """

    code: str
    message: str
    decline_code: str | None = None
    advice_code: str | None = None
    network_decline_code: str | None = None
    network_advice_code: str | None = None
    outcome_type: str = "issuer_declined"
    outcome_reason: str | None = None

    @property
    def reason(self) -> str:
        """What the charge's outcome names; a risk rule's block differs from the decline code beside it."""
        return self.outcome_reason or self.decline_code or self.code

    @property
    def param(self) -> str | None:
        """The parameter that the error names, for wrong card data."""
        return PARAMS.get(self.code)

    @property
    def hard(self) -> bool:
        """Whether the provider waits for another method before it charges again."""
        return self.reason in HARD


def decline_for(decline_code: str, *, hide_decline_code: bool = False) -> Decline:
    """The usual decline for a code; an unknown code is passed through as the open set that it is.

    Official test cards for expired, wrong-CVC, wrong-number and processing errors carry no decline code at
    all; `hide_decline_code` is for them.
    """
    advice, network_code, message = CODES.get(decline_code, (None, None, "Your card was declined."))
    risk = decline_code == "highest_risk_level"
    return Decline(
        code=decline_code if decline_code in OWN_ERROR_CODE else "card_declined",
        message=message,
        decline_code=None if hide_decline_code else ("fraudulent" if risk else decline_code),
        advice_code=advice,
        network_decline_code=network_code,
        outcome_type="blocked" if risk else "issuer_declined",
        outcome_reason="highest_risk_level" if risk else None,
    )


def error_for(error_code: str) -> Decline:
    """A failure that is not a bank's decline, such as `payment_method_provider_timeout`: an error code alone."""
    return Decline(code=error_code, message="The payment could not be made.")


def doc_url(error_code: str) -> str:
    """Where the provider explains an error code."""
    return f"https://stripe.com/docs/error-codes/{error_code.replace('_', '-')}"
