"""What the provider and the mail providers tell of the way back: a checkout completed, expired, closed; a click."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from typing import Any

from sqlalchemy.orm import Session

from app.billing.facts import CheckoutCompleted, CheckoutExpired
from app.cases import repository as case_rows
from app.cases.states import CaseKind
from app.feedback import repository as feedback
from app.feedback.facts import MailClicked
from app.outbox.facts import ActionSettled
from app.outbox.states import ActionState
from app.winback import service
from app.winback.mails import Setup
from app.winback.ports import ProviderReturns
from app.winback.settling import EXPIRE_CHECKOUT

RETURN_PATH = "/return/"
Executor = Callable[[dict[str, Any], str], dict[str, Any]]


def executor(returns: ProviderReturns) -> Executor:
    """The executor of `expire_checkout`: params `session`; result `status` expired, complete or gone."""

    def expire_checkout(params: dict[str, Any], key: str) -> dict[str, Any]:
        return {"status": returns.expire_checkout(params["session"])}

    return expire_checkout


def completed(session: Session, fact: CheckoutCompleted, setup: Setup, *, now: datetime) -> None:
    """Somebody has subscribed on a page of ours."""
    if fact.subscription_id is not None:
        service.completed(session, fact.session_id, fact.subscription_id, setup, now)


def expired(session: Session, fact: CheckoutExpired, _setup: Setup, *, now: datetime) -> None:
    """A page of ours has come to its end unused."""
    service.expired(session, fact.session_id, now)


def closed(session: Session, fact: ActionSettled, _setup: Setup, *, now: datetime) -> None:
    """We have closed a page ourselves. One that was completed first is told of by its own event."""
    done = fact.name == EXPIRE_CHECKOUT and fact.state == ActionState.DONE
    if done and (fact.result or {}).get("status") in ("expired", "gone"):
        service.expired(session, fact.params["session"], now)


def mail_clicked(session: Session, fact: MailClicked, _setup: Setup, *, now: datetime) -> None:
    """The way back was followed in a mail; other links, as to unsubscribe, are no interest."""
    if RETURN_PATH not in fact.link:
        return
    mail = feedback.mail_of(session, fact, now)
    case = case_rows.get(session, mail.case_id or "", lock=True) if mail is not None else None
    if case is not None and case.kind == CaseKind.WINBACK:
        service.clicked(session, case, min(fact.at, now), by="mail")
