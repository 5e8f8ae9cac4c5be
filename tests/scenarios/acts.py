"""What people do in a story: the customer, the bank, the merchant, the operator."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from sqlalchemy.orm import Session

from app.bootstrap import Application
from app.cases import repository as case_rows
from app.cases import service as case_engine
from app.cases.card_sessions import remember_session
from app.cases.models import Case
from app.configuration import Configuration
from app.core import gates
from sandbox.building import Subscriber
from tests.scenarios.findings import Findings
from tests.scenarios.story import hang_up, unix

LAST_RENEWAL = "2026-03-01T10:00:00"
GOOD_CARD = "5555555555554444"
DECLINE_FIELDS = (
    "advice_code",
    "network_advice_code",
    "network_decline_code",
    "outcome_type",
    "outcome_reason",
    "requires_action",
)


class Acts(Findings):
    """Each verb is one deed; what follows from it is found out by `Findings`."""

    def subscriber(self, email: str | None = "ada@example.com", **wanted: Any) -> Subscriber:
        """Somebody who has paid for a month and renews on 1 April."""
        wanted = {"name": "Ada Lovelace", "start": LAST_RENEWAL} | wanted
        return self.sandbox.subscriber(email=email, **wanted)

    def failing(
        self, decline_code: str = "lost_card", *, until: str | None = None, **wanted: Any
    ) -> Subscriber:
        """A subscriber whose bank declines from now on, or until a date."""
        more = {k: wanted.pop(k) for k in list(wanted) if k in DECLINE_FIELDS}
        someone = self.subscriber(**wanted)
        self.sandbox.decline(someone.payment_method, decline_code, until=until, **more)
        return someone

    def second_plan(self, of: Subscriber, plan: str = "Backup plan", amount: int = 900) -> str:
        """Another subscription of the same customer that renews at the same instant; its id."""
        price = self.merchant.prices.create(
            {
                "currency": "usd",
                "unit_amount": amount,
                "recurring": {"interval": "month"},
                "product_data": {"name": plan},
            }
        )
        subscription = self.merchant.subscriptions.create(
            {
                "customer": of.customer,
                "items": [{"price": price.id}],
                "billing_cycle_anchor": unix("2026-04-01T10:00:00"),
            }
        )
        return subscription.id

    def newest_invoice(self, someone: Subscriber) -> str:
        return str(self.sandbox.get("subscription", someone.subscription)["latest_invoice"])

    def rules(self, **settings: Any) -> None:
        """The merchant's billing settings at the provider."""
        self.sandbox.control("POST", "policy", settings)

    def charge_of(self, invoice_id: str) -> str:
        """The charge that paid an invoice."""
        intent = self.sandbox.state.hidden.intent_of_invoice[invoice_id]
        return str(self.sandbox.get("payment_intent", intent)["latest_charge"])

    def open_card_page(self) -> str:
        """What the card page does on POST: a fresh provider page for the open case; its address."""
        pages, case = self.application.pages, self.cases()[-1]
        assert pages is not None
        page = pages.card_session(
            customer_id=case.customer_id,
            currency="usd",
            return_url=f"{self.application.card_link(case)}?session={{SESSION}}",
            case_id=case.id,
        )
        with self.application.db.write() as session:
            remember_session(
                session, page.session_id, case_id=case.id, customer_id=case.customer_id, now=self.now
            )
        return page.url

    def enter_card(self, page: str, number: str = GOOD_CARD) -> None:
        """The customer fills in a provider's page; then the worker does its part."""
        self.sandbox.use_card(page, number)
        self.tick()

    def reconfigure(self, config: Configuration) -> None:
        """The merchant edits reclaim.toml and starts the worker anew."""
        before = self.application
        hang_up(before)
        self.application = Application(before.settings, config)
        self.application.__dict__["db"] = before.db

    def pause(self) -> None:
        with self.application.db.write() as session:
            gates.pause(session, gates.Pause.CAMPAIGNS, "by hand", now=self.now)

    def resume(self) -> None:
        application = self.application
        with application.db.write() as session:
            gates.resume(
                session,
                public_url=application.settings.public_url,
                provider_key=application.provider_key_digest,
            )
        self.tick()

    def hold_case(self, reason: str = "I talk to them") -> None:
        with self._case_at_hand() as (session, case):
            case_engine.hold(session, case, reason, now=self.now)

    def release_case(self) -> None:
        with self._case_at_hand() as (session, case):
            case_engine.release(session, case, "by hand", now=self.now)
        self.tick()

    def stop_case(self) -> None:
        with self._case_at_hand() as (session, case):
            case_engine.stop(session, case, "Stopped by hand.", now=self.now)

    @contextmanager
    def _case_at_hand(self) -> Iterator[tuple[Session, Case]]:
        case_id = self.case().id
        with self.application.db.write() as session:
            case = case_rows.get(session, case_id, lock=True)
            assert case is not None
            yield session, case
