"""Sending events: queued in the state, signed like the provider's, in order, once at a time.

Nothing is sent while the state's lock is held: a receiver may call the API back from inside its handler.
A receiver that fails gets the delivery again later in sandbox time, with a fresh timestamp and signature.
"""

from __future__ import annotations

import functools
import hmac
import random
from collections import deque
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from itertools import count

import msgspec

from sandbox.clock import DAY, HOUR, real_now
from sandbox.events.body import event_json
from sandbox.events.thin import notification, thin_events
from sandbox.posting import NO_ANSWER, post
from sandbox.queueing import Delivery, find_endpoint
from sandbox.state import Obj, State

# Waits between tries in seconds of sandbox time; the provider keeps trying for about three days.
RETRY_WAITS = (300, 1_800, 2 * HOUR, 5 * HOUR, 10 * HOUR, 12 * HOUR, 12 * HOUR, 12 * HOUR, DAY)
WRONG_SECRET = "whsec_rolled_away_long_ago"


def sign(body: bytes, secrets: list[str], timestamp: int) -> str:
    """The signature header: HMAC-SHA256 over `timestamp.body`, one v1 a secret."""
    signed = b"%d." % timestamp + body
    values = [hmac.digest(secret.encode(), signed, "sha256").hex() for secret in secrets]
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
            state.in_flight.extend(_next_batch(state))
        if state.senders > 1 and state.in_flight:
            posts += sum(_crew(state.senders).map(functools.partial(_send, state), state.in_flight))
            state.in_flight.clear()
            state.changes += 1
        while state.in_flight:
            try:
                posts += _send(state, state.in_flight[0])
            finally:
                state.in_flight.popleft()
                state.changes += 1
    return posts


@functools.cache
def _crew(senders: int) -> ThreadPoolExecutor:
    return ThreadPoolExecutor(senders, thread_name_prefix="webhook")


def _next_batch(state: State) -> list[Delivery]:
    """One delivery in order, or the whole queue: shuffled where that fault is on, or for several senders."""
    faults = state.delivery_faults
    if faults.shuffle_seed is None and state.senders == 1:
        batch = [state.queue.popleft()] if state.queue else []
    else:
        batch, state.queue = list(state.queue), deque()
    new = [row for row in batch if not (row.tries or row.copy or row.delayed)]
    copies = [replace(delivery, copy=True) for delivery in new for _ in range(faults.duplicate)]
    batch += copies
    if faults.shuffle_seed is not None:
        random.Random(faults.shuffle_seed).shuffle(batch)
    return [delivery for delivery in batch if not delivery.event.withheld]


def _send(state: State, delivery: Delivery) -> int:
    """One try; a failure is noted on the agenda for later."""
    with state.lock:
        endpoint = find_endpoint(state, delivery.endpoint_id)
        if endpoint is None or endpoint["status"] != "enabled" or _held_back(state, delivery):
            return 0
        faults = state.delivery_faults
        first_try = delivery.tries == 0 and not delivery.copy
        dropped = first_try and state.identifiers.share(faults.drop_share)
        body = body_of(state, delivery, endpoint)
        secret = state.hidden.endpoint_secrets[endpoint["id"]]
        if first_try and state.identifiers.share(faults.wrong_secret):
            secret = WRONG_SECRET
        secrets = [WRONG_SECRET, secret] if faults.two_signatures else [secret]
        url = state.hidden.endpoint_urls.get(endpoint["id"]) or endpoint["url"]
    headers = {
        "Content-Type": "application/json; charset=utf-8",
        "Stripe-Signature": sign(body, secrets, real_now()),
        "User-Agent": "Stripe/1.0 (+sandbox)",
    }
    status = NO_ANSWER if dropped else _post(state, url, body, headers)
    with state.lock:
        _settle(state, delivery, status, dropped)
    return 0 if dropped else 1


def _held_back(state: State, delivery: Delivery) -> bool:
    """Put off a first try by the delay that was asked for."""
    faults = state.delivery_faults
    if delivery.tries or delivery.delayed or not faults.delay_seconds:
        return False
    if not state.identifiers.share(faults.delay_share):
        return False
    delivery.delayed = True
    _wait(state, delivery, faults.delay_seconds)
    return True


def _wait(state: State, delivery: Delivery, seconds: int) -> None:
    """Come back on the sandbox's own time: it is the receiver's, whatever test clock made the event."""
    names = (f"{delivery.id}_{number}" if number else delivery.id for number in count())
    name = next(name for name in names if name not in state.waiting)
    state.waiting[name] = delivery
    state.main.agenda.note(state.main.now + seconds, "redeliver", name)


def body_of(state: State, delivery: Delivery, endpoint: Obj) -> bytes:
    """The bytes to post: the event in the endpoint's shape and version, or the thin notification."""
    if delivery.thin:
        row = next(row for row in thin_events(delivery.event) if row.id == delivery.thin)
        return pretty(msgspec.json.encode(notification(row)))
    shape = state.hidden.endpoint_shapes[endpoint["id"]]
    version = endpoint.get("api_version") or endpoint.get("snapshot_api_version")
    return pretty(event_json(state, delivery.event, shape, version))


def pretty(body: bytes) -> bytes:
    """The provider indents its bodies by two; a receiver that re-serialises before verifying must fail."""
    return msgspec.json.format(body, indent=2)


def _post(state: State, url: str, body: bytes, headers: dict[str, str]) -> int:
    """The receiver's status, or NO_ANSWER; an injected sink takes the place of the network."""
    if state.sink is not None:
        return state.sink(body, headers)
    return post(url, body, headers)


def _settle(state: State, delivery: Delivery, status: int, dropped: bool) -> None:
    """Write the outcome down and plan the next try of a failed one."""
    delivery.tries += 1
    done = 200 <= status < 300
    state.delivery_log.append(
        {
            "event": delivery.event.id,
            "type": delivery.event.type,
            "thin": delivery.thin,
            "endpoint": delivery.endpoint_id,
            "status": status,
            "dropped": dropped,
            "try": delivery.tries,
            "copy": delivery.copy,
            "at": state.main.now,
        }
    )
    if done:
        if delivery.thin is None:
            delivery.event.pending_endpoints.discard(delivery.endpoint_id)
    elif not delivery.copy and delivery.tries <= len(RETRY_WAITS):
        _wait(state, delivery, RETRY_WAITS[delivery.tries - 1])


def redeliver(state: State, delivery_id: str) -> None:
    """Put a failed delivery back on the queue; called when its next try is due."""
    delivery = state.waiting.pop(delivery_id, None)
    if delivery is not None:
        state.queue.append(delivery)
