"""Carry out changes at the provider, each at most once under its idempotency key."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

import structlog
from sqlalchemy.orm import Session

from app.core import gates
from app.core.clock import Clock
from app.core.db import Database
from app.core.errors import ProviderError
from app.outbox import repository
from app.outbox.facts import ActionSettled
from app.outbox.models import Action
from app.outbox.service import open_task
from app.outbox.states import ActionState

log = structlog.get_logger()

KEY_LIFETIME = timedelta(hours=23)
"""The provider remembers a key for 24 hours; later the same call would be a second one."""
FIRST_RETRY = timedelta(seconds=30)
MAX_ATTEMPTS = 10
KEY_TOO_OLD = "an earlier try was cut short, and its key is too old to try again"

Executor = Callable[[dict[str, Any], str], dict[str, Any]]
"""Does one kind of action: its params and its key give its result; raises ProviderError."""


@dataclass(frozen=True)
class ActionDelivery:
    """Everything a worker needs to carry out actions."""

    db: Database
    clock: Clock
    executors: Mapping[str, Executor]
    lease: timedelta = repository.LEASE

    def deliver(self, action_id: str) -> bool:
        """Carry out one action; False if another worker has it, or nothing may leave."""
        action = self._claim(action_id)
        if action is None:
            return False
        if self._key_is_old(action):
            self._settle(action, ActionState.UNKNOWN, detail=KEY_TOO_OLD)
            return True
        try:
            result = self.executors[action.name](dict(action.params), action.key)
        except ProviderError as error:
            self._after_error(action, error)
        else:
            self._settle(action, ActionState.DONE, result=result)
        return True

    def _claim(self, action_id: str) -> Action | None:
        now, real_now = self.clock(), self.db.now()
        with self.db.write() as session:
            action = repository.claim(
                session, Action, action_id, now=now, real_now=real_now, lease=self.lease
            )
            if action is not None and gates.paused(session, own_wish=action.own_wish) is not None:
                session.rollback()
                return None
            if action is not None:
                action.first_called_at = action.first_called_at or real_now
        return action

    def _after_error(self, action: Action, error: ProviderError) -> None:
        if error.permanent:
            self._settle(action, ActionState.FAILED, detail=str(error))
        elif action.attempts >= MAX_ATTEMPTS or self._key_is_old(action):
            self._settle(action, ActionState.UNKNOWN, detail=str(error))
        else:
            wait = max(error.retry_after or timedelta(0), FIRST_RETRY * 2 ** (action.attempts - 1))
            with self.db.write() as session:
                values = {"state": ActionState.RETRY, "due_at": self.clock() + wait, "error": str(error)}
                repository.settle(session, action, action.token, **values)

    def _settle(
        self,
        action: Action,
        state: ActionState,
        *,
        result: dict[str, Any] | None = None,
        detail: str | None = None,
    ) -> None:
        with self.db.write() as session:
            self._write(session, action, state, result, detail, self.clock())

    def _write(
        self,
        session: Session,
        action: Action,
        state: ActionState,
        result: dict[str, Any] | None,
        detail: str | None,
        now: datetime,
    ) -> None:
        values = {"state": state, "settled_at": now, "result": result, "error": detail}
        if not repository.settle(session, action, action.token, **values):
            return
        fact = ActionSettled(
            action.id,
            action.case_id,
            action.customer_id,
            action.name,
            state,
            now,
            action.params,
            result,
            detail,
        )
        repository.report(session, fact, attempt=action.attempts, now=now)
        log.info("action.settled", action=action.id, name=action.name, state=state)
        if state != ActionState.DONE:
            open_task(
                session,
                key=f"{action.id}:{state}",
                kind=f"action_{state}",
                title="A change at the payment provider did not go through"
                if state == ActionState.FAILED
                else "Nobody knows whether a change was made at the payment provider",
                detail=f"{action.name}, {action.id}: {detail}",
                case_id=action.case_id,
                customer_id=action.customer_id,
                now=now,
            )

    def sweep(self) -> int:
        """Actions whose worker died: tried again under the same key while the provider knows it."""
        now, real_now = self.clock(), self.db.now()
        with self.db.write() as session:
            lost = repository.expired(session, Action, real_now)
            for action in lost:
                if self._key_is_old(action):
                    self._write(session, action, ActionState.UNKNOWN, None, KEY_TOO_OLD, now)
                else:
                    repository.settle(session, action, action.token, state=ActionState.RETRY, due_at=now)
        return len(lost)

    def _key_is_old(self, action: Action) -> bool:
        return action.first_called_at is not None and self.db.now() - action.first_called_at > KEY_LIFETIME
