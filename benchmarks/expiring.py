"""`python -m benchmarks.expiring`: a business of 10,000 cards, of which the network updates 70% by itself.

A quarter lives through the real service on SQLite: facts, cases, the daily look, due notices, mails. Printed is
`reclaim stats expiring`: what a plain rule of 30, 14 and 3 days would have sent, what went out, and why not.
"""

from __future__ import annotations

import argparse
import random
import tempfile
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

from sqlalchemy.orm import Session

from app import pipeline
from app.billing import repository as billing
from app.billing.facts import (
    CustomerSeen,
    Fact,
    PaymentMethodSeen,
    Sight,
    SubscriptionItem,
    SubscriptionSeen,
    Translation,
)
from app.billing.live import Live
from app.billing.ports import ObjectTranslator
from app.billing.states import PaymentMethodState
from app.contacts.rules.policy import Terms
from app.core import gates
from app.core.brand import Brand
from app.core.db import Database
from app.core.gates import SendingMode
from app.dunning.rules.policy import DunningPolicy
from app.expiring.scan import CardScan
from app.migrate import upgrade
from app.outbox.actions import ActionDelivery
from app.outbox.delivery import MailDelivery
from app.outbox.models import Mail
from app.outbox.ports import Accepted, Letter, Stop, WaysOut
from app.outbox.render import MailRenderer
from app.prefetch import Prefetch
from app.runner import Runner
from app.stats.expiring import Report, report
from app.stats.rollups.keeper import FigureKeeper
from app.stats.rules import Window

START = datetime(2026, 3, 2, 6, tzinfo=UTC)
ZONES = ("America/New_York", "Europe/Berlin", "Europe/London", "Asia/Tokyo", "America/Sao_Paulo", "UTC")
UPDATED = 0.7
ANSWERS = 0.35  # of the rest give a new card once they have been told


@dataclass
class Reader:
    """One customer with a card, and what is to become of it."""

    number: int
    card: PaymentMethodSeen
    plan: SubscriptionSeen | None
    interval_days: int
    updated_on: date | None


@dataclass
class Outgoing:
    """A mail server that takes everything."""

    resend_in_doubt_for: timedelta = timedelta(0)
    letters: list[Letter] = field(default_factory=list)

    def send(self, letter: Letter) -> Accepted:
        self.letters.append(letter)
        return Accepted()

    def close(self) -> None:
        pass


def _no_bodies(body: bytes, *, live: bool) -> Translation:
    return Translation()


class Business:
    """The service, a calendar, and the people who pay."""

    zones: Sequence[str] = ZONES

    def __init__(self, url: str, readers: int, *, start: datetime = START, seed: int = 1) -> None:
        self.now, self.chance = start, random.Random(seed)
        self.db = Database(url)
        upgrade(self.db)
        with self.db.write() as session:
            gates.register(session, public_url="http://localhost", provider_key=None, now=start)
        setup = pipeline.Setup(
            DunningPolicy(), Terms(default_zone="UTC"), lambda case: f"http://localhost/{case.id}"
        )
        self.transport = Outgoing()
        mails = MailDelivery(
            db=self.db,
            clock=self.clock,
            renderer=MailRenderer(
                Brand(name="Acme"), sender="Acme <a@acme.example>", reply_to=None, postal_address=None
            ),
            transport=lambda: self.transport,
            guard=ReadingGuard(self.db, setup),
            mode=SendingMode.parse("live"),
            ways_out=lambda mail: WaysOut("http://localhost/u", "http://localhost/p"),
            look_again_after=timedelta(0),
        )
        nothing: ObjectTranslator = lambda *_: ()  # noqa: E731
        self.runner = Runner(
            db=self.db,
            clock=self.clock,
            setup=setup,
            translate=_no_bodies,
            prefetch=Prefetch(None, nothing),
            mails=mails,
            actions=ActionDelivery(self.db, self.clock, {}),
            read_callback=lambda source, body: [],
            watches=[CardScan(self.db, self.clock, setup, None, lambda *_: False)],
            threads=1,
        )
        self.setup = setup
        self.readers = [self._reader(number) for number in range(readers)]
        self._take_in([fact for reader in self.readers for fact in self._facts(reader)])

    def clock(self) -> datetime:
        return self.now

    def _reader(self, number: int) -> Reader:
        chance, today = self.chance, self.now.date()
        months = today.year * 12 + today.month - 1 + chance.randrange(36)
        year, month = divmod(months, 12)
        month_after = date(year + (month + 1) // 12, (month + 1) % 12 + 1, 1)
        wallet = "apple_pay" if chance.random() < 0.06 else None
        card = PaymentMethodSeen(
            f"pm_{number}",
            Sight(self.now),
            f"cus_{number}",
            "card",
            "visa",
            "4242",
            month + 1,
            year,
            wallet=wallet,
        )
        updated_on = (
            month_after - timedelta(days=1 + chance.randrange(45)) if chance.random() < UPDATED else None
        )
        interval = 365 if chance.random() < 0.12 else 30
        return Reader(number, card, self._plan(number, interval), interval, updated_on)

    def _plan(self, number: int, interval: int) -> SubscriptionSeen | None:
        kind, customer = self.chance.random(), f"cus_{number}"
        if kind < 0.05:
            return None
        ends = self.now + timedelta(days=self.chance.uniform(0.5, interval))
        item = SubscriptionItem(
            None, "price_1", "prod_1", "Pro", 0 if kind < 0.08 else 2900, "usd", "month", 1, 1
        )
        plan = SubscriptionSeen(
            f"sub_{number}", Sight(self.now), customer, "active", "charge_automatically",
            period_end_at=ends, items=(item,),
        )  # fmt: skip
        if kind < 0.13:
            return replace(plan, cancel_at=ends)
        if kind < 0.15:
            return replace(plan, collection_method="send_invoice")
        if kind < 0.17:
            return replace(plan, paused_collection=True)
        return replace(plan, default_payment_method_id=f"pm_other_{number}") if kind < 0.22 else plan

    def _facts(self, reader: Reader) -> Iterator[Fact]:
        key = f"cus_{reader.number}"
        yield CustomerSeen(
            key, Sight(self.now), email=f"{key}@example.com", time_zone=self.zones[reader.number % len(self.zones)],
            default_payment_method_id=reader.card.payment_method_id,
        )  # fmt: skip
        yield reader.card
        if reader.plan:
            yield reader.plan
            own = reader.plan.default_payment_method_id
            if own:
                yield PaymentMethodSeen(own, Sight(self.now), key, "card", "visa", "1111", 12, 2031)

    def _take_in(self, facts: Sequence[Fact]) -> None:
        for first in range(0, len(facts), 500):
            with self.db.write() as session:
                pipeline.take_in(session, facts[first : first + 500], self.setup, now=self.now)

    def live_until(self, end: datetime) -> None:
        """Day by day: what happens at the provider, then whatever the service has to do until the next day."""
        while self.now < end:
            self._take_in(list(self._news()))
            midnight = self.now + timedelta(days=1)
            self.runner.tick()
            while (due := self.runner.next_due(self.now)) is not None and due < midnight:
                self.now = due
                self.runner.tick()
            self.now = midnight

    def _news(self) -> Iterator[Fact]:
        told = {letter.to for letter in self.transport.letters}
        self.transport.letters.clear()
        for reader in self.readers:
            answers = f"cus_{reader.number}@example.com" in told and self.chance.random() < ANSWERS
            if reader.updated_on == self.now.date() or answers:
                year = (reader.card.exp_year or 0) + 4
                reader.card = replace(reader.card, sight=Sight(self.now), exp_year=year)
                yield replace(reader.card, auto_updated=not answers)
            if reader.plan and reader.plan.period_end_at and reader.plan.period_end_at <= self.now:
                yield from self._renewed(reader, reader.plan)

    def _renewed(self, reader: Reader, plan: SubscriptionSeen) -> Iterator[Fact]:
        """Charged; with a card that has ended the payment fails, and half of those people bring another card."""
        assert plan.period_end_at is not None
        if plan.cancel_at is not None:
            reader.plan = None
            yield replace(plan, sight=Sight(self.now), status="canceled")
            return
        card = reader.card
        failed = (card.exp_year or 9999, card.exp_month or 12) < (self.now.year, self.now.month)
        ends = plan.period_end_at + timedelta(days=reader.interval_days)
        status = "past_due" if failed and plan.default_payment_method_id is None else "active"
        reader.plan = replace(plan, sight=Sight(self.now), period_end_at=ends, status=status)
        yield reader.plan

    def report(self) -> Report:
        FigureKeeper(self.db, self.clock).refresh()
        with self.db.read() as session:
            return report(session, Window(START.date() - timedelta(days=1), self.now.date()))


@dataclass
class ReadingGuard:
    """The provider answers at once with what our own rows say: the card is read when the mail leaves."""

    db: Database
    setup: pipeline.Setup

    def look(self, mail_ids: Sequence[str]) -> tuple[Sequence[str], datetime | None]:
        return mail_ids, None

    def stop_reason(self, session: Session, mail: Mail, live: Any, *, now: datetime) -> Stop | None:
        ids = [
            object_id
            for kind, object_id in pipeline.behind(session, [mail.id]).objects
            if kind == "payment_method"
        ]
        methods = billing.load(session, PaymentMethodState, ids)
        read = {key: replace(row, seen_at=now) for key, row in methods.items()}
        return pipeline.stop_reason(session, mail, self.setup, Live(methods=read), now=now)


def main() -> None:
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("--cards", type=int, default=10_000)
    options.add_argument("--days", type=int, default=120)
    asked = options.parse_args()
    began = time.perf_counter()
    with tempfile.TemporaryDirectory(prefix="reclaim-expiring-") as folder:
        business = Business(f"sqlite:///{Path(folder) / 'business.db'}", asked.cards)
        business.live_until(START + timedelta(days=asked.days))
        found = business.report()
        business.db.dispose()
    for what, count in found.lines():
        print(f"{count:7,d}  {what}")
    print(f"{asked.cards:,d} cards, {asked.days} days, in {time.perf_counter() - began:.0f} s")


if __name__ == "__main__":
    main()
