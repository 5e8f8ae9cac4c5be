"""What a customer gets of us who is held out: less, and never nothing. Pure."""

from __future__ import annotations

from datetime import UTC, datetime

from app.campaigns.planner import CLOSE_TOGETHER_DAYS
from app.experiments.policy import DunningControl, ExperimentPolicy
from app.experiments.rules import Assignment, Experiment, draw

WORDS = {
    DunningControl.MINIMAL: "one notice at once, one before access ends, and the provider's own retries",
    DunningControl.PLATFORM: "the provider's own mails and retries, and our notice before access ends",
}


def experiment_of(policy: ExperimentPolicy) -> Experiment:
    """Our schedule against the configured control arm."""
    return Experiment("dunning", control=policy.dunning_control.value)


def arm_of(policy: ExperimentPolicy, customer_id: str, failed_at: datetime) -> Assignment:
    """The arm by lot of a customer whose first payment of a year failed then."""
    year = failed_at.astimezone(UTC).year
    return draw(experiment_of(policy), policy.holdout_share, year, customer_id)


def control_of(arm: str) -> DunningControl | None:
    """The control arm of this name; None: the case is treated."""
    return DunningControl(arm) if arm in set(DunningControl) else None


def control_days(control: DunningControl, first_day: int, last_day: int | None) -> list[int]:
    """Days of the notices of a control arm. `last_day`: the last one that leaves the whole warning time, None where
    nothing ends. Two that lie close together are one notice, which does both."""
    first = [first_day] if control is DunningControl.MINIMAL else []
    if last_day is None or (first and last_day - first_day < CLOSE_TOGETHER_DAYS):
        return first
    return [*first, last_day]
