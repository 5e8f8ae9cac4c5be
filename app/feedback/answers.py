"""A customer has answered: what is open waits for a person, and goes on by itself after some days."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Protocol

import structlog
from sqlalchemy.orm import Session

from app.cases import repository as case_rows
from app.cases import service as case_engine
from app.cases.models import Case
from app.cases.states import CaseKind, CaseState
from app.contacts.rules.policy import Terms
from app.contacts.service import hashed
from app.feedback import repository
from app.feedback.facts import MailAnswered
from app.feedback.models import MailAnswer
from app.feedback.states import AnswerResult
from app.outbox.models import Mail
from app.outbox.service import open_task

log = structlog.get_logger()

ANSWERED = "the customer has answered"
TASK = "answer"
# A cancellation is the customer's own wish, and does not wait.
WAITING_KINDS = tuple(kind for kind in CaseKind if kind is not CaseKind.CANCELLATION)


class Configured(Protocol):
    """What this needs of the setup of all campaigns."""

    @property
    def terms(self) -> Terms: ...


def answered(session: Session, fact: MailAnswered, setup: Configured, *, now: datetime) -> None:
    """Hold the open cases of whoever has written; say why where nothing is held."""
    if fact.automatic is not None:
        _keep(session, fact, AnswerResult.AUTOMATIC, fact.automatic, now)
        return
    mail, people = _whose(session, fact)
    if len(people) != 1:
        result = AnswerResult.AMBIGUOUS if people else AnswerResult.UNKNOWN
        why = f"{len(people)} customers have this address" if people else "of nobody we have written to"
        _keep(session, fact, result, why, now)
        return
    customer_id = people.pop()
    open_cases = case_rows.open_cases_of(session, customer_id, lock=True)
    cases = [c for c in open_cases if c.kind in WAITING_KINDS]
    held = hold_for_answer(session, customer_id, cases, setup.terms.policy.reply_hold_days, now=now)
    result = AnswerResult.HELD if held else AnswerResult.NOTED
    why = "by the mail that it answers" if mail else "by its sender's address"
    _keep(session, fact, result, why, now, customer_id, mail)


def hold_for_answer(
    session: Session, customer_id: str, cases: Sequence[Case], days: int, *, now: datetime, by: str = ""
) -> list[Case]:
    """Hold these open cases for some days and ask a person once; returns those that wait for the answer now.

    A case that a person, a dispute or a complaint holds stays as it is: its hold must not end by itself.
    """
    until, reason = now + timedelta(days=days), ANSWERED + (f" ({by})" if by else "")
    held = []
    for case in cases:
        if case.state == CaseState.OPEN or case.held_until is not None:
            case_engine.hold(session, case, reason, now=now, until=until)
            held.append(case)
        else:
            case_engine.note(session, case, "answered", f"{ANSWERED.capitalize()}.", now=now)
    if not repository.asks_already(session, customer_id, TASK):
        what = "What is open waits" if held else "Nothing waits for it by itself"
        open_task(
            session,
            key=f"answer:{customer_id}:{now:%Y%m%dT%H%M%S%f}",
            kind=TASK,
            title="A customer has answered a mail of ours",
            detail=f"{what}{f' until {until:%Y-%m-%d %H:%M} UTC, then it goes on' if held else ''}. "
            "Read the answer where your mail arrives, then release, hold or close what is open.",
            case_id=cases[0].id if cases else None,
            customer_id=customer_id,
            due_at=until if held else None,
            now=now,
        )
    return held


def _whose(session: Session, fact: MailAnswered) -> tuple[Mail | None, set[str]]:
    """The mail that is answered, if it is named; and the customers that it may come from."""
    mail = repository.mail_answered(session, fact.answers_to)
    if mail is not None:
        return mail, {mail.customer_id}
    known = hashed(session, fact.address)
    return None, repository.written_to(session, known) if known else set()


def _keep(
    session: Session,
    fact: MailAnswered,
    result: AnswerResult,
    detail: str,
    now: datetime,
    customer_id: str | None = None,
    mail: Mail | None = None,
) -> None:
    session.add(
        MailAnswer(
            at=now,
            source=fact.source,
            result=result,
            detail=detail,
            customer_id=customer_id,
            mail_id=mail.id if mail else None,
        )
    )
    log.info("mail.answered", result=str(result), why=detail)
