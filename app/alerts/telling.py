"""Tell of what an operator should know at once, in the caller's transaction; nothing leaves here.

Webhooks carry ids, amounts and states; a chat gets a sentence with a link. Neither a name nor an address.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy.orm import Session

from app.alerts import wording
from app.alerts.policy import AlertPolicy
from app.core import gates
from app.core.money import Money
from app.hooks import chat
from app.hooks import service as hooks
from app.hooks.states import HookType
from app.outbox.facts import MailSettled
from app.outbox.states import MailState


@dataclass(frozen=True, slots=True)
class Crossing:
    """A guardrail that was crossed. `guardrail`: complaints, cancellations, returned_money.

    `reason` says the figures in a sentence; `figures` has them for machines. `stopped`: its mails wait now.
    """

    guardrail: str
    campaign: str
    reason: str
    stopped: bool
    figures: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Verdict:
    """What an experiment shows in one currency. Amounts are minor units; None: no number is said yet."""

    experiment: str
    control: str
    currency: str
    before: str | None  # None: the first verdict
    now: str
    incremental_minor: int | None
    lower_minor: int | None
    upper_minor: int | None


def late_payment(
    session: Session,
    policy: AlertPolicy,
    *,
    case_id: str,
    customer_id: str,
    category: str,
    at_risk: Sequence[Money],
    now: datetime,
) -> None:
    """A case was opened: say so once if it is of great value. `at_risk`: one sum a currency."""
    if not policy.is_high(at_risk):
        return
    where = wording.link(_page(session, f"cases/{case_id}"), case_id)
    text = f"*Late payment of {wording.money(at_risk)}* ({category.replace('_', ' ')}): {where}"
    chat.say(session, key=f"{case_id}:high_value", text=text, customer_id=customer_id, now=now)


def mail_settled(session: Session, fact: MailSettled, _setup: object, *, now: datetime) -> None:
    """Nobody knows whether a mail left: a person has to look at the mail server, so say so once."""
    if fact.state != MailState.UNKNOWN:
        return
    where = wording.link(_page(session, f"mails/{fact.mail_id}"), fact.mail_id)
    text = f"*A mail may or may not have left* ({wording.plain(fact.name)}), and is not sent again: {where}"
    chat.say(session, key=f"{fact.mail_id}:unknown", text=text, customer_id=fact.customer_id or None, now=now)


def guardrail_crossed(session: Session, crossing: Crossing, *, now: datetime) -> None:
    """Once a guardrail, campaign and instant: call it where the crossing is written down."""
    key = f"guardrail:{crossing.guardrail}:{crossing.campaign}:{now.isoformat()}"
    data = {
        "guardrail": crossing.guardrail,
        "campaign": crossing.campaign,
        "stopped": crossing.stopped,
        "reason": crossing.reason,
        "figures": crossing.figures,
    }
    hooks.announce(session, type=HookType.GUARDRAIL_CROSSED, key=key, customer_id=None, data=data, now=now)
    ended = "its mails wait until somebody resumes it" if crossing.stopped else "it goes on"
    where = wording.link(_page(session, ""), "dashboard")
    text = f"*{crossing.campaign}: {crossing.guardrail.replace('_', ' ')}*: {wording.plain(crossing.reason)}"
    chat.say(session, key=key, text=f"{text}; {ended}. {where}", now=now)


def verdict_changed(session: Session, verdict: Verdict, *, now: datetime) -> None:
    """Once an experiment, control arm, currency and instant."""

    def amount(minor: int | None) -> dict[str, Any] | None:
        return None if minor is None else {"amount_minor": minor, "currency": verdict.currency}

    hooks.announce(
        session,
        type=HookType.VERDICT_CHANGED,
        key=f"verdict:{verdict.experiment}:{verdict.control}:{verdict.currency}:{now.isoformat()}",
        customer_id=None,
        data={
            "experiment": verdict.experiment,
            "control": verdict.control,
            "currency": verdict.currency,
            "before": verdict.before,
            "verdict": verdict.now,
            "incremental": amount(verdict.incremental_minor),
            "lower": amount(verdict.lower_minor),
            "upper": amount(verdict.upper_minor),
        },
        now=now,
    )


def _page(session: Session, path: str) -> str | None:
    """An operator's page, as this installation is reached."""
    row = gates.registered(session)
    return f"{row.public_url}/ops/{path}".rstrip("/") if row else None
