"""When somebody is written to, sent a letter or called, by the kind of their lapse. Pure."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime
from zoneinfo import ZoneInfo

from app.contacts.rules.hours import SendingHours, next_open, on_day
from app.winback.rules.policy import Contact
from app.winback.states import Anchor, Channel


@dataclass(frozen=True, slots=True)
class Anchors:
    """What days are counted from. `early`: the law of the place lets us write while the paid time runs."""

    ends_at: datetime
    cancelled_at: datetime | None
    running: bool
    early: bool


@dataclass(frozen=True, slots=True)
class Planned:
    """One dated contact. `number` is its place in the policy's list."""

    number: int
    by: Channel
    after: Anchor
    due_at: datetime


def plan(
    contacts: Sequence[Contact],
    anchors: Anchors,
    zone: ZoneInfo,
    hours: SendingHours,
    *,
    now: datetime,
    gone: Collection[int] = (),
) -> list[Planned]:
    """The contacts still to come, soonest first; `gone`: numbers that were decided already.

    Of those whose day has passed only the newest is kept, and is due at once, unless the next comes no later.
    """
    dated = []
    for number, contact in enumerate(contacts):
        due_at = _due(contact, anchors, zone, hours)
        if due_at is not None and number not in gone:
            dated.append(Planned(number, contact.by, contact.after, due_at))
    dated.sort(key=lambda p: (p.due_at, p.number))
    past = [p for p in dated if p.due_at <= now]
    coming = [p for p in dated if p.due_at > now]
    if past:
        at = next_open(now, zone, hours)
        if not coming or at < coming[0].due_at:
            newest = past[-1]
            coming.insert(0, Planned(newest.number, newest.by, newest.after, at))
    return coming


def _due(contact: Contact, anchors: Anchors, zone: ZoneInfo, hours: SendingHours) -> datetime | None:
    if contact.after is Anchor.END:
        return next_open(on_day(anchors.ends_at, contact.days, zone, hours), zone, hours)
    if not anchors.running or not anchors.early or anchors.cancelled_at is None:
        return None
    due_at = next_open(on_day(anchors.cancelled_at, contact.days, zone, hours), zone, hours)
    return due_at if due_at < anchors.ends_at else None
