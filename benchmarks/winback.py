"""`python -m benchmarks.winback`: a business with 20,000 lapsed customers on the day on which win-back is switched on.

Written are the rows of customers, cards, subscriptions and paid invoices; then the daily look runs on SQLite, twice.
Printed is how many were enrolled and left out, by reason, and how long a look takes.
"""

from __future__ import annotations

import argparse
import random
import tempfile
import time
from collections import Counter
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

from app.billing import repository as billing
from app.billing.states import (
    CustomerState,
    InvoiceState,
    PaymentMethodState,
    ProviderState,
    SubscriptionState,
)
from app.contacts.rules.policy import ContactPolicy, Terms
from app.contacts.service import record_consent
from app.contacts.states import ConsentBasis, Flag
from app.contacts.telling import Told, tell
from app.core import gates
from app.core.db import Database
from app.dunning.rules.policy import DunningPolicy
from app.migrate import upgrade
from app.pipeline import Setup
from app.winback.models import Lapse
from app.winback.rules.policy import WinbackPolicy
from app.winback.scan import WinbackScan

NOW = datetime(2026, 6, 1, 6, tzinfo=UTC)
COUNTRIES = ("US", "US", "US", "DE", "FR", "GB")
BATCH = 2000


@dataclass
class Look:
    """One daily look: what became of the lapses, and how long it took."""

    states: Counter[str]
    reasons: Counter[str]
    seconds: float


def setup_of(policy: WinbackPolicy) -> Setup:
    terms = Terms(ContactPolicy(no_old_suppressions=True), postal_address=True)
    return Setup(DunningPolicy(), terms, lambda _: "https://pay.example/card", winback=policy)


def fill(db: Database, count: int, *, seed: int = 1) -> None:
    """So many lapsed customers, of all kinds that are left out and of those that are not."""
    dice = random.Random(seed)
    with db.write() as session:
        gates.register(
            session, public_url="https://pay.example", provider_key=None, now=NOW - timedelta(days=900)
        )
    for start in range(0, count, BATCH):
        numbers = range(start, min(start + BATCH, count))
        rows: list[list[ProviderState]] = [[], [], [], []]
        told: list[tuple[str, str]] = []
        for number in numbers:
            for states, row in zip(rows, _rows(number, dice), strict=True):
                states.append(row)
            told.append((f"cus_{number}", dice.choice(("", "", "", "", "consent", "consent", "flag"))))
        with db.write() as session:
            for states in rows:
                billing.save(session, states)
            for customer_id, what in told:
                if what == "consent":
                    record_consent(
                        session, basis=ConsentBasis.CONSENT, source="form", proof="entry",
                        given_at=NOW - timedelta(days=dice.randint(1, 900)),
                        customer_id=customer_id, address=None, now=NOW,
                    )  # fmt: skip
                elif what == "flag":
                    flag = dice.choice(list(Flag))
                    tell(session, customer_id, Told(flags={flag: True}), who="crm", why=None, now=NOW)


def _rows(number: int, dice: random.Random) -> list[ProviderState]:
    key, days = str(number), dice.randint(1, 400)
    ended, began = NOW - timedelta(days=days), NOW - timedelta(days=days + dice.randint(30, 400))
    seen = ended
    person = number - 1 if dice.random() < 0.03 else number  # some are one person with the one before
    customer = CustomerState(
        f"cus_{key}",
        seen,
        False,
        f"reader{person}@example.com",
        f"Reader {key}",
        country=dice.choice(COUNTRIES),
    )
    method = PaymentMethodState(f"pm_{key}", seen, False, f"cus_{key}", "card", fingerprint=f"fp_{key}")
    reason = "payment_failed" if dice.random() < 0.3 else "cancellation_requested"
    item = {
        "item_id": f"si_{key}", "price_id": "price_1", "product_id": "prod_1", "label": "Pro", "amount_minor": 2900,
        "currency": "usd", "interval": "month", "interval_count": 1, "quantity": 1, "metered": False,
    }  # fmt: skip
    subscription = SubscriptionState(
        f"sub_{key}", seen, False, f"cus_{key}", "canceled", "charge_automatically", began,
        canceled_at=ended, ended_at=ended, cancellation_reason=reason, items=[item],
    )  # fmt: skip
    refunded = 2900 if dice.random() < 0.03 else 0
    disputed = NOW - timedelta(days=days) if dice.random() < 0.02 else None
    invoice = InvoiceState(
        f"in_{key}", seen, False, f"cus_{key}", f"sub_{key}", "paid", currency="usd", amount_due_minor=2900,
        amount_paid_minor=2900, created_at=began, paid_at=began, refunded_minor=refunded, disputed_at=disputed,
    )  # fmt: skip
    return [customer, method, subscription, invoice]


def look(db: Database, setup: Setup, now: datetime) -> Look:
    """One daily look."""
    began = time.perf_counter()
    WinbackScan(db, lambda: now, setup).run()
    seconds = time.perf_counter() - began
    with db.read() as session:
        rows = list(session.query(Lapse.state, Lapse.left_out))
    return Look(Counter(s for s, _ in rows), Counter(r for _, r in rows if r), seconds)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--customers", type=int, default=20_000)
    count = parser.parse_args().customers
    with tempfile.TemporaryDirectory() as folder:
        db = Database(f"sqlite:///{Path(folder) / 'winback.db'}")
        upgrade(db)
        fill(db, count)
        setup = setup_of(WinbackPolicy(enabled=True))
        for day in range(2):
            found = look(db, setup, NOW + timedelta(days=day))
            states = ", ".join(f"{n} {state}" for state, n in found.states.most_common())
            print(f"day {day + 1}: {states}; {found.seconds:.1f} s")
            for reason, number in found.reasons.most_common():
                print(f"  {number:>6} {reason}")
        db.dispose()


if __name__ == "__main__":
    main()
