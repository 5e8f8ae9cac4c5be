"""From a list of days to dated steps, fitted to the time the payment provider leaves. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from zoneinfo import ZoneInfo

from app.contacts.rules import SendingHours, last_open, next_open, on_day

CLOSE_TOGETHER_DAYS = 2
"""Two steps nearer than this are one step: the later date is kept."""


class Stage(StrEnum):
    FIRST = "first"
    REMINDER = "reminder"
    LAST_WARNING = "last_warning"  # names the date on which access ends


@dataclass(frozen=True, slots=True)
class PlannedStep:
    """One dated contact. `number` counts from 0 within its schedule."""

    number: int
    stage: Stage | None
    due_at: datetime


@dataclass(frozen=True, slots=True)
class Frame:
    """What a schedule is laid into. `ends_at`: when the provider ends access, None if it never does."""

    anchor: datetime
    zone: ZoneInfo
    hours: SendingHours
    ends_at: datetime | None
    warn_days: int = 3

    @property
    def ends_after_days(self) -> int | None:
        """Whole days until the end."""
        return (self.ends_at - self.anchor) // timedelta(days=1) if self.ends_at else None

    @property
    def last_day(self) -> int | None:
        """The last day that leaves the whole warning time."""
        return None if self.ends_after_days is None else max(0, self.ends_after_days - self.warn_days)


def fitted(days: Sequence[int], ends_after_days: int | None, warn_days: int) -> list[int]:
    """Days that leave `warn_days` before the end, the last of them as late as that allows.

    `fitted([0, 3, 7, 14], 14, 3) == [0, 3, 7, 11]`; `fitted([5, 10, 20], 14, 3) == [5, 11]`;
    `fitted([5, 10, 20], 7, 3) == [4]`; without an end the days stay as they are.
    """
    if ends_after_days is None:
        return list(days)
    limit = max(0, ends_after_days - warn_days)
    kept = [d for d in days if d <= limit]
    if len(kept) == len(days) and kept:
        return kept
    if kept and limit - kept[-1] < CLOSE_TOGETHER_DAYS:
        return [*kept[:-1], limit]
    return [*kept, limit]


def plan(days: Sequence[int], frame: Frame, *, now: datetime, already_sent: int = 0) -> list[PlannedStep]:
    """Dated steps from a schedule, without the `already_sent` first ones.

    Of steps whose day has passed only the newest is kept, and it is due at once, unless the next one
    comes no later. The last step warns,
    and is moved forward, if need be, to leave the whole warning time.
    """
    fit = fitted(days, frame.ends_after_days, frame.warn_days)
    steps = [
        PlannedStep(number, _stage(number, len(fit), frame), _due(day, frame))
        for number, day in enumerate(fit)
        if number >= already_sent
    ]
    past = [s for s in steps if s.due_at <= now]
    coming = [s for s in steps if s.due_at > now]
    if past:
        newest, at = past[-1], next_open(now, frame.zone, frame.hours)
        if not coming or at < coming[0].due_at:
            coming.insert(0, PlannedStep(newest.number, newest.stage, at))
    return coming


def _due(day: int, frame: Frame) -> datetime:
    at = frame.anchor if day == 0 else on_day(frame.anchor, day, frame.zone, frame.hours)
    due_at = next_open(at, frame.zone, frame.hours)
    if frame.ends_at is not None:
        latest = last_open(frame.ends_at - timedelta(days=frame.warn_days), frame.zone, frame.hours)
        if due_at > latest >= frame.anchor:
            return latest
    return due_at


def _stage(number: int, count: int, frame: Frame) -> Stage:
    if number == count - 1 and frame.ends_at is not None:
        return Stage.LAST_WARNING
    return Stage.FIRST if number == 0 else Stage.REMINDER
