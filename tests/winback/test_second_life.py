"""What is noted of the life after a return."""

from __future__ import annotations

import pytest

from app.core.db import Database
from app.winback.models import Lapse
from app.winback.reacting import follow_lives
from tests.stats.factories import NOW
from tests.stats.returners import lapse
from tests.stats.subscribers import customer, invoice, subscription


@pytest.mark.same_on_both
@pytest.mark.parametrize(("currency", "received"), [("usd", 4000), ("eur", 0)])
def test_what_is_paid_in_another_currency_than_before_is_not_counted(
    database: Database, currency: str, received: int
) -> None:
    customer(database, "a")
    lapse(database, "a", "2026-01-05", returned_at="2026-02-05", returned_how="natural",
          returned_subscription_id="sub_a_again")  # fmt: skip
    subscription(database, "a", "2026-02-05", key="_again", currency=currency)
    for on in ("2026-02-05", "2026-03-05"):
        invoice(database, "a", on, key="_again", currency=currency)
    with database.write() as session:
        row = session.get_one(Lapse, "sub_a")
        follow_lives(session, [row], now=NOW)
        assert (row.paid_minor, row.outcome_30, row.outcome_90) == (received, "kept", "kept")
