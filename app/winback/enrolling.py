"""One look at lapses: each is enrolled as a case, or left out with the reason written down."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from sqlalchemy.orm import Session

from app.billing import repository as billing
from app.billing.states import CustomerState
from app.campaigns import repository as campaigns
from app.campaigns.planner import PlannedStep
from app.cancellation.place import whereabouts
from app.cancellation.rules.presets import OfferPlace, preset_for
from app.cases import repository as case_rows
from app.cases import service as case_engine
from app.cases.models import Case, Step
from app.cases.standing import place_of, tell_a_person
from app.cases.states import CaseKind, StepKind, StepState
from app.contacts import repository as contacts
from app.contacts.rules.verdict import Ask, verdict
from app.contacts.states import Purpose
from app.experiments import service as experiments
from app.winback import repository
from app.winback.desk import policy_of
from app.winback.gathering import lapsed_of, people_of
from app.winback.mails import Setup
from app.winback.models import Lapse
from app.winback.rules.enrolment import INVITING, Lapsed, Left, left_out
from app.winback.rules.policy import HOLDOUT
from app.winback.rules.steps import Anchors, Planned, plan
from app.winback.states import LapseKind, LapseState, LeftOut

LOOK_AGAIN = timedelta(days=1)


@dataclass
class Room:
    """How many may still be enrolled today."""

    left: int


def room_today(session: Session, setup: Setup) -> Room:
    """As many as may be enrolled today: fewer in the run with which it all begins."""
    policy = setup.winback
    begun = repository.any_case(session)
    return Room(policy.most_per_day if begun else min(policy.first_run_most, policy.most_per_day))


def verdicts(
    session: Session, lapses: Sequence[Lapse], setup: Setup, room: Room, taken: set[str], *, now: datetime
) -> list[tuple[Lapse, Lapsed, Left | None]]:
    """Each lapse with what decides and why it is left out, None: it is enrolled. Writes no row.

    `taken`: customers who are, or are one person with, somebody enrolled earlier in this look; it grows.
    """
    people = people_of(session, {row.customer_id for row in lapses})
    known = lapsed_of(session, lapses, people, setup, now=now)
    found: list[tuple[Lapse, Lapsed, Left | None]] = []
    for row in lapses:
        who = known[row.id]
        why = left_out(who, setup.winback, setup.terms.policy, now)
        if why is None and row.customer_id in taken:
            why = Left(LeftOut.TWIN, "the same person is invited for another subscription")
        if why is None and room.left < 1:
            why = Left(LeftOut.TODAY_FULL, "as many as may be in one day are enrolled; they come next")
        if why is None:
            room.left -= 1
            taken |= people.selves(row.customer_id)
        found.append((row, who, why))
    return found


def enrol(
    session: Session, lapses: Sequence[Lapse], setup: Setup, room: Room, taken: set[str], *, now: datetime
) -> None:
    """Enrol or leave out each of these lapses."""
    for row, who, why in verdicts(session, lapses, setup, room, taken, now=now):
        if why is None:
            open_case(session, row, setup, now=now)
        else:
            leave_out(session, row, who, why, setup, now=now)


def leave_out(session: Session, row: Lapse, who: Lapsed, why: Left, setup: Setup, *, now: datetime) -> None:
    """Write down the reason; what may pass is looked at again."""
    waits = why.reason in (LeftOut.TODAY_FULL, LeftOut.NOT_READY)
    row.state = LapseState.WAITING if waits else LapseState.LEFT_OUT
    row.left_out, row.why, row.looked_at = why.reason.value, why.why, now
    row.look_at = now + LOOK_AGAIN if why.again else None
    if why.reason is LeftOut.BY_HAND and who.standing is not None:
        asked = verdict(INVITING, who.standing, setup.terms.policy, now)
        if isinstance(asked, Ask):
            what = f"An invitation to come back to {row.plan or 'their plan'}"
            tell_a_person(session, asked, customer_id=row.customer_id, case_id=None, what=what, now=now)


def open_case(session: Session, row: Lapse, setup: Setup, *, now: datetime) -> Case:
    """Enrol a lapse: the arm first, then the case with its dated steps."""
    policy = setup.winback
    definition = {"winback": policy.model_dump(mode="json")}
    version = campaigns.remember(session, CaseKind.WINBACK, definition, now=now)
    share, known = setup.experiments.holdout_share, experiments.arms_of(session, [row.customer_id])
    given = experiments.enrol(session, policy.experiment, share, row.customer_id, known, at=now, now=now)
    case = case_engine.open_case(
        session,
        kind=CaseKind.WINBACK,
        customer_id=row.customer_id,
        subject_id=row.id,
        category=row.kind,
        opened_at=now,
        policy_version=version,
        given=given,
    )
    row.state, row.case_id, row.left_out, row.why = LapseState.ENROLLED, case.id, None, None
    row.looked_at, row.look_at = now, None
    session.flush()
    end = "ends" if row.running else "ended"
    held_out = " They are in the hold-out and hear nothing." if given.arm == HOLDOUT else ""
    words = f"{row.id} {end} on {row.ends_at:%Y-%m-%d} ({row.kind}, {row.reason or 'no reason given'})."
    case_engine.note(session, case, "opened", words + held_out, now=now)
    replan(session, case, row, setup, why="first plan", now=now)
    experiments.log_decision(
        session,
        given,
        customer_id=row.customer_id,
        case_id=case.id,
        observation={
            "kind": row.kind,
            "reason": row.reason,
            "ends_at": row.ends_at.isoformat(),
            "received_minor": row.received_minor,
        },
        action="enrol",
        policy_version=version,
        now=now,
    )
    return case


def replan(session: Session, case: Case, row: Lapse, setup: Setup, *, why: str, now: datetime) -> None:
    """Lay the contacts of this kind of lapse into the case, without those that were decided already."""
    policy = policy_of(session, case, setup)
    zone = zone_of(session, row.customer_id, setup)
    anchors = Anchors(row.ends_at, row.cancelled_at, row.running, early=may_write_early(session, row))
    hours = setup.terms.policy.hours(Purpose.MARKETING)
    gone = set(case.details.get("decided", []))
    wanted = policy.steps.get(LapseKind(row.kind), [])
    steps = plan(wanted, anchors, zone, hours, now=now, gone=gone)
    case.details = {
        **case.details,
        "anchor": anchor_of(row),
        "after": {str(s.number): s.after for s in steps},
    }
    last = max([s.due_at for s in steps], default=max(now, row.ends_at))
    planned = case_rows.planned_steps(session, [case.id])[case.id]
    dated = [PlannedStep(s.number, None, s.due_at) for s in steps]
    give_up = last + timedelta(days=policy.give_up_days)
    case_engine.replan(session, case, planned, dated, give_up_at=give_up, why=why, now=now)
    _by_which_way(planned, steps)
    dates = ", ".join(f"{s.due_at:%Y-%m-%d %H:%M} ({s.by})" for s in steps) or "none"
    case_engine.note(session, case, "planned", f"Contacts due (UTC): {dates}.", now=now)
    session.flush()


def _by_which_way(planned: Sequence[Step], steps: Sequence[Planned]) -> None:
    ways = {s.number: StepKind(s.by.value) for s in steps}
    for step in planned:
        if step.kind == StepKind.MAIL and step.state == StepState.PLANNED:
            step.kind = ways.get(step.number, StepKind.MAIL)


def anchor_of(row: Lapse) -> str:
    """What a plan was laid by; another one is laid when it changes."""
    return f"{row.kind}:{row.running}:{row.ends_at.isoformat()}"


def zone_of(session: Session, customer_id: str, setup: Setup) -> ZoneInfo:
    """Where the customer lives, for the hours."""
    customer = billing.load(session, CustomerState, [customer_id]).get(customer_id)
    facts = contacts.facts_of(session, [customer_id]).get(customer_id)
    if customer is None:
        return ZoneInfo(setup.terms.default_zone)
    return place_of(customer, facts, setup.terms).zone.info


def may_write_early(session: Session, row: Lapse) -> bool:
    """Whether the law of the place lets us make an offer while the paid time runs: where permission must be asked
    before, only to who has given it."""
    preset = preset_for(whereabouts(session, row.customer_id))
    return preset.offer_place is not OfferPlace.AFTER_PERMISSION or row.permitted is True
