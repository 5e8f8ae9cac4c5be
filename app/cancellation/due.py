"""What is due in this kind: visits that nobody decided, grants that want a look, and whether a mail may leave."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy.orm import Session

from app.billing import repository as billing
from app.billing.live import Live
from app.billing.states import TERMINAL_SUBSCRIPTION, SubscriptionState
from app.cancellation import mails
from app.cancellation.ending import CANCEL
from app.cancellation.ports import Setup
from app.cancellation.reacting import follow
from app.cancellation.service import action_of
from app.cases import service as case_engine
from app.cases.models import Case, Step
from app.cases.states import Outcome
from app.contacts.rules.standing import Approach
from app.contacts.states import Campaign, Purpose
from app.core.clock import Clock
from app.core.db import Database
from app.offers import repository as grants
from app.offers.states import GrantState
from app.outbox.models import Mail
from app.outbox.ports import Stop
from app.outbox.states import MailPurpose

BATCH = 200
SET_ASIDE = timedelta(minutes=15)


def run_steps(
    session: Session, cases: Sequence[Case], due: dict[str, list[Step]], setup: Setup, now: datetime
) -> None:
    """The one step of a visit: after a day without a decision it is abandoned, and nothing was changed."""
    for case in cases:
        offered = grants.of_case(session, case.id)
        if action_of(session, case.id, CANCEL) is not None or any(
            g.state == GrantState.ACCEPTED for g in offered
        ):
            for step in due[case.id]:  # on its way: its end will close the case
                step.due_at = now + (step.due_at - step.planned_at)
            continue
        follow(session, offered, setup, now=now)
        sentence = "Nobody decided: abandoned. Nothing was changed, and nothing is counted as saved."
        case_engine.close(
            session, case, due[case.id], Outcome.ABANDONED, closed_at=now, sentence=sentence, now=now
        )


def stop_reason(
    session: Session, case: Case, mail: Mail, setup: Setup, live: Live, now: datetime
) -> Stop | None:
    """Confirmations always go. The notice of a benefit's end goes only while that end is still to come."""
    if mail.name == mails.BENEFIT_ENDING:
        grant = next(
            (g for g in grants.of_case(session, case.id) if mail.key.startswith(f"{case.id}:{g.id}:")), None
        )
        if grant is None or grant.state != GrantState.APPLIED:
            return Stop("the benefit is over")
        subscription = live.subscriptions.get(case.subject_id) or billing.load(
            session, SubscriptionState, [case.subject_id]
        ).get(case.subject_id)
        if subscription is None or subscription.status in TERMINAL_SUBSCRIPTION:
            return Stop("the subscription has ended")
        if subscription.cancel_at and grant.full_charge_at and subscription.cancel_at <= grant.full_charge_at:
            return Stop("they have cancelled meanwhile: no full price will be charged")
    if mail.name == mails.QUESTION and case.category != "elsewhere":
        return Stop("they have given a reason meanwhile")
    return None


def approach_of_mail(case: Case, mail: Mail) -> Approach:
    """What a mail of this kind is to the rules of contact."""
    if mail.name == mails.BENEFIT_ENDING:
        return Approach(None, Purpose.NOTICE)
    if mail.name == mails.QUESTION:
        return Approach(Campaign.SURVEY, Purpose.SERVICE)
    assert mail.purpose == MailPurpose.CONFIRMATION
    return Approach(None, Purpose.CONFIRMATION)


@dataclass(frozen=True)
class GrantWatch:
    """Looks at grants whose time has come. A worker's turn runs it."""

    db: Database
    clock: Clock
    setup: Setup

    def run(self) -> int:
        """Look at a batch; returns how many."""
        now = self.clock()
        with self.db.read() as session:
            ids = grants.due_ids(session, now, BATCH)
        for grant_id in ids:
            try:
                self._look_at(grant_id, now)
            except Exception:
                self._set_aside(grant_id, now)
                raise
        return len(ids)

    def _look_at(self, grant_id: str, now: datetime) -> None:
        with self.db.write() as session:
            grant = grants.get(session, grant_id, lock=True)
            if grant is not None and grant.look_at is not None and grant.look_at <= now:
                follow(session, [grant], self.setup, now=now)

    def _set_aside(self, grant_id: str, now: datetime) -> None:
        """A grant that raises must not hold up the others."""
        with self.db.write() as session:
            grant = grants.get(session, grant_id, lock=True)
            if grant is not None:
                grant.look_at = now + SET_ASIDE
