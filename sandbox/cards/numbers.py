"""The official test cards: number, brand, and what their bank does.

Names are the endings of `pm_card_…` and `tok_…` ids.
"""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class CardFacts:
    """One test number. `fails_at` is `attach` for cards that cannot even be saved on a customer."""

    number: str
    names: tuple[str, ...] = ()
    brand: str = "visa"
    funding: str = "credit"
    country: str = "US"
    decline: str | None = None
    fails_at: str = "charge"
    authentication: str = "never"  # never | unless_saved | always | declined_after
    dispute: str | None = None

    @property
    def last4(self) -> str:
        return self.number[-4:]


def _country(number: str, country: str) -> CardFacts:
    return CardFacts(number, (country.lower(),), country=country)


CARDS = (
    CardFacts("4242424242424242", ("visa",)),
    CardFacts("4000056655665556", ("visa_debit",), funding="debit"),
    CardFacts("5555555555554444", ("mastercard",), brand="mastercard"),
    CardFacts("2223003122003222", ("mastercard_2series",), brand="mastercard"),
    CardFacts("5200828282828210", ("mastercard_debit",), brand="mastercard", funding="debit"),
    CardFacts("5105105105105100", ("mastercard_prepaid",), brand="mastercard", funding="prepaid"),
    CardFacts("378282246310005", ("amex",), brand="amex"),
    CardFacts("371449635398431", ("amex_second",), brand="amex"),
    CardFacts("6011111111111117", ("discover",), brand="discover"),
    CardFacts("6011000990139424", ("discover_second",), brand="discover"),
    CardFacts("6011981111111113", ("discover_debit",), brand="discover", funding="debit"),
    CardFacts("3056930009020004", ("diners",), brand="diners"),
    CardFacts("36227206271667", ("diners_14digits",), brand="diners"),
    CardFacts("3566002020360505", ("jcb",), brand="jcb"),
    CardFacts("6200000000000005", ("unionpay",), brand="unionpay"),
    _country("4000000320000021", "AR"), _country("4000000760000002", "BR"),
    _country("4000001240000000", "CA"), _country("4000004840008001", "MX"),
    _country("4000000400000008", "AT"), _country("4000000560000004", "BE"),
    _country("4000002500000003", "FR"), _country("4000002760000016", "DE"),
    _country("4000003720000005", "IE"), _country("4000003800000008", "IT"),
    _country("4000005280000002", "NL"), _country("4000006160000005", "PL"),
    _country("4000007240000007", "ES"), _country("4000007520000008", "SE"),
    _country("4000007560000009", "CH"), _country("4000008260000000", "GB"),
    _country("4000000360000006", "AU"), _country("4000003560000008", "IN"),
    _country("4000003920000003", "JP"), _country("4000005540000008", "NZ"),
    CardFacts("4000000000000002", ("chargeDeclined", "visa_chargeDeclined"), decline="generic_decline",
              fails_at="attach"),
    CardFacts("4000000000009995", ("chargeDeclinedInsufficientFunds", "visa_chargeDeclinedInsufficientFunds"),
              decline="insufficient_funds", fails_at="attach"),
    CardFacts("4000000000009987", ("chargeDeclinedLostCard", "visa_chargeDeclinedLostCard"),
              decline="lost_card", fails_at="attach"),
    CardFacts("4000000000009979", ("chargeDeclinedStolenCard", "visa_chargeDeclinedStolenCard"),
              decline="stolen_card", fails_at="attach"),
    CardFacts("4000000000000069", ("chargeDeclinedExpiredCard",), decline="expired_card", fails_at="attach"),
    CardFacts("4000000000000127", ("chargeDeclinedIncorrectCvc",), decline="incorrect_cvc",
              fails_at="attach"),
    CardFacts("4000000000000119", ("chargeDeclinedProcessingError",), decline="processing_error",
              fails_at="attach"),
    CardFacts("4242424242424241", ("chargeDeclinedIncorrectNumber",), decline="incorrect_number",
              fails_at="create"),
    CardFacts("4000000000006975", ("chargeDeclinedVelocityLimitExceeded",
                                   "visa_chargeDeclinedVelocityLimitExceeded"),
              decline="card_velocity_exceeded", fails_at="attach"),
    CardFacts("4000000000000341", ("chargeCustomerFail",), decline="generic_decline"),
    CardFacts("4100000000000019", ("radarBlock", "chargeDeclinedFraudulent"), decline="highest_risk_level",
              fails_at="attach"),
    CardFacts("4000000000004954", ("riskLevelHighest",), decline="highest_risk_level"),
    CardFacts("4000000000009235", ("riskLevelElevated",)),
    CardFacts("4000002500003155", ("authenticationRequiredOnSetup",), authentication="unless_saved"),
    CardFacts("4000002760003184", ("authenticationRequired",), authentication="always"),
    CardFacts("4000003800000446", ("authenticationRequiredSetupForOffSession",),
              authentication="unless_saved"),
    CardFacts("4000008260003178", ("authenticationRequiredChargeDeclinedInsufficientFunds",),
              decline="insufficient_funds", authentication="unless_saved"),
    CardFacts("4000000000003220", ("threeDSecure2Required",), authentication="always"),
    CardFacts("4000000000003063", ("threeDSecureRequired",), authentication="always"),
    CardFacts("4000008400001629", ("threeDSecureRequiredChargeDeclined",), decline="generic_decline",
              authentication="always"),
    CardFacts("4000000000003055", ("threeDSecureOptional",)),
    CardFacts("4000000000000259", ("createDispute",), dispute="fraudulent"),
    CardFacts("4000000000002685", ("createDisputeProductNotReceived",), dispute="product_not_received"),
    CardFacts("4000000000001976", ("createDisputeInquiry",), dispute="fraudulent"),
    CardFacts("4000000000005423", ("createIssuerFraudRecord",)),
)  # fmt: skip

BY_NUMBER = {card.number: card for card in CARDS}
BY_NAME = {name: card for card in CARDS for name in card.names}


def passes_luhn(number: str) -> bool:
    """The check digit; a number without it is not a card number."""
    digits = [int(digit) for digit in reversed(number)]
    doubled = [sum(divmod(2 * digit, 10)) for digit in digits[1::2]]
    return len(digits) >= 12 and (sum(digits[::2]) + sum(doubled)) % 10 == 0


def card_facts(number: str) -> CardFacts | None:
    """The facts of an official test number; None for any other number."""
    return BY_NUMBER.get(number.replace(" ", "").replace("-", ""))
