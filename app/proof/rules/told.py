"""What is told beside the verdict, and decides nothing. Pure, and without numpy, as pages say it too."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Parts:
    """What came of customers, in minor units. `received`: cash after refunds and disputes; `in_kind`: benefits that no
    invoice shows; `discount`: taken off these invoices, so missing from what was received and never subtracted."""

    received_minor: int = 0
    in_kind_minor: int = 0
    discount_minor: int = 0

    @property
    def kept_minor(self) -> int:
        """What the customers are worth: `received - in kind`."""
        return self.received_minor - self.in_kind_minor

    def __add__(self, other: Parts) -> Parts:
        return Parts(
            self.received_minor + other.received_minor,
            self.in_kind_minor + other.in_kind_minor,
            self.discount_minor + other.discount_minor,
        )


@dataclass(frozen=True, slots=True)
class NetKept:
    """Of treated customers of closed cohorts. `control_minor`: what would have come anyway, which is what the control
    group paid, scaled to the treated."""

    parts: Parts
    control_minor: int

    @property
    def net_minor(self) -> int:
        """`received - in kind - control`, which is the incremental of the experiment."""
        return self.parts.kept_minor - self.control_minor


@dataclass(frozen=True, slots=True)
class Cancelled:
    """Of each arm, the share whose subscription was cancelled or had ended 90 days after the first visit; each customer
    weighs one over the chance of their arm, so years of other odds do not tell the arms apart."""

    treated: float
    held_out: float

    @property
    def save_rate_net(self) -> float | None:
        """`1 - cancelled treated / cancelled held out`; None where nobody of the held out has."""
        return 1 - self.treated / self.held_out if self.held_out else None


@dataclass(frozen=True, slots=True)
class Year:
    """The same experiment watched for 365 days, by the same estimator: of months that were over a year ago.

    Amounts of treated customers, minor units; None below 30 customers in an arm, or where the report is blocked.
    """

    closed_through: str
    treated: int
    held_out: int
    received_minor: int | None = None
    in_kind_minor: int | None = None
    discount_minor: int | None = None
    incremental_minor: int | None = None
    lower_minor: int | None = None
    upper_minor: int | None = None

    @property
    def net_kept(self) -> NetKept | None:
        """The parts of what was incremental."""
        if (
            self.received_minor is None
            or self.in_kind_minor is None
            or self.discount_minor is None
            or self.incremental_minor is None
        ):
            return None
        parts = Parts(self.received_minor, self.in_kind_minor, self.discount_minor)
        return NetKept(parts, parts.kept_minor - self.incremental_minor)
