"""The figures of one report, out of the same reports that the dashboard shows; as plain JSON for the mail."""

from __future__ import annotations

from datetime import date
from typing import Any

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from app.proof import reading
from app.reports.rules import Edition, window_of
from app.stats import cancellations, mail, recovery
from app.stats.cancellations_rules import CancelBy, CancelFigures
from app.stats.mail import MailFigures
from app.stats.rules import By, Population
from app.winback.models import Lapse
from app.winback.states import How


def context_of(session: Session, edition: Edition, public_url: str) -> dict[str, Any]:
    """What the mail says; app/outbox/rendering/context.py, `OwnerReportContext`."""
    ops = f"{public_url}/ops"
    return {
        "month": _instant(edition.month),
        "dashboard_url": ops,
        "payments": {
            "month": _instant(edition.paid_month),
            "currencies": _payments(session, edition),
            "page_url": f"{ops}/dunning",
        },
        "proofs": _proofs(session),
        "cancellations": {**_cancellations(session, edition), "page_url": f"{ops}/cancellations"},
        "winback": {**_winback(session, edition), "page_url": f"{ops}/winback"},
        "mail": {**_mail(session, edition), "page_url": f"{ops}/mail"},
    }


def _payments(session: Session, edition: Edition) -> list[dict[str, Any]]:
    """By currency; renewals only. Their 30 days are over, but for the last of a long month (`open`)."""
    window = window_of(edition.paid_month)
    found = recovery.report(session, By.CURRENCY, window, now=edition.due_at).rows
    return [
        {
            "count": row.figures.at_risk_count,
            "at_risk": _money(row.figures.at_risk_minor, row.currency),
            "collected": _money(row.figures.recovered_minor, row.currency),
            "silent": _money(row.figures.silent_minor, row.currency),
            "open": row.figures.open_count,
        }
        for row in found
        if row.population == Population.RENEWAL
    ]


def _proofs(session: Session) -> list[dict[str, Any]]:
    """What the newest look says; amounts only where a number may be said."""
    return [
        {
            "experiment": view.experiment,
            "control": view.control,
            "currency": view.currency.upper(),
            "verdict": view.words,
            "lower": _money(view.numbers.lower_minor, view.currency) if view.numbers else None,
            "upper": _money(view.numbers.upper_minor, view.currency) if view.numbers else None,
            "incremental": _money(view.numbers.incremental_minor, view.currency) if view.numbers else None,
        }
        for view in reading.latest(session)
    ]


def _cancellations(session: Session, edition: Edition) -> dict[str, Any]:
    report = cancellations.report(session, CancelBy.MONTH, window_of(edition.month), now=edition.due_at)
    figures = sum((row.figures for row in report.rows), CancelFigures())
    return {
        "asked": figures.cases,
        "cancelled": figures.cancelled + figures.elsewhere,
        "saved": figures.saved,
    }


def _winback(session: Session, edition: Edition) -> dict[str, Any]:
    """Who came back in the month, whenever they had left; what is natural is not claimed."""
    window = window_of(edition.month)
    query = (
        select(Lapse.returned_how, func.count())
        .where(Lapse.returned_at >= window.begins_at, Lapse.returned_at < window.ends_at)
        .group_by(Lapse.returned_how)
    )
    found = [(how, number) for how, number in session.execute(query)]
    return {
        "returned": sum(number for _, number in found),
        "unasked": sum(number for how, number in found if how == How.NATURAL),
    }


def _mail(session: Session, edition: Edition) -> dict[str, Any]:
    figures = sum((row.figures for row in mail.rows(session, window_of(edition.month))), MailFigures())
    return {
        "sent": figures.sent,
        "bounced": figures.bounced,
        "complained": figures.complained,
        "unsubscribed": figures.unsubscribed,
        "unknown": figures.unknown,
    }


def _money(amount_minor: int, currency: str) -> dict[str, Any]:
    return {"amount_minor": amount_minor, "currency": currency}


def _instant(month: date) -> str:
    """An instant within the month in every zone, for a template that writes months."""
    return f"{month:%Y-%m}-15T12:00:00+00:00"
