"""Which reports are kept as roll-ups. A report that is new here is computed from the first day on by the next look."""

from __future__ import annotations

from typing import Any

from app.stats.cancellations_raw import CANCELLATIONS
from app.stats.expiring_raw import NOTICES
from app.stats.mail_raw import MAILS
from app.stats.offers_raw import OFFERS
from app.stats.recovery_raw import RECOVERY
from app.stats.renewals_raw import CYCLES, ENDS
from app.stats.retention_raw import JOINED, LEFT
from app.stats.rollups.report import Rollup
from app.stats.waits import WAITS
from app.stats.winback_raw import WINBACK

REPORTS: tuple[Rollup[Any], ...] = (
    RECOVERY,
    MAILS,
    CANCELLATIONS,
    OFFERS,
    NOTICES,
    WAITS,
    JOINED,
    LEFT,
    CYCLES,
    ENDS,
    WINBACK,
)
