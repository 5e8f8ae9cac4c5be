"""The official test cards that are not about a country: brands, declines, authentication, disputes, refunds."""

from __future__ import annotations

from sandbox.cards.facts import CardFacts

BRANDS = (
    CardFacts("4242424242424242", ("visa", "us")),
    CardFacts("4000056655665556", ("visa_debit",), funding="debit"),
    CardFacts("5555555555554444", ("mastercard",), brand="mastercard"),
    CardFacts("2223003122003222", ("mastercard_2series",), brand="mastercard"),
    CardFacts("5200828282828210", ("mastercard_debit",), brand="mastercard", funding="debit"),
    CardFacts("5105105105105100", ("mastercard_prepaid",), brand="mastercard", funding="prepaid"),
    CardFacts("378282246310005", ("amex", "amex_threeDSecureNotSupported"), brand="amex"),
    CardFacts("371449635398431", ("amex_second",), brand="amex"),
    CardFacts("6011111111111117", ("discover",), brand="discover"),
    CardFacts("6011000990139424", ("discover_second",), brand="discover"),
    CardFacts("6011981111111113", ("discover_debit",), brand="discover", funding="debit"),
    CardFacts("3056930009020004", ("diners",), brand="diners"),
    CardFacts("36227206271667", ("diners_14digits",), brand="diners"),
    CardFacts("3566002020360505", ("jcb",), brand="jcb", country="JP"),
    CardFacts("6200000000000005", ("unionpay",), brand="unionpay", country="CN"),
    CardFacts("6200000000000047", ("unionpay_debit",), brand="unionpay", funding="debit", country="CN"),
    CardFacts("6205500000000000004", ("unionpay_19digits",), brand="unionpay", country="CN"),
)

DECLINES = (
    CardFacts("4000000000000002", ("chargeDeclined",), decline="generic_decline", fails_at="attach"),
    CardFacts("4000000000009995", ("chargeDeclinedInsufficientFunds",), decline="insufficient_funds",
              fails_at="attach"),
    CardFacts("4000000000009987", ("chargeDeclinedLostCard",), decline="lost_card", fails_at="attach"),
    CardFacts("4000000000009979", ("chargeDeclinedStolenCard",), decline="stolen_card", fails_at="attach"),
    CardFacts("4000000000000069", ("chargeDeclinedExpiredCard",), decline="expired_card", fails_at="attach"),
    CardFacts("4000000000000127", ("chargeDeclinedIncorrectCvc",), decline="incorrect_cvc",
              fails_at="attach"),
    CardFacts("4000000000000119", ("chargeDeclinedProcessingError",), decline="processing_error",
              fails_at="attach"),
    CardFacts("4242424242424241", ("chargeDeclinedIncorrectNumber",), decline="incorrect_number",
              fails_at="create"),
    CardFacts("4000000000006975", ("chargeDeclinedVelocityLimitExceeded",),
              decline="card_velocity_exceeded", fails_at="attach"),
    CardFacts("4000000000000341", ("chargeCustomerFail",), decline="generic_decline"),
)  # fmt: skip

FRAUD = (
    CardFacts("4100000000000019", ("radarBlock", "chargeDeclinedFraudulent"), decline="highest_risk_level",
              fails_at="attach"),
    CardFacts("4000000000004954", ("riskLevelHighest",), decline="highest_risk_level"),
    CardFacts("4000000000009235", ("riskLevelElevated",), risk_level="elevated"),
    CardFacts("4000000000000101", ("cvcCheckFail",), failed_checks=("cvc",)),
    CardFacts("4000000000000036", ("avsZipFail",), failed_checks=("zip",)),
    CardFacts("4000000000000028", ("avsLine1Fail",), failed_checks=("line1",)),
    CardFacts("4000000000000010", ("avsFail",), failed_checks=("line1", "zip")),
    CardFacts("4000000000000044", ("avsUnchecked",), failed_checks=("*",)),
)  # fmt: skip

AUTHENTICATION = (
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
    CardFacts("4000008400001280", ("threeDSecureRequiredProcessingError",), decline="generic_decline"),
    CardFacts("4000000000003055", ("threeDSecureOptional",)),
    CardFacts("4000000000003097", ("threeDSecureOptionalProcessingError",)),
)  # fmt: skip

AFTER_THE_CHARGE = (
    CardFacts("4000000000000259", ("createDispute",), dispute="fraudulent"),
    CardFacts("4000000000002685", ("createDisputeProductNotReceived",), dispute="product_not_received"),
    CardFacts("4000000000001976", ("createDisputeInquiry",), dispute="fraudulent", inquiry=True),
    CardFacts("4000000404000079", ("createMultipleDisputes",), dispute="fraudulent", dispute_count=2),
    CardFacts("4000000404000038", ("createCe3EligibleDispute",), dispute="fraudulent"),
    CardFacts("4000000000005423", ("createIssuerFraudRecord",), fraud_warning=True),
    CardFacts("4000000000007726", ("pendingRefund",), refunds="wait"),
    CardFacts("4000000000005126", ("refundFail",), refunds="fail"),
    CardFacts("4000000000000077", ("bypassPending",)),
    CardFacts("4000003720000278", ("bypassPendingInternational",), country="IE"),
)

CARDS = (*BRANDS, *DECLINES, *FRAUD, *AUTHENTICATION, *AFTER_THE_CHARGE)
