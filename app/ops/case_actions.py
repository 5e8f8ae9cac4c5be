"""What a person may do to a case: hold, release, close it, or note that the customer has answered.

Who did it stands on the timeline, and in the register of operators' acts with what was before and after.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any

from sqlalchemy.orm import Session

from app.cases import repository as case_rows
from app.cases import service as engine
from app.cases.models import Case
from app.core import acts
from app.core.errors import Conflict, InvalidInput, NotFound
from app.core.text import clean_line
from app.dunning.settling import AUTOMATIC_HOLD
from app.feedback.answers import hold_for_answer

REASON_LIMIT = 300
LONGEST_HOLD = timedelta(days=366)


class CaseAct(StrEnum):
    HOLD = "hold"
    RELEASE = "release"
    CLOSE = "close"
    ANSWERED = "answered"


@dataclass(frozen=True, slots=True)
class Order:
    """One act. `until`: when a hold ends by itself; `reply_days`: how long an answer holds."""

    who: str
    said: str | None
    now: datetime
    until: datetime | None
    reply_days: int


def act(
    session: Session,
    what: CaseAct,
    case_id: str,
    *,
    who: str,
    reason: str | None,
    now: datetime,
    until: datetime | None = None,
    reply_days: int = 7,
) -> Case:
    """Carry out one act; raises NotFound, Conflict where the case's state forbids it, InvalidInput."""
    order = Order(who, _clean(reason), now, _end(what, until, now), reply_days)
    case = case_rows.get(session, case_id, lock=True)
    if case is None:
        raise NotFound(f"there is no case {case_id}")
    before = _picture(case)
    _ACTS[what](session, case, order)
    session.flush()
    after = _picture(case)
    acts.record(
        session,
        f"case.{what}",
        who=who,
        subject=case.id,
        why=order.said,
        before={k: v for k, v in before.items() if v != after[k]},
        after={k: v for k, v in after.items() if v != before[k]},
        now=now,
    )
    return case


def _clean(reason: str | None) -> str | None:
    """One line without control characters; a wish must not look like a decision of the rules."""
    said = clean_line(reason or "", REASON_LIMIT).rstrip(".").strip()
    if said.lower().startswith(AUTOMATIC_HOLD.strip()):
        raise InvalidInput(
            f'reason: must not begin with "{AUTOMATIC_HOLD.strip()}", which marks our own holds'
        )
    return said or None


def _end(what: CaseAct, until: datetime | None, now: datetime) -> datetime | None:
    if until is None:
        return None
    if what is not CaseAct.HOLD:
        raise InvalidInput("until: only a hold has an end")
    if not now < until <= now + LONGEST_HOLD:
        raise InvalidInput("until: must lie in the future, a year away at most")
    return until


def _picture(case: Case) -> dict[str, Any]:
    return {
        "state": case.state,
        "outcome": case.outcome,
        "held_reason": case.held_reason,
        "held_until": case.held_until.isoformat() if case.held_until else None,
    }


def _hold(session: Session, case: Case, order: Order) -> None:
    reason = f"{order.said or 'by hand'} (by {order.who})"
    engine.hold(session, case, reason, now=order.now, until=order.until)


def _release(session: Session, case: Case, order: Order) -> None:
    engine.release(session, case, f"{order.said or 'released by hand'} (by {order.who})", now=order.now)


def _close(session: Session, case: Case, order: Order) -> None:
    why = f": {order.said}" if order.said else ""
    sentence = f"Stopped by hand (by {order.who}){why}. These invoices never open a case again."
    engine.stop(session, case, sentence, now=order.now)


def _answered(session: Session, case: Case, order: Order) -> None:
    if case.outcome is not None:
        raise Conflict(f"{case.id} is closed ({case.outcome}); nothing of it waits for an answer")
    by = f"{order.said}, by {order.who}" if order.said else f"by {order.who}"
    hold_for_answer(session, case.customer_id, [case], order.reply_days, now=order.now, by=by)


_ACTS: dict[CaseAct, Callable[[Session, Case, Order], None]] = {
    CaseAct.HOLD: _hold,
    CaseAct.RELEASE: _release,
    CaseAct.CLOSE: _close,
    CaseAct.ANSWERED: _answered,
}
