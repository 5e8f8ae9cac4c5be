"""Lines of a list of cases: who, how much, what comes next. Read for a whole page at once."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from app.billing import repository as billing
from app.billing.states import CustomerState
from app.cases import repository as case_rows
from app.cases.models import Case, Step
from app.core.money import Money, total
from app.core.text import clean_person_name
from app.dunning.models import DunningInvoice


@dataclass(frozen=True, slots=True)
class CaseLine:
    """One case with what a line shows of it. `name` is fit to be shown, or None."""

    case: Case
    name: str | None
    email: str | None
    amounts: list[Money]
    next_step: Step | None


def lines_of(session: Session, cases: Sequence[Case]) -> list[CaseLine]:
    """Lines of these cases, in their order."""
    if not cases:
        return []
    customers = billing.load(session, CustomerState, {c.customer_id for c in cases})
    amounts = _amounts(session, [c.id for c in cases])
    steps = case_rows.planned_steps(session, [c.id for c in cases])
    lines = []
    for case in cases:
        customer = customers.get(case.customer_id)
        lines.append(
            CaseLine(
                case=case,
                name=clean_person_name(customer.name) if customer else None,
                email=customer.email if customer else None,
                amounts=amounts.get(case.id, []),
                next_step=next(iter(steps[case.id]), None),
            )
        )
    return lines


def _amounts(session: Session, case_ids: Sequence[str]) -> dict[str, list[Money]]:
    """What was at risk in each case, by currency."""
    query = (
        select(DunningInvoice.case_id, DunningInvoice.currency, func.sum(DunningInvoice.at_risk_minor))
        .where(DunningInvoice.case_id.in_(sorted(case_ids)))
        .group_by(DunningInvoice.case_id, DunningInvoice.currency)
    )
    found: dict[str, list[Money]] = {}
    for case_id, currency, amount in session.execute(query):
        found.setdefault(case_id, []).append(Money(int(amount), currency))
    return {case_id: total(parts) for case_id, parts in found.items()}
