"""When soft bounces add up, and when complaints stop a campaign. Pure; `now` is passed in.

The limits of complaints are those of the large mailbox providers: they ask for less than 0.1% and treat 0.3% as
spam. Below a thousand mails a share says little, so two complaints are shown to a person.
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

SOFT_BOUNCES = 4
SOFT_WINDOW = timedelta(days=7)
SOFT_REST = timedelta(days=7)
"""So many soft bounces within the window, and the address rests for so long."""

WINDOW = timedelta(days=7)
ENOUGH_MAILS = 1_000
WARN_PER_MILLE = 1
STOP_PER_MILLE = 3
FEW_COMPLAINTS = 2


class Alarm(StrEnum):
    NONE = "none"
    LOOK = "look"  # too few mails for a share, too many complaints for chance
    WARN = "warn"
    STOP = "stop"


@dataclass(frozen=True, slots=True)
class Tally:
    """A campaign's mails that were sent, and the complaints that came, within the window."""

    sent: int
    complaints: int

    @property
    def share(self) -> str:
        """`0.31% (5 of 1,600 mails)`."""
        percent = f"{self.complaints / self.sent:.2%} " if self.sent else ""
        return f"{percent}({self.complaints:,} of {self.sent:,} mails)"


def alarm(tally: Tally) -> Alarm:
    """What so many complaints mean: `Tally(1000, 3)` stops, `Tally(1000, 1)` warns, `Tally(999, 2)` asks to look."""
    if tally.sent < ENOUGH_MAILS:
        return Alarm.LOOK if tally.complaints >= FEW_COMPLAINTS else Alarm.NONE
    if tally.complaints * 1000 >= STOP_PER_MILLE * tally.sent:
        return Alarm.STOP
    if tally.complaints * 1000 >= WARN_PER_MILLE * tally.sent:
        return Alarm.WARN
    return Alarm.NONE


def counting_from(now: datetime, looked_at: datetime | None) -> datetime:
    """From when mails and complaints count: the window, or since a person has looked if that is later."""
    return max(now - WINDOW, looked_at) if looked_at else now - WINDOW


def rests_until(bounced_at: Collection[datetime], now: datetime) -> datetime | None:
    """Until when an address rests that has bounced softly at these times; None: it need not."""
    late = [at for at in bounced_at if now - SOFT_WINDOW < at <= now]
    return now + SOFT_REST if len(late) >= SOFT_BOUNCES else None
