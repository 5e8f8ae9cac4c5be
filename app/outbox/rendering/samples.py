"""Invented mails for `reclaim mail preview NAME` and the golden files: every mail, stage and way to pay once."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from app.core.brand import Brand
from app.outbox.rendering.context import (
    CancelDeclaredContext,
    CancelWithdrawnContext,
    CardSavedContext,
    DunningMailContext,
    ExpiringCard,
    ExpiringMailContext,
    LateInvoice,
    Method,
    OwnerReportContext,
    WinbackContext,
)
from app.outbox.rendering.samples_cancelling import CANCELLING, Told
from app.outbox.rendering.samples_reports import OWNER_REPORTS
from app.outbox.rendering.samples_winback import WINBACK

SAMPLE_BRAND = Brand(
    name="Northwind Notes",
    support_email="help@northwind.example",
    website="https://northwind.example",
    statement_descriptor="NORTHWIND NOTES",
    signature="Mara from Northwind Notes",
)
SAMPLE_SENDER = "Northwind Notes <billing@northwind.example>"
SAMPLE_REPLY_TO = "help@northwind.example"
SAMPLE_ADDRESS = "Northwind Ltd\n12 Harbour Street\nGalway H91 X2C4, Ireland"

VISA: Method = {"kind": "card", "brand": "visa", "last4": "4242", "label": None}
BANK: Method = {"kind": "bank_debit", "brand": None, "last4": "3000", "label": "SEPA Direct Debit"}
PAYPAL: Method = {"kind": "paypal", "brand": None, "last4": None, "label": "PayPal"}
WALLET: Method = {"kind": "wallet", "brand": "mastercard", "last4": "4444", "label": "Apple Pay"}
NO_METHOD: Method = {"kind": "none", "brand": None, "last4": None, "label": None}
METHODS = (VISA, BANK, PAYPAL, WALLET, NO_METHOD)

PRO: LateInvoice = {
    "label": "Pro plan, monthly",
    "amount": {"amount_minor": 2900, "currency": "eur"},
    "failed_at": "2026-06-01T06:30:00+00:00",
    "number": "NW-2041",
}
ARCHIVE: LateInvoice = {
    "label": "Archive add-on with 2 TB of storage and shared folders for the whole family",
    "amount": {"amount_minor": 1250, "currency": "eur"},
    "failed_at": "2026-06-01T06:31:00+00:00",
    "number": "NW-2042",
}
JAPAN: LateInvoice = {
    "label": "Team seats, Tokyo",
    "amount": {"amount_minor": 123456, "currency": "jpy"},
    "failed_at": "2026-06-02T01:00:00+00:00",
    "number": None,
}

EXPIRING: ExpiringCard = {
    "label": "Pro plan, monthly",
    "brand": "visa",
    "last4": "4242",
    "valid_until": "2026-06-30T10:00:00+00:00",
    "has_ended": False,
    "charge_at": "2026-07-15T06:30:00+00:00",
}
UNNAMED: ExpiringCard = {
    "label": None,
    "brand": None,
    "last4": None,
    "valid_until": "2026-06-30T10:00:00+00:00",
    "has_ended": True,
    "charge_at": "2026-07-20T06:30:00+00:00",
}


@dataclass(frozen=True, slots=True)
class Sample:
    """One preview: which template, in which language, told what."""

    template: str
    context: (
        DunningMailContext
        | ExpiringMailContext
        | CardSavedContext
        | CancelDeclaredContext
        | CancelWithdrawnContext
        | Told
        | WinbackContext
        | OwnerReportContext
    )
    locale: str = "en-GB"
    brand: Brand = field(default=SAMPLE_BRAND)


def payment_context(**changes: Any) -> DunningMailContext:
    """A first mail about one late invoice, with what is changed."""
    context: DunningMailContext = {
        "customer": {"name": "Anna Keller"},
        "stage": "first",
        "message": "use_other_card",
        "method": VISA,
        "invoices": [PRO],
        "totals": [{"amount_minor": 2900, "currency": "eur"}],
        "access_ends_at": "2026-06-15T22:00:00+00:00",
        "next_retry_at": None,
        "action_url": "https://pay.northwind.example/card/eyJjIjoiY2FzZV8wMTkifQ.sample-token",
        "end_action": "cancel",
        "time_zone": "Europe/Berlin",
    }
    context.update(changes)  # type: ignore[typeddict-item]
    return context


def _sample(template: str, **changes: Any) -> Sample:
    return Sample(template, payment_context(**changes))


def expiring_context(**changes: Any) -> ExpiringMailContext:
    """A first notice about one card, with what is changed."""
    context: ExpiringMailContext = {
        "customer": {"name": "Anna Keller"},
        "stage": "first",
        "cards": [EXPIRING],
        "one_card": True,
        "action_url": "https://pay.northwind.example/card/eyJjIjoiY2FzZV8wMjAifQ.sample-token",
        "time_zone": "Europe/Berlin",
    }
    context.update(changes)  # type: ignore[typeddict-item]
    return context


def declared_context(**changes: Any) -> CancelDeclaredContext:
    """A declaration about one contract, with what is changed."""
    link = "https://pay.northwind.example/cancel/sample-token"
    context: CancelDeclaredContext = {
        "customer": {"name": "Anna Keller"},
        "received_at": "2026-06-05T08:00:00+00:00",
        "kind": "ordinary",
        "wanted_end": None,
        "contracts": [{"label": "Pro plan, monthly", "cancel_url": link}],
        "action_url": link,
        "not_me_url": "https://pay.northwind.example/not-me/sample-token",
        "time_zone": "Europe/Berlin",
    }
    context.update(changes)  # type: ignore[typeddict-item]
    return context


_THREE: dict[str, Any] = {
    "invoices": [PRO, ARCHIVE, JAPAN],
    "totals": [{"amount_minor": 4150, "currency": "eur"}, {"amount_minor": 123456, "currency": "jpy"}],
}
_SOON: dict[str, Any] = {"message": "not_yet", "next_retry_at": "2026-06-05T07:00:00+00:00"}

SAMPLES: dict[str, Sample] = {
    "payment_failed_new_method": _sample("payment_failed_new_method"),
    "payment_failed_new_method-reminder": _sample("payment_failed_new_method", stage="reminder"),
    "payment_failed_new_method-last_warning": _sample(
        "payment_failed_new_method", stage="last_warning", end_action="unpaid", customer={"name": None}
    ),
    "payment_failed_new_method-several": _sample("payment_failed_new_method", stage="reminder", **_THREE),
    "payment_failed_new_method-bank_debit": _sample(
        "payment_failed_new_method", message="mandate_lost", method=BANK
    ),
    "payment_failed_new_method-no_method": _sample("payment_failed_new_method", method=NO_METHOD),
    "payment_failed_fix_card": _sample("payment_failed_fix_card", message="card_expired"),
    "payment_failed_fix_card-details": _sample(
        "payment_failed_fix_card", message="details_mismatch", stage="reminder", method=WALLET
    ),
    "payment_confirm": _sample("payment_confirm", message="confirm"),
    "payment_confirm-last_warning": _sample("payment_confirm", message="confirm", stage="last_warning"),
    "payment_failed_retrying": _sample("payment_failed_retrying", **_SOON),
    "payment_failed_retrying-paypal": _sample(
        "payment_failed_retrying", message="paypal_failed", method=PAYPAL, stage="reminder"
    ),
    "payment_consent_stopped": _sample("payment_consent_stopped", message="consent_stopped"),
    "payment_consent_stopped-two_links": _sample(
        "payment_consent_stopped",
        message="consent_stopped",
        method=BANK,
        cancel_url="https://pay.northwind.example/cancel/sample-token",
    ),
    "payment_failed_trial": _sample("payment_failed_trial", message="bank_declined"),
    "payment_ended": _sample("payment_ended", stage="last_warning"),
    "payment_ended-unpaid": _sample("payment_ended", stage="last_warning", end_action="unpaid", **_THREE),
    "payment_recovered": _sample("payment_recovered"),
    "card_expiring": Sample("card_expiring", expiring_context()),
    "card_expiring-last": Sample("card_expiring", expiring_context(stage="last_warning")),
    "card_expiring-ended": Sample("card_expiring", expiring_context(stage="reminder", cards=[UNNAMED])),
    "card_expiring-several": Sample(
        "card_expiring", expiring_context(cards=[EXPIRING, UNNAMED], one_card=False)
    ),
    "cancel_declared": Sample("cancel_declared", declared_context()),
    "cancel_declared-several": Sample(
        "cancel_declared",
        declared_context(
            kind="extraordinary",
            wanted_end="2026-06-30T10:00:00+00:00",
            contracts=[
                {"label": "Pro plan, monthly", "cancel_url": "https://pay.northwind.example/cancel/one"},
                {"label": None, "cancel_url": "https://pay.northwind.example/cancel/two"},
            ],
        ),
    ),
    "cancel_withdrawn": Sample(
        "cancel_withdrawn",
        {
            "customer": {"name": "Anna Keller"},
            "received_at": "2026-06-05T08:00:00+00:00",
            "contract": "Pro plan, monthly",
            "declared_by": "Anna Keller",
            "time_zone": "Europe/Berlin",
        },
    ),
    "card_expiring_saved": Sample(
        "card_expiring_saved", {"customer": {"name": "Anna Keller"}, "time_zone": "Europe/Berlin"}
    ),
    **{name: Sample(template, context) for name, (template, context) in CANCELLING.items()},
    **{name: Sample(template, context) for name, (template, context) in WINBACK.items()},
    **{name: Sample("owner_report", context) for name, context in OWNER_REPORTS.items()},
}
