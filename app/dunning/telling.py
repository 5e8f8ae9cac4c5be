"""What the merchant's systems are told of dunning cases by webhook: ids, amounts, outcome, access; no person."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from app.alerts.telling import late_payment
from app.cases.models import Case
from app.cases.states import CaseState, Outcome
from app.core.money import Money, total
from app.dunning.desk import Desk
from app.dunning.rules.access import Access, access_of, best
from app.hooks import service as hooks
from app.hooks.states import HookType

ENDS = {Outcome.RECOVERED: HookType.CASE_RECOVERED, Outcome.LOST: HookType.CASE_LOST}


def tell_opened(desk: Desk, case: Case) -> None:
    """Once it stays open: a failure that is learnt of after its payment is no news for anybody."""
    _tell(desk, case, HookType.CASE_OPENED)
    rows = [desk.rows[d.invoice.id] for d in desk.debts(case)]
    late_payment(
        desk.session,
        desk.setup.alerts,
        case_id=case.id,
        customer_id=case.customer_id,
        category=case.category,
        at_risk=total(Money(r.at_risk_minor, r.currency) for r in rows if r.result is None),
        now=desk.now,
    )


def tell_end(desk: Desk, case: Case) -> None:
    """Recovered or lost; also where a late delivery shows that a case ended otherwise than was told."""
    told = ENDS.get(Outcome(case.outcome)) if case.outcome else None
    if told is not None:
        _tell(desk, case, told)


def _tell(desk: Desk, case: Case, type: HookType) -> None:
    if not hooks.is_wanted(desk.session, type):
        return
    hooks.announce(
        desk.session,
        type=type,
        key=f"{case.id}:{type}",
        customer_id=case.customer_id,
        data=_data(desk, case),
        now=desk.now,
    )


def _data(desk: Desk, case: Case) -> dict[str, Any]:
    access = _access(desk, case)
    return {
        "case": case.id,
        "kind": case.kind,
        "customer": case.customer_id,
        "category": case.category,
        "outcome": case.outcome,
        "opened_at": case.opened_at,
        "closed_at": case.closed_at,
        "invoices": [_invoice(desk, d.invoice.id, d.invoice.subscription_id) for d in desk.debts(case)],
        "access": {"state": access.state.value, "until": access.until, "reason": access.reason}
        if access
        else None,
    }


def _invoice(desk: Desk, invoice_id: str, subscription_id: str | None) -> dict[str, Any]:
    row = desk.rows[invoice_id]
    return {
        "invoice": invoice_id,
        "subscription": subscription_id,
        "at_risk": {"amount_minor": row.at_risk_minor, "currency": row.currency},
        "paid": {"amount_minor": row.paid_minor, "currency": row.currency},
        "result": row.result,
    }


def _access(desk: Desk, case: Case) -> Access | None:
    """As `GET /api/customers/{id}` tells it."""
    policy = desk.setup.policy if case.state == CaseState.CLOSED else desk.policy(case)
    since: dict[str, datetime] = {}
    for row in desk.rows.values():
        invoice = desk.invoices.get(row.invoice_id)
        if row.result is None and invoice is not None and invoice.subscription_id is not None:
            known = since.get(invoice.subscription_id, row.failed_at)
            since[invoice.subscription_id] = min(known, row.failed_at)
    return best(access_of(s, since.get(s.id), policy, now=desk.now) for s in desk.subscriptions.values())
