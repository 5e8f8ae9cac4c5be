"""Two years of expiring cards over twelve zones, day by day through the real cases, steps and mails."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from zoneinfo import ZoneInfo

import pytest
from sqlalchemy import select

from app.billing.facts import Fact, PaymentMethodSeen, Sight, SubscriptionItem, SubscriptionSeen
from app.cases.models import Case, Step
from app.core.db import Database
from app.outbox.models import Mail
from benchmarks.expiring import Business, Reader

TWELVE = (
    "America/New_York", "Europe/Berlin", "Europe/London", "Australia/Lord_Howe", "Asia/Kathmandu", "Pacific/Apia",
    "Pacific/Chatham", "Africa/Casablanca", "America/Sao_Paulo", "Asia/Tehran", "Pacific/Auckland", "UTC",
)  # fmt: skip
BEGIN, END = datetime(2026, 1, 5, 6, tzinfo=UTC), datetime(2028, 1, 5, 6, tzinfo=UTC)


class TwelveZones(Business):
    """One person a zone, who pays every thirty days; their card ends every third month and is renewed after it."""

    zones = TWELVE

    def _reader(self, number: int) -> Reader:
        item = SubscriptionItem(None, "price_1", "prod_1", "Pro", 2900, "usd", "month", 1, 1)
        plan = SubscriptionSeen(
            f"sub_{number}", Sight(self.now), f"cus_{number}", "active", "charge_automatically",
            period_end_at=self.now + timedelta(days=1 + number), items=(item,),
        )  # fmt: skip
        card = PaymentMethodSeen(
            f"pm_{number}", Sight(self.now), f"cus_{number}", "card", "visa", "4242", number % 3 + 2, 2026
        )
        return Reader(number, card, plan, 30, None)

    def _news(self) -> Iterator[Fact]:
        self.transport.letters.clear()
        for reader in self.readers:
            year, month = reader.card.exp_year or 0, reader.card.exp_month or 0
            if (self.now.year, self.now.month, self.now.day) > (year, month, 28) and self.now.month != month:
                later = year * 12 + month - 1 + 3
                reader.card = replace(
                    reader.card, sight=Sight(self.now), exp_year=later // 12, exp_month=later % 12 + 1
                )
                yield reader.card
            plan = reader.plan
            if plan and plan.period_end_at and plan.period_end_at <= self.now:
                ends = plan.period_end_at + timedelta(days=30)
                reader.plan = replace(plan, sight=Sight(self.now), period_end_at=ends)
                yield reader.plan


@pytest.mark.parametrize(
    ("zones", "end"),
    [(3, datetime(2026, 8, 5, 6, tzinfo=UTC)), pytest.param(12, END, marks=pytest.mark.slow)],
    ids=["seven months, three zones", "two years, twelve zones"],
)
@pytest.mark.same_on_both
def test_over_years_and_zones_each_notice_goes_once_in_order_and_by_day(
    database: Database, zones: int, end: datetime
) -> None:
    """Edge cases 37, 39, 44."""
    business = TwelveZones(database.url.render_as_string(hide_password=False), zones, start=BEGIN)
    business.live_until(end)
    query = (
        select(Case.customer_id, Case.id, Step.number, Mail.settled_at, Mail.context)
        .join(Step, Step.case_id == Case.id)
        .join(Mail, Mail.step_id == Step.id)
        .where(Mail.state == "sent")
        .order_by(Mail.settled_at)
    )
    with business.db.read() as session:
        rows = list(session.execute(query))
    business.db.dispose()
    months = (end - BEGIN).days // 30
    assert len({row.customer_id for row in rows}) == zones
    assert len(rows) > zones * months // 3
    told = [
        (row.customer_id, card["valid_until"][:7], row.number)
        for row in rows
        for card in row.context["cards"]
    ]
    assert len(told) == len(set(told))  # each notice once
    for key in {row.id for row in rows}:
        mine = [row for row in rows if row.id == key]
        assert [r.number for r in mine] == sorted(r.number for r in mine)
        assert all(b.settled_at - a.settled_at >= timedelta(hours=20) for a, b in pairwise(mine))
    for row in rows:
        local = row.settled_at.astimezone(ZoneInfo(TWELVE[int(row.customer_id.removeprefix("cus_"))]))
        assert 9 <= local.hour < 18
    assert len({row.settled_at.day for row in rows}) > zones * 5 // 6  # not all on the first
