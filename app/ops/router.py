"""Routes of the operator."""

from __future__ import annotations

from fastapi import APIRouter

from app.ops import (
    campaigns,
    cancel_stats,
    case_pages,
    cases,
    customer_pages,
    customers,
    event_pages,
    facts,
    health,
    hooks,
    kept_stats,
    leaving,
    letters,
    links,
    login_pages,
    mail_pages,
    mail_stats,
    person,
    proof,
    stats,
    suppressions,
    task_pages,
    tasks,
)
from app.ops.dashboard import routes as dashboard
from app.ops.metrics import route as metrics

router = APIRouter()
for part in (
    stats,
    mail_stats,
    cancel_stats,
    kept_stats,
    proof,
    cases,
    customers,
    leaving,
    facts,
    person,
    tasks,
    links,
    hooks,
    health,
    metrics,
):
    router.include_router(part.router)
router.include_router(person.restricted_router)
for part in (campaigns, suppressions):
    router.include_router(part.router)
router.include_router(campaigns.pages)
for part in (
    login_pages,
    letters,
    case_pages,
    customer_pages,
    task_pages,
    event_pages,
    mail_pages,
):
    router.include_router(part.router)
# Last: its /ops/{section} would take the place of the pages above.
router.include_router(dashboard.router)
