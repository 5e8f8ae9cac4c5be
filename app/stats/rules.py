"""What every number of the recovery statistics means. Pure; app/stats/recovery.py says the same in SQL.

The unit is one late invoice. It belongs to the month (UTC) of its first failure for ever, also if money
comes later. Every late invoice stands in exactly one place (`Standing`), so the places add up. Amounts of
different currencies are never added. First charges after a trial are a population of their own, because
most of them were never going to pay and they would drown the rest. Nothing here proves a cause.
"""

from __future__ import annotations

from dataclasses import dataclass, fields
from datetime import UTC, date, datetime, time, timedelta
from enum import StrEnum

from app.core.errors import InvalidInput

COHORT_CLOSES_AFTER = timedelta(days=30)
EARLIEST, LATEST = date(1970, 1, 1), date(9998, 12, 31)

ALL_CAUSES = "all causes, not proof"
NOT_MEASURED = "against a hold-out: not measured yet"


class By(StrEnum):
    """What the rows of a report are grouped by; always by currency and population as well."""

    MONTH = "month"  # of the first failure, UTC
    CLASS = "class"  # the case's decline class
    CAMPAIGN = "campaign"  # the policy version under which the case began
    STEP = "step"  # how many mails went before the payment, or so far
    CURRENCY = "currency"  # nothing more


class Population(StrEnum):
    RENEWAL = "renewal"
    FIRST_AFTER_TRIAL = "first_after_trial"  # reported apart


class Standing(StrEnum):
    """Where one late invoice stands. The order is the order in which the rules are asked."""

    RECOVERED = "recovered"  # paid while the case ran, and money of it was kept
    RETURNED = "returned"  # paid, and all of it went back
    OPEN = "open"  # still owed, and its case goes on
    LATE = "late"  # paid after the case had ended otherwise
    LOST = "lost"  # the provider ended the plan for non-payment, or our time was over
    ENDED = "ended"  # cancelled, voided, disputed, written off, or stopped by hand


@dataclass(frozen=True, slots=True)
class LateInvoice:
    """A late invoice with what its case says. `returned_minor`: refunds, lost disputes, and disputes within
    30 days of the payment (app/dunning/rules/cases.py, `returned`)."""

    at_risk_minor: int
    paid_minor: int = 0
    returned_minor: int = 0
    result: str | None = None
    paid_at: datetime | None = None
    settled_at: datetime | None = None
    case_closed: bool = False
    first_contact_at: datetime | None = None
    contacts: int = 0


def kept_minor(invoice: LateInvoice) -> int:
    """Money that came and stayed: `paid - returned`; never below zero.

    29.00 paid and 9.00 refunded keeps 20.00.
    """
    return max(0, invoice.paid_minor - invoice.returned_minor)


def standing(invoice: LateInvoice) -> Standing:
    """The one place in which a late invoice is counted."""
    kept = kept_minor(invoice) > 0
    if invoice.result == "paid":
        return Standing.RECOVERED if kept else Standing.RETURNED
    if invoice.result is None and not invoice.case_closed:
        return Standing.OPEN
    if kept:
        return Standing.LATE
    return Standing.LOST if invoice.result == "lost" else Standing.ENDED


def before_first_mail(invoice: LateInvoice) -> bool:
    """Whether it was paid before any mail went: the provider's own retries, or the customer unasked."""
    paid_at = invoice.paid_at or invoice.settled_at
    if invoice.first_contact_at is None:
        return True
    return invoice.result == "paid" and paid_at is not None and paid_at < invoice.first_contact_at


def step(invoice: LateInvoice) -> int:
    """How many mails went before the payment, or so far: 0 if it was paid before the first one, else the
    counted mails of its case."""
    return 0 if before_first_mail(invoice) else invoice.contacts


@dataclass(frozen=True, slots=True)
class Rate:
    """A share of money, never shown without its two parts."""

    numerator_minor: int
    denominator_minor: int

    @property
    def value(self) -> float | None:
        """`numerator / denominator`; None where nothing was at risk."""
        return self.numerator_minor / self.denominator_minor if self.denominator_minor > 0 else None


@dataclass(frozen=True, slots=True)
class Figures:
    """Sums over late invoices of one currency and population. Counts are invoices, amounts minor units.

    `at_risk`: sum of what was due on every late invoice, whatever became of it; nothing leaves it.
    `recovered`: sum of `paid - returned` where RECOVERED; every cause counts.
    `silent`: the part of `recovered` that came before the first mail; `silent_at_risk`: what was due there.
    `open`, `lost`, `ended`: sum of what was due where OPEN, LOST, ENDED.
    `late`: sum of `paid - returned` where LATE; it stays in the month of its failure.
    `returned`: sum of what went back of payments made while the case ran.
    at_risk invoices = recovered + returned + open + late + lost + ended invoices.
    """

    at_risk_count: int = 0
    at_risk_minor: int = 0
    recovered_count: int = 0
    recovered_minor: int = 0
    silent_count: int = 0
    silent_minor: int = 0
    silent_at_risk_minor: int = 0
    open_count: int = 0
    open_minor: int = 0
    lost_count: int = 0
    lost_minor: int = 0
    late_count: int = 0
    late_minor: int = 0
    ended_count: int = 0
    ended_minor: int = 0
    returned_count: int = 0
    returned_minor: int = 0

    def __add__(self, other: Figures) -> Figures:
        return Figures(*(getattr(self, f.name) + getattr(other, f.name) for f in fields(self)))

    @property
    def rate(self) -> Rate:
        """All causes: `recovered / at risk`. What is still open counts as not recovered."""
        return Rate(self.recovered_minor, self.at_risk_minor)

    @property
    def rate_after_mail(self) -> Rate:
        """Without silent retries: `(recovered - silent) / (at risk - what was at risk of the silent ones)`."""
        return Rate(self.recovered_minor - self.silent_minor, self.at_risk_minor - self.silent_at_risk_minor)


def mails_per_recovery(sent: int, recovered: int) -> float | None:
    """`dunning mails sent / late invoices recovered`; None where none was recovered."""
    return sent / recovered if recovered else None


def figures_of(invoice: LateInvoice) -> Figures:
    """The figures of one late invoice; a report is the sum of these."""
    place, due, kept = standing(invoice), invoice.at_risk_minor, kept_minor(invoice)
    silent = place == Standing.RECOVERED and before_first_mail(invoice)
    paid = invoice.result == "paid"
    values = {
        "at_risk": (1, due),
        "recovered": (1, kept) if place == Standing.RECOVERED else (0, 0),
        "silent": (1, kept) if silent else (0, 0),
        "open": (1, due) if place == Standing.OPEN else (0, 0),
        "lost": (1, due) if place == Standing.LOST else (0, 0),
        "late": (1, kept) if place == Standing.LATE else (0, 0),
        "ended": (1, due) if place == Standing.ENDED else (0, 0),
        "returned": (int(place == Standing.RETURNED), invoice.returned_minor if paid else 0),
    }
    counts = {f"{k}_count": v[0] for k, v in values.items()}
    amounts = {f"{k}_minor": v[1] for k, v in values.items()}
    return Figures(**counts, **amounts, silent_at_risk_minor=due if silent else 0)


@dataclass(frozen=True, slots=True)
class Window:
    """Failures of these days, first and last included, UTC."""

    first: date = EARLIEST
    last: date = LATEST

    def __post_init__(self) -> None:
        if self.first > self.last:
            raise InvalidInput(f"from ({self.first}) must not be later than to ({self.last})")
        if self.first < EARLIEST or self.last > LATEST:
            raise InvalidInput(f"from and to must lie between {EARLIEST} and {LATEST}")

    @property
    def begins_at(self) -> datetime:
        return datetime.combine(self.first, time(), UTC)

    @property
    def ends_at(self) -> datetime:
        """The first instant that is no longer in it."""
        return datetime.combine(self.last + timedelta(days=1), time(), UTC)


def month_closed(month: str, now: datetime) -> bool:
    """Whether a month's numbers have settled: 30 days after its last day.

    `month_closed("2026-01", 2026-03-02)`: January ends on the 31st, so its cohort closes on 2 March.
    """
    year, number = map(int, month.split("-"))
    next_first = date(year + number // 12, number % 12 + 1, 1)
    return now.astimezone(UTC).date() >= next_first - timedelta(days=1) + COHORT_CLOSES_AFTER
