"""After the provider's rows have changed: grants follow their subscriptions, and what was done elsewhere is seen."""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime, timedelta

from sqlalchemy.orm import Session

from app.billing import repository as billing
from app.billing.states import TERMINAL_SUBSCRIPTION, CustomerState, SubscriptionState
from app.cancellation import mails, repository, settling
from app.cancellation.desk import arm_of
from app.cancellation.ending import CANCEL
from app.cancellation.ports import Setup
from app.cancellation.service import action_of
from app.cases import repository as case_rows
from app.cases import service as case_engine
from app.cases.models import Case
from app.cases.states import CaseKind, CaseState, Outcome
from app.contacts.states import Campaign
from app.core import gates
from app.offers import following
from app.offers import repository as grants
from app.offers.models import Grant
from app.outbox.states import MailPurpose

RECENT = timedelta(days=3)
"""An older departure is history: nobody is asked about it any more."""


def react(session: Session, customer_ids: Collection[str], setup: Setup, now: datetime) -> None:
    """Bring the cancellations and grants of these customers in line with what we now know of them."""
    if not customer_ids:
        return
    leaving = {
        s.id: s
        for s in billing.subscriptions_of(session, customer_ids).values()
        if s.cancel_at is not None or s.status in TERMINAL_SUBSCRIPTION
    }
    affected = case_rows.customers_with_cases(session, CaseKind.CANCELLATION, customer_ids)
    for customer_id in sorted(affected):
        _settle_cases(session, customer_id, leaving, setup, now)
        running = grants.running_of(session, [customer_id])
        follow(session, running, setup, now=now)
    for subscription in leaving.values():
        _ask_why(session, subscription, setup, now)


def follow(session: Session, rows: list[Grant], setup: Setup, *, now: datetime) -> None:
    """Grants follow their subscriptions; a benefit's end is announced in the words of this campaign."""

    def tell_of_end(session: Session, grant: Grant, at: datetime) -> None:
        case = case_rows.get(session, grant.case_id)
        if case is None:
            return
        context = mails.offer_context(case, grant, setup)
        mails.send(
            session,
            case,
            mails.BENEFIT_ENDING,
            setup,
            key=f"{grant.id}:ending",
            context=context,
            now=at,
            purpose=MailPurpose.REMINDER,
        )

    following.follow(session, rows, tell_of_end, now=now)


def _settle_cases(
    session: Session, customer_id: str, leaving: dict[str, SubscriptionState], setup: Setup, now: datetime
) -> None:
    for case in case_rows.cases_of(session, CaseKind.CANCELLATION, [customer_id])[customer_id]:
        gone = leaving.get(case.subject_id)
        wanted = action_of(session, case.id, CANCEL)
        if gone is not None and case.state != CaseState.CLOSED and wanted is None:
            case_engine.close(
                session,
                case,
                case_rows.planned_steps(session, [case.id])[case.id],
                Outcome.CANCELLED,
                closed_at=now,
                sentence="Cancelled by another way than our page.",
                now=now,
            )
        elif gone is not None and case.outcome == Outcome.MANUAL and wanted is not None:
            end = gone.ended_at or gone.cancel_at
            result = {"ends_at": end.isoformat() if end else None, "at_once": gone.ended_at is not None}
            settling.cancelled(session, case, setup, result, now=now)


def _ask_why(session: Session, subscription: SubscriptionState, setup: Setup, now: datetime) -> None:
    """Who left by the portal or through support without a reason is asked one question, once."""
    left_at = subscription.canceled_at or subscription.ended_at
    watching = gates.registered(session)
    if (
        not setup.cancellation.ask_after_leaving
        or subscription.customer_id is None
        or subscription.status == "incomplete_expired"  # it never began
        or left_at is None
        or now - left_at > RECENT
        or watching is None
        or left_at < watching.watching_since
        or subscription.cancellation_reason not in (None, "cancellation_requested")
        or subscription.cancellation_feedback is not None
        or repository.latest_case_of(session, subscription.customer_id, subscription.id) is not None
    ):
        return
    customer = billing.load(session, CustomerState, [subscription.customer_id]).get(subscription.customer_id)
    if customer is None or customer.deleted or not customer.email:
        return  # there is nobody to ask
    case = _case_of_departure(session, subscription, setup, now)
    mails.send(
        session,
        case,
        mails.QUESTION,
        setup,
        key="question",
        context={"survey_url": setup.survey_link(case)},
        now=now,
        purpose=MailPurpose.REMINDER,
        campaign=Campaign.SURVEY,
    )


def _case_of_departure(
    session: Session, subscription: SubscriptionState, setup: Setup, now: datetime
) -> Case:
    assert subscription.customer_id is not None
    given = arm_of(session, subscription.customer_id, setup, now=now)
    case = case_engine.open_case(
        session,
        kind=CaseKind.CANCELLATION,
        customer_id=subscription.customer_id,
        subject_id=subscription.id,
        category="elsewhere",
        opened_at=now,
        policy_version="",
        given=given,
    )
    sentence = "Cancelled by another way than our page, without a reason: one question is asked."
    case_engine.close(session, case, [], Outcome.CANCELLED, closed_at=now, sentence=sentence, now=now)
    return case
