"""What became of a due step, for the log of decisions."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy.orm import Session

from app.cases.models import Case, Step
from app.cases.service import assignment_of
from app.experiments.service import log_decision

SENT = "step.sent"
SKIPPED = "step.skipped"


def log_step(
    session: Session, case: Case, step: Step, action: str, why: str | None = None, *, now: datetime
) -> None:
    """Keep what became of a step. Only where the case could have come to another arm: nothing else is compared."""
    if case.propensity == 1:
        return
    log_decision(
        session,
        assignment_of(case),
        customer_id=case.customer_id,
        case_id=case.id,
        observation={"class": case.category, "step": step.number, "stage": step.stage, "why": why},
        action=action,
        policy_version=case.policy_version,
        now=now,
    )
