"""Tell the merchant's systems something, and manage the endpoints that are told.

`announce` is what other features call. Everything here is in the caller's transaction and makes no
network call; app/hooks/delivery.py does that.
"""

from __future__ import annotations

import base64
import secrets
from collections.abc import Collection, Mapping, Sequence
from datetime import UTC, date, datetime, timedelta
from typing import Any

from sqlalchemy import delete
from sqlalchemy.orm import Session

from app.core.errors import InvalidInput, NotFound
from app.core.ids import new_id
from app.core.sealing import Sealer
from app.hooks import repository
from app.hooks.facts import HOOK_SETTLED, HookSettled, body_of
from app.hooks.models import HookEndpoint, HookMessage
from app.hooks.rules.schedule import is_fresh
from app.hooks.states import HEARD_BACK, HOPEFUL, EndpointKind, HookState, HookType

_WANTING = "hooks.wanting"

OLD_SECRET_FOR = timedelta(hours=24)
"""So long the secret that was replaced signs along."""
TEST_WORDS = "This is a test by Reclaim: alerts arrive here."


def announce(
    session: Session,
    *,
    type: HookType,
    key: str,
    customer_id: str | None,
    data: Mapping[str, Any],
    now: datetime,
) -> int:
    """One message for each enabled endpoint that wants the type; how many were put down.

    `key` names the occasion, e.g. `case_...:opened`: the same key is told once to an endpoint, for ever.
    `customer_id`: None for what is about nobody in particular.
    `data` is plain JSON and instants: ids, amounts, states; never a name or an address. Costs one small
    look a transaction where nobody listens.
    """
    wanting = [endpoint for endpoint, events in _wanting(session) if not events or type in events]
    if not wanting:
        return 0
    body = message_body(type, data, now)
    return sum(
        repository.add_message(
            session,
            id=new_id("msg"),
            endpoint_id=endpoint,
            key=key,
            type=type.value,
            customer_id=customer_id,
            body=body,
            due_at=now,
            created_at=now,
        )
        for endpoint in wanting
    )


def is_wanted(session: Session, type: HookType) -> bool:
    """Whether anybody wants the type: where the data costs something, ask first."""
    return any(not events or type in events for _, events in _wanting(session))


def message_body(type: HookType, data: Mapping[str, Any], now: datetime) -> dict[str, Any]:
    """What is signed and sent: `type`, `timestamp` (when it came about, business time) and `data`."""
    return {"type": type.value, "timestamp": _plain(now), "data": _plain(dict(data))}


def has_tested_consumer(session: Session, type: HookType, *, now: datetime) -> bool:
    """Whether somebody listens: an enabled endpoint that wants the type and acknowledged something of late."""
    return any(
        e.enabled and (not e.events or type in e.events) and is_fresh(e.acknowledged_at, now)
        for e in repository.endpoints(session)
    )


def add_endpoint(
    session: Session, url: str, events: Sequence[HookType], sealer: Sealer, *, now: datetime
) -> tuple[HookEndpoint, str]:
    """A new endpoint and its secret, which is told this once. The address has been checked by the caller."""
    if HookType.PING in events:
        raise InvalidInput("ping is not asked for: every endpoint gets it when it is tested")
    secret = _new_secret()
    endpoint = HookEndpoint(
        id=new_id("hook"),
        url=url,
        secret=sealer.seal(secret.encode()),
        events=[e.value for e in dict.fromkeys(events)],
        created_at=now,
    )
    session.add(endpoint)
    session.flush()
    session.info.pop(_WANTING, None)
    return endpoint, secret


def get_endpoint(session: Session, endpoint_id: str, *, lock: bool = False) -> HookEndpoint:
    """Raises NotFound."""
    endpoint = session.get(HookEndpoint, endpoint_id, with_for_update=lock or None)
    if endpoint is None:
        raise NotFound(f"there is no endpoint {endpoint_id}")
    return endpoint


def remove_endpoint(session: Session, endpoint_id: str, *, now: datetime) -> HookEndpoint:
    """Tell an endpoint nothing more; what waits for it is cancelled. What was told stays listed."""
    endpoint = get_endpoint(session, endpoint_id, lock=True)
    drop_waiting(session, endpoint_id, HookState.CANCELLED, "the endpoint was removed", now=now)
    session.execute(delete(HookEndpoint).where(HookEndpoint.id == endpoint_id))
    session.info.pop(_WANTING, None)
    return endpoint


def enable_endpoint(session: Session, endpoint_id: str) -> HookEndpoint:
    """Tell an endpoint again that was given up; what it missed meanwhile is not made up for."""
    endpoint = get_endpoint(session, endpoint_id, lock=True)
    endpoint.enabled, endpoint.disabled_reason = True, None
    endpoint.failures, endpoint.failing_since, endpoint.resting_until = 0, None, None
    session.flush()
    session.info.pop(_WANTING, None)
    return endpoint


def rotate_secret(session: Session, endpoint_id: str, sealer: Sealer, *, now: datetime) -> str:
    """A new secret, told this once; the one before it signs along for 24 hours, an older one no more."""
    endpoint, secret = get_endpoint(session, endpoint_id, lock=True), _new_secret()
    endpoint.old_secret, endpoint.old_secret_until = endpoint.secret, now + OLD_SECRET_FOR
    endpoint.secret = sealer.seal(secret.encode())
    session.flush()
    return secret


def queue_ping(session: Session, endpoint_id: str, *, now: datetime) -> str:
    """A test message to one endpoint; its id. A disabled endpoint may be tested too."""
    endpoint = get_endpoint(session, endpoint_id)
    message_id = new_id("msg")
    body: dict[str, Any] = message_body(HookType.PING, {"endpoint": endpoint_id}, now)
    if endpoint.kind == EndpointKind.CHAT:
        body = {"text": TEST_WORDS}
    repository.add_message(
        session,
        id=message_id,
        endpoint_id=endpoint_id,
        key=f"ping:{message_id}",
        type=HookType.PING.value,
        body=body,
        due_at=now,
        created_at=now,
    )
    return message_id


def forget_customer(session: Session, customer_id: str, *, now: datetime) -> None:
    """Somebody is erased: nothing about them leaves any more, and what is on the wire is told no more."""
    for message in repository.waiting_about(session, customer_id):
        message.state, message.settled_at = HookState.CANCELLED, now
        message.token = message.leased_until = None
    session.flush()


def drop_waiting(session: Session, endpoint_id: str, state: HookState, why: str, *, now: datetime) -> int:
    """End every message that waits for an endpoint."""
    waiting = repository.waiting_of(session, endpoint_id)
    for message in waiting:
        message.state, message.settled_at, message.error = state, now, why
        tell_end(session, message, state, why, now=now)
    session.flush()
    return len(waiting)


def tell_end(
    session: Session, message: HookMessage, state: HookState, detail: str | None, *, now: datetime
) -> None:
    """Whoever waits for the acknowledgement of an announcement hears of it by the front door.

    One acknowledgement is enough; a failure is told when no other endpoint has, or may still, acknowledge.
    """
    if message.type not in HEARD_BACK or message.customer_id is None:
        return
    others = [m for m in repository.lock_siblings(session, message) if m.id != message.id]
    if state != HookState.SENT and any(m.state in HOPEFUL for m in others):
        return
    fact = HookSettled(
        message.id,
        message.endpoint_id,
        message.customer_id,
        message.type,
        message.key,
        state,
        now,
        message.body["data"],
        detail,
    )
    repository.report(
        session,
        message_id=message.id,
        event_id=f"{message.id}:{state}",
        type=HOOK_SETTLED,
        body=body_of(fact),
        customer_id=message.customer_id,
        now=now,
    )


def _new_secret() -> str:
    return "whsec_" + base64.b64encode(secrets.token_bytes(32)).decode()


def _wanting(session: Session) -> Sequence[tuple[str, Collection[str]]]:
    """Asked for once a transaction: a batch may have hundreds of occasions."""
    known = session.info.get(_WANTING)
    if known is None:
        known = session.info[_WANTING] = repository.wanting(session)
    return known


def _plain(value: Any) -> Any:
    if isinstance(value, datetime):
        return value.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
    if isinstance(value, date):
        return value.isoformat()
    if isinstance(value, Mapping):
        return {str(k): _plain(v) for k, v in value.items()}
    if isinstance(value, list | tuple):
        return [_plain(v) for v in value]
    return value
