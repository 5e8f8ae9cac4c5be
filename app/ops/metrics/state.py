"""Switches, brakes, verdicts, how old the figures are, and what became of mails."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import asdict
from datetime import datetime

from prometheus_client.core import Metric
from sqlalchemy import select
from sqlalchemy.orm import Session

from app.cases.states import CaseKind
from app.core import gates
from app.core.gates import Registered
from app.core.marks import FigureMark
from app.feedback import repository as feedback
from app.hooks import repository as hooks
from app.hooks.models import HookEndpoint
from app.ops.metrics.gauges import age, gauge, labelled
from app.proof import repository as proofs
from app.stats import mail
from app.stats.mail import MailBy

WORK = {
    "backfill": "backfilled_until",
    "reconcile": "reconciled_at",
    "cards": "cards_scanned_at",
    "winback": "winback_scanned_at",
    "proof": "proofs_looked_at",
}
"""Periodic work of the worker, and where it notes that it was done."""


def families(session: Session, now: datetime) -> Iterator[Metric]:
    row = gates.registered(session)
    yield gauge("reclaim_paused", "1 while the kill switch is on", int(gates.paused(session) is not None))
    yield from _campaigns(session)
    yield from _endpoints(session)
    yield from _worker(session, row, now)
    yield from _proofs(session)
    yield from _mails(session, now)


def _campaigns(session: Session) -> Iterator[Metric]:
    stopped = {brake.campaign for brake in feedback.stopped(session)}
    names = sorted(stopped | {CaseKind.DUNNING, CaseKind.EXPIRING_CARD, CaseKind.WINBACK})
    yield labelled(
        "reclaim_campaign_stopped",
        "1 while a guardrail has stopped a campaign",
        ["campaign"],
        [((name,), int(name in stopped)) for name in names],
    )


def _endpoints(session: Session) -> Iterator[Metric]:
    counts: dict[tuple[str, str], int] = {}
    for endpoint in hooks.endpoints(session):
        key = (endpoint.kind, _health(endpoint))
        counts[key] = counts.get(key, 0) + 1
    text = "Webhook endpoints and chats by whether they take what they are told"
    yield labelled("reclaim_hook_endpoints", text, ["kind", "health"], counts.items())


def _health(endpoint: HookEndpoint) -> str:
    if not endpoint.enabled:
        return "disabled"
    return "failing" if endpoint.failing_since else "ok"


def _worker(session: Session, row: Registered | None, now: datetime) -> Iterator[Metric]:
    """`figures` is 0 where nothing has changed since they were kept."""
    done = {name: getattr(row, column) for name, column in WORK.items()} if row else {}
    yield labelled(
        "reclaim_work_age_seconds",
        "Since when periodic work was last done; absent: never",
        ["work"],
        [((name,), age(at, now)) for name, at in done.items() if at is not None],
    )
    stale = session.scalar(select(FigureMark.id).limit(1)) is not None
    since = (row.figures_kept_at or row.watching_since) if row and stale else None
    yield gauge(
        "reclaim_figures_age_seconds", "How old the figures are where rows have changed", age(since, now)
    )


def _proofs(session: Session) -> Iterator[Metric]:
    yield labelled(
        "reclaim_proof_verdict",
        "1 for what an experiment shows today in a currency",
        ["experiment", "control", "currency", "verdict"],
        [((*what, proof.verdict), 1) for what, proof in proofs.newest(session).items()],
    )


def _mails(session: Session, now: datetime) -> Iterator[Metric]:
    """From the roll-up: a quarter of an hour old at most."""
    found = mail.report(session, MailBy.CAMPAIGN, now=now).rows
    yield labelled(
        "reclaim_mails_settled",
        "Mails to customers by what became of them, since the beginning",
        ["campaign", "result"],
        [((row.campaign, result), n) for row in found for result, n in asdict(row.figures).items()],
    )
