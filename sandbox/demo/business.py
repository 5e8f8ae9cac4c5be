"""A small business: who subscribes, whose card fails and why, who cancels. Seeded, so every year is the same.

The shares follow published figures: about 7% of renewals fail; of the failures nearly half for want of
funds, a quarter without a reason, an eighth with a dead card, the rest hard, technical or to be confirmed.
"""

from __future__ import annotations

import random
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

import stripe

from sandbox.building import Subscriber
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
CAUSES = (  # decline code, share, shortest and longest time until it heals by itself in days (None: never)
    ("insufficient_funds", 0.46, (1, 12)),
    ("do_not_honor", 0.14, (1, 9)),
    ("generic_decline", 0.10, None),
    ("expired_card", 0.12, None),
    ("processing_error", 0.05, (0.2, 0.9)),
    ("lost_card", 0.05, None),
    ("incorrect_cvc", 0.03, None),
    ("authentication_required", 0.04, None),
    ("fraudulent", 0.01, None),
)
FAILS = 0.072  # of the subscribers who are charged in a month
LEAVES = 0.012
YEARLY = 0.4


@dataclass
class Person:
    """One subscriber of the demo and how they answer mails."""

    name: str
    email: str
    ids: Subscriber
    answers: float  # how likely a mail makes them act
    renews_at: float = 0.0
    gone: bool = False


@dataclass
class Business:
    """Its people, and the chance that drives them."""

    sandbox: RunningSandbox
    people: list[Person]
    chance: random.Random
    client: stripe.StripeClient

    @classmethod
    def found(cls, sandbox: RunningSandbox, size: int, seed: int = 7) -> Business:
        """Open with `size` subscribers whose renewals are spread over the month and the year."""
        client = stripe.StripeClient(sandbox.api_key, base_addresses={"api": sandbox.api_base})
        business = cls(sandbox, [], random.Random(seed), client)
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
        return Person(told["name"], told["email"], ids, answers=chance.choice((0.05, 0.2, 0.4)))

    def add(self, name: str, **wanted: Any) -> Person:
        """One more subscriber with a name of your choice."""
        person = self._newcomer(len(self.people), name=name, **wanted)
        self.people.append(person)
        return person

    def live(self, day: datetime, leave: Callable[[Person], None]) -> None:
        """One day: cards of those who renew tomorrow may begin to fail; a few decide to `leave`."""
        now, soon = day.timestamp(), (day + timedelta(days=1)).timestamp()
        for person in self.people:
            if person.gone:
                continue
            if person.renews_at < now:
                self._look_up(person)
            if now <= person.renews_at < soon and self.chance.random() < FAILS:
                self.break_card(person, _pick(self.chance, CAUSES), day)
            elif self.chance.random() < LEAVES / 30:
                leave(person)

    def _look_up(self, person: Person) -> None:
        """When the person is charged next, and whether they are still there."""
        subscription = self.sandbox.get("subscription", person.ids.subscription)
        person.gone = subscription["status"] == "canceled"
        person.renews_at = min(item["current_period_end"] for item in subscription["items"]["data"])

    def break_card(self, person: Person, cause: tuple[Any, ...], day: datetime) -> None:
        """From now on the bank declines, until it heals by itself, if it does."""
        code, _, heals = cause
        until = day + timedelta(days=1 + self.chance.uniform(*heals)) if heals else None
        method = self.method_of(person)
        if code == "authentication_required":
            self.sandbox.decline(method, code, requires_action=True)
        else:
            self.sandbox.decline(method, code, until=until.isoformat() if until else None)

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
