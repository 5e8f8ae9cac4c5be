"""Tell a person, the merchant's systems and the chat what a look has changed, in the caller's transaction."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy.orm import Session

from app.alerts import telling as alerts
from app.alerts.telling import Crossing
from app.outbox.service import open_task
from app.proof.models import Proof
from app.proof.rules.verdict import Verdict

_TITLES = {
    Verdict.PROVEN: "{experiment}: proven against {control}",
    Verdict.PROVEN_HARM: "{experiment}: less comes in than without it",
    Verdict.BLOCKED: "{experiment}: the figures are blocked",
}
_DETAILS = {
    Verdict.PROVEN: "Treated customers brought more than those held out, more than chance explains.",
    Verdict.PROVEN_HARM: "Treated customers brought less than those held out, more than chance explains. Look at what "
    "they get; `reclaim pause` stops it meanwhile.",
    Verdict.BLOCKED: "The arms are not of the sizes that they were drawn with: somebody is missing from one of them, "
    "and no comparison can be believed. Look for what was imported, deleted or left out since the hold-out began.",
}


def verdict_changed(session: Session, proof: Proof, before: str | None, *, now: datetime) -> None:
    """An experiment says something else than at the last look. The first count of customers is no news."""
    after = Verdict(proof.verdict)
    if before is None and after is Verdict.NOT_ENOUGH:
        return
    what = f"{proof.experiment}:{proof.control}:{proof.currency}"
    if after in _TITLES:
        open_task(
            session,
            key=f"verdict:{what}:{after}:{now.date()}",
            kind=f"verdict_{after}",
            title=_TITLES[after].format(experiment=proof.experiment, control=proof.control),
            detail=f"{_DETAILS[after]} Figures in {proof.currency.upper()}: `reclaim stats proof`.",
            now=now,
        )
    told = alerts.Verdict(
        experiment=proof.experiment,
        control=proof.control,
        currency=proof.currency,
        before=before,
        now=proof.verdict,
        incremental_minor=proof.incremental_minor,
        lower_minor=proof.lower_minor,
        upper_minor=proof.upper_minor,
    )
    alerts.verdict_changed(session, told, now=now)


def guardrail_crossed(session: Session, crossing: Crossing, *, now: datetime) -> None:
    """A campaign was stopped. The brake has told machines already; a person is asked here."""
    open_task(
        session,
        key=f"guardrail:{crossing.guardrail}:{crossing.campaign}:{now.isoformat()}",
        kind="guardrail_stop",
        title=f"{crossing.campaign} is stopped: {_named(crossing)}",
        detail=f"{crossing.reason}. Its mails wait. When the cause is found: "
        f"`reclaim mail resume {crossing.campaign}`.",
        now=now,
    )


def guardrail_near(session: Session, crossing: Crossing, *, now: datetime) -> None:
    """A guardrail is near: nothing is stopped yet."""
    open_task(
        session,
        key=f"guardrail_near:{crossing.guardrail}:{crossing.campaign}:{now.date()}",
        kind="guardrail_warn",
        title=f"{crossing.campaign} is near its limit: {_named(crossing)}",
        detail=f"{crossing.reason}. At 0.30% for sure it is stopped. Look at who its mails go to.",
        now=now,
    )
    alerts.guardrail_crossed(session, crossing, now=now)


def _named(crossing: Crossing) -> str:
    return {
        "complaints": "too many complaints",
        "cancellations": "more customers cancel than without it",
        "returned_money": "more payments go back than without it",
    }[crossing.guardrail]
