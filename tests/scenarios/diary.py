"""A diary: the whole service on real parts, and a calendar to walk through.

The stand-in Stripe on HTTP with the official SDK, webhooks into the real web application, a real
database, a real SMTP server. `until(...)` walks from due instant to due instant of both sides.
A `subscriber` renews on 1 April at ten; the renewal is charged at eleven (UTC), and retried, if need be,
on 2, 3, 5, 7, 9, 11, 13 and 15 April at eleven.
"""

from __future__ import annotations

import random
import socket
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from typing import Any

from aiosmtpd.controller import Controller
from starlette.testclient import TestClient

from app.bootstrap import Application
from app.configuration import Configuration
from app.core.brand import Brand
from app.core.db import Database
from app.dunning.rules.policy import DunningPolicy, ProviderBehaviour
from app.main import create_app
from app.settings import Settings
from sandbox.deliveries import deliver
from sandbox.testing import RunningSandbox, running_sandbox
from tests.scenarios.acts import Acts
from tests.scenarios.mailbox import Mailbox
from tests.scenarios.story import hang_up, unix

__all__ = ["Diary", "configured", "open_diary", "unix"]

START = "2026-03-31T10:00:00"


class Diary(Acts):
    """One story: what people do, how deliveries go, what became of it. Times are business time in UTC."""

    def __init__(
        self, application: Application, sandbox: RunningSandbox, web: TestClient, mailbox: Mailbox
    ) -> None:
        super().__init__(application, sandbox, web, mailbox)
        self.held: list[tuple[bytes, dict[str, str]]] = []
        self.hold_deliveries = False

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
    **settings: Any,
) -> Iterator[Diary]:
    """A story that begins at `start` (UTC) on an empty database. `settings`: further ones of the environment."""
    begin = datetime.fromisoformat(start).replace(tzinfo=UTC)
    mailbox = Mailbox()
    port = _free_port()
    server = Controller(mailbox, hostname="127.0.0.1", port=port)
    server.start()
    with running_sandbox(start=begin, shape=shape) as sandbox:
        environment = Settings(
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
            stripe_reads_per_second=10_000,  # the stand-in has no limit
            **settings,
        )
        application = Application(environment, config or configured())
        application.db = database  # with all that it has compiled for earlier stories
        application.test_clock.set(begin)
        application.register()
        with TestClient(create_app(application), follow_redirects=False) as web:
            diary = Diary(application, sandbox, web, mailbox)
            sandbox.set_sink(diary.receive)
            yield diary
        hang_up(diary.application)
    server.stop()


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
    return port
