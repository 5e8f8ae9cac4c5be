"""The look itself: everybody who was drawn, what may be said of each experiment, and what its guardrails say."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy.orm import Session

from app.proof import repository
from app.proof.gathering import cancellation, dunning, winback
from app.proof.gathering.drawn import drawn_kinds
from app.proof.guarding import Guardrail, guardrails
from app.proof.models import Proof
from app.proof.repository import What
from app.proof.rules.aa import SelfCheck, self_check
from app.proof.rules.look import Look, look
from app.proof.rules.units import Observed

GATHERINGS = (dunning, cancellation, winback)


@dataclass(frozen=True, slots=True)
class Looked:
    """One experiment, control arm and currency, now. `changed`: this is news, and is kept as a look of its own."""

    what: What
    look: Look
    changed: bool
    self_check: SelfCheck | None


def look_at_all(session: Session, now: datetime) -> tuple[list[Looked], list[Guardrail]]:
    """Everything that may be said now. Writes no row."""
    looked: list[Looked] = []
    guarded: list[Guardrail] = []
    drawn = drawn_kinds(session)
    known = repository.newest(session) if drawn else {}
    for gathering in GATHERINGS:
        if gathering.KIND not in drawn:
            continue
        observed = gathering.gather(session)
        looked += [_looked(what, mine, known.get(what), now) for what, mine in _apart(observed).items()]
        guarded += guardrails(session, gathering.KIND, observed, now=now)
    return looked, guarded


def _apart(observed: Sequence[Observed]) -> Mapping[What, list[Observed]]:
    """Money of two currencies is never added, nor are two control arms one."""
    groups: dict[What, list[Observed]] = {}
    for one in observed:
        groups.setdefault((one.experiment, one.control, one.currency), []).append(one)
    return groups


def _looked(what: What, observed: Sequence[Observed], newest: Proof | None, now: datetime) -> Looked:
    found = look(what[0], observed, now)
    changed = newest is None or any(getattr(newest, k) != v for k, v in numbers_of(found).items())
    return Looked(what, found, changed, self_check(found.sample) if changed else None)


def numbers_of(found: Look) -> dict[str, Any]:
    """The columns that make a new look if one of them changes."""
    estimate = found.estimate
    return {
        "closed_through": found.closed_through,
        "treated": found.sample.n_treated,
        "held_out": found.sample.n_held_out,
        "verdict": found.verdict.value,
        "at_risk_minor": estimate.at_risk_minor if estimate else None,
        "collected_minor": estimate.collected_minor if estimate else None,
        "incremental_minor": estimate.incremental_minor if estimate else None,
        "lower_minor": estimate.lower_minor if estimate else None,
        "upper_minor": estimate.upper_minor if estimate else None,
    }
