"""Thousands of open cases with one due reminder each, written straight into the tables."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import insert

from app.billing.models import Customer, Invoice
from app.campaigns import repository as campaigns
from app.cases.models import Case, Step
from app.core.db import Database
from app.dunning.models import DunningInvoice
from app.dunning.rules.policy import DunningPolicy
from app.outbox.models import Mail
from app.outbox.rendering.samples import payment_context


def seed(db: Database, count: int, now: datetime) -> None:
    seen = {"seen_at": now, "seen_live": False}
    numbers = range(count)
    with db.write() as session:
        version = campaigns.remember(session, "dunning", DunningPolicy().model_dump(mode="json"), now=now)
        session.execute(
            insert(Customer),
            [
                {
                    "id": f"cus_{n}",
                    **seen,
                    "email": f"c{n}@example.com",
                    "delinquent": False,
                    "deleted": False,
                }
                for n in numbers
            ],
        )
        session.execute(insert(Invoice), [_invoice(n, now) | seen for n in numbers])
        session.execute(
            insert(Case),
            [
                {
                    "id": f"case_{n}",
                    "kind": "dunning",
                    "customer_id": f"cus_{n}",
                    "state": "open",
                    "category": "soft_generic",
                    "opened_at": now,
                    "policy_version": version,
                    "plan_number": 1,
                    "contacts": 0,
                    "experiment_arm": "treated",
                    "propensity": 1.0,
                    "link_epoch": 0,
                    "details": {"plan": "soft_generic+0h", "start": now.isoformat()},
                }
                for n in numbers
            ],
        )
        session.execute(
            insert(Step),
            [
                {
                    "id": f"step_{n}",
                    "case_id": f"case_{n}",
                    "key": "1:0",
                    "kind": "mail",
                    "number": 0,
                    "stage": "first",
                    "state": "done",
                    "due_at": now,
                    "planned_at": now,
                    "decided_at": now,
                }
                for n in numbers
            ],
        )
        session.execute(
            insert(DunningInvoice),
            [
                {
                    "invoice_id": f"in_{n}",
                    "case_id": f"case_{n}",
                    "customer_id": f"cus_{n}",
                    "currency": "usd",
                    "at_risk_minor": 2900,
                    "failed_at": now,
                    "first_after_trial": False,
                    "paid_minor": 0,
                    "returned_minor": 0,
                }
                for n in numbers
            ],
        )
        session.execute(
            insert(Mail),
            [
                {
                    "id": f"mail_{n:05}",
                    "key": f"case_{n}:1:0:mail",
                    "case_id": f"case_{n}",
                    "customer_id": f"cus_{n}",
                    "name": "payment_failed_retrying",
                    "due_at": now,
                    "attempts": 0,
                    "created_at": now,
                    "state": "queued",
                    "purpose": "reminder",
                    "step_id": f"step_{n}",
                    "context": payment_context(),
                    "locale": "en",
                    "to_address": f"c{n}@example.com",
                }
                for n in numbers
            ],
        )


def _invoice(number: int, now: datetime) -> dict[str, object]:
    return {
        "id": f"in_{number}",
        "customer_id": f"cus_{number}",
        "status": "open",
        "currency": "usd",
        "billing_reason": "subscription_cycle",
        "collection_method": "charge_automatically",
        "amount_due_minor": 2900,
        "amount_paid_minor": 0,
        "amount_remaining_minor": 2900,
        "attempt_count": 1,
        "paid_out_of_band": False,
        "failed_at": now,
        "last_failed_at": now,
        "needs_action": False,
        "refunded_minor": 0,
    }
