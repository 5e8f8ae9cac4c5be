"""The guardrails of an experiment from what its customers did, since an operator last resumed its campaign."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from datetime import datetime, timedelta
from typing import Any

import numpy as np
from sqlalchemy.orm import Session

from app.cases.states import CaseKind
from app.feedback import repository as feedback
from app.feedback.rules import Alarm
from app.proof.rules.guardrails import Difference, complaints, difference, proportion
from app.proof.rules.units import Observed, Sample, sample_of
from app.stats import mail
from app.stats.mail import MailBy
from app.stats.mail_rules import MailFigures
from app.stats.rules import Window

COMPLAINTS, CANCELLATIONS, RETURNED_MONEY = "complaints", "cancellations", "returned_money"
SENDING = (CaseKind.DUNNING, CaseKind.WINBACK)
"""Experiments whose treatment is mail; the campaign has the same name."""


@dataclass(frozen=True, slots=True)
class Guardrail:
    """One guardrail of one experiment today. `figures` in numbers, `reason` in a sentence."""

    experiment: str
    name: str
    alarm: Alarm
    reason: str
    figures: dict[str, Any]


def guardrails(
    session: Session, kind: CaseKind, observed: Sequence[Observed], *, now: datetime
) -> list[Guardrail]:
    """What is watched in an experiment: open cohorts count too, as harm does not wait for a month to close."""
    if not observed or kind not in SENDING:
        return []
    brake = feedback.brake_of(session, kind.value)
    since = brake.counting_from if brake else None
    mine = [o for o in observed if since is None or o.unit.at >= since]
    first_day = min(now, *(o.unit.at for o in observed)).date()
    if since is not None:
        first_day = max(first_day, since.date() + timedelta(days=1))
    found = [_complaints(session, kind.value, Window(first=first_day), now)]
    if kind is CaseKind.DUNNING:
        found += [_cancellations(mine), _returned_money([o for o in mine if o.recovered])]
    return found


def _complaints(session: Session, campaign: str, window: Window, now: datetime) -> Guardrail:
    rows = mail.report(session, MailBy.CAMPAIGN, window, now=now).rows
    mails = next((row.figures for row in rows if row.campaign == campaign), MailFigures())
    lower, upper = proportion(mails.complained, mails.sent)
    figures = {
        "sent": mails.sent,
        "complained": mails.complained,
        "unsubscribed": mails.unsubscribed,
        "lower": lower,
        "upper": upper,
    }
    reason = f"{mails.complained} of {mails.sent:,} mails, at least {lower:.2%} for sure"
    return Guardrail(campaign, COMPLAINTS, complaints(mails.sent, mails.complained), reason, figures)


def _cancellations(observed: Sequence[Observed]) -> Guardrail:
    sample, bad = _counted(observed, [o.cancelled for o in observed])
    return _compared(CANCELLATIONS, "cancelled while their payment was late", sample, bad)


def _returned_money(observed: Sequence[Observed]) -> Guardrail:
    """Of who paid: who was refunded, or disputed it. Who pays more often is not to look worse for it."""
    sample, bad = _counted(observed, [o.went_back for o in observed])
    return _compared(RETURNED_MONEY, "got their payment back or disputed it", sample, bad)


def _counted(observed: Sequence[Observed], bad: Sequence[bool]) -> tuple[Sample, Any]:
    order = sorted(range(len(observed)), key=lambda i: observed[i].unit.at)
    return sample_of([o.unit for o in observed]), np.array([bad[i] for i in order], dtype=np.bool_)


def _compared(name: str, what: str, sample: Sample, bad: Any) -> Guardrail:
    found = difference(sample.treated, sample.pi, sample.stratum, bad)
    alarm = Alarm.STOP if found.crossed else Alarm.NONE
    return Guardrail("dunning", name, alarm, _words(found, what), asdict(found))


def _words(found: Difference, what: str) -> str:
    return (
        f"{found.treated_bad} of {found.treated:,} treated customers {what}, "
        f"{found.held_out_bad} of {found.held_out:,} held out"
    )
