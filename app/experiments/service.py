"""Assign, log, and count who was assigned."""

from __future__ import annotations

from collections.abc import Collection
from datetime import UTC, datetime
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from app.experiments.models import AssignmentRow, DecisionRow
from app.experiments.rules import Assignment, Experiment, draw

Known = dict[tuple[str, str], Assignment]
"""Arms by name of the period and customer."""


def arms_of(session: Session, customer_ids: Collection[str]) -> Known:
    """The stored arms of these customers, of every experiment and year."""
    row = AssignmentRow
    query = select(row.experiment, row.customer_id, row.arm, row.propensity).where(
        row.customer_id.in_(sorted(customer_ids))
    )
    return {
        (name, customer): Assignment(name, arm, share)
        for name, customer, arm, share in session.execute(query)
    }


def enrol(
    session: Session,
    experiment: Experiment,
    holdout_share: float,
    customer_id: str,
    known: Known,
    *,
    at: datetime,
    now: datetime,
) -> Assignment:
    """The customer's arm in the year of `at`: the `known` one (of `arms_of`), or a new one that is stored before it
    is used."""
    drawn = draw(experiment, holdout_share, at.astimezone(UTC).year, customer_id)
    key = (drawn.experiment, customer_id)
    if key not in known:
        known[key] = drawn
        session.add(
            AssignmentRow(
                experiment=drawn.experiment,
                customer_id=customer_id,
                arm=drawn.arm,
                propensity=drawn.propensity,
                assigned_at=now,
            )
        )
    return known[key]


def log_decision(
    session: Session,
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
            experiment=given.experiment,
            customer_id=customer_id,
            case_id=case_id,
            arm=given.arm,
            propensity=given.propensity,
            observation=observation,
            action=action,
            policy_version=policy_version,
        )
    )
