"""After the provider's rows have changed, and once a day: open, join and settle cases of expiring cards.

Looks at the state of a customer, never at the event that brought it. Decisions are in rules/.
"""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime

from sqlalchemy.orm import Session

from app.campaigns import repository as campaigns
from app.cases import service as case_engine
from app.cases.models import Case
from app.cases.states import CaseState
from app.experiments import service as experiments
from app.expiring.desk import EXPIRING, KIND, Desk, open_desks, watched_of
from app.expiring.mails import Setup
from app.expiring.rules import cases as rules
from app.expiring.rules.plans import Plan, nearest, place, plan_subscription
from app.expiring.rules.risks import Risk, judge
from app.expiring.settling import keep, plan_case, settle, unsent
from app.expiring.states import BackupRule, LeftOut
from app.outbox.service import open_task


def react(session: Session, customer_ids: Collection[str], setup: Setup, now: datetime) -> None:
    """Bring the cases of these customers in line with what we now know of their cards."""
    for desk in open_desks(session, customer_ids, setup, now=now):
        look_at(desk)


def look_at(desk: Desk) -> None:
    """Settle the customer's case, let other cards join it, or open one.

    A case that is closed here opens no other in the same breath: the next look does, at the latest the
    next day's, and what is due in between waits for nobody.
    """
    case = desk.open_case
    if case is None:
        _take_up(desk)
        return
    settle(desk, case)
    if case.state != CaseState.CLOSED:
        _join(desk, case)


def plans_of(desk: Desk) -> list[Plan]:
    """What could be told of the customer's subscriptions now; a card of which all is said is left out."""
    policy = desk.setup.expiring
    found = [
        plan_subscription(s, desk.payer, policy, now=desk.now) for s in desk.payer.subscriptions.values()
    ]
    plans = [p for p in found if isinstance(p, Plan)]
    return [p for p in plans if rules.refusal(p.risk.card, desk.past) is None]


def _take_up(desk: Desk) -> None:
    policy = desk.setup.expiring
    if not policy.enabled or desk.owes:
        return
    if policy.backup == BackupRule.NAMED:
        _ask_about_backups(desk)
    plans = [p for p in plans_of(desk) if unsent(desk, None, p)]
    if plans:
        _open(desk, plans)


def _open(desk: Desk, plans: list[Plan]) -> None:
    plan = nearest(plans)
    definition = desk.setup.expiring.model_dump(mode="json")
    version = campaigns.remember(desk.session, KIND, definition, now=desk.now)
    known, now = desk.shared.arms, desk.now
    given = experiments.enrol(desk.session, EXPIRING, 0, desk.customer.id, known, at=now, now=now)
    case = case_engine.open_case(
        desk.session,
        kind=KIND,
        customer_id=desk.customer.id,
        category=plan.anchor,
        opened_at=desk.now,
        policy_version=version,
        given=given,
    )
    desk.cases.append(case)
    for each in plans:
        desk.note(case, "opened", _why(each.risk))
    keep(case, [rules.watched(p.risk) for p in plans])
    plan_case(desk, case, plan, why="first plan")
    experiments.log_decision(
        desk.session,
        given,
        customer_id=desk.customer.id,
        case_id=case.id,
        observation={"anchor": plan.anchor, "charges": len(plans)},
        action="open",
        policy_version=version,
        now=desk.now,
    )


def _join(desk: Desk, case: Case) -> None:
    watched = watched_of(case)
    known = {w.subscription_id for w in watched}
    for plan in plans_of(desk):
        if plan.risk.subscription.id not in known:
            watched.append(rules.watched(plan.risk))
            desk.note(case, "joined", f"{_why(plan.risk)} It joins this case.")
    keep(case, watched)


def _why(risk: Risk) -> str:
    card = f"{risk.method.brand or 'the card'} ending in {risk.method.last4 or '?'}"
    return (
        f"{risk.subscription.id} is charged on {risk.charge_at:%Y-%m-%d}, but {card} is valid until "
        f"{risk.valid_until} only."
    )


def _ask_about_backups(desk: Desk) -> None:
    """The customer has named a good card where it is not charged: a person can put that right, once."""
    policy = desk.setup.expiring
    for subscription in desk.payer.subscriptions.values():
        if judge(subscription, desk.payer, policy.backup) is not LeftOut.BACKUP:
            continue
        risk = judge(subscription, desk.payer, BackupRule.NONE)
        if isinstance(risk, Risk) and isinstance(place(risk, desk.payer, policy, now=desk.now), Plan):
            open_task(
                desk.session,
                key=f"backup:{subscription.id}:{risk.card}",
                kind="card_not_used",
                title="A customer has named a newer card that the provider will not charge",
                detail=f"{_why(risk)} The customer has another default that is good: set it on the "
                "subscription. No notice is sent.",
                customer_id=desk.customer.id,
                now=desk.now,
            )
