"""Assign and log."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy.orm import Session

from app.experiments.models import AssignmentRow, DecisionRow
from app.experiments.rules import Assignment, Experiment, assign


def enrol(session: Session, experiment: Experiment, customer_id: str, *, now: datetime) -> Assignment:
    """The customer's arm: the stored one, or a new one that is stored before it is used."""
    row = session.get(AssignmentRow, (experiment.name, customer_id))
    if row is not None:
        return Assignment(row.arm, row.propensity)
    given = assign(experiment, customer_id)
    session.add(
        AssignmentRow(
            experiment=experiment.name,
            customer_id=customer_id,
            arm=given.arm,
            propensity=given.propensity,
            assigned_at=now,
        )
    )
    session.flush()
    return given


def log_decision(
    session: Session,
    experiment: Experiment,
    given: Assignment,
    *,
    customer_id: str,
    case_id: str,
    observation: dict[str, Any],
    action: str,
    policy_version: str,
    now: datetime,
) -> None:
    """Keep what was decided and on what grounds, for later estimates."""
    session.add(
        DecisionRow(
            at=now,
            experiment=experiment.name,
            customer_id=customer_id,
            case_id=case_id,
            arm=given.arm,
            propensity=given.propensity,
            observation=observation,
            action=action,
            policy_version=policy_version,
        )
    )
