"""A diary: the whole service on real parts, and a calendar to walk through.

The stand-in Stripe on HTTP with the official SDK, webhooks into the real web application, a real
database, a real SMTP server. `until(...)` walks from due instant to due instant of both sides.
A `subscriber` renews on 1 April at ten; the renewal is charged at eleven (UTC), and retried, if need be,
on 2, 3, 5, 7, 9, 11, 13 and 15 April at eleven.
"""

from __future__ import annotations

import email
import email.policy
import random
import socket
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from email.message import EmailMessage
from typing import Any

import stripe
from aiosmtpd.controller import Controller
from sqlalchemy import select
from starlette.testclient import TestClient

from app.bootstrap import Application
from app.cases import repository as case_rows
from app.cases import service as case_engine
from app.cases.models import Case, Step
from app.cases.states import Outcome, StepKind, StepState
from app.configuration import Configuration
from app.core import gates
from app.core.brand import Brand
from app.core.db import Database
from app.dunning import charging
from app.dunning.models import CardSession, DunningInvoice
from app.dunning.rules.policy import DunningPolicy, ProviderBehaviour
from app.inbound import repository as inbound
from app.main import create_app
from app.outbox.models import Mail, Task
from app.settings import Settings
from sandbox.building import Subscriber
from sandbox.deliveries import deliver
from sandbox.testing import RunningSandbox, running_sandbox

START = "2026-03-31T10:00:00"
LAST_RENEWAL = "2026-03-01T10:00:00"
GOOD_CARD = "5555555555554444"


class Mailbox:
    """Keeps what a real SMTP server accepts."""

    def __init__(self) -> None:
        self.mails: list[EmailMessage] = []

    async def handle_DATA(self, _server: object, _session: object, envelope: object) -> str:  # noqa: N802
        content = envelope.content  # type: ignore[attr-defined]
        self.mails.append(email.message_from_bytes(content, policy=email.policy.default))
        return "250 OK"

    def subjects(self, to: str | None = None) -> list[str]:
        return [str(m["subject"]) for m in self.mails if to is None or to in str(m["to"])]

    def text(self, index: int = -1) -> str:
        part = self.mails[index].get_body(("plain",))
        return part.get_content() if part else ""


class Diary:
    """One story. All times are business time in UTC."""

    def __init__(
        self, application: Application, sandbox: RunningSandbox, web: TestClient, mailbox: Mailbox
    ) -> None:
        self.application, self.sandbox, self.web, self.mailbox = application, sandbox, web, mailbox
        self.merchant = stripe.StripeClient(
            sandbox.api_key, base_addresses={"api": sandbox.api_base}, max_network_retries=0
        ).v1
        self.worker_down = False
        self.held: list[tuple[bytes, dict[str, str]]] = []
        self.hold_deliveries = False

    # What happens in the world

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
            charging.remember_session(
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
        with self.application.db.write() as session:
            case = case_rows.get(session, self.case().id, lock=True)
            assert case is not None
            case_engine.hold(session, case, reason, now=self.now)

    def release_case(self) -> None:
        with self.application.db.write() as session:
            case = case_rows.get(session, self.case().id, lock=True)
            assert case is not None
            case_engine.release(session, case, "by hand", now=self.now)
        self.tick()

    def stop_case(self) -> None:
        with self.application.db.write() as session:
            case = case_rows.get(session, self.case().id, lock=True)
            assert case is not None
            case_engine.close(
                session, case, Outcome.STOPPED, closed_at=self.now, sentence="Stopped by hand.", now=self.now
            )

    # How deliveries go

    def receive(self, body: bytes, headers: dict[str, str]) -> int:
        """The provider's delivery, over the real route."""
        if self.hold_deliveries:
            self.held.append((body, headers))
            return 200
        return self.web.post("/webhooks/stripe", content=body, headers=headers).status_code

    def deliver_held(self, times: int = 1, seed: int | None = None) -> None:
        """What was held goes out: each so many times, shuffled if there is a seed."""
        posts, self.held, self.hold_deliveries = self.held * times, [], False
        if seed is not None:
            random.Random(seed).shuffle(posts)
        for body, headers in posts:
            assert self.receive(body, headers) == 200
        self.tick()

    def lose_held(self) -> None:
        """What was held never arrives."""
        self.held, self.hold_deliveries = [], False

    def flush(self) -> None:
        """Send what the stand-in has announced outside an API call."""
        deliver(self.sandbox.state)
        self.tick()

    # How time passes

    @property
    def now(self) -> datetime:
        return self.application.clock()

    def until(self, at: str | datetime) -> None:
        """Let business time pass on both sides until an instant."""
        target = datetime.fromisoformat(at).replace(tzinfo=UTC) if isinstance(at, str) else at
        self.tick()
        while True:
            ours = None if self.worker_down else self.application.runner.next_due(self.now)
            due = [t for t in (ours, self.sandbox.next_due) if t is not None and t <= target]
            if not due:
                break
            self._jump(max(min(due), self.now))
        self._jump(target)

    def days(self, count: float) -> None:
        self.until(self.now + timedelta(days=count))

    def jump(self, at: str) -> None:
        """A step of the clock: what lies between has not been walked through."""
        self._jump(datetime.fromisoformat(at).replace(tzinfo=UTC))

    def _jump(self, at: datetime) -> None:
        self.application.test_clock.set(at)
        self.sandbox.advance(at)
        self.tick()

    def tick(self) -> None:
        if not self.worker_down:
            self.application.runner.tick()

    def tick_together(self, workers: int) -> None:
        """Several workers do what is due at the same time."""
        runners = [Application(self.application.settings, self.application.config) for _ in range(workers)]
        with ThreadPoolExecutor(workers) as pool:
            list(pool.map(lambda worker: worker.runner.tick(), runners))
        for worker in runners:
            worker.db.dispose()

    # What became of it

    def cases(self) -> list[Case]:
        with self.application.db.read() as session:
            return list(session.scalars(select(Case).order_by(Case.opened_at, Case.id)))

    def case(self) -> Case:
        (case,) = self.cases()
        return case

    def steps(self) -> list[Step]:
        with self.application.db.read() as session:
            return case_rows.steps_of(session, self.cases()[-1].id)

    def planned(self) -> list[str]:
        """When the mails that are still planned are due, e.g. "04-01 11:00"."""
        return [
            f"{s.due_at:%m-%d %H:%M}"
            for s in self.steps()
            if s.state == StepState.PLANNED and s.kind == StepKind.MAIL
        ]

    def story(self, case: Case | None = None) -> list[str]:
        with self.application.db.read() as session:
            return [e.sentence for e in case_rows.timeline_of(session, (case or self.cases()[-1]).id)]

    def says(self, words: str) -> bool:
        """Whether the newest case's timeline says so."""
        return any(words in sentence for sentence in self.story())

    def debt(self, invoice_id: str) -> DunningInvoice:
        """The late invoice as the case keeps it."""
        with self.application.db.read() as session:
            return session.get_one(DunningInvoice, invoice_id)

    def visits(self) -> list[str]:
        """The states of the provider pages minted for cases, oldest first."""
        with self.application.db.read() as session:
            rows = session.scalars(select(CardSession).order_by(CardSession.created_at, CardSession.id))
            return [row.state for row in rows]

    def mails(self) -> list[Mail]:
        with self.application.db.read() as session:
            return list(session.scalars(select(Mail).order_by(Mail.created_at, Mail.id)))

    def sent(self) -> list[tuple[str, str]]:
        """`(day, template)` of every mail that left, e.g. ("06-05", "payment_failed_retrying")."""
        return [(f"{m.settled_at:%m-%d}", m.name) for m in self.mails() if m.state == "sent" and m.settled_at]

    def last_context(self) -> dict[str, Any]:
        """What the newest mail was written from."""
        return self.mails()[-1].context

    def attempts(self, invoice_id: str) -> int:
        """How many charges of an invoice the provider has carried out."""
        intent = self.sandbox.state.hidden.intent_of_invoice[invoice_id]
        return sum(c["payment_intent"] == intent for c in self.sandbox.state.rows("charge"))

    def events_by_state(self) -> set[str]:
        """The states in which stored events are."""
        with self.application.db.read() as session:
            return {state for state, count in inbound.counts_by_state(session).items() if count}

    def tasks(self) -> list[Task]:
        with self.application.db.read() as session:
            return list(session.scalars(select(Task).order_by(Task.created_at)))


DECLINE_FIELDS = (
    "advice_code",
    "network_advice_code",
    "network_decline_code",
    "outcome_type",
    "outcome_reason",
    "requires_action",
)


def unix(at: str) -> int:
    """An instant as the provider writes it."""
    return int(datetime.fromisoformat(at).replace(tzinfo=UTC).timestamp())


def configured(provider: dict[str, Any] | None = None, **dunning: Any) -> Configuration:
    """Acme's reclaim.toml, with what a story wants otherwise than by default."""
    return Configuration(
        brand=Brand(name="Acme"),
        provider=ProviderBehaviour(**(provider or {})),
        dunning=DunningPolicy(**dunning),
    )


@contextmanager
def open_diary(
    database: Database,
    *,
    start: str = START,
    config: Configuration | None = None,
    shape: str = "new",
    provider_key: bool = True,
    sending: str = "live",
    livemode: bool | None = None,
) -> Iterator[Diary]:
    """A story that begins at `start` (UTC) on an empty database."""
    begin = datetime.fromisoformat(start).replace(tzinfo=UTC)
    mailbox = Mailbox()
    port = _free_port()
    server = Controller(mailbox, hostname="127.0.0.1", port=port)
    server.start()
    with running_sandbox(start=begin, shape=shape) as sandbox:
        settings = Settings(
            database_url=database.url.render_as_string(hide_password=False),
            public_url="http://testserver",
            secret_keys="a-secret-for-tests",
            stripe_api_key=sandbox.api_key if provider_key else None,
            stripe_api_base=sandbox.api_base,
            stripe_webhook_secrets=sandbox.webhook_secret,
            mail_url=f"smtp://127.0.0.1:{port}",
            sending=sending,
            stripe_livemode=livemode,
            mail_from="Acme <billing@acme.example>",
            test_clock=True,
        )
        application = Application(settings, config or configured())
        application.test_clock.set(begin)
        application.register()
        with TestClient(create_app(application), follow_redirects=False) as web:
            diary = Diary(application, sandbox, web, mailbox)
            sandbox.set_sink(diary.receive)
            yield diary
        application.db.dispose()
    server.stop()


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
    return port
