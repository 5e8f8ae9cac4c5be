"""The `[experiments]` table of reclaim.toml: how many are held out, and what they get instead."""

from __future__ import annotations

from enum import StrEnum

from pydantic import BaseModel, ConfigDict, Field, model_validator


class DunningControl(StrEnum):
    """What a customer gets of us after a failed payment who is held out."""

    MINIMAL = "minimal"  # one notice at once, one before access ends
    PLATFORM = "platform"  # the provider's own mails, and our notice before access ends


class ExperimentPolicy(BaseModel):
    """The hold-out of the whole installation: one share for every experiment."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    holdout_share: float = Field(0, ge=0, le=0.5)
    dunning_control: DunningControl = DunningControl.MINIMAL
    platform_mails_confirmed: bool = False

    @model_validator(mode="after")
    def _nobody_is_left_in_silence(self) -> ExperimentPolicy:
        if self.dunning_control is DunningControl.PLATFORM and not self.platform_mails_confirmed:
            raise ValueError(
                'dunning_control = "platform" leaves the first notice to the provider: see in its settings that its own'
                " mails about failed payments are on and reach the customers who are held out (let a test payment"
                " fail), then set platform_mails_confirmed = true"
            )
        return self
