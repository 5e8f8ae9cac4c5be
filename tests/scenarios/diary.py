"""A diary: the whole service on real parts, and a calendar to walk through.

The stand-in Stripe on HTTP with the official SDK, webhooks into the real web application, a real
database, a real SMTP server. `until(...)` walks from due instant to due instant of both sides.
"""

from __future__ import annotations

import email
import email.policy
import socket
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from email.message import EmailMessage

from aiosmtpd.controller import Controller
from sqlalchemy import select
from starlette.testclient import TestClient

from app.bootstrap import Application
from app.cases import repository as case_rows
from app.cases.models import Case, Step
from app.configuration import Configuration
from app.core.db import Database
from app.main import create_app
from app.outbox.models import Mail, Task
from app.settings import Settings
from sandbox.testing import RunningSandbox, running_sandbox


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
    """One story. `at` is business time; `done` holds what the worker did at the last step."""

    def __init__(
        self, application: Application, sandbox: RunningSandbox, web: TestClient, mailbox: Mailbox
    ) -> None:
        self.application, self.sandbox, self.web, self.mailbox = application, sandbox, web, mailbox
        self.worker_down = False
        self.held: list[tuple[bytes, dict[str, str]]] = []
        self.hold_deliveries = False

    def receive(self, body: bytes, headers: dict[str, str]) -> int:
        """The provider's delivery, over the real route."""
        if self.hold_deliveries:
            self.held.append((body, headers))
            return 200
        return self.web.post("/webhooks/stripe", content=body, headers=headers).status_code

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

    def _jump(self, at: datetime) -> None:
        self.application.test_clock.set(at)
        self.sandbox.advance(at)
        self.tick()

    def tick(self) -> None:
        if not self.worker_down:
            self.application.runner.tick()

    # What became of it

    def cases(self) -> list[Case]:
        with self.application.db.read() as session:
            return list(session.scalars(select(Case).order_by(Case.opened_at, Case.id)))

    def case(self) -> Case:
        (case,) = self.cases()
        return case

    def steps(self) -> list[Step]:
        with self.application.db.read() as session:
            return case_rows.steps_of(session, self.case().id)

    def story(self, case: Case | None = None) -> list[str]:
        with self.application.db.read() as session:
            return [e.sentence for e in case_rows.timeline_of(session, (case or self.case()).id)]

    def mails(self) -> list[Mail]:
        with self.application.db.read() as session:
            return list(session.scalars(select(Mail).order_by(Mail.created_at, Mail.id)))

    def sent(self) -> list[tuple[str, str]]:
        """`(day, template)` of every mail that left, e.g. ("06-05", "payment_failed_retrying")."""
        return [(f"{m.settled_at:%m-%d}", m.name) for m in self.mails() if m.state == "sent" and m.settled_at]

    def tasks(self) -> list[Task]:
        with self.application.db.read() as session:
            return list(session.scalars(select(Task).order_by(Task.created_at)))


@contextmanager
def open_diary(
    database: Database,
    *,
    start: str = "2026-03-02T10:00:00",
    config: Configuration | None = None,
    shape: str = "new",
    provider_key: bool = True,
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
            sending="live",
            mail_from="Acme <billing@acme.example>",
            test_clock=True,
        )
        application = Application(settings, config or Configuration())
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
