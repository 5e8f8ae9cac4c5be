"""The catalogue: the `[offers.NAME]` tables of reclaim.toml."""

from __future__ import annotations

from typing import Annotated

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, model_validator

from app.offers.states import OfferKind


def _by_currency(amounts: dict[str, int]) -> dict[str, int]:
    if any(len(c) != 3 or c != c.lower() or not c.isalpha() for c in amounts):
        raise ValueError("currencies are written in three small letters, as in { eur = 500 }")
    if any(a < 0 for a in amounts.values()):
        raise ValueError("amounts are minor units from 0")
    return amounts


Amounts = Annotated[dict[str, int], AfterValidator(_by_currency)]
"""Minor units by currency: `{ eur = 500, usd = 500 }` is 5 euros or 5 dollars."""

NEEDS: dict[OfferKind, str] = {
    OfferKind.FREE_MONTHS: "months",
    OfferKind.PERCENT_OFF: "percent",
    OfferKind.AMOUNT_OFF: "amount_minor",
    OfferKind.PAUSE: "months",
    OfferKind.UPGRADE: "price",
    OfferKind.SWITCH_PLAN: "price",
    OfferKind.EXTEND_TRIAL: "days",
    OfferKind.REDIRECT: "url",
}
LONGEST_PAUSE_MONTHS = 3


class Offer(BaseModel):
    """One thing that may be given in return for staying, and to whom."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    kind: OfferKind
    months: int | None = Field(None, ge=1, le=12)
    percent: float | None = Field(None, gt=0, le=100)
    amount_minor: Amounts = {}
    days: int | None = Field(None, ge=1, le=90)
    price: str | None = None  # upgrade, switch: the other price's id
    price_minor: Amounts = {}  # switch: what a period of the other price comes to, a unit
    plan_name: str | None = Field(None, max_length=80)  # and what customers call it
    features: list[str] = []  # upgrade: what the plan has that people may miss
    by_schedule: bool = False  # upgrade: at the provider, instead of an entitlement
    coupon: str | None = None  # at the provider: the offer ends when that one is deleted there
    url: str | None = Field(None, pattern=r"^https?://\S+$", max_length=500)
    # Who may have it
    plans: list[str] = []  # ids of prices or products; empty: all
    intervals: list[str] = []
    countries: list[str] = []
    min_tenure_days: int = Field(0, ge=0)
    max_tenure_days: int | None = Field(None, ge=1)
    min_price_minor: Amounts = {}  # what a period must come to
    most_times: int = Field(1, ge=1, le=12)  # so often may one person have it at all
    cooldown_days: int = Field(180, ge=0, le=3650)  # after any offer that cost something
    stacking: bool = False  # beside another discount
    # What it may cost
    cost_minor: Amounts = {}  # upgrade: what a grant costs the merchant
    budget_minor: Amounts = {}  # a month; a currency that is missing has no limit
    most_per_month: int | None = Field(None, ge=0)

    @model_validator(mode="after")
    def _is_whole(self) -> Offer:
        needed = NEEDS.get(self.kind)
        if needed and not getattr(self, needed):
            raise ValueError(f"an offer of the kind {self.kind} needs `{needed}`")
        if self.kind in (OfferKind.PERCENT_OFF, OfferKind.AMOUNT_OFF, OfferKind.UPGRADE) and not self.months:
            raise ValueError(f"an offer of the kind {self.kind} needs `months`")
        if self.kind is OfferKind.PAUSE and (self.months or 0) > LONGEST_PAUSE_MONTHS:
            raise ValueError(f"a pause lasts {LONGEST_PAUSE_MONTHS} months at most")
        if self.kind in (OfferKind.UPGRADE, OfferKind.SWITCH_PLAN) and not self.plan_name:
            raise ValueError("`plan_name` says what customers call the other plan")
        if self.kind is OfferKind.SWITCH_PLAN and not self.price_minor:
            raise ValueError("`price_minor` says what the other plan costs, as in { eur = 900 }")
        if self.kind is OfferKind.UPGRADE and not self.features:
            raise ValueError("`features` says what the higher plan has that people may miss")
        return self


Catalogue = dict[str, Offer]
