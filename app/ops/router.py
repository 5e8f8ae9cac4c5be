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
    dashboard,
    event_pages,
    facts,
    health,
    hooks,
    leaving,
    letters,
    links,
    login_pages,
    mail_pages,
    mail_stats,
    metrics,
    person,
    stats,
    suppressions,
    task_pages,
    tasks,
)

router = APIRouter()
for part in (
    stats,
    mail_stats,
    cancel_stats,
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
    dashboard,
    letters,
    case_pages,
    customer_pages,
    task_pages,
    event_pages,
    mail_pages,
):
    router.include_router(part.router)
