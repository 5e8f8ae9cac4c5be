"""The register of plain notices: what a rule of 30, 14 and 3 days would have sent, and what we did instead.

A card is entered when it comes near its end; each of its plain notices is decided on its day, by what is known
then: the reason stands although the card's row has new dates later.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, datetime, timedelta

from sqlalchemy.orm import Session

from app.billing import repository as billing
from app.billing.states import PaymentMethodState
from app.cases import repository as case_rows
from app.cases.models import Step
from app.cases.states import CaseState, StepState
from app.expiring import repository
from app.expiring.desk import Desk, desks_of, watched_of
from app.expiring.mails import Setup, noon_of
from app.expiring.models import ExpiryNotice
from app.expiring.rules.cards import last_day
from app.expiring.rules.cases import refusal, through_whom
from app.expiring.rules.plans import Plan, plan_card
from app.expiring.states import By, LeftOut, NoticeResult

PLAIN_STAGES = (30, 14, 3)
"""What a plain rule does: so many days before the end, for every saved card."""
UPDATED = {
    By.UPDATER: LeftOut.UPDATED_BY_UPDATER,
    By.CUSTOMER: LeftOut.UPDATED_BY_CUSTOMER,
    By.UNKNOWN: LeftOut.UPDATED,
}


def enter(session: Session, desks: list[Desk], *, now: datetime) -> None:
    """Enter the plain notices that are still to come for these customers' cards."""
    repository.register(session, (row for desk in desks for row in _rows(desk, now)))


def _rows(desk: Desk, now: datetime) -> Iterator[dict[str, object]]:
    for method in desk.payer.methods.values():
        end = last_day(method)
        if method.type != "card" or end is None or not method.customer_id:
            continue
        for days in PLAIN_STAGES:
            plain_at = noon_of(end - timedelta(days=days), desk.payer.zone)
            if now <= plain_at <= now + timedelta(days=max(PLAIN_STAGES) + desk.setup.expiring.spread_days):
                yield {
                    "payment_method_id": method.id,
                    "month": f"{end:%Y-%m}",
                    "days": days,
                    "plain_at": plain_at,
                    "result": NoticeResult.PENDING.value,
                }


def decide(session: Session, setup: Setup, *, now: datetime, limit: int = 500) -> int:
    """Decide the plain notices whose day has come; returns how many were looked at and settled."""
    notices = repository.pending(session, now, limit)
    methods = billing.load(session, PaymentMethodState, {n.payment_method_id for n in notices})
    owners = {m.customer_id for m in methods.values() if m.customer_id}
    desks = {d.customer.id: d for d in desks_of(session, owners, setup, now=now)}
    settled = 0
    for notice in notices:
        method = methods.get(notice.payment_method_id)
        desk = desks.get(method.customer_id or "") if method else None
        result, reason = _judged(notice, method, desk, now)
        if result is not NoticeResult.PENDING:
            repository.settle(notice, result, reason, now=now)
            settled += 1
    return settled


def _judged(
    notice: ExpiryNotice, method: PaymentMethodState | None, desk: Desk | None, now: datetime
) -> tuple[NoticeResult, LeftOut | None]:
    if method is None or desk is None:
        return NoticeResult.LEFT_OUT, LeftOut.CUSTOMER_GONE
    end = last_day(method)
    if end is not None and f"{end:%Y-%m}" > notice.month:
        known_since = notice.plain_at - timedelta(days=max(PLAIN_STAGES) + 14)
        return NoticeResult.LEFT_OUT, UPDATED[through_whom(method, since=known_since)]
    found = plan_card(method, desk.payer, desk.setup.expiring, now=now)
    card = f"{method.id}:{notice.month}"
    told = _step_for(desk, card, notice, end)
    if told is not None:
        match told.state:
            case StepState.DONE:
                return NoticeResult.SENT, None
            case StepState.SKIPPED:
                return NoticeResult.LEFT_OUT, _reason_now(desk, card, found) or LeftOut.SKIPPED
        overdue = now - notice.plain_at > timedelta(days=7)
        return (NoticeResult.LEFT_OUT, LeftOut.SKIPPED) if overdue else (NoticeResult.PENDING, None)
    return NoticeResult.LEFT_OUT, _reason_now(desk, card, found) or LeftOut.TOO_LATE


def _reason_now(desk: Desk, card: str, found: Plan | LeftOut) -> LeftOut | None:
    """Why the card is not told of, if that is still so."""
    if isinstance(found, LeftOut):
        return found
    return refusal(card, desk.past)


def _step_for(desk: Desk, card: str, notice: ExpiryNotice, end: date | None) -> Step | None:
    """The step of ours that stands for a plain notice: the same stage of a case about this card."""
    for case in reversed(desk.cases):
        policy = desk.policy(case)
        watching = any(w.card == card for w in watched_of(case)) or card in case.details.get("sent", {})
        if not watching or notice.days not in policy.stages:
            continue
        number = policy.stages.index(notice.days)
        steps = [
            s for s in case_rows.steps_of(desk.session, case.id) if s.number == number and s.kind == "mail"
        ]
        if steps:  # what went counts before what is planned, and that before what a new plan has replaced
            rank = {StepState.DONE: 2, StepState.PLANNED: 1}
            return max(steps, key=lambda s: rank.get(StepState(s.state), 0))
        if case.state != CaseState.CLOSED:
            return None
    return None
