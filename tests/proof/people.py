"""Customers with an arm, and what became of them, as rows."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from app.billing.models import Customer, Invoice, Subscription
from app.cancellation.models import CancelVisit
from app.cases.models import Case
from app.core.db import Base, Database
from app.dunning.models import DunningInvoice
from app.experiments.models import DecisionRow
from app.offers.models import Grant
from app.winback.models import Lapse
from tests.stats.factories import NOW, day

SHARE = 0.2


def add(db: Database, *rows: Base) -> None:
    """Rows in this order."""
    with db.write() as session:
        for row in rows:
            session.add(row)
            session.flush()


def case_of(
    name: str, kind: str, control: str, opened: str, *, held_out: bool = False, **fields: Any
) -> Case:
    """A case of `cus_name`; by default the first one of 2026, with a fifth held out."""
    year = fields.pop("year", opened[:4])
    told: dict[str, Any] = {
        "id": f"case_{name}",
        "customer_id": f"cus_{name}",
        "subject_id": "",
        "state": "closed",
        "category": "soft_funds",
        "experiment": f"{kind}:{year}:{SHARE}:{control}",
        "experiment_arm": control if held_out else "treated",
        "propensity": SHARE if held_out else 1 - SHARE,
    }
    rest = {"policy_version": "v1", "plan_number": 1, "contacts": 2, "link_epoch": 0, "details": {}}
    return Case(kind=kind, opened_at=day(opened), **(told | rest | fields))


def late(
    name: str, failed: str, due: int, *, case: str = "", number: int = 0, **fields: Any
) -> DunningInvoice:
    """A late invoice of a case, in dollars."""
    row = {"currency": "usd", "first_after_trial": False, "paid_minor": 0, "returned_minor": 0} | fields
    return DunningInvoice(
        invoice_id=f"in_{name}{case}_{number}",
        case_id=f"case_{name}{case}",
        customer_id=f"cus_{name}",
        at_risk_minor=due,
        failed_at=day(failed),
        **row,
    )


def paid_on(when: str, amount: int, **fields: Any) -> dict[str, Any]:
    return {"result": "paid", "paid_minor": amount, "paid_at": day(when), **fields}


def logged(name: str, kind: str, action: str, observation: dict[str, Any]) -> DecisionRow:
    """What the log of decisions says of the opening."""
    return DecisionRow(
        at=NOW, experiment=f"{kind}:2026", customer_id=f"cus_{name}", case_id=f"case_{name}", arm="treated",
        propensity=0.8, observation=observation, action=action, policy_version="v1",
    )  # fmt: skip


def failing(
    db: Database,
    name: str,
    failed: str = "2026-03-05",
    due: int = 1000,
    *,
    held_out: bool = False,
    **fields: Any,
) -> None:
    """A customer with one late invoice; `paid`: days later, in full."""
    came = fields.pop("paid", None)
    row = paid_on(f"{failed[:8]}{int(failed[8:10]) + came:02}", due) if came is not None else {}
    returned = fields.pop("returned", 0)
    add(
        db,
        case_of(name, "dunning", "minimal", failed, held_out=held_out, **fields),
        late(name, failed, due, **{"result": "lost", **row, "returned_minor": returned}),
    )


SEEN: dict[str, Any] = {"seen_at": NOW, "seen_live": False}


def subscription(name: str, amount: int = 2900, **fields: Any) -> Subscription:
    """One of 29.00 a month by default."""
    item = {"price_id": f"price_{amount}", "amount_minor": amount, "quantity": 1, "currency": "usd"}
    item |= {"interval": fields.pop("interval", "month"), "interval_count": 1}
    told = {
        "id": f"sub_{name}",
        "status": "active",
        "paused_collection": False,
        "forces_three_d_secure": False,
    }
    return Subscription(customer_id=f"cus_{name}", items=[item], **(SEEN | told | fields))


def customer(name: str, currency: str = "usd") -> Customer:
    return Customer(id=f"cus_{name}", currency=currency, delinquent=False, deleted=False, **SEEN)


def invoice(name: str, number: int, paid_at: str, amount: int, **fields: Any) -> Invoice:
    """A paid invoice of a customer's subscription."""
    told: dict[str, Any] = {
        "subscription_id": f"sub_{name}",
        "currency": "usd",
        "created_at": day(paid_at),
        "price_id": None,
        "refunded_minor": 0,
    }
    return Invoice(
        id=f"in_{name}_{number}",
        customer_id=f"cus_{name}",
        status="paid",
        amount_due_minor=amount,
        amount_paid_minor=amount,
        amount_remaining_minor=0,
        attempt_count=1,
        paid_at=day(paid_at),
        paid_out_of_band=False,
        needs_action=False,
        **(SEEN | told | fields),
    )


def visit(name: str, started: str) -> CancelVisit:
    return CancelVisit(
        id=f"visit_{name}", case_id=f"case_{name}", number=1, customer_id=f"cus_{name}",
        subscription_id=f"sub_{name}", entry="page", preset="STRICT", preset_version=1, place_source="none",
        locale="en", screen="start", refused={}, started_at=day(started),
    )  # fmt: skip


def upgrade(name: str, cost: int) -> Grant:
    """A higher plan without its price: no invoice shows what it costs."""
    return Grant(
        id=f"grant_{name}", case_id=f"case_{name}", customer_id=f"cus_{name}", subscription_id=f"sub_{name}",
        offer="pro", offer_version="1", kind="upgrade", state="applied", arm="treated", given_by="page", terms={},
        currency="usd", cost_minor=cost, shown_at=NOW, expires_at=NOW, applied_at=NOW,
    )  # fmt: skip


def lapse(name: str, ends: str, amount: int = 2900, **fields: Any) -> Lapse:
    told: dict[str, Any] = {
        "kind": "voluntary",
        "running": False,
        "quantity": 1,
        "currency": "usd",
        "interval": "month",
        "interval_count": 1,
        "state": "enrolled",
    }
    return Lapse(
        id=f"sub_{name}", customer_id=f"cus_{name}", ends_at=day(ends), amount_minor=amount, **(told | fields)
    )


def crowd(
    db: Database, held_out: bool, n: int, *, paid: int = 0, cancelled: int = 0, first: int = 0, **fields: Any
) -> None:
    """So many customers of an arm, late with 10.00 from 2 March 2026 on, one every two hours.

    The first ones `paid` a day later, the last ones `cancelled` ten days later, the others were lost.
    """
    rows: list[Base] = []
    for i in range(n):
        name, failed = f"{'h' if held_out else 't'}{first + i}", day("2026-03-02") + timedelta(hours=2 * i)
        left: dict[str, Any] = {}
        came: dict[str, Any] = {"result": "lost"}
        if i >= n - cancelled:
            left = {"outcome": "cancelled", "closed_at": failed + timedelta(days=10)}
        if i < paid:
            came = {"result": "paid", "paid_minor": 1000, "paid_at": failed + timedelta(days=1)}
        opened = f"{failed:%Y-%m-%dT%H:%M}"
        rows.append(case_of(name, "dunning", "minimal", opened, held_out=held_out, **left))
        rows.append(late(name, opened, 1000, **(came | fields)))
    with db.write() as session:
        session.add_all(rows)
