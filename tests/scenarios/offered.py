"""A subscriber who stands before an offer, and what the provider then shows of it."""

from __future__ import annotations

from typing import Any

from app.cancellation.models import CancelVisit
from app.offers.models import OfferBudget
from tests.scenarios.diary import Diary
from tests.scenarios.leaving import Leaving

MARCH = "2026-03-10T10:00:00"
"""Three weeks before the renewal of 1 April."""


def before_offer(diary: Diary, *, reason: str = "too_expensive", **wanted: Any) -> Leaving:
    """A French subscriber, who sees an offer with the first answer, has given a reason."""
    ada = Leaving(diary, diary.subscriber(**({"country": "FR"} | wanted)))
    ada.press("answer", reason=reason)
    return ada


def coupons(ada: Leaving) -> list[str]:
    """The coupons in force on the subscription, as the provider shows it."""
    sandbox = ada.diary.sandbox
    rows = [sandbox.get("discount", row) for row in ada.subscription["discounts"]]
    return [str(row["source"]["coupon"]) for row in rows]


def ours(ada: Leaving) -> list[str]:
    """The coupons of ours among them."""
    return [coupon for coupon in coupons(ada) if coupon.startswith("reclaim-")]


def totals(ada: Leaving) -> list[int]:
    """What each invoice came to, oldest first."""
    return [int(row["total"]) for row in ada.diary.sandbox.invoices(ada.someone.subscription)]


def booked(diary: Diary) -> dict[str, tuple[int, int]]:
    """What the budgets bear: minor units and grants by offer, of all months together."""
    with diary.application.db.read() as session:
        rows = list(session.query(OfferBudget))
    names = {row.offer for row in rows}
    return {
        name: (
            sum(r.booked_minor for r in rows if r.offer == name),
            sum(r.grants for r in rows if r.offer == name),
        )
        for name in sorted(names)
    }


def refused(diary: Diary) -> dict[str, list[str]]:
    """Why the newest visit was not offered what it was not offered."""
    with diary.application.db.read() as session:
        row = session.query(CancelVisit).order_by(CancelVisit.id.desc()).first()
    return dict(row.refused) if row is not None else {}


def break_next(diary: Diary, kind: str, path: str, count: int = 1, method: str = "POST") -> None:
    """The next such calls at the provider go wrong, as docs/sandbox.md tells."""
    fault = {"kind": kind, "path": path, "method": method, "count": count}
    diary.sandbox.control("POST", "api/faults", fault)


def own_card(number: int) -> str:
    """A working card that nobody else has: who shares one is taken for one person."""
    digits = f"42424242{number:07d}"
    doubled = [int(d) * (2 if place % 2 == 0 else 1) for place, d in enumerate(digits)]
    return digits + str(-sum(d - 9 if d > 9 else d for d in doubled) % 10)
