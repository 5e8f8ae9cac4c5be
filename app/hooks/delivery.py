"""Deliver messages: claim in one short transaction, POST outside any, settle.

At least once: a worker that dies between the answer and its settling leaves a message that is told again
under the same `webhook-id`, by which receivers know it.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import groupby
from typing import Any

import structlog
from sqlalchemy.orm import Session

from app.core import gates
from app.core.clock import Clock, real_now
from app.core.db import Database
from app.core.gates import SendingMode
from app.core.sealing import Sealer, Unreadable
from app.hooks import repository, service
from app.hooks.models import HookEndpoint, HookMessage
from app.hooks.ports import AddressRefused, HookAnswer, HookUnreachable, HookWire
from app.hooks.rules.schedule import is_given_up, rest, retry_delay
from app.hooks.signing import post_of
from app.hooks.states import HEARD_BACK, HookState, HookType
from app.outbox.service import open_task

log = structlog.get_logger()

GONE = 410
REMOVED = "the endpoint was removed"


@dataclass(frozen=True)
class HookDelivery:
    """Everything a worker needs to deliver messages. `threads`: how many endpoints are told at once."""

    db: Database
    clock: Clock
    wire: HookWire
    sealer: Sealer
    mode: SendingMode
    lease: timedelta = repository.LEASE
    threads: int = 4

    def deliver(self, due: Sequence[tuple[str, str]], stopping: Callable[[], bool] = lambda: False) -> int:
        """Carry out these (message, endpoint); returns how many were taken up.

        An endpoint's messages go one by one and stop at the first failure, so that a dead one costs a turn
        no more than one time-out; the others do not wait for it.
        """
        by_endpoint = sorted(due, key=lambda pair: pair[1])
        queues = [
            [message for message, _ in group] for _, group in groupby(by_endpoint, key=lambda pair: pair[1])
        ]
        if len(queues) < 2:
            return sum(self._deliver_all(queue, stopping) for queue in queues)
        with ThreadPoolExecutor(min(self.threads, len(queues)), thread_name_prefix="hooks") as pool:
            return sum(pool.map(lambda queue: self._deliver_all(queue, stopping), queues))

    def deliver_one(self, message_id: str) -> HookState | None:
        """Carry out one message; what became of this try, None if it was not to be had."""
        claimed = self._claim(message_id)
        if claimed is None:
            return None
        if isinstance(claimed, HookState):  # settled without a try
            return claimed
        message, endpoint = claimed
        try:
            answer = self._post(message, endpoint)
        except (HookUnreachable, AddressRefused, Unreadable) as error:
            return self._settle(message, None, str(error))
        except Exception as error:  # a fault of ours: it counts as a failed try, and holds up nothing else
            log.exception("hook.broken", message=message.id)
            return self._settle(message, None, f"{type(error).__name__}: {error}")
        return self._settle(message, answer, f"answered {answer.status}")

    def sweep(self) -> int:
        """Messages whose worker died are told again: the receiver knows them by their id."""
        now, real = self.clock(), self.db.now()
        with self.db.write() as session:
            lost = repository.expired(session, real)
            for message in lost:
                repository.settle(session, message, state=HookState.RETRY, due_at=now)
        return len(lost)

    def _deliver_all(self, ids: Sequence[str], stopping: Callable[[], bool]) -> int:
        taken = 0
        for message_id in ids:
            if stopping():
                break
            state = self.deliver_one(message_id)
            taken += state is not None
            if state in (HookState.RETRY, HookState.FAILED):
                break
        return taken

    def _claim(self, message_id: str) -> tuple[HookMessage, HookEndpoint] | HookState | None:
        now, real = self.clock(), self.db.now()
        with self.db.write() as session:
            if gates.paused(session, own_wish=True) is not None:
                return None
            message = repository.claim(session, message_id, now=now, real_now=real, lease=self.lease)
            if message is None:
                return None
            endpoint = session.get(HookEndpoint, message.endpoint_id)
            why = REMOVED if endpoint is None else self._moot(message, endpoint)
            if endpoint is None or why is not None:
                self._end(session, message, HookState.CANCELLED, why, now)
                return HookState.CANCELLED
        return message, endpoint

    def _moot(self, message: HookMessage, endpoint: HookEndpoint) -> str | None:
        """Why a message is not told at all; a ping was asked for by a person, and goes."""
        if message.type == HookType.PING:
            return None
        if not endpoint.enabled:
            return "the endpoint is disabled"
        return "shadow" if self.mode.mode == "shadow" else None

    def _post(self, message: HookMessage, endpoint: HookEndpoint) -> HookAnswer:
        post = post_of(message, endpoint, self.sealer, now=self.clock(), real_now=real_now())
        return self.wire.post(post.url, post.body, post.headers)

    def _settle(self, message: HookMessage, answer: HookAnswer | None, said: str) -> HookState:
        now = self.clock()
        with self.db.write() as session:
            endpoint = session.get(HookEndpoint, message.endpoint_id, with_for_update=True)
            status = answer.status if answer else None
            if endpoint is None:
                self._end(session, message, HookState.CANCELLED, REMOVED, now, status)
                return HookState.CANCELLED
            if status is not None and 200 <= status < 300:
                return self._acknowledged(session, message, endpoint, status, now)
            return self._failed(session, message, endpoint, answer, said, now)

    def _acknowledged(
        self, session: Session, message: HookMessage, endpoint: HookEndpoint, status: int, now: datetime
    ) -> HookState:
        if self._end(session, message, HookState.SENT, None, now, status):
            endpoint.failures, endpoint.failing_since, endpoint.resting_until = 0, None, None
            endpoint.acknowledged_at = now
            if message.type == HookType.PING:
                endpoint.tested_at = now
        return HookState.SENT

    def _failed(
        self,
        session: Session,
        message: HookMessage,
        endpoint: HookEndpoint,
        answer: HookAnswer | None,
        said: str,
        now: datetime,
    ) -> HookState:
        status, wish = (answer.status, answer.retry_after) if answer else (None, None)
        # A ping is a person's question: they have the answer, and it says nothing of the endpoint's days.
        is_ping = message.type == HookType.PING
        wait = None if is_ping or status == GONE else retry_delay(message.attempts, wish)
        if wait is None:
            mine = self._end(session, message, HookState.FAILED, said, now, status)
        else:
            values: dict[str, Any] = {"due_at": now + wait, "error": said, "status": status}
            mine = repository.settle(session, message, state=HookState.RETRY, **values)
        if mine and not is_ping:
            endpoint.failures += 1
            endpoint.failing_since = endpoint.failing_since or now
            endpoint.resting_until = now + rest(endpoint.failures)
            if wait is None and status != GONE:
                _ask(session, endpoint, f"{message.type} ({message.id}) was given up: {said}", now)
        if mine and status == GONE:
            _disable(session, endpoint, "it answered 410 Gone: it wants no more", now)
        elif endpoint.enabled and endpoint.failing_since and is_given_up(endpoint.failing_since, now):
            _disable(session, endpoint, f"it has failed for five days, lastly: {said}", now)
        return HookState.RETRY if wait is not None else HookState.FAILED

    def _end(
        self,
        session: Session,
        message: HookMessage,
        state: HookState,
        detail: str | None,
        now: datetime,
        status: int | None = None,
    ) -> bool:
        if message.type in HEARD_BACK:
            # Before our own row is written, so that workers settling the same announcement wait in one order.
            repository.lock_siblings(session, message)
        values = {"state": state, "settled_at": now, "error": detail, "status": status}
        if not repository.settle(session, message, **values):
            return False
        service.tell_end(session, message, state, detail, now=now)
        log.info("hook.settled", message=message.id, type=message.type, state=state, status=status)
        return True


def _disable(session: Session, endpoint: HookEndpoint, why: str, now: datetime) -> None:
    endpoint.enabled, endpoint.disabled_reason = False, why
    dropped = service.drop_waiting(
        session, endpoint.id, HookState.FAILED, "the endpoint was disabled", now=now
    )
    open_task(
        session,
        key=f"{endpoint.id}:disabled:{now.isoformat()}",
        kind="hook_disabled",
        title="A webhook endpoint is told nothing more",
        detail=f"{endpoint.id}: {why}. {dropped} waiting messages were dropped. "
        f"When it is mended: reclaim hooks enable {endpoint.id}",
        now=now,
    )


def _ask(session: Session, endpoint: HookEndpoint, detail: str, now: datetime) -> None:
    """One task a time of trouble, however many messages it swallows."""
    since = endpoint.failing_since or now
    open_task(
        session,
        key=f"{endpoint.id}:undelivered:{since.isoformat()}",
        kind="hook_failed",
        title="A webhook endpoint does not take what it is told",
        detail=f"{endpoint.id}: {detail}. See reclaim hooks messages",
        now=now,
    )
