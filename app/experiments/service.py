"""Assign and log."""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from app.experiments.models import AssignmentRow, DecisionRow
from app.experiments.rules import Assignment, Experiment, assign


def arms_of(session: Session, experiment: Experiment, customer_ids: Collection[str]) -> dict[str, Assignment]:
    """The stored arms of these customers; who was never eligible is absent."""
    query = select(AssignmentRow.customer_id, AssignmentRow.arm, AssignmentRow.propensity).where(
        AssignmentRow.experiment == experiment.name, AssignmentRow.customer_id.in_(sorted(customer_ids))
    )
    return {customer: Assignment(arm, share) for customer, arm, share in session.execute(query)}


def enrol(
    session: Session, experiment: Experiment, customer_id: str, known: dict[str, Assignment], *, now: datetime
) -> Assignment:
    """The customer's arm: the `known` one (of `arms_of`), or a new one that is stored before it is used."""
    if customer_id not in known:
        given = known[customer_id] = assign(experiment, customer_id)
        session.add(
            AssignmentRow(
                experiment=experiment.name,
                customer_id=customer_id,
                arm=given.arm,
                propensity=given.propensity,
                assigned_at=now,
            )
        )
    return known[customer_id]


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
