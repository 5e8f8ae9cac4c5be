"""The `[cancellation]` table of reclaim.toml: reasons, what answers them, and how subscriptions end."""

from __future__ import annotations

from enum import StrEnum

from pydantic import BaseModel, ConfigDict, Field, model_validator

from app.cancellation.states import Feedback
from app.experiments.rules import Experiment

HOLDOUT = "no_offer"
"""The arm that sees the plain page."""


class OpenInvoices(StrEnum):
    """What becomes of unpaid invoices when a late subscription is cancelled."""

    VOID = "void"
    KEEP = "keep"


class Reason(BaseModel):
    """One reason on the page. `offers`: names of the catalogue, the first that fits is shown.

    `label`: instead of the built-in words. `structural`: nothing that the merchant does would have helped.
    `resolve`: a person is asked to look at the concern, as an offer is no resolution.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    label: str | None = Field(None, max_length=80)
    feedback: Feedback = Feedback.OTHER
    structural: bool = False
    resolve: bool = False
    offers: list[str] = []
    offers_by_arm: dict[str, list[str]] = {}


def _reasons() -> dict[str, Reason]:
    """What people really say, in the order of the page."""
    return {
        "too_expensive": Reason(feedback=Feedback.TOO_EXPENSIVE),
        "not_using": Reason(feedback=Feedback.UNUSED),
        "missing_feature": Reason(feedback=Feedback.MISSING_FEATURES),
        "poor_service": Reason(feedback=Feedback.CUSTOMER_SERVICE, resolve=True),
        "switched": Reason(feedback=Feedback.SWITCHED_SERVICE),
        "temporary": Reason(feedback=Feedback.UNUSED),
        "moved": Reason(structural=True),
        "closed": Reason(structural=True),
        "other": Reason(),
    }


class CancellationPolicy(BaseModel):
    """Everything that decides a visit. Stored as a version; a case keeps the one it began with."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    reasons: dict[str, Reason] = Field(default_factory=_reasons)
    without_reason: list[str] = []  # for who gave none, or must not be asked
    fallback: str | None = None  # the no-cost offer that is shown where none of the reason's fits
    arms: dict[str, float] = {"standard": 1.0}
    past_due_invoices: OpenInvoices = OpenInvoices.VOID
    abandon_hours: int = Field(24, ge=1, le=168)
    manual_days: int = Field(2, ge=1, le=14)
    ask_after_leaving: bool = True  # one question, once, to who cancelled elsewhere without a reason

    @model_validator(mode="before")
    @classmethod
    def _onto_the_defaults(cls, values: object) -> object:
        """A table of a built-in reason changes what it names and keeps the rest."""
        if isinstance(values, dict) and isinstance(values.get("reasons"), dict):
            known = {k: r.model_dump() for k, r in _reasons().items()}
            given = {
                k: known.get(k, {}) | v if isinstance(v, dict) else v for k, v in values["reasons"].items()
            }
            return {**values, "reasons": {**known, **given}}
        return values

    @model_validator(mode="after")
    def _arms_have_weight(self) -> CancellationPolicy:
        if not self.arms or any(w <= 0 for w in self.arms.values()):
            raise ValueError("arms need a weight above 0 each")
        if HOLDOUT in self.arms:
            raise ValueError(f"`{HOLDOUT}` is the hold-out; set [experiments] holdout_share")
        return self

    @property
    def experiment(self) -> Experiment:
        """The arms against the plain page."""
        return Experiment("cancellation", control=HOLDOUT, arms=self.arms)

    def offers_for(self, reason: str | None, arm: str) -> list[str]:
        """The names to try, best first, for a reason and an arm; the hold-out gets none."""
        if arm == HOLDOUT:
            return []
        asked = self.reasons.get(reason or "")
        named = asked.offers_by_arm.get(arm, asked.offers) if asked else self.without_reason
        return [*named, *([self.fallback] if self.fallback else [])]

    @property
    def offers_named(self) -> set[str]:
        """Every offer that some reason leads to."""
        lists = [
            [*r.offers, *(n for names in r.offers_by_arm.values() for n in names)]
            for r in self.reasons.values()
        ]
        named = {name for names in [*lists, self.without_reason] for name in names}
        return named | ({self.fallback} if self.fallback else set())
