"""Late invoices for tests of the numbers, made by plain functions."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from app.cases.models import Case
from app.core.db import Database
from app.dunning.models import DunningInvoice

NOW = datetime(2026, 6, 10, 12, 0, tzinfo=UTC)


def day(text: str) -> datetime:
    """`day("2026-03-05")` or with a time, UTC."""
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


def late_invoice(db: Database, name: str, failed: str, due: int, **fields: Any) -> None:
    """One late invoice with a case of its own; unnamed fields are an open one in dollars."""
    case_fields = {
        "category": "soft_funds",
        "policy_version": "v1",
        "contacts": 0,
        "first_contact_at": None,
        "state": "closed" if fields.get("result") else "open",
    }
    mine = {k: fields.pop(k, v) for k, v in case_fields.items()}
    row = {"currency": "usd", "first_after_trial": False, "paid_minor": 0, "returned_minor": 0} | fields
    with db.write() as session:
        case = Case(
            id=f"case_{name}",
            kind="dunning",
            customer_id=f"cus_{name}",
            opened_at=day(failed),
            plan_number=1,
            experiment_arm="treatment",
            propensity=1.0,
            link_epoch=0,
            details={},
            **mine,
        )
        session.add(case)
        session.flush()
        session.add(
            DunningInvoice(
                invoice_id=f"in_{name}",
                case_id=case.id,
                customer_id=case.customer_id,
                at_risk_minor=due,
                failed_at=day(failed),
                **row,
            )
        )


def a_quarter(db: Database) -> None:
    """Eleven late invoices of which every number can be told by hand (see test_recovery.py)."""
    mailed = {"contacts": 2, "first_contact_at": day("2026-03-06")}
    late_invoice(db, "a", "2026-03-05", 1000, result="paid", paid_minor=1000, paid_at=day("2026-03-05T20:00"))
    late_invoice(
        db, "b", "2026-03-05", 2000, result="paid", paid_minor=2000, paid_at=day("2026-03-09"), **mailed
    )
    # A part went back: 500 of 3000.
    late_invoice(
        db,
        "c",
        "2026-03-31T23:59",
        3000,
        result="paid",
        paid_minor=3000,
        returned_minor=500,
        paid_at=day("2026-04-02"),
        contacts=1,
        first_contact_at=day("2026-04-01"),
        category="hard",
    )
    # All of it went back: disputed within 30 days.
    late_invoice(
        db,
        "d",
        "2026-04-01",
        4000,
        result="paid",
        paid_minor=4000,
        returned_minor=4000,
        paid_at=day("2026-04-03"),
    )
    late_invoice(db, "e", "2026-04-10", 5000, result="lost", settled_at=day("2026-04-24"), contacts=3,
                 first_contact_at=day("2026-04-11"), category="hard")  # fmt: skip
    # Lost in March, paid in May: late money of March.
    late_invoice(db, "f", "2026-03-10", 6000, result="lost", settled_at=day("2026-03-24"), paid_minor=6000,
                 paid_at=day("2026-05-02"), **mailed)  # fmt: skip
    late_invoice(db, "g", "2026-06-01", 7000, contacts=1, first_contact_at=day("2026-06-02"))
    late_invoice(db, "h", "2026-04-15", 8000, result="cancelled", settled_at=day("2026-04-16"))
    # Stopped by hand: no result, and the case is closed.
    late_invoice(db, "i", "2026-04-16", 900, state="closed")
    late_invoice(
        db, "j", "2026-04-17", 10000, first_after_trial=True, result="lost", settled_at=day("2026-05-01")
    )
    late_invoice(db, "k", "2026-03-05", 1100, currency="eur", result="paid", paid_minor=1100,
                 paid_at=day("2026-03-07"), policy_version="v2")  # fmt: skip
