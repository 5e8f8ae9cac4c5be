"""The process dies at every commit and at every call of the provider, one point after the other.

Then another one lives on: what was asked for is there once or not at all, and the budget, the case and the mails
say the same.
"""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from datetime import UTC, datetime

import pytest
from sqlalchemy import update

from app.bootstrap import Application
from app.cancellation.desk import Visitor
from app.cancellation.states import Do
from app.core.db import Database
from app.hooks.models import HookMessage
from app.inbound.models import InboundEvent
from app.integrations.stripe.client import StripeConnection
from app.offers.models import Grant
from app.outbox.models import Action, Mail
from app.portal.cancel.acting import Press, act
from tests.outbox.post_office import Crash, Mined
from tests.outbox.test_delivery_crashes import Bomb
from tests.scenarios.diary import Diary, open_diary
from tests.scenarios.leaving import FREE_MONTH, Leaving, offering
from tests.scenarios.offered import MARCH, booked, ours, own_card
from tests.scenarios.story import hang_up

LONG_AGO = datetime(2001, 1, 1, tzinfo=UTC)
PRICE = 2900
FREE = offering({"free": FREE_MONTH})


class MinedConnection(StripeConnection):
    """The same connection, on which the process may die before or after each call."""

    def __init__(self, real: StripeConnection, bomb: Callable[[], None]) -> None:
        self.__dict__.update(vars(real))
        self._bomb = bomb

    @contextmanager
    def call(self) -> Iterator[None]:
        self._bomb()
        with super().call():
            yield
        self._bomb()


@contextmanager
def doomed(diary: Diary, bomb: Bomb) -> Iterator[Application]:
    """Another process on the same database and provider, which dies when the bomb goes off."""
    real = diary.application
    assert real.provider is not None
    application = Application(real.settings, real.config)
    application.__dict__["db"] = Mined(real.db, bomb)
    application.__dict__["provider"] = MinedConnection(real.provider, bomb)
    yield application
    hang_up(application)


def live_on(diary: Diary) -> None:
    """The leases of the dead process are over, and another one does what is due."""
    with diary.application.db.write() as session:
        for held in (
            Action.leased_until,
            Mail.leased_until,
            HookMessage.leased_until,
            InboundEvent.claimed_until,
        ):
            session.execute(update(held.class_).where(held.is_not(None)).values({held: LONG_AGO}))
    diary.tick()


def press(application: Application, ada: Leaving, do: Do, *, worker: bool) -> None:
    """One press in a process that may die, and its worker's turn."""
    visitor = Visitor(ada.someone.customer, ada.someone.subscription, "page", "en")
    visit = ada.at.partition("visit=")[2] or None
    with suppress(Crash):
        act(application, Press(do, visitor, visit, {}), lambda scene: "<h1>as shown</h1>")
        if worker:
            application.runner.tick()


def people(diary: Diary) -> Iterator[tuple[int, Leaving]]:
    """A new person for every point, each with a card of their own."""
    for point in itertools.count(1):
        someone = diary.subscriber(email=f"reader{point}@example.com", card=own_card(point), country="FR")
        yield point, Leaving(diary, someone)


def mails_to(diary: Diary, ada: Leaving) -> list[str]:
    return [m.name for m in diary.mails() if m.customer_id == ada.someone.customer]


def outcome(diary: Diary, ada: Leaving) -> str | None:
    return next((c.outcome for c in diary.cases() if c.customer_id == ada.someone.customer), None)


def grant_of(diary: Diary, ada: Leaving) -> Grant:
    (grant,) = [g for g in ada.grants() if g.customer_id == ada.someone.customer]
    return grant


@pytest.fixture(
    params=[pytest.param(False, id="press"), pytest.param(True, marks=pytest.mark.slow, id="worker")]
)
def worker(request: pytest.FixtureRequest) -> bool:
    """Whether the process's worker dies as well: many more points."""
    return bool(request.param)


def test_a_crash_at_any_point_of_accepting_gives_one_benefit_or_none(
    database: Database, worker: bool
) -> None:
    """Edge case 16."""
    bomb = Bomb(0)
    with open_diary(database, start=MARCH, config=FREE) as diary, doomed(diary, bomb) as process:
        given = 0
        for point, ada in people(diary):
            ada.press("answer", reason="too_expensive")
            bomb.left = point
            press(process, ada, Do.ACCEPT, worker=worker)
            live_on(diary)
            grant, where = grant_of(diary, ada), f"point {point}"
            assert grant.state in ("shown", "applied"), where
            assert len(ours(ada)) == (grant.state == "applied"), where
            assert outcome(diary, ada) == ("saved" if grant.state == "applied" else None), where
            assert mails_to(diary, ada) == ["offer_confirmed"] * (grant.state == "applied"), where
            given += grant.state == "applied"
            assert booked(diary).get("free", (0, 0)) == (given * PRICE, given), where
            if bomb.left > 0:
                assert point > 12, "there must have been something to blow up"
                assert grant.state == "applied"
                return


def test_a_crash_at_any_point_of_cancelling_ends_it_once_or_not_at_all(
    database: Database, worker: bool
) -> None:
    """Edge cases 32, 34: whoever has pressed and was stored is cancelled, and told so once."""
    bomb = Bomb(0)
    with open_diary(database, start=MARCH) as diary, doomed(diary, bomb) as process:
        for point, ada in people(diary):
            bomb.left = point
            press(process, ada, Do.CANCEL, worker=worker)
            live_on(diary)
            where = f"point {point}"
            ended = ada.subscription["cancel_at"] is not None
            assert ended is (point > 1), f"{where}: only before the first commit nothing was declared"
            assert outcome(diary, ada) == ("cancelled" if ended else None), where
            assert mails_to(diary, ada) == ["subscription_cancelled"] * ended, where
            if bomb.left > 0:
                assert point > 8, "there must have been something to blow up"
                return
