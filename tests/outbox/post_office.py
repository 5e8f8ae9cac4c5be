"""Deliveries on a database of the test: a clock to turn, a way out that answers as told, a guard to set."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

from sqlalchemy import delete, select
from sqlalchemy.orm import Session

from app.contacts.models import ContactLog
from app.core import gates
from app.core.brand import Brand
from app.core.db import Database
from app.core.gates import SendingMode
from app.inbound.models import InboundEvent
from app.outbox import facts, repository
from app.outbox.actions import ActionDelivery, Executor
from app.outbox.delivery import MailDelivery
from app.outbox.models import Action, Mail, Task
from app.outbox.ports import Accepted, Letter, Stop
from app.outbox.render import MailRenderer, Rendered
from app.outbox.service import queue_action, queue_mail
from app.outbox.states import MailPurpose

NOW = datetime(2026, 3, 2, 10, 0, tzinfo=UTC)
GONE = timedelta(seconds=-1)
"""A lease that is over as soon as it begins: what a worker leaves behind is swept at once."""

Answer = Accepted | Exception | None


def forget_all(db: Database) -> None:
    """As if nothing had ever been wanted."""
    with db.write() as session:
        for model in (Mail, Action, Task, ContactLog, InboundEvent):
            session.execute(delete(model))


class Crash(BaseException):
    """The process is gone at this point."""


class PlainWords(MailRenderer):
    """Renders nothing: what a mail says is not what these tests are about."""

    def __init__(self) -> None:
        super().__init__(Brand(), sender="Acme <billing@acme.example>", reply_to=None, postal_address=None)

    def render(self, template: str, *, locale: str | None, context: Any) -> Rendered:
        if "breaks" in context:
            raise RuntimeError(context["breaks"])
        return Rendered(template, "text\n", "<p>text</p>")


@dataclass
class Transport:
    """Answers in turn; the last answer stays. Keeps what has gone over the wire."""

    answers: list[Answer] = field(default_factory=list)
    resend_in_doubt_for: timedelta = timedelta(0)
    tried: list[Letter] = field(default_factory=list)
    accepted: list[str] = field(default_factory=list)
    bomb: Callable[[], None] = lambda: None

    def send(self, letter: Letter) -> Accepted:
        self.bomb()
        self.tried.append(letter)
        answer = (self.answers.pop(0) if len(self.answers) > 1 else self.answers[0]) if self.answers else None
        if isinstance(answer, Exception):
            raise answer
        self.accepted.append(letter.message_id)
        self.bomb()
        return answer or Accepted("provider-1")

    def close(self) -> None:
        pass


@dataclass
class Guard:
    """Lets everything pass until told otherwise."""

    error: Exception | None = None
    stop: Stop | None = None
    looked: list[list[str]] = field(default_factory=list)

    def look(self, mail_ids: list[str]) -> Any:
        self.looked.append(list(mail_ids))
        if self.error is not None:
            raise self.error
        return {}

    def stop_reason(self, session: Session, mail: Mail, live: Any, *, now: datetime) -> Stop | None:
        return self.stop


class Mined(Database):
    """The same database, on which the process may die before or after each commit."""

    def __init__(self, real: Database, bomb: Callable[[], None]) -> None:
        self.__dict__.update(vars(real))
        self.bomb = bomb

    @contextmanager
    def write(self) -> Iterator[Session]:
        with super().write() as session:
            yield session
            self.bomb()
        self.bomb()


@dataclass
class PostOffice:
    """One database with its deliveries. `delivery(...)` and `charging(...)` make another worker."""

    db: Database
    now: datetime = NOW
    transport: Transport = field(default_factory=Transport)
    guard: Guard = field(default_factory=Guard)

    def clock(self) -> datetime:
        return self.now

    def delivery(self, mode: str = "live", **more: Any) -> MailDelivery:
        values: dict[str, Any] = {
            "db": self.db,
            "clock": self.clock,
            "renderer": PlainWords(),
            "transport": lambda: self.transport,
            "guard": self.guard,
            "mode": SendingMode.parse(mode),
        }
        return MailDelivery(**{**values, **more})

    def charging(self, executor: Executor, **more: Any) -> ActionDelivery:
        values: dict[str, Any] = {"db": self.db, "clock": self.clock, "executors": {"charge": executor}}
        return ActionDelivery(**{**values, **more})

    def queue(self, number: int = 1, purpose: MailPurpose = MailPurpose.REMINDER, **context: Any) -> str:
        with self.db.write() as session:
            mail = queue_mail(
                session,
                key=f"case_1:{number}:mail",
                name="payment_failed",
                purpose=purpose,
                customer_id="cus_1",
                case_id=None,
                step_id=None,
                to_address="ada@example.com",
                locale="en",
                context=context,
                due_at=self.now,
                now=self.now,
            )
            assert mail is not None
        return mail.id

    def queue_charge(self) -> str:
        with self.db.write() as session:
            action = queue_action(
                session,
                key="case_1:card:cs_1",
                name="charge",
                customer_id="cus_1",
                case_id=None,
                params={"invoices": ["in_1"]},
                now=self.now,
            )
            assert action is not None
        return action.id

    def pause(self) -> None:
        with self.db.write() as session:
            gates.register(session, public_url="https://a.example", provider_key=None, now=self.now)
            gates.pause(session, gates.Pause.ALL, "test", now=self.now)

    def due_mails(self) -> list[str]:
        with self.db.read() as session:
            return repository.due_ids(session, Mail, self.now, 100)

    def mail(self, mail_id: str) -> Mail:
        with self.db.read() as session:
            return session.get_one(Mail, mail_id)

    def action(self, action_id: str) -> Action:
        with self.db.read() as session:
            return session.get_one(Action, action_id)

    def tasks(self) -> list[str]:
        with self.db.read() as session:
            return list(session.scalars(select(Task.kind).order_by(Task.created_at, Task.id)))

    def contacts(self) -> list[tuple[datetime, bool]]:
        with self.db.read() as session:
            rows = session.execute(select(ContactLog.at, ContactLog.counted).order_by(ContactLog.id))
            return [(at, counted) for at, counted in rows]

    def reports(self) -> list[str]:
        """The states in which effects have re-entered by the front door."""
        with self.db.read() as session:
            rows = session.execute(select(InboundEvent.type, InboundEvent.body).order_by(InboundEvent.id))
            told = [facts.read(type_, body) for type_, body in rows]
        return [fact.state for fact in told if fact is not None]
