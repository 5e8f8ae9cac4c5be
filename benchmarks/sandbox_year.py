"""`python -m benchmarks.sandbox_year`: a thousand customers of the stand-in live a year, every event delivered.

One in ten pays late: their bank declines for a week of every other month, so that retries run. Beside it: a
reference that does nothing but encode and sign as many bodies of the same size, as any stand-in must.
"""

from __future__ import annotations

import argparse
import hashlib
import hmac
import time
from dataclasses import dataclass
from datetime import UTC, datetime

import msgspec

from sandbox.building import Wanted, build_subscriber
from sandbox.cards.behaviour import behaviour_from
from sandbox.deliveries import deliver
from sandbox.engine import advance
from sandbox.state import State
from sandbox.webhook_endpoints.routes import new_endpoint

START = datetime(2026, 1, 1, 9, tzinfo=UTC)
MONTHS = 12
MONTH_SECONDS = 2_629_800
LATE_SECONDS = 7 * 86_400


@dataclass
class Year:
    """What a year came to: seconds of real time, events, and the body of one `invoice.paid` for the reference."""

    seconds: float
    events: int
    invoices: int
    body: bytes


def live(customers: int) -> Year:
    """The year itself; deliveries go to a sink in this process."""
    events, sample = 0, b""

    def receive(body: bytes, headers: dict[str, str]) -> int:
        nonlocal events, sample
        events += 1
        if b'"invoice.paid"' in body:
            sample = body
        return 200

    state = State(START)
    state.sink = receive
    new_endpoint(state, "http://sink.invalid/")
    began = time.perf_counter()
    late = []
    for number in range(customers):
        built = build_subscriber(state, Wanted(email=f"reader{number}@example.com", amount=1900 + number % 7))
        if number % 10 == 0:
            late.append(built.payment_method)
        if number % 100 == 99:
            deliver(state)
            advance(state, state.now + 6 * 3600)
    for month in range(MONTHS):
        if month % 2:
            until = state.now + MONTH_SECONDS - LATE_SECONDS
            for method in late:
                wanted = {"decline_code": "insufficient_funds", "until": until}
                state.hidden.behaviours[method] = behaviour_from(wanted)
        advance(state, state.now + MONTH_SECONDS)
    seconds = time.perf_counter() - began
    return Year(seconds, events, len(state.rows("invoice")), sample)


def reference(year: Year) -> float:
    """Seconds to encode, indent and sign as many bodies."""
    body = msgspec.json.decode(year.body)
    began = time.perf_counter()
    for number in range(year.events):
        encoded = msgspec.json.format(msgspec.json.encode(body), indent=2)
        hmac.new(b"whsec_sandbox", b"%d." % number + encoded, hashlib.sha256).hexdigest()
    return time.perf_counter() - began


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--customers", type=int, default=1000)
    customers = parser.parse_args().customers
    year = live(customers)
    alone = reference(year)
    print(
        f"{customers:,} customers, {MONTHS} months: {year.seconds:.1f} s, {year.invoices:,} invoices,"
        f" {year.events:,} events, {year.events / year.seconds:,.0f} events/s"
    )
    print(f"encoding and signing alone: {alone:.1f} s")
    print(f"ratio ours / encoding and signing alone: {year.seconds / alone:.1f}")


if __name__ == "__main__":
    main()
