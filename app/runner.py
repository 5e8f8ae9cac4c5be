"""The work of a worker, one loop turn at a time: events, due steps, mails, actions, sweeps.

Each turn opens its own transactions; between them lie the network calls. `tick` turns until nothing is
due. A row that raises is set aside first and reported after, so nothing stands still behind it.
"""

from __future__ import annotations

import random
import threading
from collections.abc import Callable, Collection, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from functools import cached_property
from typing import Protocol

import structlog

from app import pipeline
from app.billing import repository as billing
from app.billing.ports import Translator
from app.billing.states import SubscriptionState
from app.cancellation.declarations_due import DeclarationWatch
from app.cancellation.due import GrantWatch
from app.cases import repository as case_rows
from app.cases import service as case_engine
from app.core import gates
from app.core.clock import Clock
from app.core.db import Database
from app.core.errors import ProviderError
from app.due import MAIL_BATCH, Look, Watch
from app.feedback.facts import MailFeedback, Told
from app.hooks import facts as hook_facts
from app.hooks.delivery import HookDelivery
from app.inbound import repository as inbound
from app.inbound.repository import Claim, ClaimedEvent
from app.inbound.states import CALLBACKS, Source
from app.outbox import facts as outbox_facts
from app.outbox.actions import ActionDelivery
from app.outbox.delivery import MailDelivery
from app.outbox.service import open_task
from app.prefetch import Prefetch
from app.privacy import door

log = structlog.get_logger()

STEP_BATCH = 200
SET_ASIDE = timedelta(minutes=15)


@dataclass
class Done:
    """What a tick has done."""

    events: int = 0
    steps: int = 0
    mails: int = 0
    actions: int = 0
    hooks: int = 0
    swept: int = 0
    scans: int = 0
    declarations: int = 0

    def __bool__(self) -> bool:
        return any(vars(self).values())

    def __iadd__(self, other: Done) -> Done:
        for name, value in vars(other).items():
            setattr(self, name, getattr(self, name) + value)
        return self


class ReadCallback(Protocol):
    """What a mail provider's stored callback tells; may ask the network, raises ProviderError."""

    def __call__(self, source: Source, body: bytes) -> Sequence[MailFeedback]: ...


class PoisonedCase(Exception):
    """Deciding a case's due steps raised."""

    def __init__(self, case_id: str, error: Exception) -> None:
        super().__init__(f"{type(error).__name__}: {error}")
        self.case_id = case_id


class LeaseLost(Exception):
    """Another worker has the events by now: what we did with them is undone."""


@dataclass
class Runner:
    """One worker's hands. `threads`: how many mails are on the way at the same time."""

    db: Database
    clock: Clock
    setup: pipeline.Setup
    translate: Translator
    prefetch: Prefetch
    mails: MailDelivery
    actions: ActionDelivery
    read_callback: ReadCallback
    watches: Sequence[Watch] = ()
    grants: GrantWatch | None = None
    hooks: HookDelivery | None = None
    declarations: DeclarationWatch | None = None
    threads: int = 4
    stopping: threading.Event = field(default_factory=threading.Event)

    def tick(self) -> Done:
        """Do everything that is due now, until nothing is."""
        total = Done()
        while not self.stopping.is_set():
            done = self.turn()
            if not done:
                break
            total += done
        return total

    def turn(self) -> Done:
        """One pass: events first, so that nothing is decided on old knowledge.

        An idle worker only looks: it writes, and takes SQLite's one lock, where there is something to do.
        """
        now, done = self.clock(), Done()
        due = self._look.due(now)
        if due.lost:
            done.swept = self.sweep()
        if due.events:
            done.events = self.process_events()
            due = self._look.due(now)
        if due.steps:
            done.steps = self.run_steps()
            due = self._look.due(now)
        if self.declarations is not None and due.declarations:
            done.declarations = self.declarations.run()
        done.actions = sum(self.actions.deliver(i) for i in due.actions)
        done.mails = self.deliver_mails(due.mails)
        if self.hooks is not None and due.hooks:
            done.hooks = self.hooks.deliver(due.hooks, self.stopping.is_set)
        if self.grants is not None and due.grants:
            done.steps += self.grants.run()
        for watch in due.watches:  # last, as what they read are events, and those come first
            done.scans += watch.run()
        return done

    def process_events(self, limit: int = 200) -> int:
        """Claim, complete and apply one batch of events; returns how many were settled."""
        claim = inbound.claim(self.db, now=self.clock(), limit=limit)
        if not claim.events:
            return 0
        facts, failed = self._facts_of(claim)
        good = [e for e in claim.events if e.id not in failed]
        try:
            self._apply(claim, good, facts)
        except LeaseLost:
            log.warning("events.lease_lost", events=len(good))
            return 0
        except Exception:  # one of them is poison: find it, and let the others pass
            log.warning("events.batch_failed", events=len(good), exc_info=len(good) == 1)
            for event in good:
                try:
                    self._apply(claim, [event], facts)
                except Exception as error:
                    log.exception("event.failed", event_id=event.event_id, type=event.type)
                    failed[event.id] = f"{type(error).__name__}: {error}"
        for event in claim.events:
            if event.id in failed:
                self._push_back(claim, event, failed[event.id])
        return len(claim.events) - len(failed)

    def _facts_of(self, claim: Claim) -> tuple[dict[int, list[pipeline.AnyFact]], dict[int, str]]:
        facts: dict[int, list[pipeline.AnyFact]] = {}
        failed: dict[int, str] = {}
        translations = {}
        for event in claim.events:
            if event.source == Source.OUTBOX:
                told = outbox_facts.read(event.type, event.body) or hook_facts.read(event.type, event.body)
                facts[event.id] = [told] if told else []
            elif event.source in CALLBACKS:
                try:
                    facts[event.id] = list(self.read_callback(Source(event.source), event.body))
                except ProviderError as error:
                    failed[event.id] = str(error)
            else:
                translations[event.id] = self.translate(event.body, live=event.source == Source.LIVE)
        by_id = {e.id: e for e in claim.events}
        pictured = self._pictured_at(
            [t.object_id for t in translations.values() if t.object_kind == "subscription"]
        )
        completed = self.prefetch.complete(translations, by_id, pictured, now=self.clock())
        for event_id, found in completed.items():
            if isinstance(found, ProviderError):
                failed[event_id] = str(found)
            else:
                facts[event_id] = list(found)
        return facts, failed

    def _pictured_at(self, subscription_ids: Sequence[str | None]) -> dict[str, datetime]:
        wanted = [i for i in subscription_ids if i]
        if not wanted:
            return {}
        with self.db.read() as session:
            return billing.pictured_at(session, SubscriptionState, wanted)

    def _apply(
        self, claim: Claim, events: Sequence[ClaimedEvent], facts: dict[int, list[pipeline.AnyFact]]
    ) -> None:
        if not events:
            return
        now = self.clock()
        with self.db.write() as session:
            ids = [e.id for e in events]
            if inbound.settle(session, claim.token, ids, now=now) < len(ids):
                raise LeaseLost(claim.token)
            away = door.turn_away(session, events, _addresses_in(facts), now=now)
            kept = [f for e in events if e.id not in away for f in facts[e.id]]
            pipeline.take_in(session, kept, self.setup, now=now)

    def _push_back(self, claim: Claim, event: ClaimedEvent, error: str) -> None:
        with self.db.write() as session:
            if door.turn_away(session, [event], {}, now=self.clock()):
                return
            jitter = random.random()  # noqa: S311 - spreads retries, keeps no secret
            inbound.push_back(session, event, claim.token, error, now=self.clock(), jitter=jitter)

    def run_steps(self) -> int:
        """Decide one batch of due steps; returns how many were decided or moved."""
        try:
            return self._run_steps(STEP_BATCH)
        except Exception:  # one of the cases is poison: find it, and let the others pass
            log.exception("steps.batch_failed")
        decided, failed = 0, set[str]()
        while True:
            try:
                found = self._run_steps(1, failed)
            except PoisonedCase as error:
                failed.add(error.case_id)
                self._set_aside(error)
            else:
                decided += found
                if not found:
                    return decided

    def _run_steps(self, limit: int, leaving_out: Collection[str] = ()) -> int:
        now = self.clock()
        with self.db.write() as session:
            if gates.paused(session) is not None:
                return 0
            released = case_engine.release_ended(session, now=now, limit=limit)
            cases = case_rows.due_cases(session, now, limit, leaving_out)
            planned = case_rows.planned_steps(session, [c.id for c in cases])
            due = {k: [s for s in steps if s.due_at <= now] for k, steps in planned.items()}
            try:
                pipeline.run_due(session, cases, due, self.setup, now=now)
            except Exception as error:
                raise PoisonedCase(cases[0].id, error) from error
        return released + sum(map(len, due.values()))

    def _set_aside(self, error: PoisonedCase) -> None:
        """A case that raises rests for a quarter of an hour, and a person is told."""
        now = self.clock()
        with self.db.write() as session:
            case_rows.postpone(session, error.case_id, now=now, until=now + SET_ASIDE, reason=str(error))
            open_task(
                session,
                key=f"{error.case_id}:poisoned",
                kind="case_failed",
                title="The next step of a case could not be decided",
                detail=f"{error.case_id}: {error}. It is tried again every quarter of an hour.",
                case_id=error.case_id,
                now=now,
            )

    def deliver_mails(self, ids: Sequence[str]) -> int:
        """Send due mails over a few connections at once."""
        if len(ids) <= 2 or self.threads == 1:
            return self.mails.deliver(ids, self.stopping.is_set)
        share = max(1, -(-len(ids) // self.threads))
        parts = [ids[i : i + share] for i in range(0, len(ids), share)]
        return sum(self._pool().map(lambda part: self.mails.deliver(part, self.stopping.is_set), parts))

    @cached_property
    def _look(self) -> Look:
        return Look(self.db, self.watches, mails=MAIL_BATCH * self.threads)

    def close(self) -> None:
        """End the threads; nothing may be under way."""
        if hasattr(self, "_threads"):
            self._threads.shutdown(wait=True)

    def _pool(self) -> ThreadPoolExecutor:
        if not hasattr(self, "_threads"):
            self._threads = ThreadPoolExecutor(self.threads, thread_name_prefix="mail")
        return self._threads

    def sweep(self) -> int:
        """Settle what dead workers left behind."""
        swept = self.mails.sweep() + self.actions.sweep()
        return swept + (self.hooks.sweep() if self.hooks is not None else 0)

    def next_due(self, after: datetime) -> datetime | None:
        """The next business time after `after` at which there is work."""
        return self._look.next_due(after)

    def walk(self, set_clock: Callable[[datetime], None], until: datetime) -> Done:
        """On a test clock: go from due time to due time and run each, as if the time had passed."""
        total = self.tick()
        while (due_at := self.next_due(self.clock())) is not None and due_at <= until:
            set_clock(due_at)
            total += self.tick()
        set_clock(until)
        total += self.tick()
        return total


def _addresses_in(facts: Mapping[int, Sequence[pipeline.AnyFact]]) -> dict[int, list[str]]:
    """The mail addresses that callbacks name, by event."""
    return {
        key: found
        for key, told in facts.items()
        if (found := [f.address for f in told if isinstance(f, Told)])
    }
