"""What a payment mail is told. Plain JSON, so that it can be stored with the outbox row.

Every key is always present; None says "not known". The words never name a reason that is not in `message`.
"""

from __future__ import annotations

from typing import Any, Literal, NotRequired, TypedDict

Stage = Literal["first", "reminder", "last_warning"]
EndAction = Literal["cancel", "unpaid", "past_due"]
MethodKind = Literal["card", "bank_debit", "paypal", "wallet", "none"]  # anything else reads "payment method"

# The reasons the templates have a sentence for; any other word falls back to a neutral one.
MESSAGES = (
    "use_other_card",  # the bank said no to this card; also lost, stolen, fraud, PIN: never told apart
    "card_no_longer_works",  # closed account, number replaced
    "card_not_accepted_here",  # not for this kind of payment or currency
    "card_expired",
    "details_mismatch",  # number, date, CVC or address
    "bank_declined",  # no reason given
    "not_yet",  # timing; also not enough funds, which is never said
    "technical",
    "confirm",  # strong customer authentication
    "consent_stopped",  # the customer had the bank stop these payments
    "mandate_lost",
    "debit_failed",
    "paypal_failed",
)


class MoneyValue(TypedDict):
    """The provider's minor units: `{"amount_minor": 2900, "currency": "eur"}` is 29 euros."""

    amount_minor: int
    currency: str


class Customer(TypedDict):
    name: str | None  # as the provider has it; cleaned here


class Method(TypedDict):
    """What the failed payment was made with, not today's default."""

    kind: str  # MethodKind
    brand: str | None  # "visa"
    last4: str | None
    label: str | None  # "SEPA Direct Debit", "Apple Pay"


class LateInvoice(TypedDict):
    label: str | None  # the plan's name as the customer knows it
    amount: MoneyValue  # what remains to be paid
    failed_at: str | None  # ISO instant
    number: str | None


class DunningMailContext(TypedDict):
    """The context of every `payment_*` mail."""

    customer: Customer
    stage: str  # Stage
    message: str  # one of MESSAGES, or anything else for the neutral sentence
    method: Method
    invoices: list[LateInvoice]
    totals: list[MoneyValue]  # one a currency
    access_ends_at: str | None  # ISO instant; only where it is certain to happen then
    next_retry_at: str | None  # ISO instant; only the provider's own date
    action_url: str  # http(s): pay, confirm, or subscribe again
    end_action: str  # EndAction: in `payment_ended` what has happened, before it what will
    time_zone: str | None  # IANA name; None or unknown reads as UTC
    cancel_url: NotRequired[str | None]  # http(s): only `payment_consent_stopped` shows it


class ExpiringCard(TypedDict):
    """One charge that finds its card expired, nearest first."""

    label: str | None  # the plan's name as the customer knows it
    brand: str | None  # "visa"
    last4: str | None
    valid_until: str  # ISO instant within the card's last day, where the customer lives
    has_ended: bool
    charge_at: str  # ISO instant


class ExpiringMailContext(TypedDict):
    """The context of `card_expiring`."""

    customer: Customer
    stage: str  # Stage; `last_warning` is the last of several
    cards: list[ExpiringCard]
    one_card: bool
    action_url: str  # http(s): the card page
    time_zone: str | None


class DeclaredContract(TypedDict):
    """A contract that a declaration may be about."""

    label: str | None  # the plan's name as the customer knows it
    cancel_url: str  # http(s): its cancel page


class CancelDeclaredContext(TypedDict):
    """The context of `cancel_declared`. Nothing in it was typed by whoever declared, but the kind and the day."""

    customer: Customer
    received_at: str  # ISO instant
    kind: str | None  # ordinary or extraordinary
    wanted_end: str | None  # ISO instant within the day; None: as soon as possible
    contracts: list[DeclaredContract]
    action_url: str  # the first contract's
    not_me_url: str
    time_zone: str | None


class CancelWithdrawnContext(TypedDict):
    """The context of `cancel_withdrawn`."""

    customer: Customer
    received_at: str  # ISO instant
    contract: str
    declared_by: str | None
    time_zone: str | None


class CardSavedContext(TypedDict):
    """The context of `card_expiring_saved`."""

    customer: Customer
    time_zone: str | None


class CancellingContext(TypedDict):
    """What every mail of a cancellation is told, and all that `cancellation_undone` is."""

    customer: Customer
    plan: str | None  # the plan's name as the customer knows it; None where there are several
    time_zone: str  # IANA name, printed beside the time of what was declared


class CancelledContext(CancellingContext):
    """The context of `subscription_cancelled`."""

    ends_at: str | None  # ISO instant
    at_once: bool  # it has ended already
    declared_at: str | None  # ISO instant; None: not on our page
    undo_url: str | None  # http(s); None where nothing can be taken back


class ReceivedContext(CancellingContext):
    """The context of `cancellation_received`."""

    received_at: str  # ISO instant
    undo: bool  # the wish is to take a cancellation back


class QuestionContext(CancellingContext):
    """The context of `cancellation_question`."""

    survey_url: str  # http(s)


class OfferLines(TypedDict):
    """The terms of an accepted offer (`app.cancellation.mails.offer_lines`). Days are ISO instants."""

    kind: str  # as app.offers.states.OfferKind
    means: str
    months: int | None
    percent: float | None
    interval: str | None
    interval_count: int
    plan_name: str | None
    price_during: MoneyValue | None
    price_after: MoneyValue | None  # None: billed by use
    saved: MoneyValue | None
    with_tax: bool  # the prices are what is charged in all
    next_charge_at: str | None
    full_charge_at: str | None
    ends_at: str | None
    url: str | None


class OfferContext(CancellingContext):
    """The context of `offer_confirmed` and `benefit_ending`."""

    offer: OfferLines
    cancel_url: str  # http(s)


class WinbackContext(TypedDict):
    """The context of every `winback_*` mail. Of an offer months are told, never dates: it begins when they return."""

    customer: Customer
    stage: str  # first or reminder
    plan: str | None  # what they had, as they know it
    price: MoneyValue | None  # a period of it, before discounts and tax
    interval: str | None
    interval_count: int
    running: bool  # the paid time is not over
    ends_at: str  # ISO instant
    reason: str | None  # of the cancel page; never quoted
    offer: OfferLines | None  # what the return page makes of it; None: the normal price
    return_url: str  # http(s): the return page
    time_zone: str | None


class OwnerPayments(TypedDict):
    """Late renewals of a month in one currency. `collected`: after refunds; `silent`: of it before any mail."""

    count: int
    at_risk: MoneyValue
    collected: MoneyValue
    silent: MoneyValue
    open: int  # invoices that are still owed


class OwnerProof(TypedDict):
    """What the proof says of an experiment in one currency. Amounts None: no number may be said, `verdict` says why."""

    experiment: str
    control: str
    currency: str
    verdict: str
    lower: MoneyValue | None
    upper: MoneyValue | None
    incremental: MoneyValue | None


class OwnerReportContext(TypedDict):
    """The context of `owner_report`. Each part has its own counts and a `page_url`; no part names a customer."""

    month: str  # ISO instant within the month that it is about
    dashboard_url: str  # http(s)
    payments: dict[str, Any]  # `month`, one before; `currencies`, a list of OwnerPayments
    proofs: list[OwnerProof]
    cancellations: dict[str, Any]  # asked, cancelled, saved
    winback: dict[str, Any]  # returned, unasked
    mail: dict[str, Any]  # sent, bounced, complained, unsubscribed, unknown
