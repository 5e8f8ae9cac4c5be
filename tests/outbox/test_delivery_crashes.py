"""The process dies at every commit and at every call to the outside, one point after the other."""

from __future__ import annotations

import itertools
from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from app.core.db import Database
from app.core.errors import ProviderError
from app.outbox.ports import Accepted, MailDeferred, MailInDoubt, MailRefused, Stop
from tests.outbox.post_office import GONE, Crash, Mined, PostOffice, Transport, forget_all

DONE = {"sent", "failed", "unknown", "cancelled", "done"}


class Bomb:
    """Goes off at its `at`-th point, once."""

    def __init__(self, at: int) -> None:
        self.left = at
        self.exploded = False

    def __call__(self) -> None:
        self.left -= 1
        if self.left == 0:
            self.exploded = True
            raise Crash


Answers = list[Accepted | Exception | None]
STORIES: dict[str, tuple[Answers, Stop | None, timedelta]] = {
    "accepted": ([None], None, timedelta(0)),
    "deferred": ([MailDeferred("451"), None], None, timedelta(0)),
    "refused": ([MailRefused("550")], None, timedelta(0)),
    "in doubt": ([MailInDoubt("?")], None, timedelta(0)),
    "asked again": ([MailInDoubt("?"), None], None, timedelta(hours=24)),
    "stopped": ([None], Stop("the case is closed"), timedelta(0)),
}


def live_on(office: PostOffice, work: Callable[[], Any]) -> None:
    """A worker's turns until nothing is left to do; it stops where it crashes."""
    for _ in range(6):
        work()
        office.now += timedelta(hours=1)


@pytest.mark.parametrize("story", STORIES)
def test_a_crash_at_any_point_never_sends_a_mail_twice_nor_loses_it(database: Database, story: str) -> None:
    answers, stop, memory = STORIES[story]
    for point in itertools.count(1):
        forget_all(database)
        bomb = Bomb(point)
        office = PostOffice(database, transport=Transport(list(answers), memory, bomb=bomb))
        office.guard.stop = stop
        key = office.queue()
        doomed = office.delivery(db=Mined(database, bomb), lease=GONE)

        def turn(worker: Any = doomed, office: PostOffice = office) -> None:
            worker.sweep()
            worker.deliver(office.due_mails())

        try:
            live_on(office, turn)
        except Crash:
            heir = replace(doomed, db=database)
            live_on(office, lambda heir=heir, turn=turn: turn(heir))  # type: ignore[misc]
        mail = office.mail(key)
        where = f"{story}, point {point}"
        assert mail.state in DONE, where
        assert len(office.transport.accepted) <= 1, where
        assert office.reports() == [mail.state], where
        if mail.state == "sent":
            assert len(office.transport.accepted) == 1, where
        if mail.state in ("failed", "cancelled"):
            assert office.transport.accepted == [], where
        assert (office.tasks() == [f"mail_{mail.state}"]) is (mail.state in ("unknown", "failed")), where
        assert len(office.contacts()) == (mail.state in ("sent", "unknown")), where
        if not bomb.exploded:
            assert point > 4, "the sweep must have had something to blow up"
            return


class KeyedProvider:
    """Does each key once and repeats its answer, as the provider does for a day."""

    def __init__(self, bomb: Bomb, *, fails_first: bool) -> None:
        self.bomb, self.fails = bomb, fails_first
        self.effects: list[str] = []

    def __call__(self, params: dict[str, Any], key: str) -> dict[str, Any]:
        self.bomb()
        if key not in self.effects:
            self.effects.append(key)
        self.bomb()
        if self.fails:
            self.fails = False
            raise ProviderError("time-out after success", permanent=False)
        return {"status": "paid"}


@pytest.mark.parametrize("fails_first", [False, True])
def test_a_crash_at_any_point_never_charges_twice_nor_loses_the_charge(
    database: Database, fails_first: bool
) -> None:
    for point in itertools.count(1):
        forget_all(database)
        bomb = Bomb(point)
        office, provider = PostOffice(database), KeyedProvider(bomb, fails_first=fails_first)
        key = office.queue_charge()
        doomed = office.charging(provider, db=Mined(database, bomb), lease=GONE)

        def turn(worker: Any = doomed, key: str = key) -> None:
            worker.sweep()
            worker.deliver(key)

        try:
            live_on(office, turn)
        except Crash:
            heir = replace(doomed, db=database)
            live_on(office, lambda heir=heir, turn=turn: turn(heir))  # type: ignore[misc]
        assert office.action(key).state == "done", f"point {point}"
        assert len(provider.effects) == 1, f"point {point}"
        assert (office.reports(), office.tasks()) == (["done"], []), f"point {point}"
        if not bomb.exploded:
            assert point > 4
            return
