"""The table of looks."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import Index
from sqlalchemy.orm import Mapped, mapped_column

from app.core.db import Base, BigInt, one_of
from app.proof.rules.verdict import Verdict


class Proof(Base):
    """One look at one experiment against one control arm in one currency; a new one when its numbers change.

    Between two, the newest one is brought up to date: `cohorts`, `ratio_p`, `guardrails` and what is secondary are of
    every day.

    Counts without a prefix are of closed cohorts. Amounts are minor units of `currency`; `tau`, `half` and `sd` are
    shares of the money at risk. All of these are None where no number may be said.

    The last six are secondary, app/proof/rules/told.py: they decide nothing and make no new look.
    """

    __tablename__ = "proofs"

    id: Mapped[int] = mapped_column(BigInt, primary_key=True, autoincrement=True)
    experiment: Mapped[str]
    control: Mapped[str]
    currency: Mapped[str]
    look_at: Mapped[datetime]  # since when these numbers are so
    looked_at: Mapped[datetime]  # and until when they still were
    closed_through: Mapped[str | None]  # the last month that counts, "2026-05"
    cohorts: Mapped[list[Any]]  # every month with its counts, also the open ones
    treated: Mapped[int]
    held_out: Mapped[int]
    verdict: Mapped[str]
    at_risk_minor: Mapped[int | None] = mapped_column(BigInt)  # of treated customers, as the amounts below
    collected_minor: Mapped[int | None] = mapped_column(BigInt)
    incremental_minor: Mapped[int | None] = mapped_column(BigInt)
    lower_minor: Mapped[int | None] = mapped_column(BigInt)
    upper_minor: Mapped[int | None] = mapped_column(BigInt)
    tau: Mapped[float | None]
    half: Mapped[float | None]
    sd: Mapped[float | None]
    per_month: Mapped[float | None]  # the outlook: so many customers a month,
    effect: Mapped[float | None]  # an effect of so much of the money at risk,
    months: Mapped[int | None]  # an answer in so many months; None with the other two: not within three years
    ratio_p: Mapped[float]  # how likely arms of such sizes are
    self_check_covered: Mapped[int | None]  # of a hundred A/A draws
    self_check_passed_at: Mapped[datetime | None]  # the last time, also of an earlier look
    reminders: Mapped[int]  # sent to treated customers,
    recovered: Mapped[int]  # of whom so many paid
    guardrails: Mapped[dict[str, Any]]
    received_minor: Mapped[int | None] = mapped_column(BigInt)  # of treated customers: `collected` is
    in_kind_minor: Mapped[int | None] = mapped_column(BigInt)  # what was received less this;
    discount_minor: Mapped[int | None] = mapped_column(BigInt)  # missing from what was received already
    cancelled_treated: Mapped[float | None]  # share of an arm
    cancelled_held_out: Mapped[float | None]
    year: Mapped[dict[str, Any] | None]  # the same within 365 days, `Year`

    __table_args__ = (
        one_of("verdict", Verdict),
        Index("ix_proofs_what", "experiment", "control", "currency", "id"),
    )


class Survival(Base):
    """The newest curve of one kind: how many are still there, so many days after. Made anew by each daily look.

    `steps`: pairs of a day and the share that is still there from it on; `at_risk`: how many were still there and
    watched, at each of the days of app/proof/rules/survival.py. `compared`, `logrank_p`: app/proof/survivals.py, the
    same p-value on both curves of a kind.
    """

    __tablename__ = "survivals"

    after: Mapped[str] = mapped_column(primary_key=True)  # visit, save, return, recovery
    held_out: Mapped[bool] = mapped_column(primary_key=True)
    n: Mapped[int]
    ended: Mapped[int]
    steps: Mapped[list[Any]]
    at_risk: Mapped[list[Any]]
    compared: Mapped[int | None]  # None: not looked at since there is such a column
    logrank_p: Mapped[float | None]
    made_at: Mapped[datetime]
