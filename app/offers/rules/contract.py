"""A subscription as offers and cancellations must know it: read live from the provider. Pure values."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

ENDED = frozenset({"canceled", "incomplete_expired"})


@dataclass(frozen=True, slots=True)
class Line:
    """One item. `interval` is day, week, month or year; `amount_minor` per unit, None for tiers."""

    item_id: str
    price_id: str
    product_id: str | None
    label: str | None
    amount_minor: int | None
    currency: str
    interval: str
    interval_count: int = 1
    quantity: int | None = 1
    metered: bool = False


@dataclass(frozen=True, slots=True)
class Discount:
    """A discount in force. `ends_at` None: once, or for ever."""

    discount_id: str
    coupon_id: str
    percent_off: float | None = None
    amount_off_minor: int | None = None
    currency: str | None = None
    ends_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class Contract:
    """`cancel_at` is the scheduled end, however it was set. `schedule_by_us`: we made its schedule (metadata)."""

    subscription_id: str
    customer_id: str
    status: str
    collection_method: str
    currency: str
    lines: tuple[Line, ...]
    started_at: datetime
    period_end_at: datetime | None  # the earliest of the items
    anchored_at: datetime | None = None  # billing_cycle_anchor: renewals keep to its day of the month
    discounts: tuple[Discount, ...] = ()
    trial_end_at: datetime | None = None
    cancel_at: datetime | None = None
    ended_at: datetime | None = None
    pauses_collection: bool = False
    pause_resumes_at: datetime | None = None
    schedule_id: str | None = None
    schedule_by_us: bool = False
    flexible_billing: bool = False
    metadata: tuple[tuple[str, str], ...] = ()

    @property
    def has_ended(self) -> bool:
        return self.status in ENDED

    @property
    def line(self) -> Line | None:
        """The one item, where there is one only."""
        return self.lines[0] if len(self.lines) == 1 else None

    @property
    def price_minor(self) -> int | None:
        """What one period of the one item comes to before discounts and tax; None where that is not fixed."""
        line = self.line
        if line is None or line.amount_minor is None or line.metered:
            return None
        return line.amount_minor * (line.quantity if line.quantity is not None else 1)


@dataclass(frozen=True, slots=True)
class CouponTerms:
    """A coupon to be made for one grant: `coupon_id` bears the grant's id. `months` None: once."""

    coupon_id: str
    name: str
    percent_off: float | None = None
    amount_off_minor: int | None = None
    currency: str | None = None
    months: int | None = None


@dataclass(frozen=True, slots=True)
class Preview:
    """The next invoice by the provider's own preview: total with tax and discounts, what of it is tax, and when."""

    total_minor: int
    tax_minor: int
    currency: str
    charged_at: datetime | None


@dataclass(frozen=True, slots=True)
class Price:
    """A price of the provider. `amount_minor` per unit, None for tiers; `active` False: for nobody new."""

    price_id: str
    amount_minor: int | None
    currency: str
    interval: str | None
    interval_count: int = 1
    active: bool = True
