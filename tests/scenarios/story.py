"""The parts of one story, and how its time passes on both sides."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta

import stripe
from starlette.testclient import TestClient

from app.bootstrap import Application
from sandbox.testing import RunningSandbox
from tests.scenarios.mailbox import Mailbox


class Story:
    """The application, the stand-in provider, the web process and the mailbox."""

    def __init__(
        self, application: Application, sandbox: RunningSandbox, web: TestClient, mailbox: Mailbox
    ) -> None:
        self.application, self.sandbox, self.web, self.mailbox = application, sandbox, web, mailbox
        self.merchant = stripe.StripeClient(
            sandbox.api_key, base_addresses={"api": sandbox.api_base}, max_network_retries=0
        ).v1
        self.worker_down = False

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
            hang_up(worker)
            worker.db.dispose()


def hang_up(application: Application) -> None:
    """Close the worker's connections to the mail server."""
    application.transports.close()


def unix(at: str) -> int:
    """An instant as the provider writes it."""
    return int(datetime.fromisoformat(at).replace(tzinfo=UTC).timestamp())
