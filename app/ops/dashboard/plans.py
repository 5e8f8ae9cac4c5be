"""The plans that there are, to choose from."""

from __future__ import annotations

from collections import Counter

from sqlalchemy import select

from app.ops.dashboard.desk import Desk
from app.stats.names import PlanName


def plans(desk: Desk) -> list[tuple[str, str]]:
    """Every plan that stands in a figure, its id and its name; of two of one name each shows its id as well."""
    found = desk.session.execute(
        select(PlanName.plan, PlanName.name).order_by(PlanName.name, PlanName.plan)
    ).all()
    names = Counter(row.name for row in found)
    return [(row.plan, _words(row.plan, row.name, names[row.name] == 1)) for row in found]


def _words(plan: str, name: str, alone: bool) -> str:
    if not name:
        return plan
    return name if alone else f"{name} ({plan})"
