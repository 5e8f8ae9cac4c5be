"""Assignments and the log of decisions."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import Index
from sqlalchemy.orm import Mapped, mapped_column

from app.core.db import Base, BigInt


class AssignmentRow(Base):
    """A customer's arm in one experiment, as of its first eligibility."""

    __tablename__ = "assignments"

    experiment: Mapped[str] = mapped_column(primary_key=True)
    customer_id: Mapped[str] = mapped_column(primary_key=True, index=True)
    arm: Mapped[str]
    propensity: Mapped[float]
    assigned_at: Mapped[datetime]


class DecisionRow(Base):
    """What was decided for a customer, under which arm and policy, on which observation."""

    __tablename__ = "decisions"

    id: Mapped[int] = mapped_column(BigInt, primary_key=True, autoincrement=True)
    at: Mapped[datetime]
    experiment: Mapped[str]
    customer_id: Mapped[str]
    case_id: Mapped[str]
    arm: Mapped[str]
    propensity: Mapped[float]
    observation: Mapped[dict[str, Any]]
    action: Mapped[str]
    policy_version: Mapped[str]

    __table_args__ = (Index("ix_decisions_case_id", "case_id"),)
