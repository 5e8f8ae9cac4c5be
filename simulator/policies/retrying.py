"""Services that try the card themselves. The product does not, so these are not comparable with it."""

from __future__ import annotations

from simulator.observation import Policy
from simulator.policies.mailing import AfterEveryFailure, OnDays
from simulator.retries import Retries

RETRYING: tuple[tuple[Policy, Retries], ...] = (
    (AfterEveryFailure("A: three retries, a mail after each failure"), Retries((3, 8, 15, 22))),
    (OnDays((0, 3, 7), "B: four retries in a week, mails 0/3/7"), Retries((1, 3, 5, 7))),
    (OnDays((0, 3, 7, 14), "spread: eight retries in four weeks"), Retries((1, 3, 5, 8, 12, 16, 21, 27))),
    (OnDays((0, 3, 7, 14), "C: smart retries, two weeks"), Retries((1, 2, 3, 5, 7, 9, 11, 14), smart=True)),
)
"""Each is watched for thirty days: they do not end access."""
