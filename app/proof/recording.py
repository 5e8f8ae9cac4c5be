"""A look becomes a row, and what it changes is told once."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import asdict
from datetime import datetime
from typing import Any

from sqlalchemy.orm import Session

from app.alerts.telling import Crossing
from app.feedback import brake
from app.feedback.rules import Alarm
from app.proof import repository, telling
from app.proof.guarding import Guardrail
from app.proof.looking import Looked, numbers_of
from app.proof.models import Proof
from app.proof.rules.secondary import Secondary


def record(
    session: Session, looked: Sequence[Looked], guarded: Sequence[Guardrail], *, now: datetime
) -> None:
    """Keep what was seen. A crossed guardrail stops its campaign first, then the verdicts are written down."""
    if not looked and not guarded:
        return
    known = repository.newest(session)
    for guardrail in guarded:
        _guard(session, guardrail, known.values(), now)
    for one in looked:
        _keep(session, one, known.get(one.what), guarded, now)


def _guard(session: Session, guardrail: Guardrail, known: Collection[Proof], now: datetime) -> None:
    crossing = Crossing(
        guardrail=guardrail.name,
        campaign=guardrail.experiment,
        reason=guardrail.reason,
        stopped=guardrail.alarm is Alarm.STOP,
        figures=guardrail.figures,
    )
    if guardrail.alarm is Alarm.STOP:
        if brake.stop(session, crossing, now=now):
            telling.guardrail_crossed(session, crossing, now=now)
    elif guardrail.alarm is Alarm.WARN and Alarm.WARN not in _alarms_before(guardrail, known):
        telling.guardrail_near(session, crossing, now=now)


def _alarms_before(guardrail: Guardrail, known: Collection[Proof]) -> set[str]:
    mine = [row for row in known if row.experiment == guardrail.experiment]
    return {row.guardrails.get(guardrail.name, {}).get("alarm", "") for row in mine}


def _keep(
    session: Session, one: Looked, newest: Proof | None, guarded: Sequence[Guardrail], now: datetime
) -> None:
    experiment, control, currency = one.what
    guards = {g.name: {"alarm": g.alarm.value, **g.figures} for g in guarded if g.experiment == experiment}
    today: dict[str, Any] = {
        "cohorts": [asdict(c) for c in one.look.cohorts],
        "ratio_p": one.look.ratio_p,
        "guardrails": guards,
        "looked_at": now,
        **_beside(one.look.secondary),
    }
    if newest is not None and not one.changed:
        for name, value in today.items():
            setattr(newest, name, value)
        return
    row = Proof(
        experiment=experiment,
        control=control,
        currency=currency,
        look_at=now,
        **today,
        **numbers_of(one.look),
        **_spread(one),
    )
    if one.self_check is not None and one.self_check.passed:
        row.self_check_passed_at = now
    elif newest is not None:
        row.self_check_passed_at = newest.self_check_passed_at
    session.add(row)
    session.flush()
    before = newest.verdict if newest else None
    if row.verdict != before:
        telling.verdict_changed(session, row, before, now=now)


def _beside(found: Secondary) -> dict[str, Any]:
    """The columns of what is secondary."""
    parts, cancelled = found.parts, found.cancelled
    return {
        "received_minor": parts.received_minor if parts else None,
        "in_kind_minor": parts.in_kind_minor if parts else None,
        "discount_minor": parts.discount_minor if parts else None,
        "cancelled_treated": cancelled.treated if cancelled else None,
        "cancelled_held_out": cancelled.held_out if cancelled else None,
        "year": asdict(found.year) if found.year else None,
    }


def _spread(one: Looked) -> dict[str, Any]:
    """The rest of a look's columns."""
    effect = one.look.estimate.effect if one.look.estimate else None
    ahead, check = one.look.outlook, one.self_check
    return {
        "tau": effect.tau if effect else None,
        "half": effect.half if effect else None,
        "sd": effect.sd if effect else None,
        "per_month": ahead.per_month if ahead else None,
        "effect": ahead.effect if ahead else None,
        "months": ahead.months if ahead else None,
        "self_check_covered": check.covered if check else None,
        "reminders": one.look.reminders,
        "recovered": one.look.recovered,
    }
