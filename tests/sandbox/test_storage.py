"""A sandbox kept in a file: killed and started again, it goes on where it was."""

from __future__ import annotations

import json
import os
import signal
import socket
import sqlite3
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from datetime import UTC, datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import httpx
import pytest
import stripe

from sandbox.building import Wanted, build_subscriber
from sandbox.deliveries import deliver
from sandbox.engine import advance
from sandbox.state import State
from sandbox.storage.keeping import Keeper
from sandbox.webhook_endpoints.routes import new_endpoint
from tests.sandbox.conftest import Sdk

START = "2026-01-31T10:00:00Z"
START_SECONDS = 20.0


@contextmanager
def process(database: Path, port: int, *more: str) -> Iterator[subprocess.Popen[str]]:
    """`python -m sandbox` over the file, killed at the end if it still runs."""
    command = [sys.executable, "-m", "sandbox", "--port", str(port), "--database", str(database)]
    with subprocess.Popen([*command, "--start", START, *more], stdout=subprocess.PIPE, text=True) as child:
        try:
            _await_answer(port)
            yield child
        finally:
            child.kill()


def _await_answer(port: int) -> None:
    deadline = time.monotonic() + START_SECONDS
    while time.monotonic() < deadline:
        try:
            httpx.get(f"http://127.0.0.1:{port}/_control/clock")
            return
        except httpx.TransportError:
            time.sleep(0.05)
    raise AssertionError("the sandbox did not start")


@pytest.fixture
def port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        number: int = probe.getsockname()[1]
    return number


def sdk_at(port: int) -> Sdk:
    return stripe.StripeClient(
        "sk_test_sandbox", base_addresses={"api": f"http://127.0.0.1:{port}"}, max_network_retries=0
    )


def control(port: int, path: str, body: dict[str, Any]) -> Any:
    return httpx.post(f"http://127.0.0.1:{port}/_control/{path}", json=body).raise_for_status().json()


@contextmanager
def receiver(status: Callable[[], int]) -> Iterator[tuple[str, list[dict[str, Any]]]]:
    """A real HTTP receiver and what it was sent."""
    events: list[dict[str, Any]] = []

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_POST(self) -> None:
            events.append(json.loads(self.rfile.read(int(self.headers["Content-Length"]))))
            self.send_response(status())
            self.send_header("Content-Length", "0")
            self.end_headers()

        def log_message(self, *args: Any) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True).start()
    yield f"http://127.0.0.1:{server.server_port}/hook", events
    server.shutdown()
    server.server_close()


def subscribe(client: Sdk, **more: Any) -> Any:
    customer = client.v1.customers.create(
        {
            "payment_method": "pm_card_visa",
            "invoice_settings": {"default_payment_method": "pm_card_visa"},
            **more,
        }
    )
    product = client.v1.products.create({"name": "Pro"})
    price = {
        "product": product.id,
        "unit_amount": 2900,
        "currency": "usd",
        "recurring": {"interval": "month"},
    }
    return client.v1.subscriptions.create({"customer": customer.id, "items": [{"price_data": price}]})


def test_after_sigterm_a_restart_goes_on_with_renewals_redeliveries_keys_and_ids(
    tmp_path: Path, port: int
) -> None:
    database, answer = tmp_path / "sandbox.db", 500
    with receiver(lambda: answer) as (url, events):
        with process(database, port, "--webhook-url", url) as child:
            client = sdk_at(port)
            made = subscribe(client)
            keyed = client.v1.customers.create({"email": "k@example.com"}, {"idempotency_key": "k1"})
            clock = client.v1.test_helpers.test_clocks.create({"frozen_time": 1_800_000_000})
            on_clock = subscribe(client, test_clock=clock.id)
            control(port, "policy", {"end_action": "unpaid"})
            refused = len(events)
            child.send_signal(signal.SIGTERM)
            assert child.wait(START_SECONDS) == 0
        answer = 200
        with process(database, port, "--webhook-url", url):
            client = sdk_at(port)
            assert client.v1.subscriptions.retrieve(made.id).status == "active"
            again = client.v1.customers.create({"email": "k@example.com"}, {"idempotency_key": "k1"})
            assert again.id == keyed.id
            assert len(client.v1.webhook_endpoints.list().data) == 1
            events.clear()
            control(port, "clock", {"to": "2026-01-31T10:05:00Z"})
            assert len(events) == refused
            control(port, "clock", {"to": "2026-02-28T12:00:00Z"})
            invoices = client.v1.invoices.list({"subscription": made.id}).data
            assert [row.status for row in invoices] == ["paid", "paid"]
            client.v1.test_helpers.test_clocks.advance(clock.id, {"frozen_time": 1_800_000_000 + 32 * 86_400})
            assert len(client.v1.invoices.list({"subscription": on_clock.id}).data) == 2
            policy = httpx.get(f"http://127.0.0.1:{port}/_control/policy").json()
            assert policy["end_action"] == "unpaid"
            ids = [row.id for row in client.v1.customers.list({"limit": 100}).data]
            assert client.v1.customers.create().id not in ids


def test_after_sigkill_at_most_the_last_second_is_lost_and_the_file_is_whole(
    tmp_path: Path, port: int
) -> None:
    database = tmp_path / "sandbox.db"
    with process(database, port) as child:
        client = sdk_at(port)
        early = subscribe(client)
        time.sleep(2.5)
        for _ in range(20):
            client.v1.customers.create()
        os.kill(child.pid, signal.SIGKILL)
        child.wait()
    with closing(sqlite3.connect(database)) as file:
        assert file.execute("pragma integrity_check").fetchone() == ("ok",)
        row = file.execute("select json from objects where kind = 'subscription'").fetchone()
        assert json.loads(row[0])["id"] == early.id
        kinds = dict(file.execute("select type, count(*) from events group by type"))
        assert kinds["invoice.paid"] == 1
    with process(database, port):
        assert sdk_at(port).v1.subscriptions.retrieve(early.id).status == "active"
        control(port, "clock", {"to": "2026-03-01T12:00:00Z"})
        assert len(sdk_at(port).v1.invoices.list({"subscription": early.id}).data) == 2


def test_the_start_prints_the_environment_that_reclaim_wants(tmp_path: Path, port: int) -> None:
    with process(tmp_path / "sandbox.db", port) as child:
        child.terminate()
        printed = child.communicate()[0].splitlines()
    assert f"RECLAIM_STRIPE_API_BASE=http://127.0.0.1:{port}" in printed
    assert "RECLAIM_STRIPE_API_KEY=sk_test_sandbox" in printed
    assert "RECLAIM_STRIPE_WEBHOOK_SECRETS=whsec_sandbox" in printed


def lived_in() -> State:
    """A state with a past, a retry under way and a failing receiver."""
    state = State(datetime(2026, 1, 31, 10, tzinfo=UTC))
    state.sink = lambda body, headers: 500
    new_endpoint(state, "http://sink.invalid/")
    built = build_subscriber(state, Wanted(email="a@example.com"))
    state.hidden.card_numbers[built.payment_method] = "4000000000000341"
    advance(state, state.now + 33 * 86_400)
    return state


def test_a_state_read_back_lives_on_exactly_like_the_one_that_never_stopped(tmp_path: Path) -> None:
    """Same objects, same events with the same ids, from the same point on."""
    state = lived_in()
    keeper = Keeper(state, tmp_path / "sandbox.db")
    keeper.save()
    keeper.close()
    copy = State(datetime(2020, 1, 1, tzinfo=UTC), seed=99)
    other = Keeper(copy, tmp_path / "sandbox.db")
    assert other.load()
    other.close()
    for one in (state, copy):
        one.sink = lambda body, headers: 200
        advance(one, state.now + 40 * 86_400)
    assert {kind: rows for kind, rows in copy.objects.items() if rows} == {
        kind: rows for kind, rows in state.objects.items() if rows
    }
    assert copy.hidden == state.hidden
    assert list(copy.events) == list(state.events)
    assert copy.events == state.events
    assert copy.main.agenda.sequence == state.main.agenda.sequence
    assert sorted(copy.main.agenda.entries) == sorted(state.main.agenda.entries)
    assert list(copy.delivery_log) == list(state.delivery_log)
    assert copy.new_id("cus") == state.new_id("cus")


def test_what_waits_in_the_queue_is_sent_after_the_restart(tmp_path: Path) -> None:
    state = lived_in()
    state.paused = True
    build_subscriber(state, Wanted(email="b@example.com"))
    state.in_flight.append(state.queue.popleft())  # as if it were being sent at that moment
    expected = [delivery.event.id for delivery in (*state.in_flight, *state.queue)]
    keeper = Keeper(state, tmp_path / "sandbox.db")
    keeper.save()
    keeper.close()
    copy, sent = State(datetime(2020, 1, 1, tzinfo=UTC)), []
    other = Keeper(copy, tmp_path / "sandbox.db")
    other.load()
    other.close()
    copy.sink = lambda body, headers: sent.append(json.loads(body)["id"]) or 200  # type: ignore[func-returns-value]
    assert deliver(copy) == 0
    assert deliver(copy, even_if_paused=True) == len(expected) > 5
    assert sent == expected


def test_only_what_changed_is_written_and_nothing_when_nothing_happened(tmp_path: Path) -> None:
    state = lived_in()
    keeper = Keeper(state, tmp_path / "sandbox.db")
    keeper.save()
    written: list[str] = []
    keeper._file.set_trace_callback(lambda sql: written.append(sql.split("(")[0]))
    keeper.save()
    assert written == []
    state.rows("customer")[0]["description"] = "changed"
    state.changes += 1
    keeper.save()
    assert [line for line in written if "insert" in line] == ["insert into objects "]
    state.remove("product", state.rows("product")[0]["id"])
    state.changes += 1
    keeper.save()
    assert any(line.startswith("delete from objects") for line in written)
    keeper.close()


def test_a_file_of_another_format_is_refused(tmp_path: Path) -> None:
    keeper = Keeper(lived_in(), tmp_path / "sandbox.db")
    keeper.save()
    keeper._file.execute("update parts set json = '99' where name = 'format'")
    keeper._file.commit()
    with pytest.raises(ValueError, match="format 99"):
        Keeper(State(datetime(2026, 1, 1, tzinfo=UTC)), tmp_path / "sandbox.db").load()
    keeper.close()
