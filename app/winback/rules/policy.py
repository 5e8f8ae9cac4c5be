"""The `[winback]` table of reclaim.toml: who is invited back, when, by which way, and with what."""

from __future__ import annotations

from pydantic import BaseModel, ConfigDict, Field, model_validator

from app.experiments.rules import Experiment
from app.winback.states import Anchor, Channel, LapseKind

HOLDOUT = "no_mail"
"""The arm that is enrolled, hears nothing, and is measured on the same dates."""


class Contact(BaseModel):
    """One planned contact, so many days after its anchor."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    days: int = Field(ge=0, le=365)
    by: Channel = Channel.MAIL
    after: Anchor = Anchor.END


class ReasonPolicy(BaseModel):
    """What answers one reason of the cancel page. `offers`: names of the catalogue, the first that fits is made."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    offers: list[str] = []


def _steps() -> dict[LapseKind, list[Contact]]:
    return {
        LapseKind.INVOLUNTARY: [Contact(days=3), Contact(days=14), Contact(days=45)],
        LapseKind.VOLUNTARY: [
            Contact(days=2, after=Anchor.CANCELLATION),
            Contact(days=30),
            Contact(days=90),
        ],
        LapseKind.SWITCHED: [Contact(days=30)],
        LapseKind.MOVED: [Contact(days=3), Contact(days=14, by=Channel.LETTER)],
        LapseKind.CLOSED: [Contact(days=3), Contact(days=14, by=Channel.CALL)],
    }


class WinbackPolicy(BaseModel):
    """Everything that decides about lapsed subscribers. Stored as a version; a case keeps the one it began with."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    enabled: bool = False  # marketing begins by the operator's decision, not by an update
    steps: dict[LapseKind, list[Contact]] = Field(default_factory=_steps)
    offers: list[str] = []  # for who gave no reason that has its own
    reasons: dict[str, ReasonPolicy] = {}
    successors: dict[str, str] = {}  # price that is gone -> the one in its place
    max_age_days: int = Field(180, ge=1, le=1095)
    first_run_most: int = Field(100, ge=1, le=100_000)
    most_per_day: int = Field(200, ge=1, le=100_000)
    once_in_days: int = Field(365, ge=30, le=3650)  # a sequence that brought nobody back, for one person
    offer_once_in_days: int = Field(365, ge=0, le=3650)  # anything that costs something, for one person
    stop_after: int = Field(3, ge=1, le=6, description="contacts without a click")
    give_up_days: int = Field(30, ge=1, le=180, description="after the last step")

    @model_validator(mode="before")
    @classmethod
    def _onto_the_defaults(cls, values: object) -> object:
        """A kind that is named changes, the others stay."""
        if isinstance(values, dict) and isinstance(values.get("steps"), dict):
            known = {kind.value: [c.model_dump() for c in steps] for kind, steps in _steps().items()}
            return {**values, "steps": {**known, **values["steps"]}}
        return values

    @property
    def experiment(self) -> Experiment:
        """Our invitations against none."""
        return Experiment("winback", control=HOLDOUT)

    def offers_for(self, kind: LapseKind, reason: str | None, arm: str) -> list[str]:
        """The names to try, best first. Only who left by their own will is offered anything that costs."""
        if arm == HOLDOUT or kind is not LapseKind.VOLUNTARY:
            return []
        asked = self.reasons.get(reason or "")
        return asked.offers if asked is not None else self.offers

    @property
    def offers_named(self) -> set[str]:
        """Every offer that is named somewhere."""
        return {*self.offers, *(name for reason in self.reasons.values() for name in reason.offers)}
