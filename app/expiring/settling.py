"""A case follows its cards: what became of each charge is written down, then it is closed or planned."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta
from typing import Any

from app.campaigns.planner import PlannedStep, Stage
from app.cases import service as case_engine
from app.cases.models import Case
from app.cases.states import CaseState, Outcome
from app.expiring.desk import Desk, watched_of
from app.expiring.rules import cases as rules
from app.expiring.rules.cases import Ending, Watched
from app.expiring.rules.plans import Plan, nearest, place, stages_of
from app.expiring.rules.risks import Risk
from app.expiring.rules.stages import Notice
from app.expiring.states import LeftOut

AFTER_CHARGE = timedelta(days=1)
"""A renewal is charged an hour after its period's end; a day later it has failed or gone through."""


def settle(desk: Desk, case: Case, *, over: bool = False) -> None:
    """Write down what became of the charges, then close the case or plan it. `over`: its time is up."""
    if case.state == CaseState.CLOSED:
        return
    backup = desk.policy(case).backup
    watched: list[Watched] = []
    risks: list[Risk] = []
    for watch in watched_of(case):
        found = rules.ending(watch, desk.payer, backup, over=over, now=desk.now)
        if isinstance(found, Ending):
            _write_end(desk, case, watch, found)
        elif isinstance(found, Risk):
            risks.append(found)
            watched.append(_kept(watch, found))
        else:
            watched.append(watch)
    keep(case, watched)
    if not watched:
        _close(desk, case)
    elif risks:
        _follow(desk, case, risks)


def _kept(watch: Watched, risk: Risk) -> Watched:
    """The charge may have moved; when we first knew the card stays."""
    fresh = rules.watched(risk)
    return Watched(fresh.subscription_id, fresh.method_id, fresh.valid_until, fresh.charge_at, watch.known_at)


def keep(case: Case, watched: Sequence[Watched]) -> None:
    rows = [rules.stored(w) for w in watched]
    if rows != case.details.get("watched"):
        case.details = {**case.details, "watched": rows}


def _write_end(desk: Desk, case: Case, watch: Watched, end: Ending) -> None:
    row: dict[str, Any] = {
        "card": watch.card,
        "subscription": watch.subscription_id,
        "outcome": end.outcome,
        "by": end.by,
        "why": end.why,
        "for_good": end.for_good,
    }
    case.details = {**case.details, "ended": [*case.details.get("ended", []), row]}
    desk.note(case, f"charge.{end.outcome}", f"{watch.subscription_id}: {end.why}.", by=end.by)


def _close(desk: Desk, case: Case) -> None:
    ended = case.details.get("ended", [])
    outcome = rules.outcome_of([Outcome(e["outcome"]) for e in ended])
    mine = [e for e in ended if e["outcome"] == outcome]
    by, why = (mine[-1]["by"], str(mine[-1]["why"])) if mine else (None, "nothing is at risk any more")
    if by:
        case.details = {**case.details, "by": by}
    sentence = f"{why[0].upper()}{why[1:]}: {outcome.replace('_', ' ')}."
    case_engine.close(
        desk.session, case, desk.planned(case), outcome, closed_at=desk.now, sentence=sentence, now=desk.now
    )


def _follow(desk: Desk, case: Case, risks: Sequence[Risk]) -> None:
    """Plan anew if the charge that the plan is for has moved or is over; else the plan stands."""
    if any(_key(r) == case.details.get("plan") for r in risks):
        return
    policy = desk.policy(case)
    placed = [place(r, desk.payer, policy, now=desk.now) for r in risks]
    plans = [p for p in placed if isinstance(p, Plan)]
    if plans:
        plan_case(desk, case, nearest(plans), why="the charge at risk is another one, or has moved")
    elif all(p is LeftOut.TOLD_LATER for p in placed):
        for watch in watched_of(case):
            end = Ending(Outcome.NOT_NEEDED, rules.REASONS[LeftOut.TOLD_LATER])
            _write_end(desk, case, watch, end)
        keep(case, [])
        _close(desk, case)


def _key(risk: Risk) -> str:
    return f"{risk.card}:{risk.subscription.id}:{risk.charge_at:%Y-%m-%d}"


def unsent(desk: Desk, case: Case | None, plan: Plan) -> list[Notice]:
    """The plan's notices without those that this card has had, in this case or an earlier one."""
    gone = rules.already_sent(plan.risk.card, desk.past)
    if case is not None:
        gone |= frozenset(case.details.get("sent", {}).get(plan.risk.card, ()))
    return [n for n in plan.notices if n.number not in gone]


def plan_case(desk: Desk, case: Case, plan: Plan, *, why: str) -> None:
    """Lay the plan's notices into the case."""
    policy, risk = desk.policy(case), plan.risk
    last = len(stages_of(risk.subscription, policy)) - 1
    steps = [PlannedStep(n.number, _stage(n.number, last), n.due_at) for n in unsent(desk, case, plan)]
    latest = max(w.charge_at for w in watched_of(case))
    case_engine.replan(
        desk.session, case, desk.planned(case), steps, give_up_at=latest + AFTER_CHARGE, why=why, now=desk.now
    )
    case.category = plan.anchor
    case.details = {**case.details, "plan": _key(risk)}
    dates = ", ".join(f"{s.due_at:%Y-%m-%d %H:%M}" for s in steps) or "none"
    zone = desk.place.zone
    desk.note(
        case,
        "planned",
        f"Notices due (UTC): {dates}, counted back from the {_anchor(plan)}. Zone {zone.name} ({zone.source}).",
        plan=_key(risk),
    )


def _anchor(plan: Plan) -> str:
    risk = plan.risk
    return f"{plan.anchor} ({risk.valid_until if plan.anchor == 'expiry' else risk.charge_at.date()})"


def _stage(number: int, last: int) -> Stage:
    """As what a notice speaks; the last one of several says that it is."""
    if number == 0:
        return Stage.FIRST
    return Stage.LAST_WARNING if number == last else Stage.REMINDER
