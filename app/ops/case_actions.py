"""What a person may do to a case: hold it, release it, close it. Who did it is on the timeline."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from enum import StrEnum

from sqlalchemy.orm import Session

from app.cases import repository as case_rows
from app.cases import service as engine
from app.cases.models import Case
from app.core.errors import InvalidInput, NotFound
from app.core.text import clean_line
from app.dunning.settling import AUTOMATIC_HOLD

REASON_LIMIT = 300


class CaseAct(StrEnum):
    HOLD = "hold"
    RELEASE = "release"
    CLOSE = "close"


def act(
    session: Session, what: CaseAct, case_id: str, *, who: str, reason: str | None, now: datetime
) -> Case:
    """Carry out one act; raises NotFound, Conflict where the case's state forbids it, InvalidInput."""
    said = _clean(reason)
    case = case_rows.get(session, case_id, lock=True)
    if case is None:
        raise NotFound(f"there is no case {case_id}")
    _ACTS[what](session, case, who, said, now)
    session.flush()
    return case


def _clean(reason: str | None) -> str | None:
    """One line without control characters; a wish must not look like a decision of the rules."""
    said = clean_line(reason or "", REASON_LIMIT).rstrip(".").strip()
    if said.lower().startswith(AUTOMATIC_HOLD.strip()):
        raise InvalidInput(
            f'reason: must not begin with "{AUTOMATIC_HOLD.strip()}", which marks our own holds'
        )
    return said or None


def _hold(session: Session, case: Case, who: str, said: str | None, now: datetime) -> None:
    engine.hold(session, case, f"{said or 'by hand'} (by {who})", now=now)


def _release(session: Session, case: Case, who: str, said: str | None, now: datetime) -> None:
    engine.release(session, case, f"{said or 'released by hand'} (by {who})", now=now)


def _close(session: Session, case: Case, who: str, said: str | None, now: datetime) -> None:
    why = f": {said}" if said else ""
    sentence = f"Stopped by hand (by {who}){why}. These invoices never open a case again."
    engine.stop(session, case, sentence, now=now)


_ACTS: dict[CaseAct, Callable[[Session, Case, str, str | None, datetime], None]] = {
    CaseAct.HOLD: _hold,
    CaseAct.RELEASE: _release,
    CaseAct.CLOSE: _close,
}
