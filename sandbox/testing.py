"""The sandbox inside a test: a real HTTP server in a thread, and short ways to build and drive customers.

>>> with running_sandbox(start=datetime(2026, 3, 1, tzinfo=UTC)) as sandbox:
...     client = stripe.StripeClient(sandbox.api_key, base_addresses={"api": sandbox.api_base})
...     sandbox.set_sink(receive)                      # (body, headers) -> status
...     reader = sandbox.subscriber(email="a@example.com", amount=2900)
...     sandbox.decline(reader.payment_method, "insufficient_funds", until="2026-04-04")
...     sandbox.advance("2026-04-10")
"""

from __future__ import annotations

import asyncio
import atexit
import functools
import socket
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import httpx
import uvicorn

from sandbox.building import Subscriber, Wanted, build_subscriber
from sandbox.cards.behaviour import behaviour_from
from sandbox.clock import as_datetime, as_seconds, parse_instant
from sandbox.deliveries import deliver
from sandbox.engine import advance
from sandbox.events.body import event_body
from sandbox.invoices.closing import mark_paid
from sandbox.server import create_app
from sandbox.state import Obj, Sink, State
from sandbox.webhook_endpoints.routes import new_endpoint

Instant = datetime | str | int
SINK_URL = "http://sink.invalid/"
START_SECONDS = 10.0


@dataclass
class RunningSandbox:
    """A sandbox that serves HTTP. `state` is open for tests that want to look closer."""

    state: State
    api_base: str
    api_key: str
    webhook_secret: str

    @property
    def now(self) -> datetime:
        return as_datetime(self.state.now)

    @property
    def next_due(self) -> datetime | None:
        """The next instant at which anything happens by itself."""
        due = self.state.agenda.next_instant()
        return None if due is None else as_datetime(due)

    def advance(self, to: Instant, on_step: Callable[[datetime], None] | None = None) -> None:
        """Walk to an instant; `on_step(now)` is called after each due instant's deliveries."""
        step = (lambda now: on_step(as_datetime(now))) if on_step else None
        advance(self.state, _seconds(to), step)

    def set_sink(self, sink: Sink | None) -> None:
        """Deliver in this process instead of over HTTP: `sink(body, headers) -> status`."""
        self.state.sink = sink

    def flush(self) -> int:
        """Send what is queued, even while deliveries are paused; gives the number of posts."""
        return deliver(self.state, even_if_paused=True)

    def pause_deliveries(self) -> None:
        self.state.paused = True

    def resume_deliveries(self) -> None:
        self.state.paused = False
        deliver(self.state)

    def events(self, event_type: str | None = None) -> list[Obj]:
        """Recorded events in order, in the new shape."""
        rows = list(self.state.events.values())
        return [event_body(self.state, row) for row in rows if event_type in (None, row.type)]

    def get(self, kind: str, object_id: str) -> Obj:
        """The stored object itself (new shape); for looking, not for writing."""
        return self.state.get(kind, object_id)

    def invoices(self, subscription_id: str) -> list[Obj]:
        """The subscription's invoices, oldest first."""
        return [
            self.get("invoice", row) for row in self.state.hidden.invoices_of_subscription[subscription_id]
        ]

    def subscriber(self, **wanted: Any) -> Subscriber:
        """A paying customer at once; see `building.Wanted` for what can be wished."""
        if isinstance(wanted.get("start"), str | datetime):
            wanted["start"] = _seconds(wanted["start"])
        with self.state.lock:
            built = build_subscriber(self.state, Wanted(**wanted))
        deliver(self.state)
        return built

    def decline(self, payment_method: str, decline_code: str | None = "generic_decline", **more: Any) -> None:
        """From now on the method's bank declines so; `until` and the other fields as in the control call."""
        with self.state.lock:
            self.state.get("payment_method", payment_method)
            behaviour = behaviour_from({"decline_code": decline_code, **more})
            self.state.hidden.behaviours[payment_method] = behaviour

    def heal(self, payment_method: str) -> None:
        """The method behaves as its number says again."""
        self.state.hidden.behaviours.pop(payment_method, None)

    def pay_out_of_band(self, invoice_id: str) -> None:
        with self.state.lock:
            mark_paid(self.state, self.state.get("invoice", invoice_id), out_of_band=True)
        deliver(self.state)

    def use_card(
        self, url: str, number: str, exp: tuple[int, int] | None = None, confirm: bool = True
    ) -> str:
        """Submit a page's card form as a customer would; gives the redirect's target.

        `url` is a checkout, portal or hosted invoice page; `exp` is (month, year). A page
        that shows itself again (refused card) raises RuntimeError with its status.
        """
        form: dict[str, Any] = {"number": number}
        if exp:
            form |= {"exp_month": exp[0], "exp_year": exp[1]}
        if confirm:
            form["confirmed"] = "yes"
        return self._submit(url, form)

    def confirm_payment(self, invoice_url: str) -> None:
        """Press "confirm" on the hosted invoice page, as after a bank's request for authentication."""
        self._submit(invoice_url, {"confirm": "yes"})

    def _submit(self, url: str, form: dict[str, Any]) -> str:
        answer = _browser().post(url, data=form)
        if answer.status_code not in (200, 303):
            raise RuntimeError(f"the page answered {answer.status_code}")
        return str(answer.headers.get("location", ""))

    def control(self, method: str, path: str, body: dict[str, Any] | None = None) -> Any:
        """A control call over HTTP; raises on errors."""
        answer = _browser().request(method, f"{self.api_base}/_control/{path}", json=body or {})
        answer.raise_for_status()
        return answer.json()


@functools.cache
def _browser() -> httpx.Client:
    """One client for the process: making one reads all certificates, which takes longer than most tests."""
    client = httpx.Client(trust_env=False)
    atexit.register(client.close)
    return client


def _seconds(instant: Instant) -> int:
    if isinstance(instant, datetime):
        return as_seconds(instant)
    return parse_instant(str(instant))


class ThreadServer(uvicorn.Server):
    """uvicorn that stops when asked instead of looking ten times a second whether it should."""

    def __init__(self, config: uvicorn.Config) -> None:
        super().__init__(config)
        self.ready = threading.Event()

    async def main_loop(self) -> None:
        self._loop, self._asked = asyncio.get_running_loop(), asyncio.Event()
        await self.on_tick(0)
        self.ready.set()
        await self._asked.wait()

    def stop(self) -> None:
        """The thread ends shortly afterwards; nobody has to wait for it."""
        self.should_exit = self.force_exit = True
        self._loop.call_soon_threadsafe(self._asked.set)


@contextmanager
def running_sandbox(
    *,
    start: Instant = "2026-01-01T00:00:00+00:00",
    api_key: str = "sk_test_sandbox",
    webhook_url: str | None = None,
    webhook_secret: str = "whsec_sandbox",
    shape: str = "new",
    api_version: str | None = None,
    enabled_events: list[str] | None = None,
    sink: Sink | None = None,
    seed: int = 1,
) -> Iterator[RunningSandbox]:
    """Serve a fresh sandbox on a free port. Events go to `sink`, else to `webhook_url`, else nowhere.

    `enabled_events`: the types that the endpoint asks for; all without it.
    """
    state = State(as_datetime(_seconds(start)), api_key, seed)
    listener = socket.socket()
    listener.bind(("127.0.0.1", 0))
    state.public_base = f"http://127.0.0.1:{listener.getsockname()[1]}"
    state.sink = sink or (None if webhook_url else _nowhere)
    new_endpoint(
        state,
        webhook_url or SINK_URL,
        enabled_events=enabled_events,
        secret=webhook_secret,
        shape=shape,
        api_version=api_version,
    )
    config = uvicorn.Config(
        create_app(state), log_level="critical", lifespan="off", timeout_graceful_shutdown=1
    )
    server = ThreadServer(config)
    threading.Thread(target=server.run, kwargs={"sockets": [listener]}, daemon=True).start()
    if not server.ready.wait(START_SECONDS):
        raise RuntimeError("the sandbox's server did not start")
    try:
        yield RunningSandbox(state, state.public_base, api_key, webhook_secret)
    finally:
        server.stop()


def _nowhere(body: bytes, headers: dict[str, str]) -> int:
    """The sink of a sandbox nobody listens to: everything counts as taken."""
    return 200
