"""What must not get worse while we collect more. Pure; arrays in, so that the simulator asks the same functions.

Looked at every day, so every interval holds at every look.
"""

from __future__ import annotations

from dataclasses import dataclass
from math import log, log1p

import numpy as np
from scipy.optimize import brentq
from scipy.special import betaln

from app.feedback.rules import ENOUGH_MAILS, FEW_COMPLAINTS, STOP_PER_MILLE, WARN_PER_MILLE, Alarm
from app.proof.rules.estimate import effect
from app.proof.rules.sequence import ALPHA, width
from app.proof.rules.units import Bools, Floats, Ints, Sample
from app.proof.rules.verdict import ENOUGH


def proportion(happened: int, n: int) -> tuple[float, float]:
    """The always-valid 95% interval of one share: Robbins' beta-binomial mixture, with a uniform mixing measure.

    0 of 188 may still be up to 4.3%.
    """
    if n == 0:
        return 0.0, 1.0
    evidence = betaln(happened + 1, n - happened + 1) + log(ALPHA)

    def surplus(p: float) -> float:
        """Below zero within the interval."""
        return float(evidence - happened * log(p) - (n - happened) * log1p(-p))

    tiny, found = 1e-12, happened / n
    lower = brentq(surplus, tiny, min(found, 1 - tiny)) if happened and surplus(tiny) > 0 else 0.0
    upper = brentq(surplus, max(found, tiny), 1 - tiny) if happened < n else 1.0
    return lower, upper


def complaints(sent: int, complained: int) -> Alarm:
    """How the complaints of an experiment's mails are to be taken, over its whole time.

    Warns and stops where the lower end of the interval has reached 0.10% and 0.30%. The brake of seven days
    (app/feedback/brake.py) is quicker and coarser; this one sees what is slightly too much for a long time.
    """
    if sent < ENOUGH_MAILS:
        return Alarm.LOOK if complained >= FEW_COMPLAINTS else Alarm.NONE
    lower, _ = proportion(complained, sent)
    if lower * 1000 >= STOP_PER_MILLE:
        return Alarm.STOP
    return Alarm.WARN if lower * 1000 >= WARN_PER_MILLE else Alarm.NONE


@dataclass(frozen=True, slots=True)
class Difference:
    """How much more often something bad happened to treated customers. No number below 30 in an arm."""

    treated: int
    treated_bad: int
    held_out: int
    held_out_bad: int
    difference: float | None = None
    half: float | None = None

    @property
    def crossed(self) -> bool:
        """Whether the whole interval lies above zero: treatment does harm."""
        return self.difference is not None and self.half is not None and self.difference - self.half > 0


def difference(treated: Bools, pi: Floats, stratum: Ints, bad: Bools) -> Difference:
    """Shares to whom it happened, treated minus held out, by the same estimator.

    Rare things have often not happened to anybody of a small arm, whose spread then looks like zero. So the spread
    is at least that of shares with one more who had it and one who had not.
    """
    n1, n0 = int(np.count_nonzero(treated)), int(np.count_nonzero(~treated))
    bad1, bad0 = int(np.count_nonzero(treated & bad)), int(np.count_nonzero(~treated & bad))
    if min(n1, n0) < ENOUGH:
        return Difference(n1, bad1, n0, bad0)
    found = effect(Sample(treated, pi, stratum, np.ones(len(treated)), bad.astype(np.float64)))
    likely1, likely0 = (bad1 + 1) / (n1 + 2), (bad0 + 1) / (n0 + 2)
    least = likely1 * (1 - likely1) * np.mean(1 / pi) + likely0 * (1 - likely0) * np.mean(1 / (1 - pi))
    sd = max(found.sd, float(np.sqrt(least)))
    return Difference(n1, bad1, n0, bad0, found.tau, sd * width(len(treated)))
