"""A random life of one customer's cases, on the real database code, from facts to mails and back."""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Iterator
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from pathlib import Path
from typing import Any, ClassVar

import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule
from sqlalchemy import event, select

from app.billing.facts import Fact, Translation
from app.cases import service as case_engine
from app.cases.models import Case, Step
from app.cases.states import CaseState, Outcome, StepState
from app.contacts.models import ContactLog
from app.core.db import Database
from app.core.gates import SendingMode
from app.dunning.mails import Setup
from app.dunning.models import DunningInvoice
from app.dunning.rules.policy import DunningPolicy
from app.inbound import repository as inbound
from app.inbound.models import InboundEvent
from app.inbound.states import Source
from app.outbox.actions import ActionDelivery
from app.outbox.delivery import MailDelivery
from app.outbox.models import Mail, Task
from app.outbox.ports import Accepted, Letter, MailDeferred, MailInDoubt, MailRefused
from app.prefetch import Prefetch
from app.runner import LiveGuard, Runner
from tests.dunning.small_world import CODES, SmallWorld
from tests.outbox.post_office import GONE, Crash, PlainWords, Transport

BEGIN = datetime(2026, 3, 2, 8, 30, tzinfo=UTC)
WENT = ("sent", "unknown")
both = st.sampled_from(["sub_1", "sub_2"])


class WatchedTransport(Transport):
    """Sees to it that what goes over the wire may go at that very moment."""

    db: Database

    def send(self, letter: Letter) -> Accepted:
        with self.db.read() as session:
            mail = session.scalars(select(Mail).where(Mail.message_id == letter.message_id)).one()
            case = session.get_one(Case, mail.case_id)
            assert mail.state == "sending"
            wanted = {"reminder": ("open", None), "thank_you": ("closed", "recovered")}
            wanted["last_notice"] = ("closed", "lost")
            assert (case.state, case.outcome) == wanted[mail.purpose]
            assert letter.message_id not in self.accepted, "never twice"
        return super().send(letter)


class CaseLife(RuleBasedStateMachine):
    """`template`: an empty database to start from."""

    template: ClassVar[Path]

    def __init__(self) -> None:
        super().__init__()
        self.folder = Path(tempfile.mkdtemp(prefix="reclaim-machine-"))
        shutil.copy(self.template, self.folder / "reclaim.db")
        self.db = Database(f"sqlite:///{self.folder}/reclaim.db")
        event.listen(self.db.engine, "connect", lambda raw, _: raw.execute("PRAGMA synchronous=OFF"))
        self.world = SmallWorld(BEGIN)
        self.deliveries: list[list[Fact]] = []
        self.late: list[int] = []
        self.stored = 0
        self.transport = WatchedTransport()
        self.transport.db = self.db
        self.closed: dict[str, int] = {}
        self.stopped: set[str] = set()
        setup = Setup(DunningPolicy(), "Europe/London", "en", lambda case: f"https://pay.example/{case.id}")
        guard = LiveGuard(self.db, setup, self.clock, None, lambda *_: ())
        mails = MailDelivery(
            self.db,
            self.clock,
            PlainWords(),
            lambda: self.transport,
            guard,
            SendingMode.parse("live"),
            lease=GONE,
        )
        self.runner = Runner(
            db=self.db,
            clock=self.clock,
            setup=setup,
            translate=self.translate,
            prefetch=Prefetch(None, lambda *_: ()),
            mails=mails,
            actions=ActionDelivery(self.db, self.clock, {}),
            threads=1,
        )

    def clock(self) -> datetime:
        return self.world.now

    def translate(self, body: bytes, *, live: bool) -> Translation:
        return Translation(facts=tuple(self.deliveries[int(body)]))

    def teardown(self) -> None:
        self.db.dispose()
        shutil.rmtree(self.folder)

    # What happens

    def deliver(self, number: int) -> None:
        self.stored += 1
        with self.db.write() as session:
            inbound.store(
                session,
                source=Source.STRIPE,
                event_id=f"evt_{self.stored}",
                type="test",
                created_at=self.world.now,
                now=self.world.now,
                body=str(number).encode(),
                customer_id="cus_1",
            )

    def tell(self, facts: list[Fact], how: str) -> None:
        if not facts:
            return
        self.deliveries.append(facts)
        number = len(self.deliveries) - 1
        if how == "late":
            self.late.append(number)
        else:
            for _ in range(2 if how == "twice" else 1):
                self.deliver(number)

    how = st.sampled_from(["now", "now", "now", "twice", "late"])

    @initialize()
    def begin(self) -> None:
        self.tell(self.world.begin(), "now")
        self.tell(self.world.fail("sub_1", "insufficient_funds"), "now")

    @rule(subscription=both, code=st.sampled_from(CODES), how=how)
    def fail(self, subscription: str, code: str, how: str) -> None:
        if self.world.subscriptions[subscription].status != "canceled":
            self.tell(self.world.fail(subscription, code), how)

    @rule(data=st.data(), status=st.sampled_from(["paid", "paid", "void", "uncollectible"]), how=how)
    def end_invoice(self, data: st.DataObject, status: str, how: str) -> None:
        self.tell(
            self.world.end_invoice(data.draw(st.sampled_from(sorted(self.world.invoices))), status), how
        )

    @rule(data=st.data(), amount=st.sampled_from([100, 2900]), how=how)
    def refund(self, data: st.DataObject, amount: int, how: str) -> None:
        self.tell(self.world.refund(data.draw(st.sampled_from(sorted(self.world.invoices))), amount), how)

    @rule(data=st.data(), status=st.sampled_from(["needs_response", "won", "lost"]), how=how)
    def dispute(self, data: st.DataObject, status: str, how: str) -> None:
        self.tell(self.world.dispute(data.draw(st.sampled_from(sorted(self.world.invoices))), status), how)

    @rule(subscription=both, reason=st.sampled_from(["payment_failed", "cancellation_requested"]), how=how)
    def cancel(self, subscription: str, reason: str, how: str) -> None:
        self.tell(self.world.cancel(subscription, reason), how)

    @rule(subscription=both, wanted=st.booleans(), how=how)
    def schedule_end(self, subscription: str, wanted: bool, how: str) -> None:
        self.tell(self.world.schedule_end(subscription, wanted=wanted), how)

    @rule(subscription=both, paused=st.booleans(), how=how)
    def pause(self, subscription: str, paused: bool, how: str) -> None:
        self.tell(self.world.pause(subscription, paused=paused), how)

    @rule(data=st.data())
    def deliver_what_was_late(self, data: st.DataObject) -> None:
        for number in data.draw(st.permutations(self.late)):
            self.deliver(number)
        self.late = []

    @precondition(lambda self: self.deliveries)
    @rule(data=st.data())
    def deliver_something_again(self, data: st.DataObject) -> None:
        self.deliver(data.draw(st.integers(0, len(self.deliveries) - 1)))

    @rule(
        trouble=st.sampled_from([MailDeferred("451"), MailRefused("550"), MailInDoubt("?"), None]),
    )
    def mail_trouble(self, trouble: Exception | None) -> None:
        self.transport.answers = [trouble, None] if trouble else []

    @rule(hours=st.sampled_from([1, 7, 24, 72, 200]))
    def days_go_by(self, hours: int) -> None:
        """The worker lives through them from due time to due time."""
        self.runner.walk(self.set_clock, self.world.now + timedelta(hours=hours))

    @rule(hours=st.sampled_from([1, 24, 96]), dies=st.booleans())
    def the_worker_is_away(self, hours: int, dies: bool) -> None:
        if dies:
            self.transport.bomb = self.die
            with suppress(Crash):
                self.runner.tick()
            self.transport.bomb = lambda: None
        self.set_clock(self.world.now + timedelta(hours=hours))
        self.runner.tick()

    def die(self) -> None:
        raise Crash

    def set_clock(self, at: datetime) -> None:
        self.world.now = at

    @rule(stop=st.booleans())
    def a_person_stops_or_holds(self, stop: bool) -> None:
        with self.db.write() as session:
            for case in session.scalars(select(Case).where(Case.state != CaseState.CLOSED)):
                if stop:
                    case_engine.stop(session, case, "Stopped by a person.", now=self.world.now)
                    self.stopped.add(case.id)
                elif case.state == CaseState.HELD:
                    case_engine.release(session, case, "a person says so", now=self.world.now)
                else:
                    case_engine.hold(session, case, "a person says so", now=self.world.now)

    # What is always so

    @invariant()
    def all_is_well(self) -> None:
        with self.db.read() as session:
            cases = {c.id: c for c in session.scalars(select(Case))}
            mails = list(session.scalars(select(Mail).order_by(Mail.created_at, Mail.id)))
            steps = list(session.scalars(select(Step)))
            tasks = set(session.scalars(select(Task.key)))
            settled = not session.scalar(select(InboundEvent.id).where(InboundEvent.state == "received"))
            contacts = list(session.scalars(select(ContactLog.at).where(ContactLog.counted)))
            debts = list(session.scalars(select(DunningInvoice)))
            dead = session.scalar(select(InboundEvent.error).where(InboundEvent.error.is_not(None)))
        assert dead is None
        assert sum(c.state != CaseState.CLOSED for c in cases.values()) <= 1
        reminders = {key: [m for m in mails if m.case_id == key and m.purpose == "reminder"] for key in cases}
        for key, case in cases.items():
            self.check_case(case, [s for s in steps if s.case_id == key], reminders[key], settled=settled)
            assert any(d.case_id == key for d in debts)
        for mail in mails:
            assert (f"{mail.id}:mail_{mail.state}" in tasks) is (mail.state in ("failed", "unknown"))
            if mail.purpose == "thank_you":
                assert any(m.state in WENT for m in reminders[mail.case_id or ""])
        spacing = timedelta(hours=DunningPolicy().spacing_hours)
        assert all(b - a >= spacing for a, b in pairwise(sorted(contacts)))

    def check_case(self, case: Case, steps: list[Step], reminders: list[Mail], *, settled: bool) -> None:
        is_closed = case.state == CaseState.CLOSED
        assert is_closed == (case.outcome is not None) == (case.closed_at is not None)
        assert not is_closed or all(s.state != StepState.PLANNED for s in steps)
        assert (case.state == CaseState.HELD) == (case.held_reason is not None)
        assert all(s.reason for s in steps if s.state == StepState.SKIPPED)
        assert len({m.step_id for m in reminders}) == len(reminders)
        assert {m.step_id for m in reminders} <= {s.id for s in steps if s.state == StepState.DONE}
        if settled:
            assert case.contacts == sum(m.state in WENT or m.withheld is not None for m in reminders)
        if case.id in self.closed:
            assert is_closed, "a closed case never reopens"
            assert len(reminders) == self.closed[case.id], "and makes no more reminders"
        elif is_closed:
            self.closed[case.id] = len(reminders)
        if case.id in self.stopped:
            assert case.outcome == Outcome.STOPPED


@pytest.fixture(autouse=True)
def _template(sqlite_template: Path) -> Iterator[None]:
    CaseLife.template = sqlite_template
    yield


TestCaseLife: Any = CaseLife.TestCase
TestCaseLife.settings = settings(
    max_examples=60,
    stateful_step_count=25,
    deadline=None,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.filter_too_much],
)
