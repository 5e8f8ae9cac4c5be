"""A merchant with one subscriber after another, on a real port: whoever is wanted lives where it is wanted."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from itertools import count
from pathlib import Path
from typing import Any

import stripe

from app.billing import repository as billing
from app.billing.states import InvoiceState
from app.bootstrap import Application
from app.cancellation.rules.policy import CancellationPolicy
from app.cases.models import Case
from app.configuration import Configuration
from app.core.auth import Scope
from app.core.brand import Brand
from app.core.links import LinkPurpose, LinkSubject
from app.dunning.models import DunningInvoice
from app.main import create_app
from app.offers.rules.policy import Offer
from app.settings import Settings
from sandbox.building import Subscriber
from sandbox.cards.numbers import passes_luhn
from sandbox.testing import RunningSandbox, running_sandbox
from tests.browser.serving import free_listener, serving, speaking_right_to_left
from tests.ops.seed import KEYS, add_keys
from tests.schema import build_schema

BEGIN = datetime(2026, 3, 20, 10, tzinfo=UTC)
TEN_DAYS_AGO = "2026-03-10T10:00:00"  # young enough to be withdrawn from

PLACES: dict[str, dict[str, str]] = {
    "STRICT": {},
    "US-CA": {"country": "US", "state": "CA"},
    "US-MN": {"country": "US", "state": "MN"},
    "EU": {"country": "IT"},
    "DE": {"country": "DE"},
    "FR": {"country": "FR"},
    "UK": {"country": "GB"},
}
OFFERS: dict[str, dict[str, Any]] = {
    "half": {"kind": "percent_off", "percent": 50, "months": 3},
    "pause": {"kind": "pause", "months": 2},
    "pro": {"kind": "upgrade", "months": 3, "price": "price_pro", "plan_name": "Pro",
            "features": ["Reports", "API access"], "by_schedule": True},
}  # fmt: skip
REASONS = {"too_expensive": ["half"], "not_using": ["pause"], "missing_feature": ["pro"], "other": []}
CONFIG = Configuration(
    brand=Brand(
        name="Northwind",
        support_email="help@northwind.example",
        website="https://northwind.example",
        statement_descriptor="NORTHWIND",
    ),
    offers={name: Offer(**offer) for name, offer in OFFERS.items()},
    cancellation=CancellationPolicy(
        reasons={reason: {"offers": names} for reason, names in REASONS.items()},
        without_reason=["pause"],
    ),
)


def card_number(number: int) -> str:
    """A card of one's own: who shares one is the same person, and is not offered the same thing twice."""
    body = f"4242424{number:08}"
    return next(card for digit in range(10) if passes_luhn(card := f"{body}{digit}"))


@dataclass
class Shop:
    """The running service. Links are whole addresses, as a mail would bear them."""

    application: Application
    sandbox: RunningSandbox
    url: str
    numbers: Iterator[int]

    def subscriber(self, place: str) -> Subscriber:
        """A new customer whose address puts them under this preset, ten days into a monthly plan."""
        number = next(self.numbers)
        someone = self.sandbox.subscriber(
            email=f"ada{number}@example.com",
            name="Ada Lovelace",
            card=card_number(number),
            start=TEN_DAYS_AGO,
            plan="Northwind Pro",
        )
        if PLACES[place]:
            client = stripe.StripeClient(self.sandbox.api_key, base_addresses={"api": self.sandbox.api_base})
            address: Any = {"line1": "1 Main Street"} | PLACES[place]
            client.v1.customers.update(someone.customer, {"address": address})
        application = self.application
        assert application.reads is not None
        known = {
            "customer": someone.customer,
            "subscription": someone.subscription,
            "invoice": someone.latest_invoice,
        }
        for kind, key in known.items():
            seen = application.reads.fetch(kind, key)
            assert seen is not None
            application.upkeep.store_live(seen, f"{kind}.updated", BEGIN)
        application.runner.tick()
        return someone

    def cancel_link(self, place: str) -> str:
        """A fresh subscriber's way out."""
        someone = self.subscriber(place)
        return self.application.cancel_link(someone.customer, someone.subscription)

    def link(self, purpose: LinkPurpose, subject: LinkSubject) -> str:
        return f"{self.url}/{purpose}/{self.application.links.sign(purpose, subject)}"

    def survey_link(self, place: str) -> str:
        """The one question to somebody who cancelled elsewhere a day ago."""
        someone = self.subscriber(place)
        case_id = f"case_survey_{next(self.numbers)}"
        with self.application.db.write() as session:
            session.add(
                Case(
                    id=case_id, kind="cancellation", customer_id=someone.customer, subject_id=someone.subscription,
                    state="closed", outcome="cancelled", category="elsewhere", opened_at=BEGIN - timedelta(days=1),
                    closed_at=BEGIN - timedelta(days=1), policy_version="", experiment_arm="standard",
                    propensity=1.0, details={},
                )
            )  # fmt: skip
        return self.link(LinkPurpose.SURVEY, LinkSubject(someone.customer, case_id, 0))

    def card_link(self, place: str) -> str:
        """The card page of somebody whose renewal was declined three days ago."""
        someone = self.subscriber(place)
        case_id = f"case_card_{next(self.numbers)}"
        failed_at = BEGIN - timedelta(days=3)
        debt = InvoiceState(
            f"in_{case_id}", BEGIN, False, customer_id=someone.customer, subscription_id=someone.subscription,
            status="open", billing_reason="subscription_cycle", collection_method="charge_automatically",
            currency="usd", amount_due_minor=2900, amount_remaining_minor=2900, attempt_count=1,
            created_at=failed_at, label="Northwind Pro", failed_at=failed_at, last_failed_at=failed_at,
        )  # fmt: skip
        case = Case(
            id=case_id, kind="dunning", customer_id=someone.customer, state="open", category="card_data",
            opened_at=failed_at, policy_version="", experiment_arm="standard", propensity=1.0, details={},
        )  # fmt: skip
        with self.application.db.write() as session:
            billing.save(session, [debt])
            session.add(case)
            session.flush()
            session.add(
                DunningInvoice(
                    invoice_id=debt.id, case_id=case_id, customer_id=someone.customer, currency="usd",
                    at_risk_minor=2900, failed_at=failed_at, first_after_trial=False, paid_minor=0,
                    returned_minor=0,
                )
            )  # fmt: skip
        return self.link(LinkPurpose.CARD, LinkSubject(someone.customer, case_id, 0))

    def cancels_at(self, someone: Subscriber) -> int | None:
        """When the provider ends it, in unix seconds; None while it goes on."""
        found: int | None = self.sandbox.get("subscription", someone.subscription)["cancel_at"]
        return found

    @property
    def operator_key(self) -> str:
        return KEYS[Scope.OPERATE]


@contextmanager
def open_shop(folder: Path) -> Iterator[Shop]:
    """The shop on a database of its own in this folder. SQLite: pages look the same over either engine."""
    database_url = f"sqlite:///{folder / 'shop.db'}"
    build_schema(database_url)
    listener, url = free_listener()
    with running_sandbox(start=BEGIN) as sandbox:
        settings = Settings(
            database_url=database_url,
            public_url=url,
            secret_keys="a-secret-for-tests-of-forty-characters!!",
            stripe_api_key=sandbox.api_key,
            stripe_api_base=sandbox.api_base,
            stripe_webhook_secrets=sandbox.webhook_secret,
            mail_url=f"file://{folder / 'mail'}",
            sending="live",
            mail_from="Northwind <billing@northwind.example>",
            test_clock=True,
            log_level="warning",
        )
        application = Application(settings, CONFIG)
        application.test_clock.set(BEGIN)
        application.register()
        with application.db.write() as session:
            add_keys(session)
        web = create_app(application)
        with speaking_right_to_left(folder / "words"), serving(web, listener):
            yield Shop(application, sandbox, url, count())
        application.db.dispose()
