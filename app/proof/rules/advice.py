"""What a hold-out would prove, what it would cost and when: told before anybody sets one. Pure, and without numpy."""

from __future__ import annotations

from dataclasses import dataclass
from math import ceil, sqrt

from app.core.money import Money
from app.proof.rules.verdict import ENOUGH, PLANNED, months_needed

MANY = 200
"""Failures a month from which a tenth is enough."""
SPREAD = 0.55
"""Of the effect on one customer, as a share of the mean amount, times sqrt(share * (1 - share)). Before there is any
data of one's own it is that of simulated businesses; prices that differ more make it larger."""
CLOSING_MONTHS = 1
"""The last customers of a month are watched for another one."""


@dataclass(frozen=True, slots=True)
class Advice:
    """The outlook of a hold-out of a `share` among late payments of one currency.

    `effect`: the share of the money at risk that is assumed to come because of us, on which the rest depends.
    `cost_minor`: what then does not come in a month, in minor units. `months` None: more than three years.
    """

    share: float
    failures_per_month: float
    effect: float
    cost_minor: int
    currency: str
    months: int | None

    @property
    def sentence(self) -> str:
        cost = Money(self.cost_minor, self.currency)
        when = f"an answer in about {self.months} months" if self.months else "no answer within three years"
        return (
            f"holding out {self.share:.0%} of about {self.failures_per_month:.0f} failures a month tells what our"
            f" mails and pages bring beyond the control arm; if that is {self.effect:.0%} of the money at risk, it"
            f" costs about {cost.to_decimal()} {cost.currency.upper()} a month and gives {when}"
        )


def suggested_share(failures_per_month: float) -> float:
    """A fifth, or a tenth where there are many failures."""
    return 0.2 if failures_per_month < MANY else 0.1


def advice(failures_per_month: float, mean_amount_minor: float, share: float, currency: str) -> Advice:
    """The outlook of this share, or of the suggested one where it is 0. Amounts in minor units of the currency."""
    asked = share or suggested_share(failures_per_month)
    effect = PLANNED["dunning"]
    return Advice(
        share=asked,
        failures_per_month=failures_per_month,
        effect=effect,
        cost_minor=round(failures_per_month * mean_amount_minor * asked * effect),
        currency=currency,
        months=_months(failures_per_month, asked, effect),
    )


def _months(per_month: float, share: float, effect: float) -> int | None:
    """Until the interval is narrower than the effect, and both arms have enough customers."""
    if per_month <= 0:
        return None
    narrow = months_needed(SPREAD / sqrt(share * (1 - share)), 0, per_month, effect)
    if narrow is None:
        return None
    return max(narrow, ceil(ENOUGH / min(share, 1 - share) / per_month)) + CLOSING_MONTHS
