"""Hooks on a database of the test: a clock to turn, endpoints to add, messages to announce and deliver."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

from sqlalchemy import select

from app.core import gates
from app.core.db import Database
from app.core.gates import Pause, SendingMode
from app.core.sealing import Sealer
from app.core.waiting import Queues
from app.hooks import facts, repository, service
from app.hooks.delivery import HookDelivery
from app.hooks.models import HookEndpoint, HookMessage
from app.hooks.ports import HookAnswer, HookWire
from app.hooks.rules.addresses import Reach
from app.hooks.states import HookType
from app.inbound.models import InboundEvent
from app.integrations.hooks.wire import HttpWire
from app.outbox.models import Task
from tests.hooks.receiver import Receiver

NOW = datetime(2026, 3, 2, 10, 0, tzinfo=UTC)
SEALER = Sealer(["a-key-for-tests"], "hooks")


@dataclass
class Wire:
    """Answers in turn; the last one stays. Keeps what has gone out."""

    answers: list[int | HookAnswer | BaseException] = field(default_factory=lambda: [200])
    posted: list[tuple[str, bytes, dict[str, str]]] = field(default_factory=list)

    def check(self, url: str) -> None:
        pass

    def post(self, url: str, body: bytes, headers: dict[str, str]) -> HookAnswer:
        self.posted.append((url, body, headers))
        answer = self.answers.pop(0) if len(self.answers) > 1 else self.answers[0]
        if isinstance(answer, BaseException):
            raise answer
        return answer if isinstance(answer, HookAnswer) else HookAnswer(answer)


@dataclass
class Switchboard:
    """One database with its endpoints. `delivery(...)` makes another worker."""

    db: Database
    now: datetime = NOW
    wire: HookWire = field(default_factory=lambda: HttpWire(Reach.LOOPBACK, seconds=5))

    def clock(self) -> datetime:
        return self.now

    def delivery(self, **more: Any) -> HookDelivery:
        values: dict[str, Any] = {
            "db": self.db,
            "clock": self.clock,
            "wire": self.wire,
            "sealer": SEALER,
            "mode": SendingMode.parse("live"),
        }
        return HookDelivery(**{**values, **more})

    def add(self, receiver: Receiver | str, *events: HookType) -> str:
        url = receiver if isinstance(receiver, str) else receiver.url
        with self.db.write() as session:
            endpoint, secret = service.add_endpoint(session, url, events, SEALER, now=self.now)
        if isinstance(receiver, Receiver):
            receiver.secret = secret
        return endpoint.id

    def announce(
        self,
        key: str = "grant_1:started",
        type: HookType = HookType.ENTITLEMENT_CHANGED,
        customer: str = "cus_1",
        **data: Any,
    ) -> int:
        with self.db.write() as session:
            return service.announce(
                session, type=type, key=key, customer_id=customer, data=data, now=self.now
            )

    def deliver(self, **more: Any) -> int:
        """Everything that is due."""
        return self.delivery(**more).deliver(self.due())

    def due(self) -> list[tuple[str, str]]:
        with self.db.read() as session:
            return repository.due(session, self.now, 100)

    def next_due(self) -> datetime | None:
        with self.db.read() as session:
            return Queues({"hooks": repository.READY}).next_due(session, self.now)

    def messages(self) -> Sequence[HookMessage]:
        with self.db.read() as session:
            return session.scalars(select(HookMessage).order_by(HookMessage.id)).all()

    def message(self) -> HookMessage:
        (only,) = self.messages()
        return only

    def endpoint(self, endpoint_id: str) -> HookEndpoint:
        with self.db.read() as session:
            return session.get_one(HookEndpoint, endpoint_id)

    def listens(self, type: HookType = HookType.ENTITLEMENT_CHANGED) -> bool:
        with self.db.read() as session:
            return service.has_tested_consumer(session, type, now=self.now)

    def pause(self, scope: Pause) -> None:
        with self.db.write() as session:
            gates.register(session, public_url="https://a.example", provider_key=None, now=self.now)
            gates.pause(session, scope, "test", now=self.now)

    def tasks(self) -> list[str]:
        with self.db.read() as session:
            return list(session.scalars(select(Task.kind).order_by(Task.created_at, Task.id)))

    def heard(self) -> list[facts.HookSettled]:
        """What has re-entered by the front door."""
        with self.db.read() as session:
            rows = session.execute(select(InboundEvent.type, InboundEvent.body).order_by(InboundEvent.id))
            return [fact for type_, body in rows if (fact := facts.read(type_, body))]
