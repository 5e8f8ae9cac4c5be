"""What may be said of an experiment, in words. Pure, and without numpy, as pages say it too."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from app.proof.rules.sequence import customers_needed

ENOUGH = 30
"""Customers in each arm below which there is no number at all."""
MUST_COVER = 95
"""Of a hundred intervals between equals, so many must include zero, or none can be believed."""
LONGEST = 36
"""Months beyond which an answer is not promised."""
PLANNED = {"dunning": 0.08, "cancellation": 0.05, "winback": 0.05}
"""The share of the money at risk that is worth finding, fixed before any data."""
SEEN_AT_LEAST = 0.01


class Verdict(StrEnum):
    NOT_ENOUGH = "not_enough"  # a count, and nothing else
    BLOCKED = "blocked"  # the arms are not as they were drawn: no number can be believed
    NOT_YET = "not_yet"  # the interval includes zero
    PROVEN = "proven"
    PROVEN_HARM = "proven_harm"  # the interval lies below zero


@dataclass(frozen=True, slots=True)
class Outlook:
    """In how many months an answer may come, if the true effect is so large. `months` None: longer than `LONGEST`."""

    per_month: float
    effect: float
    months: int | None


def verdict(treated: int, held_out: int, lower: float | None, upper: float | None, blocked: bool) -> Verdict:
    """The one word. `lower`, `upper`: the always-valid interval of the effect."""
    if blocked:
        return Verdict.BLOCKED
    if min(treated, held_out) < ENOUGH or lower is None or upper is None:
        return Verdict.NOT_ENOUGH
    if lower > 0:
        return Verdict.PROVEN
    return Verdict.PROVEN_HARM if upper < 0 else Verdict.NOT_YET


def outlook(experiment: str, *, n: int, per_month: float, tau: float, sd: float, half: float) -> Outlook:
    """When the interval will be narrower than the effect.

    The effect is the one planned for. Had that one been true, and the interval is narrower already, it would be
    known by now: then the effect is what it looks like, one percentage point at least.
    """
    planned = PLANNED.get(experiment, min(PLANNED.values()))
    effect = planned if half > planned else max(abs(tau), SEEN_AT_LEAST)
    return Outlook(per_month, effect, months_needed(sd, n, per_month, effect))


def months_needed(sd: float, n: int, per_month: float, effect: float) -> int | None:
    """How many more months of so many customers until `sd * width < effect`; None beyond three years."""
    missing = max(0, customers_needed(sd, effect) - n)
    if missing == 0:
        return 0
    if missing > per_month * LONGEST:
        return None
    return -int(-missing // per_month)


EVENTS = {"dunning": "failures", "cancellation": "visits", "winback": "lapses"}


def words(found: Verdict, experiment: str, treated: int, held_out: int, ahead: Outlook | None) -> str:
    """The sentence under the figures."""
    match found:
        case Verdict.NOT_ENOUGH:
            return f"n = {min(treated, held_out)} of {ENOUGH}"
        case Verdict.BLOCKED:
            return (
                "blocked: the arms are not of the sizes that they were drawn with; no number can be believed"
            )
        case Verdict.PROVEN:
            return "proven: the interval excludes zero"
        case Verdict.PROVEN_HARM:
            return "proven harm: the interval lies below zero, less came than without us"
        case Verdict.NOT_YET:
            return "not proven yet." + (f" {_outlook_words(experiment, ahead)}" if ahead else "")


def _outlook_words(experiment: str, ahead: Outlook) -> str:
    rate = f"At ~{ahead.per_month:.0f} {EVENTS.get(experiment, 'customers')} a month"
    effect = f"if the true effect is {ahead.effect * 100:.0f} pp"
    if ahead.months is None:
        return f"{rate} there will be no answer within three years {effect}."
    many = f"{ahead.months} more months" if ahead.months != 1 else "one more month"
    return f"{rate} expect an answer in about {many} {effect}."
