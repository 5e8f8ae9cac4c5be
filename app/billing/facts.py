"""What a provider's event says, in our words. Adapters make facts; nothing here knows a provider.

A `...Seen` fact is a picture of one object at a time; the other facts say what happened.
Every reference is a provider id verbatim, or None where the body does not carry it.
Money is in minor units; instants are aware UTC; enums are open sets, so unknown words stay as they are.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime


@dataclass(frozen=True, slots=True)
class Sight:
    """When and how an object was seen. `live`: read from the provider now, not from an event's body."""

    at: datetime
    live: bool = False


@dataclass(frozen=True, slots=True)
class Decline:
    """Why a payment did not go through, as the provider tells it, and with which instrument.

    `code` is the provider's error code, or our own `no_payment_method`: there was nothing to charge.
    `method_type` is the provider's word: card, sepa_debit, us_bank_account, paypal, link ...
    `wallet` is apple_pay, google_pay ... for a card in a wallet. `inferred`: matched by customer,
    amount and time, not told by the invoice itself.
    """

    code: str | None = None
    decline_code: str | None = None
    advice_code: str | None = None
    network_advice_code: str | None = None
    network_decline_code: str | None = None
    outcome_type: str | None = None
    outcome_reason: str | None = None
    payment_method_id: str | None = None
    method_type: str | None = None
    brand: str | None = None
    last4: str | None = None
    fingerprint: str | None = None
    wallet: str | None = None
    inferred: bool = False


@dataclass(frozen=True, slots=True)
class CustomerSeen:
    customer_id: str
    sight: Sight
    email: str | None = None
    name: str | None = None
    phone: str | None = None
    locale: str | None = None
    country: str | None = None
    time_zone: str | None = None  # metadata `time_zone` / `timezone`, if the merchant keeps it there
    currency: str | None = None
    default_payment_method_id: str | None = None
    default_source_id: str | None = None
    delinquent: bool = False
    deleted: bool = False
    region: str | None = None  # a state, as free text, of the address that `country` is from
    country_source: str | None = None  # address | shipping


@dataclass(frozen=True, slots=True)
class SubscriptionItem:
    """One line of a subscription. `interval` is day, week, month or year; `amount_minor` per unit."""

    item_id: str | None
    price_id: str | None
    product_id: str | None
    label: str | None
    amount_minor: int | None
    currency: str | None
    interval: str | None
    interval_count: int
    quantity: int | None
    metered: bool = False


@dataclass(frozen=True, slots=True)
class SubscriptionSeen:
    subscription_id: str
    sight: Sight
    customer_id: str | None = None
    status: str = ""
    collection_method: str | None = None
    created_at: datetime | None = None
    cancel_at: datetime | None = None  # the scheduled end: cancel_at, or period end if cancel_at_period_end
    canceled_at: datetime | None = None
    ended_at: datetime | None = None
    cancellation_reason: str | None = None
    cancellation_feedback: str | None = None
    period_start_at: datetime | None = None
    period_end_at: datetime | None = None  # min over the items
    trial_end_at: datetime | None = None
    default_payment_method_id: str | None = None
    default_source_id: str | None = None
    latest_invoice_id: str | None = None
    paused_collection: bool = False
    pause_resumes_at: datetime | None = None
    pause_reason: str | None = None
    forces_three_d_secure: bool = False
    items: tuple[SubscriptionItem, ...] = ()


@dataclass(frozen=True, slots=True)
class InvoiceSeen:
    invoice_id: str
    sight: Sight
    customer_id: str | None = None
    subscription_id: str | None = None
    status: str = ""
    billing_reason: str | None = None
    collection_method: str | None = None
    currency: str = ""
    amount_due_minor: int = 0
    amount_paid_minor: int = 0
    amount_remaining_minor: int = 0
    attempt_count: int = 0
    attempted: bool = False
    auto_advance: bool | None = None
    next_payment_attempt_at: datetime | None = None
    created_at: datetime | None = None
    period_end_at: datetime | None = None
    due_at: datetime | None = None
    paid_at: datetime | None = None
    paid_out_of_band: bool = False
    uncollectible_reason: str | None = None
    number: str | None = None
    label: str | None = None  # what the customer would call it: first line's description, or its plan
    price_id: str | None = None
    product_id: str | None = None
    hosted_url: str | None = None
    payment_intent_id: str | None = None  # old shape only, or expanded payments
    charge_id: str | None = None  # old shape only, or expanded payments
    customer_email: str | None = None
    decline: Decline | None = None  # only where the body was fetched with its payments


@dataclass(frozen=True, slots=True)
class CouponDeleted:
    """The merchant has deleted a coupon at the provider."""

    coupon_id: str
    at: datetime


@dataclass(frozen=True, slots=True)
class InvoiceDeleted:
    invoice_id: str
    at: datetime


@dataclass(frozen=True, slots=True)
class InvoicePaymentFailed:
    """An attempt on an invoice failed, or needs the customer's confirmation."""

    invoice_id: str
    at: datetime
    attempt_count: int
    needs_action: bool = False


@dataclass(frozen=True, slots=True)
class InvoicePaymentLinked:
    """A payment belongs to an invoice; the only link between the two in new bodies."""

    invoice_id: str
    at: datetime
    payment_intent_id: str | None = None
    charge_id: str | None = None
    status: str | None = None


@dataclass(frozen=True, slots=True)
class PaymentSeen:
    """A payment intent or a charge. `failed` only if this picture reports a failed attempt."""

    payment_id: str  # the intent's id, or the charge's where it has no intent
    sight: Sight
    customer_id: str | None = None
    invoice_id: str | None = None  # old shape only
    charge_id: str | None = None
    status: str = ""
    amount_minor: int = 0
    currency: str = ""
    failed: bool = False
    decline: Decline | None = None
    refunded_minor: int = 0
    disputed: bool = False


@dataclass(frozen=True, slots=True)
class DisputeSeen:
    dispute_id: str
    sight: Sight
    payment_intent_id: str | None = None
    charge_id: str | None = None
    status: str = ""
    reason: str | None = None
    amount_minor: int = 0
    currency: str = ""


@dataclass(frozen=True, slots=True)
class PaymentMethodSeen:
    payment_method_id: str
    sight: Sight
    customer_id: str | None = None
    type: str = ""
    brand: str | None = None
    last4: str | None = None
    exp_month: int | None = None
    exp_year: int | None = None
    fingerprint: str | None = None
    wallet: str | None = None
    detached_from: str | None = None  # former customer, on a detach
    auto_updated: bool = False  # the network updater replaced its details
    billing_country: str | None = None
    billing_region: str | None = None
    card_country: str | None = None  # where the card or account was issued


@dataclass(frozen=True, slots=True)
class CardSessionCompleted:
    """A provider's page has saved a payment method; `session_id` says which page it was."""

    session_id: str
    at: datetime
    customer_id: str | None = None
    setup_intent_id: str | None = None
    payment_method_id: str | None = None  # None where the body holds only the setup intent's id


@dataclass(frozen=True, slots=True)
class CheckoutCompleted:
    """On a checkout page that we opened somebody has subscribed."""

    session_id: str
    at: datetime
    customer_id: str | None = None
    subscription_id: str | None = None


@dataclass(frozen=True, slots=True)
class CheckoutExpired:
    """A checkout page that we opened can no longer be used, and nobody has subscribed there."""

    session_id: str
    at: datetime
    customer_id: str | None = None


@dataclass(frozen=True, slots=True)
class MarketingAllowed:
    """On the provider's checkout page the customer has agreed to marketing mail; the session is the proof."""

    session_id: str
    at: datetime
    customer_id: str | None = None
    email: str | None = None


@dataclass(frozen=True, slots=True)
class SetupSucceeded:
    setup_intent_id: str
    at: datetime
    customer_id: str | None = None
    payment_method_id: str | None = None


Fact = (
    CustomerSeen
    | SubscriptionSeen
    | InvoiceSeen
    | InvoiceDeleted
    | InvoicePaymentFailed
    | InvoicePaymentLinked
    | PaymentSeen
    | DisputeSeen
    | PaymentMethodSeen
    | CardSessionCompleted
    | CheckoutCompleted
    | CheckoutExpired
    | MarketingAllowed
    | SetupSucceeded
    | CouponDeleted
)


@dataclass(frozen=True, slots=True)
class Translation:
    """Facts of one event, and what to read from the provider to complete them."""

    facts: tuple[Fact, ...] = ()
    object_kind: str | None = None  # invoice, subscription, customer ... as the provider names it
    object_id: str | None = None
    wants_live: bool = False  # a thin event: nothing but the reference; the object must be read
    event_type: str | None = None  # in the snapshot's words, so that a later read can add what happened
    at: datetime | None = None  # the event's own time; None where the body has none that can be read
