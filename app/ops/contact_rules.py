"""Whether and how a customer may be written to, as the API shows it: the same rules that decide it."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy.orm import Session

from app.billing.states import CustomerState
from app.campaigns.planner import Stage
from app.cases import repository as case_rows
from app.cases.models import Case
from app.cases.standing import standing_of
from app.cases.states import StepKind
from app.contacts import repository as contacts
from app.contacts.rules.caps import first_free, left
from app.contacts.rules.policy import Terms
from app.contacts.rules.standing import Approach, Standing
from app.contacts.rules.verdict import Go, Wait, verdict
from app.contacts.states import Campaign
from app.ops.contact_schemas import (
    AddresseeOut,
    CampaignVerdictOut,
    CapsOut,
    ConsentOut,
    ContactOut,
    ContactRulesOut,
    NextMailOut,
    SourcedOut,
    SuppressionOut,
)
from app.outbox import repository as outbox

LAST_CONTACTS = 10


def contact_rules(
    session: Session, customer: CustomerState, terms: Terms, *, now: datetime
) -> ContactRulesOut:
    """The rules as they stand for one customer."""
    approaches = [Approach(c, c.usual_purpose) for c in Campaign]
    standing = standing_of(session, [customer], approaches, terms, now=now)[customer.id]
    zone, language, caps = standing.place.zone, standing.place.language, terms.policy.caps
    people = contacts.addressees_of(session, [customer.id])[customer.id]
    return ContactRulesOut(
        flags=sorted(standing.flags),
        closed_channels=sorted(standing.closed_channels),
        time_zone=SourcedOut(value=zone.name, source=zone.source),
        language=SourcedOut(value=language.tag, source=language.source),
        suppressions=_suppressions(standing, now),
        consents=[ConsentOut.model_validate(c) for c in standing.consents],
        addressees=[AddresseeOut.model_validate(row) for row in people],
        last_contacts=[
            ContactOut.model_validate(row) for row in contacts.latest(session, customer.id, LAST_CONTACTS)
        ],
        caps=CapsOut(
            left_in_7_days=left(standing.contacts, now, caps),
            free_at=first_free(standing.contacts, now, caps),
        ),
        campaigns=[
            CampaignVerdictOut(campaign=str(a.campaign), **_told(a, standing, terms, now)) for a in approaches
        ],
        next_mail=_next_mail(session, customer.id, standing, terms, now),
    )


def _suppressions(standing: Standing, now: datetime) -> list[SuppressionOut]:
    return [
        SuppressionOut(
            scope=s.scope,
            reason=s.reason,
            source=s.source,
            since=s.since,
            expires_at=s.expires_at,
            lifted_at=s.lifted_at,
            stands=s.stands(now),
        )
        for s in standing.suppressions
    ]


def _told(approach: Approach, standing: Standing, terms: Terms, at: datetime) -> dict[str, Any]:
    found = verdict(approach, standing, terms.policy, at)
    if isinstance(found, Go):
        return {"decision": "go", "ground": None, "why": None, "until": None}
    until = found.until if isinstance(found, Wait) else None
    return {
        "decision": type(found).__name__.lower(),
        "ground": found.ground,
        "why": found.why,
        "until": until,
    }


def _next_mail(
    session: Session, customer_id: str, standing: Standing, terms: Terms, now: datetime
) -> NextMailOut | None:
    """The soonest planned or queued mail of any open case, judged as of when it is due."""
    cases = {c.id: c for c in case_rows.open_cases_of(session, customer_id)}
    found: list[tuple[datetime, Case, bool]] = [
        (mail.due_at, case, False)
        for case in cases.values()
        for mail in outbox.waiting_mails_of(session, case.id)
    ]
    for case_id, steps in case_rows.planned_steps(session, list(cases)).items():
        found += [
            (s.due_at, cases[case_id], s.stage == Stage.LAST_WARNING)
            for s in steps
            if s.kind == StepKind.MAIL
        ]
    if not found:
        return None
    due_at, case, warns = min(found, key=lambda f: f[0])
    campaign = Campaign(case.kind)
    latest = due_at if warns else None
    approach = Approach(
        campaign, campaign.usual_purpose, episode_contacts=case.contacts, ask_hours=False, latest=latest
    )
    said = _told(approach, standing, terms, max(due_at, now))
    return NextMailOut(case_id=case.id, campaign=campaign, due_at=due_at, held=case.held_reason, **said)
