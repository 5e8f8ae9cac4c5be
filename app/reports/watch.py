"""The worker's part: put the month's report down when it is due, once for each owner."""

from __future__ import annotations

from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import structlog
from sqlalchemy import func, select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from app.core.brand import Brand
from app.core.clock import Clock
from app.core.db import Database
from app.core.gates import Registered
from app.core.i18n import zone_of
from app.outbox.models import Mail
from app.outbox.service import NOBODY, queue_mail
from app.outbox.states import MailPurpose
from app.reports.figures import context_of
from app.reports.policy import ReportPolicy
from app.reports.rules import Edition, edition_at, is_time, next_edition, window_of

log = structlog.get_logger()

OWNER_REPORT = "owner_report"


@dataclass(frozen=True)
class ReportWatch:
    """What a worker needs to write the monthly report."""

    db: Database
    clock: Clock
    policy: ReportPolicy
    brand: Brand
    public_url: str

    while_paused = False

    def is_due(self, session: Session, here: Registered | None, now: datetime) -> bool:
        edition = self._edition(now)
        if not self.policy.owner or not is_time(edition, now):
            return False
        if here is None or here.watching_since >= window_of(edition.month).ends_at:
            return False  # there was nothing to see yet
        keys = [self._key(edition, owner) for owner in self.policy.owner]
        known = session.scalar(select(func.count()).where(Mail.key.in_(keys)))
        return (known or 0) < len(set(keys))

    def next_due(self, session: Session, here: Registered | None, after: datetime) -> datetime | None:
        return (
            next_edition(after, zone_of(self.brand.default_time_zone)).due_at if self.policy.owner else None
        )

    def run(self) -> int:
        """Write this month's report; how many mails were put down."""
        now = self.clock()
        edition = self._edition(now)
        with self.db.read() as session:
            context = context_of(session, edition, self.public_url)
        written = 0
        for owner in self.policy.owner:
            with suppress(IntegrityError):  # another worker was quicker
                written += self._queue(owner, edition, context, now)
        log.info("report.written", key=edition.key, mails=written)
        return written

    def _queue(self, owner: str, edition: Edition, context: dict[str, Any], now: datetime) -> bool:
        with self.db.write() as session:
            mail = queue_mail(
                session,
                key=self._key(edition, owner),
                name=OWNER_REPORT,
                purpose=MailPurpose.CONFIRMATION,  # of no campaign: caps and brakes do not concern it
                customer_id=NOBODY,
                case_id=None,
                step_id=None,
                to_address=owner,
                locale=self.brand.default_locale,
                context=context,
                due_at=now,
                now=now,
            )
        return mail is not None

    def _edition(self, now: datetime) -> Edition:
        return edition_at(now, zone_of(self.brand.default_time_zone))

    def _key(self, edition: Edition, owner: str) -> str:
        return f"{edition.key}:{owner.lower()}"
