"""A person suppresses an address or lifts what stands against it; each is an act that names who and why.

Addresses stand in acts as hashes only.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

from sqlalchemy.orm import Session

from app.contacts import repository
from app.contacts.address import address_hash
from app.contacts.models import Suppression
from app.contacts.service import key_of, suppress_hash
from app.contacts.states import WITHDRAWING, SuppressionReason, SuppressionScope
from app.core import acts
from app.core.errors import Conflict, InvalidInput
from app.core.text import clean_line

WHY_LIMIT = 300
LONGEST_DAYS = 3650


def suppress(
    session: Session,
    address: str,
    scope: SuppressionScope,
    *,
    who: str,
    why: str,
    days: int | None = None,
    now: datetime,
) -> Suppression:
    """Nothing in `scope` goes to the address any more, or for some days. Raises InvalidInput."""
    said, hashed_address = _said(why), address_hash(key_of(session), address)
    if days is not None and not 1 <= days <= LONGEST_DAYS:
        raise InvalidInput(f"days: must be 1 to {LONGEST_DAYS}")
    expires_at = now + timedelta(days=days) if days else None
    before = _pictures(_standing(session, hashed_address, now))
    row = suppress_hash(
        session, hashed_address, scope, SuppressionReason.OPERATOR, f"operator:{who}", now, expires_at
    )
    after = _pictures(_standing(session, hashed_address, now))
    acts.record(
        session,
        "contacts.suppress",
        who=who,
        subject=hashed_address,
        why=said,
        before={"suppressions": before},
        after={"suppressions": after},
        now=now,
    )
    return row


def lift(
    session: Session, address: str, *, who: str, why: str, force: bool = False, now: datetime
) -> list[Suppression]:
    """The address may be written to again: everything that stands against it is lifted, or nothing.

    What the person said themselves (a complaint, an unsubscription, an objection) goes only with `force`:
    where they want mail again, record their consent instead. An erasure stands for good. Raises
    InvalidInput, and Conflict also where nothing stands.
    """
    said, hashed_address = _said(why), address_hash(key_of(session), address)
    rows = _standing(session, hashed_address, now)
    reasons = {SuppressionReason(row.reason) for row in rows}
    if not rows:
        raise Conflict("nothing stands against this address")
    if SuppressionReason.ERASURE in reasons:
        raise Conflict("the address belongs to a person who was erased: that stands for good")
    own_words = sorted(reasons & WITHDRAWING)
    if own_words and not force:
        raise Conflict(f"the person has said so themselves ({', '.join(own_words)}): that takes force")
    before = _pictures(rows)
    for row in rows:
        row.lifted_at, row.lifted_by = now, f"operator:{who}"
    session.flush()
    acts.record(
        session,
        "contacts.lift",
        who=who,
        subject=hashed_address,
        why=said,
        before={"suppressions": before},
        after={"suppressions": [], "forced": bool(own_words)},
        now=now,
    )
    return rows


def _said(why: str) -> str:
    said = clean_line(why, WHY_LIMIT)
    if not said:
        raise InvalidInput("reason: say why; it is kept with the act")
    return said


def _standing(session: Session, hashed_address: str, now: datetime) -> list[Suppression]:
    rows = repository.suppressions_of(session, [hashed_address])[hashed_address]
    return [r for r in rows if r.lifted_at is None and (r.expires_at is None or r.expires_at > now)]


def _pictures(rows: list[Suppression]) -> list[dict[str, Any]]:
    return [
        {
            "scope": row.scope,
            "reason": row.reason,
            "source": row.source,
            "since": row.since.isoformat(),
            "expires_at": row.expires_at.isoformat() if row.expires_at else None,
        }
        for row in rows
    ]
