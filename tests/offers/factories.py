"""Contracts, offers and grants as the rules see them."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

from sqlalchemy.orm import Session

from app.offers import service
from app.offers.models import Grant
from app.offers.rules.contract import Contract, Line
from app.offers.rules.policy import Offer
from app.offers.rules.terms import Terms
from app.offers.states import Means, OfferKind

NOW = datetime(2026, 3, 10, 10, tzinfo=UTC)

LINE = Line(
    item_id="si_1",
    price_id="price_1",
    product_id="prod_1",
    label="Pro plan",
    amount_minor=2900,
    currency="usd",
    interval="month",
)
MONTHLY = Contract(
    subscription_id="sub_1",
    customer_id="cus_1",
    status="active",
    collection_method="charge_automatically",
    currency="usd",
    lines=(LINE,),
    started_at=datetime(2025, 3, 1, 10, tzinfo=UTC),
    period_end_at=datetime(2026, 4, 1, 10, tzinfo=UTC),
    anchored_at=datetime(2025, 3, 1, 10, tzinfo=UTC),
)


def at(text: str) -> datetime:
    """An instant in UTC."""
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


def contract(*, line: dict[str, Any] | None = None, **changes: Any) -> Contract:
    """The plain monthly contract over 29 dollars, with what is otherwise."""
    lines = {"lines": (replace(LINE, **line),)} if line is not None else {}
    return replace(MONTHLY, **(lines | changes))


def offer(kind: str = "free_months", **more: Any) -> Offer:
    """An offer with what its kind needs."""
    needs: dict[str, dict[str, Any]] = {
        "free_months": {"months": 1},
        "percent_off": {"percent": 50, "months": 3},
        "amount_off": {"amount_minor": {"usd": 1000, "eur": 900}, "months": 2},
        "pause": {"months": 1},
        "upgrade": {"months": 2, "price": "price_9", "plan_name": "Team", "features": ["sso"]},
        "switch_plan": {"price": "price_0", "plan_name": "Light", "price_minor": {"usd": 900}},
        "extend_trial": {"days": 14},
        "redirect": {"url": "https://example.com/help"},
    }
    return Offer(kind=OfferKind(kind), **(needs.get(kind, {}) | more))


def shown_grant(
    session: Session,
    number: int,
    *,
    name: str = "free",
    given: Offer | None = None,
    cost_minor: int = 2900,
    currency: str = "usd",
    subscription_id: str | None = None,
    now: datetime = NOW,
) -> Grant:
    """A grant that is shown to its own customer."""
    to = service.Occasion(
        case_id=f"case_{number}",
        customer_id=f"cus_{number}",
        subscription_id=subscription_id or f"sub_{number}",
        address_hash=None,
        arm="standard",
        reason="too_expensive",
        preset="EU",
    )
    terms = Terms(
        kind=OfferKind.FREE_MONTHS,
        means=Means.COUPON,
        currency=currency,
        price_minor=cost_minor,
        charged_minor=0,
        saved_minor=cost_minor,
        cost_minor=cost_minor,
        months=1,
    )
    return service.show(session, to, name, given or offer(), terms, now=now)
