"""Whether anything may leave: the kill switch, the sending mode, and the identity of the installation."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import Row, select
from sqlalchemy.orm import Mapped, Session, mapped_column

from app.core.db import Base
from app.core.errors import ConfigurationError
from app.core.ids import new_secret


class Pause(StrEnum):
    CAMPAIGNS = "campaigns"  # a customer's own cancellation and its confirmation still go
    ALL = "all"


class Installation(Base):
    """One row: what this database was set up for, since when it watches, and whether it is paused."""

    __tablename__ = "installation"

    id: Mapped[int] = mapped_column(primary_key=True)
    public_url: Mapped[str]
    provider_key: Mapped[str | None]  # a digest; another key means another account or mode
    watching_since: Mapped[datetime]  # business time: older failures are history, not news
    paused: Mapped[str | None]
    paused_reason: Mapped[str | None]
    paused_at: Mapped[datetime | None]
    backfilled_until: Mapped[datetime | None]
    reconciled_at: Mapped[datetime | None]
    cards_scanned_at: Mapped[datetime | None]  # business time of the last daily look at expiring cards
    winback_scanned_at: Mapped[datetime | None]  # and at lapsed subscribers
    figures_kept_at: Mapped[datetime | None]  # and of the last look at the figures, app/stats/rollups
    proofs_looked_at: Mapped[datetime | None]  # and at the proof, app/proof
    address_key: Mapped[str] = mapped_column(default=new_secret)  # hashes addresses; never changes
    suppressions_known_at: Mapped[datetime | None]  # old ones were imported, or declared to be none


Registered = Row[Any]
"""The installation's row, only read: its columns as attributes."""

# Built once: it is asked for all the time.
_REGISTERED = select(Installation.__table__).where(Installation.__table__.c.id == 1)


def registered(session: Session) -> Registered | None:
    """What the installation's row says; None before the first start."""
    return session.connection().execute(_REGISTERED).first()


def installation(session: Session) -> Installation | None:
    """The row for who writes to it."""
    return session.get(Installation, 1)


def paused(session: Session, *, own_wish: bool = False) -> str | None:
    """Why nothing may leave, or None.

    `own_wish`: asked for what answers a customer's own act, a cancellation or a confirmation; only
    `pause --all` stops that.
    """
    return why_paused(registered(session), own_wish=own_wish)


def why_paused(here: Registered | None, *, own_wish: bool = False) -> str | None:
    """As `paused`, of a row that was read."""
    if here is None or here.paused is None or (own_wish and here.paused != Pause.ALL):
        return None
    return here.paused_reason or "paused"


def pause(session: Session, scope: Pause, reason: str, *, now: datetime) -> None:
    row = session.get_one(Installation, 1)
    row.paused, row.paused_reason, row.paused_at = scope, reason, now


def resume(session: Session, *, public_url: str, provider_key: str | None) -> None:
    """Go on, and take the present identity as the right one."""
    row = session.get_one(Installation, 1)
    row.paused = row.paused_reason = row.paused_at = None
    row.public_url, row.provider_key = public_url, provider_key


def register(session: Session, *, public_url: str, provider_key: str | None, now: datetime) -> str | None:
    """First start: write down what this database is for. Later: pause if that has changed, and say why."""
    row = installation(session)
    if row is None:
        session.add(Installation(id=1, public_url=public_url, provider_key=provider_key, watching_since=now))
        session.flush()
        return None
    changed = []
    if row.public_url != public_url:
        changed.append(f"public URL {row.public_url} -> {public_url}")
    if row.provider_key != provider_key:
        changed.append("provider key")
    if not changed:
        return None
    reason = f"started under another identity ({', '.join(changed)}); if it is meant, run `reclaim resume`"
    if row.paused is None:
        pause(session, Pause.ALL, reason, now=now)
    return reason


@dataclass(frozen=True, slots=True)
class SendingMode:
    """`live`, `shadow`, or an allowlist of addresses and `@domains`."""

    mode: str
    allowed: tuple[str, ...] = ()

    @classmethod
    def parse(cls, value: str) -> SendingMode:
        """`live`, `shadow` or `allowlist:a@x,@staff.example`."""
        if value in ("live", "shadow"):
            return cls(value)
        if value.startswith("allowlist:"):
            allowed = tuple(
                a.strip().lower() for a in value.removeprefix("allowlist:").split(",") if a.strip()
            )
            if allowed and all("@" in a for a in allowed):
                return cls("allowlist", allowed)
        raise ConfigurationError("RECLAIM_SENDING must be live, shadow or allowlist:a@x,@staff.example")

    def withholds(self, address: str) -> str | None:
        """Why a mail to this address is decided and recorded, but does not leave; None if it does."""
        if self.mode == "live":
            return None
        if self.mode == "shadow":
            return "shadow"
        address = address.lower()
        allowed = address in self.allowed or f"@{address.rpartition('@')[2]}" in self.allowed
        return None if allowed else "allowlist"
