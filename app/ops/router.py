"""Routes of the operator."""

from __future__ import annotations

from fastapi import APIRouter

from app.ops import (
    case_pages,
    cases,
    customers,
    dashboard,
    event_pages,
    facts,
    health,
    links,
    login_pages,
    mail_pages,
    mail_stats,
    metrics,
    person,
    stats,
    task_pages,
    tasks,
)

router = APIRouter()
for part in (stats, mail_stats, cases, customers, facts, person, tasks, links, health, metrics):
    router.include_router(part.router)
for part in (login_pages, dashboard, case_pages, task_pages, event_pages, mail_pages):
    router.include_router(part.router)
