"""A small business: who subscribes, whose card fails, who mends it or cancels. Seeded, so every year is the same.

About 7% of renewals fail, as published; why, and what then becomes of them, comes from the simulator.
"""

from __future__ import annotations

import random
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

import stripe

from sandbox.building import Subscriber
from sandbox.demo.fates import Fate, Fates
from sandbox.testing import RunningSandbox

FIRST = (
    "Ben Chloe Dmitri Elif Femi Grace Hugo Ines Jonas Kofi Lena Mara Nils Olga Priya Quinn Rosa Tomo".split()
)
LAST = "Abel Berg Costa Diaz Eriksen Gallo Haas Ito Jansen Kaya Lund Moreau Novak Okafor Park Silva".split()
PLACES = (  # country, currency, language, share
    ("US", "usd", "en", 0.45),
    ("GB", "usd", "en", 0.15),
    ("DE", "eur", "en", 0.2),
    ("FR", "eur", "en", 0.1),
    ("JP", "jpy", "en", 0.1),
)
PLANS = (("Starter", 900, 0.45), ("Pro", 2900, 0.4), ("Team", 7900, 0.15))
FAILS = 0.072  # of the subscribers who are charged in a month
LEAVES = 0.012
YEARLY = 0.4
DAY = 86400
GOOD_CARD = "5555555555554444"


@dataclass
class Person:
    """One subscriber of the demo. `fate`: how the latest failure goes, from `failed_at` on."""

    name: str
    email: str
    ids: Subscriber
    renews_at: float = 0.0
    gone: bool = False
    fate: Fate | None = None
    failed_at: float = 0.0
    mails: int = 0  # read about that failure


@dataclass
class Business:
    """Its people, and the chance that drives them."""

    sandbox: RunningSandbox
    people: list[Person]
    chance: random.Random
    fates: Fates
    client: stripe.StripeClient

    @classmethod
    def found(cls, sandbox: RunningSandbox, size: int, seed: int = 7) -> Business:
        """Open with `size` subscribers whose renewals are spread over the month and the year."""
        client = stripe.StripeClient(sandbox.api_key, base_addresses={"api": sandbox.api_base})
        business = cls(sandbox, [], random.Random(seed), Fates(seed), client)
        for number in range(size):
            business.people.append(business._newcomer(number))
        return business

    def _newcomer(self, number: int, **more: Any) -> Person:
        chance = self.chance
        name = f"{chance.choice(FIRST)} {chance.choice(LAST)}"
        email = f"{name.lower().replace(' ', '.')}.{number}@customer.example"
        country, currency, locale, _ = _pick(chance, PLACES)
        plan, amount, _ = _pick(chance, PLANS)
        yearly = chance.random() < YEARLY
        amount = amount * (10 if yearly else 1) * (150 if currency == "jpy" else 100) // 100
        start = self.sandbox.now - timedelta(
            days=chance.randrange(0, 365 if yearly else 30), hours=chance.randrange(24)
        )
        ids = self.sandbox.subscriber(
            **{
                "name": name,
                "email": email,
                "country": country,
                "region": "CA" if country == "US" else None,
                "currency": currency,
                "locale": locale,
                "plan": f"{plan} ({'yearly' if yearly else 'monthly'})",
                "amount": amount,
                "interval": "year" if yearly else "month",
                "start": start,
                **more,
            }
        )
        told = {"name": name, "email": email} | more
        return Person(told["name"], told["email"], ids)

    def add(self, name: str, **wanted: Any) -> Person:
        """One more subscriber, of your choice, and yours: chance leaves them alone."""
        return self._newcomer(len(self.people), name=name, **wanted)

    def live(self, day: datetime, leave: Callable[[Person], None]) -> None:
        """One day: cards of those who renew tomorrow may begin to fail; some are mended; a few decide to `leave`."""
        now, soon = day.timestamp(), (day + timedelta(days=1)).timestamp()
        for person in self.people:
            if person.gone:
                continue
            if person.renews_at < now:
                self._look_up(person)
            if self._mends_by(person, now):
                self.mend(person)
            if now <= person.renews_at < soon and self.chance.random() < FAILS:
                self.break_card(person)
            elif self.chance.random() < LEAVES / 30:
                leave(person)

    @staticmethod
    def _mends_by(person: Person, now: float) -> bool:
        after = person.fate.mends_after if person.fate else None
        return after is not None and person.failed_at + after * DAY <= now

    def _look_up(self, person: Person) -> None:
        """When the person is charged next, and whether they are still there."""
        subscription = self.sandbox.get("subscription", person.ids.subscription)
        person.gone = subscription["status"] == "canceled"
        person.renews_at = min(item["current_period_end"] for item in subscription["items"]["data"])

    def break_card(self, person: Person) -> None:
        """From now on the bank declines, until it heals by itself, if it does."""
        fate = person.fate = self.fates.draw()
        person.failed_at, person.mails = person.renews_at, 0
        method = self.method_of(person)
        if fate.code == "authentication_required":
            self.sandbox.decline(method, fate.code, requires_action=True)
            return
        until = None
        if fate.heals_after is not None:
            until = datetime.fromtimestamp(person.failed_at + fate.heals_after * DAY, UTC).isoformat()
        self.sandbox.decline(method, fate.code, until=until)

    def mend(self, person: Person) -> None:
        """Pay what is owed with another card, without having been asked."""
        person.fate = None
        owed = [i for i in self.sandbox.invoices(person.ids.subscription) if i["status"] == "open"]
        if owed:
            self.sandbox.heal(self.method_of(person))
            self.sandbox.use_card(owed[-1]["hosted_invoice_url"], GOOD_CARD)

    def quit(self, person: Person) -> None:
        """Cancel at once, as somebody whom a mail has reminded of what they pay for."""
        self._look_up(person)
        if not person.gone:
            self.client.v1.subscriptions.cancel(person.ids.subscription)
            person.gone = True

    def method_of(self, person: Person) -> str:
        """What the person is charged with now."""
        customer = self.sandbox.get("customer", person.ids.customer)
        subscription = self.sandbox.get("subscription", person.ids.subscription)
        default = customer["invoice_settings"]["default_payment_method"]
        return str(subscription["default_payment_method"] or default or person.ids.payment_method)

    def leave(self, person: Person) -> None:
        """Cancel at the end of the period, as customers do; whose plan has ended meanwhile cannot."""
        self._look_up(person)
        if person.gone:
            return
        self.client.v1.subscriptions.update(person.ids.subscription, {"cancel_at_period_end": True})
        person.gone = True


def _pick(chance: random.Random, options: tuple[tuple[Any, ...], ...]) -> tuple[Any, ...]:
    share_at = next(i for i, value in enumerate(options[0]) if isinstance(value, float))
    return chance.choices(options, weights=[o[share_at] for o in options])[0]
