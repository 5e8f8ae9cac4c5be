"""What systems are told of a return: once a way, in the currency of what they came back to, without a person."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

from sqlalchemy import select

from app.billing.models import Subscription
from app.core.db import Database
from app.hooks import service as hooks
from app.hooks.models import HookMessage
from app.hooks.states import HookType
from app.winback.models import Lapse
from app.winback.telling import tell_returned
from tests.hooks.switchboard import SEALER

NOW = datetime(2026, 6, 10, 12, 0, tzinfo=UTC)
LINE = {"price_id": "price_1", "currency": "eur", "interval": "month", "amount_minor": 1900, "quantity": 2}


def prepared(db: Database) -> None:
    with db.write() as session:
        hooks.add_endpoint(session, "https://a.example/", [HookType.SUBSCRIPTION_RETURNED], SEALER, now=NOW)
        session.add(Subscription(
            id="sub_2", customer_id="cus_2", status="active", paused_collection=False, forces_three_d_secure=False,
            items=[LINE], created_at=NOW, seen_at=NOW, seen_live=False,
        ))  # fmt: skip
        session.add(Lapse(
            id="sub_1", customer_id="cus_1", kind="voluntary", ends_at=NOW - timedelta(days=60), running=False,
            state="enrolled", currency="usd", returned_at=NOW, returned_subscription_id="sub_2",
            returned_how="natural",
        ))  # fmt: skip


def tell(db: Database, how: str) -> list[dict[str, Any]]:
    with db.write() as session:
        lapse = session.get_one(Lapse, "sub_1")
        lapse.returned_how = how
        tell_returned(session, lapse, None, now=NOW)
    with db.read() as session:
        return [m.body["data"] for m in session.scalars(select(HookMessage).order_by(HookMessage.id))]


def test_a_return_is_told_once_and_again_where_the_way_was_another(database: Database) -> None:
    prepared(database)
    assert [d["how"] for d in tell(database, "natural")] == ["natural"]
    assert [d["how"] for d in tell(database, "natural")] == ["natural"]
    assert [d["how"] for d in tell(database, "page")] == ["natural", "page"]


def test_the_price_is_that_of_the_new_subscription_in_its_own_currency(database: Database) -> None:
    """Edge: left a plan in dollars, came back to one in euros, without a sequence."""
    prepared(database)
    (told,) = tell(database, "natural")
    assert told == {
        "case": None,
        "customer": "cus_1",
        "lapsed_subscription": "sub_1",
        "subscription": "sub_2",
        "returned_at": "2026-06-10T12:00:00Z",
        "how": "natural",
        "price": {"amount_minor": 3800, "currency": "eur"},
        "offer": None,
    }
