"""Sending events: queued in the state, signed like the provider's, in order, once at a time.

Nothing is sent while the state's lock is held: a receiver may call the API back from inside its handler.
A receiver that fails gets the delivery again later in sandbox time, with a fresh timestamp and signature.
"""

from __future__ import annotations

import functools
import hashlib
import hmac
import random
from collections import deque
from dataclasses import dataclass
from typing import TYPE_CHECKING

import httpx
import msgspec

from sandbox.clock import DAY, HOUR, real_now
from sandbox.state import Obj, State

if TYPE_CHECKING:
    from sandbox.events.record import RecordedEvent

# Waits between tries in seconds of sandbox time; the provider keeps trying for about three days.
RETRY_WAITS = (300, 1_800, 2 * HOUR, 5 * HOUR, 10 * HOUR, 12 * HOUR, 12 * HOUR, 12 * HOUR, DAY)
WRONG_SECRET = "whsec_rolled_away_long_ago"
NO_ANSWER = 0
TIMEOUT_SECONDS = 20.0


@dataclass
class Delivery:
    """One event on its way to one endpoint."""

    id: str
    event: RecordedEvent
    endpoint_id: str
    tries: int = 0
    copy: bool = False


def enqueue(state: State, event: RecordedEvent, endpoint_id: str | None = None) -> int:
    """Queue the event for one endpoint, or for all that want its type; gives how many were queued."""
    count = 0
    for endpoint in state.objects["webhook_endpoint"].values():
        if endpoint["status"] != "enabled" or (endpoint_id and endpoint["id"] != endpoint_id):
            continue
        if not {"*", event.type} & set(endpoint["enabled_events"]):
            continue
        event.pending_endpoints.add(endpoint["id"])
        state.queue.append(Delivery(f"dlv_{event.id}_{endpoint['id']}", event, endpoint["id"]))
        count += 1
    return count


def sign(body: bytes, secrets: list[str], timestamp: int) -> str:
    """The signature header: HMAC-SHA256 over `timestamp.body`, one v1 a secret."""
    values = [hmac.new(s.encode(), b"%d." % timestamp + body, hashlib.sha256).hexdigest() for s in secrets]
    return ",".join([f"t={timestamp}", *(f"v1={value}" for value in values)])


def deliver(state: State, *, even_if_paused: bool = False) -> int:
    """Send all that is queued, also what arrives meanwhile; gives the number of posts made.

    Only one thread sends; another that comes by leaves its deliveries to the one at work.
    """
    if state.paused and not even_if_paused:
        return 0
    posts = 0
    while state.queue and state.sending.acquire(blocking=False):
        try:
            posts += _drain(state)
        finally:
            state.sending.release()
    return posts


def _drain(state: State) -> int:
    posts = 0
    while state.queue:
        with state.lock:
            batch = _next_batch(state)
        for delivery in batch:
            posts += _send(state, delivery)
    return posts


def _next_batch(state: State) -> list[Delivery]:
    """One delivery in order, or the whole queue shuffled where that fault is on; with its extra copies."""
    faults = state.delivery_faults
    if faults.shuffle_seed is None:
        batch = [state.queue.popleft()] if state.queue else []
    else:
        batch, state.queue = list(state.queue), deque()
    copies = [
        Delivery(d.id, d.event, d.endpoint_id, d.tries, True) for d in batch for _ in range(faults.duplicate)
    ]
    batch += copies
    if faults.shuffle_seed is not None:
        random.Random(faults.shuffle_seed).shuffle(batch)
    return [delivery for delivery in batch if not delivery.event.withheld]


def _send(state: State, delivery: Delivery) -> int:
    """One try; a failure is noted on the agenda for later."""
    from sandbox.events.body import event_body  # events record through this module, so the edge back is late

    with state.lock:
        endpoint = state.find("webhook_endpoint", delivery.endpoint_id)
        if endpoint is None:
            return 0
        first_try = delivery.tries == 0 and not delivery.copy
        dropped = first_try and state.identifiers.share(state.delivery_faults.drop_share)
        shape = state.hidden.endpoint_shapes[endpoint["id"]]
        body = pretty(event_body(state, delivery.event, shape, endpoint["api_version"]))
        secret = state.hidden.endpoint_secrets[endpoint["id"]]
        if first_try and state.identifiers.share(state.delivery_faults.wrong_secret):
            secret = WRONG_SECRET
        secrets = [WRONG_SECRET, secret] if state.delivery_faults.two_signatures else [secret]
    headers = {
        "Content-Type": "application/json; charset=utf-8",
        "Stripe-Signature": sign(body, secrets, real_now()),
        "User-Agent": "Stripe/1.0 (+sandbox)",
    }
    status = NO_ANSWER if dropped else _post(state, endpoint["url"], body, headers)
    with state.lock:
        _settle(state, delivery, status, dropped)
    return 0 if dropped else 1


def pretty(body: Obj) -> bytes:
    """The provider indents its bodies by two; a receiver that re-serialises before verifying must fail."""
    return msgspec.json.format(msgspec.json.encode(body), indent=2)


def _post(state: State, url: str, body: bytes, headers: dict[str, str]) -> int:
    """The receiver's status, or NO_ANSWER; an injected sink takes the place of the network."""
    if state.sink is not None:
        return state.sink(body, headers)
    try:
        return _client().post(url, content=body, headers=headers).status_code
    except httpx.HTTPError:
        return NO_ANSWER


@functools.cache
def _client() -> httpx.Client:
    """One client with persistent connections for the process."""
    return httpx.Client(timeout=TIMEOUT_SECONDS, trust_env=False)


def _settle(state: State, delivery: Delivery, status: int, dropped: bool) -> None:
    """Write the outcome down and plan the next try of a failed one."""
    delivery.tries += 1
    done = 200 <= status < 300
    state.delivery_log.append(
        {
            "event": delivery.event.id,
            "type": delivery.event.type,
            "endpoint": delivery.endpoint_id,
            "status": status,
            "dropped": dropped,
            "try": delivery.tries,
            "copy": delivery.copy,
            "at": state.now,
        }
    )
    if done:
        delivery.event.pending_endpoints.discard(delivery.endpoint_id)
    elif not delivery.copy and delivery.tries <= len(RETRY_WAITS):
        state.waiting[delivery.id] = delivery
        state.agenda.note(state.now + RETRY_WAITS[delivery.tries - 1], "redeliver", delivery.id)


def redeliver(state: State, delivery_id: str) -> None:
    """Put a failed delivery back on the queue; called when its next try is due."""
    delivery = state.waiting.pop(delivery_id, None)
    if delivery is not None:
        state.queue.append(delivery)
